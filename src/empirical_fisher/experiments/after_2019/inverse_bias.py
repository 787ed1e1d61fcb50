r"""Why a one-sample Fisher is worse inverted than it looks.

The inverse is operator convex on positive definite matrices. By Jensen's inequality, with
``E[F̂] = F``,

``E[(F̂ + λ I)⁻¹] ⪰ (F + λ I)⁻¹``:

a step with a sampled Fisher goes on average at least as far along the gradient, whatever that is.
For few examples with two labels each the mean over all labels can be taken exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.problems import Point

from .drawn import linear_point
from .outcomes import gradients, together


def mean_inverse(point: Point, damping: float) -> Array:
    """``E[(F̂ + λ I)⁻¹]`` over all labels of the model, shape ``(P, P)``."""
    labels, probabilities = together(point)
    each = gradients(point, labels)
    sampled = np.swapaxes(each, -1, -2) @ each / point.problem.size
    inverses = np.linalg.inv(sampled + damping * np.eye(point.problem.parameters))
    return np.einsum("k,kij->ij", probabilities, inverses)


def relative_excess(matrix: Array, reference: Array) -> Array:
    """Eigenvalues ``(P,)`` of ``R^(−½) (A − R) R^(−½)`` for a positive definite reference ``R``."""
    factor = np.linalg.cholesky(reference)
    half = np.linalg.solve(factor, matrix - reference)
    return np.linalg.eigvalsh(np.linalg.solve(factor, half.T))


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The bias of the inverse on random logistic regressions, exactly.

    Parameters
    ----------
    settings
        The section ``after_2019.inverse_bias`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, damping``; ``least, greatest``, the extreme eigenvalues of what the mean inverse
        exceeds the inverse of the Fisher by, relative to the latter.
    """
    rows = []
    for seed in seeds:
        point = linear_point(seed, "binary", settings["examples"], settings["features"])
        for damping in log_axis(**settings["dampings"]):
            exact = np.linalg.inv(point.fisher + damping * np.eye(len(point.theta)))
            excess = relative_excess(mean_inverse(point, damping), exact)
            rows.append((seed, damping, excess[0], excess[-1]))
    return pd.DataFrame(rows, columns=["seed", "damping", "least", "greatest"])
