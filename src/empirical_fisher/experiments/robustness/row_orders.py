"""Figure 3's search with the rows in other orders, which changes only rounding errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.problems import Problem
from empirical_fisher.search import Schedule, best_cell, evaluate, trace

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


def best_with_cosine(
    problem: Problem, method: str, grid: pd.DataFrame, schedule: Schedule
) -> pd.DataFrame:
    """The best cell of a grid and, for EFGD, the lowest cosine along its run."""
    best = best_cell(problem, method, grid, schedule).assign(minimum_cosine=np.nan)
    if method == "EFGD" and best["ties"].item():
        run = trace(problem, method, best["step_size"].item(), best["damping"].item(), schedule)
        best["minimum_cosine"] = run["cosine"].min()
    best.insert(0, "method", method)
    return best.drop(columns=["ties", "edge"])


def row_orders(
    dataset: Dataset,
    model: Mapping[str, Any],
    grids: Mapping[str, pd.DataFrame],
    winners: Mapping[str, pd.DataFrame],
    seeds: Iterable[int],
    schedule: Schedule,
) -> pd.DataFrame:
    """Search the grid of every method again with the rows of the data in other orders.

    Apart from rounding errors, the problem and its best cell stay the same. Only those cells run
    whose final loss is at most `CONTENDERS` times the lowest in the file's order.

    Parameters
    ----------
    dataset
        With the rows in the file's order. A bias is appended to its features.
    model
        Other arguments of `shared_problems.modelled`.
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
            shuffled = modelled(moved, **model)
            again = evaluate(shuffled, method, step_size, damping, schedule)
            row = best_with_cosine(shuffled, method, again, schedule)
            row.insert(1, "seed", seed)
            same = again[_is_cell(again, winners[method])]
            rows.append(row.assign(same_cell_loss=same["final_loss"].max()))
    return pd.concat(rows, ignore_index=True)


def _is_cell(cells: pd.DataFrame, cell: pd.DataFrame) -> pd.Series:
    """Which cells have a given step size and damping; those of GD have no damping."""
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


def experiment(
    dataset: str,
    data: Dataset,
    model: Mapping[str, Any],
    grids: Mapping[str, Mapping[str, pd.DataFrame]],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    seeds: Iterable[int],
    schedule: Mapping[str, Any],
) -> pd.DataFrame:
    """`row_orders` of a data set, under ``dataset``."""
    methods = grids[dataset], cells[dataset]
    table = row_orders(data, model, *methods, seeds, Schedule(**schedule))
    table.insert(0, "dataset", dataset)
    return table


def hyperparameters(
    cells: Mapping[str, Mapping[str, pd.DataFrame]], orders: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """The best cells of all data sets and methods, and what `experiment` found of them.

    Returns
    -------
    dict
        ``table``, see `with_row_orders`, and ``orders``, the tables of `experiment` together.
    """
    columns = pd.DataFrame(columns=["dataset", *ROW_ORDERS])
    together = pd.concat([columns, *orders.values()])
    best = pd.concat([cell for methods in cells.values() for cell in methods.values()])
    return {"table": with_row_orders(best, together), "orders": together}
