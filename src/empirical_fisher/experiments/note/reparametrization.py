r"""The note: whether an update is the same in other parameters.

With ``θ = A φ`` the gradients of the examples in ``φ`` are ``Aᵀ g_n``, so that Fisher and empirical
Fisher become ``Aᵀ B A``. The update in ``φ``, mapped back to ``θ``, is

``−A (Aᵀ B A + ε I)⁻¹ Aᵀ g = −(B + ε (A Aᵀ)⁻¹)⁻¹ g``,

for an invertible ``B`` the update in ``θ`` as ``ε → 0``. Where ``B`` is singular, as with fewer
examples than parameters, ``A`` decides which of all the solutions of ``B Δ = −g`` it is: ``Δ``
differs, the predictions on the training inputs need not.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.methods import direction
from empirical_fisher.models import LinearModel
from empirical_fisher.norms import relative_distance
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem


def mixing(generator: np.random.Generator, parameters: int, condition: float) -> Array:
    """Draw ``A``, shape ``(P, P)``, with this condition number and uniform singular directions."""
    left, right = (
        np.linalg.qr(generator.standard_normal((parameters, parameters)))[0] for _ in range(2)
    )
    return left * np.geomspace(1, condition, parameters) @ right


def reparametrized(problem: Problem, matrix: Array) -> Problem:
    """The same linear problem as a function of ``φ``, where ``θ = A φ`` with ``A`` ``(P, P)``.

    Raises
    ------
    ValueError
        If the model is not linear, or has more than one output.
    """
    model = problem.model
    if not isinstance(model, LinearModel) or model.outputs != 1:
        raise ValueError("only a linear model with one output can be reparametrised here")
    inputs = LinearModel(model.inputs @ matrix)
    return Problem(problem.likelihood, inputs, problem.targets, problem.prior_variance)


def differences(
    problem: Problem, theta: Array, matrix: Array, methods: Iterable[str], dampings: Array
) -> pd.DataFrame:
    """Compare the updates in ``φ``, shape ``(P,)``, mapped back, with those in ``θ``.

    Returns
    -------
    pandas.DataFrame
        ``method, damping, step_difference, prediction_difference``: ``‖A Δφ − Δθ‖ / ‖Δθ‖``, and the
        same of the changes ``X Δ`` of the predictions on the training inputs.
    """
    other = reparametrized(problem, matrix)
    shape = (len(dampings), 1)
    point = problem.at(np.tile(theta, shape))
    point_other = other.at(np.tile(np.linalg.solve(matrix, theta), shape))
    tables = {}
    for method in methods:
        own = direction(point, method, dampings)
        mapped = direction(point_other, method, dampings) @ matrix.T
        mapped_f, own_f = (problem.model.predict(step)[..., 0] for step in (mapped, own))
        tables[method] = pd.DataFrame(
            {
                "damping": dampings,
                "step_difference": relative_distance(mapped, own, axis=-1),
                "prediction_difference": relative_distance(mapped_f, own_f, axis=-1),
            }
        )
    return stacked(tables, "method")
