"""How large a matrix is, and how far one is from another."""

from __future__ import annotations

import numpy as np

from .arrays import Array


def spectral(matrix: Array) -> Array:
    """``‖A‖₂`` of symmetric matrices ``(..., P, P)``: the largest modulus of an eigenvalue.

    NaN for a matrix that is not finite.
    """
    finite = np.isfinite(matrix).all(axis=(-1, -2), keepdims=True)
    norms = np.max(np.abs(np.linalg.eigvalsh(np.where(finite, matrix, 0.0))), axis=-1)
    return np.where(np.squeeze(finite, (-1, -2)), norms, np.nan)


def relative_distance(array: Array, reference: Array, axis: int | None = None) -> Array:
    """``‖a − b‖ / ‖b‖`` in the Euclidean norm along an axis, or that of all entries.

    The latter is the Frobenius norm of matrices.
    """
    distance, length = (np.linalg.norm(each, axis=axis) for each in (array - reference, reference))
    return np.divide(distance, length)


def cosine(a: Array, b: Array) -> Array:
    """Cosine of the angle between vectors ``(..., P)``; NaN where one of them is zero."""
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sum(a * b, axis=-1) / norms
