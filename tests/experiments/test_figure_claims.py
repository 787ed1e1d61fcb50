"""The ledger of the figures says yes where it should, and no once something is broken."""

import numpy as np
import pandas as pd
import pytest

from conftest import CONFIG, paper_table, verdicts
from empirical_fisher.experiments.figures import claims as claims_figures
from empirical_fisher.experiments.figures import claims_optimization as optimization
from empirical_fisher.experiments.vector_field.experiment import fit, line_problem, trajectories


def trials(**distances):
    """Three draws of a family, at these distances; the misspecified models predict well."""
    rows = [
        {"problem": name, "seed": seed, "distance": distance, "accuracy": accuracy}
        for seed in range(3)
        for name, distance, accuracy in (
            ("correct", distances.get("correct", 0.1), 0.731),
            ("misspecified_a", distances.get("wrong", 0.5), 0.86),
        )
    ]
    return pd.DataFrame(rows)


def run(*losses, cosine=1.0):
    """A trace; the last loss and cosine stay until iteration 100."""
    table = pd.DataFrame({"loss": losses, "cosine": cosine}, index=range(len(losses)))
    return table.reindex(range(101)).ffill().rename_axis("iteration").reset_index()


# Figure 1


@pytest.fixture(scope="module")
def paths():
    settings = CONFIG["vector_field"]
    table, _ = paper_table("LognormalLine")
    problem = line_problem(table, settings["prior_variance"])
    steps = {"step": 0.02, "points": 2500, "kept": 200}
    options = {**settings["trajectories"], **steps, "damping": settings["damping"]}
    return fit(problem), trajectories(problem, scales=settings["scales"], **options)


def fields(**changed):
    """What other draws of the data would have measured if nothing were wrong."""
    rows = [
        {"seed": seed, "method": method, "worse_than_gd": 0.6, "detour": detour, "miss": 0.01}
        for seed in range(3)
        for method, detour in (("GD", 0.2), ("NGD", 0.0), ("EFGD", 1.0))
    ]
    return pd.DataFrame(rows).assign(**changed)


def test_paths_of_figure_1(paths):
    right = {"paths": "yes", "paths-end": "yes"}
    assert verdicts(claims_figures.vector_fields(*paths, fields())) == right
    swapped = fields().replace({"method": {"NGD": "EFGD", "EFGD": "NGD"}})
    assert verdicts(claims_figures.vector_fields(*paths, swapped))["paths"] == "no"
    elsewhere = fields(miss=1.0)
    assert verdicts(claims_figures.vector_fields(*paths, elsewhere))["paths-end"] == "no"


def test_the_figure_s_own_paths_are_measured(paths):
    [straight, ends] = claims_figures.vector_fields(*paths, fields())
    assert "NGD 0," in straight.measured
    minimum, table = paths
    [_, elsewhere] = claims_figures.vector_fields(minimum + 1, table, fields())
    assert ends.measured != elsewhere.measured


def test_detours():
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    assert claims_figures.detour(corner) == pytest.approx(7 / 5 - 1)
    angle = np.linspace(0, np.pi, 10_001)
    half_circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    assert claims_figures.detour(half_circle) == pytest.approx(np.pi / 2 - 1, rel=1e-6)


# Figures 2 and 4


def test_accuracies_of_figure_2():
    assert claims_figures.accuracies(trials()).holds == "yes"
    wrong = trials().assign(accuracy=0.5)
    assert claims_figures.accuracies(wrong).holds == "no"


def test_accuracies_that_round_otherwise_in_most_draws_depend_on_the_draw():
    table = trials()
    table.loc[(table["problem"] == "correct") & (table["seed"] > 0), "accuracy"] = 0.70
    claim = claims_figures.accuracies(table)
    assert (claim.holds, claim.trials, claim.agree) == ("in part", 3, 2)


@pytest.mark.parametrize(
    ("distances", "holds"),
    [
        ({}, "yes"),
        ({"correct": 0.2}, "in part"),
        ({"wrong": 0.2}, "in part"),
        ({"correct": 0.5, "wrong": 0.1}, "no"),
    ],
)
def test_ellipses_of_figures_2_and_4(distances, holds):
    claim = claims_figures.distances("figures.x", "", trials(**distances), "")
    assert (claim.holds, claim.trials, claim.agree) == (holds, 3, 3)


# Figures 3 and 5


def reordered(*finals, needed=50.0, cosine=0.95):
    """Other orders of the rows, in which EFGD ends at these losses and NGD at 1."""
    rows = [
        {"seed": seed, "method": method, "final_loss": loss, "needed": count}
        for seed, final in enumerate(finals)
        for method, loss, count in (("NGD", 1.0, 10.0), ("EFGD", final, needed))
    ]
    return pd.DataFrame(rows).assign(median_cosine=cosine)


def test_a_slower_and_higher_efgd_is_unfavourable():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}}
    assert set(verdicts(optimization.unfavourable("figure3", runs, {})).values()) == {"yes"}
    swapped = {"A": {"NGD": runs["A"]["EFGD"], "EFGD": runs["A"]["NGD"]}}
    assert set(verdicts(optimization.unfavourable("figure3", swapped, {})).values()) == {"no"}
    both = {**runs, "B": swapped["A"]}
    assert set(verdicts(optimization.unfavourable("figure3", both, {})).values()) == {"in part"}


def test_less_than_one_percent_is_no_difference():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 1.009)}}
    assert verdicts(optimization.unfavourable("figure5", runs, {})) == {
        "figure5-final-loss": "no",
        "figure5-speed": "yes",
    }


def test_each_order_of_the_rows_is_a_trial():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}}
    orders = {"A": reordered(2.0, 2.0, 1.0), "B": reordered(1.0)}
    loss, speed = optimization.unfavourable("figure3", runs, orders)
    assert (loss.holds, loss.trials, loss.agree) == ("yes", 3, 2)
    assert loss.varied == "the order of the rows"
    assert (speed.holds, speed.trials, speed.agree) == ("yes", 3, 3)
    assert "by A 0 to 1." in loss.measured


def test_a_run_that_never_comes_near_needs_for_ever():
    runs = {"A": {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}}
    [trial] = optimization.outcomes(runs, {"A": reordered(2.0, needed=101.0)})
    assert trial["A"].loc["EFGD", "needed"] == np.inf


def test_opposite_directions_on_boston():
    runs = {"Boston": {"NGD": run(9, 1), "EFGD": run(9, 5, 1, cosine=[0.5, -0.9, 1.0])}}
    tied = {"Boston": pd.DataFrame({"minimum_cosine": [-0.9, -0.9, -0.4]})}
    [claim] = optimization.opposite(runs, tied)
    assert (claim.holds, claim.trials, claim.agree) == ("yes", 3, 2)
    assert verdicts(optimization.opposite(runs, {})) == {"boston-opposite": "yes"}
    runs["Boston"]["EFGD"]["cosine"] = runs["Boston"]["EFGD"]["cosine"].abs()
    assert verdicts(optimization.opposite(runs, {})) == {"boston-opposite": "no"}


@pytest.mark.parametrize(
    ("natural", "empirical", "holds"),
    [
        (run(9, 4, 1), run(9, 4, 2, 1.001), "yes"),
        (run(9, 1), run(9, 8, 7, 6, 1.001), "in part"),
        (run(9, 1), run(9, 1.001, 5, 1.001), "in part"),
        (run(9, 1), run(9, 8), "no"),
    ],
)
def test_a_good_approximation_on_a1a(natural, empirical, holds):
    runs = {"a1a": {"NGD": natural, "EFGD": empirical}}
    assert verdicts(optimization.favourable(runs, {})) == {"a1a-good": holds}


def test_magnitude_and_loss_on_breast_cancer():
    right = {"BreastCancer": {"NGD": run(1, 5.0384e-4), "EFGD": run(1, 0.01, cosine=0.95)}}
    assert set(verdicts(optimization.right_direction(right, {})).values()) == {"yes"}
    wrong = {"BreastCancer": {"NGD": run(1, 5.16e-4), "EFGD": run(1, 6e-4, cosine=0.2)}}
    assert set(verdicts(optimization.right_direction(wrong, {})).values()) == {"no"}
    other = reordered(9.0, cosine=0.2).assign(seed=2)
    orders = {"BreastCancer": pd.concat([reordered(9.0, 9.0), other])}
    [magnitude, _] = optimization.right_direction(right, orders)
    assert (magnitude.holds, magnitude.trials, magnitude.agree) == ("yes", 3, 2)


def changed_places(borrowed, searched):
    finals = {"NGD": 0.1, "EFGD": 1.0, "EFGD's lengths": borrowed, "line search": searched}
    table = pd.DataFrame({"run": finals.keys(), "final_loss": finals.values()})
    return {"BreastCancer": pd.concat([table.assign(order=order) for order in (np.nan, 0)])}


def test_lengths_that_change_places():
    found = verdicts(optimization.lengths_that_change_places(changed_places(0.9, 0.15)))
    assert found == {"breastcancer-lengths": "yes", "breastcancer-line-search": "yes"}
    found = verdicts(optimization.lengths_that_change_places(changed_places(0.3, 0.9)))
    assert found == {"breastcancer-lengths": "in part", "breastcancer-line-search": "no"}


def test_worse_updates():
    table = pd.DataFrame({"path": ["GD", "GD", "EFGD"], "GD": 2.0, "EFGD": 1.0})
    found = verdicts(optimization.worse_updates(fields(), {"A": table}))
    assert found == {"worse-updates-field": "yes", "worse-updates": "yes"}
    better = table.assign(EFGD=3.0)
    both = {"A": better, "B": table}
    found = verdicts(optimization.worse_updates(fields(worse_than_gd=0.4), both))
    assert found == {"worse-updates-field": "no", "worse-updates": "in part"}


def test_claims_on_what_was_not_run_are_left_out():
    alone = {"Boston": {"GD": run(1)}, "a1a": {"NGD": run(1)}}
    for claims in (optimization.opposite, optimization.favourable, optimization.right_direction):
        assert list(claims(alone, {})) == []
    assert list(optimization.unfavourable("figure5", {"Yacht": {"NGD": run(1)}}, {})) == []


@pytest.mark.parametrize(
    ("low", "index"),
    [([0, 0, 1], 2), ([1, 0, 1, 1], 2), ([1, 1], 0), ([1, 0], np.inf), ([0], np.inf), ([1], 0)],
)
def test_low_for_good(low, index):
    assert optimization.settled(np.array(low, dtype=bool)) == index


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


def test_every_claim_has_an_id_a_number_and_a_known_verdict(paths, line):
    minimum, table = paths
    runs = {"NGD": run(9, 1), "EFGD": run(9, 5, 2)}
    traces = {
        "figure3": dict.fromkeys(CONFIG["optimization"]["datasets"], runs),
        "figure5": dict.fromkeys(CONFIG["optimization"]["appendix_datasets"], runs),
    }
    updates = {"A": pd.DataFrame({"path": ["GD", "EFGD"], "GD": 1.0, "EFGD": 2.0})}
    claims = claims_figures.claims(
        minimum,
        table,
        fields(),
        trials(),
        trials(),
        line,
        line,
        **traces,
        orders={},
        ties={},
        updates=updates,
        lengths=changed_places(1.0, 1.0),
    )
    ids = [claim.id for claim in claims]
    assert len(set(ids)) == len(ids) == 19
    assert all(id.startswith("figures.") for id in ids)
    assert all(any(c.isdigit() for c in claim.measured) for claim in claims)
