"""Synthetic data sets, drawn from NumPy's legacy generator, whose streams never change.

Each generator is freshly seeded and draws the inputs first, class 0 before class 1, the noise last.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def lognormal_line(
    *,
    seed: int,
    size: int,
    log_mean: float,
    log_scale: float,
    intercept: float,
    slope: float,
    noise: float,
) -> pd.DataFrame:
    """Linear regression on a log-normal input: ``y = intercept + slope x + noise ε`` (Figure 1).

    Parameters
    ----------
    seed, size
        Of the generator, and the number of rows.
    log_mean, log_scale
        Mean and standard deviation of ``log x``.
    intercept, slope, noise
        Of the line, and the standard deviation of ``y`` around it.

    Returns
    -------
    pandas.DataFrame
        Columns ``x`` and ``target``, ``size`` rows.
    """
    generator = np.random.RandomState(seed)
    x = np.exp(log_mean + log_scale * generator.standard_normal(size))
    target = intercept + slope * x + noise * generator.standard_normal(size)
    return pd.DataFrame({"x": x, "target": target})


def normal_line(
    *, seed: int, size: int, intercept: float, slope: float, quadratic: float, noise: float
) -> pd.DataFrame:
    """Linear regression on a standard normal input (Figure 4).

    ``y = intercept + slope x + quadratic x² + noise ε``: a line with unit noise is the right model
    if ``quadratic`` is 0 and ``noise`` is 1.

    Parameters
    ----------
    seed, size
        Of the generator, and the number of rows.
    intercept, slope, quadratic, noise
        Coefficients of ``y``'s mean, and its standard deviation around it.

    Returns
    -------
    pandas.DataFrame
        Columns ``x`` and ``target``, ``size`` rows.
    """
    generator = np.random.RandomState(seed)
    x = generator.standard_normal(size)
    mean = intercept + slope * x + quadratic * x**2
    return pd.DataFrame({"x": x, "target": mean + noise * generator.standard_normal(size)})


def gaussian_classes(
    *,
    seed: int,
    size: int,
    mean: Sequence[float],
    scale_0: Sequence[Sequence[float]],
    scale_1: Sequence[Sequence[float]],
) -> pd.DataFrame:
    """Two Gaussian classes in the plane around ``±mean`` (Figure 2).

    The points of class 0 are ``mean + z C₀`` and those of class 1 ``−mean + z C₁`` for standard
    normal row vectors ``z``, so that the class covariances are ``CᵀC``. Logistic regression is the
    right model if the two are equal.

    Parameters
    ----------
    seed, size
        Of the generator, and the number of rows, an even one.
    mean
        Of class 0, shape ``(2,)``.
    scale_0, scale_1
        ``C₀`` and ``C₁``, shape ``(2, 2)``.

    Returns
    -------
    pandas.DataFrame
        Columns ``x1``, ``x2`` and ``target`` (0 or 1); ``size / 2`` rows of class 0, then as many
        of class 1.
    """
    generator = np.random.RandomState(seed)
    half = size // 2
    class_0 = np.asarray(mean) + generator.standard_normal((half, 2)) @ np.asarray(scale_0)
    class_1 = -np.asarray(mean) + generator.standard_normal((half, 2)) @ np.asarray(scale_1)
    table = pd.DataFrame(np.concatenate([class_0, class_1]), columns=["x1", "x2"])
    return table.assign(target=np.repeat([0, 1], half))
