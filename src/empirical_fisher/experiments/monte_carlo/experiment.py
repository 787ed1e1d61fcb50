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
from empirical_fisher.search import CELL, TIE, Schedule, cells, evaluate
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
    step_sizes: Array,
    dampings: Array,
    schedule: Schedule,
    *,
    seed: int,
    tuning: int,
    runs: int,
) -> dict[str, pd.DataFrame]:
    """Put the one-sample Fisher in NGD's place: at NGD's best cell, and on a grid of its own.

    EFGD is tuned on the same grid, so that both have the same number of cells to choose from.

    Parameters
    ----------
    problem
        What to minimise.
    cell
        ``γ`` and ``λ`` of NGD's best cell.
    step_sizes, dampings
        The axes of the grid, shapes ``(K,)`` and ``(L,)``.
    schedule
        As for `descend`.
    seed, tuning, runs
        Of the labels drawn; how many runs in each cell choose the best one; how many fresh runs
        follow it. Run ``i`` draws from the stream ``(seed, i)``, and the fresh ones come after
        those that tune.

    Returns
    -------
    dict
        ``ends``: ``step_size, damping, setting, runs, diverged, lowest, median, highest`` of the
        final losses, infinite where a run diverged. The first row is NGD's cell, with ``cell`` for
        its setting, and the others are the ``grid``, of which the best cell is ``tuned``: the one
        whose worst tuning run is the best, and of cells that tie that of the larger step size and
        then the larger damping.

        ``finals``: ``setting, run, final_loss`` of the fresh runs of ``cell`` and ``tuned``, and of
        ``EFGD`` at its best cell of the same grid.

        ``traces``: ``setting, run, iteration, loss`` of the fresh runs.
    """
    axes = cells(step_sizes, dampings)
    grid = pd.DataFrame(dict(zip(CELL[:2], axes, strict=True)))
    levels = pd.concat([pd.DataFrame([cell], columns=CELL[:2]), grid], ignore_index=True)
    tried = _follow(problem, levels, schedule, seed, range(tuning))[-1]
    ends = levels.assign(
        setting="grid",
        runs=tuning,
        diverged=np.isinf(tried).sum(axis=-1),
        lowest=tried.min(axis=-1),
        median=np.quantile(tried, 0.5, axis=-1, method="lower"),
        highest=tried.max(axis=-1),
    )
    settings = {"cell": 0, "tuned": _best(ends.drop(index=0))}
    fresh = range(tuning, tuning + runs)
    traces, finals = [], []
    for name, level in settings.items():
        ends.loc[level, "setting"] = name
        [paths] = np.moveaxis(_follow(problem, levels.loc[[level]], schedule, seed, fresh), 1, 0)
        finals.append(pd.DataFrame({"setting": name, "run": range(runs), "final_loss": paths[-1]}))
        traces += [
            pd.DataFrame({"setting": name, "run": run, "iteration": range(len(path)), "loss": path})
            for run, path in enumerate(paths.T)
        ]
    rival = evaluate(problem, "EFGD", *axes, schedule)["final_loss"].min()
    finals.append(pd.DataFrame({"setting": ["EFGD"], "run": [0], "final_loss": [rival]}))
    shown = pd.concat(traces, ignore_index=True)
    return {
        "ends": ends,
        "finals": pd.concat(finals, ignore_index=True),
        "traces": shown[np.isfinite(shown["loss"])],
    }


def _follow(
    problem: Problem, levels: pd.DataFrame, schedule: Schedule, seed: int, runs: range
) -> Array:
    """Losses of some runs in some cells, shape ``(T + 1, cells, runs)``, infinite once diverged."""
    generators = [np.random.default_rng([seed, run]) for _ in levels.index for run in runs]
    gamma, lam = (np.repeat(levels[name].to_numpy(), len(runs)) for name in CELL[:2])
    loss = descend(problem, gamma, lam, schedule, generators)
    limit = schedule.divergence_factor * loss[0, 0]
    last = np.where(loss[-1] <= limit, loss[-1], np.inf)  # not where it is not a number
    whole = np.concatenate([np.where(np.isnan(loss[:-1]), np.inf, loss[:-1]), last[None]])
    return whole.reshape(len(loss), len(levels), len(runs))


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
        ``ends, finals, traces``: the tables of `experiment`.
    """
    return experiment(
        modelled(data, **model),
        tuple(cell[["step_size", "damping"]].iloc[0]),
        log_axis(**settings["step_sizes"]),
        log_axis(**settings["dampings"]),
        Schedule(**schedule),
        seed=seed,
        tuning=settings["tuning"],
        runs=settings["runs"],
    )
