"""Whether the statements of Figures 1 to 3 hold for other choices than the authors'.

Figure 3 is redone on a coarser grid in these variants:

====================  ============================================================
``lower_dampings``    only the dampings of the grid below their geometric middle
``upper_dampings``    the others; the two halves together are the whole grid
``undamped``          ``λ = 0`` alone, where both matrices are invertible at ``θ₀``
``standardized``      features of mean 0 and variance 1
``clipped``           probabilities clipped as by the authors
====================  ============================================================

`row_orders` does its search over with the rows of the data in other orders. Figures 1 and 2 are
redone in the topics they belong to, on data drawn with other seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, design, standardized
from empirical_fisher.linear_systems import is_invertible
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem, linear_problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, trace

DAMPINGS = ("lower_dampings", "upper_dampings", "undamped")  #: which GD does not read
#: The other choices that Figure 3 is drawn with.
VARIANTS = (*DAMPINGS, "standardized", "clipped")


def variant(
    name: str,
    dataset: Dataset,
    *,
    prior_variance: float,
    step_sizes: Array,
    dampings: Array,
    clip: float,
    methods: Iterable[str],
    schedule: Schedule,
) -> pd.DataFrame:
    """Search the grid of every method in one of the `VARIANTS`.

    Parameters
    ----------
    name
        One of `VARIANTS`.
    dataset
        A bias is appended to its features.
    prior_variance
        As for `problems.linear_problem`.
    step_sizes, dampings
        The axes of the whole coarse grid, of shapes ``(K,)`` and ``(L,)``.
    clip
        The bound of the probabilities in ``clipped``.

    Returns
    -------
    pandas.DataFrame
        One row per method, ``method, step_size, damping, final_loss, minimum_cosine``: its best
        cell, without GD in variants of the dampings, and for EFGD the lowest cosine between its
        direction and the natural gradient on the way. NaN where no cell finished, or the undamped
        direction is not defined.
    """
    if name == "standardized":
        dataset = replace(dataset, inputs=standardized(dataset.inputs))
    problem = linear_problem(
        *design(dataset, bias=True),
        prior_variance,
        probability_clip=clip if name == "clipped" else 0.0,
    )
    lower = dampings < np.sqrt(dampings[0] * dampings[-1])
    levels = {
        "lower_dampings": dampings[lower],
        "upper_dampings": dampings[~lower],
        "undamped": np.zeros(1) if _has_undamped_steps(problem) else np.zeros(0),
    }.get(name, dampings)
    rows = [
        _searched(problem, method, step_sizes, None if method == "GD" else levels, schedule)
        for method in methods
        if method != "GD" or name not in DAMPINGS
    ]
    return pd.concat(rows, ignore_index=True)


def _has_undamped_steps(problem: Problem) -> bool:
    start = problem.at(np.zeros(problem.parameters))
    prior = problem.prior_precision * np.eye(problem.parameters)
    matrices = start.fisher + prior, start.empirical_fisher + prior
    return all(map(is_invertible, matrices))


def _searched(
    problem: Problem, method: str, step_sizes: Array, dampings: Array | None, schedule: Schedule
) -> pd.DataFrame:
    """One row of `variant`."""
    # The bounds divide by the damping: without it every cell runs.
    certified = dampings is None or bool(np.all(dampings > 0))
    grid = evaluate(problem, method, *cells(step_sizes, dampings), schedule, certified=certified)
    best = best_cell(problem, method, grid, schedule).assign(minimum_cosine=np.nan)
    if method == "EFGD" and best["ties"].item():
        run = trace(problem, method, best["step_size"].item(), best["damping"].item(), schedule)
        best["minimum_cosine"] = run["cosine"].min()
    best.insert(0, "method", method)
    return best.drop(columns=["ties", "edge"])


def figure3(
    dataset: str,
    data: Dataset,
    variants: Sequence[str],
    axes: Mapping[str, Mapping[str, Any]],
    schedule: Mapping[str, Any],
    methods: Sequence[str],
    prior_variance: float,
    clip: float,
) -> pd.DataFrame:
    """`variant` for each of some variants of a data set, under ``dataset, variant``.

    Parameters
    ----------
    axes
        ``step_sizes, dampings``: arguments of `arrays.log_axis`.
    schedule
        See `search.Schedule`.
    """
    levels = {name: log_axis(**axis) for name, axis in axes.items()}
    tables = {
        (dataset, name): variant(
            name,
            data,
            prior_variance=prior_variance,
            **levels,
            clip=clip,
            methods=methods,
            schedule=Schedule(**schedule),
        )
        for name in variants
    }
    return stacked(tables, "dataset", "variant")


def together(searches: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The tables of `figure3` for all data sets."""
    return pd.concat(searches.values(), ignore_index=True)
