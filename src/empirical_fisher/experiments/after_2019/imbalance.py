r"""Softmax regression on classes with frequencies like Zipf's (Kunstner et al. 2024).

The share of class ``k`` is proportional to ``1/k``. Full-batch descents start from ``θ = 0``, each
method at the best cell of its grid: the one with the lowest final loss.

======  ==================================================
GD      ``∇L``
root    ``∇L / √diag EF``, in the manner of Adam
NGD     ``(F + λ I)⁻¹ ∇L``
EFGD    ``(EF + λ I)⁻¹ ∇L``
======  ==================================================

The block of the Hessian that belongs to class ``k`` is ``mean p_k (1 − p_k) x xᵀ``. At ``θ = 0`` it
is the same for all classes. At the minimum the mean of ``p_k`` is the frequency of the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, lattice, log_axis
from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.methods import Method, directions
from empirical_fisher.problems import Point, Problem, linear_problem
from empirical_fisher.solvers import iterates

METHODS: dict[str, Method | str] = {
    "GD": "GD",
    "root": Method("root", "empirical_fisher", structure="diagonal", power=0.5),
    "NGD": "NGD",
    "EFGD": "EFGD",
}


def class_sizes(examples: int, classes: int) -> np.ndarray:
    """How many examples each class has, most frequent first, shape ``(C,)``; one at least."""
    shares = 1 / np.arange(1, classes + 1)
    sizes = np.maximum(1, np.floor(examples * shares / shares.sum())).astype(int)
    sizes[0] += examples - sizes.sum()
    return sizes


def drawn_problem(seed: int, classes: int, features: int, examples: int) -> Problem:
    """Normal inputs around normal means, one for each class, after a column of ones."""
    generator = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), class_sizes(examples, classes))
    means = generator.standard_normal((classes, features))
    inputs = means[labels] + generator.standard_normal((examples, features))
    return linear_problem(
        np.column_stack([np.ones(examples), inputs]), labels.astype(float), "multiclass"
    )


def best_path(problem: Problem, method: str, grid: Mapping[str, Any], iterations: int) -> Array:
    """All iterates ``(T + 1, P)`` from ``θ = 0`` in the cell with the lowest final loss."""
    axes = {name: log_axis(**axis) for name, axis in grid.items()}
    step_size, damping = lattice(axes["step_sizes"], axes.get("dampings", np.zeros(1))).T
    start = np.zeros((len(step_size), problem.parameters))
    path = iterates(start, directions(problem, METHODS[method], damping), step_size, iterations)
    with np.errstate(over="ignore", invalid="ignore"):
        final = problem.at(path[-1]).loss
    return path[:, np.argmin(np.where(np.isfinite(final), final, np.inf))]


def group_losses(problem: Problem, theta: Array) -> dict[str, Array]:
    """Mean loss of the examples of the frequent classes and of the rare ones, shape ``(...)``.

    The frequent classes are the first ones that together have half of the examples or more.
    """
    losses = problem.at(theta).losses
    sizes = np.bincount(problem.targets.astype(int))
    last = np.searchsorted(np.cumsum(sizes), problem.size / 2)
    frequent = problem.targets <= last
    return {
        "frequent": losses[..., frequent].mean(axis=-1),
        "rare": losses[..., ~frequent].mean(axis=-1),
    }


def descents(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """Descents on the classes with unequal frequencies.

    Parameters
    ----------
    settings
        The section ``after_2019.imbalance`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, method, iteration, loss``; ``frequent, rare``: of the way of each half's loss from
        the start to the minimum, the share that is behind.
    """
    tables = []
    for seed in seeds:
        problem = drawn_problem(seed, **settings["problem"])
        minimum = problem.minimizer()
        ends = group_losses(problem, np.stack([np.zeros(problem.parameters), minimum]))
        for method, grid in settings["grids"].items():
            path = best_path(problem, method, grid, settings["iterations"])
            groups = group_losses(problem, path)
            progress = {
                name: (ends[name][0] - losses) / (ends[name][0] - ends[name][1])
                for name, losses in groups.items()
            }
            tables.append(
                pd.DataFrame(
                    {
                        "seed": seed,
                        "method": method,
                        "iteration": np.arange(len(path)),
                        "loss": problem.at(path).loss,
                        **progress,
                    }
                )
            )
    return pd.concat(tables, ignore_index=True)


def class_traces(point: Point) -> Array:
    """Trace of the Hessian's block of each class at one ``θ``, shape ``(C,)``."""
    return np.diagonal(point.hessian).reshape(point.problem.likelihood.outputs, -1).sum(axis=-1)


def class_curvature(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """How the curvature of a class depends on its frequency, at ``θ = 0`` and at the minimum.

    Parameters
    ----------
    settings, seeds
        As for `descents`.

    Returns
    -------
    pandas.DataFrame
        ``seed``; ``at_start, at_minimum``: the exponent of the frequency.
    """
    rows = []
    for seed in seeds:
        problem = drawn_problem(seed, **settings["problem"])
        sizes = np.bincount(problem.targets.astype(int)).astype(float)
        places = np.zeros(problem.parameters), problem.minimizer()
        powers = (exponent(sizes, class_traces(problem.at(theta))) for theta in places)
        rows.append((seed, *map(float, powers)))
    return pd.DataFrame(rows, columns=["seed", "at_start", "at_minimum"])


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> dict[str, pd.DataFrame]:
    """Both tables: ``imbalance``, of `descents`, and ``class_curvature``.

    Parameters
    ----------
    settings
        The section ``after_2019.imbalance`` of the configuration.
    seeds
        Of the problems.
    """
    return {
        "imbalance": descents(settings, seeds),
        "class_curvature": class_curvature(settings, seeds),
    }
