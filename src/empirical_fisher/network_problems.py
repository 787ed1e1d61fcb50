"""Problems for the network: random inputs, and starting points.

All that is random comes from the generator that is passed in.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .networks import TanhNetwork


def inputs(generator: np.random.Generator, examples: int, features: int) -> Array:
    """Standard normal features after a column of ones, shape ``(N, 1 + features)``."""
    return np.column_stack([np.ones(examples), generator.standard_normal((examples, features))])


def weights(generator: np.random.Generator, model: TanhNetwork) -> Array:
    """Draw ``θ`` with standard normal ``W`` and ``V`` of variance ``1 / H``, shape ``(P,)``."""
    theta = generator.standard_normal(model.parameters)
    model.layers(theta)[1][...] /= np.sqrt(model.hidden)
    return theta
