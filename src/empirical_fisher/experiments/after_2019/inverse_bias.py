r"""Why a one-sample Fisher is worse inverted than it looks.

The inverse is operator convex on positive definite matrices. By Jensen's inequality, with
``E[F̂] = F``,

``E[(F̂ + λ I)⁻¹] ⪰ (F + λ I)⁻¹``:

a step with a sampled Fisher is on average at least as long, whatever the gradient. For few examples
with two labels each the mean over all labels can be taken exactly.

Where an example is predicted with probability ``p`` near one, its sampled residual is ``1 − p``
almost always, and its square ``(1 − p)²`` instead of the expected ``p (1 − p)``. So along the path
of NGD on separable classes the sampled Fisher gets much smaller than the Fisher, the less damping
the more, and the step too long.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, design
from empirical_fisher.methods import solve
from empirical_fisher.problems import Point, linear_problem

from .drawn import linear_point
from .indicator import is_resolved
from .outcomes import gradients, together
from .trajectories import followed


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


def experiment(
    seeds: Sequence[int], examples: int, features: int, dampings: Mapping[str, float]
) -> pd.DataFrame:
    """The bias of the inverse on random logistic regressions, exactly.

    Returns
    -------
    pandas.DataFrame
        ``seed, damping``; ``least, greatest``, the extreme eigenvalues of what the mean inverse
        exceeds the inverse of the Fisher by, relative to the latter.
    """
    rows = []
    for seed in seeds:
        point = linear_point(seed, "binary", examples, features)
        for damping in log_axis(**dampings):
            exact = np.linalg.inv(point.fisher + damping * np.eye(features))
            excess = relative_excess(mean_inverse(point, damping), exact)
            rows.append((seed, damping, excess[0], excess[-1]))
    return pd.DataFrame(rows, columns=["seed", "damping", "least", "greatest"])


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


def one_sample(
    seeds: Sequence[int],
    data: Mapping[str, Dataset],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
    models: Mapping[str, Mapping[str, float]],
    iterates: Sequence[int],
    iterations: int,
) -> pd.DataFrame:
    """One step with a one-sample Fisher from the iterates of NGD at its best cell of Figure 3.

    Parameters
    ----------
    seeds
        Of the sampled labels.
    data, cells, models
        The data sets, the best cell of each method on each, and what `linear_problem` needs beside.
    iterates, iterations
        Which iterates, and the steps of a run.

    Returns
    -------
    pandas.DataFrame
        ``problem, iteration, seed, length, loss_ratio``: see `one_sample_step`.
    """
    kept = [each for each in iterates if each <= iterations]
    rows = []
    for name, dataset in data.items():
        problem = linear_problem(*design(dataset, bias=True), **models[name])
        best = cells[name]["NGD"][["step_size", "damping"]].iloc[0]
        start = problem.at(np.zeros(problem.parameters))
        for iteration, point in followed(start, "NGD", *best, kept):
            for seed in seeds:
                labels = point.draw_labels(np.random.default_rng(seed))
                rows.append((name, iteration, seed, *one_sample_step(point, labels, *best)))
    columns = ["problem", "iteration", "seed", "length", "loss_ratio"]
    return pd.DataFrame(rows, columns=columns)
