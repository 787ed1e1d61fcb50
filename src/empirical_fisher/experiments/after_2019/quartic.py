"""Where undamped Eq. 8 leads on least squares: to the minimum of the mean of ``r⁴``.

There ``∇ℓ_n = r_n x_n`` and ``s_n = r_n²``, so that the update of Eq. 8 is
``(Σ r_n² x_n x_nᵀ)⁻¹ Σ r_n³ x_n``. The gradient of ``Σ r_n⁴ / 4`` is ``Σ r_n³ x_n`` and its Hessian
``3 Σ r_n² x_n x_nᵀ``: a third of the update is a Newton step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import random_problem
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import iterates

from .improved import undamped_updates

STEP_SIZE = 1 / 3


def quartic_derivatives(problem: Problem, theta: Array) -> tuple[Array, Array]:
    """Gradient ``(P,)`` and Hessian ``(P, P)`` of ``Σ_n r_n⁴ / 4`` for least squares."""
    inputs = problem.model.jacobian(theta)[:, 0]
    residuals = problem.at(theta).residuals[:, 0]
    return inputs.T @ residuals**3, 3 * (inputs.T * residuals**2) @ inputs


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """Descend by undamped Eq. 8 with step size 1/3 from ``θ = 0``, on random regressions.

    Parameters
    ----------
    settings
        The section ``after_2019.quartic`` of the configuration.
    seeds
        Of the problems.

    Returns
    -------
    pandas.DataFrame
        ``seed``; ``newton_error``, the relative difference of the first step and a Newton step on
        ``Σ r⁴ / 4``; ``gradient``, length of the final gradient of that over the first one;
        ``excess``, the final loss over the least-squares minimum, less 1.
    """
    shape = settings["examples"], settings["features"]
    rows = []
    for seed in seeds:
        problem = random_problem(np.random.default_rng(seed), "regression", *shape)
        start = np.zeros(problem.parameters)

        def towards(theta: Array, problem: Problem = problem) -> Array:
            return -undamped_updates(problem.at(theta))["improved"]

        path = iterates(start, towards, STEP_SIZE, settings["iterations"])
        gradient, hessian = quartic_derivatives(problem, start)
        final, _ = quartic_derivatives(problem, path[-1])
        minimum = problem.at(problem.minimizer()).loss
        newton = -np.linalg.solve(hessian, gradient).astype(float)
        rows.append(
            {
                "seed": seed,
                "newton_error": float(relative_distance(path[1], newton)),
                "gradient": float(np.linalg.norm(final) / np.linalg.norm(gradient)),
                "excess": float(problem.at(path[-1]).loss / minimum - 1),
            }
        )
    return pd.DataFrame(rows)
