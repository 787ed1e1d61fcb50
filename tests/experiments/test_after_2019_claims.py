"""The ledger of what came after 2019: each claim follows its tables, to yes and to no."""

from __future__ import annotations

import copy
import inspect

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIG
from empirical_fisher.experiments.after_2019 import (
    claims_improved,
    claims_trials,
    claims_uses,
    experiment,
    imbalance,
    paths,
)
from empirical_fisher.experiments.after_2019.claims import claims
from empirical_fisher.pipeline.tables import read_csv, write_csv
from pipeline import TINY

SEEDS = [0, 1, 2]
IMPROVED, SAMPLED, EF = "improved", "sampled", "EF"


@pytest.fixture(scope="module")
def tables():
    """All tables, from tiny settings; the claims are judged by what the tests write into them."""
    settings = TINY["after_2019"]
    found = experiment.experiment(settings, SEEDS)
    found |= imbalance.experiment(settings["imbalance"], SEEDS)
    networks = found["indicator_networks"]
    found["indicator_paths"] = networks.replace({"problem": {"regression": "Some data"}})
    rows = [
        {"problem": "Some data", "iteration": i, "seed": s, "length": 1.0, "loss_ratio": 1.0}
        for i in (0, 3)
        for s in SEEDS
    ]
    found["one_sample"] = pd.DataFrame(rows)
    assert set(found) == set(inspect.signature(claims).parameters)
    return found


def judge(tables):
    return {claim.id.partition(".")[2]: claim for claim in claims(**tables)}


def written(tables, *edits):
    """The tables with other values in some columns: triples of a table, a column and values."""
    tables = copy.deepcopy(tables)
    for table, column, value in edits:
        if callable(value):
            value = value(tables[table])
        tables[table][column] = value
    return tables


def methods(table, **levels):
    """The same indicator of each method at all dampings of a table."""
    return [(table, method, level) for method, level in levels.items()]


def by(column, values):
    """Values that depend on another column."""
    return lambda table: table[column].map(values)


def progress(**rare):
    """Progress on rare classes of each method, once the frequent ones are learned."""
    learned = lambda table: table["method"].map(rare).fillna(0.5)  # noqa: E731
    return [("imbalance", "frequent", 0.95), ("imbalance", "rare", learned)]


def losses(**by_labels):
    """Test loss of both tasks for each kind of labels, whatever the strength."""
    return [("continual", "mean_loss", lambda t: t["labels"].map(by_labels).fillna(1.0))]


def strongest(factor):
    """Batched gradients do best with a strength larger by a factor than the exact Fisher."""

    def loss(table):
        best = table["labels"].eq("batched") * (factor > 1)
        rank = table["strength"].rank(method="dense")
        return np.where(best, -rank, rank)

    return [("continual", "mean_loss", loss)]


def traces(case_part, likeliest=1.0, batched=1.0):
    """Traces of the importances relative to the exact Fisher's, in both cases."""

    def trace(table):
        of_labels = {"exact": 1.0, "empirical": case_part, "likeliest": case_part * likeliest}
        found = table["labels"].map(of_labels).fillna(1.0)
        return found.where(table["labels"] != "batched", case_part * batched / table["batch"])

    return [("continual", "trace", trace)]


def gaps(criterion, right, wrong):
    """A criterion over the gap, where the model is right and where it is wrong."""
    value = lambda t: t["gap"] * np.where(t["case"] == "right", right, wrong)  # noqa: E731
    return [("takeuchi_gap", criterion, value)]


HUGE = 1e-3  # a relative error that no rounding explains


def identity(table, *columns):
    """The edits by which an identity holds, and those by which it fails."""
    return [(table, c, 1e-12) for c in columns], [(table, c, HUGE) for c in columns]


EDITS = {
    "improved-one-update": identity("improved", "difference"),
    "improved-two-updates": ([("improved", "difference", 0.02)], [("improved", "difference", 0.0)]),
    "improved-projection": identity("improved", "projection_ef", "projection_improved"),
    "improved-is-fisher": identity("improved", "from_fisher"),
    "improved-is-gram": identity("improved", "from_gram"),
    "indicator-least-at-ngd": identity("improved", "indicator_ngd", "indicator_random"),
    "improved-is-newton-on-quartics": identity("quartic", "newton_error"),
    "improved-other-minimum": (
        [("quartic", "gradient", 1e-12), ("quartic", "excess", 0.02)],
        [("quartic", "gradient", 1e-3), ("quartic", "excess", 0.001)],
    ),
    "indicator-on-paths-improved": (
        methods("indicator_paths", improved=1.0, sampled=1.1, EF=1.2),
        methods("indicator_paths", improved=1.2, sampled=1.2, EF=1.2),
    ),
    "indicator-on-paths-reweighted": (
        methods("indicator_paths", reweighted=1.0, sampled=1.1, EF=1.2),
        methods("indicator_paths", reweighted=1.3, sampled=1.2, EF=1.1),
    ),
    "indicator-on-networks-improved": (
        methods("indicator_networks", improved=1.0, sampled=1.1, EF=1.2),
        methods("indicator_networks", improved=1.3, sampled=1.2, EF=1.1),
    ),
    "indicator-on-networks-reweighted": (
        methods("indicator_networks", reweighted=1.0, sampled=1.1, EF=1.2),
        methods("indicator_networks", reweighted=1.2, sampled=1.2, EF=1.2),
    ),
    "indicator-robust-to-damping": (
        [
            *methods("indicator_networks", improved=1.0),
            ("indicator_networks", SAMPLED, lambda t: 1 + t["damping"]),
            ("indicator_networks", EF, lambda t: 1 + t["damping"]),
        ],
        [
            *methods("indicator_networks", sampled=1.0, EF=1.0),
            ("indicator_networks", IMPROVED, lambda t: 1 + t["damping"]),
        ],
    ),
    "batch-second-moment": identity("batches", "with_replacement", "mixture"),
    "batch-without-replacement": identity("batches", "without_replacement"),
    "batch-squares": (
        [("batches", "at_start", 0.05), ("batches", "at_minimum", 0.05)],
        [("batches", "at_start", 3.0), ("batches", "at_minimum", 0.2)],
    ),
    "root-and-loss-scale": (
        [("batches", "rooted_exponent", 0.0), ("batches", "root_free_exponent", -1.0)],
        [("batches", "rooted_exponent", 0.5), ("batches", "root_free_exponent", 0.0)],
    ),
    "root-and-units": (
        [("batches", "rooted_units", 0.5), ("batches", "root_free_units", 1e-12)],
        [("batches", "rooted_units", 1e-12), ("batches", "root_free_units", 0.5)],
    ),
    "diagonal-unbiased": identity("diagonals", "first_bias", "second_bias"),
    "diagonal-second-is-exact": identity("diagonals", "second_deviation"),
    "diagonal-neither-is-better": (
        [("diagonals", "first_lower", 2), ("diagonals", "second_lower", 1)],
        [("diagonals", "first_lower", 0), ("diagonals", "second_lower", 0)],
    ),
    "bartlett-unbiased": identity("bartlett", "batch_bias"),
    "bartlett-needs-the-models-labels": (
        [("bartlett", "data_batch", 1e-20), ("bartlett", "data_examples", 0.9)],
        [("bartlett", "data_batch", 0.5), ("bartlett", "data_examples", 0.01)],
    ),
    "bartlett-stays-noisy": (
        [("bartlett", "batch_deviation", 1.41), ("bartlett", "example_deviation", 0.1)],
        [("bartlett", "batch_deviation", 0.1), ("bartlett", "example_deviation", 1.0)],
    ),
    "kronecker-exact": identity("kronecker", "factor_error"),
    "kronecker-labels-scale": identity("kronecker", "scale_error"),
    "kronecker-model-labels": (
        [("kronecker", "model", 1.0), ("kronecker", "data", 1.1)],
        [("kronecker", "model", 1.1), ("kronecker", "data", 1.1)],
    ),
    "kronecker-against-ef": (
        [("kronecker", "data", 1.0), ("kronecker", "EF", 1.1)],
        [("kronecker", "data", 1.0), ("kronecker", "EF", 1.005)],
    ),
    "inverse-is-biased": (
        [("inverse_bias", "least", 0.0), ("inverse_bias", "greatest", 0.5)],
        [("inverse_bias", "least", -0.1), ("inverse_bias", "greatest", 0.0)],
    ),
    "one-sample-too-long": (
        [("one_sample", "length", 3.0), ("one_sample", "loss_ratio", 2.0)],
        [("one_sample", "length", np.nan), ("one_sample", "loss_ratio", 1.0)],
    ),
    "one-sample-too-long-somewhere": (
        [
            ("one_sample", "length", by("iteration", {0: 3.0, 3: 1.0})),
            ("one_sample", "loss_ratio", 2),
        ],
        [("one_sample", "length", 1.9), ("one_sample", "loss_ratio", 0.9)],
    ),
    "one-example": identity("few_examples", "one_example_error"),
    "few-examples-decrease": identity("few_examples", "decrease_error"),
    "many-examples-decrease": (
        [("few_examples", "decrease", 0.5), ("few_examples", "decrease_at_minimum", 1e-20)],
        [("few_examples", "decrease", 1.0), ("few_examples", "decrease_at_minimum", 0.5)],
    ),
    "continual-labels-matter": (losses(exact=0.9), losses(exact=1.0)),
    "continual-strength": (strongest(10), strongest(1)),
    "continual-batched": (traces(1.0, batched=1.2), traces(1.0, batched=3.0)),
    "continual-interpolation": (traces(0.05), traces(0.5)),
    "continual-likeliest": (traces(0.05), traces(0.05, likeliest=1.01)),
    "takeuchi-trace": (
        [("takeuchi_trace", "trace", lambda t: 1.02 * t["parameters"])],
        [("takeuchi_trace", "trace", lambda t: 1.2 * t["parameters"])],
    ),
    "takeuchi-gap": (gaps("takeuchi", 1.1, 0.9), gaps("takeuchi", 1.2, 0.8)),
    "akaike-gap": (gaps("akaike", 1.1, 0.5), gaps("akaike", 1.5, 1.0)),
    "imbalance-gd-stalls": (progress(GD=0.2), progress(GD=0.9)),
    "imbalance-ngd": (progress(NGD=0.9), progress(NGD=0.2)),
    "imbalance-efgd": (progress(EFGD=0.9), progress(EFGD=0.2)),
    "imbalance-root": (progress(root=0.9), progress(root=0.2)),
    "imbalance-curvature": (
        [("class_curvature", "at_start", 0.1), ("class_curvature", "at_minimum", 0.9)],
        [("class_curvature", "at_start", 0.9), ("class_curvature", "at_minimum", 0.1)],
    ),
}


def test_every_claim_has_its_test(tables):
    assert list(judge(tables)) == list(EDITS)


@pytest.mark.parametrize("name", EDITS)
def test_ledger_follows_the_tables(tables, name):
    for edits, expected in zip(EDITS[name], ("yes", "no"), strict=True):
        claim = judge(written(tables, *edits))[name]
        assert (claim.holds, claim.trials, claim.agree) == (expected, 3, 3), claim.measured


def test_a_claim_whose_trials_disagree_says_so(tables):
    excess = by("seed", {0: 0.02, 1: 0.02, 2: 0.001})
    edited = written(tables, ("quartic", "gradient", 0.0), ("quartic", "excess", excess))
    claim = judge(edited)["improved-other-minimum"]
    assert (claim.holds, claim.trials, claim.agree) == ("yes", 3, 2)
    assert claim.varied == claims_trials.VARIED


def test_what_was_not_measured_is_not_met():
    claim = claims_trials.judged(
        "a", "ours", "ours", "b", "c", "d", pd.Series([np.nan, 1.0], dtype=object)
    )
    assert claim.holds == "no"
    assert (
        claims_trials.judged("a", "ours", "ours", "b", "c", "d", pd.Series([], dtype=bool)).trials
        == 0
    )


def test_a_method_that_is_better_at_one_damping_may_be_worse_at_none():
    index = pd.MultiIndex.from_product(
        [["P"], [0], [0.1, 1.0]], names=["problem", "seed", "damping"]
    )
    better, worse, level = (pd.Series(each, index) for each in ([0.9, 1.0], [0.9, 1.1], [1.0, 1.0]))
    assert claims_improved.is_better(better, level).tolist() == [True]
    assert claims_improved.is_better(worse, level).tolist() == [False]
    assert claims_improved.is_better(level, level).tolist() == [False]


def test_progress_on_rare_classes_is_that_at_the_first_iterate_that_knows_the_others():
    rows = [
        {"seed": 0, "method": method, "iteration": i, "frequent": f, "rare": r}
        for method, path in {
            "GD": [(0.5, 0.1), (0.92, 0.3), (0.95, 0.6)],
            "NGD": [(0.8, 0.9)],
        }.items()
        for i, (f, r) in enumerate(path)
    ]
    progress = claims_uses.rare_progress(pd.DataFrame(rows))
    assert progress.loc[0, "GD"] == 0.3
    assert np.isnan(progress.loc[0, "NGD"])


def test_every_table_of_ideas_has_a_section_of_its_own():
    sections = {*CONFIG["after_2019"]} - {"seeds", "paths", "imbalance"}
    assert sections == {*experiment.IDEAS}


def test_along_the_best_runs_every_method_is_followed(tables):
    from conftest import paper_table
    from empirical_fisher.data import datasets

    data = {"Yacht": datasets.from_table(*paper_table("Yacht"))}
    cell = pd.DataFrame({"step_size": [0.5], "damping": [0.1]})
    cells = {"Yacht": {"GD": cell.assign(step_size=1e-9), "NGD": cell}}
    settings = {"iterates": [0, 2, 99], "dampings": {"low": 0.1, "high": 1.0, "count": 2}}
    found = paths.experiment(settings, [0, 1], data, cells, {"Yacht": {}}, iterations=3)
    assert found["indicator_paths"].columns.equals(tables["indicator_paths"].columns)
    shape = found["indicator_paths"].groupby(["path", "iteration"]).size()
    assert shape.to_dict() == {(m, i): 4 for m in ("GD", "NGD") for i in (0, 2)}
    assert found["one_sample"].columns.tolist() == tables["one_sample"].columns.tolist()
    assert found["one_sample"]["iteration"].tolist() == [0, 0, 2, 2]


def test_without_a_data_set_there_are_no_trials_on_data_sets(tables, tmp_path):
    settings = {"iterates": [0], "dampings": {"low": 0.1, "high": 1.0, "count": 2}}
    empty = paths.experiment(settings, [0], {}, {}, {}, iterations=3)
    found = {}
    for name, table in empty.items():
        write_csv(table, tmp_path / name)
        found[name] = read_csv(tmp_path / name)
        assert sorted(table.columns) == sorted(tables[name].columns)
    judged = judge({**tables, **found})
    for name in ("indicator-on-paths-improved", "one-sample-too-long-somewhere"):
        assert (judged[name].holds, judged[name].trials) == ("no", 0)
