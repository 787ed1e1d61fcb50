"""Types of arrays, and arrays of the values that experiments are run at."""

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
