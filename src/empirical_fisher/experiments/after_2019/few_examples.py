r"""The empirical Fisher of few examples.

Of one example ``EF = g gᵀ``, and by Sherman and Morrison's formula
``(λ I + g gᵀ)⁻¹ g = g / (λ + ‖g‖²)``: normalised gradient descent.

Of ``N`` examples with the gradients as rows of ``J``, ``∇L = Jᵀ1/N`` and ``EF = JᵀJ/N``, so that

``∇Lᵀ EF⁺ ∇L = 1ᵀ J (JᵀJ)⁺ Jᵀ 1 / N = ‖Π 1‖² / N``

with ``Π`` the projection onto the columns of ``J``. It is the decrease that a step of EFGD with
step size one promises. For independent gradients ``Π`` is the identity and the decrease is one,
wherever the step starts. For more examples it is the share of ``1`` that the columns explain, and
zero where ``∇L`` is. Softmax regression has a class to spare: of its ``P = C D`` parameters
``(C − 1) D`` count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.linear_systems import pseudo_solve, solve
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point

from .drawn import first_examples, linear_point

DAMPINGS = (1e-4, 1.0)  #: of the update with the gradient of one example


def promised_decrease(point: Point) -> float:
    """``∇Lᵀ EF⁺ ∇L`` at one ``θ``; zero where the gradient is only rounding."""
    return float(point.gradient @ pseudo_solve(point.empirical_fisher, point.gradient))


def one_example_error(point: Point) -> float:
    """The largest relative difference of ``(λ I + EF)⁻¹∇L`` and ``∇L / (λ + ‖∇L‖²)``."""
    gradient = point.gradient
    return max(
        float(
            relative_distance(
                solve(point.empirical_fisher, damping, gradient),
                gradient / (damping + gradient @ gradient),
            )
        )
        for damping in DAMPINGS
    )


def independent_parameters(point: Point) -> int:
    """The number of parameters, without the class to spare of softmax regression."""
    outputs = point.problem.likelihood.outputs
    return point.problem.parameters * max(outputs - 1, 1) // outputs


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The promised decrease on random linear models with more and more examples.

    Parameters
    ----------
    settings
        The section ``after_2019.few_examples`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed, task, examples, parameters`` (the independent ones); ``decrease``, at random ``θ``;
        ``decrease_error``, its distance from 1; ``decrease_at_minimum``, for the most examples;
        ``one_example_error``, for one example. NaN elsewhere.
    """
    sizes = settings["sizes"]
    rows = []
    for seed in seeds:
        for task in TASKS:
            most = linear_point(seed, task, max(sizes), settings["features"])
            for size in sizes:
                point = first_examples(most, size)
                decrease = promised_decrease(point)
                at_minimum = np.nan
                if size == max(sizes):
                    problem = point.problem
                    at_minimum = promised_decrease(problem.at(problem.minimizer()))
                rows.append(
                    {
                        "seed": seed,
                        "task": task,
                        "examples": size,
                        "parameters": independent_parameters(point),
                        "decrease": decrease,
                        "decrease_error": abs(decrease - 1),
                        "decrease_at_minimum": at_minimum,
                        "one_example_error": one_example_error(point) if size == 1 else np.nan,
                    }
                )
    return pd.DataFrame(rows)
