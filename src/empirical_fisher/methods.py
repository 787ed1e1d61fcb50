r"""Which direction each method takes: no preconditioner, the Fisher or the empirical Fisher.

The direction is ``d = −(B + I/(N v) + λ I)⁻¹ ∇L(θ)``, where

=======  ===============================================
GD       no preconditioner: ``d = −∇L(θ)``
NGD      ``B`` is the Fisher
EFGD     ``B`` is the empirical Fisher
=======  ===============================================

``λ`` is the damping, and ``I/(N v)`` what the prior adds to the curvature. The update is that of §1
of the paper; damped it is in Figure 3 (§4.3).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from types import EllipsisType

import numpy as np
from scipy.linalg.lapack import dposv

from .arrays import Array
from .norms import cosine
from .problems import Point, Problem
from .rounding import gradient_error, is_resolved

PRECONDITIONERS: dict[str, Callable[[Point], Array] | None] = {
    "GD": None,
    "NGD": lambda point: point.fisher,
    "EFGD": lambda point: point.empirical_fisher,
}
"""The matrix ``B`` of each method at a point, shape ``(..., P, P)``."""


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


def direction(point: Point, method: str, damping: Array | float = 0.0) -> Array:
    """The direction ``d`` of a method at a point, shape ``(..., P)``; NaN where undefined.

    Parameters
    ----------
    point
        A problem at ``θ``.
    method
        A key of `PRECONDITIONERS`.
    damping
        ``λ``, of the point's leading shape; GD has no use for it.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    refuse_unknown(method)
    preconditioner = PRECONDITIONERS[method]
    if preconditioner is None:
        return -point.gradient
    shift = damping + point.problem.prior_precision
    return -solve(preconditioner(point), shift, point.gradient)


def directions(
    problem: Problem, method: str, damping: Array | float = 0.0
) -> Callable[[Array], Array]:
    """`direction` as a function of ``θ``, which has the shape of its argument ``(..., P)``."""
    return lambda theta: direction(problem.at(theta), method, damping)


def refuse_unknown(method: str) -> None:
    """Raise a ``ValueError`` that lists the methods, unless this is one of them."""
    if method not in PRECONDITIONERS:
        close = difflib.get_close_matches(str(method).upper(), PRECONDITIONERS, n=1)
        meant = f" (did you mean {close[0]}?)" if close else ""
        raise ValueError(f"no method {method!r}{meant}; there are {', '.join(PRECONDITIONERS)}")


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


def natural_cosine(
    point: Point,
    own: Array,
    method: str,
    damping: Array | float,
    runs: np.ndarray | EllipsisType = ...,
) -> Array:
    """Cosine, shape ``(...)``, of a method's direction and the natural gradient, with one damping.

    For GD, which has no damping, the natural gradient is undamped, and the cosine NaN where the
    Fisher is too large to be formed or not invertible, as that of softmax regression without a
    prior never is. It is also NaN where one of the directions is only rounding errors; see
    `rounding.is_resolved`.

    Parameters
    ----------
    point
        A problem at ``θ``.
    own, method
        The method's direction, shape ``(..., P)``, and its key of `PRECONDITIONERS`.
    damping
        ``λ``, of the point's leading shape.
    runs
        Which of a point's parameter vectors to take the cosine at; all by default.
    """
    own = own[runs]
    if method == "GD" and not point.problem.has_matrices:
        return np.full(own.shape[:-1], np.nan)
    fisher, gradient, prior = (
        point.fisher[runs],
        point.gradient[runs],
        point.problem.prior_precision,
    )
    error = gradient_error(point, runs)
    preconditioner = PRECONDITIONERS[method]
    if preconditioner is None:
        shift = np.full(own.shape[:-1], prior)
        resolved = np.linalg.norm(own, axis=-1) > np.linalg.norm(error, axis=-1)
        defined = is_invertible(fisher + prior * np.eye(point.problem.parameters)) & resolved
    else:
        shift = np.broadcast_to(damping, point.theta.shape[:-1])[runs] + prior
        defined = is_resolved(own, preconditioner(point)[runs], shift, error)
    natural = -solve(fisher, shift, gradient)
    defined = defined & is_resolved(natural, fisher, shift, error)
    return np.where(defined, cosine(own, natural), np.nan)
