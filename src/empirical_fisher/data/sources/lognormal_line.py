"""A line through a log-normal input (Figure 1).

Drawn from NumPy's legacy generator, whose streams never change. It is freshly seeded and draws
the inputs first, the noise last.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .source import Drawn


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


SOURCE = Drawn(lognormal_line, "regression")
