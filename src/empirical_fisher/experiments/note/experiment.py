"""The note *What is the empirical Fisher?*: all its experiments.

The note's ``ε`` and ``c`` are ``damping`` and ``change`` in every table. Two shapes of problems are
drawn: ``many`` examples, more than parameters, and ``few``, so that the gradients are independent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem

from .constrained_step import comparison, conditions
from .draws import problems
from .loss_reductions import reductions
from .reparametrization import differences, mixing

METHODS = ("GD", "NGD", "EFGD")  #: what is compared


def measure(settings: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Run all experiments but the last question's, which is in `contamination`.

    Parameters
    ----------
    settings
        The section ``note`` of the configuration.

    Returns
    -------
    dict
        ``conditions, comparison, reductions, reparametrization``: the tables of those modules under
        ``task, shape, repeat``. The first two are of the shape ``many`` alone, where the empirical
        Fisher is invertible.
    """
    dampings, change = log_axis(**settings["dampings"]), settings["small_change"]
    changes = log_axis(**settings["changes"])

    def invariance(problem: Problem, theta: Array, repeat: int) -> pd.DataFrame:
        generator = np.random.default_rng([settings["seed"], repeat, problem.parameters])
        matrix = mixing(generator, problem.parameters, settings["condition"])
        return differences(problem, theta, matrix, METHODS, dampings)

    experiments: dict[str, Callable[[Problem, Array, int], pd.DataFrame]] = {
        "conditions": lambda problem, theta, _: conditions(problem, theta, dampings, change),
        "comparison": lambda problem, theta, _: comparison(problem, theta, changes),
        "reductions": lambda problem, theta, _: reductions(
            problem, theta, METHODS, dampings, change
        ),
        "reparametrization": invariance,
    }
    parts: dict[str, dict[tuple[str, str, int], pd.DataFrame]] = {name: {} for name in experiments}
    for (task, shape, repeat), problem, theta in problems(settings):
        for name, experiment in experiments.items():
            if shape == "many" or name in ("reductions", "reparametrization"):
                parts[name][task, shape, repeat] = experiment(problem, theta, repeat)
    return {name: stacked(tables, "task", "shape", "repeat") for name, tables in parts.items()}
