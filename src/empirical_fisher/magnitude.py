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

import numpy as np
import pandas as pd

from .arrays import Array
from .ledger import Claim, verdict
from .likelihoods import Likelihood
from .noise import solve_moment
from .problems import Point, Problem
from .solvers import solve

EXACT = 1e-6  #: of a slope that is a whole number but for rounding
LIMIT = 0.05  #: of a slope that is a whole number far from the minimum only
FIGURE = "magnitude"  #: where the ledger sends the reader


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
    return solve_moment(point, point.gradient) * np.sum(point.gradient**2)


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


def lengths(points: Mapping[float, Point]) -> pd.DataFrame:
    """Length of every update at some points: ``method, factor, gradient_norm, update_norm``.

    Parameters
    ----------
    points
        By the factor ``c`` or ``t``.
    """
    rows = [
        {
            "method": method,
            "factor": factor,
            "gradient_norm": np.linalg.norm(point.gradient),
            "update_norm": np.linalg.norm(update.vector(point)),
        }
        for method, update in UPDATES.items()
        for factor, point in points.items()
    ]
    return pd.DataFrame(rows)


def away(problem: Problem, distance: float) -> Point:
    """The problem at ``θ* + t e``, with ``e`` the unit vector of equal coordinates."""
    unit = np.full(problem.parameters, problem.parameters**-0.5)
    return problem.at(problem.minimizer() + distance * unit)


def scales(problem: Problem, factors: Array) -> pd.DataFrame:
    """`lengths` for losses scaled by ``c``, shape ``(C,)``, at the distance 1 from the minimum."""
    theta = away(problem, 1.0).theta
    return lengths({factor: scaled(problem, factor).at(theta) for factor in factors})


def distances(problem: Problem, factors: Array) -> pd.DataFrame:
    """`lengths` at the distances ``t``, shape ``(T,)``, from the minimum."""
    return lengths({factor: away(problem, factor) for factor in factors})


def slopes(lengths: pd.DataFrame) -> pd.Series:
    """Slope of the logarithm of each update's length against that of the factor, by method."""
    return pd.Series(
        {
            method: np.polyfit(np.log(table["factor"]), np.log(table["update_norm"]), 1)[0]
            for method, table in lengths.groupby("method", sort=False)
        }
    )


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


def claims(
    scales: pd.DataFrame, distances: pd.DataFrame, signs: pd.DataFrame, far: float
) -> list[Claim]:
    """What the tables say of §5's last paragraph and §4.3.

    Parameters
    ----------
    scales, distances, signs
        As the functions of these names tabulate them, each with a column ``dataset``.
    far
        The distance from the minimum that counts as far.
    """
    in_scale = pd.DataFrame(
        {dataset: slopes(table) for dataset, table in scales.groupby("dataset", sort=False)}
    )
    beyond = distances[distances["factor"] >= far]
    in_distance = pd.DataFrame(
        {dataset: slopes(table) for dataset, table in beyond.groupby("dataset", sort=False)}
    )

    def met(method: str) -> list[bool]:
        update = UPDATES[method]
        return [
            bool((in_scale.loc[method] - update.scale).abs().max() <= EXACT),
            bool((in_distance.loc[method] - update.distance).abs().max() <= LIMIT),
        ]

    def measured(*methods: str) -> str:
        """The slopes that are furthest from those expected."""
        parts = []
        for method in methods:
            update = UPDATES[method]
            pairs = ((in_scale, update.scale), (in_distance, update.distance))
            ends = [
                table.loc[method].iloc[(table.loc[method] - goal).abs().argmax()]
                for table, goal in pairs
            ]
            powers = [round(end, 3) + 0.0 for end in ends]  # no −0.000
            parts.append(f"{method} c^{powers[0]:.3f}, t^{powers[1]:.3f}")
        return f"the update's length grows as {'; '.join(parts)}"

    def expected(*methods: str) -> str:
        powers = "; ".join(
            f"{method} c^{UPDATES[method].scale}, t^{UPDATES[method].distance}"
            for method in methods
        )
        return (
            f"{powers}: to {EXACT:.0e} in the loss's scale c, to {LIMIT} in the distance t far off"
        )

    def row(name: str, source: str, claim: str, *methods: str) -> Claim:
        holds = verdict(*(part for method in methods for part in met(method)))
        return Claim(
            f"magnitude.{name}",
            source,
            claim,
            measured(*methods),
            expected(*methods),
            holds,
            FIGURE,
        )

    deviation = (signs["update"] - signs["predicted"]).abs().max()
    size = signs["update"].abs()
    return [
        row(
            "square-root",
            "§5",
            "Preconditioning with the square root of the diagonal empirical Fisher, as in Adam, "
            "cancels the gradient's magnitude.",
            "√diag EF",
        ),
        Claim(
            "magnitude.sign",
            "§5",
            "Such a preconditioner makes gradient descent a sign descent, damped by each "
            "coordinate's noise.",
            f"each coordinate is its sign divided by √(1 + relative noise) to {deviation:.0e}; "
            f"lengths from {size.min():.2g} to {size.max():.2g}",
            f"equal to {EXACT:.0e}, and at most 1",
            verdict(bool(deviation <= EXACT), bool((size <= 1 + EXACT).all())),
            FIGURE,
        ),
        row(
            "inverse",
            "§4.3, §5",
            "Updates preconditioned with the empirical Fisher are inversely proportional to the "
            "gradient's size, far from an optimum.",
            "EFGD",
        ),
        row(
            "natural",
            "§4.3, §5",
            "The gradient grows with the loss's scale, from which the natural gradient (the Fisher "
            "as GGN) is free; both grow with the distance from the optimum.",
            "GD",
            "NGD",
        ),
        row(
            "fixed-distribution",
            "Proposition 1, with §4.3",
            "Where a scaled loss is the negative logarithm of no density, outer products expected "
            "under the model are no GGN and scale as the empirical Fisher does.",
            "NGD, y fixed",
        ),
        row(
            "adaptation",
            "§5, Eq. 19",
            "The multiplication with ∇L ∇Lᵀ in Eq. 19 counteracts the poor scaling of the "
            "empirical Fisher.",
            "Eq. 19",
        ),
    ]
