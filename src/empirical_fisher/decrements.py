r"""What one step can do: inequalities of exact arithmetic, and the steps that contradict them.

With ``P = B + (ρ + λ) I`` for the prior's precision ``ρ``, a step ``θ' = θ − γ P⁻¹ g`` has the
*decrement* ``δ = gᵀ P⁻¹ g``, and at every point

* ``δ`` is at most `greatest_decrement`;
* a convex loss falls by at most ``γ δ``;
* on classes no difference of two natural parameters of an example moves by more than
  ``γ (κ δ)^½``, with `stretch` for ``κ``.

Where ``P`` is nearer to singular than its rounding, a computed step can break all of these, and
then it is not a step of the method. `solvers.descend` checks every step that it takes and ends a
run that breaks one of them as ``failed``. So they hold for every run that finishes, whatever the
rounding, and `bounds` builds on them. ``docs/bounds.md`` has the proofs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .likelihoods import Bernoulli, Categorical, Gaussian
from .methods import Method, named
from .models import LinearModel
from .problems import Point, Problem

RELATIVE = 1e-9  #: what all the rounding of a run may do to its loss, relative to a present one
ABSOLUTE = 1e-22  #: and relative to the loss at its start
MOVED = 16 * np.finfo(float).eps  #: what rounding may move a natural parameter by, relatively


def is_convex(problem: Problem) -> bool:
    """Whether the loss is known to be convex: linear models and the three likelihoods, exact.

    Nothing is known of a likelihood of one's own.
    """
    likelihood = problem.likelihood
    is_known = isinstance(likelihood, Gaussian | Bernoulli | Categorical)
    is_clipped = isinstance(likelihood, Bernoulli) and likelihood.probability_clip > 0
    return isinstance(problem.model, LinearModel) and is_known and not is_clipped


def proof(problem: Problem, method: Method | str) -> str:
    """What is proven about a method on a problem.

    ==============  =========================================================================
    ``identity``    GD
    ``fisher``      NGD
    ``dominating``  EFGD, and the whole squared gradient: their ``B`` is no less than the square
                    of the gradient, the data's part or all of it
    ``positive``    all others with ``d = −P⁻¹ g`` and a positive semi-definite ``B``
    nothing         the rest: other powers, momentum, scaled gradients, code of one's own, and
                    matrices that may be indefinite
    ==============  =========================================================================
    """
    method = named(method)
    if method.python or method.power != 1 or method.momentum or method.gradient != "mean":
        return ""
    if method.matrix in ("ggn", "hessian") and not is_convex(problem):
        return ""
    if method.is_plain:
        return PROVEN.get(method.matrix, "positive")
    return "positive"


PROVEN = {
    "identity": "identity",
    "fisher": "fisher",
    "empirical_fisher": "dominating",
    "squared_gradient": "dominating",
}
"""Of whole matrices that are not averaged."""


def greatest_decrement(point: Point, known: str, damping: Array) -> Array:
    """What the decrement can't exceed, shape ``(...)``; infinite where nothing is known.

    By ``known``, what `proof` says of the method, with ``s = λ + ρ`` and without a prior, that is

    ==========  =========================================================================
    identity    ``‖g‖²``
    fisher      the lesser of ``‖g‖² / s`` and the mean odds ``o`` (see `DataTerms.odds`)
    dominating  ``‖g‖² / (‖g‖² + λ)``
    positive    ``‖g‖² / s``
    ==========  =========================================================================

    With a prior it is for the Fisher the lesser of ``‖g‖² / s`` and ``(o^½ + ρ ‖θ‖ / s^½)²``, and
    for dominating matrices the same with one in place of ``o``.
    """
    steepness = np.sum(point.gradient**2, axis=-1)
    prior = point.problem.prior_precision
    shift = damping + prior
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if known == "identity":
            return steepness
        if known == "fisher":
            return np.fmin(steepness / shift, pulled_odds(point, shift))
        if known == "dominating" and prior:
            return np.fmin(steepness / shift, (1 + pull(point, shift)) ** 2)
        if known == "dominating":
            return steepness / (steepness + shift)
        if known == "positive":
            return steepness / shift
    return np.full(steepness.shape, np.inf)


def pull(point: Point, shift: Array) -> Array:
    """``ρ ‖θ‖ / (λ + ρ)^½``, the prior's part of a decrement's root.

    ``shift`` is ``λ + ρ``; both are of shape ``(...)``.
    """
    prior = point.problem.prior_precision
    return prior * np.linalg.norm(point.theta, axis=-1) / np.sqrt(shift) if prior else 0.0 * shift


def pulled_odds(point: Point, shift: Array) -> Array:
    """``(o^½ + ρ ‖θ‖ / (λ + ρ)^½)²`` with the mean odds ``o``, shape ``(...)``."""
    return (np.sqrt(point.odds) + pull(point, shift)) ** 2


def stretch(point: Point, shift: Array) -> Array:
    """``κ``, the lesser of the largest ``N (1/p_c + 1/p_k)`` and ``‖J_nᵀ(e_c − e_k)‖² / (λ + ρ)``.

    Only for classes and a `LinearModel`; of shape ``(...)``.
    """
    problem = point.problem
    reach = problem.model.longest  # type: ignore[attr-defined]
    if isinstance(problem.likelihood, Categorical):
        reach = 2 * reach
    return np.minimum(problem.size / point.lightest, reach / shift)


def ranges(predictions: Array) -> Array:
    """Largest difference of two natural parameters of an example, of ``(..., N, M)``.

    A single one differs from zero. Shape ``(...)``.
    """
    if predictions.shape[-1] == 1:
        return np.abs(predictions).max(axis=(-2, -1))
    return np.ptp(predictions, axis=-1).max(axis=-1)


def allowed_rounding(farthest: Array) -> Array:
    """What rounding may add to a movement where the `ranges` are these, shape ``(...)``."""
    return MOVED * (1 + farthest)


@dataclass(frozen=True)
class Allowance:
    """What steps from a point can do, for the check of where they have led.

    Attributes
    ----------
    floor
        The least loss of the next points, shape ``(K,)``.
    predictions
        Natural parameters at the present ones, shape ``(K, N, M)``; None without a ``reach``.
    reach
        The most that a difference of two natural parameters of an example can move by, shape
        ``(K,)``; None where nothing is known.
    """

    floor: Array
    predictions: Array | None
    reach: Array | None

    def is_broken(self, point: Point) -> np.ndarray:
        """Whether a next point's loss is too low or its predictions too far, shape ``(K,)``."""
        broken = point.loss < self.floor
        if self.reach is None or self.predictions is None:
            return broken
        return broken | (ranges(point.predictions - self.predictions) > self.reach)


def allowance(
    point: Point, known: str, step_size: Array, damping: Array, greatest: Array, slack: Array
) -> Allowance:
    """What steps of a convex problem can do.

    Parameters
    ----------
    point, step_size, damping
        Where the steps start, and what they are; of shapes ``(K,)`` as for `solvers.descend`.
    known
        What `proof` says of the method.
    greatest
        `greatest_decrement` there.
    slack
        What rounding may take off the loss of one step.
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        floor = point.loss - step_size * greatest - slack
        reach = None
        if known == "fisher" and isinstance(point.problem.likelihood, Bernoulli | Categorical):
            shift = damping + point.problem.prior_precision
            rounding = allowed_rounding(ranges(point.predictions))
            reach = step_size * np.sqrt(stretch(point, shift) * greatest) + rounding
    # Without a reach they are not looked at, and need not be kept in memory.
    return Allowance(floor, None if reach is None else point.predictions, reach)
