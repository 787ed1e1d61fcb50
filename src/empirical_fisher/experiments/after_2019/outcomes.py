"""Expectations over the model's labels, exactly: by all labels and their probabilities."""

from __future__ import annotations

from itertools import product

import numpy as np

from empirical_fisher.arrays import Array
from empirical_fisher.likelihoods import Bernoulli, Gaussian
from empirical_fisher.problems import Point


def outcomes(point: Point) -> tuple[Array, Array]:
    """Labels ``(K, N)`` of every example and their probabilities ``(K, N)``.

    For a normal number three points with the weights of Gauss and Hermite take the place of all
    labels, which is exact for polynomials of ``y`` up to the fifth degree: for the variance of
    squares.

    Parameters
    ----------
    point
        A problem at one ``θ``.
    """
    likelihood, f = point.problem.likelihood, point.predictions
    if isinstance(likelihood, Gaussian):
        steps, weights = np.array([-np.sqrt(3), 0.0, np.sqrt(3)]), np.array([1, 4, 1]) / 6
        return f[:, 0] + steps[:, None], np.tile(weights[:, None], (1, len(f)))
    mean = likelihood.mean(f).T
    probabilities = np.vstack([1 - mean, mean]) if isinstance(likelihood, Bernoulli) else mean
    labels = np.arange(len(probabilities), dtype=float)
    return np.tile(labels[:, None], (1, len(f))), probabilities


def gradients(point: Point, labels: Array) -> Array:
    """``∇_θ ℓ_n`` for labels ``(..., N)``, shape ``(..., N, P)``."""
    residuals = point.problem.likelihood.residual(point.predictions, labels)
    return np.einsum("nmp,...nm->...np", point.problem.model.jacobian(point.theta), residuals)


def together(point: Point) -> tuple[Array, Array]:
    """All labels of all examples together, ``(K^N, N)``, and their probabilities ``(K^N,)``."""
    labels, probabilities = outcomes(point)
    count, size = labels.shape
    chosen = np.array(list(product(range(count), repeat=size)))
    examples = np.arange(size)
    return labels[chosen, examples], np.prod(probabilities[chosen, examples], axis=1)
