"""Small linear and logistic regressions, drawn from a known model, for the experiments of the note.

Inputs are standard normal without a bias. Targets come from the model itself, with ``f = x · θ``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Array
from .problems import Problem, linear_problem


def parameters(generator: np.random.Generator, features: int) -> Array:
    """Draw ``θ`` with ``f = x · θ`` of unit variance on average, shape ``(D,)``."""
    return generator.standard_normal(features) / np.sqrt(features)


def examples(
    generator: np.random.Generator, task: str, size: int, theta: Array
) -> tuple[Array, Array]:
    """Draw ``N`` inputs, and targets of the model at ``θ``; a regression has unit noise.

    Returns
    -------
    inputs : (N, D) array
    targets : (N,) array
    """
    inputs = generator.standard_normal((size, len(theta)))
    f = inputs @ theta
    if task == "regression":
        return inputs, f + generator.standard_normal(size)
    return inputs, (generator.logistic(size=size) < f).astype(float)


def draw(seed: Sequence[int], task: str, size: int, features: int) -> tuple[Problem, Array]:
    """A problem without a prior, and a ``θ`` of shape ``(P,)``: not its minimum, nor its origin."""
    generator = np.random.default_rng(seed)
    inputs, targets = examples(generator, task, size, parameters(generator, features))
    return linear_problem(inputs, targets, task), parameters(generator, features)
