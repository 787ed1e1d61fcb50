r"""The Takeuchi information criterion and the generalisation gap (Thomas et al. 2020).

At the minimum of the loss on ``N`` examples, with ``H`` its Hessian there and ``C`` the mean of the
examples' ``∇ℓ_n ∇ℓ_nᵀ``, which is the empirical Fisher, the loss on new data is higher than that on
the ``N`` examples by about ``tr(H⁻¹C)/N``. If the model is right, ``C`` and ``H`` tend to the same
matrix, the trace to the number ``P`` of parameters, and the criterion to that of Akaike, ``P/N``.

The gap is measured on linear regressions with normal inputs, by many draws of the ``N`` examples.
The loss on new data is known: that of the best ``θ*`` plus ``‖θ − θ*‖² / 2``. From each gap that of
``θ*`` is taken, whose mean is zero: that leaves the mean as it is and takes away most of its noise.
What no linear model explains then cancels. Without loss of generality ``θ* = 0``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.problems import Point

from .drawn import linear_point

CASES: dict[str, Callable[[Array, Array], Array]] = {
    "right": lambda x, noise: noise,
    "noisy": lambda x, noise: 2 * noise,
    "heteroscedastic": lambda x, noise: x[..., 0] * noise,
    "curved": lambda x, noise: noise + (x[..., 0] ** 2 - 1) / np.sqrt(2),
}
"""Targets for inputs ``(..., N, D)`` and standard normal noise ``(..., N)``, by the case."""


def takeuchi_trace(point: Point) -> float:
    """``tr(H⁻¹ C)`` at one ``θ``."""
    return float(np.trace(np.linalg.solve(point.hessian, point.empirical_fisher)))


def trace(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """``tr(H⁻¹C)`` at the minimum for targets from the model, with more and more examples.

    Parameters
    ----------
    settings
        The section ``after_2019.takeuchi_trace`` of the configuration.
    seeds
        Of all that is drawn.

    Returns
    -------
    pandas.DataFrame
        ``seed, task, size, parameters, trace``.
    """
    rows = []
    for seed in seeds:
        for task in ("regression", "binary"):
            for size in settings["sizes"]:
                problem = linear_point(seed, task, size, settings["features"]).problem
                found = takeuchi_trace(problem.at(problem.minimizer()))
                rows.append((seed, task, size, problem.parameters, found))
    return pd.DataFrame(rows, columns=["seed", "task", "size", "parameters", "trace"])


def fitted_gaps(inputs: Array, targets: Array) -> tuple[Array, Array]:
    """Gap and ``tr(H⁻¹C)`` of least squares on each of ``K`` draws, each of shape ``(K,)``.

    The losses on new and on old data are those above the loss of ``θ* = 0``.

    Parameters
    ----------
    inputs, targets
        ``(K, N, D)`` and ``(K, N)``; uncorrelated over all that may be drawn.
    """
    size = inputs.shape[1]
    moment = np.swapaxes(inputs, -1, -2) @ inputs / size
    product = np.einsum("knd,kn->kd", inputs, targets) / size
    theta = np.linalg.solve(moment, product[..., None])[..., 0]
    residuals = np.einsum("knd,kd->kn", inputs, theta) - targets
    new = np.sum(theta**2, axis=-1) / 2
    old = np.mean(residuals**2 - targets**2, axis=-1) / 2
    gradients = residuals[..., None] * inputs
    covariance = np.swapaxes(gradients, -1, -2) @ gradients / size
    traces = np.trace(np.linalg.solve(moment, covariance), axis1=-2, axis2=-1)
    return new - old, traces


def gap(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The gap and what the two criteria say of it, for right and for wrong models.

    Parameters
    ----------
    settings
        The section ``after_2019.takeuchi_gap`` of the configuration.
    seeds
        Of all that is drawn.

    Returns
    -------
    pandas.DataFrame
        ``seed, case, gap, takeuchi, akaike``: means over the draws.
    """
    shape = settings["draws"], settings["examples"]
    rows = []
    for seed in seeds:
        generator = np.random.default_rng(seed)
        inputs = generator.standard_normal((*shape, settings["features"]))
        noise = generator.standard_normal(shape)
        for case, targets in CASES.items():
            gaps, traces = fitted_gaps(inputs, targets(inputs, noise))
            takeuchi, akaike = traces.mean() / shape[1], settings["features"] / shape[1]
            rows.append((seed, case, gaps.mean(), takeuchi, akaike))
    return pd.DataFrame(rows, columns=["seed", "case", "gap", "takeuchi", "akaike"])
