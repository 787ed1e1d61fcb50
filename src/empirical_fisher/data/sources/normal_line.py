"""A line or a parabola through a normal input (Figure 4).

Drawn from NumPy's legacy generator, whose streams never change. It is freshly seeded and draws
the inputs first, the noise last.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from .source import Drawn


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


SOURCE = Drawn(normal_line, "regression")
