"""Along the best runs of Figure 3: the indicators, and steps with a one-sample Fisher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import log_axis
from empirical_fisher.data.datasets import Dataset, design
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import linear_problem

from .one_sample import STEPS, steps
from .trajectories import INDICATORS, followed, indicators


def experiment(
    settings: Mapping[str, Any],
    seeds: Sequence[int],
    data: Mapping[str, Dataset],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    models: Mapping[str, Mapping[str, Any]],
    iterations: int,
) -> dict[str, pd.DataFrame]:
    """Both at some iterates of each data set; the steps on the path of NGD only.

    Parameters
    ----------
    settings
        The section ``after_2019.paths`` of the configuration.
    seeds
        Of the sampled labels.
    data, cells, models
        The data sets, the best cell of each method on each, and what `linear_problem` needs beside.
    iterations
        Steps of a run.

    Returns
    -------
    dict
        ``indicator_paths``: ``problem, path, iteration`` and the columns of
        `trajectories.indicators`; ``one_sample``: ``problem, iteration`` and those of
        `one_sample.steps`.
    """
    dampings = log_axis(**settings["dampings"])
    kept = [each for each in settings["iterates"] if each <= iterations]
    found, taken = {}, {}
    for name, dataset in data.items():
        problem = linear_problem(*design(dataset, bias=True), **models[name])
        start = problem.at(np.zeros(problem.parameters))
        for method, cell in cells[name].items():
            step_size, damping = cell[["step_size", "damping"]].iloc[0]
            for iteration, point in followed(start, method, step_size, damping, kept):
                found[name, method, iteration] = indicators(point, dampings, seeds)
                if method == "NGD":
                    taken[name, iteration] = steps(point, step_size, damping, seeds)
    return {
        "indicator_paths": _together(found, INDICATORS, "problem", "path", "iteration"),
        "one_sample": _together(taken, STEPS, "problem", "iteration"),
    }


def _together(
    tables: Mapping[Any, pd.DataFrame], columns: Sequence[str], *levels: str
) -> pd.DataFrame:
    """Tables below one another, and one without rows if there are none."""
    if not tables:
        return pd.DataFrame(columns=[*levels, *columns], dtype=float)
    return stacked(tables, *levels)
