"""The note's experiments against closed forms, naive loops and another solver."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import NonlinearConstraint, minimize
from scipy.stats import ttest_rel

from conftest import CONFIG, oracle_terms, verdicts
from empirical_fisher import preconditioners
from empirical_fisher.arrays import Array
from empirical_fisher.data.datasets import FAULTS
from empirical_fisher.experiments.note import claims as claims_note
from empirical_fisher.experiments.note import contamination
from empirical_fisher.experiments.note import experiment as note
from empirical_fisher.experiments.note.constrained_step import (
    StepNotFoundError,
    comparison,
    conditions,
    feasible,
    general_solution,
    stationarity,
    update,
)
from empirical_fisher.experiments.note.draws import examples, problem_and_point
from empirical_fisher.experiments.note.loss_reductions import reductions
from empirical_fisher.experiments.note.reparametrization import differences, mixing, reparametrized
from empirical_fisher.methods import directions
from empirical_fisher.search import Schedule, evaluate
from empirical_fisher.solvers import iterates
from pipeline import TINY

TASKS = ("binary", "regression")


@pytest.mark.parametrize("task", TASKS)
def test_update_is_the_closed_form(task: str) -> None:
    problem, theta = problem_and_point([3], task, 40, 5)
    _, gradient, _, matrix, _ = oracle_terms(problem)(theta)
    newton = np.linalg.solve(matrix, gradient)
    expected = -np.sqrt(1e-4 / (gradient @ newton)) * newton
    step = update(problem.at(theta), "EFGD", 0.0, 1e-4)
    np.testing.assert_allclose(step, expected, rtol=1e-9)
    assert stationarity(problem.at(theta), step) < 1e-12


@pytest.mark.parametrize("task", TASKS)
def test_no_step_of_the_same_size_goes_further_down(task: str) -> None:
    problem, theta = problem_and_point([4], task, 40, 5)
    _, gradient, _, matrix, _ = oracle_terms(problem)(theta)
    own = update(problem.at(theta), "EFGD", 0.0, 1.0)
    others = np.random.default_rng(0).standard_normal((500, 5))
    others /= np.sqrt(np.einsum("ki,ij,kj->k", others, matrix, others))[:, None]
    assert own @ gradient < (others @ gradient).min()


def test_stationarity_is_the_least_residual() -> None:
    problem, theta = problem_and_point([5], "binary", 40, 4)
    _, gradient, _, matrix, _ = oracle_terms(problem)(theta)
    step = np.arange(1.0, 5.0)
    pull = matrix @ step
    residual = gradient - pull * (pull @ gradient) / (pull @ pull)
    expected = np.linalg.norm(residual) / np.linalg.norm(gradient)
    assert stationarity(problem.at(theta), step) == pytest.approx(expected)


@pytest.mark.filterwarnings("ignore:delta_grad == 0.0")  # said of the last, tiny steps
@pytest.mark.parametrize("task", TASKS)
def test_general_solution_is_that_of_another_solver(task: str) -> None:
    problem, theta = problem_and_point([6], task, 30, 3)
    losses, change = problem.at(theta).losses, 1e-2

    def mean_square(step: Array) -> float:
        return float(np.mean((problem.at(theta + step).losses - losses) ** 2) / change)

    found = minimize(
        lambda step: 10 * float(problem.at(theta + step).loss),
        update(problem.at(theta), "NGD", 0.1, change),
        method="trust-constr",
        constraints=NonlinearConstraint(mean_square, 1, 1),
        options={"gtol": 1e-9, "xtol": 1e-12, "maxiter": 2000},
    )
    step = general_solution(problem, theta, change)
    np.testing.assert_allclose(step, found.x, rtol=1e-4, atol=1e-6)
    own = feasible(problem, theta, update(problem.at(theta), "EFGD", 0.0, change), change)
    assert mean_square(step) == pytest.approx(1)
    assert mean_square(own) == pytest.approx(1)
    assert problem.at(theta + step).loss < problem.at(theta + own).loss


def test_a_step_that_is_not_found_is_told_with_what_to_do() -> None:
    problem, theta = problem_and_point([6], "binary", 30, 3)
    step = update(problem.at(theta), "EFGD", 0.0, 1e-2)
    with pytest.raises(StepNotFoundError) as error:
        feasible(problem, theta, step / 100, 1e-2)
    assert str(error.value) == (
        "no constrained step found for c = 1.0e-02 (the update falls short of it, stretched "
        "tenfold); narrow note.changes, or give note another seed"
    )
    problem, theta = problem_and_point([2], "regression", 30, 3)
    with pytest.raises(StepNotFoundError, match=r"c = 1\.0e-50 \(.+\); narrow note\.changes"):
        general_solution(problem, theta, 1e-50)
    assert issubclass(StepNotFoundError, FAULTS)  # which jobs tell without a traceback


def test_comparison_nears_the_general_solution() -> None:
    problem, theta = problem_and_point([7], "binary", 60, 4)
    table = comparison(problem, theta, np.array([1e-6, 1e-4]))
    assert table["angle"][1] / table["angle"][0] == pytest.approx(10, rel=0.1)
    assert table["shortfall"][1] / table["shortfall"][0] == pytest.approx(100, rel=0.1)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(("size", "features"), [(30, 4), (5, 8)])
def test_spread_of_the_reductions_is_that_of_a_projection(
    task: str, size: int, features: int
) -> None:
    problem, theta = problem_and_point([8], task, size, features)
    gradients = problem.at(theta).example_gradients
    share = np.mean(gradients @ np.linalg.pinv(gradients) @ np.ones(size))
    table = reductions(problem, theta, ["EFGD"], np.array([1e-12]), 1e-12)
    expected = np.sqrt(max(1 - share, 0) / share)
    assert table["variation"].item() == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert table["mean_reduction"].item() == pytest.approx(np.sqrt(share), rel=1e-3)


@pytest.mark.parametrize("method", ["GD", "NGD", "EFGD"])
def test_mapped_updates_are_the_closed_form(method: str) -> None:
    problem, theta = problem_and_point([9], "binary", 30, 4)
    matrix, damping = mixing(np.random.default_rng(1), 4, 7.0), 0.3
    assert np.linalg.cond(matrix) == pytest.approx(7)
    point = problem.at(theta)
    curvature = {"GD": np.zeros((4, 4)), "NGD": point.fisher, "EFGD": point.empirical_fisher}
    metric = damping * np.linalg.inv(matrix @ matrix.T)
    shift = damping * np.eye(4)
    mapped = np.linalg.solve(curvature[method] + metric, point.gradient)
    own = np.linalg.solve(curvature[method] + shift, point.gradient)
    if method == "GD":  # whose update has no 1 / ε
        mapped, own = damping * mapped, damping * own
    row = differences(problem, theta, matrix, [method], np.array([damping])).iloc[0]
    inputs = problem.model.inputs
    for column, change in {"step": np.eye(4), "prediction": inputs}.items():
        expected = np.linalg.norm(change @ (mapped - own)) / np.linalg.norm(change @ own)
        assert row[f"{column}_difference"] == pytest.approx(expected)


def test_reparametrized_problem_has_the_same_losses() -> None:
    problem, theta = problem_and_point([10], "regression", 12, 3)
    matrix = mixing(np.random.default_rng(2), 3, 5.0)
    other = reparametrized(problem, matrix).at(np.linalg.solve(matrix, theta))
    np.testing.assert_allclose(other.losses, problem.at(theta).losses)
    np.testing.assert_allclose(other.gradient, matrix.T @ problem.at(theta).gradient)


def test_examples_follow_the_model() -> None:
    theta = np.array([2.0, -1.0])
    inputs, labels = examples(np.random.default_rng(0), "binary", 20000, theta)
    sure = inputs @ theta > 1
    expected = np.mean(1 / (1 + np.exp(-inputs[sure] @ theta)))
    assert labels[sure].mean() == pytest.approx(expected, abs=0.02)
    inputs, targets = examples(np.random.default_rng(0), "regression", 20000, theta)
    assert np.std(targets - inputs @ theta) == pytest.approx(1, abs=0.02)


def test_contamination_touches_the_stated_share() -> None:
    labels = np.array([0.0, 1.0] * 20)
    flipped = contamination.contaminated(np.random.default_rng(0), "binary", labels, 0.1, 5.0)
    assert np.sum(flipped != labels) == 4
    assert set(flipped) == {0.0, 1.0}
    values = np.linspace(-1, 1, 2000)
    rough = contamination.contaminated(np.random.default_rng(0), "regression", values, 0.5, 5.0)
    changed = rough != values
    assert changed.sum() == 1000
    assert np.std((rough - values)[changed]) == pytest.approx(5, rel=0.1)


@pytest.mark.parametrize("method", ["GD", "NGD", "EFGD"])
def test_paths_end_where_the_search_ends(method: str) -> None:
    problem, _ = problem_and_point([11], "binary", 25, 3)
    step_size, damping = np.array([0.1, 0.5]), np.array([0.2, 1.0])
    path = iterates(np.zeros((2, 3)), directions(problem, method, damping), step_size, 6)
    grid = evaluate(problem, method, step_size, damping, Schedule(6, 1e9))
    np.testing.assert_allclose(problem.at(path[-1]).loss, grid["final_loss"], rtol=1e-12)


Measured = tuple[dict[str, pd.DataFrame], pd.DataFrame]


def measure() -> Measured:
    settings = TINY["note"]
    return note.measure(settings), contamination.trials(settings["contamination"])


@pytest.fixture(scope="module")
def measured() -> Measured:
    return measure()


def test_contrasts_are_paired_t_statistics(measured: Measured) -> None:
    _, table = measured
    chosen = table[(table["task"] == "regression") & (table["fraction"] == 0.2)]
    chosen = chosen.set_index("method")["clean_error"]
    contrasts = contamination.contrasts(table).set_index(["task", "fraction", "against"])
    row = contrasts.loc[("regression", 0.2, "NGD")]
    expected = ttest_rel(chosen["EFGD"], chosen["NGD"]).statistic
    assert row["difference"] / row["standard_error"] == pytest.approx(expected)


def held(tables: dict[str, pd.DataFrame], trials: pd.DataFrame) -> dict[str, str]:
    return verdicts(claims_note.claims(**tables, contrasts=contamination.contrasts(trials)))


def test_claims_hold_and_break(measured: Measured, monkeypatch: pytest.MonkeyPatch) -> None:
    right = held(*measured)
    for name in ("conditions", "general-solver", "second-order", "equal-reductions", "invariance"):
        assert right[name] == "yes"
    monkeypatch.setitem(
        preconditioners.MATRICES, "empirical_fisher", preconditioners.MATRICES["fisher"]
    )
    wrong = held(*measure())
    assert wrong["general-solver"] == "no"
    assert wrong["second-order"] == "no"
    assert wrong["equal-reductions"] == "in part"
    assert wrong["similar-reductions"] != "yes"


def test_each_draw_is_a_trial_and_doctored_draws_are_told(measured: Measured) -> None:
    tables, trials = measured
    contrasts = contamination.contrasts(trials)
    twice = {
        name: pd.concat([table.assign(repeat=repeat) for repeat in range(3)])
        for name, table in tables.items()
    }
    odd = twice["conditions"]["repeat"] == 2
    broken = twice["conditions"].assign(
        stationarity=np.where(odd, 1.0, 1e-12), length=np.where(odd, 1.5, 1.0)
    )
    rows = claims_note.claims(**{**twice, "conditions": broken}, contrasts=contrasts)
    found = {row.id: row for row in rows}
    for name, holds in (("note.conditions", "yes"), ("note.bounded", "yes")):
        assert (found[name].holds, found[name].trials, found[name].agree) == (holds, 3, 2)
    assert found["note.bounded"].kind == "identity"
    assert {row.kind for row in rows if "desirable" in row.id} == {"question"}


def test_a_draw_whose_solver_rounding_keeps_from_its_precision_is_solved_all_the_same() -> None:
    settings = CONFIG["note"]
    shape = settings["shapes"]["many"]
    smallest = settings["changes"]["low"]
    sizes = shape["examples"], shape["parameters"]
    for task, repeat in itertools.product(settings["tasks"], range(settings["repeats"])):
        problem, theta = problem_and_point([settings["seed"], repeat], task, *sizes)
        table = comparison(problem, theta, np.array([smallest]))
        assert table["angle"].item() < 1e-3


def test_an_update_times_the_damping_is_no_longer_than_the_gradient() -> None:
    problem, theta = problem_and_point([12], "binary", 30, 5)
    table = conditions(problem, theta, np.array([1e-3, 10.0]), 1e-6)
    point = problem.at(theta)
    for row in table.itertuples():
        damped = point.empirical_fisher + row.damping * np.eye(5)
        update = np.linalg.inv(damped) @ point.gradient
        expected = row.damping * np.linalg.norm(update) / np.linalg.norm(point.gradient)
        assert row.length == pytest.approx(expected, rel=1e-9)
        assert row.length < 1


def test_conditions_break_with_an_identity_for_a_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    def identity(point: Any) -> Array:
        return np.broadcast_to(np.eye(point.theta.shape[-1]), (*point.theta.shape, 5)).copy()

    monkeypatch.setitem(preconditioners.MATRICES, "empirical_fisher", identity)
    problem, theta = problem_and_point([12], "binary", 30, 5)
    table = conditions(problem, theta, np.array([1e-12]), 1e-4)
    assert table["stationarity"].item() > claims_note.ROUNDING


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(-1.0, "yes"), (1.0, "no"), (0.0, "no")],
    ids=["lower", "higher", "same"],
)
def test_the_question_is_answered_by_the_sign(
    measured: Measured, shift: float, expected: str
) -> None:
    tables, trials = measured
    errors = 5 + shift * (trials["method"] == "EFGD")
    if shift:
        errors += 1e-6 * np.random.default_rng(0).standard_normal(len(trials))
    assert held(tables, trials.assign(clean_error=errors))["desirable-outliers"] == expected
