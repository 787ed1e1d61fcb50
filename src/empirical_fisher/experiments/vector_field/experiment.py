"""Figure 1: the vector fields of GD, NGD and EFGD on a line fitted by least squares.

The parameters are the intercept ``b`` and the slope ``θ`` of ``f(x) = b + θ x``, in this order. Two
things are as the paper's authors have them. The natural gradient is written with the Hessian, prior
included; for least squares that is the Fisher and the prior's precision, and thus the matrix of NGD
in `methods`. The empirical Fisher is that of the data alone, without the prior's precision that
EFGD has in `methods`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from empirical_fisher.arrays import Array, lattice, thinned
from empirical_fisher.data.sources.lognormal_line import lognormal_line
from empirical_fisher.linear_systems import solve
from empirical_fisher.norms import cosine
from empirical_fisher.problems import Problem, linear_problem
from empirical_fisher.solvers import iterates

Flow = Callable[[Array], Array]

ROUNDING = 1e-9  #: relative difference of decreases that is none


def line_problem(table: pd.DataFrame, prior_variance: float) -> Problem:
    """Least squares on the features ``(1, x)`` of a table with the columns ``x`` and ``target``."""
    inputs = np.column_stack([np.ones(len(table)), table["x"]])
    return linear_problem(inputs, table["target"].to_numpy(), "regression", prior_variance)


def flow(problem: Problem, scales: Mapping[str, float], damping: float) -> Flow:
    """Velocity ``−scale (B + λ I)⁻¹ ∇L`` of all methods, as a function of where each of them is.

    ``B`` is the Hessian for NGD, which for least squares is the Fisher with the prior, the same
    everywhere, and the empirical Fisher for EFGD; GD has no preconditioner.

    Returns
    -------
    Callable
        From ``θ`` of shape ``(methods, ..., 2)``, in the order of ``scales``, to velocities of the
        same shape.
    """
    hessian = problem.at(np.zeros(2)).hessian

    def velocity(theta: Array) -> Array:
        velocities = np.empty_like(theta)
        gradients = problem.at(theta).gradient
        for index, (method, scale) in enumerate(scales.items()):
            slope = gradients[index]
            if method == "NGD":
                slope = solve(np.broadcast_to(hessian, (*slope.shape, 2)), damping, slope)
            elif method == "EFGD":
                slope = solve(problem.at(theta[index]).empirical_fisher, damping, slope)
            velocities[index] = -scale * slope
        return velocities

    return velocity


def square(low: float, high: float, count: int) -> Array:
    """A ``count × count`` grid over ``[low, high]²``, shape ``(count², 2)``, first axis slowest."""
    axis = np.linspace(low, high, count)
    return lattice(axis, axis)


def field(
    problem: Problem, points: Array, scales: Mapping[str, float], damping: float
) -> pd.DataFrame:
    """Tabulate the flow at ``points`` of shape ``(K, 2)``: ``method, b, theta, db, dtheta``."""
    everywhere = np.broadcast_to(points, (len(scales), *points.shape))
    velocities = flow(problem, scales, damping)(everywhere)
    tables = []
    for method, velocity in zip(scales, velocities, strict=True):
        columns = np.column_stack([points, velocity])
        table = pd.DataFrame(columns, columns=["b", "theta", "db", "dtheta"])
        table.insert(0, "method", method)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def trajectories(
    problem: Problem,
    starts: Sequence[Sequence[float]],
    scales: Mapping[str, float],
    damping: float,
    *,
    step: float,
    points: int,
    kept: int,
) -> pd.DataFrame:
    """Follow the flow from each start by explicit Euler steps.

    Of ``points`` iterates about ``kept`` are returned, the first and the last among them, denser at
    the beginning, where the flow is fast.

    Returns
    -------
    pandas.DataFrame
        ``method, start, step, b, theta``, ordered by the first three.
    """
    shown = thinned(points - 1, kept)
    together = np.tile(np.array(starts, dtype=float), (len(scales), 1, 1))
    paths = iterates(together, flow(problem, scales, damping), step, points - 1)[shown]
    tables = []
    for method, path in zip(scales, np.moveaxis(paths, 1, 0), strict=True):
        for start, line in enumerate(np.swapaxes(path, 0, 1)):
            table = pd.DataFrame(line, columns=["b", "theta"])
            table.insert(0, "method", method)
            table.insert(1, "start", start)
            table.insert(2, "step", shown)
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def contours(problem: Problem, points: Array) -> pd.DataFrame:
    """Tabulate the loss at ``points`` of shape ``(K, 2)``: ``b, theta, loss``."""
    table = pd.DataFrame(points, columns=["b", "theta"])
    return table.assign(loss=problem.at(points).loss)


def fit(problem: Problem) -> pd.DataFrame:
    """Minimum of the loss, one row: ``b, theta, loss``."""
    theta = problem.minimizer()
    return contours(problem, theta[None])


def experiment(settings: Mapping[str, Any], data: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Everything that Figure 1 shows.

    Parameters
    ----------
    settings
        The section ``vector_field`` of the configuration.
    data
        The data set that it names, with the columns ``x`` and ``target``.

    Returns
    -------
    dict
        ``fit, contours, field, trajectories``: the tables of these functions.
    """
    problem = line_problem(data, settings["prior_variance"])
    scales, damping = settings["scales"], settings["damping"]
    arrows = square(**settings["window"], count=settings["arrows"])
    surface = square(**settings["window"], count=settings["contour_points"])
    return {
        "fit": fit(problem),
        "contours": contours(problem, surface),
        "field": field(problem, arrows, scales, damping),
        "trajectories": trajectories(
            problem, scales=scales, damping=damping, **settings["trajectories"]
        ),
    }


def other_seeds(
    source: Mapping[str, Any], seeds: Iterable[int], settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Figure 1 with other seeds: the cosine between each flow and the direction of the minimum.

    Parameters
    ----------
    source
        Parameters of `lognormal_line`, whose seed is replaced by each of ``seeds``.
    settings
        Of Figure 1; the points are those of its arrows.

    Returns
    -------
    pandas.DataFrame
        ``seed, method, mean_cosine, minimum_cosine`` over the points; ``worse_than_gd``, the share
        of the points where the best step along the flow lowers the loss less than the best step
        along that of GD; and over the starts the largest `detour` and the largest distance between
        an end and the minimum, ``detour, miss``.
    """
    points = square(**settings["window"], count=settings["arrows"])
    duration = settings["trajectories"]["step"] * (settings["trajectories"]["points"] - 1)
    rows = []
    for seed in seeds:
        problem = line_problem(
            lognormal_line(**{**source, "seed": seed}), settings["prior_variance"]
        )
        minimum = problem.minimizer()
        way = minimum - points
        plain = best_decrease(problem, points, problem.at(points).gradient)
        scales, damping = settings["scales"], settings["damping"]
        everywhere = np.broadcast_to(points, (len(scales), *points.shape))
        velocities = flow(problem, scales, damping)(everywhere)
        for (method, scale), velocity in zip(scales.items(), velocities, strict=True):
            along = cosine(velocity, way)
            worse = best_decrease(problem, points, velocity) < (1 - ROUNDING) * plain
            ways = [
                continuous(flow(problem, {method: scale}, damping), start, duration)
                for start in np.array(settings["trajectories"]["starts"], dtype=float)
            ]
            rows.append(
                {
                    "seed": seed,
                    "method": method,
                    "mean_cosine": np.mean(along),
                    "minimum_cosine": np.min(along),
                    "worse_than_gd": np.mean(worse),
                    "detour": max(detour for detour, _ in ways),
                    "miss": max(float(np.linalg.norm(end - minimum)) for _, end in ways),
                }
            )
    return pd.DataFrame(rows)


def best_decrease(problem: Problem, theta: Array, direction: Array) -> Array:
    """By how much the best step along a direction lowers a quadratic loss, shape ``(...)``.

    It is ``(∇Lᵀ d)² / (2 dᵀ ∇²L d)`` for ``θ`` and ``d`` of shape ``(..., P)``.
    """
    point = problem.at(theta)
    slope = np.einsum("...i,...i->...", point.gradient, direction)
    bend = np.einsum("...i,...ij,...j->...", direction, point.hessian, direction)
    return slope**2 / (2 * bend)


def continuous(flow: Flow, start: Array, duration: float) -> tuple[float, Array]:
    """Follow the flow of one method without steps: how much longer its way is, and its end.

    The length of the way is integrated with the point, shape ``(2,)``; it is relative to that of
    the chord, less one.
    """

    def rate(_: float, state: Array) -> Array:
        [velocity] = flow(state[None, :2])
        return np.append(velocity, np.linalg.norm(velocity))

    found = solve_ivp(
        rate, (0.0, duration), np.append(start, 0.0), method="LSODA", rtol=1e-9, atol=1e-11
    )
    *end, length = found.y[:, -1]
    return float(length / np.linalg.norm(end - start) - 1), np.array(end)
