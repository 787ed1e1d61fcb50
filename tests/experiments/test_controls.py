"""Controls for Figure 3: best decreases and line searches against brute force and closed forms."""

import numpy as np
import pandas as pd
import pytest

from conftest import random_problem
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.optimization import controls
from empirical_fisher.search import Schedule, trace

CELLS = {
    "GD": pd.DataFrame({"step_size": [0.3], "damping": [np.nan]}),
    "NGD": pd.DataFrame({"step_size": [0.5], "damping": [0.1]}),
    "EFGD": pd.DataFrame({"step_size": [0.2], "damping": [0.3]}),
}


@pytest.fixture
def problem():
    return random_problem("binary")


@pytest.mark.parametrize("method", CELLS)
def test_paths_are_those_of_the_solver(problem, method):
    path = controls.follow(problem, controls.steps(problem, CELLS)[method], 6)
    cell = CELLS[method].fillna(0.0).iloc[0]
    run = trace(problem, method, cell["step_size"], cell["damping"], Schedule(6, 100.0))
    np.testing.assert_allclose(problem.at(path).loss, run["loss"], rtol=1e-10)


def test_the_best_decrease_is_that_of_a_search():
    """Of least squares the second order is exact: no multiple of the direction does better."""
    problem = random_problem("regression")
    theta, aim = np.array([0.3, -1.0, 2.0, 0.1]), np.array([1.0, 0.5, -0.2, 3.0])
    multiples = np.linspace(-5, 5, 200_001)[:, None]
    lowest = problem.at(theta + multiples * aim).loss.min()
    expected = problem.at(theta).loss - lowest
    assert controls.decrease(problem, theta, aim) == pytest.approx(expected, rel=1e-6)


def test_a_line_search_ends_where_the_loss_is_lowest(problem):
    theta = np.zeros(4)
    aim = -problem.at(theta).gradient
    found = controls.line_search(problem, theta, aim)
    multiples = np.linspace(0, 2 * found, 20_001)[:, None]
    losses = problem.at(theta + multiples * aim).loss
    assert multiples[np.argmin(losses), 0] == pytest.approx(found, rel=1e-3)


def test_a_loss_that_falls_for_ever_ends_the_search():
    separable = random_problem("binary", size=4)
    aim = np.linalg.solve(separable.model.inputs, 2 * separable.targets - 1)
    assert np.isfinite(controls.line_search(separable, np.zeros(4), aim))


def test_updates_compare_every_direction_on_every_path(problem):
    table = controls.updates(problem, CELLS, 3)
    assert list(table) == ["path", "iteration", *CELLS]
    assert len(table) == 3 * 4
    steps = controls.steps(problem, CELLS)
    theta = controls.follow(problem, steps["EFGD"], 3)[2]
    row = table[(table["path"] == "EFGD") & (table["iteration"] == 2)].iloc[0]
    assert row["NGD"] == pytest.approx(controls.decrease(problem, theta, steps["NGD"](theta)))


def test_lengths_change_places(problem):
    table = controls.lengths(problem, CELLS, 2).set_index("run")["final_loss"]
    theta = np.zeros(4)
    for _ in range(2):
        point = problem.at(theta)
        inverse = np.linalg.inv(point.empirical_fisher + 0.3 * np.eye(4))
        length = np.linalg.norm(0.2 * inverse @ point.gradient)
        natural = np.linalg.solve(point.fisher + 0.1 * np.eye(4), point.gradient)
        theta = theta - length * natural / np.linalg.norm(natural)
    assert table["EFGD's lengths"] == pytest.approx(problem.at(theta).loss, rel=1e-10)
    assert table["line search"] < table["EFGD"]


def test_orders_of_the_rows_change_rounding_only(problem):
    data = Dataset(problem.model.inputs, problem.targets, "binary")
    tables = controls.experiment("A", data, {}, {"A": CELLS}, 2, [0, 1])
    finals = tables["lengths"].pivot(index="run", columns="order", values="final_loss")
    assert finals.shape == (4, 3)  # the file's own order, without a number, and two more
    np.testing.assert_allclose(finals[0], finals[1], rtol=1e-9)
    assert tables["lengths"]["order"].isna().sum() == 4
