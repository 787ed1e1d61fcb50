"""§4.2: the empirical Fisher and the Fisher at the minimum, with more and more examples (Eq. 17).

Distances are relative, in the Frobenius norm: ``‖EF − F‖ / ‖F‖``, both at the minimum ``θ*_N`` of
the loss of ``N`` examples.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.data.datasets import from_table
from empirical_fisher.data.sources.gaussian_classes import gaussian_classes
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Problem, linear_problem

from . import capacity as models

CORRECT_PERCENT = 99  #: of the labels in `outlier_problem`


def more_examples(
    classes: Mapping[str, Any], seeds: Sequence[int], sizes: Mapping[str, Any]
) -> pd.DataFrame:
    """`against_size` for every seed."""
    return pd.concat([against_size(classes, seed, sizes) for seed in seeds])


def against_size(classes: Mapping[str, Any], seed: int, sizes: Mapping[str, Any]) -> pd.DataFrame:
    """Compare the matrices at the minimum of logistic regression on nested sets of examples.

    Of one draw of the largest size, the smaller sets are the first half of their size of each
    class; the minimum of one is where the search for the next one's starts.

    Parameters
    ----------
    classes
        ``mean, scale_0, scale_1`` of `gaussian_classes.gaussian_classes`.
    seed
        Of the draw.
    sizes
        ``low, high, count`` of the sizes ``N``, evenly spaced in their logarithm and then rounded
        to even numbers.

    Returns
    -------
    pandas.DataFrame
        ``seed, size, theta_1, theta_2`` and the distances ``empirical_fisher_from_fisher``,
        ``empirical_fisher_from_hessian`` and ``fisher_from_hessian``, the second matrix the
        reference.
    """
    halves = np.geomspace(sizes["low"] / 2, sizes["high"] / 2, sizes["count"]).round().astype(int)
    draw = gaussian_classes(seed=seed, size=2 * int(halves[-1]), **classes)
    whole = from_table(draw, "binary")
    theta, rows = None, []
    for half in halves:
        nested = np.r_[:half, halves[-1] : halves[-1] + half]
        problem = linear_problem(whole.inputs[nested], whole.targets[nested], whole.task)
        theta = problem.minimizer(theta)
        point = problem.at(theta)
        rows.append(
            {
                "seed": seed,
                "size": 2 * half,
                "theta_1": theta[0],
                "theta_2": theta[1],
                "empirical_fisher_from_fisher": relative_distance(
                    point.empirical_fisher, point.fisher
                ),
                "empirical_fisher_from_hessian": relative_distance(
                    point.empirical_fisher, point.hessian
                ),
                "fisher_from_hessian": relative_distance(point.fisher, point.hessian),
            }
        )
    return pd.DataFrame(rows)


def outlier_problem(leverage: int) -> Problem:
    """Logistic regression in one dimension that outliers of a given leverage make misspecified.

    Of every hundred labels `CORRECT_PERCENT` are 1, both at ``x = 1`` and at ``x = k``, so that
    the model, whose log-odds are ``k`` times larger at the latter, is right for ``k = 1`` only.
    There are ``100 k`` examples at ``x = 1`` and 100 at ``x = k``.
    """
    labels = np.repeat([1.0, 0.0], [CORRECT_PERCENT, 100 - CORRECT_PERCENT])
    inputs = np.repeat([1.0, leverage], [100 * leverage, 100])
    return linear_problem(inputs[:, None], np.tile(labels, leverage + 1), "binary")


def outliers(leverages: Sequence[int]) -> pd.DataFrame:
    """Compare the matrices at the minimum of `outlier_problem`.

    Returns
    -------
    pandas.DataFrame
        ``leverage, size, theta, fisher, empirical_fisher, empirical_fisher_from_fisher``.
    """
    rows = []
    for leverage in leverages:
        problem = outlier_problem(leverage)
        point = problem.at(problem.minimizer())
        rows.append(
            {
                "leverage": leverage,
                "size": problem.size,
                "theta": point.theta.item(),
                "fisher": point.fisher.item(),
                "empirical_fisher": point.empirical_fisher.item(),
                "empirical_fisher_from_fisher": relative_distance(
                    point.empirical_fisher, point.fisher
                ),
            }
        )
    return pd.DataFrame(rows)


def worse_models(leverages: Sequence[int], capacity: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """`outliers`, and `capacity.sweep` for every task and seed."""
    settings = dict(capacity)
    runs = product(models.TASKS, settings.pop("seeds"))
    sweeps = pd.concat([models.sweep(*run, **settings) for run in runs])
    return {"outliers": outliers(leverages), "capacity": sweeps}
