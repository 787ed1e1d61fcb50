r"""Where a computed gradient or direction consists of rounding errors only.

A gradient is a sum whose terms cancel at a minimum. Then only the rounding errors of the terms are
left: the computed gradient may point anywhere, and so may every direction computed from it.
"""

from __future__ import annotations

from types import EllipsisType

import numpy as np

from .arrays import Array
from .models import LinearModel
from .problems import Point

EPSILON = float(np.finfo(float).eps)


def gradient_error(point: Point, runs: np.ndarray | EllipsisType = ...) -> Array:
    """The largest change of each entry of the gradient by rounding every term once.

    The terms are ``J_nᵀ r_n / N`` and the prior's. A residual ``r_n`` is rounded itself, and so are
    the terms of the prediction ``J_n θ`` that it is computed from:

    ``ε ((1/N) Σ_n |J_n|ᵀ (|r_n| + |∇²_f ℓ_n| |J_n| |θ|) + |θ| / (N v))``.

    Parameters
    ----------
    point
        A problem at ``θ``.
    runs
        Which of a point's parameter vectors to look at; all by default.

    Returns
    -------
    (..., P) array
        Zero, which is to say nothing, for a model that is not linear.
    """
    problem, theta = point.problem, np.abs(point.theta[runs])
    if not isinstance(problem.model, LinearModel):
        return np.zeros_like(theta)
    absolute = problem.model.absolute
    weights = np.abs(problem.likelihood.hessian(point.predictions[runs]))
    predicted = np.einsum("...mk,...k->...m", weights, absolute.predict(theta))
    residuals = np.abs(point.residuals[runs]) + predicted
    data = absolute.pull_back(theta, residuals) / problem.size
    return EPSILON * (data + problem.prior_precision * theta)


def is_resolved(direction: Array, matrix: Array, damping: Array, error: Array) -> np.ndarray:
    """Whether ``d = −(A + λ I)⁻¹ g`` is more than rounding: ``‖d‖ > ‖|(A + λ I)⁻¹| e‖``.

    The right-hand side bounds how far the direction moves where the gradient does by its error.

    Parameters
    ----------
    direction, matrix, damping, error
        ``d``, ``A``, ``λ`` and what `gradient_error` says ``e`` is, of shapes ``(..., P)``,
        ``(..., P, P)``, ``(...)`` and ``(..., P)``.

    Returns
    -------
    (...) array
        False where the damped matrix is singular.
    """
    resolved = np.zeros(direction.shape[:-1], dtype=bool)
    for index in np.ndindex(resolved.shape):
        damped = matrix[index] + damping[index] * np.eye(direction.shape[-1])
        try:
            moved = np.abs(np.linalg.inv(damped)) @ error[index]
        except np.linalg.LinAlgError:
            continue
        resolved[index] = np.linalg.norm(direction[index]) > np.linalg.norm(moved)
    return resolved
