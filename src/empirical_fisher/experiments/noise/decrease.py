r"""§5: which direction is the most likely to lower the loss (Le Roux et al., 2007).

The mean ``ḡ`` of ``B`` stochastic gradients is about normal with the mean ``∇L`` and the covariance
``Σ / B``. A small step along ``−A ḡ`` lowers the loss if ``∇Lᵀ A ḡ > 0``, which has the probability
``Φ(√B w · ∇L / √(wᵀ Σ w))`` with ``w = Aᵀ ∇L``. By Cauchy and Schwarz it is largest where ``w`` is
a multiple of ``Σ⁻¹ ∇L``, as for ``A = Σ⁻¹``.

With ``S = Σ + ∇L ∇Lᵀ``, the empirical Fisher, ``S⁻¹ ∇L = Σ⁻¹ ∇L / (1 + ∇Lᵀ Σ⁻¹ ∇L)`` by Sherman
and Morrison: along the gradient itself both matrices give the same direction.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.norms import cosine
from empirical_fisher.problems import Point


def covariance(point: Point) -> Array:
    """``Σ`` of the examples' gradients, shape ``(P, P)``."""
    centred = point.example_gradients - point.gradient
    return centred.T @ centred / point.problem.size


def _solve(matrix: Array, vector: Array) -> Array:
    """``A⁺ b``, shape ``(P,)``: softmax regression leaves some directions out of every matrix."""
    cut = len(vector) * np.finfo(float).eps
    return np.linalg.pinv(matrix, rcond=cut, hermitian=True) @ vector


def angle(point: Point) -> float:
    """Sine of the angle between ``S⁻¹ ∇L`` and ``Σ⁻¹ ∇L``."""
    both = [_solve(each, point.gradient) for each in (point.empirical_fisher, covariance(point))]
    one, other = (each / np.linalg.norm(each) for each in both)
    return float(np.linalg.norm(one - cosine(one, other) * other))


def decreases(point: Point, seed: int, batch: int, batches: int) -> pd.DataFrame:
    """How often a small step along each direction lowers the loss, over many batches.

    Parameters
    ----------
    point
        A problem without prior at one ``θ``.
    seed
        Of the batches' examples, drawn with replacement.
    batch, batches
        ``B``, and how many batches there are.

    Returns
    -------
    pandas.DataFrame
        ``direction, share``: of the batches whose ``ḡ`` (``gradient``), ``Σ⁻¹ḡ`` (``covariance``),
        ``S⁻¹ḡ`` (``empirical Fisher``) or ``F⁻¹ḡ`` (``Fisher``) has a positive product with ``∇L``.
    """
    generator = np.random.default_rng(seed)
    drawn = generator.integers(point.problem.size, size=(batches, batch))
    means = point.example_gradients[drawn].mean(axis=1)
    matrices = {
        "gradient": np.eye(point.problem.parameters),
        "covariance": covariance(point),
        "empirical Fisher": point.empirical_fisher,
        "Fisher": point.fisher,
    }
    shares = {
        name: np.mean(means @ _solve(matrix, point.gradient) > 0)
        for name, matrix in matrices.items()
    }
    return pd.DataFrame({"direction": shares.keys(), "share": shares.values()})


def table(points: Mapping[str, Point], seed: int, batch: int, batches: int) -> pd.DataFrame:
    """`decreases` of every problem, with `angle`: ``problem, direction, share, angle``."""
    parts = [
        decreases(point, seed, batch, batches).assign(problem=name, angle=angle(point))
        for name, point in points.items()
    ]
    return pd.concat(parts, ignore_index=True)[["problem", "direction", "share", "angle"]]
