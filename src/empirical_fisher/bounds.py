r"""Lower bounds on the final loss of a descent, so that hopeless runs can be stopped.

A bound takes a run that has ``R`` steps to go, at its present point, and says: if this run
finishes, its final loss is at least so much. All are for convex losses, where a step
``θ' = θ − γ P⁻¹ g`` with ``g = ∇L(θ)`` and ``P = B + (1/(N v) + λ) I`` satisfies

``L(θ') ≥ L(θ) + gᵀ(θ' − θ) = L(θ) − γ δ``,   ``δ = gᵀ P⁻¹ g``  (the decrement),

so that the final loss is at least ``L(θ) − γ R sup δ`` with the supremum over the run's future. A
run that finishes never leaves ``{L ≤ limit}``, where ``limit`` is the loss at which runs count as
diverged.

The loss is convex for a linear model and exact likelihoods. Clipped probabilities make it
non-convex, and their "gradient" is not its derivative: no bound is offered for them, none for
models that are not linear or likelihoods of one's own, and none for methods of which
`decrements.proof` knows nothing.

The bounds hold for the arithmetic that is done. `solvers.descend` lets no run finish a step of
which contradicts `decrements`, and all bounds but the closed form of least squares are built on
that. From the closed form all is taken off that rounding can do, where that can be bounded, and
elsewhere there is none. The proofs are in ``docs/bounds.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse

from .arrays import Array, Inputs
from .data_terms import MOST_PARAMETERS
from .decrements import ABSOLUTE, RELATIVE, allowed_rounding, is_convex, proof, ranges, stretch
from .likelihoods import Categorical, Gaussian
from .methods import Method
from .problems import Point, Problem
from .solvers import Bound

SLACK = RELATIVE  #: relative to the present loss
FARTHEST = 30.0  #: movement of natural parameters up to which a bound looks ahead
POWERS = 10  #: steps of the power iteration that bounds the curvature of many features
EPSILON = np.finfo(float).eps
#: Squares of features, losses and precisions outside of these might overflow or vanish on the way.
ORDINARY = 1e-60, 1e60


def lower_bound(problem: Problem, method: Method | str, limit: float) -> Bound | None:
    """The best bound known for a method on a problem, or None where none is proven.

    Parameters
    ----------
    problem, method
        As for `solvers.descend`.
    limit
        The loss above which a run counts as diverged.
    """
    known = proof(problem, method)
    if not known or not is_convex(problem) or not is_ordinary(problem, limit):
        return None
    terms = Terms(problem, limit)
    if known == "positive":
        return terms.positive
    if known == "dominating":
        return terms.dominating
    if isinstance(problem.likelihood, Gaussian) and problem.has_matrices:
        gradient, fisher = terms.least_squares_gradient, terms.least_squares_fisher
    else:
        gradient, fisher = terms.gradient, terms.classification_fisher
    return gradient if known == "identity" else fisher


def is_ordinary(problem: Problem, limit: float) -> bool:
    """Whether all that is not zero among the features' squares, limit and prior is `ORDINARY`."""
    inputs = problem.model.inputs  # type: ignore[attr-defined]
    size = np.abs(inputs.data if scipy.sparse.issparse(inputs) else inputs)
    size = size[size > 0]
    lowest, highest = ORDINARY
    with np.errstate(over="ignore", under="ignore"):
        numbers = np.r_[size.min(initial=1) ** 2, size.max(initial=1) ** 2, limit]
    if problem.prior_precision:
        numbers = np.r_[numbers, problem.prior_precision]
    return bool(np.all((numbers >= lowest) & (numbers <= highest)))


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
    def gram(self) -> Array:
        """``XᵀX / N``, shape ``(D, D)``."""
        gram = self.inputs.T @ self.inputs
        if not isinstance(gram, np.ndarray):
            gram = gram.toarray()
        return gram / self.problem.size

    @cached_property
    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues ``μ`` and eigenvectors of ``XᵀX / N``, shapes ``(D,)`` and ``(D, D)``."""
        values, vectors = np.linalg.eigh(self.gram)
        return np.maximum(values, 0.0), vectors

    @cached_property
    def misfit(self) -> float:
        """How far the computed `spectrum` is from one of the computed `gram`, relatively.

        Of ``V diag(μ) Vᵀ`` to the trace, and of ``VᵀV`` to ``I``: a posteriori, whatever the
        eigensolver.
        """
        values, vectors = self.spectrum
        away = np.linalg.norm(vectors.T @ vectors - np.eye(len(values)))
        wrong = np.linalg.norm((vectors * values) @ vectors.T - self.gram)
        return float(3 * away + wrong / max(self.trace, np.finfo(float).tiny))

    @cached_property
    def highest(self) -> float:
        """The largest eigenvalue of ``XᵀX / N``; above `MOST_PARAMETERS` features a bound on it.

        The latter is Collatz and Wielandt's for the non-negative matrix ``|X|ᵀ|X| / N``. Features
        that are zero everywhere change nothing and are left out.
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
    def remainder(self) -> tuple[float, float]:
        """What no parameters explain of the targets of least squares, and how surely.

        For every vector ``w`` no residual is shorter than its part along ``w``, so that
        ``(2 L(θ))^½`` is at least ``least − overlap Σ_k c_k |θ_k|`` for all ``θ``, with the root
        mean squares ``c_k`` of the features. The features here are the columns of ``X`` or, with a
        prior, of ``(X, (N ρ)^½ I)``, and the targets go on with zeros.

        Returns
        -------
        least, overlap : float
            ``|wᵀy| / (N^½ ‖w‖)``, and the largest cosine of ``w`` with a feature. Both allow for
            rounding. Any ``w`` will do for a proof; this one is what a singular value
            decomposition leaves of the targets.
        """
        inputs = self.inputs if isinstance(self.inputs, np.ndarray) else self.inputs.toarray()
        size, features = inputs.shape
        targets, prior = self.problem.targets, self.problem.prior_precision
        if prior:
            inputs = np.vstack([inputs, np.sqrt(size * prior) * np.eye(features)])
            targets = np.r_[targets, np.zeros(features)]
        length = np.linalg.norm(inputs, axis=0)
        scaled = inputs / np.where(length > 0, length, 1.0)
        basis, values, _ = scipy.linalg.svd(scaled, full_matrices=False)
        basis = basis[:, values > EPSILON * max(scaled.shape) * values.max(initial=0)]
        rest = targets - basis @ (basis.T @ targets)
        rest -= basis @ (basis.T @ rest)
        rounding = EPSILON * (len(targets) + 8)
        norm = np.linalg.norm(rest)
        if norm == 0:
            return 0.0, rounding
        along = np.abs(rest @ targets) / norm - rounding * np.linalg.norm(targets)
        overlap = np.abs(rest @ scaled).max(initial=0) / norm + rounding
        return max(float(along), 0.0) / np.sqrt(size), float(overlap)

    @cached_property
    def rounding(self) -> float:
        """What a computed gradient or matrix, and the solution of a system, may be wrong by.

        Relative to the sum of what goes into the gradient, and to ``tr P``: the sums over examples,
        Cholesky factors and substitutions all included. It is twice what is proven to first order.
        """
        return (self.problem.size + 4 * self.problem.parameters + 8) * EPSILON

    @cached_property
    def trace(self) -> float:
        """``tr XᵀX / N``, the mean square length of an input."""
        if scipy.sparse.issparse(self.inputs):
            return float((self.inputs * self.inputs).sum()) / self.problem.size
        return float(np.einsum("nd,nd->", self.inputs, self.inputs)) / self.problem.size

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
        highest = self.highest + self.rounding * self.trace
        if self.inputs.shape[1] <= MOST_PARAMETERS:
            highest += self.misfit * self.trace
        return float(
            (np.sqrt(highest * residual) + self.rounding * np.sqrt(self.trace * residual) + prior)
            ** 2
        )

    def gradient(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """GD: ``δ = ‖g‖² ≤ sup ‖g‖²``."""
        return self._after(point, gamma * remaining * self.steepest)

    def positive(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """A positive semi-definite ``B``, as the Fisher is: ``δ ≤ ‖g‖² / (λ + ρ)``."""
        shift = damping + self.problem.prior_precision
        with np.errstate(divide="ignore", over="ignore"):
            return self._after(point, gamma * remaining * self.steepest / shift)

    def dominating(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """A ``B`` no less than ``g gᵀ``, as of EFGD: ``δ ≤ ‖g‖² / (‖g‖² + λ)`` without a prior.

        That holds however near to singular the matrix is.
        With a prior ``δ`` is at most ``(1 + (2 ρ limit / (λ + ρ))^½)²`` and ``‖g‖² / (λ + ρ)``.
        """
        prior = self.problem.prior_precision
        shift = damping + prior
        with np.errstate(invalid="ignore"):  # nothing but zeros
            decrement = self.steepest / (self.steepest + shift)
        if prior:
            reach = (1 + np.sqrt(2 * self.limit * prior / shift)) ** 2
            decrement = np.minimum(self.steepest / shift, reach)
        return self._after(point, gamma * remaining * decrement)

    def classification_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """NGD on classes: `positive`, or that it can't have changed much yet.

        With ``δ = (o^½ + (2 ρ limit / (λ + ρ))^½)²`` for the mean odds ``o``, `decrements.stretch`
        for ``κ`` and ``c = γ (κ δ)^½`` the second bound is ``L(θ) − γ R δ / (1 − c (R − 1))`` where
        ``c (R − 1) < 1``, but for rounding, and otherwise there is none.
        """
        everywhere = self.positive(point, gamma, damping, remaining)
        prior = self.problem.prior_precision
        shift = damping + prior
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            pull = np.sqrt(2 * prior * self.limit / shift) if prior else 0.0
            decrement = (np.sqrt(point.odds) + pull) ** 2
            rate = gamma * np.sqrt(stretch(point, shift) * decrement)
            later = remaining - 1
            rounding = later * allowed_rounding(ranges(point.predictions) + FARTHEST)
            left = (1 - rate * np.exp(rounding) * later) * np.exp(-rounding)
            nearby = self._after(point, gamma * remaining * decrement / left)
        return np.where(left > np.exp(-FARTHEST), np.fmax(everywhere, nearby), everywhere)

    def least_squares_gradient(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """GD on least squares, exactly.

        In the eigenbasis of the Hessian, with eigenvalues ``μ + ρ``, a step multiplies the
        gradient's coordinates by ``1 − γ (μ + ρ)``.
        """
        everywhere = self.gradient(point, gamma, damping, remaining)
        return np.fmax(everywhere, self._least_squares(point, gamma, None, remaining))

    def least_squares_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """NGD on least squares, exactly.

        As `least_squares_gradient`, with the factor ``1 − γ (μ + ρ) / (μ + ρ + λ)``.
        """
        everywhere = self.positive(point, gamma, damping, remaining)
        return np.fmax(everywhere, self._least_squares(point, gamma, damping, remaining))

    def _least_squares(
        self, point: Point, gamma: Array, damping: Array | None, remaining: Array
    ) -> Array:
        """The loss ``L* + ½ Σ_i g_i² / (μ_i + ρ)`` after every ``g_i`` has shrunk ``R`` times.

        From every ``g_i`` what rounding may make of it in all of these steps is taken off first;
        NaN or −∞ where that can't be bounded. The symbols are those of ``docs/bounds.md``.
        """
        curvature = self.spectrum[0] + self.problem.prior_precision
        beta = np.sqrt(self.trace + len(curvature) * self.problem.prior_precision)
        least, overlap = self.remainder
        eta = self.rounding + self.misfit
        steps = remaining[:, None]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            matrix = np.ones(1) if damping is None else curvature + damping[:, None]
            solved = 0.0 if damping is None else 2 * beta + len(curvature) * damping / beta
            factors = np.abs(1 - gamma[:, None] * curvature / matrix)
            doubt = 4 * EPSILON * (1 + factors)
            growth = np.maximum(1.0, (factors + doubt).max(axis=-1))
            times = np.fmin(steps, 1 / np.maximum(1 - factors - doubt, 0.0))
            way = gamma[:, None] * times / growth[:, None] / matrix

            coordinates = np.abs(np.atleast_2d(point.gradient @ self.spectrum[1]))
            drift = 2 * eta * beta * way + times * 4 * EPSILON / beta
            turned = (curvature * drift + 2 * eta * beta) / matrix
            feedback = 3 * beta * _length(drift) + solved * _length(turned)
            seen = beta * _length(np.atleast_2d(point.theta)) + np.sqrt(2 * np.abs(point.loss))
            moved = _length(way * coordinates)
            size = 2 * (seen + 3 * beta * moved + solved * _length(coordinates / matrix))
            noise = curvature * drift + (3 * eta + overlap) * beta

            kept = (np.maximum(factors - doubt, 0) / growth[:, None]) ** steps * coordinates
            kept = np.maximum(kept - noise * size[:, None], 0.0)
            unfinished = _length(kept / np.sqrt(curvature + eta * beta**2))
            whole = growth**remaining
            unexplained = np.maximum(least / whole - overlap * size, 0.0)
            root = np.hypot(unexplained, unfinished) - eta * size
            bound = np.where(root > 0, 0.5 * (1 - eta) * (root * whole) ** 2, 0.0)
        return np.where(feedback <= 0.5, bound, -np.inf)

    def _after(self, point: Point, decrease: Array) -> Array:
        return self._slackened(point, point.loss - decrease)

    def _slackened(self, point: Point, bound: Array | float) -> Array:
        """A bound minus what the rounding errors of a run may change."""
        return bound - SLACK * np.abs(point.loss) - ABSOLUTE * self.limit


def _length(vectors: Array) -> Array:
    return np.sqrt(np.einsum("...i,...i->...", vectors, vectors))
