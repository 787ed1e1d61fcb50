"""A model by automatic differentiation against those with derivatives written out."""

import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose

from conftest import CLASSES, TASKS, draw_inputs
from empirical_fisher.jax_models import JaxModel
from empirical_fisher.likelihoods import Gaussian
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import descend
from test_data_terms import drawn, small_network


def test_without_jax_there_is_one_line_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install 'empirical-fisher\[jax\]'"):
        JaxModel(lambda theta, x: theta @ x, draw_inputs("dense"), 4)


@pytest.fixture
def jnp():
    return pytest.importorskip("jax").numpy


def same_network(problem, jnp):
    """The network of a problem, written as a function of one example."""
    first, second = problem.model.shapes

    def function(theta, x):
        split = first[0] * first[1]
        hidden = jnp.tanh(theta[:split].reshape(first) @ x)
        return theta[split:].reshape(second) @ jnp.append(hidden, 1.0)

    model = JaxModel(function, problem.model.inputs, problem.parameters, problem.model.outputs)
    return Problem(problem.likelihood, model, problem.targets)


@pytest.mark.parametrize("task", TASKS)
def test_a_function_is_all_that_a_model_needs(task, jnp):
    problem = small_network(task)
    point = drawn(problem, 2)
    traced = same_network(problem, jnp).at(point.theta)
    names = ("predictions", "gradient", "example_gradients", "fisher", "empirical_fisher")
    for name in (*names, "improved_empirical_fisher", "hessian"):
        expected = getattr(point, name)
        value = getattr(traced, name)
        assert value.dtype == np.float64
        assert_allclose(value, expected, rtol=1e-10, atol=1e-14, err_msg=name)
    weights = point.weights("fisher")
    assert_allclose(traced.gram_diagonal(weights), point.gram_diagonal(weights), rtol=1e-10)
    assert_allclose(
        traced.problem.model.pull_back(point.theta, point.residuals),
        problem.model.pull_back(point.theta, point.residuals),
        rtol=1e-10,
    )


def test_double_precision_is_the_models_own_affair(jnp):
    model = JaxModel(lambda theta, x: jnp.exp(theta @ x), draw_inputs("dense"), 4)
    model.predict(np.ones(4))
    assert jnp.ones(1).dtype == np.float32


def test_a_descent_is_that_of_the_same_network(jnp):
    problem = small_network("binary")
    start = problem.model.draw(np.random.default_rng(0))
    runs = [
        descend(each, "NGD", [0.1, 1.0], [0.1, 1.0], iterations=5, initial=start)
        for each in (problem, same_network(problem, jnp))
    ]
    assert runs[0].status.tolist() == ["finished", "finished"]
    assert_allclose(runs[1].loss, runs[0].loss, rtol=1e-9)


def test_other_examples_than_vectors(jnp):
    images = np.random.default_rng(0).standard_normal((5, 3, 2))
    model = JaxModel(lambda theta, x: jnp.sum(theta * x.ravel() ** 2), images, 6)
    theta = np.arange(6.0)
    assert_allclose(model.predict(theta)[:, 0], (images.reshape(5, 6) ** 2) @ theta)
    assert model.jacobian(theta).shape == (5, 1, 6)


def test_what_a_function_returns_is_looked_at_before_it_is_used(jnp):
    inputs = draw_inputs("dense")
    for wrong in (lambda theta, x: theta, lambda theta, x: jnp.sum(theta), lambda theta, x: [1]):
        with pytest.raises(ValueError, match=r"it must return an array of the shape \(3,\)"):
            JaxModel(wrong, inputs, 4, CLASSES)


def test_targets_that_are_not_as_many_as_the_examples_are_refused(jnp):
    model = JaxModel(lambda theta, x: theta @ x, draw_inputs("dense"), 4)
    with pytest.raises(ValueError, match="there are 1 targets for"):
        Problem(Gaussian(), model, np.zeros(1))
