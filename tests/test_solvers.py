"""The solvers against closed forms, laws of invariance, and the oracle's one run at a time."""

import dataclasses
import math

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import (
    DESIGNS,
    FEATURES,
    METHODS,
    SIZE,
    draw_inputs,
    draw_targets,
    oracle_terms,
    random_problem,
)
from empirical_fisher import data_terms, solvers
from empirical_fisher.bounds import lower_bound
from empirical_fisher.linear_systems import is_invertible, solve
from empirical_fisher.methods import direction, directions, natural_cosine
from empirical_fisher.norms import cosine
from empirical_fisher.problems import linear_problem
from empirical_fisher.solvers import SLOTS, Descent, descend, iterates

PRIORS = (np.inf, 0.5)
RECORDS = ("loss", "gradient_norm", "step_norm", "cosine")
every_method = pytest.mark.parametrize("method", METHODS)
every_prior = pytest.mark.parametrize("prior_variance", PRIORS)


def run_one(problem, method, step_size, damping, iterations, **options):
    """One descent, as the arrays of its single run."""
    run = descend(
        problem, method, np.array([step_size]), np.array([damping]), iterations, **options
    )
    return Descent(*(of_runs(run, name, 0) for name in Descent.__dataclass_fields__))


def of_runs(run, name, which):
    """What a descent records of some of its runs."""
    values = getattr(run, name)
    return values[which] if name == "theta" else values[..., which]


def random_cells(count, largest=100.0):
    """Step sizes and dampings of which some make a run diverge, some not."""
    generator = np.random.default_rng(0)
    return 10.0 ** generator.uniform(-2, np.log10(largest), count), 10.0 ** generator.uniform(
        -3, 1, count
    )


# Linear systems


def random_systems(*lead, size=3):
    generator = np.random.default_rng(0)
    root = generator.standard_normal((*lead, size, size))
    matrix = root @ np.swapaxes(root, -1, -2) + 0.1 * np.eye(size)
    return matrix, 10.0 ** generator.uniform(-3, 1, lead), generator.standard_normal((*lead, size))


@pytest.mark.parametrize("lead", [(), (5,), (2, 3)])
def test_solve_solves_the_damped_system(lead):
    matrix, damping, vector = random_systems(*lead)
    solution = solve(matrix, damping, vector)
    assert solution.shape == vector.shape
    for index in np.ndindex(lead):
        back = matrix[index] @ solution[index] + damping[index] * solution[index]
        assert_allclose(back, vector[index], rtol=1e-10, atol=1e-12)


def test_solve_leaves_its_arguments_alone():
    arguments = random_systems(4)
    copies = [array.copy() for array in arguments]
    solve(*arguments)
    for argument, copy in zip(arguments, copies, strict=True):
        assert_array_equal(argument, copy)


def test_solve_of_an_indefinite_matrix():
    matrix = np.array([[1.0, 2.0], [2.0, 1.0]])
    assert_allclose(solve(matrix, 0.0, np.array([3.0, 3.0])), [1.0, 1.0], rtol=1e-15)
    assert_allclose(solve(matrix, -3.5, np.array([1.0, -1.0])), [-1 / 4.5, 1 / 4.5], rtol=1e-15)


SINGULAR = {
    "zero": np.zeros((3, 3)),
    "zero column": np.diag([1.0, 0.0, 1.0]),
    "ones": np.ones((3, 3)),
    "nan": np.full((3, 3), np.nan),
}


@pytest.mark.parametrize("matrix", SINGULAR.values(), ids=SINGULAR)
def test_solution_of_a_singular_system_is_nan_alone_and_in_company(matrix):
    assert np.all(np.isnan(solve(matrix, 0.0, np.array([1.0, 2.0, 3.0]))))
    matrices, dampings, vectors = random_systems(2, 3)
    expected = solve(matrices, dampings, vectors)
    matrices[1, 1], dampings[1, 1], expected[1, 1] = matrix, 0.0, np.nan
    assert_array_equal(solve(matrices, dampings, vectors), expected)


INVERTIBLE = {
    "identity": np.eye(2),
    "badly scaled": np.diag([1e-200, 1e200]),
    "badly scaled, correlated": np.array([[1e-20, 0.9], [0.9, 1e20]]),
    "one by one": np.array([[1e-9]]),
    "barely": np.array([[1.0, 1 - 1e-13], [1 - 1e-13, 1.0]]),
}
NOT_INVERTIBLE = {
    **SINGULAR,
    "badly scaled, singular": np.array([[1e-20, 1.0], [1.0, 1e20]]),
    "rounded": np.array([[0.1, 0.3], [0.3, 0.9]]),
    "hardly": np.array([[1.0, 1 - 1e-16], [1 - 1e-16, 1.0]]),
    "infinite": np.diag([1.0, np.inf]),
    "nan beside the diagonal": np.array([[1.0, np.nan], [np.nan, 1.0]]),
}


@pytest.mark.parametrize("matrix", INVERTIBLE.values(), ids=INVERTIBLE)
def test_invertible(matrix):
    assert is_invertible(matrix)


@pytest.mark.parametrize("matrix", NOT_INVERTIBLE.values(), ids=NOT_INVERTIBLE)
def test_not_invertible(matrix):
    assert not is_invertible(matrix)


def test_invertible_in_a_batch():
    good, bad = INVERTIBLE["badly scaled"], NOT_INVERTIBLE["infinite"]
    batch = np.array([[good, bad, np.eye(2)], [np.zeros((2, 2)), good, np.full((2, 2), np.nan)]])
    assert_array_equal(is_invertible(batch), [[True, False, True], [False, True, False]])


@pytest.mark.parametrize("lead", [(1000,), (2, 1000), (1000, 1)])
def test_invertible_whatever_the_size_of_the_batch(lead):
    assert np.all(is_invertible(np.broadcast_to(INVERTIBLE["barely"], (*lead, 2, 2))))


# Cosines and directions


def test_cosine():
    a, zero = np.array([3.0, 0.0]), np.zeros(2)
    others = np.array([[2.0, 0.0], [-1.0, 0.0], [0.0, 5.0], [1.0, 1.0], zero])
    expected = [1.0, -1.0, 0.0, math.sqrt(0.5), np.nan]
    assert_allclose(cosine(a, others), expected, rtol=1e-15)
    assert_allclose(cosine(others, 1e-3 * a), expected, rtol=1e-15)
    assert cosine(a, others.reshape(5, 1, 2)).shape == (5, 1)


@every_prior
@every_method
def test_direction_solves_the_preconditioned_system(method, prior_variance):
    problem = random_problem("binary", prior_variance=prior_variance)
    generator = np.random.default_rng(1)
    point = problem.at(generator.standard_normal((2, 3, FEATURES)))
    damping = 10.0 ** generator.uniform(-2, 1, (2, 3))
    directions = direction(point, method, damping)
    for index in np.ndindex(2, 3):
        matrix = {
            "GD": np.eye(FEATURES),
            "NGD": point.fisher[index] + (damping[index] + problem.prior_precision) * np.eye(4),
            "EFGD": point.empirical_fisher[index]
            + (damping[index] + problem.prior_precision) * np.eye(4),
        }[method]
        expected = np.linalg.solve(matrix, -point.gradient[index])
        assert_allclose(directions[index], expected, rtol=1e-10)


def test_natural_cosines():
    point = random_problem("binary", prior_variance=2.0).at(np.full(FEATURES, 0.3))
    own = {method: direction(point, method, 0.2) for method in METHODS}
    assert_allclose(natural_cosine(point, own["NGD"], "NGD", 0.2), 1.0, rtol=1e-15)
    assert_allclose(
        natural_cosine(point, own["EFGD"], "EFGD", 0.2), cosine(own["EFGD"], own["NGD"]), rtol=1e-15
    )
    undamped = direction(point, "NGD")  # with the prior, and whatever the damping
    for damping in (0.2, np.nan):
        expected = cosine(-point.gradient, undamped)
        assert_allclose(natural_cosine(point, own["GD"], "GD", damping), expected, rtol=1e-15)


def test_natural_cosines_where_matrices_are_too_large(monkeypatch):
    """Gradient descent goes without them; nothing else does."""
    monkeypatch.setattr(data_terms, "MOST_PARAMETERS", FEATURES - 1)
    point = random_problem("binary").at(np.zeros((2, 3, FEATURES)))
    cosines = natural_cosine(point, point.gradient, "GD", np.nan)
    assert cosines.shape == (2, 3)
    assert np.isnan(cosines).all()
    for method in ("NGD", "EFGD"):
        with pytest.raises(data_terms.TooManyParametersError):
            natural_cosine(point, point.gradient, method, 0.1)


def test_cosine_of_gradient_descent_is_nan_where_the_fisher_is_singular():
    inputs = draw_inputs("dense")
    inputs[:, 2] = inputs[:, 0] + inputs[:, 1]  # but for rounding
    targets = draw_targets("regression")
    singular = linear_problem(inputs, targets, "regression")
    assert np.all(np.isnan(run_one(singular, "GD", 0.1, np.nan, 5, with_cosine=True).cosine))
    with_prior = linear_problem(inputs, targets, "regression", prior_variance=1.0)
    cosines = run_one(with_prior, "GD", 0.1, np.nan, 5, with_cosine=True).cosine
    assert np.all((cosines > 0) & (cosines < 1))


# Least squares in closed form: each step multiplies θ − θ* by 1 − γ h / (h + λ), or 1 − γ h for GD,
# in the eigenbasis of H = XᵀX/N + I/(Nv), with h its eigenvalues


@every_prior
@pytest.mark.parametrize("step_size", [0.25, 1.0, 1.9])
@pytest.mark.parametrize(
    ("method", "damping"), [("NGD", 0.0), ("NGD", 0.05), ("NGD", 3.0), ("GD", np.nan)]
)
def test_least_squares_in_closed_form(method, damping, step_size, prior_variance):
    problem = random_problem("regression", prior_variance=prior_variance)
    inputs, iterations = problem.model.inputs, 12
    precision = oracle.prior_precision(problem.size, prior_variance)
    hessian = inputs.T @ inputs / problem.size + precision * np.eye(FEATURES)
    minimum = np.linalg.solve(hessian, inputs.T @ problem.targets / problem.size)
    eigenvalues, basis = np.linalg.eigh(hessian)
    speed = eigenvalues if method == "GD" else eigenvalues / (eigenvalues + damping)

    initial = np.arange(1.0, 1.0 + FEATURES)
    factors = (1 - step_size * speed) ** np.arange(iterations + 1)[:, None]
    error = factors * (basis.T @ (initial - minimum))  # rows: iterates, in the eigenbasis
    lowest = 0.5 * np.mean((inputs @ minimum - problem.targets) ** 2)
    lowest += 0.5 * precision * minimum @ minimum
    natural = -error if method == "GD" else -error * eigenvalues / (eigenvalues + damping)
    own = -error * speed

    options = {"initial": initial, "divergence_factor": np.inf}
    run = run_one(problem, method, step_size, damping, iterations, **options)
    close = {"rtol": 1e-9, "atol": 1e-12}
    assert run.status == "finished"
    assert_allclose(run.loss, lowest + 0.5 * error**2 @ eigenvalues, **close)
    assert_allclose(run.gradient_norm, np.linalg.norm(error * eigenvalues, axis=1), **close)
    assert_allclose(run.step_norm[:-1], step_size * np.linalg.norm(own, axis=1)[:-1], **close)
    assert np.isnan(run.step_norm[-1])
    assert np.all(np.isnan(run.cosine))
    if step_size < 1:  # one undamped step of size one arrives, and leaves no direction
        options["with_cosine"] = True
        again = run_one(problem, method, step_size, damping, iterations, **options)
        expected = np.sum(own * natural, axis=1)
        expected /= np.linalg.norm(own, axis=1) * np.linalg.norm(natural, axis=1)
        assert_allclose(again.cosine, expected, rtol=1e-7)


def test_undamped_natural_gradient_contracts_evenly():
    """θ_t − θ* = (1 − γ)ᵗ (θ₀ − θ*), so that the excess loss falls by (1 − γ)² a step."""
    problem = random_problem("regression")
    inputs, targets = problem.model.inputs, problem.targets
    minimum = np.linalg.lstsq(inputs, targets)[0]
    lowest = 0.5 * np.mean((inputs @ minimum - targets) ** 2)
    start = 0.5 * np.mean(targets**2)
    run = run_one(problem, "NGD", 0.3, 0.0, 20)
    assert_allclose(run.loss - lowest, 0.7 ** (2 * np.arange(21)) * (start - lowest), rtol=1e-8)
    steps = 0.3 * 0.7 ** np.arange(20) * np.linalg.norm(minimum)
    assert_allclose(run.step_norm[:-1], steps, rtol=1e-9)


@pytest.mark.parametrize("start", [0.5, 1.0, 2.0, 4.0])
def test_empirical_fisher_descent_in_one_dimension(start):
    """Figure 6: targets ±1/2 at x = 1 make gradient θ, Fisher 1, empirical Fisher θ² + 1/4."""
    problem = linear_problem(np.ones((2, 1)), np.array([0.5, -0.5]), "regression")
    run = run_one(problem, "EFGD", 0.5, 1e-6, 10, initial=np.array([start]))
    theta = start
    for iteration in range(11):
        assert_allclose(run.loss[iteration], (theta**2 + 0.25) / 2, rtol=1e-12)
        assert_allclose(run.gradient_norm[iteration], abs(theta), rtol=1e-9)
        theta -= 0.5 * theta / (theta**2 + 0.25 + 1e-6)


# How runs end


def test_finished_run():
    run = run_one(random_problem("binary"), "NGD", 0.5, 0.1, 7, with_cosine=True)
    assert (run.status, run.iterations) == ("finished", 7)
    for name in RECORDS:
        values = getattr(run, name)
        assert values.shape == (8,)
        assert np.all(np.isfinite(values[:-1]))
    assert np.isfinite(run.loss[-1]) and np.isnan(run.step_norm[-1])


@pytest.mark.parametrize(
    ("factor", "stop"), [(100.0, 3), (1e3, 4), (1.0, 1), (8.9, 1), (9.0, 2), (1e300, 20)]
)
def test_diverged_run(factor, stop):
    """L = θ²/2 from θ = 1 with γ = 4 (γ h = 4): the loss is 9ᵗ/2."""
    problem = linear_problem(np.ones((2, 1)), np.zeros(2), "regression")
    run = run_one(problem, "GD", 4.0, np.nan, 20, initial=np.ones(1), divergence_factor=factor)
    assert run.status == ("finished" if stop == 20 else "diverged")
    assert run.iterations == stop
    assert_array_equal(run.loss[: stop + 1], 9.0 ** np.arange(stop + 1) / 2)
    assert_array_equal(run.gradient_norm[: stop + 1], 3.0 ** np.arange(stop + 1))
    assert_array_equal(run.step_norm[:stop], 4 * 3.0 ** np.arange(stop))
    assert np.all(np.isnan(run.step_norm[stop:]))
    assert np.all(np.isnan(run.loss[stop + 1 :]))
    assert np.all(np.isnan(run.gradient_norm[stop + 1 :]))


@pytest.mark.parametrize(("growth", "stop"), [(99.5, 2), (100.5, 1)])
def test_a_run_has_diverged_at_a_hundred_times_its_first_loss_unless_told(growth, stop):
    """L = θ²/2 from θ = 1: a step of size γ multiplies the loss by (γ − 1)²."""
    problem = linear_problem(np.ones((2, 1)), np.zeros(2), "regression")
    run = run_one(problem, "GD", 1 + math.sqrt(growth), np.nan, 20, initial=np.ones(1))
    assert_allclose(run.loss[1], growth / 2, rtol=1e-12)
    assert (run.status, run.iterations) == ("diverged", stop)


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_run_that_overflows_has_diverged(task):
    run = run_one(random_problem(task), "GD", 1e200, np.nan, 20, with_cosine=True)
    assert (run.status, run.iterations) == ("diverged", 1)
    assert run.loss[1] > 1e100


@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("method", ["NGD", "EFGD"])
def test_failed_run(method, task):
    """An input that is always zero makes both matrices singular; damping repairs that."""
    inputs = draw_inputs("dense")
    inputs[:, 1] = 0.0
    problem = linear_problem(inputs, draw_targets(task), task)
    run = run_one(problem, method, 0.5, 0.0, 5, with_cosine=True)
    assert (run.status, run.iterations) == ("failed", 0)
    assert_allclose(run.loss[0], problem.at(np.zeros(FEATURES)).loss, rtol=1e-14)
    assert np.isfinite(run.gradient_norm[0])
    assert np.all(np.isnan(run.loss[1:])) and np.all(np.isnan(run.gradient_norm[1:]))
    assert np.all(np.isnan(run.step_norm)) and np.all(np.isnan(run.cosine))
    assert run_one(problem, method, 0.01, 0.1, 5).status == "finished"


def test_records_cannot_be_replaced_nor_options_given_by_their_place():
    problem = random_problem("binary")
    run = run_one(problem, "NGD", 0.5, 0.1, 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.loss = run.loss + 1
    with pytest.raises(TypeError, match="positional"):
        descend(problem, "NGD", np.ones(1), np.ones(1), 2, np.zeros(FEATURES))


def test_descent_from_a_minimum_stays():
    problem = random_problem("binary")
    minimum = problem.minimizer()
    for method in METHODS:
        run = run_one(problem, method, 0.1, 0.1, 3, initial=minimum)
        assert_allclose(run.loss, problem.at(minimum).loss, rtol=1e-13)


def test_no_iterations_and_no_runs():
    problem = random_problem("regression")
    run = run_one(problem, "NGD", 1.0, 0.1, 0)
    assert (run.status, run.iterations, run.loss.shape) == ("finished", 0, (1,))
    assert descend(problem, "NGD", np.empty(0), np.empty(0), 4).loss.shape == (5, 0)


@pytest.mark.parametrize("excess", [0.0, 1e-15])
@pytest.mark.parametrize("known", [4, 1])
def test_a_run_is_pruned_where_its_bound_exceeds_the_lowest_loss_by_a_hundredth(known, excess):
    """It is its bound at the start (with four steps to go) or after three of them."""
    problem = random_problem("regression")
    lowest = run_one(problem, "NGD", 0.5, 0.1, 4).loss[-1]
    threshold = lowest + 0.01 * lowest + excess * lowest * 2

    def bound(point, step_size, damping, remaining):
        return np.where((step_size == 0.25) & (remaining <= known), threshold, -np.inf)

    step_size = np.array([0.5] * SLOTS + [0.25])
    runs = descend(problem, "NGD", step_size, np.full(SLOTS + 1, 0.1), 4, lower_bound=bound)
    assert {*runs.status[:-1]} == {"finished"}
    assert np.all(np.isnan(runs.bound[:-1]))
    if excess:
        assert (runs.status[-1], runs.iterations[-1]) == ("pruned", 4 - known)
        assert runs.bound[-1] == threshold
    else:
        assert (runs.status[-1], runs.iterations[-1]) == ("finished", 4)
        assert np.isnan(runs.bound[-1])


def test_only_finished_runs_prune_others():
    """The first run is ahead of the second for a while, but overshoots more with every step."""
    problem = linear_problem(
        np.sqrt(2 * np.diag([1.0, 0.01])), np.array([1.4e-3, 1.4]), "regression"
    )
    bound = lower_bound(problem, "GD", limit=100.0)
    runs = descend(problem, "GD", np.array([2.5, 0.1]), np.full(2, np.nan), 20, lower_bound=bound)
    assert np.min(runs.loss[:, 0]) < 0.9 * runs.loss[-1, 1]
    assert runs.status[1] == "finished"


@every_method
def test_iterates_are_those_of_each_run_alone(method):
    problem = random_problem("binary")
    generator = np.random.default_rng(0)
    start = generator.standard_normal((2, 3, problem.parameters))
    step_size, damping = generator.random((2, 3)), generator.random((2, 3))
    path = iterates(start, directions(problem, method, damping), step_size, 4)
    assert path.shape == (5, *start.shape)
    for index in np.ndindex(2, 3):
        theta = start[index]
        assert_array_equal(path[0][index], theta)
        for found in path[1:]:
            aim = direction(problem.at(theta), method, damping[index])
            theta = theta + step_size[index] * aim
            assert_allclose(found[index], theta, rtol=1e-9)


# The oracle: one run at a time, loops over everything


@pytest.mark.parametrize(
    ("task", "design", "prior_variance"),
    [
        ("regression", "dense", np.inf),
        ("regression", "sparse", 0.5),
        ("binary", "dense", 0.5),
        ("binary", "sparse", np.inf),
        ("multiclass", "dense", 0.5),
    ],
)
@every_method
def test_runs_match_the_oracle(method, task, design, prior_variance):
    problem = random_problem(task, design, prior_variance, features=3)
    initial = np.linspace(-0.5, 1.0, problem.parameters)
    step_size, damping = random_cells(8, largest=1000.0)
    runs = descend(
        problem,
        method,
        step_size,
        damping,
        6,
        initial=initial,
        divergence_factor=1.5,
        with_cosine=True,
    )
    assert {*runs.status} == {"finished", "diverged"}
    for k, cell in enumerate(zip(step_size, damping, strict=True)):
        expected = oracle.run(
            oracle_terms(problem), problem.size, initial, method, *cell, 6, 1.5, prior_variance
        )
        length = expected["iterations"] + 1
        assert (runs.status[k], runs.iterations[k] + 1) == (expected["status"], length)
        for name in RECORDS:
            values = getattr(runs, name)[:, k]
            wanted = np.array(expected[name], dtype=float)  # None becomes NaN
            assert_allclose(values[:length], wanted, rtol=1e-9, atol=1e-13, err_msg=name)
            assert np.all(np.isnan(values[length:])), name


# Company: the same bits alone, in any order, and among any others


@pytest.mark.parametrize("shape", [{}, {"size": 150, "features": 17}], ids=["small", "large"])
@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("task", ["regression", "binary"])
@every_method
def test_numbers_of_a_run_do_not_depend_on_its_company(method, task, design, shape):
    problem = random_problem(task, design, **shape)
    runs = 2 * SLOTS + 5
    step_size, damping = random_cells(runs)
    damping[::9] = 0.0
    options = {"divergence_factor": 1.5, "with_cosine": True}
    together = descend(problem, method, step_size, damping, 6, **options)
    assert len({*together.status}) >= 2

    shuffled = np.random.default_rng(0).permutation(runs)
    few = np.arange(3, runs, 5)
    for which in (shuffled, few, shuffled[: SLOTS + 1], few[:1], few[-1:]):
        run = descend(problem, method, step_size[which], damping[which], 6, **options)
        for name in Descent.__dataclass_fields__:
            alone, wanted = getattr(run, name), of_runs(together, name, which)
            assert_array_equal(alone, wanted, name)


@pytest.mark.parametrize(
    ("entries", "slots"), [(1, 1), (3 * SIZE + 1, 3), (100 * SIZE, SLOTS), (solvers.ENTRIES, SLOTS)]
)
def test_fewer_runs_are_side_by_side_where_the_predictions_are_many(entries, slots, monkeypatch):
    problem = random_problem("binary")
    step_size, damping = random_cells(2 * SLOTS + 5)
    expected = descend(problem, "NGD", step_size, damping, 6, divergence_factor=1.5)
    shapes = set()

    def look(point, step_size, damping, remaining):
        shapes.add(point.theta.shape[:-1])
        return np.full(np.shape(remaining), -np.inf)

    monkeypatch.setattr(solvers, "ENTRIES", entries)
    runs = descend(problem, "NGD", step_size, damping, 6, divergence_factor=1.5, lower_bound=look)
    assert shapes == {(), (slots,)}  # the first is the start
    assert_array_equal(runs.status, expected.status)
    assert_array_equal(runs.iterations, expected.iterations)
    assert_allclose(runs.loss, expected.loss, rtol=1e-12)


@pytest.mark.parametrize("count", [1, SLOTS, SLOTS + 1, 3 * SLOTS])
def test_progress_ends_at_the_number_of_runs(count):
    calls = []
    step_size, damping = random_cells(count)
    problem = random_problem("binary")
    runs = descend(problem, "NGD", step_size, damping, 3, progress=lambda *now: calls.append(now))
    assert calls[0] == (0, min(count, SLOTS))  # a first step, and no run has ended
    assert calls == sorted(calls)
    assert calls[-1] == (count, runs.iterations.sum())


def test_progress_counts_runs_that_never_began():
    problem = random_problem("regression")
    step_size = np.repeat([1.0, 1e-9], [SLOTS, 8])  # the second kind is hopeless, and has to wait
    bound = lower_bound(problem, "NGD", limit=100.0)
    calls = []
    runs = descend(
        problem,
        "NGD",
        step_size,
        np.full(len(step_size), 1e-3),
        3,
        lower_bound=bound,
        progress=lambda *now: calls.append(now),
    )
    assert runs.status.tolist() == ["finished"] * SLOTS + ["pruned"] * 8
    assert calls[-1] == (len(step_size), 3 * SLOTS)


# Laws


@pytest.mark.parametrize("task", ["regression", "binary"])
@every_method
def test_invariance_under_a_change_of_parameters(method, task):
    """With θ = A φ the undamped methods with a matrix go the same way; GD does not."""
    inputs, targets = draw_inputs("dense"), draw_targets(task)
    change = np.random.default_rng(5).standard_normal((FEATURES, FEATURES)) + 2 * np.eye(FEATURES)
    losses = [
        run_one(linear_problem(design, targets, task), method, 0.05, 0.0, 10).loss
        for design in (inputs, inputs @ change)
    ]
    assert np.ptp(losses[0]) > 0.01
    if method == "GD":
        assert not np.allclose(*losses, rtol=1e-3)
    else:
        assert_allclose(*losses, rtol=1e-9)


@every_prior
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@every_method
def test_every_example_twice_changes_nothing(method, task, prior_variance):
    """The prior is of one data set, so that its variance must be half as large for two."""
    inputs, targets = draw_inputs("dense"), draw_targets(task)
    once = linear_problem(inputs, targets, task, prior_variance)
    twice = linear_problem(
        np.repeat(inputs, 2, axis=0), np.repeat(targets, 2), task, prior_variance / 2
    )
    runs = [run_one(problem, method, 0.3, 0.1, 8, with_cosine=True) for problem in (once, twice)]
    for name in RECORDS:
        one, two = (getattr(run, name) for run in runs)
        if method == "GD" and task == "multiclass" and name == "cosine" and prior_variance > 1:
            assert np.all(np.isnan([one, two]))  # softmax's Fisher is singular
        else:
            assert_allclose(one, two, rtol=1e-10, err_msg=name)


# Arguments


def test_numbers_stand_for_all_runs_and_gradient_descent_needs_no_damping():
    problem = random_problem("binary")
    wanted = descend(problem, "NGD", np.array([0.5, 0.1]), np.array([0.2, 0.2]), 4)
    assert_array_equal(descend(problem, "NGD", [0.5, 0.1], 0.2, 4).loss, wanted.loss)
    assert_array_equal(descend(problem, "NGD", 0.5, 0.2, 4).loss, wanted.loss[:, :1])
    assert_array_equal(descend(problem, "EFGD", 0.5, [0.1, 0.2], 4).loss.shape, (5, 2))
    alone = descend(problem, "GD", 0.5, iterations=4)
    assert_array_equal(alone.loss, descend(problem, "GD", 0.5, np.nan, 4).loss)


@every_method
def test_the_last_parameters_are_those_of_the_last_loss(method):
    problem = random_problem("binary")
    step_size, damping = random_cells(50, largest=1e3)
    runs = descend(problem, method, step_size, damping, 6, divergence_factor=1.5)
    assert {*runs.status} == {"finished", "diverged"}
    assert runs.theta.shape == (50, problem.parameters)
    last = runs.loss[runs.iterations, np.arange(50)]
    assert_allclose(problem.at(runs.theta).loss, last, rtol=1e-12)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "ngd"}, r"no method 'ngd' \(did you mean NGD\?\); there are GD, NGD, EFGD"),
        ({"method": "Adam"}, "no method 'Adam'"),
        ({"damping": None}, "NGD needs a damping; give 0.0 for none"),
        ({"damping": -1.0}, "every damping of NGD must be finite and not negative"),
        ({"damping": np.inf}, "every damping of NGD must be finite and not negative"),
        ({"step_size": -1.0}, "every step_size must be finite and not negative"),
        (
            {"step_size": np.ones(2), "damping": np.ones(3)},
            r"vectors of one length.*\(2,\).*\(3,\)",
        ),
        ({"step_size": np.ones((2, 2))}, "vectors of one length"),
        ({"iterations": 2.5}, "iterations is 2.5; it must be a whole number"),
        ({"iterations": -1}, "iterations is -1"),
        ({"initial": np.ones(2)}, r"initial has the shape \(2,\); this problem has 4 parameters"),
        ({"initial": np.full(4, np.nan)}, "initial must be finite"),
        ({"divergence_factor": 0.0}, "divergence_factor is 0.0; it must be positive"),
    ],
)
def test_wrong_arguments_are_refused_in_words(change, message):
    arguments = {"method": "NGD", "step_size": 1.0, "damping": 0.1, "iterations": 3, **change}
    with pytest.raises(ValueError, match=message):
        descend(random_problem("binary"), **arguments)


def test_a_direction_of_an_unknown_method_is_refused_in_words():
    point = random_problem("binary").at(np.zeros(FEATURES))
    with pytest.raises(ValueError, match="did you mean EFGD"):
        direction(point, "efgd")


# What rounding makes of a run


@pytest.mark.parametrize("method", METHODS)
def test_an_infinite_loss_never_finishes(method):
    inputs, targets = draw_inputs("dense"), 1e300 * draw_targets("regression")
    problem = linear_problem(inputs, targets, "regression")
    with np.errstate(all="ignore"):
        runs = descend(problem, method, [1e-3, 1.0], 1.0, 3)
    assert "finished" not in runs.status


def test_a_run_whose_steps_contradict_the_method_fails():
    """Two equal columns and no damping to speak of: rounding alone makes the step."""
    generator = np.random.default_rng(0)
    failed = 0
    for _ in range(300):
        inputs = generator.standard_normal((6, 2)) @ generator.standard_normal((2, 4))
        problem = linear_problem(inputs, generator.standard_normal(6), "regression")
        start = generator.standard_normal(4)
        point = problem.at(np.tile(start, (SLOTS, 1)))  # as in a descent, to the last bit
        with np.errstate(all="ignore"):
            decrement = -point.gradient[0] @ direction(point, "EFGD", 1e-25)[0]
        status = run_one(problem, "EFGD", 1e-9, 1e-25, 1, initial=start).status
        if not decrement <= 1.01:
            assert status == "failed"
            failed += 1
    assert failed


@pytest.mark.parametrize("method", METHODS)
def test_the_run_of_a_grid_where_no_cell_finished_fails_at_its_start(method):
    run = descend(random_problem("binary"), method, np.nan, np.nan, 5)
    assert run.status.tolist() == ["failed"] and run.iterations.tolist() == [0]
    assert np.isfinite(run.loss[0, 0]) and np.isnan(run.loss[1:]).all()
