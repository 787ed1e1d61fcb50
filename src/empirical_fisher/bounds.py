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
models that are not linear, and none for methods other than GD, NGD and EFGD.

The bounds hold for the arithmetic that is done. `solvers.descend` lets no run finish a step of
which contradicts `decrements`; what else a proof needs of a step is claimed only where the rounding
of a step is small enough for it, and `SLACK` is taken off for all that is left. The proofs are in
``docs/bounds.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.linalg
import scipy.sparse

from .arrays import Array, Inputs
from .decrements import ABSOLUTE, MOVED, RELATIVE, is_convex, pulled_odds, stretch
from .likelihoods import Categorical, Gaussian
from .problems import MOST_PARAMETERS, Point, Problem
from .solvers import Bound

METHODS = ("GD", "NGD", "EFGD")  #: for which bounds are proven
SLACK = RELATIVE  #: relative to the present loss
RESOLVED = 1e-7  #: relative curvature that the arithmetic of a step still resolves well
POWERS = 10  #: steps of the power iteration that bounds the curvature of many features
EPSILON = np.finfo(float).eps
#: Squares of features, losses and precisions outside of these might overflow or vanish on the way.
ORDINARY = 1e-60, 1e60


def lower_bound(problem: Problem, method: str, limit: float) -> Bound | None:
    """The best bound known for a method on a problem, or None where none is proven.

    Parameters
    ----------
    problem, method
        As for `solvers.descend`.
    limit
        The loss above which a run counts as diverged.
    """
    if method not in METHODS or not is_convex(problem) or not is_ordinary(problem, limit):
        return None
    terms = Terms(problem, limit)
    if method == "EFGD":
        return terms.empirical_fisher
    if isinstance(problem.likelihood, Gaussian) and problem.has_matrices:
        return terms.least_squares_gradient if method == "GD" else terms.least_squares_fisher
    return terms.gradient if method == "GD" else terms.classification_fisher


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
    def spectrum(self) -> tuple[Array, Array]:
        """Eigenvalues ``μ`` and eigenvectors of ``XᵀX / N``, shapes ``(D,)`` and ``(D, D)``."""
        gram = self.inputs.T @ self.inputs
        if not isinstance(gram, np.ndarray):
            gram = gram.toarray()
        values, vectors = np.linalg.eigh(gram / self.problem.size)
        return np.maximum(values, 0.0), vectors

    @cached_property
    def weights(self) -> tuple[Array, Array]:
        """Root mean squares of the columns of ``(X, ρ^½ I)``, and of eigenvectors, weighted so.

        The second are the ``Σ_k |v_ik| c_k`` for eigenvectors ``v_i`` and root mean squares
        ``c_k``. Both have the shape ``(D,)``.
        """
        squares = self.inputs * self.inputs
        columns = np.sqrt(squares.mean(axis=0) + self.problem.prior_precision)
        return columns, columns @ np.abs(self.spectrum[1])

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
        """``L*`` of least squares, by a singular value decomposition of ``X`` itself.

        The columns are scaled to unit length first. Singular values below ``ε max(N, D)`` of the
        largest are taken for zero: predictions can't be moved along them in double precision. What
        the rounding of the others may add to ``L*`` is taken off where it exceeds the slack.
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
        kept = values[: basis.shape[1]]
        along = basis.T @ targets
        rest = targets - basis @ along
        least = 0.5 * np.sum(rest**2) / size
        turned = 4 * np.sqrt(features) * EPSILON * values.max(initial=0) / kept  # by rounding
        doubt = np.linalg.norm(rest) * np.sum(turned * np.abs(along)) / size
        doubt += np.sum((turned * along) ** 2) / size
        return float(least if doubt <= SLACK * least / 4 else max(least - doubt, 0.0))

    @cached_property
    def rounding(self) -> float:
        """What a computed matrix and the solution of its system may be wrong by, relatively.

        Every entry ``P_ij`` of ``P`` is wrong by no more than this times ``(P_ii P_jj)^½``, the
        summation over examples, Cholesky factors and substitutions all included.
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
        return float((np.sqrt(self.highest * residual) + prior) ** 2)

    def gradient(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """GD: ``δ = ‖g‖² ≤ sup ‖g‖²``."""
        return self._after(point, gamma * remaining * self.steepest)

    def fisher(self, point: Point, gamma: Array, damping: Array, remaining: Array) -> Array:
        """NGD: the Fisher is positive semi-definite, so ``δ ≤ ‖g‖² / (λ + ρ)``."""
        shift = damping + self.problem.prior_precision
        with np.errstate(divide="ignore", over="ignore"):
            return self._after(point, gamma * remaining * self.steepest / shift)

    def empirical_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """EFGD: without a prior ``δ ≤ ‖g‖² / (‖g‖² + λ)``, however near to singular the matrix.

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
        """NGD on logistic or softmax regression: `fisher`, or that it can't have changed much yet.

        With ``c = γ ((κ δ)^½ + 2 ρ / (λ + ρ))`` the second bound is
        ``L(θ) − γ R δ / (1 − c (R − 1))``, where ``c (R − 1) < 1`` and ``γ ≤ 2 (1 − c (R − 1))``,
        and otherwise there is none. For ``δ`` it has the mean odds, or ``‖g‖² / (λ + ρ)`` if that
        is lower and the rounding of the matrix far below ``λ + ρ``; ``κ`` is
        `decrements.stretch`.
        """
        everywhere = self.fisher(point, gamma, damping, remaining)
        prior = self.problem.prior_precision
        shift = damping + prior
        most = 1.0 if isinstance(self.problem.likelihood, Categorical) else 0.25
        with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
            steepness = np.sum(point.gradient**2, axis=-1) / shift
            odds = pulled_odds(point, shift)
            kappa = stretch(point, shift)
            trace = np.einsum("...ii->...", point.fisher)
            later = remaining - 1
            moved = 2 * later * MOVED * (1 + np.abs(point.predictions).max(axis=(-2, -1)))
            nearby = np.full(np.shape(everywhere), -np.inf)
            for decrement, exact in ((odds, not prior), (steepness, False)):
                left = 1 - gamma * np.sqrt(kappa * decrement) * later
                doubt = moved
                if not exact:
                    error = self._error(np.minimum(trace / left, most * self.trace), shift)
                    growth = 1 + 2 * gamma * later * (1 - np.log(left))
                    doubt = moved + np.where(later > 0, 2 * error * growth, 0.0)
                decrease = gamma * remaining * decrement / left
                proven = (left > 0) & (gamma <= 2 * left)
                proven &= np.minimum(decrease, point.loss) * doubt <= SLACK * left * point.loss
                nearby = np.fmax(nearby, np.where(proven, self._after(point, decrease), -np.inf))
        return np.maximum(everywhere, nearby)

    def _error(self, trace: Array, shift: Array) -> Array:
        """The rounding of a Fisher with this trace and of its system, relative to ``λ + ρ``."""
        sums = self.problem.size * trace
        factors = (np.sqrt(trace + shift) + np.sqrt(trace)) ** 2
        return EPSILON * (sums + (3 * self.problem.parameters + 4) * factors) / shift

    def least_squares_gradient(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """GD on least squares, exactly.

        In the eigenbasis of the Hessian, with eigenvalues ``μ + ρ``, a step multiplies the
        gradient's coordinates by ``1 − γ (μ + ρ)``.
        """
        everywhere = self.gradient(point, gamma, damping, remaining)
        rates = gamma[:, None] * (self.spectrum[0] + self.problem.prior_precision)
        return self._least_squares(point, gamma, None, rates, remaining, everywhere)

    def least_squares_fisher(
        self, point: Point, gamma: Array, damping: Array, remaining: Array
    ) -> Array:
        """NGD on least squares, exactly.

        As `least_squares_gradient`, with the factor ``1 − γ (μ + ρ) / (μ + ρ + λ)``.
        """
        everywhere = self.fisher(point, gamma, damping, remaining)
        curvature = self.spectrum[0] + self.problem.prior_precision
        with np.errstate(invalid="ignore", divide="ignore"):
            matrix = curvature + damping[:, None]
            rates = np.nan_to_num(gamma[:, None] * curvature / matrix)
        return self._least_squares(point, gamma, damping, rates, remaining, everywhere)

    def _least_squares(
        self,
        point: Point,
        gamma: Array,
        damping: Array | None,
        rates: Array,
        remaining: Array,
        everywhere: Array,
    ) -> Array:
        """The loss ``L* + ½ Σ_i g_i² / (μ_i + ρ)`` after every ``g_i`` has shrunk ``R`` times.

        In directions whose curvature is below `RESOLVED` of the highest, rounding decides what a
        step does; there all that could be gained is taken off. Where rounding might take more off
        the other ones than the slack, the bound is what holds `everywhere`.
        """
        curvature = self.spectrum[0] + self.problem.prior_precision
        resolved = curvature > RESOLVED * curvature[-1]
        coordinates = np.atleast_2d(point.gradient @ self.spectrum[1])
        rows, times = coordinates[:, resolved], 2 * remaining[:, None]
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            factors = np.abs(1 - rates)
            shrink = factors[:, resolved] ** times
            left = np.where(rows == 0, 0.0, 0.5 * rows**2 / curvature[resolved] * shrink).sum(
                axis=-1
            )
            exact = (1 - RESOLVED) * left + self._slackened(point, self.least)
            fastest = np.maximum(1.0, factors.max(axis=-1))  # the unit below: nothing overflows
            relative = (factors[:, resolved] / fastest[:, None]) ** remaining[:, None]
            size = np.sum(0.5 * (rows * relative) ** 2 / curvature[resolved], axis=-1)
            noise = rates * self._noise(point, gamma, damping, remaining, coordinates, rates)
            noise = noise[:, resolved] * (remaining / fastest)[:, None]
            doubt = np.sum(np.abs(rows) * relative / curvature[resolved] * noise, axis=-1)
            slack = 0.5 * SLACK * np.abs(point.loss) / fastest ** (2 * remaining)
            certain = (left > 4 * self.limit) & (doubt <= size / 4)  # to exceed the limit
            proven = (doubt <= 0.5 * RESOLVED * size + slack) | certain
        return np.where(proven, exact, everywhere)

    def _noise(
        self,
        point: Point,
        gamma: Array,
        damping: Array | None,
        remaining: Array,
        coordinates: Array,
        rates: Array,
    ) -> Array:
        """What rounding may add to the gradient in one of ``R`` steps, by eigenvectors.

        In units of the growth so far, shape ``(K, D)``. It is `rounding` times what goes into the
        sums of predictions and gradient and, but for GD, into those of the linear system.
        """
        columns, weight = self.weights
        factors = np.abs(1 - rates)
        fastest = np.maximum(1.0, factors.max(axis=-1, keepdims=True))
        times = remaining[:, None] / fastest
        times = np.where(factors < 1, np.minimum(times, 1 / (1 - factors)), times)
        shift = self.problem.prior_precision + (0.0 if damping is None else damping[:, None])
        matrix = 1.0 if damping is None else self.spectrum[0] + shift
        steps = np.abs(np.where(coordinates == 0, 0.0, coordinates / matrix))
        moved = (gamma[:, None] * times * steps) @ weight
        seen = np.abs(np.atleast_2d(point.theta)) @ columns + np.sqrt(2 * np.abs(point.loss))
        noise = weight * (seen + moved)[:, None]
        if damping is not None:
            more = weight + np.sqrt(len(weight) * shift)
            noise = noise + more * np.sum(steps * more, axis=-1, keepdims=True)
        return self.rounding * noise

    def _after(self, point: Point, decrease: Array) -> Array:
        return self._slackened(point, point.loss - decrease)

    def _slackened(self, point: Point, bound: Array | float) -> Array:
        """A bound minus what the rounding errors of a run may change."""
        return bound - SLACK * np.abs(point.loss) - ABSOLUTE * self.limit
