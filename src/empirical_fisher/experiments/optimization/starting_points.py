"""Figure 6: how the speed of NGD and of EFGD depends on where they start.

Near a minimum the empirical Fisher is about constant; far away it grows with the square of the
gradient, so that steps of EFGD shrink as the gradient grows (§4.3 of the paper).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import constant_problem, modelled
from empirical_fisher.problems import Problem
from empirical_fisher.search import Schedule
from empirical_fisher.solvers import descend


def descents(
    problem: Problem,
    minimum: Array,
    cells: pd.DataFrame,
    starts: Iterable[tuple[float, Array]],
    schedule: Schedule,
) -> pd.DataFrame:
    """Follow each method from each start.

    Parameters
    ----------
    problem
        What to minimise.
    minimum
        ``θ*``, shape ``(P,)``.
    cells
        ``method, step_size, damping``, one row per method.
    starts
        A number to know each start by, and its ``θ₀``, shape ``(P,)``.
    schedule
        Of every run.

    Returns
    -------
    pandas.DataFrame
        ``method, start, iteration, loss, excess``, where the excess is ``L(θ) − L(θ*)``; in the
        order of the cells and of the starts.
    """
    lowest = problem.at(minimum).loss
    tables = []
    starts = list(starts)
    for cell in cells.itertuples():
        for start, theta in starts:
            run = descend(
                problem,
                cell.method,
                np.array([cell.step_size]),
                np.array([cell.damping]),
                **asdict(schedule),
                initial=theta,
            )
            loss = run.loss[: run.iterations[0] + 1, 0]
            table = pd.DataFrame({"method": cell.method, "start": start, "loss": loss})
            table.insert(2, "iteration", table.index)
            tables.append(table.assign(excess=loss - lowest))
    return pd.concat(tables, ignore_index=True)


def experiment(
    settings: Mapping[str, Any],
    divergence_factor: float,
    methods: Sequence[str],
    model: Mapping[str, Any],
    data: Dataset,
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
) -> dict[str, pd.DataFrame]:
    """Everything that Figure 6 shows.

    Parameters
    ----------
    settings
        The section ``starting_points`` of the configuration.
    divergence_factor
        See `search.Schedule`.
    methods
        Those on the line.
    data, model
        The problem on the right: see `shared_problems.modelled`.
    cells
        The best cells of its methods.

    Returns
    -------
    dict
        ``line, dataset``: the tables of `descents` for both problems.
    """
    line, dataset = settings["line"], settings["dataset"]
    cell = {"step_size": line["step_size"], "damping": line["damping"]}
    on_line = constant_problem(line["targets"])
    problem = modelled(data, **model)
    minimum = problem.minimizer()
    return {
        "line": descents(
            on_line,
            on_line.minimizer(),
            pd.DataFrame({"method": methods, **cell}),
            [(start, np.array([start])) for start in line["starts"]],
            Schedule(line["iterations"], divergence_factor),
        ),
        "dataset": descents(
            problem,
            minimum,
            pd.concat(cells[dataset["name"]].values()),
            [(start, start * minimum) for start in dataset["starts"]],
            Schedule(dataset["iterations"], divergence_factor),
        ),
    }
