"""The scorecard against the search and the definitions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from conftest import CONFIG, random_problem
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.recipes import read
from empirical_fisher.experiments.scorecard import experiment
from empirical_fisher.experiments.scorecard import figure as figures
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.methods import STANDARD, direction
from empirical_fisher.search import Schedule, cells, evaluate

RECIPES = CONFIG["methods"]
AXES = {
    "step_sizes": {"low": 0.01, "high": 1.0, "count": 5},
    "dampings": {"low": 0.01, "high": 1.0, "count": 2},
}
SCHEDULE = {"iterations": 8, "divergence_factor": 100.0}


def data() -> Dataset:
    problem = random_problem("binary")
    return Dataset(problem.model.inputs, problem.targets, "binary")


def card(name: str) -> dict[str, pd.DataFrame]:
    axes = AXES if RECIPES[name]["matrix"] != "identity" else {"step_sizes": AXES["step_sizes"]}
    return experiment.card(name, RECIPES[name], [], data(), {}, axes, SCHEDULE)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_the_quality_is_least_for_the_natural_gradient(task: str) -> None:
    problem = random_problem(task)
    generator = np.random.default_rng(0)
    point = problem.at(0.3 * generator.standard_normal(problem.parameters))
    natural = -np.linalg.pinv(point.fisher, hermitian=True) @ point.gradient
    assert experiment.relative_quality(point, natural) == pytest.approx(1.0, rel=1e-6)
    for name in ("GD", "EFGD"):
        aim = direction(point, name, 1e-3)
        fall = abs(aim @ point.gradient)
        expected = np.sqrt(aim @ point.fisher @ aim) / fall
        expected /= np.sqrt(natural @ point.fisher @ natural) / abs(natural @ point.gradient)
        assert experiment.relative_quality(point, aim) == pytest.approx(expected, rel=1e-6)
        assert expected > 1.0


@pytest.mark.parametrize("name", ["GD", "NGD", "Adam", "OneSample"])
def test_a_card_is_of_the_best_cell_and_its_path_is_the_run_of_it(name: str) -> None:
    found = card(name)
    row, path = found["card"].iloc[0], found["path"]
    problem = modelled(data())
    method = read(name, RECIPES[name])
    dampings = np.array([0.01, 1.0]) if method.is_damped else None
    grid = evaluate(
        problem, method, *cells(np.geomspace(0.01, 1, 5), dampings), Schedule(**SCHEDULE)
    )
    assert row["final_loss"] == grid["final_loss"].min()
    assert len(path) == 9
    assert path["loss"].iloc[-1] == pytest.approx(row["final_loss"], rel=1e-9)
    assert (path["quality"].dropna() >= 1 - 1e-9).all()
    good = grid["final_loss"] <= 2 * grid["final_loss"].min()
    assert row["share_2_times"] == good.mean()
    assert row["share_1_percent"] <= row["share_2_times"] <= row["share_10_times"]


def test_the_scorecard_compares_with_ngd_and_with_the_best() -> None:
    names = ["NGD", "EFGD", "GD"]
    made = {name: card(name) for name in names}
    table = experiment.scorecard(
        {"Toy": {name: made[name]["card"] for name in names}},
        {"Toy": {name: made[name]["path"] for name in names}},
    ).set_index("method")
    assert table.loc["NGD", "excess_over_ngd"] == 0.0
    ratio = table.loc["GD", "final_loss"] / table.loc["NGD", "final_loss"]
    assert table.loc["GD", "excess_over_ngd"] == pytest.approx(ratio - 1)
    lowest = table["final_loss"].min()
    for name in names:
        losses, steps = made[name]["path"]["loss"], table.loc[name, "iterations"]
        if np.isnan(steps):
            assert losses.iloc[-1] > 1.01 * lowest
        else:
            assert (losses[int(steps) :] <= 1.01 * lowest).all()
            assert steps == 0 or losses[int(steps) - 1] > 1.01 * lowest
    assert STANDARD.keys() >= {*table.index}


def test_a_run_that_leaves_the_finite_numbers_ends_its_path() -> None:
    path = experiment.path(random_problem("regression"), STANDARD["GD"], 1e200, np.nan, 5)
    assert 1 <= len(path) < 6
    assert np.isfinite(path["loss"]).all()


def test_the_figure_has_a_row_for_each_method_and_says_nothing_where_there_is_nothing() -> None:
    names = [f"Method{number}" for number in range(12)]
    rows = [
        {"dataset": dataset, "method": name, "excess_over_ngd": 0.1, "iterations": np.nan}
        | {"share_2_times": 0.2, "median_cosine": 0.5, "median_quality": 2.0}
        for dataset in ("One", "Two")
        for name in names
    ]
    drawn = figures.figure(pd.DataFrame(rows), {"One": "One", "Two": "A $"}, {n: n for n in names})
    FigureCanvasAgg(drawn).draw()
    assert [text.get_text() for text in drawn.axes[0].get_yticklabels()] == names
    assert len(drawn.axes) == len(figures.PANELS)
