"""Whether Figures 1 to 3 of the paper survive other choices than the authors'.

Figure 3 is redone on a coarser grid in these variants:

====================  ============================================================
``lower_dampings``    only the dampings of the grid below their geometric middle
``upper_dampings``    the others; the two halves together are the whole grid
``undamped``          ``λ = 0`` alone, where both matrices are invertible at ``θ₀``
``standardized``      features of mean 0 and variance 1
``clipped``           probabilities clipped as by the authors
====================  ============================================================

and Figures 1 and 2 on data drawn with other seeds. Its search is also done over with the rows of
the data in other orders, which changes nothing but the rounding.
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
#: Columns of `row_orders`.
ROW_ORDERS = (
    "method",
    "seed",
    "step_size",
    "damping",
    "final_loss",
    "minimum_cosine",
    "same_cell_loss",
)
CONTENDERS = 3.0  #: times the lowest final loss, up to which cells run again in another order


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
    return _best(problem, method, grid, schedule)


def _best(problem: Problem, method: str, grid: pd.DataFrame, schedule: Schedule) -> pd.DataFrame:
    """The best cell of a grid and, for EFGD, the lowest cosine on its way."""
    best = best_cell(problem, method, grid, schedule).assign(minimum_cosine=np.nan)
    if method == "EFGD" and best["ties"].item():
        run = trace(problem, method, best["step_size"].item(), best["damping"].item(), schedule)
        best["minimum_cosine"] = run["cosine"].min()
    best.insert(0, "method", method)
    return best.drop(columns=["ties", "edge"])


def row_orders(
    dataset: Dataset,
    model: Mapping[str, float],
    grids: Mapping[str, pd.DataFrame],
    winners: Mapping[str, pd.DataFrame],
    seeds: Iterable[int],
    schedule: Schedule,
) -> pd.DataFrame:
    """Search the grid of every method again with the rows of the data in other orders.

    The problem is the same, and so is the best cell, but for rounding. Only the cells run that end
    within `CONTENDERS` times the lowest loss in the file's order.

    Parameters
    ----------
    dataset
        With the rows in the file's order. A bias is appended to its features.
    model
        Other arguments of `problems.linear_problem`.
    grids, winners
        For each method the tables that `search.evaluate` and `search.best_cell` make of it.
    seeds
        Of the generators that draw the orders.

    Returns
    -------
    pandas.DataFrame
        A row a method and seed, ``method, seed, step_size, damping, final_loss, minimum_cosine``
        of the best cell in this order, as for `variant`, and ``same_cell_loss``, the final loss of
        the cell that is best in the file's order.
    """
    rows = []
    for method, grid in grids.items():
        contenders = grid[grid["final_loss"] <= CONTENDERS * grid["final_loss"].min()]
        step_size, damping = (contenders[axis].to_numpy() for axis in ("step_size", "damping"))
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(dataset.targets))
            moved = replace(dataset, inputs=dataset.inputs[order], targets=dataset.targets[order])
            inputs, targets, task = design(moved, bias=True)
            shuffled = linear_problem(inputs, targets, task, **model)
            again = evaluate(shuffled, method, step_size, damping, schedule)
            row = _best(shuffled, method, again, schedule)
            row.insert(1, "seed", seed)
            same = again[_is_cell(again, winners[method])]
            rows.append(row.assign(same_cell_loss=same["final_loss"].max()))
    return pd.concat(rows, ignore_index=True)


def _is_cell(cells: pd.DataFrame, cell: pd.DataFrame) -> pd.Series:
    """Which cells are a given one; GD's have no damping."""
    [wanted] = cell[["step_size", "damping"]].fillna(0.0).to_numpy()
    return (cells[["step_size", "damping"]].fillna(0.0) == wanted).all(axis=1)


def with_row_orders(best: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """The best cells, and what `row_orders` found of them.

    Parameters
    ----------
    best
        Tables of `search.best_cell` under ``dataset, method``.
    orders
        Tables of `row_orders` under ``dataset``.

    Returns
    -------
    pandas.DataFrame
        The best cells with ``orders``, in how many orders of the rows the search was done again,
        ``other_winners``, in how many of these another cell won, and ``lowest_loss_of_orders,
        highest_loss_of_orders``, the range of the best final loss; empty where it wasn't.
    """
    found = []
    for _, winner in best.groupby(["dataset", "method"], sort=False):
        dataset, method = winner[["dataset", "method"]].iloc[0]
        again = orders[(orders["dataset"] == dataset) & (orders["method"] == method)]
        others = len(again) - np.count_nonzero(_is_cell(again, winner))
        losses = again["final_loss"]
        found.append((len(again), others, losses.min(), losses.max()))
    names = ["orders", "other_winners", "lowest_loss_of_orders", "highest_loss_of_orders"]
    counts = dict.fromkeys(names[:2], "Int64")
    beside = pd.DataFrame(found, columns=names).astype(counts)
    beside.loc[beside["orders"] == 0] = pd.NA
    return pd.concat([best.reset_index(drop=True), beside], axis=1)


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
