"""The search as one would first write it: one cell after the other, dense, with NumPy."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from empirical_fisher.arrays import Array


def terms(
    theta: Array, inputs: Array, targets: Array, task: str, method: str
) -> tuple[float, Array, Array | None]:
    """Loss, gradient and preconditioner at one ``θ``."""
    f = inputs @ theta
    if task == "regression":
        residual, weights = f - targets, np.ones_like(f)
        loss = 0.5 * np.mean(residual**2)
    else:
        p = expit(f)
        residual, weights = p - targets, p * (1 - p)
        loss = np.mean(np.logaddexp(0, f) - targets * f)
    gradient = inputs.T @ residual / len(targets)
    if method == "GD":
        return loss, gradient, None
    weights = weights if method == "NGD" else residual**2
    return loss, gradient, inputs.T @ (weights[:, None] * inputs) / len(targets)


def descend(
    inputs: Array,
    targets: Array,
    task: str,
    method: str,
    step_size: float,
    damping: float,
    iterations: int,
    divergence_factor: float,
) -> tuple[str, int, float]:
    """Status, steps taken and last loss of one run from ``θ = 0``."""
    theta = np.zeros(inputs.shape[1])
    limit = np.inf
    for iteration in range(iterations + 1):
        loss, gradient, matrix = terms(theta, inputs, targets, task, method)
        if iteration == 0:
            limit = divergence_factor * loss
        if not loss <= limit:
            return "diverged", iteration, loss
        if iteration < iterations:
            if matrix is not None:
                gradient = np.linalg.solve(matrix + damping * np.eye(len(theta)), gradient)
            theta = theta - step_size * gradient
    return "finished", iterations, loss
