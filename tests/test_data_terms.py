"""Weights, and the structures of a weighted Gram matrix, against loops over examples and labels."""

from itertools import product

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from conftest import CLASSES, DESIGNS, TASKS, draw_inputs, draw_targets, random_problem
from empirical_fisher import data_terms
from empirical_fisher.data_terms import WEIGHTS, TooManyParametersError
from empirical_fisher.models import LinearModel, Model, NotProvidedError
from empirical_fisher.networks import Network
from empirical_fisher.problems import Problem, linear_problem

KINDS = (*WEIGHTS, "sampled_fisher")


def small_network(task, hidden=(3,), activation="tanh", prior_variance=np.inf, size=12):
    """A network for a task, on a few examples."""
    linear = random_problem(task, prior_variance=prior_variance, size=size)
    outputs = linear.likelihood.outputs
    model = Network(linear.model.inputs, hidden, outputs, activation)
    return Problem(linear.likelihood, model, linear.targets, prior_variance)


class Bare(Model):
    """A model of which only the predictions and the Jacobians are known."""

    def __init__(self, model):
        self.model = model

    parameters = property(lambda self: self.model.parameters)

    def predict(self, theta):
        return self.model.predict(theta)

    def jacobian(self, theta):
        return self.model.jacobian(theta)


PROBLEMS = {
    **{"-".join(case): random_problem(*case, size=14) for case in product(TASKS, DESIGNS)},
    **{f"network-{task}": small_network(task) for task in TASKS},
    "network-deep": small_network("multiclass", hidden=(3, 2)),
    "bare": Problem(
        (bare := small_network("multiclass")).likelihood, Bare(bare.model), bare.targets
    ),
}
all_problems = pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
every_kind = pytest.mark.parametrize("kind", KINDS)


def drawn(problem, *lead, seed=3):
    return problem.at(np.random.default_rng(seed).standard_normal((*lead, problem.parameters)))


def labels_of(point, samples=3):
    return point.draw_labels(np.random.default_rng(5), samples)


def weights_of(point, kind, labels=None):
    if kind == "sampled_fisher":
        return point.sampled_weights(labels_of(point) if labels is None else labels)
    return point.weights(kind)


def outcomes(problem, f):
    """Labels and their probabilities under the model, for one example; for regression the nodes."""
    if problem.likelihood.outputs > 1:
        p = np.exp(f - f.max())
        return list(zip(range(CLASSES), p / p.sum(), strict=True))
    if set(problem.targets) <= {0.0, 1.0}:
        p = 1 / (1 + np.exp(-f[0]))
        return [(1.0, p), (0.0, 1 - p)]
    nodes, shares = np.polynomial.hermite_e.hermegauss(5)  # exact for a square
    return [(f[0] + node, share / shares.sum()) for node, share in zip(nodes, shares, strict=True)]


def residual(problem, f, y):
    """Of one example, ``(M,)``, written out."""
    if problem.likelihood.outputs > 1:
        p = np.exp(f - f.max()) / np.exp(f - f.max()).sum()
        return p - np.eye(CLASSES)[int(y)]
    if set(problem.targets) <= {0.0, 1.0}:
        return np.array([1 / (1 + np.exp(-f[0])) - y])
    return np.array([f[0] - y])


def naive(point, kind, labels):
    """The matrix of a kind at one ``θ``, an example and a label at a time."""
    problem, total = point.problem, 0.0
    jacobian = problem.model.jacobian(point.theta)
    for n in range(problem.size):
        f, y = point.predictions[n], problem.targets[n]
        if kind in ("fisher", "ggn"):  # which are one by Proposition 1
            terms = [(share, residual(problem, f, label)) for label, share in outcomes(problem, f)]
        elif kind == "sampled_fisher":
            terms = [(1 / len(labels), residual(problem, f, label)) for label in labels[:, n]]
        else:
            r = residual(problem, f, y)
            terms = [(1.0 / (r @ r) if kind == "improved_empirical_fisher" else 1.0, r)]
        for weight, r in terms:
            gradient = jacobian[n].T @ r
            total = total + weight * np.outer(gradient, gradient)
    return total / problem.size


# Weights


@all_problems
@every_kind
def test_matrices_are_sums_over_examples_and_labels(problem, kind):
    point = drawn(problem)
    labels = labels_of(point)
    matrix = point.sampled_fisher(labels) if kind == "sampled_fisher" else getattr(point, kind)
    assert_allclose(matrix, naive(point, kind, labels), rtol=1e-10, atol=1e-13)


@all_problems
def test_squared_gradient_is_that_of_the_loss_with_its_prior(problem):
    point = drawn(Problem(problem.likelihood, problem.model, problem.targets, 0.5))
    assert_allclose(point.squared_gradient, np.outer(point.gradient, point.gradient))


def test_an_example_that_fits_has_no_weight_in_the_improved_empirical_fisher():
    """And one that nearly fits has a whole one, though its square underflows."""
    point = linear_problem(np.eye(2), [0.0, 1e-170], "regression").at(np.zeros(2))
    assert_array_equal(point.improved_empirical_fisher, np.diag([0.0, 0.5]))


def test_labels_are_drawn_from_the_model():
    point = drawn(random_problem("multiclass", size=14))
    labels = labels_of(point, samples=20_000)
    shares = np.stack([(labels == c).mean(axis=0) for c in range(CLASSES)], axis=-1)
    assert_allclose(shares, point.problem.likelihood.mean(point.predictions), atol=0.015)
    assert_allclose(point.sampled_fisher(labels), point.fisher, rtol=0.1, atol=0.01)


@pytest.mark.parametrize("task", TASKS)
def test_labels_are_the_same_in_any_company(task):
    point = drawn(random_problem(task), 3)

    def stream(k):
        return np.random.default_rng([7, k])

    together = point.draw_labels([stream(k) for k in range(3)], samples=2)
    assert together.shape == (2, 3, point.problem.size)
    for k in range(3):
        alone = point.problem.at(point.theta[k]).draw_labels(stream(k), samples=2)
        assert_allclose(together[:, k], alone, rtol=1e-12)  # as the predictions are rounded


# Structures


@all_problems
@every_kind
def test_structures_are_parts_of_the_matrix(problem, kind):
    point = drawn(problem, 2, 3)
    weights = weights_of(point, kind)
    matrix = point.gram(weights)
    diagonal = point.gram_diagonal(weights)
    assert diagonal.shape == (2, 3, problem.parameters)
    assert_allclose(diagonal, np.diagonal(matrix, axis1=-2, axis2=-1), rtol=1e-10, atol=1e-14)
    slices = problem.model.blocks
    for block, part in zip(slices, point.gram_blocks(weights), strict=True):
        assert_allclose(part, matrix[..., block, block], rtol=1e-10, atol=1e-14)
    assert [0, *(block.stop for block in slices)] == [
        *(block.start for block in slices),
        problem.parameters,
    ]


@all_problems
@every_kind
def test_structures_of_many_points_are_those_of_each(problem, kind):
    point = drawn(problem, 2)
    labels = labels_of(point)
    weights = weights_of(point, kind, labels)
    for k in range(2):
        alone = problem.at(point.theta[k])
        own = weights_of(alone, kind, labels[:, k])
        assert_allclose(weights[k], own, rtol=1e-12)
        assert_allclose(point.gram_diagonal(weights)[k], alone.gram_diagonal(own), rtol=1e-10)
        if problem is not PROBLEMS["bare"]:
            both = zip(point.gram_factors(weights), alone.gram_factors(own), strict=True)
            for factors, one in both:
                assert_allclose(factors.outputs[k], one.outputs, rtol=1e-10, atol=1e-14)
                assert_allclose(factors.inputs[k], one.inputs, rtol=1e-10, atol=1e-14)


def test_a_block_for_each_output_or_layer():
    assert len(PROBLEMS["multiclass-dense"].model.blocks) == CLASSES
    assert len(PROBLEMS["network-deep"].model.blocks) == 3
    assert len(PROBLEMS["bare"].model.blocks) == 1


# K-FAC


def kronecker(factors):
    return np.kron(factors.outputs, factors.inputs)


def layers_of(problem, theta):
    """Inputs ``a_n`` and ``∂f_n/∂s_n`` of each layer of a network, by differences of one ``W``."""
    model = problem.model
    found = []
    for number, (block, shape) in enumerate(zip(model.blocks, model.shapes, strict=True)):
        a = model.inputs
        for layer in model.layers(theta)[:number]:
            a = np.column_stack([model.activation(a @ layer.T)[0], np.ones(len(a))])
        jacobian = model.jacobian(theta)[..., block].reshape(problem.size, -1, *shape)
        chain = np.einsum("nmoi,ni->nmo", jacobian, a) / np.sum(a**2, axis=1)[:, None, None]
        found.append((a, chain))
    return found


@every_kind
@pytest.mark.parametrize("name", ["network-regression", "network-multiclass", "network-deep"])
def test_factors_are_averages_over_examples(name, kind):
    problem = PROBLEMS[name]
    point = drawn(problem)
    weights = weights_of(point, kind)
    for factors, (a, chain) in zip(
        point.gram_factors(weights), layers_of(problem, point.theta), strict=True
    ):
        inputs = outputs = 0.0
        for n in range(problem.size):
            inputs = inputs + np.outer(a[n], a[n]) / problem.size
            outputs = outputs + chain[n].T @ weights[n] @ chain[n] / problem.size
        assert_allclose(factors.inputs, inputs, rtol=1e-10, atol=1e-14)
        assert_allclose(factors.outputs, outputs, rtol=1e-9, atol=1e-13)


@every_kind
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("hidden", [None, (3,), (3, 2)])
def test_kfac_is_exact_for_one_example(task, hidden, kind):
    """An average over one example is its only term."""
    inputs, targets = draw_inputs("dense", size=1), draw_targets(task)[:1]
    likelihood = random_problem(task).likelihood
    outputs = likelihood.outputs
    model = Network(inputs, hidden, outputs) if hidden else LinearModel(inputs, outputs)
    point = drawn(Problem(likelihood, model, targets))
    weights = weights_of(point, kind)
    parts = zip(point.gram_factors(weights), point.gram_blocks(weights), strict=True)
    if hidden is None:
        parts = [(point.gram_factors(weights)[0], point.gram(weights))]
    for factors, block in parts:
        assert_allclose(kronecker(factors), block, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_kfac_of_a_linear_model_is_exact_where_the_weights_are_equal(task):
    """Those of the Fisher are for least squares, and for classes at θ = 0."""
    for design in DESIGNS:
        problem = PROBLEMS[f"{task}-{design}"]
        point = problem.at(np.zeros(problem.parameters))
        [factors] = point.gram_factors(point.weights("fisher"))
        assert_allclose(kronecker(factors), point.fisher, rtol=1e-12, atol=1e-15)
        [factors] = point.gram_factors(point.weights("empirical_fisher"))
        assert not np.allclose(kronecker(factors), point.empirical_fisher, rtol=0.1)


def test_kfac_is_exact_where_all_inputs_are_equal():
    """Copies of one example with different labels."""
    inputs = np.tile(draw_inputs("dense", size=1), (6, 1))
    likelihood = random_problem("multiclass").likelihood
    for model in (LinearModel(inputs, CLASSES), Network(inputs, (3,), CLASSES)):
        point = drawn(Problem(likelihood, model, np.arange(6.0) % CLASSES))
        weights = point.weights("empirical_fisher")
        for factors, block in zip(
            point.gram_factors(weights),
            model.blocks if len(model.blocks) == 2 else [slice(None)],
            strict=True,
        ):
            assert_allclose(kronecker(factors), point.gram(weights)[block, block], rtol=1e-9)


# Limits


def test_only_whole_matrices_are_refused(monkeypatch):
    monkeypatch.setattr(data_terms, "MOST_PARAMETERS", 4)
    point = drawn(random_problem("multiclass"))
    weights = point.weights("fisher")
    for matrix in (lambda: point.gram(weights), lambda: point.squared_gradient):
        with pytest.raises(TooManyParametersError, match="12 parameters"):
            matrix()
    point.gram_diagonal(weights), point.gram_blocks(weights), point.gram_factors(weights)
    monkeypatch.setattr(data_terms, "MOST_PARAMETERS", 3)
    with pytest.raises(TooManyParametersError, match="4 parameters"):
        point.gram_blocks(weights)


def test_a_model_that_lacks_something_says_so():
    point = drawn(PROBLEMS["bare"])
    with pytest.raises(NotProvidedError, match=r"Bare has no curvature.*take the GGN"):
        _ = point.hessian
    with pytest.raises(NotProvidedError, match="Bare has no Kronecker factors"):
        point.gram_factors(point.weights("fisher"))
    whole = drawn(small_network("multiclass"))
    for name in ("gradient", "fisher", "empirical_fisher", "example_gradients"):
        assert_allclose(getattr(point, name), getattr(whole, name), rtol=1e-10, atol=1e-14)
