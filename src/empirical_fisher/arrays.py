"""Types of arrays, axes of values, and the exponent of one quantity as a power of another."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Floats in double precision, of the shape that the docstring says."""

Inputs: TypeAlias = Any
"""A design matrix: an `Array`, or a ``scipy.sparse.csr_array``."""


def log_axis(low: float, high: float, count: int) -> Array:
    """Values from low to high, evenly spaced in their logarithm, shape ``(count,)``."""
    return np.geomspace(low, high, count)


def lattice(*axes: Array) -> Array:
    """All points with a coordinate from each axis, shape ``(points, axes)``, the first slowest."""
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(axes))


def thinned(last: int, kept: int) -> np.ndarray:
    """About ``kept`` of ``0, …, last``, including both ends, denser at the beginning."""
    return np.unique(np.append(0, np.geomspace(last, 1, kept - 1).round()).astype(int))


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
