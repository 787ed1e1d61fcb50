"""NGD with the one-sample Fisher in the Fisher's place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.linear_systems import solve
from empirical_fisher.problems import Problem
from empirical_fisher.search import CELL, TIE, Schedule, cells
from empirical_fisher.solvers import iterates


def descend(
    problem: Problem,
    step_size: Array,
    damping: Array,
    schedule: Schedule,
    generators: Sequence[np.random.Generator],
) -> Array:
    """Run NGD with a fresh one-sample Fisher at every step, ``K`` runs at once.

    As `solvers.descend` with NGD, but for the matrix.

    Parameters
    ----------
    problem
        What to minimise.
    step_size, damping
        ``γ`` and ``λ`` of each run, shape ``(K,)``.
    schedule
        The number ``T`` of steps, and when a run counts as diverged.
    generators
        One for each run.

    Returns
    -------
    (T + 1, K) array
        The loss at every iterate; NaN after the one at which a run has diverged.
    """

    def towards(theta: Array) -> Array:
        point = problem.at(theta)
        matrix = point.sampled_fisher(point.draw_labels(generators))
        return -solve(matrix, damping + problem.prior_precision, point.gradient)

    start = np.tile(problem.start, (len(damping), 1))
    path = iterates(start, towards, step_size, schedule.iterations)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.stack([problem.at(theta).loss for theta in path])
    diverged = np.logical_or.accumulate(~(loss <= schedule.divergence_factor * loss[0]))
    loss[1:][diverged[:-1]] = np.nan
    return loss


def experiment(
    problem: Problem,
    cell: tuple[float, float],
    factors: Sequence[float],
    dampings: Array,
    schedule: Schedule,
    *,
    seed: int,
    runs: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the one-sample Fisher in NGD's place: at NGD's best cell, and on a small grid.

    Parameters
    ----------
    problem
        What to minimise.
    cell
        ``γ`` and ``λ`` of NGD's best cell.
    factors, dampings
        The grid: step sizes as multiples of NGD's, and dampings, shape ``(L,)``.
    schedule
        As for `descend`.
    seed, runs
        Of the labels drawn, and runs in each cell; run ``i`` draws from the stream ``(seed, i)``.

    Returns
    -------
    ends : pandas.DataFrame
        ``step_size, damping, setting, runs, diverged, lowest, median, highest``: of the final
        losses, infinite where a run diverged. The first row is NGD's cell, with ``cell`` for its
        setting, and the others are the ``grid``, of which the best cell is ``tuned``: the one whose
        worst run is the best, and of cells that tie that of the larger step size and then the
        larger damping.
    traces : pandas.DataFrame
        ``setting, run, iteration, loss`` of the runs of these settings.
    """
    grid = pd.DataFrame(
        dict(zip(CELL[:2], cells(cell[0] * np.array(factors), dampings), strict=True))
    )
    levels = pd.concat([pd.DataFrame([cell], columns=CELL[:2]), grid], ignore_index=True)
    generators = [np.random.default_rng([seed, run]) for _ in levels.index for run in range(runs)]
    gamma, lam = (np.repeat(levels[name].to_numpy(), runs) for name in CELL[:2])
    loss = descend(problem, gamma, lam, schedule, generators)
    paths = loss.reshape(len(loss), len(levels), runs)
    limit = schedule.divergence_factor * loss[0, 0]
    final = np.where(paths[-1] <= limit, paths[-1], np.inf)  # not where it is not a number
    ends = levels.assign(
        setting="grid",
        runs=runs,
        diverged=np.isinf(final).sum(axis=-1),
        lowest=final.min(axis=-1),
        median=np.quantile(final, 0.5, axis=-1, method="lower"),
        highest=final.max(axis=-1),
    )
    settings = {"cell": 0, "tuned": _best(ends.drop(index=0))}
    traces = [
        pd.DataFrame({"setting": name, "run": run, "iteration": range(len(loss)), "loss": path})
        for name, level in settings.items()
        for run, path in enumerate(paths[:, level].T)
    ]
    for name, level in settings.items():
        ends.loc[level, "setting"] = name
    return ends, pd.concat(traces, ignore_index=True).dropna()


def _best(ends: pd.DataFrame) -> int:
    """Index of the row whose worst run is the best."""
    lowest = ends["highest"].min()
    equal = ends[ends["highest"] <= lowest + TIE * abs(lowest)]
    return int(equal.sort_values(CELL[:2], ascending=False).index[0])


def descents(
    data: Dataset,
    cell: pd.DataFrame,
    model: Mapping[str, Any],
    schedule: Mapping[str, Any],
    seed: int,
    settings: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """NGD with the one-sample Fisher on a problem of Figure 3.

    Parameters
    ----------
    data, model
        The problem: see `shared_problems.modelled`.
    cell
        NGD's best cell, one row as `search.best_cell` makes it.
    schedule
        Of NGD's run: see `search.Schedule`.
    seed, settings
        ``monte_carlo.seed`` and the section ``monte_carlo.descent`` of the configuration.

    Returns
    -------
    dict
        ``ends, traces``: the tables of `experiment`.
    """
    ends, traces = experiment(
        modelled(data, **model),
        tuple(cell[["step_size", "damping"]].iloc[0]),
        settings["step_size_factors"],
        log_axis(**settings["dampings"]),
        Schedule(**schedule),
        seed=seed,
        runs=settings["runs"],
    )
    return {"ends": ends, "traces": traces}
