r"""Likelihoods ``p(y | f)`` of exponential families in their natural parameter ``f``.

A likelihood is a handful of functions of the natural parameter alone; the chain rule in
`problems` turns them into derivatives with respect to ``θ``. Throughout, ``ℓ = −log p(y | f)``
up to a constant, and

* ``f`` has shape ``(..., N, M)``: any leading axes, ``N`` examples, ``M`` natural parameters;
* ``y`` has shape ``(N,)``, or ``(..., N)`` where the targets are drawn.

By Proposition 1 of the paper `Likelihood.fisher` and `Likelihood.hessian` are the same function.
They are computed independently here, one as the expectation over ``y`` and the other as a second
derivative, so that their equality is a result and not an assumption.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp, softmax

from .arrays import Array


class Likelihood(ABC):
    """The functions of ``f`` and ``y`` that every likelihood provides."""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """Number ``M`` of natural parameters of one example."""

    @abstractmethod
    def nll(self, f: Array, y: Array) -> Array:
        """Negative log-likelihood ``ℓ`` of each example, shape ``(..., N)``."""

    @abstractmethod
    def mean(self, f: Array) -> Array:
        """Expected sufficient statistic ``E[T(y) | f]``, shape ``(..., N, M)``."""

    @abstractmethod
    def residual(self, f: Array, y: Array) -> Array:
        """Gradient ``∇_f ℓ = E[T(y) | f] − T(y)``, shape ``(..., N, M)``."""

    @abstractmethod
    def hessian(self, f: Array) -> Array:
        """Hessian ``∇²_f ℓ``, shape ``(..., N, M, M)``; it does not depend on ``y``."""

    @abstractmethod
    def fisher(self, f: Array) -> Array:
        """Fisher of ``f``: ``E_{y ~ p(y|f)}[∇_f ℓ ∇_f ℓᵀ]``, shape ``(..., N, M, M)``."""

    @abstractmethod
    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """Draw ``y ~ p(y | f)``, one for each ``f``, shape ``(..., N)``."""


@dataclass(frozen=True)
class Gaussian(Likelihood):
    """Unit-variance Gaussian, ``ℓ = (f − y)² / 2``: linear regression and least squares."""

    @property
    def outputs(self) -> int:
        """One natural parameter, the mean."""
        return 1

    def nll(self, f: Array, y: Array) -> Array:
        """Half the squared residual, without the constant ``log(2π) / 2``."""
        return 0.5 * (f[..., 0] - y) ** 2

    def mean(self, f: Array) -> Array:
        """The natural parameter itself."""
        return f

    def residual(self, f: Array, y: Array) -> Array:
        """``f − y``."""
        return f - y[..., None]

    def hessian(self, f: Array) -> Array:
        """One everywhere."""
        return np.ones_like(f)[..., None]

    def fisher(self, f: Array) -> Array:
        """``E[(f − y)²]``, the variance of the model: one everywhere."""
        variance = 1.0
        return np.full_like(f, variance)[..., None]

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """Normal around ``f``."""
        return f[..., 0] + generator.standard_normal(f.shape[:-1])


@dataclass(frozen=True)
class Bernoulli(Likelihood):
    """Bernoulli with the log-odds as natural parameter, ``y`` in {0, 1}: logistic regression.

    Parameters
    ----------
    probability_clip
        The paper's authors clip ``p`` to ``[clip, 1 − clip]`` in the loss, the residual and the
        curvature alike, with ``clip = 1e-8``. That caps the loss of an example at ``−log clip``
        and makes it non-convex, and the "residual" is no longer its derivative where the clip
        acts. Zero, the default, is exact arithmetic that is stable in both tails.
    """

    probability_clip: float = 0.0

    @property
    def outputs(self) -> int:
        """One natural parameter, the log-odds."""
        return 1

    def _probability(self, f: Array) -> Array:
        """``p(y = 1 | f)``; ``p(y = 0 | f)`` is the same at ``−f``.

        The quotient keeps its relative precision in both tails, to where ``exp`` overflows.
        """
        clip = self.probability_clip
        with np.errstate(over="ignore"):
            p = 1 / (1 + np.exp(-f))
        return np.clip(p, clip, 1 - clip) if clip else p

    def nll(self, f: Array, y: Array) -> Array:
        """``log(1 + exp(∓f))`` for ``y = 1`` and ``y = 0``."""
        against = (1 - 2 * y) * f[..., 0]
        if self.probability_clip:
            return -np.log(self._probability(-against))
        return np.maximum(against, 0) + np.log1p(np.exp(-np.abs(against)))

    def mean(self, f: Array) -> Array:
        """``p(y = 1 | f)``."""
        return self._probability(f)

    def residual(self, f: Array, y: Array) -> Array:
        """``p − y``, written so that it keeps its relative precision where ``p`` is near ``y``."""
        sign = (1 - 2 * y)[..., None]
        return sign * self._probability(sign * f)

    def hessian(self, f: Array) -> Array:
        """``p (1 − p)``."""
        return (self._probability(f) * self._probability(-f))[..., None]

    def fisher(self, f: Array) -> Array:
        """The sum over both outcomes, ``p (1 − p)² + (1 − p) p²``."""
        one, zero = self._probability(f), self._probability(-f)
        return (one * zero**2 + zero * one**2)[..., None]

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """One where a uniform number falls below ``p``."""
        return (generator.random(f.shape[:-1]) < self._probability(f[..., 0])).astype(float)


@dataclass(frozen=True)
class Categorical(Likelihood):
    """Categorical with ``p(y = c | f) = exp(f_c) / Σ_i exp(f_i)``: softmax regression.

    As in §1 of the paper all ``C`` classes have a natural parameter, so that ``f`` is determined
    up to a constant only and the Fisher of ``f`` is singular. Labels are ``0, …, C − 1``.

    Parameters
    ----------
    classes
        Their number ``C``.
    """

    classes: int

    @property
    def outputs(self) -> int:
        """One natural parameter for each class."""
        return self.classes

    @property
    def _same(self) -> np.ndarray:
        """Whether two classes are one: the identity matrix, as a mask."""
        return np.eye(self.classes, dtype=bool)

    def _others(self, p: Array) -> Array:
        """``1 − p_c``, as the sum of the others: it keeps its relative precision near zero."""
        return p @ ~self._same

    def nll(self, f: Array, y: Array) -> Array:
        """``log Σ_c exp(f_c) − f_y``, as ``log(1 + Σ_c≠y exp(f_c) / exp(f_y))``.

        So it keeps its relative precision where it is near zero.
        """
        own = self._same[y.astype(int)]
        others = logsumexp(np.where(own, -np.inf, f), axis=-1)
        return np.logaddexp(0, others - np.sum(f, axis=-1, where=own))

    def mean(self, f: Array) -> Array:
        """The class probabilities."""
        return softmax(f, axis=-1)

    def residual(self, f: Array, y: Array) -> Array:
        """``p − e_y``, with relative precision where ``p`` is near ``e_y``."""
        p = self.mean(f)
        return np.where(self._same[y.astype(int)], -self._others(p), p)

    def hessian(self, f: Array) -> Array:
        """``diag(p) − p pᵀ``."""
        p = self.mean(f)
        own = (p * self._others(p))[..., None]
        return np.where(self._same, own, -p[..., :, None] * p[..., None, :])

    def fisher(self, f: Array) -> Array:
        """The sum over all outcomes, ``Σ_c p_c (p − e_c)(p − e_c)ᵀ``."""
        p = self.mean(f)
        own = -self._others(p)[..., None]
        residuals = np.where(self._same, own, p[..., None, :])
        return np.swapaxes(p[..., None] * residuals, -1, -2) @ residuals

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """The largest of ``f`` plus Gumbel noise, which is distributed as the softmax of ``f``."""
        return np.argmax(f + generator.gumbel(size=f.shape), axis=-1).astype(float)
