"""Bounds on final losses, against where the runs end: on random problems and on unfriendly ones."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from conftest import ROOT, draw_inputs, draw_targets, paper_problem, random_problem
from empirical_fisher import search
from empirical_fisher.bounds import lower_bound
from empirical_fisher.likelihoods import Bernoulli
from empirical_fisher.problems import linear_problem
from empirical_fisher.solvers import direction

METHODS = ("GD", "NGD", "EFGD")
TASKS = ("regression", "binary", "multiclass")
STEPS = 12
FACTOR = 100.0
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
property_test = settings(deadline=None, derandomize=True, max_examples=25)


def bounds_along(problem, method, step_size, damping):
    """The bound at every iterate of a run, a row each, and its final loss: NaN unless finished."""
    theta = np.zeros((len(step_size), problem.parameters))
    limit = FACTOR * float(problem.at(theta[0]).loss)
    bound = lower_bound(problem, method, limit)
    path, alive = [], np.full(len(step_size), True)
    with np.errstate(all="ignore"):
        for iteration in range(STEPS + 1):
            point = problem.at(theta)
            alive &= point.loss <= limit
            path.append(
                bound(point, step_size, damping, np.full(len(step_size), STEPS - iteration))
            )
            if iteration < STEPS:
                step = step_size[:, None] * direction(point, method, damping)
                theta = np.where(alive[:, None] & np.isfinite(step), theta + step, theta)
    return np.array(path), np.where(alive, point.loss, np.nan)


def assert_bounds_hold(problem, method, seed=0, count=60):
    generator = np.random.default_rng(seed)
    step_size = 10.0 ** generator.uniform(-6, 3, count)
    damping = 10.0 ** generator.uniform(-8, 6, count)
    path, final = bounds_along(problem, method, step_size, damping)
    finished = np.isfinite(final)
    assert finished.any()
    assert np.all(path[:, finished] <= final[finished])
    assert np.isfinite(path[:, finished]).any(), "a bound that says nothing"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
@given(seed=st.integers(0, 10**6))
@property_test
def test_bounds_hold_on_random_problems(method, task, prior_variance, seed):
    problem = random_problem(task, prior_variance=prior_variance, seed=seed)
    assert_bounds_hold(problem, method, seed)


def unfriendly(kind, task):
    """Inputs and targets that strain the assumptions of a bound."""
    inputs, targets = draw_inputs("dense"), draw_targets(task)
    if kind == "badly scaled":
        inputs = inputs * 10.0 ** np.linspace(-3, 3, inputs.shape[1])
    elif kind == "one example dominates":
        inputs[0] *= 1e3
    elif kind == "repeated examples":
        inputs, targets = np.tile(inputs[:3], (20, 1)), np.tile(targets[:3], 20)
        targets[:2] = [0, 1]
    elif kind == "more features than examples":
        inputs, targets = np.hstack([inputs, inputs**2, inputs**3])[:6], targets[:6]
        targets[:2] = [0, 1]
    elif kind == "separable":
        inputs[:, 0] = 10 * (targets - targets.mean())
    return linear_problem(inputs, targets, task)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize(
    "kind",
    [
        "badly scaled",
        "one example dominates",
        "repeated examples",
        "more features than examples",
        "separable",
    ],
)
def test_bounds_hold_on_unfriendly_problems(kind, task, method):
    for seed in range(3):
        assert_bounds_hold(unfriendly(kind, task), method, seed, count=200)


@pytest.mark.parametrize("method", ["GD", "NGD"])
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
def test_bounds_on_least_squares_are_the_final_losses(method, prior_variance):
    problem = random_problem("regression", prior_variance=prior_variance)
    step_size, damping = np.geomspace(1e-4, 0.3, 20), np.geomspace(1e-6, 10, 20)
    path, final = bounds_along(problem, method, step_size, damping)
    assert_allclose(path, np.broadcast_to(final, path.shape), rtol=2e-7)


def test_the_bound_on_the_decrement_is_attained():
    """With one example the empirical Fisher's decrement is ``‖g‖² / (‖g‖² + λ)`` itself."""
    problem = linear_problem(np.array([[3.0, 4.0]]), np.array([2.0]), "regression")
    point = problem.at(np.zeros(2))
    damping = 0.7
    decrement = -point.gradient @ direction(point, "EFGD", damping)
    squared = point.gradient @ point.gradient
    assert_allclose(decrement, squared / (squared + damping), rtol=1e-12)


def test_no_bound_where_none_is_proven():
    clipped = dataclasses.replace(random_problem("binary"), likelihood=Bernoulli(1e-8))
    nonlinear = dataclasses.replace(random_problem("binary"), model=object())
    for method in METHODS:
        assert lower_bound(clipped, method, 1.0) is None
        assert lower_bound(nonlinear, method, 1.0) is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["BreastCancer", "Boston", "a1a"])
def test_both_modes_agree_on_the_papers_data(name, method):
    """On every 12th step size and 8th damping: winners, and bounds below the losses."""
    problem = paper_problem(name, bias=True)
    step_sizes, dampings = np.logspace(-20, 10, 241), np.logspace(-10, 10, 41)[::8]
    cells = search.cells(step_sizes) if method == "GD" else search.cells(step_sizes[::12], dampings)
    schedule = search.Schedule(iterations=30 if name == "a1a" else 100, divergence_factor=FACTOR)
    full = search.evaluate(problem, method, *cells, schedule)
    part = search.evaluate(problem, method, *cells, schedule, certified=True)
    pruned = part["status"] == "pruned"
    assert pruned.mean() > 0.2
    pd.testing.assert_frame_equal(part[~pruned], full[~pruned])
    finished = pruned & (full["status"] == "finished")
    assert (full["final_loss"][finished] >= part["bound"][finished]).all()
    best = [search.best_cell(problem, method, each, schedule) for each in (full, part)]
    pd.testing.assert_frame_equal(*best)
