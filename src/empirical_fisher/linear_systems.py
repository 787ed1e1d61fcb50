"""Damped linear systems and their square roots, for matrices in several forms.

All take leading axes, and what they compute for one entry does not depend on the others.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg.lapack import dposv

from .arrays import Array


def solve(matrix: Array, damping: Array | float, vector: Array) -> Array:
    """``(A + λ I)⁻¹ b`` for symmetric ``A``, by Cholesky factors.

    Parameters
    ----------
    matrix, damping, vector
        ``A``, ``λ`` and ``b``, of shapes ``(..., P, P)``, ``(...)`` and ``(..., P)``.

    Returns
    -------
    (..., P) array
        Where rounding has left a damped matrix indefinite it is solved by LU factors instead;
        where it is singular the solution is NaN.
    """
    damping = np.broadcast_to(damping, vector.shape[:-1])
    size = vector.shape[-1]
    damped = np.empty((size, size), order="F")  # one for all, which stays in cache
    diagonal = np.einsum("ii->i", damped)
    solution = np.empty_like(vector)
    for index in np.ndindex(damping.shape):
        damped.T[...] = matrix[index]
        diagonal += damping[index]
        _, solution[index], fault = dposv(damped, vector[index], lower=1, overwrite_a=1)
        if fault:
            indefinite = matrix[index] + damping[index] * np.eye(size)
            try:
                solution[index] = np.linalg.solve(indefinite, vector[index])
            except np.linalg.LinAlgError:
                solution[index] = np.nan
    return solution


def root_solve(matrix: Array, damping: Array | float, vector: Array) -> Array:
    """``(A + λ I)^(−1/2) b``, shape ``(..., P)``, for positive semi-definite ``A``.

    By its eigenvectors. The arguments are those of `solve`.
    Eigenvalues below zero are rounding and count as zero.
    """
    values, vectors = eigenvectors(matrix)
    coordinates = np.einsum("...ij,...i->...j", vectors, vector)
    scaled = coordinates / np.sqrt(values + np.expand_dims(damping, -1))
    return np.einsum("...ij,...j->...i", vectors, scaled)


def kronecker_solve(
    left: Array, right: Array, damping: Array | float, vector: Array, power: float = 1.0
) -> Array:
    """``(G ⊗ A + λ I)^(−p) b`` for positive semi-definite factors, by their eigenvectors.

    Parameters
    ----------
    left, right
        ``G`` and ``A``, of shapes ``(..., M, M)`` and ``(..., D, D)``.
    damping, vector, power
        ``λ``, ``b`` and ``p``, of shapes ``(...)``, ``(..., M D)`` and ``()``.

    Returns
    -------
    (..., M D) array
        Eigenvalues below zero are rounding and count as zero.
    """
    (g, rows), (a, columns) = eigenvectors(left), eigenvectors(right)
    table = vector.reshape(*vector.shape[:-1], left.shape[-1], right.shape[-1])
    table = np.swapaxes(rows, -1, -2) @ table @ columns
    table = table / (g[..., :, None] * a[..., None, :] + np.expand_dims(damping, (-1, -2))) ** power
    return (rows @ table @ np.swapaxes(columns, -1, -2)).reshape(vector.shape)


def eigenvectors(matrix: Array) -> tuple[Array, Array]:
    """Eigenvalues, at least zero, and eigenvectors of ``(..., P, P)``; NaN where not finite.

    A single matrix that is repeated along the leading axes is decomposed once.
    """
    if matrix.ndim > 2 and not any(matrix.strides[:-2]):
        values, vectors = eigenvectors(matrix[(0,) * (matrix.ndim - 2)])
        lead = matrix.shape[:-2]
        return np.broadcast_to(values, (*lead, *values.shape)), np.broadcast_to(
            vectors, (*lead, *vectors.shape)
        )
    finite = np.all(np.isfinite(matrix), axis=(-1, -2), keepdims=True)
    values, vectors = np.linalg.eigh(np.where(finite, matrix, 0.0))
    return np.where(np.squeeze(finite, -1), np.maximum(values, 0.0), np.nan), vectors


def pseudo_solve(matrix: Array, vector: Array) -> Array:
    """``A⁺ b``, shape ``(P,)``, for a positive semi-definite ``A`` and a ``b`` in its range.

    The parameters' scales are taken out first, as features may differ by decades; what is left may
    be singular, as for softmax regression.
    """
    diagonal = np.diagonal(matrix)
    scale = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    scaled = matrix / np.outer(scale, scale)
    inverse = np.linalg.pinv(scaled, rcond=len(scale) * np.finfo(float).eps, hermitian=True)
    return inverse @ (vector / scale) / scale


def is_invertible(matrix: Array) -> Array:
    """Whether symmetric matrices ``(..., P, P)`` are invertible to working precision.

    The scale of each parameter is taken out first (unit diagonal); a matrix is then singular if its
    eigenvalues span more than ``1 / (P ε)``.
    """
    scale = np.sqrt(np.einsum("...ii->...i", matrix))
    usable = np.all(np.isfinite(scale) & (scale > 0), axis=-1)
    scale = np.where(usable[..., None], scale, 1.0)
    scaled = np.where(usable[..., None, None], matrix, 0.0)
    eigenvalues = np.linalg.eigvalsh(scaled / (scale[..., :, None] * scale[..., None, :]))
    precision = matrix.shape[-1] * np.finfo(float).eps
    return eigenvalues[..., 0] > precision * eigenvalues[..., -1]
