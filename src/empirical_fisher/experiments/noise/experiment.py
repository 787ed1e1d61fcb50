r"""§5: the empirical Fisher as the second moment of stochastic gradients, and what it is good for.

The stochastic gradient of one example drawn uniformly, ``g = N ∇ℓ_n`` in the paper's sums, is
``∇ℓ_n`` in this library's averages, where Eq. 18 reads

``S = EF = Σ + ∇L ∇Lᵀ``,   ``Σ = cov[g]``.

A matrix ``A`` estimates the gradient by ``A g`` with the expected squared error

``E‖A g − ∇L‖² = tr(A S Aᵀ) − 2 ∇Lᵀ A ∇L + ‖∇L‖²``.

Its derivative ``2 (A S − ∇L ∇Lᵀ)`` vanishes at ``A = ∇L ∇Lᵀ S⁻¹``. Eq. 19 prints the transpose,
``M = S⁻¹ ∇L ∇Lᵀ``; the two are the same matrix only where ``∇L`` is an eigenvector of ``S``. Among
diagonal matrices the minimiser is ``D_ii = (∇L)_i² / S_ii``. No ``N`` is left in any of the three.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.data.datasets import Dataset
from empirical_fisher.experiments.shared_problems import TASKS, modelled, random_problem
from empirical_fisher.linear_systems import pseudo_solve
from empirical_fisher.problems import Point

from .decrease import table as decreases


def random_points(seed: int, count: int, size: int, features: int) -> dict[str, Point]:
    """``count`` random problems of every task, each at a normal ``θ``, by their names."""
    generator = np.random.default_rng(seed)
    points = {}
    for task in TASKS:
        for index in range(1, count + 1):
            problem = random_problem(generator, task, size, features)
            points[f"{task} {index}"] = problem.at(generator.standard_normal(problem.parameters))
    return points


def identity_error(point: Point) -> float:
    """How far Eq. 18 is from holding, in the paper's sums, relative to ``N EF``.

    The left side is ``N Σ_n ∇ℓ_n ∇ℓ_nᵀ``; the covariance on the right is that of the centred
    stochastic gradients ``N ∇ℓ_n``.
    """
    size = point.problem.size
    stochastic = size * point.example_gradients
    gradient = size * point.gradient
    centred = stochastic - gradient
    right = centred.T @ centred / size + np.outer(gradient, gradient)
    left = size * (size * point.empirical_fisher)
    return float(np.linalg.norm(left - right) / np.linalg.norm(left))


def _or_one(scale: Array) -> Array:
    """Scales of the parameters ``(P,)``, one where no example has a gradient."""
    return np.where(scale > 0, scale, 1.0)


def matrices(point: Point) -> dict[str, Array]:
    """Matrices ``(P, P)`` that are to make ``A g`` a better estimate of the gradient, by name.

    ``identity``, ``diagonal`` (``D``), ``printed`` (``M``) and ``transposed`` (``Mᵀ``).
    """
    gradient = point.gradient
    printed = np.outer(pseudo_solve(point.empirical_fisher, gradient), gradient)
    factors = gradient**2 / _or_one(np.diagonal(point.empirical_fisher))
    return {
        "identity": np.eye(len(gradient)),
        "diagonal": np.diag(factors),
        "printed": printed,
        "transposed": printed.T,
    }


def expected_error(matrix: Array, point: Point) -> float:
    """``E‖A g − ∇L‖² / ‖∇L‖²`` of an ``A`` ``(P, P)``: zero if perfect, one for ``A = 0``."""
    gradient = point.gradient
    noise = np.einsum("ij,jk,ik->", matrix, point.empirical_fisher, matrix)
    agreement = gradient @ matrix @ gradient
    return float((noise - 2 * agreement) / (gradient @ gradient) + 1)


def least_squares(point: Point, *, diagonal: bool) -> Array:
    """The ``(P, P)`` matrix, or diagonal one, that fits ``A ∇ℓ_n ≈ ∇L`` best over all examples.

    Found by a general least-squares solver from the examples' gradients, without ``S``.
    """
    gradients, gradient = point.example_gradients, point.gradient
    if diagonal:
        columns = zip(gradients.T[:, :, None], gradient, strict=True)
        ones = np.ones(len(gradients))
        return np.diag([np.linalg.lstsq(column, entry * ones)[0][0] for column, entry in columns])
    scale = _or_one(np.linalg.norm(gradients, axis=0))
    goals = np.broadcast_to(gradient, gradients.shape)
    return (np.linalg.lstsq(gradients / scale, goals)[0] / scale[:, None]).T


def lowest_perturbed(
    matrix: Array, point: Point, generator: np.random.Generator, count: int
) -> float:
    """Lowest error of ``count`` matrices ``(P, P)`` that differ by 1 % of every nonzero entry."""
    changes = 1 + 0.01 * generator.standard_normal((count, *matrix.shape))
    return min(expected_error(matrix * change, point) for change in changes)


def identities(points: Mapping[str, Point]) -> pd.DataFrame:
    """Eq. 18 at every point: ``problem, examples, parameters, relative_error``."""
    rows = [
        (name, point.problem.size, point.problem.parameters, identity_error(point))
        for name, point in points.items()
    ]
    return pd.DataFrame(rows, columns=["problem", "examples", "parameters", "relative_error"])


def errors(points: Mapping[str, Point], seed: int, perturbations: int) -> pd.DataFrame:
    """The expected error of every matrix at every point, beside the lowest of its class.

    Parameters
    ----------
    points
        By the name of the problem, each at one ``θ``.
    seed, perturbations
        Of the perturbed matrices, and their number.

    Returns
    -------
    pandas.DataFrame
        ``problem, matrix, error, lowest, lowest_perturbed``: the error by the closed form; the
        error of the best matrix of its class by `least_squares`; the lowest error among perturbed
        matrices.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for name, point in points.items():
        best = {
            diagonal: expected_error(least_squares(point, diagonal=diagonal), point)
            for diagonal in (True, False)
        }
        for kind, matrix in matrices(point).items():
            rows.append(
                {
                    "problem": name,
                    "matrix": kind,
                    "error": expected_error(matrix, point),
                    "lowest": best[kind in ("identity", "diagonal")],
                    "lowest_perturbed": lowest_perturbed(matrix, point, generator, perturbations),
                }
            )
    return pd.DataFrame(rows)


def experiment(settings: Mapping[str, Any], data: Mapping[str, Dataset]) -> dict[str, pd.DataFrame]:
    """Check Eqs. 18 and 19 on random problems, and on data sets at ``θ = 0``.

    Which direction is the likeliest to lower the loss is measured on the random ones alone.

    Parameters
    ----------
    settings
        The section ``noise`` of the configuration.
    data
        The data sets that it names.

    Returns
    -------
    dict
        ``identities, errors``: the tables of these functions; ``decreases``: that of `decrease`.
    """
    points = random_points(settings["seed"], **settings["random_problems"])
    drawn = dict(points)
    for name, dataset in data.items():
        problem = modelled(dataset)
        points[name] = problem.at(np.zeros(problem.parameters))
    return {
        "identities": identities(points),
        "errors": errors(points, settings["seed"], settings["perturbations"]),
        "decreases": decreases(drawn, settings["seed"], **settings["decreases"]),
    }
