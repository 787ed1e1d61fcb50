r"""§5, last paragraph, and §4.3: what an update makes of the size of the gradient.

Two experiments change the gradient's size and look at that of the update.

*Scaling the loss*, ``L → c L``. The gradient scales with ``c`` and the empirical Fisher, a second
moment, with ``c²``. The Hessian and the generalised Gauss-Newton matrix scale with ``c``. The
Fisher's scale is a matter of what ``c L`` is the negative logarithm of. As that of a density, which
for least squares is the Gaussian of variance ``1/c``, its Fisher is its GGN (Proposition 1) and
scales with ``c``: this is NGD here. With the distribution of ``y`` held as it was, the expected
outer product of the scaled gradients scales with ``c²``, as the empirical Fisher does; and
Proposition 1 fails, for ``c L`` is then the negative logarithm of no density over the ``y`` drawn.
This reading stands here as "NGD, y fixed".

*Moving away from the minimum* of least squares, ``θ = θ* + t e``. The gradient grows with ``t``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, naming
from empirical_fisher.experiments.shared_problems import modelled
from empirical_fisher.likelihoods import Likelihood
from empirical_fisher.linear_systems import pseudo_solve, solve
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, Problem


@dataclass(frozen=True)
class Scaled(Likelihood):
    """``ℓ`` times ``c``, with ``y`` distributed as before."""

    likelihood: Likelihood
    scale: float

    @property
    def outputs(self) -> int:
        """As before."""
        return self.likelihood.outputs

    def nll(self, f: Array, y: Array) -> Array:
        """``c ℓ``."""
        return self.scale * self.likelihood.nll(f, y)

    def mean(self, f: Array) -> Array:
        """As before."""
        return self.likelihood.mean(f)

    def residual(self, f: Array, y: Array) -> Array:
        """``c ∇_f ℓ``."""
        return self.scale * self.likelihood.residual(f, y)

    def hessian(self, f: Array) -> Array:
        """``c ∇²_f ℓ``."""
        return self.scale * self.likelihood.hessian(f)

    def fisher(self, f: Array) -> Array:
        """``E[(c ∇_f ℓ)(c ∇_f ℓ)ᵀ]``, a factor of ``c²``."""
        return self.scale**2 * self.likelihood.fisher(f)

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """As before."""
        return self.likelihood.sample(f, generator)


def root(point: Point) -> Array:
    """``diag(EF)^(−1/2) ∇L``, the update of an Adam without memory, shape ``(P,)``."""
    return point.gradient / np.sqrt(np.diagonal(point.empirical_fisher))


def adapted(point: Point) -> Array:
    """``EF⁻¹ ∇L ∇Lᵀ ∇L``, Eq. 19 applied to the gradient itself, shape ``(P,)``."""
    return pseudo_solve(point.empirical_fisher, point.gradient) * np.sum(point.gradient**2)


@dataclass(frozen=True)
class Update:
    """An update, and how its length should grow.

    Attributes
    ----------
    vector
        The update at a point with one parameter vector, shape ``(P,)``.
    scale
        The power of ``c`` that its length should grow with.
    distance
        The same of ``t``.
    """

    vector: Callable[[Point], Array]
    scale: int
    distance: int


#: The updates and the powers with which their lengths ought to grow.
UPDATES = {
    "GD": Update(lambda point: point.gradient, 1, 1),
    "NGD": Update(lambda point: solve(point.ggn, 0.0, point.gradient), 0, 1),
    "NGD, y fixed": Update(lambda point: solve(point.fisher, 0.0, point.gradient), -1, 1),
    "EFGD": Update(lambda point: solve(point.empirical_fisher, 0.0, point.gradient), -1, -1),
    "√diag EF": Update(root, 0, 0),
    "Eq. 19": Update(adapted, 1, 1),
}


def scaled(problem: Problem, scale: float) -> Problem:
    """The problem with its loss multiplied by ``c``."""
    return replace(problem, likelihood=Scaled(problem.likelihood, scale))


def lengths(axis: str, points: Mapping[float, Point]) -> pd.DataFrame:
    """Length of every update at some points: ``method``, the axis, ``gradient_norm, update_norm``.

    Parameters
    ----------
    axis, points
        ``scale`` or ``distance``, and the points by their ``c`` or ``t``.
    """
    rows = [
        {
            "method": method,
            axis: value,
            "gradient_norm": np.linalg.norm(point.gradient),
            "update_norm": np.linalg.norm(update.vector(point)),
        }
        for method, update in UPDATES.items()
        for value, point in points.items()
    ]
    return pd.DataFrame(rows)


def away(problem: Problem, minimum: Array, distance: float) -> Point:
    """The problem at ``θ* + t e``, with ``e`` the unit vector of equal coordinates, ``(P,)``."""
    unit = np.full(problem.parameters, problem.parameters**-0.5)
    return problem.at(minimum + distance * unit)


def scales(point: Point, factors: Array) -> pd.DataFrame:
    """`lengths` for losses scaled by ``c``, shape ``(C,)``, at the point's ``θ``."""
    points = {factor: scaled(point.problem, factor).at(point.theta) for factor in factors}
    return lengths("scale", points)


def distances(problem: Problem, minimum: Array, multiples: Array) -> pd.DataFrame:
    """`lengths` at the distances ``t``, shape ``(T,)``, from the minimum ``(P,)``."""
    return lengths("distance", {each: away(problem, minimum, each) for each in multiples})


def signs(point: Point) -> pd.DataFrame:
    """The update of `root` beside the gradient's sign, coordinate by coordinate.

    Returns
    -------
    pandas.DataFrame
        ``coordinate, update, sign, noise, predicted``: ``sign / (1 + noise)^½`` is predicted, with
        the variance of the stochastic gradients relative to the squared gradient for the noise.
    """
    gradient = point.gradient
    noise = np.var(point.example_gradients, axis=0) / gradient**2
    return pd.DataFrame(
        {
            "coordinate": np.arange(1, len(gradient) + 1),
            "update": root(point),
            "sign": np.sign(gradient),
            "noise": noise,
            "predicted": np.sign(gradient) / np.sqrt(1 + noise),
        }
    )


def experiment(settings: Mapping[str, Any], data: Mapping[str, Dataset]) -> dict[str, pd.DataFrame]:
    """Look at the length of updates on data sets.

    Parameters
    ----------
    settings
        The section ``magnitude`` of the configuration.
    data
        The data sets that it names.

    Returns
    -------
    dict
        ``scales, distances, signs``: the tables of these functions, with a column ``dataset``. The
        second is of regressions alone.
    """
    factors, multiples = (log_axis(**settings[name]) for name in ("scales", "distances"))
    parts: dict[str, dict[str, pd.DataFrame]] = {"scales": {}, "distances": {}, "signs": {}}
    for name, dataset in data.items():
        with naming(name):
            problem = modelled(dataset)
            minimum = problem.minimizer()
            near = away(problem, minimum, 1.0)
            parts["scales"][name] = scales(near, factors)
            parts["signs"][name] = signs(near)
            if dataset.task == "regression":
                parts["distances"][name] = distances(problem, minimum, multiples)
    return {part: stacked(tables, "dataset") for part, tables in parts.items()}
