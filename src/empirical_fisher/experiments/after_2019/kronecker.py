r"""K-FAC (Martens and Grosse 2015) with the model's labels and with the data's.

The block of a layer with inputs ``a_n`` and gradients ``g_n`` of its outputs is the mean of
``g_n g_nᵀ ⊗ a_n a_nᵀ``; K-FAC has the product of the two means. That is exact if all ``a_n`` or
the expectations of all ``g_n g_nᵀ`` are the same: for a linear model with least squares, with one
example, or with equal predictions.

For a linear model with one output the mean of ``g_n g_nᵀ`` is a number: ``mean p (1 − p)``, or one
for least squares, with the model's labels, and ``mean r²`` with the data's. So the labels change
the length of an undamped step, and not its direction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import scipy.linalg

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.linear_systems import pseudo_solve
from empirical_fisher.models import LinearModel
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point

from .drawn import first_examples, linear_point, network_point
from .indicator import indicator, least_indicator

LABELS = {"model": "fisher", "data": "empirical_fisher"}  #: whose labels, and which weights


def kronecker_fisher(point: Point, labels: str) -> Array:
    """K-FAC's matrix at one ``θ``, block-diagonal, shape ``(P, P)``; the labels are of `LABELS`."""
    factors = point.gram_factors(point.weights(LABELS[labels]))
    return scipy.linalg.block_diag(*(np.kron(outputs, inputs) for outputs, inputs in factors))


def layers_fisher(point: Point) -> Array:
    """The Fisher without what links two layers: what K-FAC stands in for, shape ``(P, P)``."""
    factors = point.gram_factors(point.weights("fisher"))
    ends = np.cumsum([len(outputs) * len(inputs) for outputs, inputs in factors])
    layers = [slice(first, last) for first, last in pairwise([0, *ends])]
    return scipy.linalg.block_diag(*(point.fisher[layer, layer] for layer in layers))


def scale_error(point: Point) -> float:
    """How far K-FAC with the data's labels is from a multiple of that with the model's.

    The multiple is ``mean r² / mean Λ`` with ``Λ`` the Fisher of one output.
    """
    weights = point.problem.likelihood.fisher(point.predictions)
    multiple = np.mean(point.residuals**2) / np.mean(weights)
    scaled = multiple * kronecker_fisher(point, "model")
    return float(relative_distance(kronecker_fisher(point, "data"), scaled))


def exact_points(seed: int, examples: int, features: int) -> dict[str, Point]:
    """Points at which K-FAC is exact, by the case."""
    several = linear_point(seed, "multiclass", examples, features)
    return {
        "least squares": linear_point(seed, "regression", examples, features),
        "one example": first_examples(several, 1),
        "equal predictions": several.problem.at(np.zeros(several.problem.parameters)),
    }


def qualities(point: Point) -> dict[str, float]:
    """Indicators of undamped updates relative to the least: K-FAC with either labels, and EF."""
    matrices = {labels: kronecker_fisher(point, labels) for labels in LABELS}
    matrices["EF"] = point.empirical_fisher
    least = least_indicator(point)
    return {
        name: indicator(point, pseudo_solve(matrix, point.gradient)) / least
        for name, matrix in matrices.items()
    }


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """K-FAC where it is exact, and on random linear models and networks.

    Parameters
    ----------
    settings
        The section ``after_2019.kronecker`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, case, problem, is_exact``; ``factor_error``, the relative distance to the blocks of
        the Fisher; ``scale_error``, for linear models with one output, NaN elsewhere; ``model,
        data, EF``: see `qualities`, NaN for the exact cases.
    """
    shape = settings["examples"], settings["features"]
    rows = []
    for seed in seeds:
        points = {
            ("random", f"{name} {task}"): point
            for task in TASKS
            for name, point in (
                ("linear", linear_point(seed, task, *shape)),
                ("network", network_point(seed, task, **settings)),
            )
        }
        exact = exact_points(seed, *shape)
        points |= {(case, "linear"): point for case, point in exact.items()}
        for (case, problem), point in points.items():
            has_scale = isinstance(point.problem.model, LinearModel)
            has_scale &= point.problem.likelihood.outputs == 1
            distance = relative_distance(kronecker_fisher(point, "model"), layers_fisher(point))
            rows.append(
                {
                    "seed": seed,
                    "case": case,
                    "problem": problem,
                    "is_exact": case != "random",
                    "factor_error": float(distance),
                    "scale_error": scale_error(point) if has_scale else np.nan,
                    **(qualities(point) if case == "random" else {}),
                }
            )
    return pd.DataFrame(rows)
