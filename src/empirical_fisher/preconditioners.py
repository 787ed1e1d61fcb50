r"""Which matrix ``B`` a method inverts, in which structure, and how the system is solved.

A preconditioner is held as *parts*, a tuple of arrays: the whole matrix, its diagonal, its blocks,
or the Kronecker factors of its blocks. Parts can be averaged over the iterations one by one, and
`solve_parts` applies ``(B + s I)^(−p)`` to a vector. Only the structure ``full`` and the blocks
themselves are ever written out as matrices.

=====================  ==============================================================
full                   ``B``
diagonal               the diagonal of ``B``, zero elsewhere
block                  the blocks of ``B`` of each output of a linear model, or of each layer
kronecker              ``G ⊗ A`` in place of each layer's block (K-FAC)
=====================  ==============================================================
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .arrays import Array
from .linear_systems import kronecker_solve, root_solve, solve
from .problems import Point

Parts = tuple[Array, ...]
"""Of ``full`` and ``diagonal`` one array, of ``block`` one for each block, of ``kronecker`` two."""

MATRICES: dict[str, Callable[[Point], Array]] = {
    "fisher": lambda point: point.fisher,
    "ggn": lambda point: point.ggn,
    "hessian": lambda point: point.hessian,
    "empirical_fisher": lambda point: point.empirical_fisher,
    "improved_empirical_fisher": lambda point: point.improved_empirical_fisher,
    "squared_gradient": lambda point: point.squared_gradient,
}
"""Whole matrices without draws, shape ``(..., P, P)``; the Hessian includes the prior."""

GRAM = ("fisher", "ggn", "empirical_fisher", "sampled_fisher", "improved_empirical_fisher")
STRUCTURES: dict[str, tuple[str, ...]] = {
    "identity": ("full",),
    "hessian": ("full",),
    "squared_gradient": ("full", "diagonal"),
    **dict.fromkeys(GRAM, ("full", "diagonal", "block")),
    **dict.fromkeys(
        ("fisher", "empirical_fisher", "sampled_fisher"),
        ("full", "diagonal", "block", "kronecker"),
    ),
}
"""The structures in which each matrix exists."""


def preconditioner(point: Point, matrix: str, structure: str, labels: Array | None = None) -> Parts:
    """The parts of ``B`` at a point.

    Parameters
    ----------
    point
        A problem at ``θ``, shape ``(..., P)``.
    matrix, structure
        A key of `STRUCTURES` other than the identity, and one of its entries.
    labels
        Of the sampled Fisher: what `drawn_labels` has drawn.

    Raises
    ------
    data_terms.TooManyParametersError
        For the whole matrix of too many parameters. Diagonals and Kronecker factors have no limit.
    """
    if structure == "full" and labels is None:
        return (MATRICES[matrix](point),)
    if matrix == "squared_gradient":
        return (point.gradient**2,)
    weights = point.weights(matrix) if labels is None else point.sampled_weights(labels)
    if structure == "full":
        return (point.gram(weights),)
    if structure == "diagonal":
        return (point.gram_diagonal(weights),)
    if structure == "block":
        return point.gram_blocks(weights)
    return tuple(part for factors in point.gram_factors(weights) for part in factors)


def drawn_labels(point: Point, samples: int, seed: int, iteration: Array) -> Array:
    """``S`` labels of the model for every example, shape ``(S, ..., N)``.

    The numbers that are drawn depend on the seed and the iteration alone, so that all runs get the
    same ones in the same iteration.

    Parameters
    ----------
    point
        A problem at ``θ``.
    samples, seed
        ``S``, and the seed of every iteration's generator.
    iteration
        Of each run, shape ``(...)``.
    """
    lead, parameters = point.theta.shape[:-1], point.theta.shape[-1]
    rows = point if len(lead) == 1 else point.problem.at(point.theta.reshape(-1, parameters))
    generators = [np.random.default_rng([seed, int(step)]) for step in iteration.ravel()]
    labels = rows.draw_labels(generators, samples)
    return labels.reshape(samples, *lead, labels.shape[-1])


def solve_parts(
    parts: Parts, structure: str, shift: Array, vector: Array, power: float = 1.0
) -> Array:
    """``(B + s I)^(−p) b``, shape ``(..., P)``, for ``B`` in parts and ``p`` of 1 or 1/2.

    Parameters
    ----------
    parts, structure
        As `preconditioner` makes them.
    shift, vector, power
        ``s``, ``b`` and ``p``, of shapes ``(...)``, ``(..., P)`` and ``()``.
    """
    if structure == "diagonal":
        damped = parts[0] + np.expand_dims(shift, -1)
        return vector / (damped if power == 1 else np.sqrt(damped))
    if structure == "kronecker":
        pairs = list(zip(parts[::2], parts[1::2], strict=True))
        pieces = _split(vector, [left.shape[-1] * right.shape[-1] for left, right in pairs])
        solved = [
            kronecker_solve(left, right, shift, piece, power)
            for (left, right), piece in zip(pairs, pieces, strict=True)
        ]
        return np.concatenate(solved, axis=-1)
    solver = solve if power == 1 else root_solve
    if len(parts) == 1:
        return solver(parts[0], shift, vector)
    pieces = _split(vector, [block.shape[-1] for block in parts])
    solved = [solver(block, shift, piece) for block, piece in zip(parts, pieces, strict=True)]
    return np.concatenate(solved, axis=-1)


def _split(vector: Array, sizes: list[int]) -> list[Array]:
    return np.split(vector, np.cumsum(sizes)[:-1], axis=-1)
