r"""Lower bounds on the loss that a descent can end with, so that hopeless runs need not go on.

A bound looks at a run with ``R`` steps to go, at its present point, and says: if this run finishes,
its final loss is at least so much. All are for convex losses, where a step
``θ' = θ − γ P⁻¹ g`` with ``g = ∇L(θ)`` and ``P = B + (1/(N v) + λ) I`` satisfies

``L(θ') ≥ L(θ) + gᵀ(θ' − θ) = L(θ) − γ δ``,   ``δ = gᵀ P⁻¹ g``  (the decrement),

so that the final loss is at least ``L(θ) − γ R sup δ`` with the supremum over the run's future. A
run that finishes never leaves ``{L ≤ limit}``, where ``limit`` is the loss at which runs count as
diverged.

The loss is convex for a linear model and exact likelihoods. Clipped probabilities make it
non-convex, and their "gradient" is not its derivative: no bound is offered for them, and none for
models that are not linear.

The proofs are in ``docs/bounds.md``, for exact arithmetic. `SLACK` is taken off every bound, far
above the rounding of evaluating it, and the closed forms of least squares claim nothing of
directions whose curvature is not `RESOLVED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse

from .arrays import Array, Inputs
from .likelihoods import Bernoulli, Categorical, Gaussian
from .models import LinearModel
from .problems import MOST_PARAMETERS, Point, Problem
from .solvers import Bound

SLACK = 1e-9  #: relative to the present loss
RESOLVED = 1e-7  #: relative curvature that the arithmetic of a step still resolves well
POWERS = 10  #: steps of the power iteration that bounds the curvature of many features


def lower_bound(problem: Problem, method: str, limit: float) -> Bound | None:
    """The best bound known for a method on a problem, or None where none is proven.

    Parameters
    ----------
    problem, method
        As for `solvers.descend`.
    limit
        The loss above which a run counts as diverged.
    """
    likelihood = problem.likelihood
    clipped = isinstance(likelihood, Bernoulli) and likelihood.probability_clip > 0
    if clipped or not isinstance(problem.model, LinearModel):
        return None
    terms = Terms(problem, limit)
    if method == "EFGD":
        return terms.empirical_fisher
    if isinstance(likelihood, Gaussian) and problem.has_matrices:
        return terms.least_squares_gradient if method == "GD" else terms.least_squares_fisher
    return terms.gradient if method == "GD" else terms.classification_fisher


@dataclass(frozen=True)
class Terms:
    """The bounds, with the constants of a problem that they share.

    Every method takes a point with ``K`` parameter vectors, or a single one, and ``γ``, ``λ`` and
    the number ``R`` of steps to go of each run, shape ``(K,)``, and returns a bound for each run,
    shape ``(K,)``. Below, ``ρ = 1/(N v)`` is the precision of the prior.

    Parameters
    ----------
    problem
        With a `LinearModel` and an exact likelihood.
    limit
        The loss above which a run counts as diverged.
    """

    problem: Problem
    limit: float

    @property
    def inputs(self) -> Inputs:
        """The design matrix ``X``, shape ``(N, D)``."""
        return self.problem.model.inputs  # type: ignore[attr-defined]

    @cached_property
    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues ``μ`` and eigenvectors of ``XᵀX / N``, shapes ``(D,)`` and ``(D, D)``."""
        gram = self.inputs.T @ self.inputs
        if not isinstance(gram, np.ndarray):
            gram = gram.toarray()
        values, vectors = np.linalg.eigh(gram / self.problem.size)
        return np.maximum(values, 0.0), vectors

    @cached_property
    def highest(self) -> float:
        """The largest eigenvalue of ``XᵀX / N``; above `MOST_PARAMETERS` features a bound on it.

        That is Collatz and Wielandt's for the non-negative matrix ``|X|ᵀ|X| / N``. Features that
        are zero everywhere change nothing and are left out.
        """
        if self.inputs.shape[1] <= MOST_PARAMETERS:
            return float(self.spectrum[0][-1])
        size = np.abs(self.inputs)
        size = size[:, np.flatnonzero(size.sum(axis=0))]
        vector = np.ones(size.shape[1])
        for _ in range(POWERS):
            vector = size.T @ (size @ vector)
            vector /= vector.max(initial=np.finfo(float).tiny)
        bound = np.max(size.T @ (size @ vector) / vector, initial=0.0)
        return float(bound) / self.problem.size

    @cached_property
    def least(self) -> float:
        """``L*`` of least squares."""
        return float(self.problem.at(self.problem.minimizer()).loss)

    @cached_property
    def longest(self) -> float:
        """``max_n ‖x_n‖²``."""
        if scipy.sparse.issparse(self.inputs):
            return float((self.inputs * self.inputs).sum(axis=1).max())
        return float(np.einsum("nd,nd->n", self.inputs, self.inputs).max())

    @cached_property
    def steepest(self) -> float:
        """``sup ‖g‖² ≤ ((μ_max c)^½ + (2 ρ limit)^½)²`` over ``{L ≤ limit}``.

        The mean square residual is at most ``c``: 1 for Bernoulli, 2 for categorical and
        ``2 limit`` for Gaussian likelihoods.
        """
        if isinstance(self.problem.likelihood, Gaussian):
            residual = 2 * self.limit
        else:
            residual = 2.0 if isinstance(self.problem.likelihood, Categorical) else 1.0
        prior = np.sqrt(2 * self.problem.prior_precision * self.limit)
        return float((np.sqrt(self.highest * residual) + prior) ** 2)

    def gradient(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """GD: ``δ = ‖g‖² ≤ sup ‖g‖²``."""
        return self._after(point, gamma * remaining * self.steepest)

    def fisher(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """NGD: the Fisher is positive semi-definite, so ``δ ≤ ‖g‖² / (λ + ρ)``."""
        shift = damping + self.problem.prior_precision
        return self._after(point, gamma * remaining * self.steepest / shift)

    def empirical_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """EFGD: without a prior ``δ ≤ ‖g‖² / (‖g‖² + λ)``, however near to singular the matrix.

        With a prior ``δ`` is at most ``(1 + (2 ρ limit / (λ + ρ))^½)²`` and ``‖g‖² / (λ + ρ)``.
        """
        prior = self.problem.prior_precision
        shift = damping + prior
        decrement = self.steepest / (self.steepest + shift)
        if prior:
            reach = (1 + np.sqrt(2 * self.limit * prior / shift)) ** 2
            decrement = np.minimum(self.steepest / shift, reach)
        return self._after(point, gamma * remaining * decrement)

    def classification_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """NGD on logistic or softmax regression: `fisher`, or that it can't have changed much yet.

        With ``c = γ (κ δ)^½`` the second bound is ``L(θ) − γ R δ / (1 − c (R − 1))``, where
        ``c (R − 1) < 1`` and ``γ ≤ 2 (1 − c (R − 1))``, and otherwise there is none. The decrement
        ``δ`` is at most ``‖g‖² / (λ + ρ)`` and ``(o^½ + ρ ‖θ‖ / (λ + ρ)^½)²``, with the mean odds
        ``o`` against the labels; ``κ`` is the lesser of the largest ``N (1/p_c + 1/p_k)`` and the
        largest ``‖J_nᵀ(e_c − e_k)‖² / (λ + ρ)``.
        """
        everywhere = self.fisher(point, gamma, damping, remaining)
        prior = self.problem.prior_precision
        shift = damping + prior
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            weights, reach, odds = self._local(point)
            kappa = np.minimum(self.problem.size / weights.min(axis=-1), reach / shift)
            pull = prior * np.linalg.norm(point.theta, axis=-1) / np.sqrt(shift)
            steepness = np.sum(point.gradient**2, axis=-1)
            decrement = np.minimum((np.sqrt(odds.mean(axis=-1)) + pull) ** 2, steepness / shift)
            left = 1 - gamma * np.sqrt(kappa * decrement) * (remaining - 1)
            nearby = self._after(point, gamma * remaining * decrement / left)
        return np.maximum(everywhere, np.where((left > 0) & (gamma <= 2 * left), nearby, -np.inf))

    def _local(self, point: Point) -> tuple[Array, float, Array]:
        """``min 1/(1/p_c + 1/p_k)`` of every example, the largest ``‖a‖²``, and the odds.

        Of a binary likelihood the first is ``p (1 − p)``. The odds ``(1 − p_y) / p_y`` are
        ``exp(ℓ) − 1``.
        """
        likelihood = point.problem.likelihood
        if isinstance(likelihood, Categorical):
            least, second = np.moveaxis(
                np.partition(likelihood.mean(point.predictions), 1, axis=-1)[..., :2], -1, 0
            )
            return least * (second / (least + second)), 2 * self.longest, np.expm1(point.losses)
        weights = likelihood.hessian(point.predictions)[..., 0, 0]
        return weights, self.longest, point.residuals[..., 0] ** 2 / weights

    def least_squares_gradient(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """GD on least squares, exactly.

        In the eigenbasis of the Hessian, with eigenvalues ``μ + ρ``, a step multiplies the
        gradient's coordinates by ``1 − γ (μ + ρ)``.
        """
        rates = gamma[:, None] * (self.spectrum[0] + self.problem.prior_precision)
        return self._least_squares(point, rates, remaining)

    def least_squares_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """NGD on least squares, exactly.

        As `least_squares_gradient`, with the factor ``1 − γ (μ + ρ) / (μ + ρ + λ)``.
        """
        curvature = self.spectrum[0] + self.problem.prior_precision
        with np.errstate(invalid="ignore"):
            rates = gamma[:, None] * curvature / (curvature + damping[:, None])
        return self._least_squares(point, np.nan_to_num(rates), remaining)

    def _least_squares(self, point: Point, rates: Array, remaining: Array) -> Array:
        """The loss ``L* + ½ Σ_i g_i² / (μ_i + ρ)`` after every ``g_i`` has shrunk ``R`` times.

        In directions whose curvature is below `RESOLVED` of the highest, rounding decides what a
        step does; there all that could be gained is taken off.
        """
        curvature = self.spectrum[0] + self.problem.prior_precision
        resolved = curvature > RESOLVED * curvature[-1]
        rows = np.atleast_2d(point.gradient @ self.spectrum[1])[:, resolved]
        with np.errstate(over="ignore", invalid="ignore"):
            shrink = np.abs(1 - rates[:, resolved]) ** (2 * remaining[:, None])
            left = np.where(rows == 0, 0.0, 0.5 * rows**2 / curvature[resolved] * shrink).sum(
                axis=-1
            )
        return (1 - RESOLVED) * left + self._slackened(point, self.least)

    def _after(self, point: Point, decrease: Array) -> Array:
        return self._slackened(point, point.loss - decrease)

    def _slackened(self, point: Point, bound: Array | float) -> Array:
        """A bound less what the rounding of losses may make of it."""
        return bound - SLACK * np.abs(point.loss) - SLACK**3 * self.limit
