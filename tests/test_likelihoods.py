"""The likelihoods against differences, sums over outcomes, closed forms and the oracle."""

import dataclasses
import math
import sys

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose, assert_array_equal

import oracle
from conftest import CLASSES, derivative
from empirical_fisher.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood

LIKELIHOODS = [Gaussian(), Bernoulli(), Categorical(CLASSES)]
CLIP = 1e-8
EXTREMES = [40.0, 800.0, 1000.0]
EPSILON = sys.float_info.epsilon

every_likelihood = pytest.mark.parametrize(
    "likelihood", LIKELIHOODS, ids=lambda family: type(family).__name__
)


def naturals(likelihood, size=3, bound=12.0):
    return arrays(float, (size, likelihood.outputs), elements=st.floats(-bound, bound))


def targets(likelihood, size=3):
    if isinstance(likelihood, Gaussian):
        return arrays(float, size, elements=st.floats(-12.0, 12.0))
    labels = max(likelihood.outputs, 2)
    return arrays(float, size, elements=st.integers(0, labels - 1).map(float))


def outcomes(likelihood, f):
    """Nodes and weights with which Σ w g(y) = E[g(y)] under p(y | f), at one natural parameter.

    Sums over labels; for the Gaussian a quadrature that is exact for polynomials of degree 5.
    """
    if isinstance(likelihood, Gaussian):
        nodes, weights = np.polynomial.hermite_e.hermegauss(3)
        return f[0] + nodes, weights / weights.sum()
    scores = [0.0, f[0]] if isinstance(likelihood, Bernoulli) else f
    weights = [1 / sum(math.exp(other - score) for other in scores) for score in scores]
    return np.arange(len(scores)) * 1.0, np.array(weights)


def expectation(likelihood, f, function):
    """E[function(y)] of one example with natural parameters f."""
    return sum(w * function(np.array([y])) for y, w in zip(*outcomes(likelihood, f), strict=True))


def statistic(likelihood, y):
    """T(y) of one example: what stands beside f in the exponent."""
    return np.eye(CLASSES)[int(y[0])] if isinstance(likelihood, Categorical) else y


@every_likelihood
@given(data=st.data())
def test_residual_is_the_derivative_of_the_loss(likelihood, data):
    f, y = data.draw(naturals(likelihood)), data.draw(targets(likelihood))
    residual = likelihood.residual(f, y)
    for n in range(len(y)):
        slope = derivative(lambda f_n, y=y[n : n + 1]: likelihood.nll(f_n[None], y)[0], f[n])
        assert_allclose(residual[n], slope, rtol=1e-9, atol=1e-9)


@every_likelihood
@given(data=st.data())
def test_hessian_is_the_derivative_of_the_residual(likelihood, data):
    f, y = data.draw(naturals(likelihood)), data.draw(targets(likelihood))
    hessian = likelihood.hessian(f)
    for n in range(len(y)):
        slope = derivative(lambda f_n, y=y[n : n + 1]: likelihood.residual(f_n[None], y)[0], f[n])
        assert_allclose(hessian[n], slope, rtol=1e-9, atol=1e-9)


@every_likelihood
@given(data=st.data())
def test_fisher_is_the_hessian(likelihood, data):
    """Proposition 1 of the paper: one is an expectation, the other a second derivative."""
    f = data.draw(naturals(likelihood))
    assert_allclose(likelihood.fisher(f), likelihood.hessian(f), rtol=1e-12, atol=1e-15)


@every_likelihood
@given(data=st.data())
def test_fisher_is_the_expected_outer_product_of_the_residual(likelihood, data):
    f = data.draw(naturals(likelihood))
    for n, fisher in enumerate(likelihood.fisher(f)):
        one = f[n : n + 1]
        outer = expectation(
            likelihood, f[n], lambda y, one=one: np.outer(*[likelihood.residual(one, y)[0]] * 2)
        )
        assert_allclose(fisher, outer, rtol=1e-12, atol=1e-14)


@every_likelihood
@given(data=st.data())
def test_mean_is_the_expected_statistic_and_residual_what_it_lacks(likelihood, data):
    f, y = data.draw(naturals(likelihood)), data.draw(targets(likelihood))
    mean, residual = likelihood.mean(f), likelihood.residual(f, y)
    for n in range(len(y)):
        expected = expectation(likelihood, f[n], lambda y: statistic(likelihood, y))
        assert_allclose(mean[n], expected, rtol=1e-12, atol=1e-14)
        lack = mean[n] - statistic(likelihood, y[n : n + 1])
        assert_allclose(residual[n], lack, rtol=1e-12, atol=1e-14)


@every_likelihood
@given(data=st.data())
def test_loss_is_convex_and_not_negative(likelihood, data):
    f, g = data.draw(naturals(likelihood)), data.draw(naturals(likelihood))
    y = data.draw(targets(likelihood))
    middle = likelihood.nll((f + g) / 2, y)
    assert np.all(middle >= 0)
    assert np.all(middle <= (likelihood.nll(f, y) + likelihood.nll(g, y)) / 2 + 1e-12)


@every_likelihood
def test_shapes_and_leading_axes(likelihood):
    generator = np.random.default_rng(0)
    f = 5 * generator.standard_normal((2, 3, 7, likelihood.outputs))
    y = generator.integers(0, 2, 7).astype(float)
    outputs = likelihood.outputs
    together = {
        "nll": (likelihood.nll(f, y), ()),
        "mean": (likelihood.mean(f), (outputs,)),
        "residual": (likelihood.residual(f, y), (outputs,)),
        "hessian": (likelihood.hessian(f), (outputs, outputs)),
        "fisher": (likelihood.fisher(f), (outputs, outputs)),
    }
    for name, (values, shape) in together.items():
        assert values.shape == (2, 3, 7, *shape), name
        for index in np.ndindex(2, 3, 7):
            one, label = f[index][None], y[index[-1:],]
            arguments = (one, label) if name in ("nll", "residual") else (one,)
            alone = getattr(likelihood, name)(*arguments)[0]
            assert_allclose(values[index], alone, rtol=1e-14, atol=1e-16, err_msg=name)


# Draws


@every_likelihood
def test_draws_are_distributed_as_the_likelihood_says(likelihood):
    """By a chi-square test on the labels, and by Kolmogorov and Smirnov's on real numbers."""
    size = 4000
    for f in np.random.default_rng(0).standard_normal((4, likelihood.outputs)):
        y = likelihood.sample(np.tile(f, (size, 1)), np.random.default_rng(1))
        assert y.shape == (size,)
        if isinstance(likelihood, Gaussian):
            assert scipy.stats.kstest(y - f[0], "norm").pvalue > 0.01
        else:
            labels, weights = outcomes(likelihood, f)
            counts = np.array([np.count_nonzero(y == label) for label in labels])
            assert counts.sum() == size
            assert scipy.stats.chisquare(counts, size * weights).pvalue > 0.01


@every_likelihood
def test_draws_of_different_examples_are_independent_and_of_their_own_parameters(likelihood):
    f = np.random.default_rng(0).standard_normal((3000, 2, 3, likelihood.outputs))
    y = likelihood.sample(f, np.random.default_rng(1))
    assert y.shape == (3000, 2, 3)
    excess = likelihood.residual(f, y)[..., 0].reshape(3000, 6)  # E = 0, given f
    scores = excess / excess.std(axis=0)
    assert np.all(np.abs(scores.mean(axis=0)) < 4 / math.sqrt(3000))
    correlations = np.corrcoef(scores.T)[np.triu_indices(6, 1)]
    assert np.all(np.abs(correlations) < 4 / math.sqrt(3000))


@pytest.mark.parametrize("f", [-1000.0, 1000.0])
def test_a_certain_label_is_always_drawn(f):
    """Also where the uniform number is its smallest, zero."""

    class Zero(np.random.Generator):
        def random(self, size=None):
            return np.zeros(size)

    generator = Zero(np.random.PCG64())
    assert_array_equal(Bernoulli().sample(np.full((5, 1), f), generator), np.full(5, f > 0))


# What a likelihood is


@pytest.mark.parametrize("name", [name for name in vars(Likelihood) if name[0] != "_"])
def test_a_likelihood_lacks_no_function(name):
    own = {key: value for key, value in vars(Gaussian).items() if key != name}
    with pytest.raises(TypeError, match=name):
        type("Partial", (Likelihood,), own)()


def test_likelihoods_are_values():
    assert Bernoulli(0.1) == Bernoulli(0.1) != Bernoulli(0.2)
    assert len({Gaussian(), Gaussian(), Categorical(3), Categorical(3), Categorical(4)}) == 3
    for likelihood in (*LIKELIHOODS, Bernoulli(0.1)):
        with pytest.raises(dataclasses.FrozenInstanceError):
            likelihood.probability_clip = 0.5


# The loops of the oracle, with the identity for inputs, so that θ = f


@given(data=st.data())
@pytest.mark.parametrize("clip", [0.0, CLIP])
def test_bernoulli_matches_the_oracle(clip, data):
    likelihood, size = Bernoulli(clip), 4
    f = data.draw(naturals(likelihood, size, bound=40.0))
    y = data.draw(targets(likelihood, size))
    terms = oracle.logistic_terms(f[:, 0], np.eye(size), y, clip)
    loss, gradient, fisher, empirical_fisher, hessian = (size * term for term in terms)
    residual = likelihood.residual(f, y)
    tight = {"rtol": 1e-12, "atol": 0}
    # the clipped loss is the logarithm of a p that may be near one
    assert_allclose(likelihood.nll(f, y).sum(), loss, rtol=1e-12, atol=1e-15)
    assert_allclose(residual[:, 0], gradient, **tight)
    assert_allclose(likelihood.fisher(f)[:, 0, 0], np.diag(fisher), **tight)
    assert_allclose(likelihood.hessian(f)[:, 0, 0], np.diag(hessian), **tight)
    assert_allclose(residual[:, 0] ** 2, np.diag(empirical_fisher), **tight)


@given(data=st.data())
def test_categorical_matches_the_oracle(data):
    likelihood, size = Categorical(CLASSES), 3
    f, y = data.draw(naturals(likelihood, size)), data.draw(targets(likelihood, size))
    terms = oracle.softmax_terms(f.T.ravel(), np.eye(size), y, CLASSES)
    loss, gradient, fisher, _, hessian = (size * term for term in terms)
    close = {"rtol": 1e-12, "atol": 1e-14}
    assert_allclose(likelihood.nll(f, y).sum(), loss, **close)
    assert_allclose(likelihood.residual(f, y), gradient.reshape(CLASSES, size).T, **close)
    for matrix, weights in ((fisher, likelihood.fisher(f)), (hessian, likelihood.hessian(f))):
        blocks = matrix.reshape(CLASSES, size, CLASSES, size)
        assert_allclose(weights, np.einsum("cndn->ncd", blocks), **close)


# Far from zero, where exp overflows and 1 − p is zero (any warning fails a test)


@pytest.mark.parametrize("size", EXTREMES)
def test_bernoulli_keeps_its_digits_in_both_tails(size):
    f, y = np.array([[size], [size], [-size], [-size]]), np.array([1.0, 0.0, 0.0, 1.0])
    tail = math.exp(-size)  # the probability of the losing label, up to a factor 1 + tail
    right, wrong = math.log1p(tail), size + math.log1p(tail)
    small, large = tail / (1 + tail), 1 / (1 + tail)
    likelihood = Bernoulli()
    exact = {"rtol": 4 * EPSILON, "atol": 0}
    assert_allclose(likelihood.nll(f, y), [right, wrong, right, wrong], **exact)
    assert_allclose(likelihood.residual(f, y)[:, 0], [-small, large, small, -large], **exact)
    assert_allclose(likelihood.mean(f)[:, 0], [large, large, small, small], **exact)
    assert_allclose(likelihood.hessian(f).ravel(), np.full(4, small * large), **exact)
    assert_allclose(likelihood.fisher(f).ravel(), np.full(4, small * large), **exact)


@pytest.mark.parametrize("shift", [0.0, -500.0, 500.0])
@pytest.mark.parametrize("size", EXTREMES)
def test_categorical_is_stable(size, shift):
    f, y = np.array([[size, 0.0, 0.0]] * 3) + shift, np.arange(3.0)
    tail = math.exp(-size)
    p = np.array([1.0, tail, tail]) / (1 + 2 * tail)
    likelihood = Categorical(3)
    rest = math.log1p(2 * tail)
    assert_allclose(likelihood.nll(f, y), [rest, size + rest, size + rest], atol=2000 * EPSILON)
    assert_allclose(likelihood.mean(f), np.tile(p, (3, 1)), rtol=4 * EPSILON, atol=0)
    assert_allclose(likelihood.residual(f, y), p - np.eye(3), rtol=0, atol=EPSILON)
    exact = np.diag(p) - np.outer(p, p)
    exact[0, 0] = p[0] * (p[1] + p[2])
    for weights in (likelihood.hessian(f), likelihood.fisher(f)):
        assert_allclose(weights, np.tile(exact, (3, 1, 1)), rtol=4 * EPSILON, atol=EPSILON)


@pytest.mark.parametrize("size", [*EXTREMES, -1000.0])
def test_gaussian_is_exact(size):
    f, y = np.array([[size]]), np.array([-size])
    likelihood = Gaussian()
    assert_array_equal(likelihood.nll(f, y), [2 * size**2])
    assert_array_equal(likelihood.residual(f, y), [[2 * size]])
    assert_array_equal(likelihood.hessian(f), [[[1.0]]])
    assert_array_equal(likelihood.fisher(f), [[[1.0]]])


# The authors' clip


@pytest.mark.parametrize("size", [20.0, *EXTREMES])
def test_clip_caps_the_loss_and_floors_the_weights(size):
    f, y = np.array([[size], [size], [-size], [-size]]), np.array([1.0, 0.0, 0.0, 1.0])
    likelihood = Bernoulli(CLIP)
    least, most = -math.log1p(-CLIP), -math.log(CLIP)
    assert round(most, 2) == 18.42
    assert_allclose(likelihood.nll(f, y), [least, most, least, most], rtol=1e-15, atol=EPSILON)
    residual = [-CLIP, 1 - CLIP, CLIP, CLIP - 1]
    assert_array_equal(likelihood.residual(f, y)[:, 0], residual)
    assert_array_equal(likelihood.mean(f)[:, 0], [1 - CLIP, 1 - CLIP, CLIP, CLIP])
    floor = np.full(4, CLIP * (1 - CLIP))
    assert_allclose(likelihood.hessian(f).ravel(), floor, rtol=4 * EPSILON)
    assert_allclose(likelihood.fisher(f).ravel(), floor, rtol=4 * EPSILON)


def test_clip_changes_nothing_between_its_ends():
    f = np.linspace(-18.4, 18.4, 201)[:, None]
    exact, clipped = Bernoulli(), Bernoulli(CLIP)
    for y in (np.zeros(201), np.ones(201)):
        assert_array_equal(clipped.residual(f, y), exact.residual(f, y))
        # log(1 − q) knows a small q only to within the rounding of 1 − q
        assert_allclose(clipped.nll(f, y), exact.nll(f, y), rtol=1e-14, atol=EPSILON)
    assert_array_equal(clipped.mean(f), exact.mean(f))
    assert_array_equal(clipped.hessian(f), exact.hessian(f))
    assert_array_equal(clipped.fisher(f), exact.fisher(f))
