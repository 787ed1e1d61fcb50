"""Figure 6: how the speed of NGD and of EFGD depends on where they start.

Near a minimum the empirical Fisher is about constant; far away it grows with the square of the
gradient, so that steps of EFGD shrink as the gradient grows (§4.3 of the paper).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.problems import Problem, linear_problem
from empirical_fisher.search import Schedule
from empirical_fisher.solvers import descend


def constant_problem(targets: Sequence[float]) -> Problem:
    """Least squares with one parameter, ``x = 1``: ``L = Σ_n (θ − y_n)² / (2 N)``."""
    return linear_problem(np.ones((len(targets), 1)), np.asarray(targets), "regression")


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
        ``method, step_size, damping``, a row each method.
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
