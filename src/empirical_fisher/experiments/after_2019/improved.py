r"""The improved empirical Fisher of Wu, Yu, Zhang and Woodland (2024), in its two forms.

With the gradients ``∇ℓ_n`` of the examples as the rows of ``J`` and the squared lengths ``s_n`` of
their residuals ``∇_f ℓ_n``,

* Eq. 8 is the update ``Jᵀ (J Jᵀ + N λ I)⁻¹ s = (EF + λ I)⁻¹ (1/N) Σ_n s_n ∇ℓ_n``, and
* Eq. 14 is the matrix ``(1/N) Σ_n ∇ℓ_n ∇ℓ_nᵀ / s_n``, with the update ``(B + λ I)⁻¹ ∇L``.

Undamped, Eq. 8 is the solution of ``J Δ = s`` by least squares, and Eq. 14 that with the examples
weighted by ``1/s_n``. They are the same if ``J Δ = s`` has a solution, as for independent
gradients, of which there are no more than parameters. Otherwise they are not.

On least squares ``∇ℓ_n = r_n x_n`` and ``s_n = r_n²``, so that the matrix of Eq. 14 is
``(1/N) Σ x_n x_nᵀ``, the Fisher. The same holds with one logit, where this is not the Fisher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.indicator import indicator, least_indicator
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.models import LinearModel
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point

from .drawn import linear_point, network_point


def squared_residuals(point: Point) -> Array:
    """``s_n = ‖∇_f ℓ_n‖²``, shape ``(..., N)``."""
    return np.sum(point.residuals**2, axis=-1)


def undamped_updates(point: Point) -> dict[str, Array]:
    """Undamped updates ``(P,)``: ``EF``, ``improved`` (Eq. 8) and ``reweighted`` (Eq. 14).

    Where there are several solutions, each is the shortest one.
    """
    gradients = point.example_gradients

    def matching(changes: Array) -> Array:
        return np.linalg.lstsq(gradients, changes)[0].astype(float)

    return {
        "EF": matching(np.ones(len(gradients))),
        "improved": matching(squared_residuals(point)),
        "reweighted": _shortest(point.improved_empirical_fisher, point.gradient),
    }


def _shortest(matrix: Array, vector: Array) -> Array:
    """``A⁺ b``, shape ``(P,)``, for a positive semi-definite ``A``."""
    return np.linalg.pinv(matrix, rcond=1e-13, hermitian=True).astype(float) @ vector


def deviation(vector: Array, direction: Array) -> float:
    """How far a vector is from any multiple of another one, relative to its length."""
    along = direction * (vector @ direction) / (direction @ direction)
    return float(np.linalg.norm(vector - along) / np.linalg.norm(vector))


def distance_from_gram(point: Point) -> float:
    """Distance of the matrix of Eq. 14 to ``XᵀX/N``, relatively, for linear models of one ``f``."""
    model = point.problem.model
    if not isinstance(model, LinearModel) or model.outputs > 1:
        return np.nan
    gram = model.inputs.T @ model.inputs / point.problem.size
    return float(relative_distance(point.improved_empirical_fisher, gram))


def measure(point: Point, generator: np.random.Generator, directions: int) -> dict[str, float]:
    """What `experiment` tabulates of one point."""
    updates = undamped_updates(point)
    gradients, size = point.example_gradients, point.problem.size
    few = size <= point.problem.parameters
    changes = {name: gradients @ update for name, update in updates.items()}
    matrix = point.improved_empirical_fisher
    random = generator.standard_normal((directions, point.problem.parameters))
    least = least_indicator(point)
    lowest = min(indicator(point, each) for each in (*random, *updates.values())) / least
    natural = _shortest(point.fisher, point.gradient)
    return {
        "examples": size,
        "parameters": point.problem.parameters,
        "difference": float(relative_distance(updates["improved"], updates["reweighted"])),
        "projection_ef": deviation(changes["EF"], np.ones(size)) if few else np.nan,
        "projection_improved": deviation(changes["improved"], squared_residuals(point))
        if few
        else np.nan,
        "from_fisher": float(relative_distance(matrix, point.fisher)),
        "from_gram": distance_from_gram(point),
        "indicator_ngd": abs(indicator(point, natural) / least - 1),
        "indicator_random": max(0.0, 1 - lowest),
    }


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """Compare the two forms with one another, with the Fisher and with ``XᵀX``.

    Parameters
    ----------
    settings
        The section ``after_2019.improved`` of the configuration.
    seeds
        Of the problems, and of the random directions.

    Returns
    -------
    pandas.DataFrame
        ``seed, task, model, examples, parameters``; ``difference``, relative, of the two undamped
        updates; ``projection_ef, projection_improved``, how far the changes of the losses are from
        multiples of ``1`` and of ``s``, for no more examples than parameters; ``from_fisher,
        from_gram``, the relative distance of the matrix of Eq. 14; ``indicator_ngd``, the relative
        difference of NGD's indicator and its least value; ``indicator_random``, by which fraction a
        random direction or one of these updates has a lower one.
    """
    rows = []
    for seed in seeds:
        for task in TASKS:
            points = {
                "network": network_point(seed, task, **settings["networks"]),
                "linear": linear_point(seed, task, **settings["linear"]),
            }
            for name, point in points.items():
                generator = np.random.default_rng(seed)
                measured = measure(point, generator, settings["directions"])
                rows.append({"seed": seed, "task": task, "model": name, **measured})
    return pd.DataFrame(rows)
