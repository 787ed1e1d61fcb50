"""The grid, its best cell by the tie rule, and its trace, against the oracle and by hand."""

import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import METHODS, draw_inputs, oracle_terms, paper_problem, random_problem
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import (
    CELL,
    Schedule,
    best_cell,
    cells,
    edge,
    evaluate,
    needed,
    trace,
)
from empirical_fisher.solvers import SLOTS

STEP_SIZES = 10.0 ** np.arange(-3, 3)
DAMPINGS = 10.0 ** np.arange(-3, 2, 2)
SCHEDULE = Schedule(iterations=8, divergence_factor=2.0)
GRID_COLUMNS = ["step_size", "damping", "status", "iterations", "final_loss", "bound"]
CELL_COLUMNS = ["step_size", "damping", "final_loss", "ties", "edge"]
CASES = [
    pytest.param(method, task, id=f"{method}-{task}")
    for method in METHODS
    for task in ("regression", "binary")
]

every_case = pytest.mark.parametrize(("method", "task"), CASES)


def small_problem(task):
    return random_problem(task, size=16, features=3, seed=2)


def all_cells(method, step_sizes=STEP_SIZES, dampings=DAMPINGS):
    return cells(np.array(step_sizes), None if method == "GD" else np.array(dampings))


def oracle_grid(problem, method, step_sizes=STEP_SIZES, dampings=DAMPINGS, schedule=SCHEDULE):
    return oracle.grid(
        oracle_terms(problem),
        problem.size,
        np.zeros(problem.parameters),
        method,
        [float(step_size) for step_size in step_sizes],
        [float(damping) for damping in dampings],
        schedule.iterations,
        schedule.divergence_factor,
        problem.prior_variance,
    )


def chosen(table):
    """The one row of a best cell: step size, damping, loss, ties, edge."""
    assert list(table) == CELL_COLUMNS
    [row] = table.itertuples(index=False)
    return row


# The grid


def test_cells_have_the_step_size_outermost():
    step_size, damping = cells(np.array([1.0, 2.0, 3.0]), np.array([0.1, 0.2]))
    assert_array_equal(step_size, [1, 1, 2, 2, 3, 3])
    assert_array_equal(damping, [0.1, 0.2, 0.1, 0.2, 0.1, 0.2])


def test_cells_without_dampings():
    step_size, damping = cells(np.array([1.0, 2.0, 3.0]))
    assert_array_equal(step_size, [1, 2, 3])
    assert_array_equal(damping, [np.nan] * 3)


@every_case
def test_grid_is_the_oracles(method, task):
    problem = small_problem(task)
    table = evaluate(problem, method, *all_cells(method), SCHEDULE)
    rows = pd.DataFrame(oracle_grid(problem, method))
    assert list(table) == GRID_COLUMNS
    assert {*rows["status"]} == {"finished", "diverged"}
    for name in ("status", "iterations"):
        assert_array_equal(table[name], rows[name])
    for name in ("step_size", "damping"):
        assert_array_equal(table[name], rows[name].astype(float))
    assert_allclose(table["final_loss"], rows["final_loss"].astype(float), rtol=1e-9)
    assert table["bound"].isna().all()


def test_rows_of_the_grid_are_in_the_order_of_the_cells():
    step_size, damping = all_cells("NGD")
    shuffled = np.random.default_rng(0).permutation(len(step_size))
    problem = small_problem("binary")
    straight = evaluate(problem, "NGD", step_size, damping, SCHEDULE)
    table = evaluate(problem, "NGD", step_size[shuffled], damping[shuffled], SCHEDULE)
    assert_array_equal(table.index, range(len(shuffled)))
    pd.testing.assert_frame_equal(table, straight.iloc[shuffled].reset_index(drop=True))


@every_case
@pytest.mark.parametrize("prior_variance", [np.inf, 2.0])
def test_pruning_loses_nothing(method, task, prior_variance):
    """A bound is honest, and a grid with it has the same best cell and ties as one without."""
    problem = random_problem(task, prior_variance=prior_variance)
    grid = all_cells(method, 10.0 ** np.arange(-9, 3, 0.25), 10.0 ** np.arange(-4, 3))
    full = evaluate(problem, method, *grid, SCHEDULE)
    table = evaluate(problem, method, *grid, SCHEDULE, certified=True)
    pruned = table["status"] == "pruned"
    assert pruned.any()
    pd.testing.assert_frame_equal(table[~pruned], full[~pruned])
    assert table["final_loss"][pruned].isna().all()
    assert table["bound"].notna().equals(pruned)
    assert (table["bound"][pruned] > table["final_loss"].min()).all()
    finished = pruned & (full["status"] == "finished")
    assert (table["bound"][finished] <= full["final_loss"][finished]).all()
    best = [best_cell(problem, method, each, SCHEDULE) for each in (table, full)]
    pd.testing.assert_frame_equal(*best)


@pytest.mark.parametrize("certified", [False, True])
def test_progress_ends_at_the_number_of_cells(certified):
    calls = []
    grid = all_cells("NGD", 10.0 ** np.arange(-9, 3, 0.25))
    problem = small_problem("regression")
    table = evaluate(
        problem,
        "NGD",
        *grid,
        SCHEDULE,
        certified=certified,
        progress=lambda *now: calls.append(now),
    )
    assert calls == sorted(calls)
    assert len(grid[0]) > SLOTS
    assert calls[-1] == (len(grid[0]), table["iterations"].sum())


# The best cell


def by_hand(losses, step_sizes=None, dampings=None):
    """A grid with these final losses; NaN is a run that diverged."""
    count = len(losses)
    status = ["diverged" if math.isnan(loss) else "finished" for loss in losses]
    return pd.DataFrame(
        {
            "step_size": np.arange(1.0, count + 1) if step_sizes is None else step_sizes,
            "damping": np.ones(count) if dampings is None else dampings,
            "status": status,
            "iterations": SCHEDULE.iterations,
            "final_loss": losses,
            "bound": np.nan,
        }
    )


@pytest.mark.parametrize(
    ("losses", "winner", "ties"),
    [
        ([3.0, 1.0, 2.0], 1, 1),
        ([np.nan, 2.0, np.nan], 1, 1),
        ([3.0, 1.0 + 1e-6, 1.0], 2, 1),
        ([1.0 + 1e-8, 1.0, 1.0 + 1e-10], 1, 2),
        ([2.0 + 2.1e-9, 3.0, 2.0, 2.0 + 1.9e-9, 2.0 + 1e-10], 2, 3),
    ],
)
def test_lowest_loss_wins(losses, winner, ties):
    row = chosen(best_cell(small_problem("binary"), "NGD", by_hand(losses), SCHEDULE))
    assert (row.step_size, row.final_loss, row.ties) == (winner + 1, losses[winner], ties)


@pytest.mark.parametrize("method", METHODS)
def test_no_finished_cell(method):
    grid = by_hand([np.nan] * 4)
    row = chosen(best_cell(small_problem("binary"), method, grid, SCHEDULE))
    assert np.all(np.isnan(row[:3]))
    assert (row.ties, row.edge) == (0, "")


def test_no_finished_cell_of_a_real_grid():
    problem = small_problem("regression")
    table = evaluate(problem, "GD", *all_cells("GD", [1e3, 1e4]), SCHEDULE)
    assert table["status"].tolist() == ["diverged"] * 2
    assert chosen(best_cell(problem, "GD", table, SCHEDULE)).ties == 0


LONG = Schedule(iterations=60, divergence_factor=100.0)  # all of these are at the minimum by then
TINY = [1e-15, 1e-14, 1e-13]


@pytest.mark.parametrize(
    ("step_sizes", "dampings", "winner", "ties"),
    [
        pytest.param([0.5, 0.9, 0.7], [1e-13], (0.9, 1e-13), 3, id="earliest"),
        pytest.param([0.5, 1.0, 1.5], TINY, (1.0, 1e-13), 9, id="earliest, more damping"),
        pytest.param([1.25, 0.75], [1e-13], (0.75, 1e-13), 2, id="smaller step"),
        pytest.param([0.75], TINY, (0.75, 1e-13), 3, id="more damping"),
        pytest.param([0.75], TINY[::-1], (0.75, 1e-13), 3, id="more damping, in any order"),
        pytest.param([1.25, 0.75], TINY, (0.75, 1e-13), 6, id="smaller step before damping"),
        pytest.param([0.75, 1.0], [1e-13, 0.1], (1.0, 1e-13), 4, id="earliest before damping"),
        pytest.param([0.75, 1.0], [1e-13, 1e3], (1.0, 1e-13), 2, id="lowest before damping"),
        pytest.param([0.25, 1.0], [1e-13], (1.0, 1e-13), 2, id="fastest before lowest"),
    ],
)
def test_tie_rule(step_sizes, dampings, winner, ties):
    """As on Boston, natural gradient cells tie at the minimum of least squares.

    The excess loss falls by (1 − γ)² a step, so that γ and 2 − γ are equally fast.
    """
    problem = small_problem("regression")
    table = evaluate(problem, "NGD", *all_cells("NGD", step_sizes, dampings), LONG)
    row = chosen(best_cell(problem, "NGD", table, LONG))
    assert ((row.step_size, row.damping), row.ties) == (winner, ties)
    assert_allclose(row.final_loss, problem.at(problem.minimizer()).loss, rtol=1e-12)
    expected = oracle.best(oracle_grid(problem, "NGD", step_sizes, dampings, LONG))
    assert (expected["step_size"], expected["damping"], expected["ties"]) == (*winner, ties)


CLASSES = Schedule(iterations=100, divergence_factor=100.0)


def three_classes():
    """Two features, three Gaussian classes, where the empirical Fisher is near the Fisher."""
    generator = np.random.default_rng(16)
    labels = generator.integers(3, size=60)
    means = generator.standard_normal((60, 2)), generator.standard_normal((3, 2))
    inputs = np.column_stack([means[0] + means[1][labels], np.ones(60)])
    return linear_problem(inputs, labels, "multiclass")


def test_a_slow_run_does_not_win_by_the_eleventh_digit():
    """γ = 0.316 ends lower than γ = 1 by a relative 4e-11, but takes twice as long to get there."""
    problem = three_classes()
    grid = cells(np.sqrt(10.0) ** np.arange(-4, 3), np.array([1e-8, 1e-6]))
    table = evaluate(problem, "EFGD", *grid, CLASSES)
    slow, fast = table[table["step_size"].between(0.3, 0.4)], table[table["step_size"] == 1]
    relative = fast["final_loss"].min() / slow["final_loss"].min() - 1
    assert 1e-12 < relative < 1e-9
    runs = [trace(problem, "EFGD", step_size, 1e-6, CLASSES) for step_size in (0.1**0.5, 1.0)]
    there = [needed(run[["loss"]].to_numpy(), slow["final_loss"].min()).item() for run in runs]
    assert there == [5, 2]
    assert chosen(best_cell(problem, "EFGD", table, CLASSES)).step_size == 1.0


def test_boston_keeps_the_cell_of_the_figure():
    """Of 18 ties, all there after 54 iterations, it is the lowest that wins and not λ = 0.03.

    The path of that is lower by a relative 1e-4 on average, and its cosine falls to −0.44 only.
    """
    problem = paper_problem("Boston", bias=True)
    step_size = 10**1.25
    dampings = 10.0 ** np.arange(-10, 1, 0.5)
    table = evaluate(problem, "EFGD", *cells(np.array([step_size]), dampings), CLASSES)
    row = chosen(best_cell(problem, "EFGD", table, CLASSES))
    assert (row.step_size, row.ties) == (step_size, 18)
    assert row.damping == pytest.approx(1e-4)
    assert trace(problem, "EFGD", step_size, 1e-4, CLASSES)["cosine"].min() < -0.9


def test_iterations_needed_are_those_until_a_run_stays_near_its_end():
    losses = np.array([[5.0, 1.0, 9.0], [1.005, 2.0, 9.0], [3.0, 1.0, 9.0], [1.0, 1.01, 9.0]])
    assert_array_equal(needed(losses, 1.0), [3, 2, 4])
    assert_array_equal(needed(np.zeros((3, 1)), 0.0), [0])


@pytest.mark.parametrize(
    ("cell", "sides"),
    [
        ((0.1, 1e-2), ""),
        ((0.01, 1e-2), "lowest step size"),
        ((0.1, 1e-4), "lowest damping"),
        ((1.0, 1.0), "highest step size and highest damping"),
    ],
)
def test_the_edge_of_the_grid_is_named(cell, sides):
    grid = pd.DataFrame(dict(zip(CELL, cells([0.01, 0.1, 1.0], [1e-4, 1e-2, 1.0]), strict=False)))
    assert edge(grid, pd.DataFrame([cell], columns=CELL[:2])) == sides
    single = grid[grid["damping"] == cell[1]]
    assert "damping" not in edge(single, pd.DataFrame([cell], columns=CELL[:2]))


def test_gradient_descent_has_the_edges_of_one_axis():
    problem = small_problem("regression")
    table = evaluate(problem, "GD", *all_cells("GD", [1e-4, 1e-3, 1e-2]), SCHEDULE)
    assert chosen(best_cell(problem, "GD", table, SCHEDULE)).edge == "highest step size"


def test_ties_of_gradient_descent():
    """One input of ones: GD with γ and 2 − γ; there is no damping to break the tie."""
    problem = linear_problem(np.ones((4, 1)), np.array([1.0, 2.0, 3.0, 5.0]), "regression")
    table = evaluate(problem, "GD", *all_cells("GD", [1.25, 0.75, 0.5]), LONG)
    row = chosen(best_cell(problem, "GD", table, LONG))
    assert (row.step_size, row.ties) == (0.75, 3)
    assert math.isnan(row.damping)


@every_case
def test_best_cell_is_the_oracles(method, task):
    problem = small_problem(task)
    table = evaluate(problem, method, *all_cells(method), SCHEDULE)
    row = chosen(best_cell(problem, method, table, SCHEDULE))
    expected = oracle.best(oracle_grid(problem, method))
    assert row.step_size == expected["step_size"]
    assert_array_equal(row.damping, np.array(expected["damping"], dtype=float))
    assert_allclose(row.final_loss, expected["final_loss"], rtol=1e-9)
    assert row.ties == expected["ties"]


# The trace


@every_case
def test_trace_is_the_oracles_run(method, task):
    problem = small_problem(task)
    cell = 0.3, np.nan if method == "GD" else 0.1
    table = trace(problem, method, *cell, SCHEDULE)
    expected = oracle.run(
        oracle_terms(problem), problem.size, np.zeros(3), method, *cell, SCHEDULE.iterations, 2.0
    )
    assert list(table) == ["iteration", "loss", "gradient_norm", "step_norm", "cosine"]
    assert_array_equal(table["iteration"], range(SCHEDULE.iterations + 1))
    for name in list(table)[1:]:
        wanted = np.array(expected[name], dtype=float)
        assert_allclose(table[name], wanted, rtol=1e-9, atol=1e-13, err_msg=name)


@every_case
def test_trace_of_a_diverging_run_ends_where_it_stopped(method, task):
    problem = small_problem(task)
    damping = np.nan if method == "GD" else 1e-3
    table = trace(problem, method, 100.0, damping, SCHEDULE)
    limit = SCHEDULE.divergence_factor * table["loss"][0]
    assert 1 < len(table) <= SCHEDULE.iterations
    assert table["loss"].iloc[-1] > limit >= table["loss"].iloc[:-1].max()
    assert table[["iteration", "loss", "gradient_norm"]].notna().all(axis=None)
    assert table["step_norm"].isna().tolist() == [False] * (len(table) - 1) + [True]


def test_trace_of_a_failing_run_has_its_start():
    inputs = draw_inputs("dense")
    inputs[:, 0] = 0.0
    problem = linear_problem(inputs, inputs[:, 1], "regression")
    table = trace(problem, "NGD", 1.0, 0.0, SCHEDULE)
    assert len(table) == 1
    assert_allclose(table["loss"], np.mean(inputs[:, 1] ** 2) / 2, rtol=1e-14)


@every_case
def test_trace_ends_with_the_loss_of_the_grid_to_the_last_bit(method, task):
    problem = random_problem(task)
    table = evaluate(problem, method, *all_cells(method), SCHEDULE)
    finished = table[table["status"] == "finished"]
    assert len(finished) > 3
    for row in finished.itertuples():
        end = trace(problem, method, row.step_size, row.damping, SCHEDULE).iloc[-1]
        assert end["loss"] == row.final_loss
        assert end["iteration"] == row.iterations
