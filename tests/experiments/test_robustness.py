"""Variants of Figure 3 and other seeds, against the searches and matrices they stand on."""

from __future__ import annotations

import re
from functools import partial

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.preprocessing import StandardScaler

from conftest import CONFIG, ROOT, paper_table, verdicts
from empirical_fisher.data.datasets import Dataset, design, from_table, standardized
from empirical_fisher.data.sources.gaussian_classes import gaussian_classes
from empirical_fisher.data.sources.lognormal_line import lognormal_line
from empirical_fisher.experiments.misspecification import experiment as misspecification
from empirical_fisher.experiments.note.draws import examples
from empirical_fisher.experiments.robustness import claims as claims_robustness
from empirical_fisher.experiments.robustness import experiment as robustness
from empirical_fisher.experiments.robustness import row_orders
from empirical_fisher.experiments.vector_field import experiment as vector_field
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace

STEPS, DAMPINGS = np.geomspace(1e-2, 1, 3), np.geomspace(1e-4, 1e4, 5)
SCHEDULE = Schedule(8, 100.0)
CLASSES = {"seed": 0, "size": 200, "mean": [1.0, 1.0]}


def data(size: int = 40) -> tuple[np.ndarray, np.ndarray]:
    inputs, targets = examples(np.random.default_rng(0), "binary", size, np.array([2.0, -1.0, 0.5]))
    return inputs * [1, 10, 0.1] + 3, targets


def searched(name: str, size: int = 40, prior_variance: float = np.inf) -> pd.DataFrame:
    return robustness.variant(
        name,
        Dataset(*data(size), "binary"),
        prior_variance=prior_variance,
        step_sizes=STEPS,
        dampings=DAMPINGS,
        clip=0.2,
        methods=["GD", "NGD", "EFGD"],
        schedule=SCHEDULE,
    ).set_index("method")


def exhaustive_search(
    inputs: np.ndarray, targets: np.ndarray, method: str, dampings, **options
) -> float:
    problem = linear_problem(
        np.column_stack([inputs, np.ones(len(inputs))]), targets, "binary", **options
    )
    return evaluate(problem, method, *cells(STEPS, dampings), SCHEDULE)["final_loss"].min()


def test_standardized_is_scikit_learns() -> None:
    inputs, _ = data()
    expected = StandardScaler().fit_transform(inputs)
    np.testing.assert_allclose(standardized(inputs), expected, atol=1e-12)
    sparse = standardized(scipy.sparse.csr_array(inputs))
    np.testing.assert_array_equal(sparse, standardized(inputs))


def test_a_constant_feature_is_standardized_to_zero() -> None:
    constant = np.full((10, 2), 0.1)  # whose standard deviation is 1e-17 by NumPy
    np.testing.assert_array_equal(standardized(constant), np.zeros((10, 2)))


@pytest.mark.parametrize("prior_variance", [np.inf, 0.1])
@pytest.mark.parametrize("method", ["NGD", "EFGD"])
def test_variants_are_the_searches_they_name(method: str, prior_variance: float) -> None:
    inputs, targets = data()
    exhaustive = partial(exhaustive_search, prior_variance=prior_variance)
    expected = {
        "lower_dampings": exhaustive(inputs, targets, method, DAMPINGS[:2]),
        "upper_dampings": exhaustive(inputs, targets, method, DAMPINGS[2:]),
        "undamped": exhaustive(inputs, targets, method, np.zeros(1)),
        "standardized": exhaustive(
            (inputs - inputs.mean(0)) / inputs.std(0), targets, method, DAMPINGS
        ),
        "clipped": exhaustive(inputs, targets, method, DAMPINGS, probability_clip=0.2),
    }
    for name, loss in expected.items():
        found = searched(name, prior_variance=prior_variance).loc[method, "final_loss"]
        assert found == pytest.approx(loss, rel=1e-12)


def test_methods_without_damping_sit_out() -> None:
    assert list(searched("undamped").index) == ["NGD", "EFGD"]
    assert list(searched("standardized").index) == ["GD", "NGD", "EFGD"]


def test_undamped_is_empty_where_matrices_are_singular() -> None:
    table = searched("undamped", size=3)
    assert table["final_loss"].isna().all()
    table = searched("undamped", size=3, prior_variance=0.1)
    assert table["final_loss"].notna().all()


def reordered(seeds, methods=("GD", "NGD", "EFGD")):
    """The problem of `data`, its best cells, and what they are in other orders of the rows."""
    inputs, targets = data()
    problem = linear_problem(np.column_stack([inputs, np.ones(len(inputs))]), targets, "binary")
    grids, winners = {}, {}
    for method in methods:
        grid = cells(STEPS, None if method == "GD" else DAMPINGS)
        grids[method] = evaluate(problem, method, *grid, SCHEDULE)
        winners[method] = best_cell(problem, method, grids[method], SCHEDULE)
    dataset = Dataset(inputs, targets, "binary")
    orders = row_orders.row_orders(dataset, {}, grids, winners, seeds, SCHEDULE)
    return problem, winners, orders


def test_another_order_of_the_rows_is_a_search_of_the_shuffled_data() -> None:
    problem, winners, orders = reordered([0, 5])
    assert list(orders) == list(row_orders.ROW_ORDERS)
    assert list(zip(orders["method"], orders["seed"], strict=True)) == [
        (method, seed) for method in winners for seed in (0, 5)
    ]
    for row in orders.itertuples():
        order = np.random.default_rng(row.seed).permutation(problem.size)
        again = linear_problem(problem.model.inputs[order], problem.targets[order], "binary")
        grid = cells(STEPS, None if row.method == "GD" else DAMPINGS)
        table = evaluate(again, row.method, *grid, SCHEDULE)
        assert row.final_loss == table["final_loss"].min() == row.same_cell_loss
        assert row.step_size == winners[row.method]["step_size"].item()
        assert np.isnan(row.minimum_cosine) == (row.method != "EFGD")


@pytest.mark.long
def test_the_range_on_breast_cancer_is_what_the_pages_say() -> None:
    """On the part of the grid where the winners of all orders are."""
    dataset = from_table(*paper_table("BreastCancer"))
    problem = linear_problem(*design(dataset, bias=True))
    schedule = Schedule(100, 100.0)
    grid = cells(10.0 ** np.arange(-2, 0.01, 0.125), np.array([1e-10, 10**-9.5]))
    table = evaluate(problem, "EFGD", *grid, schedule)
    winner = best_cell(problem, "EFGD", table, schedule)
    grids, winners = {"EFGD": table}, {"EFGD": winner}
    count = CONFIG["robustness"]["row_orders"]["orders"]["BreastCancer"]
    orders = row_orders.row_orders(dataset, {}, grids, winners, range(count), schedule)
    best = winner.assign(dataset="BreastCancer", method="EFGD")
    orders.insert(0, "dataset", "BreastCancer")
    row = row_orders.with_row_orders(best, orders).iloc[0]
    losses = f"{row['lowest_loss_of_orders']:.4f} to {row['highest_loss_of_orders']:.4f}"
    for page in ("README.md", "docs/findings.md", "docs/grid-search.md"):
        said = " ".join((ROOT / page).read_text("utf-8").split())
        assert f"ranges from {losses}" in said
        assert f"{row['orders']} other orders" in said or f"{row['orders']} orders" in said
        assert re.search(rf"wins in {row['other_winners']}(,| of)", said)


def test_orders_of_a_grid_where_no_cell_finishes_are_empty() -> None:
    problem, _, _ = reordered([0], ["NGD"])
    grid = evaluate(problem, "NGD", np.full(2, 1e300), np.full(2, 1e-10), SCHEDULE)
    winner = best_cell(problem, "NGD", grid, SCHEDULE)
    dataset = Dataset(*data(), "binary")
    orders = row_orders.row_orders(dataset, {}, {"NGD": grid}, {"NGD": winner}, [0], SCHEDULE)
    assert orders.drop(columns=["method", "seed"]).isna().all(axis=None)


def test_best_cells_have_the_range_of_their_losses_in_other_orders() -> None:
    best = pd.DataFrame(
        [("A", "GD", 0.1, np.nan), ("A", "NGD", 1.0, 1e-3), ("B", "NGD", 2.0, 1e-4)],
        columns=["dataset", "method", "step_size", "damping"],
    )
    orders = pd.DataFrame(
        [
            ("A", "GD", 0.1, np.nan, 3.0),
            ("A", "GD", 0.1, np.nan, 3.0),
            ("A", "NGD", 1.0, 1e-3, 2.0),
            ("A", "NGD", 1.0, 1e-2, 1.0),
            ("A", "NGD", 2.0, 1e-3, 4.0),
        ],
        columns=["dataset", "method", "step_size", "damping", "final_loss"],
    )
    table = row_orders.with_row_orders(best, orders)
    pd.testing.assert_frame_equal(table[list(best)], best)
    found = table.drop(columns=list(best)).astype(object)
    assert list(found) == [
        *("orders", "other_winners", "lowest_loss_of_orders", "highest_loss_of_orders")
    ]
    assert found.to_numpy()[:2].tolist() == [[2, 0, 3.0, 3.0], [3, 2, 1.0, 4.0]]
    assert found.iloc[2].isna().all()
    assert table.iloc[0].to_frame().T.to_csv(index=False).endswith("GD,0.1,,2,0,3.0,3.0\n")


@pytest.mark.parametrize(("bias", "prior_variance"), [(False, np.inf), (True, 0.01)])
def test_distance_is_that_of_a_loop(bias: bool, prior_variance: float) -> None:
    source = {**CLASSES, "scale_0": [[2.0, 0.0], [0.0, 2.0]], "scale_1": [[1.0, 0.0], [0.0, 1.0]]}
    settings = {"bias": bias, "prior_variance": prior_variance}
    drawn = {"problem": {"gaussian_classes": source}}
    row = misspecification.other_seeds(drawn, [5], **settings).iloc[0]
    table = gaussian_classes(**{**source, "seed": 5})
    features, target = table[["x1", "x2"]].to_numpy(), table["target"].to_numpy(float)
    features = np.column_stack([features, np.ones(200)]) if bias else features
    theta = linear_problem(features, target, "binary", prior_variance).minimizer()
    fisher = empirical = np.zeros((len(theta), len(theta)))
    for x, y in zip(features, target, strict=True):
        p = 1 / (1 + np.exp(-x @ theta))
        fisher = fisher + p * (1 - p) * np.outer(x, x)
        empirical = empirical + (p - y) ** 2 * np.outer(x, x)
    expected = np.linalg.norm(empirical - fisher) / np.linalg.norm(fisher)
    assert row["distance"] == pytest.approx(expected, rel=1e-8)


def test_natural_field_points_at_the_minimum() -> None:
    source = {"size": 50, "log_mean": 0, "log_scale": 1, "intercept": 2, "slope": 2, "noise": 1}
    settings = {
        "prior_variance": 0.1,
        "damping": 1e-8,
        "scales": {"GD": 0.3, "NGD": 1.0, "EFGD": 3.0},
        "window": {"low": -2.0, "high": 2.1},
        "arrows": 5,
        "trajectories": {"starts": [[2.0, 4.0]], "step": 0.01, "points": 1000},
    }
    table = vector_field.other_seeds(source, [0, 1], settings).set_index("method")
    np.testing.assert_allclose(table.loc["NGD", "detour"], 0, atol=1e-6)
    assert (table.loc["EFGD", "detour"] > 0.01).all()
    assert (table.loc[["GD", "NGD"], "worse_than_gd"] == 0).all()
    np.testing.assert_allclose(table.loc["NGD", "minimum_cosine"], 1, atol=1e-6)
    assert (table.loc["EFGD", "minimum_cosine"] < 0.9).all()


def test_a_flow_without_steps_is_the_limit_of_small_steps() -> None:
    source = {"size": 50, "log_mean": 0, "log_scale": 1, "intercept": 2, "slope": 2, "noise": 1}
    problem = vector_field.line_problem(lognormal_line(seed=0, **source), 0.1)
    for method, scale in {"GD": 0.3, "EFGD": 3.0}.items():
        theta, length = np.array([2.0, 4.0]), 0.0
        flow = vector_field.flow(problem, {method: scale}, 1e-8)
        for _ in range(4000):
            [step] = 5e-4 * flow(theta[None])
            theta, length = theta + step, length + np.linalg.norm(step)
        found, end = vector_field.continuous(flow, np.array([2.0, 4.0]), 2.0)
        np.testing.assert_allclose(end, theta, atol=2e-3)
        expected = length / np.linalg.norm(theta - [2.0, 4.0]) - 1
        assert found == pytest.approx(expected, abs=5e-3)


def test_the_best_decrease_of_a_field_is_that_of_a_search() -> None:
    source = {"size": 50, "log_mean": 0, "log_scale": 1, "intercept": 2, "slope": 2, "noise": 1}
    problem = vector_field.line_problem(lognormal_line(seed=0, **source), 0.1)
    theta, aim = np.array([1.0, 3.0]), np.array([0.5, -2.0])
    losses = problem.at(theta + np.linspace(-5, 5, 200_001)[:, None] * aim).loss
    expected = problem.at(theta).loss - losses.min()
    assert vector_field.best_decrease(problem, theta, aim) == pytest.approx(expected, rel=1e-6)


def test_cells_that_tie_are_followed_one_by_one() -> None:
    inputs, targets = data()
    dataset = Dataset(inputs, targets, "binary")
    problem = linear_problem(np.column_stack([inputs, np.ones(len(inputs))]), targets, "binary")
    grid = evaluate(problem, "EFGD", *cells(STEPS, DAMPINGS), SCHEDULE)
    best = grid["final_loss"].idxmin()
    grid.loc[best + 1, "final_loss"] = grid.loc[best, "final_loss"]
    table = row_orders.ties(dataset, {}, {"EFGD": grid}, SCHEDULE)
    assert len(table) == 2
    for row in table.itertuples():
        cosines = trace(problem, "EFGD", row.step_size, row.damping, SCHEDULE)["cosine"]
        assert row.minimum_cosine == cosines.min()
        assert row.negative == sum(cosine < 0 for cosine in cosines)


def test_winners_alone_run_again_where_a_search_takes_too_long() -> None:
    _, winners, whole = reordered([0, 5])
    dataset = Dataset(*data(), "binary")
    schedule = {"iterations": 8, "divergence_factor": 100.0}
    alone = row_orders.winners("A", dataset, {}, {"A": winners}, [0, 5], schedule)
    expected = whole[whole["method"] != "GD"].reset_index(drop=True)
    for column in ("method", "seed", "needed"):
        assert alone[column].tolist() == expected[column].tolist()
    np.testing.assert_allclose(alone["final_loss"], expected["same_cell_loss"], rtol=1e-12)


def test_how_fast_a_run_is_in_another_order_is_counted_by_hand() -> None:
    problem, winners, orders = reordered([3])
    goal = min(winners[method]["final_loss"].item() for method in ("NGD", "EFGD"))
    assert orders.loc[orders["method"] == "GD", "needed"].isna().all()
    for row in orders[orders["method"] != "GD"].itertuples():
        run = trace(problem, row.method, row.step_size, row.damping, SCHEDULE)
        late = [n for n, loss in enumerate(run["loss"]) if loss > 1.01 * goal]
        assert row.needed == (late[-1] + 1 if late else 0)
        if row.method == "EFGD":
            assert row.median_cosine == pytest.approx(run["cosine"].median(), rel=1e-9)
            assert row.minimum_cosine == pytest.approx(run["cosine"].min(), rel=1e-9)


def tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Measurements as they would be if everything survived."""
    losses = {"GD": 3.0, "NGD": 1.0, "EFGD": 2.0}

    def cosine(variant: str) -> float:
        return -0.6 if variant == "standardized" else -0.9

    rows = [
        (dataset, variant, method, loss, cosine(variant) if method == "EFGD" else np.nan)
        for dataset in ("Boston", "Other")
        for variant in robustness.VARIANTS
        for method, loss in losses.items()
        if method != "GD" or variant not in robustness.DAMPINGS
    ]
    names = ["dataset", "variant", "method", "final_loss", "minimum_cosine"]
    fields = pd.DataFrame(
        [(seed, "NGD", 1.0) for seed in (0, 1)] + [(seed, "EFGD", -0.7) for seed in (0, 1)],
        columns=["seed", "method", "minimum_cosine"],
    )
    return pd.DataFrame(rows, columns=names), fields


def test_claims_hold_and_break() -> None:
    searches, fields = tables()
    right = verdicts(claims_robustness.claims(searches, fields))
    assert set(right.values()) == {"yes"}

    swapped = {"NGD": "EFGD", "EFGD": "NGD"}
    searches = searches.replace({"method": swapped})
    searches.loc[searches["variant"] == "undamped", "final_loss"] /= 10
    searches.loc[searches["variant"] == "clipped", "final_loss"] *= 2
    searches["minimum_cosine"] = 0.5
    fields = fields.replace({"method": swapped})
    wrong = verdicts(claims_robustness.claims(searches, fields))
    assert set(wrong.values()) == {"no"}


def test_a_tie_is_not_a_higher_loss() -> None:
    searches, fields = tables()
    found = verdicts(claims_robustness.claims(searches.assign(final_loss=1.0), fields))
    assert {found[f"{half}-losses"] for half in ("lower", "upper", "standardized")} == {"no"}


def test_what_was_tried_with_clipping_is_named() -> None:
    rows = claims_robustness.claims(*tables())
    [clipping] = [row for row in rows if row.id == "robustness.clipping"]
    assert clipping.measured.startswith("Tried on Boston, Other:")
