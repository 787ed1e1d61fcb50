"""Every mistake in a configuration is told in a line that says where it is and what is allowed."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

import pytest
import yaml

from conftest import CONFIG, ROOT
from empirical_fisher.pipeline import configuration
from pipeline import SCHEMA, faults

DATASETS = ", ".join(CONFIG["datasets"])
METHODS = ", ".join(CONFIG["methods"])


def faults_without(*paths: str) -> list[str]:
    """What is wrong with config.yaml once keys are taken out of it."""
    config = copy.deepcopy(CONFIG)
    for path in paths:
        node, *parents, key = config, *path.split(".")
        for parent in parents:
            node = node[parent]
        del node[key]
    return configuration.faults(config, SCHEMA)


def overlay(key: str, value: Any) -> str:
    """The YAML that gives one key, written with points between its parts, another value."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return yaml.safe_dump(value)


@pytest.mark.parametrize("path", ["config.yaml", "tests/config.yaml"])
def test_the_configurations_of_the_repository_have_no_faults(path: str) -> None:
    assert faults((ROOT / path).read_text("utf-8")) == []


# One mistake, one line


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        # keys
        (
            "optimzation: {}",
            "optimzation: unknown key (did you mean optimization?); "
            f"allowed: {', '.join(SCHEMA['properties'])}",
        ),
        (
            "optimization: {step_sizes: {cuont: 3}}",
            "optimization.step_sizes.cuont: unknown key (did you mean count?); "
            "allowed: low, high, count",
        ),
        (
            "datasets: {a1a: {expect: {colour: 3}}}",
            "datasets.a1a.expect.colour: unknown key; allowed: rows, features, positives",
        ),
        (
            "vector_field: {scales: {Adam: 1.0}}",
            "vector_field.scales.Adam: unknown key; allowed: GD, NGD, EFGD",
        ),
        # models
        (
            "datasets: {Yacht: {model: tanh}}",
            'datasets.Yacht.model: "tanh" can\'t be a model; it is linear, or has the key network',
        ),
        (
            "datasets: {Yacht: {model: {network: {hidden: 16}}}}",
            "datasets.Yacht.model.network.hidden: is 16; it must be a list",
        ),
        (
            "datasets: {Yacht: {model: {network: {hidden: [8, 8, 8]}}}}",
            "datasets.Yacht.model.network.hidden: has 3 entries; it must have at most 2",
        ),
        (
            "datasets: {Yacht: {model: {network: {hidden: [16], activation: relu}}}}",
            'datasets.Yacht.model.network.activation: is "relu"; allowed: tanh, softplus',
        ),
        (
            "datasets: {LineCorrect: {model: {network: {hidden: [16]}}}}",
            'misspecification.linear.problems.correct.dataset: "LineCorrect" has a network as its '
            "model, and a linear one is needed; give the source another name, without model",
        ),
        # names of data sets
        (
            "vector_field: {dataset: LognormalLin}",
            'vector_field.dataset: unknown data set "LognormalLin" '
            f"(did you mean LognormalLine?); allowed: {DATASETS}",
        ),
        (
            "misspecification: {logistic: {problems: {correct: {dataset: GaussianCorect}}}}",
            'misspecification.logistic.problems.correct.dataset: unknown data set "GaussianCorect" '
            f"(did you mean GaussianCorrect?); allowed: {DATASETS}",
        ),
        (
            "misspecification: {linear: {problems: {correct: {dataset: LineCorect}}}}",
            'misspecification.linear.problems.correct.dataset: unknown data set "LineCorect" '
            f"(did you mean LineCorrect?); allowed: {DATASETS}",
        ),
        (
            "optimization: {appendix_datasets: [Yacht, Winy]}",
            'optimization.appendix_datasets.1: unknown data set "Winy" '
            f"(did you mean Wine?); allowed: {DATASETS}",
        ),
        (
            "starting_points: {dataset: {name: Bostn}}",
            'starting_points.dataset.name: unknown data set "Bostn" '
            f"(did you mean Boston?); allowed: {DATASETS}",
        ),
        (
            "optimization: {datasets: [Boston, a1b]}",
            'optimization.datasets.1: unknown data set "a1b" '
            f"(did you mean a1a?); allowed: {DATASETS}",
        ),
        (
            "downloads: {openml: www.openml.org}",
            'downloads.openml: "www.openml.org" can\'t be an address; '
            "it has to start with http:// or https://",
        ),
        (
            "datasets: {a/b: {task: binary, source: {snapshot: a1a}}}",
            "datasets: \"a/b\" can't be a name; use letters, digits, '_' and '-' only",
        ),
        (
            'datasets: {"..": {task: binary, source: {snapshot: a1a}}}',
            "datasets: \"..\" can't be a name; use letters, digits, '_' and '-' only",
        ),
        (
            "datasets: {a1a: {source: {snapshot: ../a1a}}}",
            'datasets.a1a.source.snapshot: "../a1a" can\'t be a name; '
            "use letters, digits, '_' and '-' only",
        ),
        (
            'datasets: {"end\\n": {task: binary, source: {snapshot: a1a}}}',
            "datasets: \"end\\n\" can't be a name; use letters, digits, '_' and '-' only",
        ),
        (
            f"datasets: {{{'a' * 101}: {{source: {{snapshot: a1a}}}}}}",
            "datasets: has 101 characters; it must have at most 100",
        ),
        (
            "datasets: {A1A: {source: {snapshot: a1a}}}",
            "datasets.A1A: differs from a1a only in upper and lower case",
        ),
        # sources
        (
            "datasets: {new: {source: {openml: 0}}}",
            "datasets.new.source.openml: is 0; it must be at least 1",
        ),
        (
            "datasets: {new: {source: {openml: '531'}}}",
            'datasets.new.source.openml: is "531"; it must be a whole number or a section of keys',
        ),
        (
            "datasets: {new: {source: {openml: true}}}",
            "datasets.new.source.openml: is true; it must be a whole number or a section of keys",
        ),
        (
            "datasets: {new: {source: {openml: {name: wdbc}}}}",
            "datasets.new.source.openml.version: missing",
        ),
        (
            "datasets: {new: {source: {openml: {name: wdbc, version: 1, id: 3}}}}",
            "datasets.new.source.openml.id: unknown key; allowed: name, version",
        ),
        (
            "datasets: {new: {source: {url: 'ftp://example.org/x.csv'}}}",
            'datasets.new.source.url: "ftp://example.org/x.csv" can\'t be an address; '
            "it has to start with http:// or https://",
        ),
        (
            "datasets: {new: {source: {url: 'file:///etc/passwd'}}}",
            'datasets.new.source.url: "file:///etc/passwd" can\'t be an address; '
            "it has to start with http:// or https://",
        ),
        (
            "datasets: {new: {source: {url: 'http://example.org/x.csv', sha256: abc}}}",
            'datasets.new.source.sha256: "abc" can\'t be a SHA-256; '
            "it has 64 hexadecimal digits, letters in lower case",
        ),
        (
            "datasets: {new: {source: {file: x.csv, format: excel}}}",
            'datasets.new.source.format: is "excel"; allowed: csv, arff, libsvm, parquet',
        ),
        (
            "datasets: {new: {source: {openml: 1, format: csv}}}",
            "datasets.new.source.format: belongs to url or file, which isn't there",
        ),
        (
            f"datasets: {{new: {{source: {{file: x.csv, sha256: {'a' * 64}}}}}}}",
            "datasets.new.source.sha256: belongs to url, which isn't there",
        ),
        (
            "datasets: {new: {source: {snapshot: a1a, separator: ';'}}}",
            "datasets.new.source.separator: belongs to url or file, which isn't there",
        ),
        (
            "datasets: {new: {source: {file: x.csv, separator: ';;'}}}",
            'datasets.new.source.separator: ";;" can\'t be a separator; it is one character, '
            'such as ";" or "\\t", and no quote or line end',
        ),
        (
            "datasets: {new: {source: {file: x.csv, thousands: '.'}}}",
            "datasets.new.source.thousands: is the decimal mark, too; say decimal: ',' or '.'",
        ),
        (
            "datasets: {new: {source: {format: csv}}}",
            "datasets.new.source: names none; it must name one source (another needs another name)",
        ),
        # what is made of them
        (
            "datasets: {a1a: {positive: yes}}",
            "datasets.a1a.positive: is true; it must be text or a number "
            "(YAML reads yes, no, on, off, true and false as truth values: write quotes)",
        ),
        (
            "datasets: {Boston: {positive: 3}}",
            "datasets.Boston.positive: the task is regression; "
            "only a binary task has a positive label",
        ),
        (
            "datasets: {Boston: {target: TAX, drop: [TAX]}}",
            'datasets.Boston.drop: "TAX" is the target',
        ),
        ("datasets: {Boston: {drop: [3]}}", "datasets.Boston.drop.0: is 3; it must be text"),
        (
            "datasets: {Boston: {drop: [B, B]}}",
            "datasets.Boston.drop: names something twice",
        ),
        (
            "datasets: {Boston: {categorical: onehot}}",
            'datasets.Boston.categorical: is "onehot" (did you mean one-hot?); '
            "allowed: error, one-hot, drop",
        ),
        (
            "datasets: {Boston: {missing: mean}}",
            'datasets.Boston.missing: is "mean" (did you mean median?); '
            "allowed: error, drop-rows, median",
        ),
        (
            "datasets: {Boston: {standardize: 1}}",
            "datasets.Boston.standardize: is 1; it must be true or false",
        ),
        (
            "datasets: {Boston: {prefer: local}}",
            'datasets.Boston.prefer: is "local"; allowed: remote',
        ),
        (
            "datasets: {Wine: {prefer: remote}}",
            "datasets.Wine.prefer: only a snapshot can be compared with its remote source",
        ),
        (
            "datasets: {Boston: {methods: [NGD, EFGD, Adam]}}",
            "datasets.Boston.methods: Adam is not among optimization.methods: GD, NGD, EFGD",
        ),
        (
            "datasets: {Boston: {methods: []}}",
            "datasets.Boston.methods: has 0 entries; it must have at least 1",
        ),
        (
            "{datasets: {new: {source: {sklearn: diabetes}}}, scaling: {dataset: new}}",
            'scaling.dataset: "new" needs task: regression in its entry under datasets',
        ),
        (
            "datasets: {a1a: {source: {sklearn: wine}}}",
            "datasets.a1a.source: names snapshot and sklearn; it must name one source "
            "(another needs another name)",
        ),
        (
            "datasets: {new: {task: binary, source: {}}}",
            "datasets.new.source: has 0 entries; it must have at least 1",
        ),
        (
            "datasets: {BreastCancer: {source: {sklearn: breast_cancr}}}",
            'datasets.BreastCancer.source.sklearn: is "breast_cancr" (did you mean breast_cancer?);'
            " allowed: breast_cancer, diabetes, digits, iris, wine",
        ),
        (
            "datasets: {a1a: {task: classification}}",
            'datasets.a1a.task: is "classification"; allowed: regression, binary, multiclass',
        ),
        (
            "datasets: {GaussianCorrect: {source: {gaussian_classes: {size: 1001}}}}",
            "datasets.GaussianCorrect.source.gaussian_classes.size: 1001 is not a multiple of 2",
        ),
        # methods
        (
            "optimization: {methods: [GD, NGD, EFGD, Sophia]}",
            f'optimization.methods.3: unknown method "Sophia"; allowed: {METHODS}',
        ),
        (
            "optimization: {methods: [GD, NGD, GD]}",
            "optimization.methods: names something twice",
        ),
        (
            "optimization: {methods: []}",
            "optimization.methods: has 0 entries; it must have at least 1",
        ),
        (
            "optimization: {datasets: [a1a, a1a]}",
            "optimization.datasets: names something twice",
        ),
        # empty grids and windows
        (
            "optimization: {step_sizes: {count: 0}}",
            "optimization.step_sizes.count: is 0; it must be at least 1",
        ),
        (
            "optimization: {dampings: {low: 10.0, high: 0.1}}",
            "optimization.dampings: the interval from 10.0 to 0.1 is empty; its ends must ascend",
        ),
        (
            "optimization: {step_sizes: {low: 1.0, high: 1.0}}",
            "optimization.step_sizes: the interval from 1.0 to 1.0 is empty; its ends must ascend",
        ),
        (
            "note: {contamination: {grids: {NGD: {dampings: {low: 10.0, high: 0.1}}}}}",
            "note.contamination.grids.NGD.dampings: "
            "the interval from 10.0 to 0.1 is empty; its ends must ascend",
        ),
        (
            "vector_field: {window: {high: -2.0}}",
            "vector_field.window: the interval from -1.0 to -2.0 is empty; its ends must ascend",
        ),
        (
            "misspecification: {logistic: {problems: {correct: {window: {theta_2: [1.0, 0.5]}}}}}",
            "misspecification.logistic.problems.correct.window.theta_2: "
            "the interval from 1.0 to 0.5 is empty; its ends must ascend",
        ),
        # ranges
        ("vector_field: {damping: -1}", "vector_field.damping: is -1; it must be at least 0"),
        (
            "optimization: {dampings: {low: -1}}",
            "optimization.dampings.low: is -1; it must be greater than 0",
        ),
        (
            "optimization: {prior_variance: 0}",
            "optimization.prior_variance: is 0; it must be greater than 0",
        ),
        (
            "optimization: {probability_clip: 0.5}",
            "optimization.probability_clip: is 0.5; it must be less than 0.5",
        ),
        (
            "datasets: {LognormalLine: {source: {lognormal_line: {seed: 4294967296}}}}",
            "datasets.LognormalLine.source.lognormal_line.seed: is 4294967296; "
            "it must be at most 4294967295",
        ),
        ("vector_field: {damping: .nan}", "vector_field.damping: is not a number"),
        (
            "optimization: {step_sizes: {high: .nan}}",
            "optimization.step_sizes.high: is not a number",
        ),
        # types
        (
            "optimization: {iterations: many}",
            'optimization.iterations: is "many"; it must be a whole number',
        ),
        (
            "optimization: {iterations: 99.5}",
            "optimization.iterations: is 99.5; it must be a whole number",
        ),
        ("vector_field: {damping: null}", "vector_field.damping: is null; it must be a number"),
        ("vector_field: {damping: true}", "vector_field.damping: is true; it must be a number"),
        (
            "{datasets: {Yacht: {methods: [GD]}}, starting_points: {dataset: {name: Yacht}}}",
            'starting_points.dataset.name: "Yacht" needs the methods NGD and EFGD here',
        ),
        (
            "{datasets: {Yacht: {methods: [GD]}}, optimization: {methods: [NGD, EFGD]}}",
            "datasets.Yacht.methods: GD is not among optimization.methods: NGD, EFGD",
        ),
        (
            "{datasets: {Yacht: {methods: [GD]}}, optimization: {datasets: [Yacht]}}",
            "optimization.datasets: at least one of them needs the methods NGD and EFGD",
        ),
        (
            "magnitude: {datasets: [GaussianScales]}",
            "magnitude.datasets: at least one of them must be a regression",
        ),
        (
            "{datasets: {Wine: {task: multiclass}}, magnitude: {datasets: [Boston, Wine]}}",
            'magnitude.datasets.1: "Wine" is multiclass; undamped updates are not defined there, '
            "for adding a constant to all outputs changes no prediction",
        ),
        (
            "robustness: {variants: {undamped: [Boston, Energy], upper_dampings: "
            "[BreastCancer, Boston, Energy]}}",
            'robustness.variants.undamped.1: "Energy" has to be in lower_dampings, too, '
            "for undamped is compared with the whole grid",
        ),
        (
            "robustness: {variants: "
            "{clipped: [a1a], undamped: [Boston], upper_dampings: [Boston]}}",
            'robustness.variants.clipped.0: "a1a" has to be in upper_dampings, too, '
            "for clipped is compared with the whole grid",
        ),
        (
            "robustness: {row_orders: {orders: {BreastCancr: 3}}}",
            'robustness.row_orders.orders.BreastCancr: unknown data set "BreastCancr" '
            f"(did you mean BreastCancer?); allowed: {DATASETS}",
        ),
        (
            "robustness: {row_orders: {orders: {Boston: -1}}}",
            "robustness.row_orders.orders.Boston: is -1; it must be at least 0",
        ),
        ("optimization: {methods: GD}", 'optimization.methods: is "GD"; it must be a list'),
        (
            "misspecification: {logistic: {problems: {correct: {title: 3}}}}",
            "misspecification.logistic.problems.correct.title: is 3; it must be text",
        ),
        ("optimization: 3", "optimization: is 3; it must be a section of keys"),
        (
            "vector_field: {trajectories: {starts: [[1.0, 2.0], [1.0, b]]}}",
            'vector_field.trajectories.starts.1.1: is "b"; it must be a number',
        ),
        (
            "vector_field: {trajectories: {starts: [[1.0]]}}",
            "vector_field.trajectories.starts.0: has 1 entry; it must have at least 2",
        ),
        # numbers that YAML reads as text
        (
            "vector_field: {damping: 1e-3}",
            'vector_field.damping: is "1e-3"; it must be a number '
            "(YAML reads 1e-3 as text: write 1.0e-3)",
        ),
        (
            "vector_field: {damping: 1e5}",
            'vector_field.damping: is "1e5"; it must be a number '
            "(YAML reads 1e5 as text: write 1.0e+5)",
        ),
        (
            "vector_field: {damping: -1e-3}",
            'vector_field.damping: is "-1e-3"; it must be a number '
            "(YAML reads -1e-3 as text: write -1.0e-3)",
        ),
        ("vector_field: {damping: nan}", 'vector_field.damping: is "nan"; it must be a number'),
    ],
)
def test_a_mistake_is_told_in_one_readable_line(changes: str, line: str) -> None:
    assert faults(changes) == [line]


@pytest.mark.parametrize(
    "key", ["optimization.iterations", "optimization.dampings.count", "vector_field.arrows"]
)
def test_a_whole_number_with_a_point_is_refused_before_a_job_trips_over_it(key: str) -> None:
    assert faults(overlay(key, 100.0)) == [f"{key}: is 100.0; it must be a whole number"]


@pytest.mark.parametrize(
    "key",
    [
        "optimization.step_sizes.high",
        "optimization.dampings.high",
        "vector_field.window.high",
        "vector_field.damping",
        "vector_field.scales.GD",
        "misspecification.logistic.ellipse_radius",
    ],
)
def test_infinity_is_refused_where_it_makes_no_sense(key: str) -> None:
    lines = faults(overlay(key, math.inf))
    assert [line.partition(": ")[0] for line in lines] == [key]


def test_infinity_switches_the_prior_off() -> None:
    assert (
        faults("{vector_field: {prior_variance: .inf}, optimization: {prior_variance: .inf}}") == []
    )


# The hint on numbers that YAML reads as text


@pytest.mark.parametrize(
    "text",
    [
        *("1e-3", "1e5", "-1e-3", "+1e3", "1e+2", "5E-3", "1E-8", "1E30"),
        *("1.5e3", "1.0E10", "1.e3", ".5e3", "1e400", "inf", "-inf"),
    ],
)
def test_the_hint_on_a_number_is_one_that_yaml_reads_as_that_number(text: str) -> None:
    assert isinstance(yaml.safe_load(text), str), "YAML reads this one well"
    [line] = faults(f"vector_field: {{damping: {text}}}")
    written = re.search(r"\(YAML reads (\S+) as text: write (\S+)\)$", line)
    assert written, line
    assert written[1] == text
    value = yaml.safe_load(written[2])
    assert isinstance(value, float), f"YAML reads the hint {written[2]} as text, too"
    assert value == float(text)


@pytest.mark.parametrize(("text", "number"), [("1e3", 1000), ("'100'", 100), ("1E2", 100)])
def test_the_hint_on_a_whole_number_is_a_whole_number(text: str, number: int) -> None:
    [line] = faults(f"optimization: {{iterations: {text}}}")
    written = re.search(r"write (\S+)\)$", line)
    assert written, line
    value = yaml.safe_load(written[1])
    assert (value, type(value)) == (number, int)


# Several at once


def test_two_mistakes_give_two_lines() -> None:
    assert faults("{optimization: {search: all}, vector_field: {damping: -1, arows: 3}}") == [
        'optimization.search: is "all"; allowed: certified, exhaustive',
        "vector_field.arows: unknown key (did you mean arrows?); allowed: dataset, prior_variance, "
        "damping, scales, window, arrows, contour_points, trajectories",
        "vector_field.damping: is -1; it must be at least 0",
    ]


def test_a_number_too_small_is_told_beside_what_the_schema_refuses_and_no_fault_twice() -> None:
    assert faults("{optimization: {search: all, shards: .nan}, "
                  "vector_field: {damping: 1.0e-200, scales: {GD: -1.0e-60}}}") == [
        'optimization.search: is "all"; allowed: certified, exhaustive',
        "optimization.shards: is NaN; it must be a whole number",
        "vector_field.scales.GD: is -1e-60; it must be greater than 0",
        "vector_field.damping: is 1e-200; its absolute value must be 0 or from 1e-50 to 1e+50",
    ]  # fmt: skip


def test_two_unknown_data_sets_give_two_lines() -> None:
    lines = faults("{optimization: {datasets: [a, b]}, vector_field: {dataset: c}}")
    assert [line.split(";")[0] for line in lines] == [
        'vector_field.dataset: unknown data set "c"',
        'optimization.datasets.0: unknown data set "a"',
        'optimization.datasets.1: unknown data set "b"',
    ]


@pytest.mark.parametrize(
    "missing",
    [
        ["optimization.iterations"],
        ["optimization"],
        ["datasets.a1a.source"],
        ["vector_field.scales.NGD"],
        ["misspecification.logistic.problems.correct"],
        ["datasets.GaussianCorrect.source.gaussian_classes.scale_1"],
        ["optimization.iterations", "optimization.methods"],
        ["vector_field", "optimization"],
    ],
)
def test_every_missing_key_is_told_once(missing: list[str]) -> None:
    assert sorted(faults_without(*missing)) == sorted(f"{key}: missing" for key in missing)


def test_a_correct_model_alone_has_nothing_to_be_compared_with() -> None:
    problems = "misspecification.linear.problems"
    lines = faults_without(f"{problems}.misspecified_a", f"{problems}.misspecified_b")
    assert lines == [f"{problems}: has 1 entry; it must have at least 2"]


def test_names_that_are_numbers_are_told_beside_other_mistakes() -> None:
    lines = faults("datasets: {2020: {task: binry}, a1a: {task: binry}}")
    assert lines[-1] == (
        'datasets.a1a.task: is "binry" (did you mean binary?); '
        "allowed: regression, binary, multiclass"
    )
    assert any("2020" in line for line in lines)


# Files that are not YAML


# Limits, and messages of bounded length


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        ("curvature.remainder.copies", [4294967296], ".0: is 4294967296; it must be at most"),
        ("note.repeats", 2**64, ": is 18446744073709551616; it must be at most 1000"),
        ("datasets.LineNoise.source.normal_line.size", 2**63, ": is 9223372036854775808; it must"),
        ("optimization.iterations", 10**400, ": is a whole number of 401 digits; it must be at"),
        ("vector_field.damping", 10**400, ": is a whole number of 401 digits; its absolute value"),
        ("vector_field.damping", 1e-200, ": is 1e-200; its absolute value must be 0 or from "
         "1e-50 to 1e+50"),
        ("starting_points.line.targets", [1e-200, 0.5], ".0: is 1e-200; its absolute value"),
        ("optimization.prior_variance", "none", ': is "none"; it must be a number (for no prior '
         "write .inf)"),
        ("optimization.prior_variance", None, ": is null; it must be a number (for no prior write "
         ".inf)"),
        ("optimization.step_sizes.count", 100_000, "optimization: the grid has 300,000 cells"),
        ("datasets.Boston.title", "two\nlines", ': "two\\nlines" can\'t be text here; it has a'),
        ("datasets.Boston.title", "x" * 201, ": has 201 characters; it must have at most 200"),
        ("datasets.Boston.source.file", "a\0b", ': "a\\u0000b" can\'t be text here'),
        ("vector_field.damping", "y" * 10**6, f': is "{"y" * 79}… (1,000,000 characters); it must'),
        ("magnitude.far", 1.0e9, ": at least two of the distances must be as far"),
    ],
)  # fmt: skip
def test_what_is_too_large_too_small_or_too_long_is_told_in_short(
    key: str, value: Any, line: str
) -> None:
    lines = faults(overlay(key, value))
    start = line if line.startswith("optimization") else f"{key}{line}"
    if key.endswith("step_sizes.count"):
        lines = faults(overlay(key, 1_000_000))
        start = "optimization: the grid has 41,000,000 cells; it must have at most 1,000,000"
    assert lines[-1].startswith(start), lines
    assert all(len(each) < 1000 for each in lines)


def test_many_faults_are_counted() -> None:
    config = copy.deepcopy(CONFIG)
    config.update({f"key{number}": 1 for number in range(1000)})
    lines = configuration.faults(config, SCHEMA)
    assert len(lines) == 51
    assert lines[-1] == "and 950 more faults"


def test_a_configuration_without_end_is_told_in_a_line() -> None:
    node: list[Any] = [1] * 9
    for _ in range(10):
        node = [node] * 9
    bomb = {**CONFIG, "seeds": node}
    assert configuration.faults(bomb, SCHEMA) == [
        "top level: has more than 100,000 values, aliases written out"
    ]
    node.append(node)
    assert len(configuration.faults({**CONFIG, "seeds": node}, SCHEMA)) == 1
