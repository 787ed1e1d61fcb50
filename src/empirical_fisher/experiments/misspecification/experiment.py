"""Figures 2 and 4: Fisher and empirical Fisher at the minimum of right and wrong models.

Every problem has two parameters. At its minimum ``θ*`` the matrices ``B`` are compared by their
ellipses ``θ* + radius B^(−1/2) u``, ``‖u‖ = 1``, with ``B`` summed over the ``N`` examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, lattice
from empirical_fisher.data.datasets import Dataset, design, from_table, naming
from empirical_fisher.data.sources import gaussian_classes, normal_line
from empirical_fisher.norms import relative_distance
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, Problem, linear_problem

MATRICES = ("fisher", "empirical_fisher", "hessian")  #: what is compared at the minimum
#: Whose draws can have other seeds.
SOURCES = {"gaussian_classes": gaussian_classes.SOURCE, "normal_line": normal_line.SOURCE}
PARAMETERS = ["theta_1", "theta_2"]  #: columns of a ``θ``


def accuracy(point: Point) -> float:
    """Share of examples whose more probable label, 1 for ``f > 0``, is theirs."""
    return float(np.mean((point.predictions[..., 0] > 0) == point.problem.targets))


def summary(point: Point, *, classification: bool) -> pd.DataFrame:
    """One row: the minimum, the loss and accuracy there, and the three matrices.

    Returns
    -------
    pandas.DataFrame
        ``theta_1, theta_2, loss, accuracy`` and the entries ``11, 12, 22`` of each of `MATRICES`,
        such as ``fisher_12``, averages over the examples; the accuracy is NaN for a regression.
    """
    row = dict(zip(PARAMETERS, point.theta, strict=True))
    row["loss"] = point.loss
    row["accuracy"] = accuracy(point) if classification else np.nan
    for name in MATRICES:
        matrix = getattr(point, name)
        for i, j in ((0, 0), (0, 1), (1, 1)):
            row[f"{name}_{i + 1}{j + 1}"] = matrix[i, j]
    return pd.DataFrame([row])


def ellipse(center: Array, matrix: Array, radius: float) -> Array:
    """``center + radius B^(−1/2) u`` for unit vectors ``u`` all around, shape ``(181, 2)``.

    Parameters
    ----------
    center, matrix
        Shape ``(2,)``, and ``B``, positive definite, shape ``(2, 2)``.
    radius
        Size of the ellipse.
    """
    angle = np.linspace(0, 2 * np.pi, 181)  # every two degrees
    circle = np.stack([np.cos(angle), np.sin(angle)])
    eigenvalues, vectors = np.linalg.eigh(matrix)
    root = vectors / np.sqrt(eigenvalues) @ vectors.T
    return center + radius * (root @ circle).T


def ellipses(point: Point, radius: float) -> pd.DataFrame:
    """Tabulate the ellipses of all matrices: ``matrix, theta_1, theta_2``."""
    tables = []
    for name in MATRICES:
        curve = ellipse(point.theta, point.problem.size * getattr(point, name), radius)
        table = pd.DataFrame(curve, columns=PARAMETERS)
        table.insert(0, "matrix", name)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def contours(
    problem: Problem, window_1: tuple[float, float], window_2: tuple[float, float], count: int
) -> pd.DataFrame:
    """Tabulate the loss on a ``count × count`` grid over a window: ``theta_1, theta_2, loss``."""
    axes = np.linspace(*window_1, count), np.linspace(*window_2, count)
    theta = lattice(*axes)
    return pd.DataFrame(theta, columns=PARAMETERS).assign(loss=problem.at(theta).loss)


def experiment(settings: Mapping[str, Any], data: Mapping[str, Dataset]) -> dict[str, pd.DataFrame]:
    """Everything that Figure 2 or Figure 4 shows.

    Parameters
    ----------
    settings
        A section of ``misspecification`` in the configuration.
    data
        The data sets that it names.

    Returns
    -------
    dict
        ``summary, ellipses, contours``: the tables of these functions, with a column ``problem``.
    """
    parts: dict[str, dict[str, pd.DataFrame]] = {"summary": {}, "ellipses": {}, "contours": {}}
    for name, case in settings["problems"].items():
        dataset = data[case["dataset"]]
        problem = linear_problem(
            *design(dataset, bias=settings["bias"]), settings["prior_variance"]
        )
        with naming(case["dataset"]):
            point = problem.at(problem.minimizer())
        windows = case["window"]["theta_1"], case["window"]["theta_2"]
        is_binary = dataset.task == "binary"
        parts["summary"][name] = summary(point, classification=is_binary)
        parts["ellipses"][name] = ellipses(point, settings["ellipse_radius"])
        parts["contours"][name] = contours(problem, *windows, settings["contour_points"])
    return {part: stacked(tables, "problem") for part, tables in parts.items()}


def other_seeds(
    sources: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    bias: bool,
    prior_variance: float,
) -> pd.DataFrame:
    """Figures 2 and 4 with other seeds: how far the two matrices are apart at the minimum.

    Parameters
    ----------
    sources
        For each problem its source, `gaussian_classes` or `normal_line` by name with its
        parameters, whose seed is replaced by each of ``seeds``.
    bias, prior_variance
        Of the figure.

    Returns
    -------
    pandas.DataFrame
        ``problem, seed, distance, accuracy``; the distance is ``‖EF − F‖ / ‖F‖`` (Frobenius), and
        the accuracy NaN for a regression.
    """
    rows = []
    for name, source in sources.items():
        [(kind, parameters)] = source.items()
        drawn = SOURCES[kind]
        for seed in seeds:
            dataset = from_table(drawn.draw(**{**parameters, "seed": seed}), drawn.task)
            problem = linear_problem(*design(dataset, bias=bias), prior_variance)
            point = problem.at(problem.minimizer())
            distance = relative_distance(point.empirical_fisher, point.fisher)
            share = accuracy(point) if drawn.task == "binary" else np.nan
            rows.append((name, seed, distance, share))
    return pd.DataFrame(rows, columns=["problem", "seed", "distance", "accuracy"])
