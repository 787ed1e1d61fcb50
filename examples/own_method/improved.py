"""The improved empirical Fisher's update, Eq. 8 of Wu, Yu, Zhang and Woodland (2024)."""

import numpy as np


def direction(point, damping, state, rng, share=1.0):
    """``−Jᵀ (J Jᵀ + N λ I)⁻¹ s``: every example's loss is to fall in proportion to ``s``.

    The rows of ``J`` are the gradients of the examples, and ``s_n`` is the squared length of their
    residuals to the power ``share``; 1 is the paper's.
    """
    rows = point.example_gradients  # (..., N, P)
    size = rows.shape[-2]
    s = np.sum(point.residuals**2, axis=-1) ** share
    shift = size * damping[..., None, None] * np.eye(size)
    system = rows @ np.swapaxes(rows, -1, -2) + shift
    weights = np.linalg.solve(system, s[..., None])
    return -np.sum(rows * weights, axis=-2), state
