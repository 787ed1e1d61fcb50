"""The matrices of a case that are confused with each other, each an average over its examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.polynomial.hermite import hermgauss

from ..arrays import Array
from ..likelihoods import Gaussian
from .cases import Case

NAMES = {
    "fisher": "the Fisher",
    "ggn": "the generalised Gauss-Newton matrix",
    "hessian": "the Hessian of the loss",
    "empirical_fisher": "the empirical Fisher",
    "most_likely_fisher": "the Fisher with each example's most likely label only",
    "squared_gradient": "the square of the batch's averaged gradient",
    "covariance": "the covariance of the examples' gradients",
    "jacobian_gram": "JᵀJ of the outputs' Jacobians, without the likelihood",
}
SAMPLES = 10000  #: labels drawn for each example, of the sampled Fisher that is shown
SEED = 0  #: of these labels


def exact(case: Case) -> dict[str, Array]:
    """Every matrix of ``NAMES``, shape ``(P, P)``.

    With ``g_n = ∇_θ ℓ_n`` and the ``J_n`` of `models` they are

    ==================  ====================================================================
    fisher              ``(1/N) Σ_n E_{y ~ p(y|f_n)}[g_n g_nᵀ]``  (Eq. 2)
    ggn                 ``(1/N) Σ_n J_nᵀ ∇²_f ℓ_n J_n``  (Eq. 10; equal to the Fisher by Prop. 1)
    hessian             ``∇²L``
    empirical_fisher    ``(1/N) Σ_n g_n g_nᵀ`` with the data's targets  (Eq. 3)
    most_likely_fisher  the same with ``y_n = argmax p(y | f_n)``
    squared_gradient    ``∇L ∇Lᵀ``
    covariance          the empirical Fisher minus ``∇L ∇Lᵀ``
    jacobian_gram       ``(1/N) Σ_n J_nᵀ J_n``
    ==================  ====================================================================
    """
    point = case.point
    batch = np.outer(point.gradient, point.gradient)
    likely = replace(point.problem, targets=most_likely(case)).at(point.theta)
    return {
        "fisher": point.fisher,
        "ggn": point.ggn,
        "hessian": point.hessian,
        "empirical_fisher": point.empirical_fisher,
        "most_likely_fisher": likely.empirical_fisher,
        "squared_gradient": batch,
        "covariance": point.empirical_fisher - batch,
        "jacobian_gram": point.gram(np.broadcast_to(np.eye(_outputs(case)), point.variances.shape)),
    }


def most_likely(case: Case) -> Array:
    """The ``y_n`` of the largest density, shape ``(N,)``: of a Gaussian, its mean."""
    f = case.point.predictions
    if isinstance(case.point.problem.likelihood, Gaussian):
        return f[:, 0]
    return np.argmax(f, axis=-1).astype(float) if f.shape[-1] > 1 else (f[:, 0] > 0).astype(float)


def outcomes(case: Case) -> tuple[Array, Array]:
    """Targets ``(K, N)`` and their probabilities ``(K, N)``, which give expectations over ``y``.

    All classes; of a Gaussian the nodes and weights of Gauss and Hermite, which are exact for the
    polynomials up to degree 9, and so for means and variances of squares.
    """
    f, likelihood = case.point.predictions, case.point.problem.likelihood
    if isinstance(likelihood, Gaussian):
        nodes, weights = hermgauss(5)
        y = f[:, 0] + np.sqrt(2) * nodes[:, None]
        return y, np.broadcast_to(weights[:, None] / np.sqrt(np.pi), y.shape)
    p = likelihood.mean(f)
    p = np.hstack([1 - p, p]) if p.shape[-1] == 1 else p
    labels = np.arange(p.shape[-1], dtype=float)[:, None]
    return np.broadcast_to(labels, p.T.shape), p.T


def sampling_error(case: Case, samples: int, *, batched: bool = False) -> Array:
    """Standard deviation of each entry of the sampled Fisher, shape ``(P, P)``.

    That of ``(1/S) Σ_s (1/N) Σ_n g_ns g_nsᵀ`` with ``S`` labels from the model for each example.
    Batched it is that of ``N/S Σ_s g_s g_sᵀ`` with ``g_s = (1/N) Σ_n g_ns``, which has the same
    expectation, as the ``g_ns`` are independent with the expectation zero.
    """
    y, probability = outcomes(case)
    point = case.point
    residuals = point.problem.likelihood.residual(
        np.broadcast_to(point.predictions, (len(y), *point.predictions.shape)), y
    )
    jacobian = point.problem.model.jacobian(point.theta)
    gradients = np.einsum("nmp,knm->knp", jacobian, residuals)
    squares = gradients[..., :, None] * gradients[..., None, :]
    mean = np.einsum("kn,knpq->npq", probability, squares)
    variance = np.einsum("kn,knpq->npq", probability, (squares - mean) ** 2).sum(axis=0)
    if batched:  # the products of two examples' gradients besides
        own = np.diagonal(mean, axis1=-2, axis2=-1)
        variance += np.outer(own.sum(0), own.sum(0)) - own.T @ own
        variance += mean.sum(0) ** 2 - (mean**2).sum(0)
    return np.sqrt(variance / samples) / case.size


def sampled(case: Case, samples: int, generator: np.random.Generator) -> Array:
    """The Fisher with ``S`` labels per example drawn from the model, shape ``(P, P)``."""
    return case.point.sampled_fisher(case.point.draw_labels(generator, samples))


def shown(described: dict[str, Any], case: Case) -> dict[str, Any]:
    """A problem with all its matrices, as ``json`` writes it."""
    matrices = exact(case)
    draws = sampled(case, SAMPLES, np.random.default_rng(SEED))
    return {
        **described,
        "model": "f = W x" if len(case.weights) == 1 else "f = V tanh(W x)",
        "theta": case.point.theta.tolist(),
        "loss": float(case.point.loss),
        "gradient": case.point.gradient.tolist(),
        "matrices": {name: each.tolist() for name, each in matrices.items()},
        "diagonals": {name: np.diag(each).tolist() for name, each in matrices.items()},
        "sampled_fisher": {"samples": SAMPLES, "seed": SEED, "matrix": draws.tolist()},
    }


def _outputs(case: Case) -> int:
    return case.point.problem.likelihood.outputs
