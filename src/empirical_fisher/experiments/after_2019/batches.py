r"""What squared gradients of a batch estimate (Adam, and Lin et al. 2024), and what the root does.

For ``B`` examples drawn with replacement the mean gradient ``ḡ`` has the mean ``∇L`` and the
covariance ``Cov/B``, with ``Cov = EF − ∇L∇Lᵀ`` that of one example (Eq. 18 of the paper). Hence

``E[B ḡ ḡᵀ] = Cov + B ∇L∇Lᵀ = EF + (B − 1) ∇L∇Lᵀ = B ((1 − 1/B) ∇L∇Lᵀ + EF/B)``.

Of examples drawn without replacement the covariance of ``ḡ`` is ``Cov/B · (N − B)/(N − 1)``. Both
means are taken here over all batches, one after the other.

With ``S`` the mean square of the examples' gradients, entry by entry, the update of Adam is like
``g/√S``; without the root it is ``g/S``. A loss multiplied by ``c`` has the gradient ``c g`` and
the mean square ``c² S``. In other units, ``θ = D φ`` with a diagonal ``D``, the gradient is ``D g``
and the mean square ``D² S``, so that ``θ`` moves by ``D (D g)/(D² S) = g/S`` as before, but with
the root by ``D g/√S``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product
from typing import Any, cast

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.experiments.shared_problems import TASKS
from empirical_fisher.models import LinearModel
from empirical_fisher.norms import relative_distance
from empirical_fisher.problems import Point, Problem

from .drawn import linear_point

SCALES = np.array([1e-3, 1.0, 1e3])  #: of the loss


def mean_over_batches(gradients: Array, batch: int, *, replacement: bool) -> Array:
    """``E[B ḡ ḡᵀ]`` over all batches of ``B`` of the gradients ``(N, P)``, shape ``(P, P)``."""
    size = len(gradients)
    every = product(range(size), repeat=batch) if replacement else combinations(range(size), batch)
    means = gradients[np.array(list(every))].mean(axis=1)
    return batch * means.T @ means / len(means)


def enumerated(point: Point, batch: int) -> dict[str, float]:
    """Relative differences of means over all batches and the three formulas of the module."""
    gradients, size = point.example_gradients, point.problem.size
    mean = np.outer(point.gradient, point.gradient)
    covariance = np.cov(gradients.T, bias=True)
    drawn = mean_over_batches(gradients, batch, replacement=True)
    chosen = mean_over_batches(gradients, batch, replacement=False)
    mixture = batch * ((1 - 1 / batch) * mean + point.empirical_fisher / batch)
    fewer = covariance * (size - batch) / (size - 1) + batch * mean
    return {
        "with_replacement": float(relative_distance(covariance + batch * mean, drawn)),
        "mixture": float(relative_distance(mixture, drawn)),
        "without_replacement": float(relative_distance(fewer, chosen)),
    }


def squares_error(point: Point, batch: int) -> float:
    """``‖B E[ḡ²] − diag EF‖ / ‖diag EF‖`` of batches drawn with replacement."""
    diagonal = np.diagonal(point.empirical_fisher)
    return float(relative_distance(diagonal + (batch - 1) * point.gradient**2, diagonal))


def updates(gradients: Array) -> dict[str, Array]:
    """``rooted``, ``g/√S``, and ``root_free``, ``g/S``, for examples' gradients ``(N, P)``."""
    mean, square = gradients.mean(axis=0), np.mean(gradients**2, axis=0)
    return {"rooted": mean / np.sqrt(square), "root_free": mean / square}


def in_other_units(point: Point, units: Array) -> Point:
    """The same point of a linear model whose features are multiplied by units ``(D,)``."""
    problem = point.problem
    old = cast(LinearModel, problem.model)
    model = LinearModel(old.inputs * units, old.outputs)
    tiled = np.tile(units, old.outputs)
    return Problem(problem.likelihood, model, problem.targets).at(point.theta / tiled)


def root(point: Point, generator: np.random.Generator) -> dict[str, float]:
    """How the updates with and without the root depend on the loss's scale and on units."""
    gradients = point.example_gradients
    lengths = [
        {name: np.linalg.norm(update) for name, update in updates(scale * gradients).items()}
        for scale in SCALES
    ]
    outputs = point.problem.likelihood.outputs
    units = 10.0 ** generator.uniform(-1, 1, point.problem.parameters // outputs)
    tiled = np.tile(units, outputs)
    here, there = (
        updates(each.example_gradients) for each in (point, in_other_units(point, units))
    )
    measured = {}
    for name in ("rooted", "root_free"):
        powers = exponent(SCALES, np.array([each[name] for each in lengths]))
        measured[f"{name}_exponent"] = float(powers)
        # θ = D φ with D the units, by which φ's change becomes one of θ
        measured[f"{name}_units"] = float(relative_distance(tiled * there[name], here[name]))
    return measured


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """All of this on random linear models.

    Parameters
    ----------
    settings
        The section ``after_2019.batches`` of the configuration.
    seeds
        Of the problems and of the units.

    Returns
    -------
    pandas.DataFrame
        ``seed, task`` and the columns of `enumerated` and `root`; ``at_start, at_minimum``: the
        `squares_error` at ``θ = 0`` and at the minimum.
    """
    rows = []
    few = dict(settings["enumerated"])
    batch = few.pop("batch")
    for seed in seeds:
        for task in TASKS:
            point = linear_point(seed, task, **settings["problem"])
            places = {
                "at_start": np.zeros(point.problem.parameters),
                "at_minimum": point.problem.minimizer(),
            }
            rows.append(
                {
                    "seed": seed,
                    "task": task,
                    **enumerated(linear_point(seed, task, **few), batch),
                    **{
                        name: squares_error(point.problem.at(theta), settings["batch"])
                        for name, theta in places.items()
                    },
                    **root(point, np.random.default_rng(seed)),
                }
            )
    return pd.DataFrame(rows)
