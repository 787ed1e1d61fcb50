"""Random regressions and networks for the experiments.

Inputs are normal; targets come from the model itself. All that is random comes from the generator
that is passed in.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .arrays import Array
from .likelihoods import Bernoulli, Gaussian
from .networks import TanhNetwork
from .problems import Problem, linear_problem

TASKS = ("regression", "binary", "multiclass")  #: of `random_problem`
CLASSES = 3  #: of its multiclass problems
LIKELIHOODS = {"regression": Gaussian(), "binary": Bernoulli()}  #: of one output


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
    return inputs, LIKELIHOODS[task].sample(f[:, None], generator)


def draw(seed: Sequence[int], task: str, size: int, features: int) -> tuple[Problem, Array]:
    """A problem without a prior, and a ``θ`` of shape ``(P,)``: not its minimum, nor its origin."""
    generator = np.random.default_rng(seed)
    inputs, targets = examples(generator, task, size, parameters(generator, features))
    return linear_problem(inputs, targets, task), parameters(generator, features)


def random_problem(
    generator: np.random.Generator, task: str, size: int, features: int, condition: float = 1.0
) -> Problem:
    """A linear model with normal inputs, and targets that the model draws at a normal ``θ``.

    Parameters
    ----------
    task
        As for `problems.linear_problem`; three classes for ``"multiclass"``.
    condition
        Ratio of the largest to the smallest variance of an input, which are evenly spaced in
        their logarithms.
    """
    inputs = generator.standard_normal((size, features)) * condition ** -np.linspace(
        0, 0.5, features
    )
    labels = np.arange(size, dtype=np.float64) % (2 if task == "binary" else CLASSES)
    blank = linear_problem(inputs, labels, task)
    truth = generator.standard_normal(blank.parameters)
    targets = blank.likelihood.sample(blank.model.predict(truth), generator)
    return Problem(blank.likelihood, blank.model, targets)


def network_inputs(generator: np.random.Generator, examples: int, features: int) -> Array:
    """Standard normal features after a column of ones, shape ``(N, 1 + features)``."""
    return np.column_stack([np.ones(examples), generator.standard_normal((examples, features))])


def network_weights(generator: np.random.Generator, model: TanhNetwork) -> Array:
    """Draw ``θ`` with standard normal ``W`` and ``V`` of variance ``1 / H``, shape ``(P,)``."""
    theta = generator.standard_normal(model.parameters)
    model.layers(theta)[1][...] /= np.sqrt(model.hidden)
    return theta
