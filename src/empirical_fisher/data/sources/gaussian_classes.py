"""Two Gaussian classes in the plane (Figure 2).

Drawn from NumPy's legacy generator, whose streams never change. It is freshly seeded and draws
the inputs first, class 0 before class 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from .source import Drawn


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


SOURCE = Drawn(gaussian_classes, "binary")
