r"""The note: how evenly an update spreads the decrease of the loss over the examples.

Let ``J`` be the matrix of the examples' gradients, shape ``(N, P)``, so that ``C = Jᵀ J / N`` and
``g = Jᵀ 1 / N``. To first order the losses fall by ``−J Δ``, and for the update with the empirical
Fisher, as ``ε → 0``, by ``η J C⁺ g = η Π 1`` with the projection ``Π`` onto the range of ``J``.
With independent gradients (which needs ``P ≥ N``) ``Π = I`` and every loss falls by ``η``;
otherwise the coefficient of variation is ``√((1 − s) / s)`` with ``s = 1ᵀ Π 1 / N``, and no other
step has a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem

from .constrained_step import update


def reductions(
    problem: Problem, theta: Array, methods: Iterable[str], dampings: Array, change: float
) -> pd.DataFrame:
    """The examples' true losses before and after one step of ``Δᵀ C Δ = c``.

    Parameters
    ----------
    problem, theta
        Where the step is taken; ``θ`` has shape ``(P,)``.
    methods, dampings, change
        The methods, the values of ``ε``, and ``c``, which has to be small for the analysis above.

    Returns
    -------
    pandas.DataFrame
        ``method, damping, variation, mean_reduction``; the first of the numbers is the coefficient
        of variation of the examples' reductions, the second their mean in units of ``√c``.
    """
    here = problem.at(theta)
    point = problem.at(np.tile(theta, (len(dampings), 1)))
    tables = {}
    for method in methods:
        after = problem.at(theta + update(point, method, dampings, change)).losses
        fall = here.losses - after
        mean = np.mean(fall, axis=-1)
        tables[method] = pd.DataFrame(
            {
                "damping": dampings,
                "variation": np.std(fall, axis=-1) / np.abs(mean),
                "mean_reduction": mean / np.sqrt(change),
            }
        )
    return stacked(tables, "method")
