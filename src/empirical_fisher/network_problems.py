"""Problems for the network: random inputs, starting points, and a descent's iterates.

All that is random comes from the generator that is passed in.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .networks import TanhNetwork
from .problems import Problem
from .solvers import direction


def inputs(generator: np.random.Generator, examples: int, features: int) -> Array:
    """Standard normal features after a column of ones, shape ``(N, 1 + features)``."""
    return np.column_stack([np.ones(examples), generator.standard_normal((examples, features))])


def weights(generator: np.random.Generator, model: TanhNetwork) -> Array:
    """Draw ``θ`` with standard normal ``W`` and ``V`` of variance ``1 / H``, shape ``(P,)``."""
    theta = generator.standard_normal(model.parameters)
    model.layers(theta)[1][...] /= np.sqrt(model.hidden)
    return theta


def path(
    problem: Problem,
    start: Array,
    method: str,
    *,
    step_size: float,
    iterations: int,
    damping: float = 0.0,
) -> Array:
    """Iterates ``θ₀, …, θ_T`` from ``start``, shape ``(..., P)``; theirs is ``(T + 1, ..., P)``."""
    iterates = [start]
    for _ in range(iterations):
        aim = direction(problem.at(iterates[-1]), method, damping)
        iterates.append(iterates[-1] + step_size * aim)
    return np.stack(iterates)
