"""The note's random problems: targets come from a model whose predictions have unit variance.

Of `shared_problems.random_problem` every parameter has unit variance, so that predictions grow with
the number of features.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import LIKELIHOODS
from empirical_fisher.problems import Problem, linear_problem


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


def problem_and_point(
    seed: Sequence[int], task: str, size: int, features: int
) -> tuple[Problem, Array]:
    """A problem without a prior, and a ``θ`` of shape ``(P,)``: not its minimum, nor its origin."""
    generator = np.random.default_rng(seed)
    inputs, targets = examples(generator, task, size, parameters(generator, features))
    return linear_problem(inputs, targets, task), parameters(generator, features)


def problems(
    settings: Mapping[str, Any],
) -> Iterator[tuple[tuple[str, str, int], Problem, Array]]:
    """All problems of the section ``note`` of the configuration, and where the steps are taken.

    Yields
    ------
    ``(task, shape, repeat)``, and the two of `problem_and_point`.
    """
    for task in settings["tasks"]:
        for shape, sizes in settings["shapes"].items():
            for repeat in range(settings["repeats"]):
                seed = [settings["seed"], repeat]
                drawn = problem_and_point(seed, task, sizes["examples"], sizes["parameters"])
                yield (task, shape, repeat), *drawn
