"""How one quantity grows with another."""

from __future__ import annotations

import numpy as np

from empirical_fisher.arrays import Array


def exponent(x: Array, y: Array) -> Array:
    """``p`` of ``y ∝ x^p`` by least squares on log axes, shape ``()`` or ``(S,)``.

    NaN where there is no such power: for values that are not positive or not finite, and for fewer
    than two ``x``.

    Parameters
    ----------
    x, y
        Of shapes ``(K,)`` and ``(K,)`` or ``(K, S)``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log_x, log_y = np.log(np.asarray(x)), np.log(np.asarray(y))
    powers = np.full(log_y.shape[1:], np.nan)
    known = np.isfinite(log_y).all(axis=0)
    if known.any() and np.isfinite(log_x).all() and len(np.unique(log_x)) > 1:
        powers[known] = np.polyfit(log_x, log_y[..., known] if log_y.ndim > 1 else log_y, 1)[0]
    return powers[()]
