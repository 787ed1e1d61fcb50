"""Networks against differences, and against the closed form of one hidden layer."""

from itertools import product

import numpy as np
import pytest
import scipy.sparse
from numpy.testing import assert_allclose, assert_array_equal

from conftest import CLASSES, TASKS, derivative, draw_inputs
from empirical_fisher.networks import ACTIVATIONS, Network, TanhNetwork
from empirical_fisher.problems import Problem
from test_data_terms import drawn, network_problem

CASES = list(product(TASKS, [(3,), (3, 2), (2, 3, 2)], ACTIVATIONS))


@pytest.mark.parametrize(("task", "hidden", "activation"), CASES)
def test_derivatives_of_a_network(task, hidden, activation):
    problem = network_problem(task, hidden, activation, prior_variance=2.0, size=6)
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
    problem = network_problem(task)
    model = problem.model
    closed = TanhNetwork(model.inputs, 3, model.outputs)
    keep = np.ones(model.parameters, dtype=bool)
    keep[model.blocks[1]] = (np.arange(model.outputs * 4) % 4) < 3
    point = drawn(problem, 2)
    point.theta[:, ~keep] = 0.0
    other = Problem(problem.likelihood, closed, problem.targets).at(point.theta[:, keep])
    assert_allclose(point.predictions, other.predictions, rtol=1e-13)
    for name in ("gradient",):
        assert_allclose(getattr(point, name)[:, keep], getattr(other, name), rtol=1e-10)
    for name in ("fisher", "empirical_fisher", "hessian"):
        matrix = getattr(point, name)[:, keep][:, :, keep]
        assert_allclose(matrix, getattr(other, name), rtol=1e-9, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("hidden", [(3,), (3, 2)])
def test_leading_axes_are_one_by_one_in_a_network(hidden):
    problem = network_problem("multiclass", hidden)
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


def test_a_start_has_the_variance_of_its_layer_and_is_no_saddle():
    model = Network(np.ones((3, 99)), (400,), 60)
    first, last = model.layers(model.draw(np.random.default_rng(0)))
    assert first.std() == pytest.approx(99**-0.5, rel=0.02)
    assert last.std() == pytest.approx(401**-0.5, rel=0.02)
    again = model.draw(np.random.default_rng(0))
    assert_array_equal(again[model.blocks[0]], first.ravel())
    problem = network_problem("binary")
    saddle = problem.at(np.zeros(problem.parameters)).gradient
    assert_array_equal(saddle[:-1], 0.0)
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
