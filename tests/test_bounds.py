"""Bounds on final losses, against where the runs end: on random problems and on unfriendly ones."""

import dataclasses
import os
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.integrate
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import random_problems
from conftest import (
    FEATURES,
    METHODS,
    TASKS,
    draw_inputs,
    draw_targets,
    paper_problem,
    random_problem,
)
from empirical_fisher import bounds, search
from empirical_fisher.bounds import Terms, lower_bound
from empirical_fisher.data_terms import MOST_PARAMETERS
from empirical_fisher.decrements import stretch
from empirical_fisher.experiments.magnitude.experiment import Scaled
from empirical_fisher.likelihoods import Bernoulli, Categorical
from empirical_fisher.methods import direction
from empirical_fisher.models import LinearModel
from empirical_fisher.problems import linear_problem
from empirical_fisher.solvers import descend

STEPS = 12
FACTOR = 100.0


# The suprema that the bounds stand on are reached, or nearly


def one_step(problem, method, theta, step_size, damping, limit):
    """What a bound allows one step to lower the loss by, and what the step does."""
    bound = lower_bound(problem, method, limit)
    point = problem.at(theta)
    arguments = np.array([step_size]), np.array([damping]), np.array([1])
    final = problem.at(theta + step_size * direction(point, method, damping)).loss
    return (point.loss - bound(point, *arguments)).item(), point.loss - final


@pytest.mark.parametrize("copies", [1, 3])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_bounds_are_reached_where_a_label_is_hopelessly_wrong(task, method, copies):
    """There the residual is as large as it can be and the Fisher zero, for many steps."""
    steps, step_size, damping = 7, 1e-3, 0.4
    inputs, targets = np.array([[3.0, 0.0, 4.0]] * copies), np.zeros(copies)
    problem = linear_problem(inputs, targets, "binary")
    theta = np.array([300.0, 0.0, 400.0])
    if task == "multiclass":
        problem = dataclasses.replace(
            problem, likelihood=Categorical(3), model=LinearModel(inputs, 3)
        )
        theta = np.kron([0, 1, 0], theta)
    bound = lower_bound(problem, method, limit=1e6)
    start = theta
    for _ in range(steps):
        theta = theta + step_size * direction(problem.at(theta), method, damping)
    final = problem.at(theta).loss
    value = bound(problem.at(start), np.array([step_size]), np.array([damping]), np.array([steps]))
    gained = problem.at(start).loss - final
    assert gained > 1e-3
    assert value <= final
    assert_allclose(value, final, rtol=0, atol=1e-3 * gained)


@pytest.mark.parametrize(
    ("task", "method", "scale", "reach"),
    [
        ("binary", "GD", 1.0, 50.0),
        ("binary", "NGD", 1.0, 50.0),
        ("binary", "EFGD", 1e3, 20.0),
        ("regression", "EFGD", 1e-3, 2.0),
    ],
)
def test_bounds_are_nearly_reached_where_the_prior_is_most_of_the_loss(task, method, scale, reach):
    """All of the loss that a run may have, and the parameters at right angles to the only input."""
    problem = linear_problem(np.array([[scale, 0.0]]), np.array([0.0]), task, prior_variance=0.5)
    theta = np.array([0.0, reach])
    limit = float(problem.at(theta).loss)
    allowed, gained = one_step(problem, method, theta, 1e-6, 0.3, limit)
    assert gained <= allowed < 1.1 * gained


def test_the_bound_of_the_empirical_fisher_on_least_squares_is_reached_at_the_limit():
    problem = linear_problem(np.array([[0.6, 0.0, 0.8]]), np.array([7.0]), "regression")
    theta = np.array([1.0, 2.0, 3.0])
    limit = float(problem.at(theta).loss)
    allowed, gained = one_step(problem, "EFGD", theta, 1e-4, 10.0, limit)
    assert gained <= allowed < 1.001 * gained


def test_the_bound_on_the_decrement_is_attained():
    """With one example the empirical Fisher's decrement is ``‖g‖² / (‖g‖² + λ)`` itself."""
    problem = linear_problem(np.array([[3.0, 4.0]]), np.array([2.0]), "regression")
    point = problem.at(np.zeros(2))
    damping = 0.7
    decrement = -point.gradient @ direction(point, "EFGD", damping)
    squared = point.gradient @ point.gradient
    assert_allclose(decrement, squared / (squared + damping), rtol=1e-12)


def test_the_highest_curvature_of_few_features_is_an_eigenvalue_however_many_the_examples():
    problem = random_problem("binary", size=MOST_PARAMETERS + 1)
    inputs = problem.model.inputs
    exact = np.linalg.norm(inputs, 2) ** 2 / len(inputs)
    assert_allclose(Terms(problem, 1.0).highest, exact, rtol=1e-12)


@pytest.mark.parametrize("powers", [0, 1, 2, 30])
def test_the_bound_on_the_curvature_of_many_features_holds_after_any_number_of_powers(
    powers, monkeypatch
):
    monkeypatch.setattr(bounds, "MOST_PARAMETERS", 0)
    monkeypatch.setattr(bounds, "POWERS", powers)
    for seed in range(50):
        inputs = 0.01 * draw_inputs("dense", size=6, features=5, seed=seed)
        problem = linear_problem(inputs, draw_targets("binary", 6, seed), "binary")
        exact = np.linalg.norm(np.abs(inputs), 2) ** 2 / 6
        bound = Terms(problem, 1.0).highest
        assert exact * (1 - 1e-9) <= bound
        assert powers < 30 or bound <= 1.2 * exact


def test_only_more_features_than_parameters_are_allowed_need_a_bound_on_the_curvature(monkeypatch):
    monkeypatch.setattr(bounds, "POWERS", 0)
    problem = random_problem("binary")
    for most, is_exact in ((FEATURES, True), (FEATURES - 1, False)):
        monkeypatch.setattr(bounds, "MOST_PARAMETERS", most)
        terms = Terms(problem, 1.0)
        assert (terms.highest == terms.spectrum[0][-1]) == is_exact


def test_the_bound_on_the_curvature_of_nothing_is_zero(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_PARAMETERS", 0)
    nothing = linear_problem(np.zeros((6, 5)), draw_targets("binary", 6), "binary")
    assert Terms(nothing, 1.0).highest == 0


def test_curvatures_are_not_negative_where_features_repeat_one_another():
    inputs = draw_inputs("dense", features=3)
    repeated = linear_problem(np.hstack([inputs, inputs]), draw_targets("binary"), "binary")
    curvatures, _ = Terms(repeated, 1.0).spectrum
    assert np.all(curvatures >= 0)
    assert_allclose(curvatures[:3], 0, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_bounds_do_not_depend_on_the_unit_of_the_features(unit, task, method):
    """With ``x`` in another unit a run is the same for ``θ``, ``λ`` and GD's ``γ`` in theirs."""
    inputs, targets = draw_inputs("dense"), draw_targets(task)
    inputs[:, 1] = inputs[:, 0] * (1 + 0.01 * inputs[:, 1])
    step_size, damping = np.array([0.1, 0.5]), np.array([1e-4, 10.0])
    values = []
    for scale in (1.0, unit):
        problem = linear_problem(scale * inputs, targets, task)
        theta = np.linspace(-1, 1, problem.parameters) / scale
        gamma = step_size / scale**2 if method == "GD" else step_size
        bound = lower_bound(problem, method, limit=1e3)
        values.append(bound(problem.at(theta), gamma, damping * scale**2, np.array([5, 2])))
    assert_allclose(*values, rtol=1e-9)


# One step lowers the loss by γ δ to first order in γ


@pytest.mark.parametrize("prior_variance", [np.inf, 1e24])
def test_the_local_bound_of_the_natural_gradient_is_reached_where_examples_are_parameters(
    prior_variance,
):
    """With as many parameters as examples the projection in its proof is the identity."""
    size = 4
    targets = np.array([0.0, 1.0, 1.0, 0.0])
    problem = linear_problem(np.eye(size), targets, "binary", prior_variance)
    theta = np.array([3.0, -1.0, 0.5, 7.0])
    allowed, gained = one_step(problem, "NGD", theta, 1e-5, 1e-12, limit=1e3)
    assert gained <= allowed < 1.001 * gained


@pytest.mark.parametrize("steps", [1, 2, 10])
@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
@pytest.mark.parametrize("damping", [1e-3, 1.0, 1e3])
def test_the_local_bound_of_the_natural_gradient_is_that_of_its_differential_equation(
    damping, prior_variance, steps
):
    """``dΔ/ds = c exp Δ``, solved numerically; the decrement grows by ``exp Δ(R − 1)``."""
    problem = random_problem("binary", prior_variance=prior_variance)
    inputs, size, prior = problem.model.inputs, problem.size, problem.prior_precision
    theta, limit = np.linspace(-0.5, 0.5, problem.parameters), 1e4
    shift = damping + prior
    point = problem.at(theta)
    stretch, odds = 0.0, 0.0
    for x, y in zip(inputs, problem.targets, strict=True):
        p = 1 / (1 + np.exp(-x @ theta))
        stretch = max(stretch, size / (p * (1 - p)))
        odds += (p - y) ** 2 / (p * (1 - p)) / size
    stretch = min(stretch, max(x @ x for x in inputs) / shift)
    decrement = (np.sqrt(odds) + np.sqrt(2 * prior * limit / shift)) ** 2
    bound = lower_bound(problem, "NGD", limit)
    rate = np.sqrt(stretch * decrement)  # c of a step size of one
    for step_size in [share / rate / max(steps - 1, 1) for share in (1e-3, 0.1, 0.5, 0.9)]:
        movement = scipy.integrate.solve_ivp(
            lambda _, moved, c=step_size * rate: c * np.exp(moved),
            (0, steps - 1),
            [0.0],
            rtol=1e-10,
            atol=1e-12,
        ).y[0, -1]
        value = bound(point, np.array([step_size]), np.array([damping]), np.array([steps]))
        allowed = step_size * steps * decrement * np.exp(movement)
        everywhere = Terms(problem, limit).positive(point, step_size, damping, steps)
        expected = max(point.loss - allowed, everywhere)
        assert_allclose(value, expected, rtol=1e-7, atol=2e-9 * point.loss)


def test_what_the_local_bound_takes_from_examples_is_that_of_each_pair_of_classes():
    problem = random_problem("multiclass", size=200)
    theta = np.linspace(-2, 2, problem.parameters)
    point = problem.at(theta)
    rows = theta.reshape(3, -1)
    longest, lightest, odds = 0.0, np.inf, 0.0
    for x, y in zip(problem.model.inputs, problem.targets, strict=True):
        p = np.exp(rows @ x) / np.exp(rows @ x).sum()
        pairs = [(0, 1), (0, 2), (1, 2)]
        lightest = min(lightest, *(1 / (1 / p[c] + 1 / p[k]) for c, k in pairs))
        odds += (1 - p[int(y)]) / p[int(y)] / problem.size
        longest = max(longest, x @ x)
    assert_allclose((point.lightest, point.odds), (lightest, odds))
    assert_allclose(stretch(point, np.array(1e9)), 2 * longest / 1e9)
    assert_allclose(stretch(point, np.array(1e-15)), problem.size / lightest)


def three_parabolas(curvature):
    """Inputs at right angles: the loss is a sum of parabolas, of curvatures 1, 1/2 and this."""
    inputs = np.sqrt(3 * np.diag([1.0, 0.5, curvature]))
    return linear_problem(inputs, np.zeros(3), "regression")


@pytest.mark.parametrize(("curvature", "resolved"), [(1e-18, False), (1e-6, True)])
@pytest.mark.parametrize("method", ["GD", "NGD"])
def test_bounds_on_least_squares_claim_nothing_of_what_rounding_decides(
    method, curvature, resolved
):
    problem = three_parabolas(curvature)
    point = problem.at(np.array([3.0, -2.0, 4.0 / np.sqrt(curvature)]))
    assert_allclose(point.loss, 4.5 + 1 + 8)
    arguments = np.array([0.5]), np.array([1e-6]), np.array([2])
    value = lower_bound(problem, method, limit=100.0)(point, *arguments)
    expected = 4.5 * 0.5**4 + 1 * (0.5 if method == "NGD" else 0.75) ** 4
    if resolved:
        expected += 8 * (0.75 if method == "NGD" else 1.0) ** 4
    assert 0.95 * expected < value <= (1 + 1e-5) * expected
    assert not resolved or value > (1 - 1e-5) * expected


def test_nearly_singular_systems_have_the_bound_that_the_checks_of_every_step_ensure():
    problem = three_parabolas(1e-20)
    point = problem.at(np.array([3.0, -2.0, 1.0]))
    arguments = np.array([1e-20]), np.array([1e-19]), np.array([2])
    value = lower_bound(problem, "NGD", limit=100.0)(point, *arguments)
    assert value == Terms(problem, 100.0).positive(point, *arguments) < point.loss


@pytest.mark.parametrize("prior_variance", [np.inf, 1e-3])
def test_what_is_proven_of_rounding_contains_what_a_step_in_rational_numbers_shows(prior_variance):
    """A few steps of GD in doubles and in exact fractions: the losses differ by less than that."""
    generator = np.random.default_rng(5)
    x = np.column_stack([1e4 + generator.standard_normal(12), np.ones(12)])
    problem = linear_problem(x, 300 + generator.standard_normal(12), "regression", prior_variance)
    start = np.array([[-0.7, 7300.0]])  # predictions of 7000 and -7000 cancel
    limit = 1e9
    step_size, steps = np.array([0.5 / np.mean(x[:, 0] ** 2)]), 4
    bound = lower_bound(problem, "GD", limit)
    theta = start.copy()
    bounds_on_the_way = []
    for left in range(steps, 0, -1):
        point = problem.at(theta)
        bounds_on_the_way.append(bound(point, step_size, np.array([0.0]), np.array([left])).item())
        theta = theta + step_size * direction(point, "GD")

    def fractions(values):
        return [Fraction(float(value)) for value in values]

    exact, gamma = fractions(start[0]), Fraction(float(step_size[0]))
    rho = Fraction(problem.prior_precision)
    rows, y = [fractions(row) for row in x], fractions(problem.targets)
    for _ in range(steps):
        residuals = [r[0] * exact[0] + r[1] * exact[1] - t for r, t in zip(rows, y, strict=True)]
        gradient = [
            sum(r[i] * e for r, e in zip(rows, residuals, strict=True)) / 12 + rho * exact[i]
            for i in (0, 1)
        ]
        exact = [value - gamma * slope for value, slope in zip(exact, gradient, strict=True)]
    residuals = [r[0] * exact[0] + r[1] * exact[1] - t for r, t in zip(rows, y, strict=True)]
    loss = float(sum(e * e for e in residuals) / 24 + rho * sum(v * v for v in exact) / 2)
    final = float(problem.at(theta).loss.item())
    for value in bounds_on_the_way:
        assert loss / 2 < value <= min(loss, final)


def test_a_start_of_ones_own_has_bounds_of_the_arithmetic_of_the_runs_alone():
    """A single vector and a batch round differently: where all is rounding, by half of the loss."""
    generator = np.random.default_rng(1)
    inputs = generator.standard_normal((3, 5))
    truth = generator.standard_normal(5)
    problem = linear_problem(inputs, inputs @ truth, "regression")
    shapes = []

    def look(point, step_size, damping, remaining):
        shapes.append(point.theta.shape)
        return np.full(np.shape(remaining), -np.inf)

    descend(problem, "GD", np.geomspace(1e-12, 1e-6, 3), None, 3, initial=truth, lower_bound=look)
    assert {len(shape) for shape in shapes} == {2}


@pytest.mark.parametrize("method", ["GD", "NGD"])
def test_nothing_is_gained_or_lost_in_a_direction_without_a_gradient(method):
    """Not even where a run grows beyond all numbers in the other ones."""
    problem = three_parabolas(0.25)
    bound = lower_bound(problem, method, limit=100.0)
    arguments = np.array([1e-16]), np.array([100])
    for theta, step_size, expected in (
        ([3.0, 0.0, 0.0], 3.0, 4.5 * 4.0**100),
        ([3.0, 0.0, 0.0], 1e200, np.inf),
        ([0.0, 0.0, 0.0], 1e200, 0.0),
    ):
        value = bound(problem.at(np.array(theta)), np.array([step_size]), *arguments)
        assert_allclose(value, expected, rtol=1e-6, atol=1e-12)


# They hold


def bounds_along(problem, method, step_size, damping):
    """Bounds of a run, one row per iterate, and its final loss: NaN unless finished."""
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
@settings(max_examples=25)
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
@pytest.mark.parametrize("task", TASKS)
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


def test_no_bound_where_none_is_proven():
    clipped = dataclasses.replace(random_problem("binary"), likelihood=Bernoulli(1e-8))
    nonlinear = dataclasses.replace(random_problem("binary"), model=object())
    unknown = dataclasses.replace(random_problem("binary"), likelihood=Scaled(Bernoulli(), 100.0))
    for method in METHODS:
        assert lower_bound(unknown, method, 1e6) is None
        assert lower_bound(clipped, method, 1.0) is None
        assert lower_bound(nonlinear, method, 1.0) is None


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "name", ["BreastCancer", "Boston", pytest.param("a1a", marks=pytest.mark.long)]
)
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


# In the arithmetic that is done

PROBLEMS = 540  # in the usual tests
MANY = int(os.environ.get("BOUNDS_PROBLEMS", "3000"))  # in the long ones


def assert_searches_are_right(seeds):
    wrong = [
        fault for seed in seeds for fault in random_problems.faults(random_problems.drawn(seed))
    ]
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("part", range(4))
def test_no_run_ends_below_its_bounds_and_both_modes_agree_on_random_problems(part):
    assert_searches_are_right(range(part, PROBLEMS, 4))


@pytest.mark.long
@pytest.mark.parametrize("part", range(10))
def test_no_run_ends_below_its_bounds_and_both_modes_agree_on_many_random_problems(part):
    assert_searches_are_right(range(PROBLEMS + part, PROBLEMS + MANY, 10))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
def test_huge_features_and_a_low_limit_have_the_same_winner_in_both_modes(task, method):
    """Features around 1e48, and runs that have diverged once the loss has risen by 1 %."""
    inputs = 1e48 * draw_inputs("dense", size=20)
    problem = linear_problem(inputs, draw_targets(task, 20), task)
    dampings = np.logspace(60, 100, 9)
    steps = np.logspace(-6, 3, 19)
    grid = search.cells(steps * 1e-96) if method == "GD" else search.cells(steps, dampings)
    schedule = search.Schedule(iterations=30, divergence_factor=1.01)
    tables = [
        search.evaluate(problem, method, *grid, schedule, certified=certified)
        for certified in (False, True)
    ]
    assert "finished" in set(tables[0]["status"])
    best = [search.best_cell(problem, method, table, schedule) for table in tables]
    pd.testing.assert_frame_equal(*best)


@pytest.mark.parametrize("method", METHODS)
def test_nearly_collinear_features_have_the_same_winner_in_both_modes(method):
    """X = 1e3 · [x, x + 2e-8 z, 1]: at cond(X) of 1e8 Newton's steps no longer find the minimum."""
    generator = np.random.default_rng(0)
    x, z = generator.standard_normal((2, 20))
    inputs = 1e3 * np.column_stack([x, x + 2e-8 * z, np.ones(20)])
    problem = linear_problem(inputs, generator.standard_normal(20), "regression")
    grid = search.cells(np.logspace(-10, 2, 25), np.logspace(-12, 6, 10))
    schedule = search.Schedule(iterations=50, divergence_factor=FACTOR)
    tables = [
        search.evaluate(problem, method, *grid, schedule, certified=certified)
        for certified in (False, True)
    ]
    best = [search.best_cell(problem, method, table, schedule) for table in tables]
    pd.testing.assert_frame_equal(*best)


def test_seconds_since_1970_are_a_feature_like_any_other():
    """The minimum isn't to be found by Newton's steps, and the search needs none of them."""
    seconds = 1.7e9 + 60.0 * np.arange(200)
    inputs = np.column_stack([seconds, np.ones(200)])
    problem = linear_problem(inputs, np.sin(np.arange(200.0)), "regression")
    for method in METHODS:
        cells = search.cells(np.logspace(-22, 1, 30))
        cells = cells[0], np.full(30, 1e-3)
        table = search.evaluate(problem, method, *cells, search.Schedule(20, 100.0), certified=True)
        assert "finished" in set(table["status"])


@pytest.mark.parametrize("prior_variance", [np.inf, 0.5])
def test_the_least_loss_is_that_of_rational_arithmetic(prior_variance):
    inputs, targets = np.array([[1.0, 1.0], [1.0, 1.0 + 1e-9], [1.0, 1.0]]), np.array([0.0, 5, 2])
    problem = linear_problem(inputs, targets, "regression", prior_variance)
    x = [[Fraction(value) for value in row] for row in inputs]
    y = [Fraction(value) for value in targets]
    ridge = Fraction(0) if np.isinf(prior_variance) else 1 / Fraction(prior_variance)
    a = [[sum(row[i] * row[j] for row in x) + ridge * (i == j) for j in (0, 1)] for i in (0, 1)]
    b = [sum(row[i] * value for row, value in zip(x, y, strict=True)) for i in (0, 1)]
    det = a[0][0] * a[1][1] - a[0][1] * a[1][0]
    theta = (a[1][1] * b[0] - a[0][1] * b[1]) / det, (a[0][0] * b[1] - a[1][0] * b[0]) / det
    explained = theta[0] * b[0] + theta[1] * b[1]
    exact = (sum(value * value for value in y) - explained) / 6
    least, overlap = Terms(problem, 1.0).remainder
    columns = np.sqrt(np.mean(inputs**2, axis=0) + problem.prior_precision)
    seen = sum(columns * np.abs([float(value) for value in theta]))
    assert 0.5 * (least - overlap * seen) ** 2 <= float(exact)
    assert_allclose(0.5 * least**2, float(exact), rtol=1e-4)
    assert overlap < 1e-14


@pytest.mark.parametrize("scale", [1e-160, 1e-40, 1e40, 1e160])
@pytest.mark.parametrize("task", TASKS)
def test_no_bound_where_squares_overflow_or_vanish(task, scale):
    inputs = scale * draw_inputs("dense")
    problem = linear_problem(inputs, draw_targets(task), task)
    for method in METHODS:
        assert lower_bound(problem, method, 100.0) is None


def test_no_bound_with_a_prior_beyond_measure():
    problem = random_problem("regression", prior_variance=1e-300)
    for method in METHODS:
        assert lower_bound(problem, method, 100.0) is None
