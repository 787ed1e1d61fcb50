r"""A step with a one-sample Fisher where NGD takes one of its own.

Where an example is predicted with probability ``p`` near one, its sampled residual is ``1 − p``
almost always, and its square ``(1 − p)²`` instead of the expected ``p (1 − p)``. So along the path
of NGD on separable classes the sampled Fisher gets much smaller than the Fisher, the less damping
the more, and the step too long.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.indicator import is_resolved
from empirical_fisher.linear_systems import solve
from empirical_fisher.problems import Point

STEPS = ["seed", "length", "loss_ratio"]  #: columns of `steps`


def one_sample_step(
    point: Point, labels: Array, step_size: float, damping: float
) -> tuple[float, float]:
    """A step with a one-sample Fisher: its length over that of NGD's step, and the loss it leaves.

    The lengths are in the norm of the Fisher; the loss is relative to that before the step. Both
    are NaN where the gradient is only rounding errors.
    """
    if not is_resolved(point):
        return np.nan, np.nan
    shift = damping + point.problem.prior_precision
    matrices = point.sampled_fisher(labels), point.fisher
    sampled, natural = (solve(matrix, shift, point.gradient) for matrix in matrices)
    lengths = [np.sqrt(each @ point.fisher @ each) for each in (sampled, natural)]
    with np.errstate(over="ignore"):
        after = point.problem.at(point.theta - step_size * sampled).loss
    return float(lengths[0] / lengths[1]), float(after / point.loss)


def steps(point: Point, step_size: float, damping: float, seeds: Sequence[int]) -> pd.DataFrame:
    """One step for each seed of the labels: ``seed, length, loss_ratio``, see `one_sample_step`."""
    rows = []
    for seed in seeds:
        labels = point.draw_labels(np.random.default_rng(seed))
        rows.append((seed, *one_sample_step(point, labels, step_size, damping)))
    return pd.DataFrame(rows, columns=STEPS)
