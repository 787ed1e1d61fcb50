r"""One card for each method and problem: how low, how fast, how hard to tune, and which way.

The quality of a direction ``Δ`` is the `indicator` ``(Δᵀ F Δ)^½ / |Δᵀ ∇L|``: how far the
predictions move, as the Fisher ``F`` measures it, for what the loss falls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.indicator import indicator, least_indicator
from empirical_fisher.experiments.recipes import read
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.methods import Method, natural_cosine, update
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, Problem
from empirical_fisher.search import Schedule, best_cell, cells, evaluate, needed

FACTORS = {"1_percent": 1.01, "2_times": 2.0, "10_times": 10.0}  #: of the lowest final loss


def relative_quality(point: Point, aim: Array) -> float:
    """The quality of a direction over that of the natural gradient, at least 1.

    Parameters
    ----------
    point
        A problem at ``θ``, shape ``(P,)``.
    aim
        The direction, shape ``(P,)``.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return indicator(point, aim) / least_indicator(point)


def path(
    problem: Problem, method: Method, step_size: float, damping: float, iterations: int
) -> pd.DataFrame:
    """Follow one cell: ``iteration, loss, cosine, quality``, to where it is not finite.

    The cosine is `methods.natural_cosine`, the quality `relative_quality`; of the last iterate,
    which takes no step, they are NaN.
    """
    theta, state, rows = problem.start[None], None, []
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for iteration in range(iterations + 1):
            point = problem.at(theta)
            if not np.isfinite(point.loss).all():
                break
            row = {"iteration": iteration, "loss": point.loss[0]}
            if iteration < iterations:
                now = np.array([iteration])
                aim, state = update(point, method, np.array([damping]), state, now)
                cosine = natural_cosine(point, aim, method, np.array([damping]))
                row |= {"cosine": cosine[0]}
                row |= {"quality": relative_quality(problem.at(theta[0]), aim[0])}
                theta = theta + step_size * aim
            rows.append(row)
    return pd.DataFrame(rows, columns=["iteration", "loss", "cosine", "quality"])


def good_part(grid: pd.DataFrame) -> dict[str, float]:
    """Share of the grid, and decades of each axis, of the cells within `FACTORS` of the lowest."""
    lowest, found = grid["final_loss"].min(), {}
    for name, factor in FACTORS.items():
        good = grid[grid["final_loss"] <= factor * lowest]
        found[f"share_{name}"] = len(good) / len(grid)
        for axis in ("step_size", "damping"):
            ends = good[axis].min(), good[axis].max()
            found[f"{axis}_decades_{name}"] = float(np.log10(ends[1] / ends[0]))
    return found


def card(
    name: str,
    recipe: Mapping[str, Any],
    own: Sequence[str],
    data: Dataset,
    model: Mapping[str, Any],
    axes: Mapping[str, Mapping[str, Any]],
    schedule: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """Search the grid of a method on a problem, exhaustively, and follow its best cell.

    Parameters
    ----------
    name, recipe, own
        The method: see `recipes.read`; the file that it names, if it does.
    data, model
        The problem: see `shared_problems.modelled`.
    axes
        ``step_sizes`` and, if it is damped, ``dampings``.
    schedule
        See `search.Schedule`.

    Returns
    -------
    dict
        ``card``, a row, and ``path``, the table that `path` makes.
    """
    problem, method = modelled(data, **model), read(name, recipe, *own)
    runs = Schedule(**schedule)
    grid = evaluate(
        problem, method, *cells(**{key: log_axis(**axis) for key, axis in axes.items()}), runs
    )
    best = best_cell(problem, method, grid, runs)
    cell = best["step_size"].item(), best["damping"].item()
    followed = path(problem, method, *cell, runs.iterations)
    return {"card": best.drop(columns="ties").assign(**good_part(grid)), "path": followed}


def scorecard(
    cards: Mapping[str, Mapping[str, pd.DataFrame]],
    paths: Mapping[str, Mapping[str, pd.DataFrame]],
) -> pd.DataFrame:
    """All cards, one row for each problem and method.

    Parameters
    ----------
    cards, paths
        What `card` makes of each data set and method; NGD is among them.

    Returns
    -------
    pandas.DataFrame
        The cards, with ``excess_over_ngd``, the relative excess of the final loss over NGD's;
        ``iterations``, until the loss is within 1 % of the lowest of all methods for good, NaN if
        never; ``lowest_cosine`` and ``median_cosine`` to the natural gradient, and
        ``median_quality`` along the path.
    """
    rows = {}
    for dataset, methods in cards.items():
        lowest = min(each["final_loss"].min() for each in methods.values())
        natural = methods["NGD"]["final_loss"].item()
        for name, row in methods.items():
            run = paths[dataset][name]
            steps = needed(run[["loss"]].to_numpy(), lowest)[0] if len(run) else np.inf
            rows[dataset, name] = row.assign(
                excess_over_ngd=row["final_loss"] / natural - 1,
                iterations=float(steps) if steps < len(run) else np.nan,
                lowest_cosine=run["cosine"].min(),
                median_cosine=run["cosine"].median(),
                median_quality=run["quality"].median(),
            )
    return stacked(rows, "dataset", "method")
