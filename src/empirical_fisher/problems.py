r"""A likelihood, a model and data make a problem; a problem at a ``θ`` has these quantities.

Normalisation: everything is an average over the ``N`` examples, and a Gaussian prior
``θ ~ N(0, v I)`` enters the loss once,

``L(θ) = (1/N) Σ_n ℓ(f(x_n, θ), y_n) + ‖θ‖² / (2 N v)``.

The paper's matrices are sums (Eqs. 2, 3 and 10); divide them by ``N`` to compare. Fisher, GGN and
empirical Fisher are of the data alone; gradient and Hessian include the prior.

The two matrices that the paper sets against each other are one weighted Gram matrix,
``(1/N) Σ_n J_nᵀ Λ_n J_n``, with two different weights:

=================  =====================================================================
Fisher             ``Λ_n = E_{y ~ p(y|f_n)}[∇_f ℓ ∇_f ℓᵀ]``   (y from the model)
empirical Fisher   ``Λ_n = ∇_f ℓ(f_n, y_n) ∇_f ℓ(f_n, y_n)ᵀ``  (y from the data)
=================  =====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .arrays import Array, Inputs
from .likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from .models import LinearModel, Model

MOST_PARAMETERS = 1000  #: for which P × P matrices are formed; a batch of 32 has 256 MB then
NUMBERED = "number them first, for example by np.unique(y, return_inverse=True)[1]"


class MinimizerNotFoundError(ArithmeticError):
    """The loss has no minimum, or none that could be found."""


class TooManyParametersError(ValueError):
    """A matrix is asked for that would be too large; `MOST_PARAMETERS` is the limit."""


@dataclass(frozen=True)
class Problem:
    """Minimise ``L(θ)``, the negative log-likelihood of the data (Eq. 1 of the paper).

    Parameters
    ----------
    likelihood, model
        ``p(y | f)`` and ``f(x_n, θ)``; the model holds the inputs ``x_n``.
    targets
        The ``y_n``, shape ``(N,)``.
    prior_variance
        Variance ``v`` of the Gaussian prior on every parameter; infinite switches it off.

    Raises
    ------
    ValueError
        If the targets are not a vector, not labels of the likelihood's classes or not as many as
        the inputs of a linear model, or the prior's variance is not positive.
    """

    likelihood: Likelihood
    model: Model
    targets: Array
    prior_variance: float = np.inf

    def __post_init__(self) -> None:
        """Refuse input that would silently give wrong results."""
        _check_shape(self.targets)
        if isinstance(self.model, LinearModel) and self.model.inputs.shape[0] != self.size:
            raise ValueError(
                f"there are {self.size} targets for {self.model.inputs.shape[0]} rows of inputs; "
                "each example needs one of each"
            )
        _check_targets(self.likelihood, np.asarray(self.targets))
        if not self.prior_variance > 0:
            raise ValueError(
                f"the prior's variance is {self.prior_variance}; it must be positive, or infinite "
                "for no prior"
            )

    @property
    def size(self) -> int:
        """Number ``N`` of examples."""
        return len(self.targets)

    @property
    def parameters(self) -> int:
        """Number ``P`` of parameters."""
        return self.model.parameters

    @property
    def has_matrices(self) -> bool:
        """Whether ``P`` is small enough for dense ``P × P`` matrices: `MOST_PARAMETERS`."""
        return self.parameters <= MOST_PARAMETERS

    @property
    def prior_precision(self) -> float:
        """``1 / (N v)``, what the prior adds to the Hessian's diagonal."""
        return 1 / (self.size * self.prior_variance)

    def at(self, theta: Array) -> Point:
        """Evaluate the problem at ``θ``, shape ``(..., P)``."""
        return Point(self, np.asarray(theta, dtype=float))

    def minimizer(self, initial: Array | None = None) -> Array:
        """``θ* = argmin L(θ)``, shape ``(P,)``, found by trust-region Newton steps.

        The parameters are scaled so that the Hessian at the start has a unit diagonal. Where the
        minimum is not unique, one of them is returned.

        Parameters
        ----------
        initial
            Where the steps start, shape ``(P,)``; zero by default.

        Raises
        ------
        MinimizerNotFoundError
            If another Newton step would still lower the loss by more than rounding, as for
            separable classes, whose likelihood has no maximum.
        """
        from scipy.optimize import minimize

        start = self.at(np.zeros(self.parameters) if initial is None else initial)
        diagonal = np.diag(start.hessian)
        scale = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        found = minimize(
            lambda scaled: float(self.at(scale * scaled).loss),
            start.theta / scale,
            jac=lambda scaled: scale * self.at(scale * scaled).gradient,
            hess=lambda scaled: scale[:, None] * self.at(scale * scaled).hessian * scale,
            method="trust-exact",
            options={"gtol": 1e-8 * max(1.0, float(np.linalg.norm(scale * start.gradient)))},
        )

        def newton_step(point: Point) -> Array:
            hessian = scale[:, None] * point.hessian * scale
            return scale * np.linalg.lstsq(hessian, scale * point.gradient)[0]

        point = self.at(scale * found.x)
        point = self.at(point.theta - newton_step(point))
        promised = 0.5 * float(point.gradient @ newton_step(point))
        if not promised <= 1e-12 * (1 + abs(point.loss)):
            raise MinimizerNotFoundError(
                f"no minimum found: at loss {point.loss:.3e} another Newton step promises "
                f"{promised:.1e} less. Classes that can be separated have no minimum: use a finite "
                "prior variance, or other data."
            )
        return point.theta


class Point:
    """A problem at ``θ``: each quantity is computed when first asked for, and kept.

    ``θ`` has shape ``(..., P)``; the leading axes are carried through everything, so that a grid
    of parameters needs no loop. Matrices of more than `MOST_PARAMETERS` parameters raise
    `TooManyParametersError`.
    """

    def __init__(self, problem: Problem, theta: Array):
        self.problem = problem
        self.theta = theta

    @cached_property
    def predictions(self) -> Array:
        """Natural parameters ``f_n = f(x_n, θ)``, shape ``(..., N, M)``."""
        return self.problem.model.predict(self.theta)

    @cached_property
    def residuals(self) -> Array:
        """``∇_f ℓ(f_n, y_n)``, shape ``(..., N, M)``."""
        return self.problem.likelihood.residual(self.predictions, self.problem.targets)

    @cached_property
    def losses(self) -> Array:
        """Negative log-likelihoods of the examples, without the prior, shape ``(..., N)``."""
        return self.problem.likelihood.nll(self.predictions, self.problem.targets)

    @cached_property
    def variances(self) -> Array:
        """``∇²_f ℓ`` of every example, shape ``(..., N, M, M)``."""
        return self.problem.likelihood.hessian(self.predictions)

    @cached_property
    def odds(self) -> Array:
        """Mean of ``r_nᵀ Λ_n⁺ r_n`` with residuals ``r`` and their Fisher ``Λ``, shape ``(...)``.

        Of classes it is the mean odds against the labels, ``(1 − p_y) / p_y``. Infinite for
        likelihoods other than the three.
        """
        likelihood = self.problem.likelihood
        if isinstance(likelihood, Categorical):
            odds = np.expm1(self.losses)
        elif isinstance(likelihood, Bernoulli):
            odds = self.residuals[..., 0] ** 2 / self.variances[..., 0, 0]
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
        likelihood = self.problem.likelihood
        if isinstance(likelihood, Bernoulli):
            return self.variances[..., 0, 0].min(axis=-1)
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
    def loss(self) -> Array:
        """``L(θ)``, shape ``(...)``; Eq. 1 divided by ``N``, plus the prior."""
        if self.problem.prior_precision == 0:
            return self.data_loss
        return self.data_loss + 0.5 * self.problem.prior_precision * np.sum(self.theta**2, axis=-1)

    @cached_property
    def gradient(self) -> Array:
        """``∇L(θ)``, shape ``(..., P)``."""
        data = self.problem.model.pull_back(self.theta, self.residuals) / self.problem.size
        return data + self.problem.prior_precision * self.theta

    @cached_property
    def example_gradients(self) -> Array:
        """``∇_θ ℓ_n = J_nᵀ r_n`` of every example, without the prior, shape ``(..., N, P)``."""
        jacobian = self.problem.model.jacobian(self.theta)
        return np.einsum("...nmp,...nm->...np", jacobian, self.residuals)

    @cached_property
    def fisher(self) -> Array:
        """Fisher information (Eq. 2), shape ``(..., P, P)``: the ``y`` are the model's."""
        return self.gram(self.problem.likelihood.fisher(self.predictions))

    @cached_property
    def ggn(self) -> Array:
        """Generalised Gauss-Newton matrix of the canonical split (Eq. 10, Prop. 1).

        Shape ``(..., P, P)``: a weighted Gram matrix with ``∇²_f ℓ`` for the weights.
        """
        return self.gram(self.variances)

    @cached_property
    def empirical_fisher(self) -> Array:
        """Empirical Fisher (Eq. 3), shape ``(..., P, P)``: the ``y`` are the data's."""
        return self.gram(self.residuals[..., :, None] * self.residuals[..., None, :])

    @cached_property
    def hessian(self) -> Array:
        """``∇²L(θ)``, shape ``(..., P, P)``: GGN, curvature of the model (Eq. 9) and prior."""
        curvature = self.problem.model.curvature(self.theta, self.residuals) / self.problem.size
        prior = self.problem.prior_precision * np.eye(self.problem.parameters)
        return self.ggn + curvature + prior

    def gram(self, weights: Array) -> Array:
        """``(1/N) Σ_n J_nᵀ Λ_n J_n`` for ``Λ`` ``(..., N, M, M)``: shape ``(..., P, P)``."""
        if not self.problem.has_matrices:
            parameters = self.problem.parameters
            raise TooManyParametersError(
                f"{parameters} parameters make a dense matrix of {8e-6 * parameters**2:,.0f} MB at "
                f"every point, and up to 32 of them are held at once; the limit is "
                f"{MOST_PARAMETERS} parameters. Use fewer features, or gradient descent alone, "
                "which needs no matrix: in config.yaml `methods: [GD]` for this data set"
            )
        return self.problem.model.gram(self.theta, weights / self.problem.size)


def linear_problem(
    inputs: Inputs,
    targets: Array,
    task: str,
    prior_variance: float = np.inf,
    probability_clip: float = 0.0,
) -> Problem:
    """Linear regression, logistic regression or softmax regression on ``(X, y)``.

    Parameters
    ----------
    inputs
        Design matrix, shape ``(N, D)``, dense or sparse.
    targets
        Shape ``(N,)``: real numbers, labels in {0, 1}, or labels 0, …, C − 1.
    task
        ``"regression"``, ``"binary"`` or ``"multiclass"``.
    prior_variance
        See `Problem`.
    probability_clip
        See `Bernoulli`; the other tasks have no use for it.

    Raises
    ------
    ValueError
        If the task is none of these, or as for `Problem` and `LinearModel`.
    """
    targets = np.asarray(targets, dtype=float)
    _check_shape(targets)
    likelihood: Likelihood
    if task == "regression":
        likelihood = Gaussian()
    elif task == "binary":
        likelihood = Bernoulli(probability_clip)
    elif task == "multiclass":
        likelihood = Categorical(_classes(targets))
    else:
        raise ValueError(f"task is {task!r}; it must be regression, binary or multiclass")
    model = LinearModel(inputs, likelihood.outputs)
    return Problem(likelihood, model, targets, prior_variance)


def _check_shape(targets: Array) -> None:
    if np.ndim(targets) != 1:
        raise ValueError(
            f"the targets must have the shape (N,), and not {np.shape(targets)}; flatten them "
            "first, for example by y.ravel()"
        )


def _check_targets(likelihood: Likelihood, targets: Array) -> None:
    """Raise a ValueError unless targets are finite, and labels those of the classes."""
    if isinstance(likelihood, Bernoulli):
        right = np.isin(targets, (0, 1))
        wanted = "the labels of a binary problem must be 0 and 1"
        remedy = "map them first, for example by (y == y.max()) * 1.0"
    elif isinstance(likelihood, Categorical):
        right = np.isin(targets, np.arange(likelihood.classes))
        wanted = (
            f"the labels of {likelihood.classes} classes must be the whole numbers from 0 to "
            f"{likelihood.classes - 1}"
        )
        remedy = NUMBERED
    else:
        right = np.isfinite(targets)
        wanted, remedy = "the targets must be finite", "leave such examples out"
    if not right.all():
        place = int(np.argmin(right))
        raise ValueError(f"{wanted}, and entry {place} is {targets[place]}; {remedy}")


def _classes(labels: Array) -> int:
    """The number of classes, if the labels are all of ``0, …, C − 1``."""
    found = np.unique(labels)
    if not np.array_equal(found, np.arange(len(found))):
        listed = ", ".join(f"{label:g}" for label in found[:10])
        raise ValueError(
            f"the labels of {len(found)} classes must be 0, …, {len(found) - 1}, and are {listed}"
            f"{', …' if len(found) > 10 else ''}; {NUMBERED}"
        )
    return len(found)
