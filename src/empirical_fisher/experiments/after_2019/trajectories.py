"""Iterates of a descent, and the indicator of five preconditioners there at every damping.

==============  ======================================================================
natural         ``(F + λ I)⁻¹ ∇L``
sampled         ``(F̂ + λ I)⁻¹ ∇L``, one label per example from the model
EF              ``(EF + λ I)⁻¹ ∇L``
improved        Eq. 8 of Wu et al. (2024): ``(EF + λ I)⁻¹ (1/N) Σ_n s_n ∇ℓ_n``
reweighted      Eq. 14: ``(B + λ I)⁻¹ ∇L`` with ``B = (1/N) Σ_n ∇ℓ_n ∇ℓ_nᵀ / s_n``
==============  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.indicator import indicator, is_resolved, least_indicator
from empirical_fisher.linear_systems import solve
from empirical_fisher.methods import directions, scaled_gradient
from empirical_fisher.problems import Point
from empirical_fisher.solvers import iterates

INDICATORS = ["seed", "damping", "natural", "sampled", "EF", "improved", "reweighted"]
"""Columns of `indicators`."""


def solved(matrix: Array, dampings: Array, vector: Array) -> Array:
    """``(A + λ I)⁻¹ b`` for every ``λ``, shape ``(K, P)``."""
    count, size = len(dampings), len(vector)
    matrices = np.broadcast_to(matrix, (count, size, size))
    return solve(matrices, dampings, np.broadcast_to(vector, (count, size)))


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
        "improved": relative(point.empirical_fisher, scaled_gradient(point)),
        "reweighted": relative(point.improved_empirical_fisher, point.gradient),
    }
    tables = []
    for seed in seeds:
        labels = point.draw_labels(np.random.default_rng(seed))
        sampled = relative(point.sampled_fisher(labels), point.gradient)
        tables.append(pd.DataFrame({"seed": seed, "damping": dampings, "sampled": sampled, **same}))
    return pd.concat(tables)[INDICATORS]


def followed(
    point: Point, method: str, step_size: float, damping: float, iterations: Sequence[int]
) -> Iterator[tuple[int, Point]]:
    """Some iterates of a descent from a point, each with its number."""
    towards = directions(point.problem, method, damping)
    path = iterates(point.theta, towards, step_size, max(iterations))
    for iteration in iterations:
        yield iteration, point.problem.at(path[iteration])
