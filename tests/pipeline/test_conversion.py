"""Numbers of a configuration get the types that its schema asks for."""

from __future__ import annotations

import copy
import math

import yaml

from conftest import CONFIG
from empirical_fisher.pipeline import conversion
from pipeline import SCHEMA


def test_a_whole_number_where_none_is_needed_is_a_float_for_the_jobs() -> None:
    config = copy.deepcopy(CONFIG)
    config["starting_points"]["line"]["starts"] = [1, 2]
    config["optimization"]["step_sizes"]["low"] = 1
    config["datasets"]["a1a"]["positive"] = 1
    floats = conversion.floats(config, SCHEMA)
    assert floats == config
    assert repr(floats["starting_points"]["line"]["starts"]) == "[1.0, 2.0]"
    assert repr(floats["optimization"]["step_sizes"]["low"]) == "1.0"
    assert repr(floats["datasets"]["a1a"]["positive"]) == "1"
    assert repr(floats["optimization"]["iterations"]) == "100"


def test_the_text_of_a_number_is_that_number_on_the_command_line() -> None:
    given = yaml.load(
        "{optimization: {iterations: 5, step_sizes: {low: 1e-3, count: 010}, prior_variance: .inf},"
        " datasets: {Boston: {title: 5, standardize: true, positive: 1}},"
        " starting_points: {line: {starts: [1, 2.5]}},"
        " misspecification: {linear: {bias: 'false'}}}",
        yaml.BaseLoader,
    )
    assert conversion.typed(given, SCHEMA) == {
        "optimization": {
            "iterations": 5,
            "step_sizes": {"low": 0.001, "count": "010"},
            "prior_variance": math.inf,
        },
        "datasets": {"Boston": {"title": "5", "standardize": True, "positive": "1"}},
        "starting_points": {"line": {"starts": [1, 2.5]}},
        "misspecification": {"linear": {"bias": False}},
    }
