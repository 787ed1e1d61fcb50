"""The grid of step sizes and dampings: every cell a descent, and the best of them.

A cell is a pair ``(γ, λ)``; its score is the loss after the last iteration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .likelihoods import Array
from .problems import Problem
from .solvers import Descent, descend

CELL = ["step_size", "damping", "final_loss"]
TIE = 1e-9  # relative difference of losses below which two cells tie


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
    method: str,
    step_size: Array,
    damping: Array,
    schedule: Schedule,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Run every cell.

    Returns
    -------
    pandas.DataFrame
        A row a cell, ``step_size, damping, status, iterations, final_loss, bound``; ``final_loss``
        is NaN unless the run finished.
    """
    run = _descend(problem, method, step_size, damping, schedule, progress=progress)
    return pd.DataFrame(
        {
            "step_size": step_size,
            "damping": damping,
            "status": run.status,
            "iterations": run.iterations,
            "final_loss": np.where(run.status == "finished", run.loss[-1], np.nan),
            "bound": np.nan,
        }
    )


def best_cell(
    problem: Problem, method: str, grid: pd.DataFrame, schedule: Schedule
) -> pd.DataFrame:
    """Find the cell with the lowest final loss.

    Cells whose losses differ by less than a relative ``1e-9`` tie. Of those the run that gets there
    first wins, the one with the least sum of log losses over the iterations; sums that differ by
    less than ``1e-9`` an iterate tie too, and then the smaller step size wins, and then the
    larger damping.

    Parameters
    ----------
    grid
        The table that `evaluate` makes of all cells.

    Returns
    -------
    pandas.DataFrame
        One row, ``step_size, damping, final_loss, ties``; NaN and no ties if no cell finished.
    """
    lowest = grid["final_loss"].min()
    tied = grid[grid["final_loss"] <= lowest + TIE * abs(lowest)]
    if tied.empty:
        return pd.DataFrame([{**dict.fromkeys(CELL, np.nan), "ties": 0}])
    step_size, damping = tied["step_size"].to_numpy(), tied["damping"].to_numpy()
    run = _descend(problem, method, step_size, damping, schedule)
    log_losses = np.log(np.maximum(run.loss, np.finfo(float).tiny)).sum(axis=0)
    earliest = tied[log_losses <= log_losses.min() + TIE * len(run.loss)]
    winner = earliest.sort_values(CELL[:2], ascending=[True, False]).head(1)
    return winner[CELL].assign(ties=len(tied))


def trace(
    problem: Problem, method: str, step_size: float, damping: float, schedule: Schedule
) -> pd.DataFrame:
    """Follow one cell: a row for each iterate from ``θ₀`` to where the run ends.

    Returns
    -------
    pandas.DataFrame
        ``iteration, loss, gradient_norm, step_norm, cosine``, as recorded by `solvers.descend`.
    """
    run = _descend(
        problem, method, np.array([step_size]), np.array([damping]), schedule, with_cosine=True
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


def _descend(
    problem: Problem,
    method: str,
    step_size: Array,
    damping: Array,
    schedule: Schedule,
    **options: Any,
) -> Descent:
    return descend(
        problem,
        method,
        step_size,
        damping,
        schedule.iterations,
        divergence_factor=schedule.divergence_factor,
        **options,
    )
