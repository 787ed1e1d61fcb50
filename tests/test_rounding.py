"""Where directions are nothing but rounding: against exact arithmetic and other orders of rows."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from numpy.testing import assert_allclose

from conftest import TASKS, paper_problem, random_problem
from empirical_fisher.models import LinearModel
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.problems import Problem, linear_problem
from empirical_fisher.rounding import EPSILON, gradient_error, is_resolved
from empirical_fisher.search import Schedule, trace
from empirical_fisher.solvers import direction

LONG = Schedule(iterations=60, divergence_factor=100.0)


def exact_gradient(problem, theta):
    """The gradient of least squares in rational numbers."""
    inputs = [list(map(Fraction, row)) for row in problem.model.inputs]
    theta = list(map(Fraction, theta))
    residuals = [
        sum(x * t for x, t in zip(row, theta, strict=True)) - Fraction(y)
        for row, y in zip(inputs, problem.targets, strict=True)
    ]
    sums = [
        sum(row[p] * r for row, r in zip(inputs, residuals, strict=True)) for p in range(len(theta))
    ]
    return np.array([float(total / problem.size) for total in sums])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_at_a_minimum_the_error_is_that_of_the_gradient(scale):
    """Of the size of one rounding: neither exceeded by much nor far from it."""
    problem = random_problem("regression")
    inputs = problem.model.inputs * scale ** np.arange(4) + 5
    problem = linear_problem(inputs, problem.targets, "regression")
    point = problem.at(np.linalg.lstsq(inputs, problem.targets)[0])
    wrong = np.abs(point.gradient - exact_gradient(problem, point.theta))
    error = gradient_error(point)
    assert (wrong <= 2 * error).all()
    assert error.max() <= 1e3 * wrong.max()


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
def test_error_is_that_of_a_loop(task, prior_variance):
    problem = random_problem(task, prior_variance=prior_variance)
    theta = np.random.default_rng(0).standard_normal((2, problem.parameters))
    point = problem.at(theta)
    jacobian, hessian = problem.model.jacobian(theta), problem.likelihood.hessian(point.predictions)
    expected = EPSILON * problem.prior_precision * np.abs(theta)
    for run in range(2):
        for n in range(problem.size):
            J = np.abs(jacobian[run, n])
            rounded = np.abs(point.residuals[run, n]) + np.abs(hessian[run, n]) @ J @ np.abs(
                theta[run]
            )
            expected[run] += EPSILON * J.T @ rounded / problem.size
    assert_allclose(gradient_error(point), expected, rtol=1e-12)
    assert_allclose(gradient_error(point, np.array([1])), expected[1:], rtol=1e-12)


def test_of_a_model_that_is_not_linear_nothing_is_said():
    linear = random_problem("regression")
    model = TanhNetwork(linear.model.inputs, hidden=2, outputs=1)
    problem = Problem(linear.likelihood, model, linear.targets)
    theta = np.ones(problem.parameters)
    assert_allclose(gradient_error(problem.at(theta)), 0)


def test_a_direction_is_resolved_where_it_is_longer_than_its_error():
    matrix = np.array([[1.0, 0.5], [0.5, 1.0]])
    inverse = np.array([[4.0, 2.0], [2.0, 4.0]]) / 3  # of which the entries' sizes are taken
    error = np.array([3.0, 6.0])
    length = np.linalg.norm(inverse @ error)
    along = np.array([[length + 1e-9, 0.0], [length - 1e-9, 0.0]])
    arguments = np.stack([matrix] * 2), np.zeros(2), np.stack([error] * 2)
    assert is_resolved(along, *arguments).tolist() == [True, False]
    damped = np.stack([matrix - 0.5 * np.eye(2)] * 2), np.full(2, 0.5), np.stack([error] * 2)
    assert is_resolved(along, *damped).tolist() == [True, False]
    singular = np.zeros((1, 2, 2)), np.zeros(1), error[None]
    assert not is_resolved(along[:1], *singular).any()


def shuffled(problem, seed):
    order = np.random.default_rng(seed).permutation(problem.size)
    model = LinearModel(problem.model.inputs[order], problem.model.outputs)
    return replace(problem, model=model, targets=problem.targets[order])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", ["GD", "NGD", "EFGD"])
def test_a_cosine_that_is_shown_is_the_same_in_every_order_of_the_rows(task, method):
    """And after convergence, where it swings, there is none; the rest of the trace goes on."""
    prior = 10.0 if task == "multiclass" else np.inf
    problem = random_problem(task, size=100, seed=1, prior_variance=prior)
    step_size = 4.0 if (method, task) == ("EFGD", "regression") else 1.5 if method == "GD" else 1.0
    damping = np.nan if method == "GD" else 1e-8
    schedule = Schedule(iterations=140 if method == "GD" else 45, divergence_factor=100.0)
    runs = [trace(shuffled(problem, seed), method, step_size, damping, schedule) for seed in (0, 1)]
    shown = runs[0]["cosine"].notna() & runs[1]["cosine"].notna()
    assert_allclose(runs[0]["cosine"][shown], runs[1]["cosine"][shown], atol=0.2)
    assert shown[0]
    assert not shown.iloc[-1]
    assert runs[0][["loss", "gradient_norm"]].notna().all(axis=None)


def test_on_boston_natural_gradient_descent_is_at_the_minimum_after_three_steps():
    problem = paper_problem("Boston", bias=True)
    run = trace(problem, "NGD", 1.0, 10**-7.5, LONG)
    assert np.flatnonzero(run["cosine"].notna()).tolist() == [0, 1, 2]
    run = trace(problem, "EFGD", 10**1.25, 1e-4, LONG)
    assert run["cosine"].notna().all()


def test_no_direction_is_resolved_where_the_gradient_is_zero():
    problem = linear_problem(np.eye(3), np.zeros(3), "regression")
    point = problem.at(np.zeros(3))
    error = gradient_error(point)
    assert_allclose(error, 0)
    aim = direction(point, "NGD", 1.0)
    assert not is_resolved(aim, point.fisher, np.array(1.0), error)
