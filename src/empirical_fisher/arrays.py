"""What the package's numbers come in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
"""Floats in double precision, of the shape that the docstring says."""

Inputs: TypeAlias = Any
"""A design matrix: an `Array`, or a ``scipy.sparse.csr_array``."""
