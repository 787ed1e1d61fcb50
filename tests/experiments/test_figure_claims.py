"""The ledger of the figures says yes where it should, and no once something is broken."""

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIG, paper_table, verdicts
from empirical_fisher.data import datasets
from empirical_fisher.experiments.figures import claims as claims_figures
from empirical_fisher.experiments.misspecification import experiment as misspecification
from empirical_fisher.experiments.vector_field.experiment import fit, line_problem, trajectories
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import linear_problem


def summaries(family, change=lambda table: table):
    """The summary of a family of misspecified problems, as its rule makes it."""
    settings = CONFIG["misspecification"][family]
    rows = {}
    for name, case in settings["problems"].items():
        table, task = paper_table(case["dataset"])
        data = datasets.from_table(change(table), task)
        design = datasets.design(data, bias=settings["bias"])
        problem = linear_problem(*design, settings["prior_variance"])
        rows[name] = misspecification.summary(
            problem.at(problem.minimizer()), classification=task == "binary"
        )
    return stacked(rows, "problem")


@pytest.fixture(scope="module")
def logistic():
    return summaries("logistic")


@pytest.fixture(scope="module")
def linear():
    return summaries("linear")


def run(*losses, cosine=1.0):
    """A trace; the last loss and cosine stay until iteration 100."""
    table = pd.DataFrame({"loss": losses, "cosine": cosine}, index=range(len(losses)))
    return table.reindex(range(101)).ffill()


# Figure 1


@pytest.fixture(scope="module")
def paths():
    settings = CONFIG["vector_field"]
    table, _ = paper_table("LognormalLine")
    problem = line_problem(table, settings["prior_variance"])
    steps = {"step": 0.02, "points": 2500, "kept": 200}
    options = {**settings["trajectories"], **steps, "damping": settings["damping"]}
    return fit(problem), trajectories(problem, scales=settings["scales"], **options)


def test_paths_of_figure_1(paths):
    assert verdicts(claims_figures.vector_fields(*paths)) == {"paths": "yes", "paths-end": "yes"}


def test_swapped_methods_are_noticed(paths):
    minimum, table = paths
    swapped = table.replace({"method": {"NGD": "EFGD", "EFGD": "NGD"}})
    assert verdicts(claims_figures.vector_fields(minimum, swapped))["paths"] == "no"


def test_ends_elsewhere_are_noticed(paths):
    minimum, table = paths
    assert verdicts(claims_figures.vector_fields(minimum + 1, table))["paths-end"] == "no"


def test_detours():
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    assert claims_figures.detour(corner) == pytest.approx(7 / 5 - 1)
    angle = np.linspace(0, np.pi, 10_001)
    half_circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    assert claims_figures.detour(half_circle) == pytest.approx(np.pi / 2 - 1, rel=1e-6)


# Figures 2 and 4


def test_accuracies_of_figure_2(logistic):
    assert claims_figures.accuracies(logistic).holds == "yes"


def test_swapped_labels_are_noticed(logistic):
    """Labels of the other class: what was right is wrong."""
    wrong = logistic.assign(accuracy=1 - logistic["accuracy"])
    assert claims_figures.accuracies(wrong).holds == "no"


@pytest.mark.parametrize("family", ["logistic", "linear"])
def test_ellipses_of_figures_2_and_4(family, request):
    summary = request.getfixturevalue(family)
    assert claims_figures.distances("figures.x", "", summary, "").holds == "yes"


@pytest.mark.parametrize("family", ["logistic", "linear"])
def test_a_wrong_fisher_is_noticed(family, request):
    """With the empirical Fisher in the Fisher's place nothing is far; with half of it, not near."""
    summary = request.getfixturevalue(family)
    entries = ("11", "12", "22")
    same = summary.assign(**{f"fisher_{e}": summary[f"empirical_fisher_{e}"] for e in entries})
    assert claims_figures.distances("figures.x", "", same, "").holds == "in part"
    half = summary.assign(**{f"fisher_{e}": summary[f"fisher_{e}"] / 2 for e in entries})
    correct_only = half[half["problem"] == "correct"]
    assert claims_figures.distances("figures.x", "", correct_only, "").holds == "no"


def test_distance_is_the_frobenius_norm_s(linear):
    row = linear.iloc[2]
    fisher, empirical = (
        np.array([[row[f"{m}_11"], row[f"{m}_12"]], [row[f"{m}_12"], row[f"{m}_22"]]], dtype=float)
        for m in ("fisher", "empirical_fisher")
    )
    expected = np.linalg.norm(empirical - fisher) / np.linalg.norm(fisher)
    assert claims_figures.distance(row) == pytest.approx(expected, rel=1e-14)


# Figures 3 and 5


def test_a_slower_and_higher_efgd_is_unfavourable():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}}
    assert set(verdicts(claims_figures.unfavourable("figure3", runs)).values()) == {"yes"}
    swapped = {"A": {"NGD": runs["A"]["EFGD"], "EFGD": runs["A"]["NGD"]}}
    assert set(verdicts(claims_figures.unfavourable("figure3", swapped)).values()) == {"no"}
    both = {**runs, "B": swapped["A"]}
    assert set(verdicts(claims_figures.unfavourable("figure3", both)).values()) == {"in part"}


def test_a_difference_of_rounding_is_none():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 1 + 1e-14)}}
    assert verdicts(claims_figures.unfavourable("figure5", runs)) == {
        "figure5-final-loss": "no",
        "figure5-speed": "yes",
    }


def test_opposite_directions_on_boston():
    runs = {"NGD": run(9, 1), "EFGD": run(9, 5, 1, cosine=[0.5, -0.9, 1.0])}
    assert verdicts(claims_figures.opposite(runs)) == {"boston-opposite": "yes"}
    runs["EFGD"]["cosine"] = runs["EFGD"]["cosine"].abs()
    assert verdicts(claims_figures.opposite(runs)) == {"boston-opposite": "no"}


def test_a_good_approximation_on_a1a():
    good = {"NGD": run(9, 4, 1), "EFGD": run(9, 4, 2, 1.001)}
    assert verdicts(claims_figures.favourable(good)) == {"a1a-good": "yes"}
    slow = {"NGD": run(9, 1), "EFGD": run(9, 8, 7, 6, 1.001)}
    assert verdicts(claims_figures.favourable(slow)) == {"a1a-good": "in part"}
    climbs_again = {"NGD": run(9, 1), "EFGD": run(9, 1.001, 5, 1.001)}
    assert verdicts(claims_figures.favourable(climbs_again)) == {"a1a-good": "in part"}
    bad = {"NGD": run(9, 1), "EFGD": run(9, 8)}
    assert verdicts(claims_figures.favourable(bad)) == {"a1a-good": "no"}


def test_magnitude_and_loss_on_breast_cancer():
    right = {"NGD": run(1, 5.0384e-4), "EFGD": run(1, 0.01, cosine=0.95)}
    assert set(verdicts(claims_figures.right_direction(right)).values()) == {"yes"}
    wrong = {"NGD": run(1, 5.16e-4), "EFGD": run(1, 6e-4, cosine=0.2)}
    assert set(verdicts(claims_figures.right_direction(wrong)).values()) == {"no"}


def test_claims_on_what_was_not_run_are_left_out():
    assert list(claims_figures.particular({"Boston": {"GD": run(1)}})) == []
    assert list(claims_figures.unfavourable("figure5", {"Yacht": {"NGD": run(1)}})) == []


@pytest.mark.parametrize(
    ("low", "index"),
    [([0, 0, 1], 2), ([1, 0, 1, 1], 2), ([1, 1], 0), ([1, 0], np.inf), ([0], np.inf), ([1], 0)],
)
def test_low_for_good(low, index):
    assert claims_figures.settled(np.array(low, dtype=bool)) == index


# Figure 6


def test_starting_points_of_figure_6(line):
    assert set(verdicts(claims_figures.starts(line, line)).values()) == {"yes"}


def test_methods_in_each_other_s_place_are_noticed(line):
    swapped = line.replace({"method": {"NGD": "EFGD", "EFGD": "NGD"}})
    assert set(verdicts(claims_figures.starts(swapped, swapped)).values()) == {"no"}


@pytest.mark.parametrize("method", ["NGD", "EFGD"])
def test_one_claim_about_each_method(line, method):
    """NGD that is slower from one start, EFGD that is as fast from all: half of it is left."""
    mine = line["method"] == method
    quick = line["excess"] * (line["iteration"] == 0)
    slower = np.where(line["start"] == 4.0, line["excess"] * 2.0 ** line["iteration"], quick)
    changed = line["excess"].where(~mine, slower if method == "NGD" else quick)
    broken = line.assign(excess=changed)
    assert set(verdicts(claims_figures.starts(broken, broken)).values()) == {"in part"}


# All of them


def test_every_claim_has_an_id_a_number_and_a_known_verdict(paths, logistic, linear, line):
    minimum, table = paths
    runs = {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}
    traces = {
        "figure3": dict.fromkeys(CONFIG["optimization"]["datasets"], runs),
        "figure5": dict.fromkeys(CONFIG["optimization"]["appendix_datasets"], runs),
    }
    claims = claims_figures.claims(minimum, table, logistic, linear, line, line, **traces)
    ids = [claim.id for claim in claims]
    assert len(set(ids)) == len(ids) == 15
    assert all(id.startswith("figures.") for id in ids)
    assert all(any(c.isdigit() for c in claim.measured) for claim in claims)
