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


def relative_distance(matrix: Array, reference: Array) -> float:
    """``‖A − B‖ / ‖B‖`` in the Frobenius norm, of matrices ``(P, P)``."""
    return float(np.linalg.norm(matrix - reference) / np.linalg.norm(reference))
