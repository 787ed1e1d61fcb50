"""Figure 3's search with the rows in other orders, which changes only rounding errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import modelled, reordered
from empirical_fisher.problems import Problem
from empirical_fisher.search import CELL, TIE, Schedule, best_cell, evaluate, near, needed, trace
from empirical_fisher.solvers import descend

#: Columns of `row_orders`.
ROW_ORDERS = (
    "method",
    "seed",
    "step_size",
    "damping",
    "final_loss",
    "minimum_cosine",
    "same_cell_loss",
    "needed",
    "median_cosine",
)
CONTENDERS = 3.0  #: times the lowest final loss, up to which cells run again in another order


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
        One row per method and seed: ``method, seed, step_size, damping, final_loss,
        minimum_cosine`` of the best cell in this order, as for `variant`; ``same_cell_loss``, the
        final loss of the cell that is best in the file's order; and of the run of the best cell
        ``needed``, the iterations until its loss comes within 1 % of the lowest final loss of NGD
        and EFGD in the file's order and stays there (one more than there are if it does not), and
        ``median_cosine``. The last two are of NGD and EFGD, and cosines of EFGD alone.
    """
    rows = []
    damped = [winner["final_loss"].item() for name, winner in winners.items() if name != "GD"]
    goal = min(damped, default=np.nan)
    for method, grid in grids.items():
        contenders = grid[grid["final_loss"] <= CONTENDERS * grid["final_loss"].min()]
        step_size, damping = (contenders[axis].to_numpy() for axis in ("step_size", "damping"))
        for seed in seeds:
            shuffled = modelled(reordered(dataset, seed), **model)
            again = evaluate(shuffled, method, step_size, damping, schedule)
            best = best_cell(shuffled, method, again, schedule).drop(columns=["ties", "edge"])
            best.insert(0, "method", method)
            best.insert(1, "seed", seed)
            run = _along(shuffled, method, best, goal, schedule)
            same = again[_is_cell(again, winners[method])]["final_loss"].max()
            rows.append(best.assign(same_cell_loss=same, **run)[list(ROW_ORDERS)])
    return pd.concat(rows, ignore_index=True)


def _along(
    problem: Problem, method: str, best: pd.DataFrame, goal: float, schedule: Schedule
) -> dict[str, float]:
    """How fast the run of a best cell is, and its cosines; GD's is not followed."""
    cell = best["step_size"].item(), best["damping"].item()
    if method == "GD" or np.isnan(cell[0]):
        return dict.fromkeys(("needed", "minimum_cosine", "median_cosine"), np.nan)
    run = trace(problem, method, *cell, schedule)
    cosines = run["cosine"] if method == "EFGD" else pd.Series([np.nan])
    return {
        "needed": float(needed(run["loss"].to_numpy()[:, None], goal)[0]),
        "minimum_cosine": cosines.min(),
        "median_cosine": cosines.median(),
    }


def ties(
    dataset: Dataset,
    model: Mapping[str, Any],
    grids: Mapping[str, pd.DataFrame],
    schedule: Schedule,
) -> pd.DataFrame:
    """The cells of EFGD's grid that tie for the lowest final loss, and the run of each.

    Parameters
    ----------
    dataset, model, grids, schedule
        As for `row_orders`.

    Returns
    -------
    pandas.DataFrame
        ``step_size, damping, final_loss, minimum_cosine, negative``: the lowest cosine between
        EFGD's direction and the natural gradient along the run, and in how many iterates it is
        negative.
    """
    problem = modelled(dataset, **model)
    rows = []
    for cell in near(grids["EFGD"], TIE).itertuples() if "EFGD" in grids else ():
        cosines = trace(problem, "EFGD", cell.step_size, cell.damping, schedule)["cosine"]
        rows.append(
            (cell.step_size, cell.damping, cell.final_loss, cosines.min(), (cosines < 0).sum())
        )
    return pd.DataFrame(rows, columns=[*CELL, "minimum_cosine", "negative"])


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
) -> dict[str, pd.DataFrame]:
    """``orders``, `row_orders` of a data set under ``dataset``, and ``ties``, its `ties`."""
    methods = grids[dataset], cells[dataset]
    table = row_orders(data, model, *methods, seeds, Schedule(**schedule))
    table.insert(0, "dataset", dataset)
    return {"orders": table, "ties": ties(data, model, grids[dataset], Schedule(**schedule))}


def winners(
    dataset: str,
    data: Dataset,
    model: Mapping[str, Any],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    seeds: Iterable[int],
    schedule: Mapping[str, Any],
) -> pd.DataFrame:
    """The best cells of NGD and EFGD in other orders, where a search would take too long.

    Returns
    -------
    pandas.DataFrame
        ``dataset, method, seed, final_loss, needed``, as for `row_orders`.
    """
    best = {method: cells[dataset][method] for method in ("NGD", "EFGD")}
    goal = min(cell["final_loss"].item() for cell in best.values())
    rows = []
    for method, cell in best.items():
        axes = cell["step_size"].to_numpy(), cell["damping"].to_numpy()
        for seed in seeds:
            problem = modelled(reordered(data, seed), **model)
            loss = descend(problem, method, *axes, **schedule).loss
            when = needed(np.nan_to_num(loss, nan=np.inf), goal)[0]  # a run may end early
            rows.append((dataset, method, seed, loss[-1, 0], when))
    return pd.DataFrame(rows, columns=["dataset", "method", "seed", "final_loss", "needed"])


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
