"""The indicator of five preconditioners along the paths of descents, at every damping of a grid.

==============  ======================================================================
natural         ``(F + λ I)⁻¹ ∇L``
sampled         ``(F̂ + λ I)⁻¹ ∇L``, one label per example from the model
EF              ``(EF + λ I)⁻¹ ∇L``
improved        Eq. 8 of Wu et al. (2024): ``(EF + λ I)⁻¹ (1/N) Σ_n s_n ∇ℓ_n``
reweighted      Eq. 14: ``(B + λ I)⁻¹ ∇L`` with ``B = (1/N) Σ_n ∇ℓ_n ∇ℓ_nᵀ / s_n``
==============  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, design
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.methods import directions, solve
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, linear_problem
from empirical_fisher.solvers import iterates

from .drawn import network_point
from .improved import squared_residuals
from .indicator import indicator, is_resolved, least_indicator


def solved(matrix: Array, dampings: Array, vector: Array) -> Array:
    """``(A + λ I)⁻¹ b`` for every ``λ``, shape ``(K, P)``."""
    count, size = len(dampings), len(vector)
    matrices = np.broadcast_to(matrix, (count, size, size))
    return solve(matrices, dampings, np.broadcast_to(vector, (count, size)))


def weighted_gradient(point: Point) -> Array:
    """``(1/N) Σ_n s_n ∇ℓ_n``, which Eq. 8 has in the place of the gradient, shape ``(P,)``."""
    scaled = squared_residuals(point)[:, None] * point.residuals
    return point.problem.model.pull_back(point.theta, scaled) / point.problem.size


def indicators(point: Point, dampings: Array, seeds: Sequence[int]) -> pd.DataFrame:
    """The indicators at one ``θ``, relative to the least one, one row per seed and damping.

    They are NaN where the gradient is only rounding errors.

    Returns
    -------
    pandas.DataFrame
        ``seed, damping, natural, sampled, EF, improved, reweighted``; the seeds are those of the
        labels that ``sampled`` draws, and what needs none is the same for all.
    """
    least = least_indicator(point) if is_resolved(point) else np.nan
    shift = dampings + point.problem.prior_precision

    def relative(matrix: Array, vector: Array) -> list[float]:
        return [indicator(point, each) / least for each in solved(matrix, shift, vector)]

    same = {
        "natural": relative(point.fisher, point.gradient),
        "EF": relative(point.empirical_fisher, point.gradient),
        "improved": relative(point.empirical_fisher, weighted_gradient(point)),
        "reweighted": relative(point.improved_empirical_fisher, point.gradient),
    }
    tables = []
    for seed in seeds:
        labels = point.draw_labels(np.random.default_rng(seed))
        sampled = relative(point.sampled_fisher(labels), point.gradient)
        tables.append(pd.DataFrame({"seed": seed, "damping": dampings, "sampled": sampled, **same}))
    return pd.concat(tables)


def followed(
    point: Point, method: str, step_size: float, damping: float, iterations: Sequence[int]
) -> Iterator[tuple[int, Point]]:
    """Some iterates of a descent from a point, each with its number."""
    towards = directions(point.problem, method, damping)
    path = iterates(point.theta, towards, step_size, max(iterations))
    for iteration in iterations:
        yield iteration, point.problem.at(path[iteration])


def on_paths(
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    data: Mapping[str, Dataset],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    models: Mapping[str, Mapping[str, float]],
    iterations: int,
) -> pd.DataFrame:
    """The indicators along the best runs of Figure 3.

    Parameters
    ----------
    settings
        The section ``after_2019.indicator`` of the configuration.
    seeds
        Of the sampled labels.
    data, cells, models
        The data sets, the best cell of each method on each, and what `linear_problem` needs beside.
    iterations
        Steps of a run.

    Returns
    -------
    pandas.DataFrame
        ``problem, path, iteration`` and the columns of `indicators`.
    """
    dampings = log_axis(**settings["dampings"])
    kept = [each for each in settings["iterates"] if each <= iterations]
    tables = {}
    for name, dataset in data.items():
        problem = linear_problem(*design(dataset, bias=True), **models[name])
        start = problem.at(np.zeros(problem.parameters))
        for method, cell in cells[name].items():
            best = cell[["step_size", "damping"]].iloc[0]
            for iteration, point in followed(start, method, *best, kept):
                tables[name, method, iteration] = indicators(point, dampings, seeds)
    return stacked(tables, "problem", "path", "iteration")


def on_networks(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The indicators along NGD on networks with no more examples than parameters.

    Parameters
    ----------
    settings
        The section ``after_2019.indicator`` of the configuration.
    seeds
        Of the problems and of the sampled labels.

    Returns
    -------
    pandas.DataFrame
        As of `on_paths`; the likelihood is the problem.
    """
    dampings, networks = log_axis(**settings["dampings"]), settings["networks"]
    tables = {}
    for task in TASKS:
        for seed in seeds:
            start = network_point(seed, task, **networks["problem"])
            run = followed(start, "NGD", 1.0, networks["damping"], networks["iterates"])
            for iteration, point in run:
                key = task, "NGD", iteration, seed
                tables[key] = indicators(point, dampings, [seed]).drop(columns="seed")
    return stacked(tables, "problem", "path", "iteration", "seed")
