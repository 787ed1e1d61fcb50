r"""Sophia's estimate of the diagonal from one summed gradient (Liu et al. 2023, Algorithm 2).

It draws a label of the model for each example and squares the sum ``Σ_n g̃_n`` of the gradients,
entry by entry. By Bartlett's first identity ``E g̃_n = 0``, and the labels are independent, so that

``E (Σ_n g̃_n)² = Σ_n E g̃_n²``,

which is ``N`` times the diagonal of the Fisher. With ``σ²_n`` and ``μ_n`` the second and the fourth
moment of an entry of ``g̃_n``, its variance is

``2 (Σ_n σ²_n)² + Σ_n (μ_n − 3 σ⁴_n)``,

so that the relative standard deviation tends to ``√2`` and not to zero. Of the sum of the examples'
squares it is ``Σ_n (μ_n − σ⁴_n)``. With the data's labels the sum is ``N ∇L``, zero at the optimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point

from .drawn import linear_point
from .outcomes import gradients, outcomes, together


def batch_bias(point: Point) -> float:
    """``‖E (Σ g̃)²/N − diag F‖ / ‖diag F‖``, the mean over all labels of all examples."""
    labels, probabilities = together(point)
    sums = gradients(point, labels).sum(axis=1)
    mean = probabilities @ sums**2 / point.problem.size
    return float(relative_distance(mean, np.diagonal(point.fisher)))


def deviations(point: Point) -> tuple[float, float]:
    """Relative standard deviations of the two estimates, the mean over the diagonal's entries.

    Of the squared sum and of the sum of squares.
    """
    labels, probabilities = outcomes(point)
    each = gradients(point, labels)
    second, fourth = (np.einsum("kn,knp->np", probabilities, each**power) for power in (2, 4))
    total = second.sum(axis=0)
    of_sum = 2 * total**2 + np.sum(fourth - 3 * second**2, axis=0)
    of_squares = np.sum(fourth - second**2, axis=0)
    relative = [float(np.mean(np.sqrt(variance) / total)) for variance in (of_sum, of_squares)]
    return relative[0], relative[1]


def with_the_datas_labels(point: Point) -> tuple[float, float]:
    """``‖N (∇L)²‖`` and ``‖diag EF‖`` over ``‖diag F‖``: the two estimates with other labels."""
    length = np.linalg.norm(np.diagonal(point.fisher))
    batch = point.problem.size * point.gradient**2
    examples = np.diagonal(point.empirical_fisher)
    return float(np.linalg.norm(batch) / length), float(np.linalg.norm(examples) / length)


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The estimate on random linear models with more and more examples.

    Parameters
    ----------
    settings
        The section ``after_2019.bartlett`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, task, size``; ``batch_bias``, for the fewest examples; ``batch_deviation,
        example_deviation``: see `deviations`; ``data_batch, data_examples``, at the minimum for
        the most examples: see `with_the_datas_labels`. NaN elsewhere.
    """
    sizes = settings["sizes"]
    rows = []
    for seed in seeds:
        for task in TASKS:
            for size in sizes:
                point = linear_point(seed, task, size, settings["features"])
                bias = batch_bias(point) if size == min(sizes) else np.nan
                data = np.nan, np.nan
                if size == max(sizes):
                    optimum = point.problem.at(point.problem.minimizer())
                    data = with_the_datas_labels(optimum)
                rows.append((seed, task, size, bias, *deviations(point), *data))
    columns = [
        *("seed", "task", "size", "batch_bias", "batch_deviation", "example_deviation"),
        *("data_batch", "data_examples"),
    ]
    return pd.DataFrame(rows, columns=columns)
