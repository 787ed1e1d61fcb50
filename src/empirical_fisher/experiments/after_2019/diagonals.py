r"""Two estimators of the Fisher's diagonal and their variances (Soen and Sun 2024).

With labels of the model, one per example, both of

* ``(1/N) Σ_n (∂_i ℓ_n)²``, from first derivatives, and
* ``(1/N) Σ_n ∂²_i ℓ_n``, from second derivatives,

have the diagonal of the Fisher for their mean. The second derivative is
``J_nᵀ ∇²_f ℓ J_n + Σ_m r_nm ∇² f_m``. For natural parameters the label is in the residual ``r_n``
alone, so that there is no variance where ``f`` is linear in ``θ_i``.

Means and variances are taken over all labels, exactly: see `outcomes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.models import LinearModel
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point

from .drawn import linear_point, network_point
from .outcomes import gradients, outcomes

CLEAR = 0.01  #: the least relative difference of two variances that counts


def second_derivatives(point: Point, labels: Array) -> Array:
    """``∂²_i ℓ_n`` for labels ``(..., N)``, shape ``(..., N, P)``."""
    model, theta = point.problem.model, point.theta
    residuals = point.problem.likelihood.residual(point.predictions, labels)
    jacobian = model.jacobian(theta)
    fixed = np.einsum("nmp,nmk,nkp->np", jacobian, point.variances, jacobian)
    # The curvature sums over examples: all residuals but one are zero, one example after the other.
    size, outputs = residuals.shape[-2:]
    alone = np.eye(size)[:, :, None] * residuals[..., None, :, :]
    flat = alone.reshape(-1, size, outputs)
    bent = model.curvature(np.broadcast_to(theta, (len(flat), theta.size)), flat)
    diagonal = np.einsum("kpp->kp", bent).reshape(*residuals.shape[:-1], theta.size)
    return fixed + diagonal


def moments(values: Array, probabilities: Array) -> tuple[Array, Array]:
    """Mean and variance of the estimate ``(1/N) Σ_n v_n``, each of shape ``(P,)``.

    Parameters
    ----------
    values, probabilities
        ``v_n`` for every label, ``(K, N, P)``, and the labels' probabilities, ``(K, N)``.
    """
    mean = np.einsum("kn,knp->np", probabilities, values)
    variance = np.einsum("kn,knp->np", probabilities, (values - mean) ** 2)
    return mean.mean(axis=0), variance.sum(axis=0) / len(mean) ** 2


def measure(point: Point) -> pd.DataFrame:
    """What `experiment` tabulates of one point, one row per layer."""
    labels, probabilities = outcomes(point)
    first_mean, first = moments(gradients(point, labels) ** 2, probabilities)
    second_mean, second = moments(second_derivatives(point, labels), probabilities)
    diagonal = np.diagonal(point.fisher)
    model = point.problem.model
    is_linear = isinstance(model, LinearModel)
    layers = ["first", "last"]
    blocks = dict(zip(layers, model.blocks, strict=True)) if not is_linear else {}
    parts = blocks or {"linear": slice(None)}
    rows = []
    for layer, part in parts.items():
        length = np.linalg.norm(diagonal[part])
        rows.append(
            {
                "layer": layer,
                "entries": len(diagonal[part]),
                "first_bias": relative_distance(first_mean[part], diagonal[part]),
                "second_bias": relative_distance(second_mean[part], diagonal[part]),
                "first_deviation": np.sqrt(first[part].sum()) / length,
                "second_deviation": np.sqrt(second[part].sum()) / length,
                "first_lower": np.sum(first[part] <= second[part] * (1 - CLEAR)),
                "second_lower": np.sum(second[part] <= first[part] * (1 - CLEAR)),
            }
        )
    return pd.DataFrame(rows)


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """Both estimators on random linear models and networks.

    Parameters
    ----------
    settings
        The section ``after_2019.diagonals`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, task, layer`` (``linear``, or ``first`` and ``last`` of a network), ``entries``;
        for each estimator its ``…_bias`` and ``…_deviation``, relative to the diagonal's length,
        and ``…_lower``, the number of entries with a variance clearly lower than the other's.
    """
    tables = []
    for seed in seeds:
        for task in TASKS:
            for point in (
                linear_point(seed, task, settings["examples"], settings["features"]),
                network_point(seed, task, **settings),
            ):
                table = measure(point)
                table.insert(0, "task", task)
                table.insert(0, "seed", seed)
                tables.append(table)
    return pd.concat(tables, ignore_index=True)
