"""The grid of step sizes and dampings: one descent per cell, and the best cell.

A cell is a pair ``(γ, λ)``; its score is the loss after the last iteration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from .arrays import Array
from .bounds import lower_bound
from .methods import Method
from .problems import Problem
from .solvers import descend

CELL = ["step_size", "damping", "final_loss"]  #: columns that tell a cell and its score
TIE = 1e-9  #: relative difference of final losses that is called none
THERE = 0.01  #: relative difference to the final loss from which on a run is called there
ROUNDING = 1e-12  #: relative difference of losses below which no path is preferred for its end


@dataclass(frozen=True)
class Schedule:
    """How long a descent runs, and when it counts as diverged; see `solvers.descend`."""

    iterations: int
    divergence_factor: float


def cells(step_sizes: Array, dampings: Array | None = None) -> tuple[Array, Array]:
    """All pairs of a step size and a damping, γ-major; without dampings, as for GD, NaN.

    Returns
    -------
    step_size, damping : (cells,) arrays
    """
    columns = np.array([np.nan]) if dampings is None else dampings
    return np.repeat(step_sizes, len(columns)), np.tile(columns, len(step_sizes))


def evaluate(
    problem: Problem,
    method: Method | str,
    step_size: Array,
    damping: Array,
    schedule: Schedule,
    *,
    certified: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> pd.DataFrame:
    """Run every cell, but stop those that `bounds` proves not to be the best.

    Parameters
    ----------
    problem, method
        As for `solvers.descend`.
    step_size, damping
        ``γ`` and ``λ`` of each cell, shape ``(cells,)``.
    schedule
        Of each cell's run.
    certified
        Whether to stop a cell, as ``pruned``, once the bound on its final loss exceeds the lowest
        final loss so far. Where no bound is proven this changes nothing.
    progress
        Called now and then with the number of cells that have ended and of the steps taken in all.

    Returns
    -------
    pandas.DataFrame
        One row per cell: ``step_size, damping, status, iterations, final_loss, bound``. The
        ``final_loss`` is NaN unless the run finished, the ``bound`` unless it was pruned.
    """
    bound = None
    if certified:
        limit = schedule.divergence_factor * float(problem.at(problem.start).loss)
        bound = lower_bound(problem, method, limit)
    order = scattered(len(step_size))
    run = descend(
        problem,
        method,
        step_size[order],
        damping[order],
        **asdict(schedule),
        lower_bound=bound,
        progress=progress,
    )
    table = pd.DataFrame(
        {
            "step_size": step_size[order],
            "damping": damping[order],
            "status": run.status,
            "iterations": run.iterations,
            "final_loss": np.where(run.status == "finished", run.loss[-1], np.nan),
            "bound": run.bound,
        },
        index=order,
    )
    return table.sort_index()


def scattered(count: int) -> np.ndarray:
    """An order of ``0, …, count − 1``, shape ``(count,)``, that is even at every length.

    So a good cell is early. The multiples of the golden ratio, modulo one, are the most even
    sequence there is.
    """
    golden = (np.sqrt(5) - 1) / 2
    return np.argsort(np.argsort(np.arange(count) * golden % 1))


def best_cell(
    problem: Problem, method: Method | str, grid: pd.DataFrame, schedule: Schedule
) -> pd.DataFrame:
    """Find the cell with the lowest final loss, and among ties the fastest one.

    Ties are all cells within a relative `TIE` of the lowest loss. This is more than the effect of
    rounding errors, unless they decide the whole run (see `robustness.row_orders`). Among ties the
    winner has the fewest iterations until its loss comes within a relative `THERE` of the lowest
    and stays there; this whole number hardly depends on rounding. Among equally fast runs the
    lowest loss wins, to within a relative `ROUNDING`, then the smallest sum of log losses over the
    iterations, to within `ROUNDING` per iterate, then the smaller step size, then the larger
    damping.

    Parameters
    ----------
    problem, method, schedule
        As for `evaluate`.
    grid
        The table that `evaluate` makes of all cells.

    Returns
    -------
    pandas.DataFrame
        One row, ``step_size, damping, final_loss, ties, edge``; NaN and no ties if no cell
        finished. ``edge`` says on which sides of the grid the cell lies, and is empty within.
    """
    ties = near(grid, TIE)
    if ties.empty:
        return pd.DataFrame([{**dict.fromkeys(CELL, np.nan), "ties": 0, "edge": ""}])
    step_size, damping = ties["step_size"].to_numpy(), ties["damping"].to_numpy()
    run = descend(problem, method, step_size, damping, **asdict(schedule))
    log_losses = np.log(np.maximum(run.loss, np.finfo(float).tiny)).sum(axis=0)
    paths = ties.assign(
        needed=needed(run.loss, ties["final_loss"].min()),
        log_losses=log_losses,
    )
    fastest = near(paths[paths["needed"] == paths["needed"].min()], ROUNDING)
    limit = fastest["log_losses"].min() + ROUNDING * len(run.loss)
    earliest = fastest[fastest["log_losses"] <= limit]
    winner = earliest.sort_values(CELL[:2], ascending=[True, False]).head(1)
    return winner[CELL].assign(ties=len(ties), edge=edge(grid, winner))


def near(grid: pd.DataFrame, tolerance: float) -> pd.DataFrame:
    """The cells whose final loss is within a relative tolerance of the lowest."""
    lowest = grid["final_loss"].min()
    return grid[grid["final_loss"] <= lowest + tolerance * abs(lowest)]


def needed(losses: Array, final_loss: float) -> np.ndarray:
    """Iterations until runs come within a relative `THERE` of a final loss and stay there.

    Parameters
    ----------
    losses
        Of every iterate, shape ``(T + 1, K)``.

    Returns
    -------
    (K,) array
        ``T + 1`` for a run that ends farther away.
    """
    away = losses > final_loss + THERE * abs(final_loss)
    return np.where(away, np.arange(1, len(losses) + 1)[:, None], 0).max(axis=0)


def edge(grid: pd.DataFrame, cell: pd.DataFrame) -> str:
    """The sides of a grid that a cell lies on, as in ``"lowest damping"``; empty if inside.

    An axis of a single value has no sides.
    """
    sides = []
    for axis in CELL[:2]:
        lowest, highest = grid[axis].min(), grid[axis].max()
        for side, value in ("lowest", lowest), ("highest", highest):
            if lowest < highest and cell[axis].item() == value:
                sides.append(f"{side} {axis.replace('_', ' ')}")
    return " and ".join(sides)


def trace(
    problem: Problem, method: Method | str, step_size: float, damping: float, schedule: Schedule
) -> pd.DataFrame:
    """Follow one cell: a row for each iterate from ``θ₀`` to where the run ends.

    Parameters
    ----------
    problem, method, schedule
        As for `evaluate`.
    step_size, damping
        ``γ`` and ``λ``.

    Returns
    -------
    pandas.DataFrame
        ``iteration, loss, gradient_norm, step_norm, cosine``, as recorded by `solvers.descend`.
    """
    run = descend(
        problem,
        method,
        np.array([step_size]),
        np.array([damping]),
        **asdict(schedule),
        with_cosine=True,
    )
    rows = slice(run.iterations[0] + 1)
    return pd.DataFrame(
        {
            "iteration": np.arange(rows.stop),
            "loss": run.loss[rows, 0],
            "gradient_norm": run.gradient_norm[rows, 0],
            "step_norm": run.step_norm[rows, 0],
            "cosine": run.cosine[rows, 0],
        }
    )
