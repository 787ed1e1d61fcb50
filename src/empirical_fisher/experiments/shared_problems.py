"""The problems that several experiments share: of a data set's model, and random ones.

Inputs of random problems are normal; targets come from the model itself. All that is random comes
from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from empirical_fisher.arrays import Array
from empirical_fisher.data.datasets import Dataset, design
from empirical_fisher.likelihoods import Bernoulli, Gaussian
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.problems import Problem, linear_problem, network_problem

TASKS = ("regression", "binary", "multiclass")  #: of `random_problem`
CLASSES = 3  #: of its multiclass problems
LIKELIHOODS = {"regression": Gaussian(), "binary": Bernoulli()}  #: of one output


def modelled(
    data: Dataset, *, network: Mapping[str, Any] | None = None, **settings: Any
) -> Problem:
    """A data set with the model that the configuration gives it, and a bias.

    Parameters
    ----------
    data
        What to predict, and from what.
    network
        ``hidden``, ``activation`` and ``seed`` of `problems.network_problem`; without, a linear
        model.
    settings
        ``prior_variance`` and ``probability_clip`` of `problems.linear_problem`.
    """
    inputs, targets, task = design(data, bias=True)
    if network is None:
        return linear_problem(inputs, targets, task, **settings)
    return network_problem(inputs, targets, task, **settings, **network)


def reordered(dataset: Dataset, seed: int | None) -> Dataset:
    """The same data with their rows in the order that a seed draws; in their own for None."""
    size = len(dataset.targets)
    order = np.arange(size) if seed is None else np.random.default_rng(seed).permutation(size)
    return replace(dataset, inputs=dataset.inputs[order], targets=dataset.targets[order])


def constant_problem(targets: Sequence[float]) -> Problem:
    """Least squares with one parameter, ``x = 1``: ``L = Σ_n (θ − y_n)² / (2 N)``."""
    return linear_problem(np.ones((len(targets), 1)), np.asarray(targets), "regression")


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
