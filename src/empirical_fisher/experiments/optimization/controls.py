r"""Controls for Figure 3: single updates, and directions and lengths that change places.

*Updates.* Of the steps along a direction ``d``, the best lowers the second-order expansion of the
loss by ``(∇Lᵀ d)² / (2 dᵀ ∇²L d)``. This compares the directions of two methods at the same ``θ``
without any step size.

*Lengths.* If only the lengths of EFGD's steps are poor, then NGD's directions with these lengths do
as badly as EFGD, and EFGD's directions with better lengths do better. In a line search the length
is the one with the lowest loss.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from empirical_fisher.arrays import Array
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import modelled, reordered
from empirical_fisher.methods import direction
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import iterates

METHODS = ("GD", "NGD", "EFGD")  #: whose directions are compared
DOUBLINGS = 60  #: of a step, before a line search takes the loss to fall for ever

Cells = Mapping[str, pd.DataFrame]
Step = Callable[[Array], Array]


def steps(problem: Problem, cells: Cells) -> dict[str, Step]:
    """The step of each method's best cell, as a function of ``θ`` of shape ``(P,)``."""

    def step(method: str, cell: pd.DataFrame) -> Step:
        step_size, damping = cell["step_size"].item(), _damping(cell)
        return lambda theta: step_size * direction(problem.at(theta), method, damping)

    return {method: step(method, cell) for method, cell in cells.items()}


def _damping(cell: pd.DataFrame) -> float:
    """``λ`` of a best cell; GD has none."""
    return float(cell["damping"].fillna(0.0).item())


def follow(problem: Problem, step: Step, iterations: int) -> Array:
    """The iterates from where descents start, shape ``(T + 1, P)``."""
    return iterates(problem.start, step, 1.0, iterations)


def decrease(problem: Problem, theta: Array, aim: Array) -> float:
    """What the best step along a direction gains, to second order; both of shape ``(P,)``."""
    point = problem.at(theta)
    return float((point.gradient @ aim) ** 2 / (2 * aim @ point.hessian @ aim))


def updates(problem: Problem, cells: Cells, iterations: int) -> pd.DataFrame:
    """`decrease` of every method's direction, along the path of each.

    Parameters
    ----------
    problem, cells
        The problem, and the best cells of the methods.
    iterations
        Of each path.

    Returns
    -------
    pandas.DataFrame
        ``path, iteration``, and a column for each method of `METHODS` that has a cell.
    """
    own = steps(problem, cells)
    tables = {}
    for name, step in own.items():
        path = follow(problem, step, iterations)
        gains = {
            method: [decrease(problem, theta, direction_of(theta)) for theta in path]
            for method, direction_of in own.items()
        }
        tables[name] = pd.DataFrame({"iteration": range(len(path)), **gains})
    return stacked(tables, "path")


def line_search(problem: Problem, theta: Array, aim: Array) -> float:
    """The multiple of ``d`` at which a convex loss is lowest; ``θ`` and ``d`` have shape ``(P,)``.

    Where the loss still falls after `DOUBLINGS` doublings, the multiple reached is returned.
    """

    def slope(multiple: float) -> float:
        return float(problem.at(theta + multiple * aim).gradient @ aim)

    far = 1.0
    for _ in range(DOUBLINGS):
        if slope(far) >= 0:
            return float(brentq(slope, 0.0, far, rtol=1e-10))
        far *= 2
    return far


def lengths(problem: Problem, cells: Cells, iterations: int) -> pd.DataFrame:
    """Final losses of NGD, of EFGD, and of both controls.

    Returns
    -------
    pandas.DataFrame
        ``run, final_loss``: ``NGD``, ``EFGD``, ``EFGD's lengths`` (along NGD's directions) and
        ``line search`` (along EFGD's).
    """
    own = steps(problem, cells)

    def borrowed(theta: Array) -> Array:
        aim = own["NGD"](theta)
        return aim * (np.linalg.norm(own["EFGD"](theta)) / np.linalg.norm(aim))

    def searched(theta: Array) -> Array:
        aim = own["EFGD"](theta)
        return line_search(problem, theta, aim) * aim

    runs = {
        "NGD": own["NGD"],
        "EFGD": own["EFGD"],
        "EFGD's lengths": borrowed,
        "line search": searched,
    }
    finals = [problem.at(follow(problem, step, iterations)[-1]).loss for step in runs.values()]
    return pd.DataFrame({"run": runs.keys(), "final_loss": finals})


def experiment(
    dataset: str,
    data: Dataset,
    model: Mapping[str, Any],
    cells: Mapping[str, Cells],
    iterations: int,
    orders: list[int],
) -> dict[str, pd.DataFrame]:
    """``updates``, and ``lengths`` in several orders of the rows.

    Parameters
    ----------
    dataset, data, model
        The problem and its name: see `shared_problems.modelled`.
    cells
        The best cells of its methods.
    iterations
        Of every run.
    orders
        Seeds of the orders, as for `shared_problems.reordered`; none for the file's alone.

    Returns
    -------
    dict
        The tables of both functions, the second under ``order``, empty for the file's own.
    """
    best = {method: cells[dataset][method] for method in METHODS if method in cells[dataset]}
    tables = {}
    for order in [None, *orders]:
        tables[order] = lengths(modelled(reordered(data, order), **model), best, iterations)
    whole = modelled(data, **model)
    return {"updates": updates(whole, best, iterations), "lengths": stacked(tables, "order")}
