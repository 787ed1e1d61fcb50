r"""What the data alone say at a ``θ``: everything but the prior.

Averages over the ``N`` examples of what their likelihoods ``ℓ(f(x_n, θ), y_n)`` contribute. All
matrices are one Gram matrix, ``(1/N) Σ_n J_nᵀ Λ_n J_n``, with the Jacobians ``J_n`` of the model.
They differ in the weight ``Λ_n``, shape ``(M, M)``, of an example, and the weights differ in where
the label comes from. With the residual ``r_n(y) = ∇_f ℓ(f_n, y)`` they are

=========================  ============================================  =======================
Fisher                     ``Λ_n = E_{y ~ p(y|f_n)}[r_n(y) r_n(y)ᵀ]``    all labels of the model
sampled Fisher             ``Λ_n = (1/S) Σ_s r_n(ỹ_ns) r_n(ỹ_ns)ᵀ``      some that it draws
GGN                        ``Λ_n = ∇²_f ℓ(f_n, y_n)``                    none is needed
empirical Fisher           ``Λ_n = r_n(y_n) r_n(y_n)ᵀ``                  the data's
improved empirical Fisher  ``Λ_n = r_n(y_n) r_n(y_n)ᵀ / ‖r_n(y_n)‖²``    the same, unit length
=========================  ============================================  =======================

The first is Eq. 2 of the paper, the second §6 and Appendix B, the third Eq. 10 for the canonical
split, the fourth Eq. 3. The last is Eq. 14 of Wu, Yu, Zhang and Woodland, *An Improved Empirical
Fisher Approximation for Natural Gradient Descent* (2024).

Each matrix can be had in four structures: whole, as its diagonal, as its diagonal blocks, or as the
Kronecker factors of K-FAC. Only the first makes a ``P × P`` matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from .arrays import Array
from .likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from .models import Factors, Model

MOST_PARAMETERS = 1000  #: for which P × P matrices are formed; a batch of 32 has 256 MB then


class TooManyParametersError(ValueError):
    """A matrix is asked for that would be too large; `MOST_PARAMETERS` is the limit."""


def has_matrices(parameters: int) -> bool:
    """Whether ``P`` is small enough for dense ``P × P`` matrices: `MOST_PARAMETERS`."""
    return parameters <= MOST_PARAMETERS


def refuse_matrix(parameters: int) -> None:
    """Raise `TooManyParametersError` unless ``P × P`` matrices may be formed."""
    if not has_matrices(parameters):
        raise TooManyParametersError(
            f"{parameters} parameters make a dense matrix of {8e-6 * parameters**2:,.0f} MB at "
            f"every point, and up to 32 of them are held at once; the limit is "
            f"{MOST_PARAMETERS} parameters. Use fewer features or hidden units, or gradient "
            "descent alone, which needs no matrix: in config.yaml `methods: [GD]` for this data set"
        )


class DataTerms:
    """Data, likelihood and model at ``θ``: each quantity is computed when asked for, and kept.

    Matrices of more than `MOST_PARAMETERS` parameters raise `TooManyParametersError`; diagonals,
    blocks of no more than as many, and Kronecker factors of any number do not.

    Parameters
    ----------
    likelihood, model, targets
        As for `problems.Problem`.
    theta
        ``θ``, shape ``(..., P)``; the leading axes are carried through everything.
    """

    def __init__(self, likelihood: Likelihood, model: Model, targets: Array, theta: Array):
        self.likelihood = likelihood
        self.model = model
        self.targets = targets
        self.theta = theta

    @property
    def size(self) -> int:
        """Number ``N`` of examples."""
        return len(self.targets)

    @cached_property
    def predictions(self) -> Array:
        """Natural parameters ``f_n = f(x_n, θ)``, shape ``(..., N, M)``."""
        return self.model.predict(self.theta)

    @cached_property
    def residuals(self) -> Array:
        """``∇_f ℓ(f_n, y_n)``, shape ``(..., N, M)``."""
        return self.likelihood.residual(self.predictions, self.targets)

    @cached_property
    def losses(self) -> Array:
        """Negative log-likelihoods of the examples, without the prior, shape ``(..., N)``."""
        return self.likelihood.nll(self.predictions, self.targets)

    @cached_property
    def variances(self) -> Array:
        """``∇²_f ℓ`` of every example, shape ``(..., N, M, M)``."""
        return self.likelihood.hessian(self.predictions)

    @cached_property
    def odds(self) -> Array:
        """Mean of ``r_nᵀ Λ_n⁺ r_n`` with residuals ``r`` and their Fisher ``Λ``, shape ``(...)``.

        Of classes it is the mean odds against the labels, ``(1 − p_y) / p_y``. Infinite for
        likelihoods other than the three, and NaN, which is to say nothing, where a binary outcome's
        probability is rounded to zero.
        """
        likelihood = self.likelihood
        if isinstance(likelihood, Bernoulli):
            mean = np.mean(np.expm1(self.losses), axis=-1)
            return np.where(self.lightest > 0, mean, np.nan)
        if isinstance(likelihood, Categorical):
            odds = np.expm1(self.losses)
        elif isinstance(likelihood, Gaussian):
            return 2 * self.data_loss
        else:
            return np.full(self.predictions.shape[:-2], np.inf)
        return np.mean(odds, axis=-1)

    @cached_property
    def lightest(self) -> Array:
        """Least ``1 / (1/p_c + 1/p_k)`` of classes of an example, shape ``(...)``.

        Of a binary likelihood that is ``p (1 − p)``. Only for classes.
        """
        likelihood = self.likelihood
        if isinstance(likelihood, Bernoulli):
            farthest = np.abs(self.predictions).max(axis=-2)
            return likelihood.hessian(farthest)[..., 0, 0]
        p = likelihood.mean(self.predictions)
        if p.shape[-1] == 1:
            return np.full(p.shape[:-2], np.inf)
        least, second = np.moveaxis(np.partition(p, 1, axis=-1)[..., :2], -1, 0)
        return np.min(least * (second / (least + second)), axis=-1)

    @cached_property
    def data_loss(self) -> Array:
        """Mean of the `losses`: ``L(θ)`` without the prior, shape ``(...)``."""
        return np.mean(self.losses, axis=-1)

    @cached_property
    def example_gradients(self) -> Array:
        """``∇_θ ℓ_n = J_nᵀ r_n`` of every example, shape ``(..., N, P)``."""
        jacobian = self.model.jacobian(self.theta)
        return np.einsum("...nmp,...nm->...np", jacobian, self.residuals)

    @cached_property
    def fisher(self) -> Array:
        """Fisher information (Eq. 2), shape ``(..., P, P)``: the ``y`` are the model's."""
        return self.gram(self.weights("fisher"))

    @cached_property
    def ggn(self) -> Array:
        """Generalised Gauss-Newton matrix of the canonical split (Eq. 10, Prop. 1).

        Shape ``(..., P, P)``.
        """
        return self.gram(self.weights("ggn"))

    @cached_property
    def empirical_fisher(self) -> Array:
        """Empirical Fisher (Eq. 3), shape ``(..., P, P)``: the ``y`` are the data's."""
        return self.gram(self.weights("empirical_fisher"))

    @cached_property
    def improved_empirical_fisher(self) -> Array:
        """Improved empirical Fisher (Wu et al. 2024, Eq. 14), shape ``(..., P, P)``.

        An example whose residual is zero has no weight.
        """
        return self.gram(self.weights("improved_empirical_fisher"))

    def sampled_fisher(self, labels: Array) -> Array:
        """Fisher by samples (§6, Appendix B), shape ``(..., P, P)``, for `draw_labels`."""
        return self.gram(self.sampled_weights(labels))

    def draw_labels(
        self, generator: np.random.Generator | Sequence[np.random.Generator], samples: int = 1
    ) -> Array:
        """Labels ``ỹ_ns ~ p(y | f_n)`` of the model, shape ``(S, ..., N)``.

        Parameters
        ----------
        generator
            One for all draws, or, for ``θ`` of shape ``(K, P)``, one for each of them: then a
            ``θ`` has the same labels in any company.
        samples
            The number ``S`` of labels of an example.
        """
        if isinstance(generator, np.random.Generator):
            f = np.broadcast_to(self.predictions, (samples, *self.predictions.shape))
            return self.likelihood.sample(f, generator)
        each = [
            self.likelihood.sample(np.broadcast_to(f, (samples, *f.shape)), own)
            for f, own in zip(self.predictions, generator, strict=True)
        ]
        return np.stack(each, axis=1)

    def weights(self, kind: str) -> Array:
        """``Λ_n`` of a kind, a key of `WEIGHTS`, shape ``(..., N, M, M)``."""
        return WEIGHTS[kind](self)

    def sampled_weights(self, labels: Array) -> Array:
        """``Λ_n`` of the sampled Fisher, shape ``(..., N, M, M)``, for `draw_labels`."""
        residuals = self.likelihood.residual(self.predictions, labels)
        return np.einsum("s...m,s...k->...mk", residuals, residuals) / len(labels)

    def gram(self, weights: Array) -> Array:
        """``(1/N) Σ_n J_nᵀ Λ_n J_n`` for ``Λ`` ``(..., N, M, M)``: shape ``(..., P, P)``."""
        refuse_matrix(self.model.parameters)
        return self.model.gram(self.theta, weights / self.size)

    def gram_diagonal(self, weights: Array) -> Array:
        """The diagonal of `gram`, shape ``(..., P)``."""
        return self.model.gram_diagonal(self.theta, weights / self.size)

    def gram_blocks(self, weights: Array) -> tuple[Array, ...]:
        """The diagonal blocks of `gram` at `models.Model.blocks`, each ``(..., P_b, P_b)``."""
        for block in self.model.blocks:
            refuse_matrix(block.stop - block.start)
        return self.model.gram_blocks(self.theta, weights / self.size)

    def gram_factors(self, weights: Array) -> tuple[Factors, ...]:
        """K-FAC's ``G ⊗ A`` for the blocks of a model with layers; see `models.Factors`."""
        return self.model.gram_factors(self.theta, weights / self.size)


def outer(residuals: Array) -> Array:
    """``r rᵀ`` for residuals ``(..., N, M)``, shape ``(..., N, M, M)``."""
    return residuals[..., :, None] * residuals[..., None, :]


def unit_outer(residuals: Array) -> Array:
    """``r rᵀ / ‖r‖²`` for residuals ``(..., N, M)``, shape ``(..., N, M, M)``; zero for ``r = 0``.

    A residual is scaled before it is squared, so that no square underflows or overflows.
    """
    largest = np.max(np.abs(residuals), axis=-1, keepdims=True)
    scaled = residuals / np.where(largest == 0, 1.0, largest)
    length = np.linalg.norm(scaled, axis=-1, keepdims=True)
    return outer(scaled / np.where(length == 0, 1.0, length))


WEIGHTS: dict[str, Callable[[DataTerms], Array]] = {
    "fisher": lambda at: at.likelihood.fisher(at.predictions),
    "ggn": lambda at: at.variances,
    "empirical_fisher": lambda at: outer(at.residuals),
    "improved_empirical_fisher": lambda at: unit_outer(at.residuals),
}
"""The weights ``Λ_n`` of each kind, shape ``(..., N, M, M)``, that need no draws."""
