"""Softmax regression in the search, against scikit-learn, loops and two classes."""

from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from numpy.testing import assert_allclose
from sklearn.linear_model import LogisticRegression

from conftest import METHODS, draw_inputs, draw_targets
from empirical_fisher.bounds import lower_bound
from empirical_fisher.likelihoods import Categorical
from empirical_fisher.linear_systems import is_invertible
from empirical_fisher.methods import direction
from empirical_fisher.problems import linear_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace

SCHEDULE = Schedule(iterations=30, divergence_factor=100.0)


def real_problem(name, prior_variance=np.inf):
    inputs, labels = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True)
    inputs = np.column_stack([inputs, np.ones(len(inputs))])
    return linear_problem(inputs, labels, "multiclass", prior_variance)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["iris", "wine"])
def test_both_modes_of_the_search_agree_bit_for_bit(name, method):
    problem = real_problem(name)
    step_sizes, dampings = np.logspace(-20, 10, 21), np.logspace(-10, 10, 6)
    grid = cells(step_sizes, None if method == "GD" else dampings)
    full = evaluate(problem, method, *grid, SCHEDULE)
    part = evaluate(problem, method, *grid, SCHEDULE, certified=True)
    pruned = part["status"] == "pruned"
    assert pruned.any() or method == "GD"
    pd.testing.assert_frame_equal(part[~pruned], full[~pruned])
    finished = pruned & (full["status"] == "finished")
    assert (part["bound"][finished] <= full["final_loss"][finished]).all()
    best = [best_cell(problem, method, table, SCHEDULE) for table in (full, part)]
    pd.testing.assert_frame_equal(*best)
    cell = best[0][["step_size", "damping"]].iloc[0]
    run = trace(problem, method, *cell, SCHEDULE)
    assert run["loss"].iloc[-1] == best[0]["final_loss"].item()
    defined = run["cosine"].notna()
    if method == "GD":
        assert not defined.any(), "the Fisher of softmax regression is singular"
    elif method == "NGD":
        assert_allclose(run["cosine"][defined], 1.0, rtol=1e-14)


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_natural_gradient_descent_ends_at_the_minimum_that_scikit_learn_finds(name):
    """With the same prior, of the bias too; it makes the minimum unique."""
    variance = 0.1
    problem = real_problem(name, variance)
    reference = LogisticRegression(C=variance, fit_intercept=False, tol=1e-12, solver="newton-cg")
    reference.set_params(max_iter=1000)
    scale = problem.model.inputs.std(axis=0) + (problem.model.inputs.std(axis=0) == 0)
    problem = linear_problem(problem.model.inputs / scale, problem.targets, "multiclass", variance)
    reference.fit(problem.model.inputs, problem.targets)
    wanted = reference.coef_.ravel()
    assert_allclose(problem.minimizer(), wanted, rtol=1e-5, atol=1e-7)
    grid = evaluate(problem, "NGD", np.ones(1), np.full(1, 1e-10), SCHEDULE)
    assert_allclose(grid["final_loss"], problem.at(wanted).loss, rtol=1e-10)


@pytest.mark.parametrize("seed", range(5))
def test_no_natural_gradient_without_damping_nor_prior(seed):
    """Adding a constant to all outputs changes nothing, at any parameters."""
    inputs = draw_inputs("dense", seed=seed) * 10.0 ** np.arange(-2, 2)
    theta = np.random.default_rng(seed).standard_normal((20, 12)) * 10.0 ** (seed - 3)
    for prior_variance, invertible in ((np.inf, False), (1e-3, True)):
        problem = linear_problem(inputs, draw_targets("multiclass"), "multiclass", prior_variance)
        matrix = problem.at(theta).fisher + problem.prior_precision * np.eye(12)
        assert np.all(is_invertible(matrix) == invertible)


@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
def test_the_local_bound_of_two_classes_is_that_of_logistic_regression(prior_variance):
    """With θ₀ = 0 the softmax of two outputs is the logistic function of the other's.

    Its Fisher has the blocks of ``[[F, −F], [−F, F]]``, so both directions are the same in the
    difference of outputs if the other has half the damping; and twice the prior variance, for
    ``‖(−θ/2, θ/2)‖² = ‖θ‖²/2``.
    """
    inputs, labels = draw_inputs("dense"), draw_targets("binary")
    theta = np.random.default_rng(0).standard_normal((6, 4)) / 4
    binary = linear_problem(inputs, labels, "binary", 2 * prior_variance)
    softmax = linear_problem(inputs, labels, "multiclass", prior_variance)
    gamma, damping, steps = np.geomspace(1e-4, 1e-2, 6), np.geomspace(1e-3, 1, 6), np.full(6, 9)
    found = lower_bound(softmax, "NGD", 70.0)(
        softmax.at(np.hstack([-theta / 2, theta / 2])), gamma, 2 * damping, steps
    )
    wanted = lower_bound(binary, "NGD", 70.0)(binary.at(theta), gamma, damping, steps)
    assert_allclose(found, wanted, rtol=1e-9)


@pytest.mark.parametrize("seed", range(10))
def test_the_parts_of_the_local_bound_by_brute_force(seed):
    """The decrement is below the odds, and a movement below what the lightest class allows."""
    generator = np.random.default_rng(seed)
    inputs, labels = draw_inputs("dense", seed=seed), draw_targets("multiclass", seed=seed)
    problem = linear_problem(inputs, labels, "multiclass")
    point = problem.at(generator.standard_normal(12) * 10.0 ** generator.uniform(-1, 0.5))
    for damping in (1e-10, 1e-3, 1.0):
        aim = direction(point, "NGD", damping)
        decrement = -point.gradient @ aim
        assert 0 < decrement <= point.odds * (1 + 1e-9)
        inverse = np.linalg.inv(point.fisher + damping * np.eye(12))
        jacobian = problem.model.jacobian(point.theta)
        for c, k in ((0, 1), (0, 2), (1, 2)):
            a = jacobian[:, c] - jacobian[:, k]
            length = np.einsum("np,pq,nq->n", a, inverse, a)
            assert np.all(length <= problem.size / point.lightest * (1 + 1e-6))
            moved = np.abs(a @ aim)
            assert np.all(moved <= np.sqrt(length * decrement) * (1 + 1e-6))


@pytest.mark.parametrize("far", [0.0, 3.0, 30.0, 300.0])
def test_loss_residual_and_curvatures_keep_their_precision_where_a_class_is_certain(far):
    f = np.array([[far, 0.5, -0.25]])
    with localcontext(prec=400):
        weights = [Decimal(float(entry)).exp() for entry in f[0]]
        p = [weight / sum(weights) for weight in weights]
        loss = [float(-p[0].ln())]
        residual = [[float(p[0] - 1), float(p[1]), float(p[2])]]
        curvature = [[float(p[i] * ((i == j) - p[j])) for j in range(3)] for i in range(3)]
    likelihood, label = Categorical(3), np.zeros(1)
    # A difference of outputs is rounded before its exponential is taken.
    assert_allclose(likelihood.nll(f, label), loss, rtol=1e-14 + far * np.finfo(float).eps)
    assert_allclose(likelihood.residual(f, label), residual, rtol=1e-14)
    assert_allclose(likelihood.hessian(f), [curvature], rtol=1e-14)
    assert_allclose(likelihood.fisher(f), [curvature], rtol=1e-13)
