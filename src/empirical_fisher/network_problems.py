"""Problems for the network: random inputs and targets, and starting points.

All that is random comes from the generator that is passed in.
"""

from __future__ import annotations

import numpy as np

from .arrays import Array
from .likelihoods import Categorical, Gaussian, Likelihood
from .networks import TanhNetwork


def inputs(generator: np.random.Generator, examples: int, features: int) -> Array:
    """Standard normal features after a column of ones, shape ``(N, 1 + features)``."""
    return np.column_stack([np.ones(examples), generator.standard_normal((examples, features))])


def targets(generator: np.random.Generator, likelihood: Likelihood, f: Array) -> Array:
    """Draw ``y_n ~ p(y | f_n)`` for natural parameters ``(N, M)``, shape ``(N,)``."""
    if isinstance(likelihood, Gaussian):
        return f[:, 0] + generator.standard_normal(len(f))
    if isinstance(likelihood, Categorical):
        return np.argmax(f + generator.gumbel(size=f.shape), axis=-1).astype(float)
    return (generator.random(len(f)) < likelihood.mean(f)[:, 0]).astype(float)


def weights(generator: np.random.Generator, model: TanhNetwork) -> Array:
    """Draw ``θ`` with standard normal ``W`` and ``V`` of variance ``1 / H``, shape ``(P,)``."""
    theta = generator.standard_normal(model.parameters)
    model.layers(theta)[1][...] /= np.sqrt(model.hidden)
    return theta
