"""Networks against differences, and against the closed form of one hidden layer."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from conftest import CLASSES, METHODS, TASKS, derivative, draw_inputs, draw_targets
from empirical_fisher.bounds import lower_bound
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.optimization import cost
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.networks import ACTIVATIONS, Network, TanhNetwork
from empirical_fisher.problems import Problem, linear_problem, network_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace
from empirical_fisher.solvers import descend
from test_data_terms import drawn, small_network

CASES = list(product(TASKS, [(3,), (3, 2), (2, 3, 2)], ACTIVATIONS))


@pytest.mark.parametrize(("task", "hidden", "activation"), CASES)
def test_derivatives_of_a_network(task, hidden, activation):
    problem = small_network(task, hidden, activation, prior_variance=2.0, size=6)
    point = drawn(problem)
    theta = point.theta
    assert_allclose(
        problem.model.jacobian(theta),
        derivative(problem.model.predict, theta),
        rtol=1e-7,
        atol=1e-9,
    )
    slope = derivative(lambda theta: problem.at(theta).loss, theta)
    assert_allclose(point.gradient, slope, rtol=1e-8, atol=1e-9)
    curvature = derivative(lambda theta: problem.at(theta).gradient, theta)
    assert_allclose(point.hessian, curvature, rtol=1e-7, atol=1e-9)
    assert_allclose(point.hessian, point.hessian.T, rtol=1e-12, atol=1e-14)
    assert_allclose(point.example_gradients.mean(axis=0) + theta / 12, point.gradient, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_activations_and_their_derivatives(activation):
    s = np.array([-40.0, -3.0, -0.1, 0.0, 0.5, 2.0, 40.0])
    value, slope, bend = ACTIVATIONS[activation](s)
    differences = [derivative(lambda s, k=k: ACTIVATIONS[activation](s)[k], s) for k in (0, 1)]
    assert_allclose(slope, np.diag(differences[0]), rtol=1e-8, atol=1e-11)
    assert_allclose(bend, np.diag(differences[1]), rtol=1e-8, atol=1e-11)
    expected = np.tanh(s) if activation == "tanh" else np.log1p(np.exp(s))
    assert_allclose(value, expected)


@pytest.mark.parametrize("task", TASKS)
def test_one_hidden_layer_without_biases_is_the_closed_form(task):
    """With the biases of the last layer at zero, and left out of its derivatives."""
    problem = small_network(task)
    model = problem.model
    closed = TanhNetwork(model.inputs, 3, model.outputs)
    keep = np.ones(model.parameters, dtype=bool)
    keep[model.blocks[1]] = (np.arange(model.outputs * 4) % 4) < 3
    point = drawn(problem, 2)
    point.theta[:, ~keep] = 0.0
    other = Problem(problem.likelihood, closed, problem.targets).at(point.theta[:, keep])
    assert_allclose(point.predictions, other.predictions, rtol=1e-13)
    assert_allclose(point.gradient[:, keep], other.gradient, rtol=1e-10)
    for name in ("fisher", "empirical_fisher", "hessian"):
        matrix = getattr(point, name)[:, keep][:, :, keep]
        assert_allclose(matrix, getattr(other, name), rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("hidden", [(3,), (3, 2)])
def test_leading_axes_are_one_by_one_in_a_network(hidden):
    problem = small_network("multiclass", hidden)
    together = drawn(problem, 2, 3)
    for index in np.ndindex(2, 3):
        alone = problem.at(together.theta[index])
        for name in ("predictions", "gradient", "example_gradients", "fisher", "hessian"):
            value, one = getattr(together, name), getattr(alone, name)
            assert value.shape == (2, 3, *one.shape), name
            assert_allclose(value[index], one, rtol=1e-9, atol=1e-14, err_msg=name)


def test_parameters_are_the_layers_one_after_the_other():
    model = Network(draw_inputs("dense"), (5, 3), CLASSES)
    assert model.shapes == ((5, 4), (3, 6), (3, 4))
    assert model.parameters == 20 + 18 + 12
    theta = np.arange(50.0)
    assert_array_equal(np.concatenate([layer.ravel() for layer in model.layers(theta)]), theta)


def test_a_start_has_the_variance_of_its_layer_and_tells_units_apart():
    model = Network(np.ones((3, 99)), (400,), 60)
    first, last = model.layers(model.draw(np.random.default_rng(0)))
    assert first.std() == pytest.approx(99**-0.5, rel=0.02)
    assert last.std() == pytest.approx(401**-0.5, rel=0.02)
    again = model.draw(np.random.default_rng(0))
    assert_array_equal(again[model.blocks[0]], first.ravel())
    problem = small_network("binary")
    origin = problem.at(np.zeros(problem.parameters)).gradient
    assert_array_equal(origin[:-1], 0.0)
    start = problem.at(problem.model.draw(np.random.default_rng(0)))
    assert np.all(start.gradient != 0)


def test_sparse_inputs_of_a_network_are_made_dense():
    inputs = draw_inputs("sparse")
    theta = np.arange(19.0)
    dense = Network(inputs, (3,))
    sparse = Network(scipy.sparse.csr_array(inputs), (3,))
    assert_array_equal(
        sparse.predict(theta[: dense.parameters]), dense.predict(theta[: dense.parameters])
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"hidden": ()}, r"hidden is \[\]"),
        ({"hidden": (3, 0)}, r"hidden is \[3, 0\]"),
        ({"hidden": (3,), "activation": "relu"}, "no activation 'relu'; there are tanh, softplus"),
    ],
)
def test_settings_without_sense_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        Network(draw_inputs("dense"), **settings)


def test_inputs_that_are_no_finite_matrix_are_refused():
    with pytest.raises(ValueError, match=r"the shape \(N, D\)"):
        Network(np.ones(3), (2,))
    with pytest.raises(ValueError, match="finite"):
        Network(np.array([[np.nan]]), (2,))


def test_a_start_of_another_shape_is_refused():
    problem = small_network("binary")
    with pytest.raises(
        ValueError, match=r"initial has the shape \(2,\); the model has 16 parameters"
    ):
        Problem(problem.likelihood, problem.model, problem.targets, initial=np.zeros(2))


def test_as_many_targets_as_inputs():
    with pytest.raises(ValueError, match="there are 35 targets for 36 rows of inputs"):
        network_problem(draw_inputs("dense"), draw_targets("binary")[1:], "binary", hidden=[2])


# Searches

SCHEDULE = Schedule(iterations=6, divergence_factor=100.0)


def data(task):
    return Dataset(draw_inputs("dense"), draw_targets(task), task)


@pytest.mark.parametrize("task", TASKS)
def test_a_data_set_has_the_model_that_is_asked_for_and_a_bias(task):
    linear = modelled(data(task), prior_variance=2.0)
    assert linear.model.inputs.shape[1] == 5
    assert_array_equal(linear.start, np.zeros(linear.parameters))
    settings = {"hidden": [3, 2], "activation": "softplus", "seed": 4}
    network = modelled(data(task), prior_variance=2.0, network=settings)
    assert network.model.hidden == (3, 2)
    assert network.model.activation is ACTIVATIONS["softplus"]
    assert_array_equal(network.start, network.model.draw(np.random.default_rng(4)))
    for problem in (linear, network):
        assert problem.prior_variance == 2.0
        assert_array_equal(problem.model.inputs[:, -1], 1.0)
        assert_array_equal(problem.targets, data(task).targets)
        assert problem.likelihood == linear.likelihood


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("task", TASKS)
def test_a_search_starts_where_the_problem_says_and_prunes_nothing(task, method):
    problem = modelled(data(task), network={"hidden": [3]})
    assert lower_bound(problem, method, np.inf) is None
    grid = cells(np.geomspace(0.01, 1, 4), None if method == "GD" else np.array([0.01, 1.0]))
    both = [evaluate(problem, method, *grid, SCHEDULE, certified=flag) for flag in (False, True)]
    assert both[0].equals(both[1])
    assert set(both[0]["status"]) <= {"finished", "diverged", "failed"}
    best = best_cell(problem, method, both[0], SCHEDULE)
    path = trace(problem, method, *best[["step_size", "damping"]].iloc[0], SCHEDULE)
    start = problem.model.draw(np.random.default_rng(0))
    assert path["loss"][0] == pytest.approx(problem.at(start).loss, rel=1e-12)
    assert path["loss"][6] == best["final_loss"].item() < path["loss"][0]


@pytest.mark.parametrize("method", METHODS)
def test_a_run_has_the_same_bits_alone_and_in_a_grid(method):
    problem = modelled(data("multiclass"), network={"hidden": [4, 3]})
    gammas, lambdas = np.geomspace(0.01, 1, 40), np.geomspace(0.01, 10, 40)
    grid = descend(problem, method, gammas, lambdas, 5)
    for k in (0, 17, 39):
        alone = descend(problem, method, gammas[k], lambdas[k], 5)
        assert_array_equal(alone.loss[:, 0], grid.loss[:, k])
        assert_array_equal(alone.theta[0], grid.theta[k])


def test_the_cost_of_a_network_counts_its_units():
    linear = linear_problem(draw_inputs("dense"), draw_targets("binary"), "binary")
    small, large = (modelled(data("binary"), network={"hidden": [size]}) for size in (2, 200))
    costs = [cost.megabytes(problem, "GD", 10, 5) for problem in (linear, small, large)]
    assert costs == sorted(costs)
    assert costs[2] > 20 * costs[1]
