"""Whether Figures 1 to 3 of the paper survive other choices than the authors'.

Figure 3 is redone on a coarser grid in these variants:

====================  ============================================================
``lower_dampings``    only the dampings of the grid below their geometric middle
``upper_dampings``    the others; the two halves together are the whole grid
``undamped``          ``λ = 0`` alone, where both matrices are invertible at ``θ₀``
``standardized``      features of mean 0 and variance 1
``clipped``           probabilities clipped as by the authors
====================  ============================================================

and Figures 1 and 2 on data drawn with other seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse

from .arrays import Array, Inputs
from .datasets import Dataset, design, from_table
from .misspecification import accuracy
from .norms import relative_distance
from .problems import Problem, linear_problem
from .search import Schedule, best_cell, cells, evaluate, trace
from .solvers import cosine, is_invertible
from .synthetic import gaussian_classes, lognormal_line
from .vector_field import flow, line_problem

DAMPINGS = ("lower_dampings", "upper_dampings", "undamped")  #: which GD does not read
#: The other choices that Figure 3 is drawn with.
VARIANTS = (*DAMPINGS, "standardized", "clipped")


def standardized(inputs: Inputs) -> Array:
    """Shift and scale every column of ``(N, D)`` inputs to mean 0 and variance 1.

    Constant ones become 0. Sparse inputs become dense, for hardly a zero is left.
    """
    dense = inputs.toarray() if scipy.sparse.issparse(inputs) else inputs
    varies = np.ptp(dense, axis=0) > 0  # where rounding may leave a constant's deviation above zero
    scale = np.where(varies, dense.std(axis=0), 1.0)
    return np.where(varies, (dense - dense.mean(axis=0)) / scale, 0.0)


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
        A row a method, ``method, step_size, damping, final_loss, minimum_cosine``: its best cell,
        without GD in variants of the dampings, and for EFGD the lowest cosine between its direction
        and the natural gradient on the way. NaN where no cell finished, or the undamped direction
        is not defined.
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
    return best.drop(columns="ties")


def vector_fields(
    source: Mapping[str, Any], seeds: Iterable[int], settings: Mapping[str, Any], points: Array
) -> pd.DataFrame:
    """Figure 1 with other seeds: the cosine between each flow and the way to the minimum.

    Parameters
    ----------
    source
        Parameters of `synthetic.lognormal_line`, whose seed is replaced by each of ``seeds``.
    settings
        ``prior_variance, damping, scales`` of Figure 1.
    points
        Where to look, shape ``(K, 2)``.

    Returns
    -------
    pandas.DataFrame
        ``seed, method, mean_cosine, minimum_cosine`` over the points.
    """
    rows = []
    for seed in seeds:
        problem = line_problem(
            lognormal_line(**{**source, "seed": seed}), settings["prior_variance"]
        )
        way = problem.minimizer() - points
        for method, scale in settings["scales"].items():
            along = cosine(flow(problem, points, method, scale, settings["damping"]), way)
            rows.append((seed, method, np.mean(along), np.min(along)))
    return pd.DataFrame(rows, columns=["seed", "method", "mean_cosine", "minimum_cosine"])


def misspecification(
    sources: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    *,
    bias: bool,
    prior_variance: float,
) -> pd.DataFrame:
    """Figure 2 with other seeds: how far the empirical Fisher is from the Fisher at the minimum.

    Parameters
    ----------
    sources
        For each problem the parameters of `synthetic.gaussian_classes`, whose seed is replaced by
        each of ``seeds``.
    bias, prior_variance
        Of Figure 2.

    Returns
    -------
    pandas.DataFrame
        ``problem, seed, distance, accuracy``; the distance is ``‖EF − F‖ / ‖F‖`` (Frobenius).
    """
    rows = []
    for name, source in sources.items():
        for seed in seeds:
            dataset = from_table(gaussian_classes(**{**source, "seed": seed}), "binary")
            problem = linear_problem(*design(dataset, bias=bias), prior_variance)
            point = problem.at(problem.minimizer())
            distance = relative_distance(point.empirical_fisher, point.fisher)
            rows.append((name, seed, distance, accuracy(point)))
    return pd.DataFrame(rows, columns=["problem", "seed", "distance", "accuracy"])
