r"""A likelihood, a model and data make a problem; a problem at a ``θ`` has these quantities.

Normalisation: everything is an average over the ``N`` examples, and a Gaussian prior
``θ ~ N(0, v I)`` enters the loss once,

``L(θ) = (1/N) Σ_n ℓ(f(x_n, θ), y_n) + ‖θ‖² / (2 N v)``.

The paper's matrices are sums (Eqs. 2, 3 and 10); divide them by ``N`` to compare. Fisher, GGN and
empirical Fisher are of the data alone; gradient and Hessian include the prior.

The paper's two matrices, and their relatives, are one weighted Gram matrix; see `data_terms`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .arrays import Array, Inputs
from .data_terms import DataTerms, has_matrices, refuse_matrix
from .likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from .models import LinearModel, Model
from .networks import Network

NUMBERED = "number them first, for example by np.unique(y, return_inverse=True)[1]"


class MinimizerNotFoundError(ArithmeticError):
    """The loss has no minimum, or none that could be found."""


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
    initial
        Where a descent starts unless told, shape ``(P,)``; None is zero.

    Raises
    ------
    ValueError
        If the targets are not a vector, not labels of the likelihood's classes or not as many as
        the inputs of the model, the prior's variance is not positive, or ``initial`` has not the
        shape of the parameters.
    """

    likelihood: Likelihood
    model: Model
    targets: Array
    prior_variance: float = np.inf
    initial: Array | None = None

    def __post_init__(self) -> None:
        """Refuse input that would silently give wrong results."""
        _check_shape(self.targets)
        rows = self.size
        if isinstance(self.model, LinearModel | Network):
            rows = self.model.inputs.shape[0]
        if rows != self.size:
            raise ValueError(
                f"there are {self.size} targets for {rows} rows of inputs; "
                "each example needs one of each"
            )
        _check_targets(self.likelihood, np.asarray(self.targets))
        if not self.prior_variance > 0:
            raise ValueError(
                f"the prior's variance is {self.prior_variance}; it must be positive, or infinite "
                "for no prior"
            )
        if self.initial is not None and np.shape(self.initial) != (self.parameters,):
            raise ValueError(
                f"initial has the shape {np.shape(self.initial)}; the model has {self.parameters} "
                f"parameters, so that it must be ({self.parameters},)"
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
    def start(self) -> Array:
        """``θ₀``, where a descent starts unless told, shape ``(P,)``."""
        return np.zeros(self.parameters) if self.initial is None else self.initial

    @property
    def has_matrices(self) -> bool:
        """Whether ``P`` is small enough for dense ``P × P`` matrices: `MOST_PARAMETERS`."""
        return has_matrices(self.parameters)

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
            Where the steps start, shape ``(P,)``; `start` by default.

        Raises
        ------
        MinimizerNotFoundError
            If another Newton step would still lower the loss by more than rounding, as for
            separable classes, whose likelihood has no maximum.
        """
        from scipy.optimize import minimize

        start = self.at(self.start if initial is None else initial)
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


class Point(DataTerms):
    """A problem at ``θ``: each quantity is computed when first asked for, and kept.

    ``θ`` has shape ``(..., P)``; the leading axes are carried through everything, so that a grid
    of parameters needs no loop. To what the data alone say, see `data_terms.DataTerms`, it adds
    what the prior has a part in.
    """

    def __init__(self, problem: Problem, theta: Array):
        super().__init__(problem.likelihood, problem.model, problem.targets, theta)
        self.problem = problem

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
    def squared_gradient(self) -> Array:
        """``∇L ∇Lᵀ``, what Adam squares, shape ``(..., P, P)``; its diagonal is ``gradient**2``."""
        refuse_matrix(self.problem.parameters)
        return self.gradient[..., :, None] * self.gradient[..., None, :]

    @cached_property
    def hessian(self) -> Array:
        """``∇²L(θ)``, shape ``(..., P, P)``: GGN, curvature of the model (Eq. 9) and prior."""
        curvature = self.problem.model.curvature(self.theta, self.residuals) / self.problem.size
        prior = self.problem.prior_precision * np.eye(self.problem.parameters)
        return self.ggn + curvature + prior


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
    likelihood = _likelihood(targets, task, probability_clip)
    model = LinearModel(inputs, likelihood.outputs)
    return Problem(likelihood, model, targets, prior_variance)


def network_problem(
    inputs: Inputs,
    targets: Array,
    task: str,
    prior_variance: float = np.inf,
    probability_clip: float = 0.0,
    *,
    hidden: Sequence[int],
    activation: str = "tanh",
    seed: int = 0,
) -> Problem:
    """As `linear_problem`, with a `Network` in the place of the linear model.

    Parameters
    ----------
    inputs, targets, task, prior_variance, probability_clip
        As for `linear_problem`, shapes included. Standardise the inputs: far from zero units are
        flat.
    hidden, activation
        As for `Network`.
    seed
        Of `Network.draw`, which draws where a descent starts.

    Raises
    ------
    ValueError
        As for `linear_problem` and `Network`.
    """
    targets = np.asarray(targets, dtype=float)
    likelihood = _likelihood(targets, task, probability_clip)
    model = Network(inputs, hidden, likelihood.outputs, activation)
    start = model.draw(np.random.default_rng(seed))
    return Problem(likelihood, model, targets, prior_variance, start)


def _likelihood(targets: Array, task: str, probability_clip: float) -> Likelihood:
    """The likelihood of a task, for as many classes as the targets have."""
    _check_shape(targets)
    if task == "regression":
        return Gaussian()
    if task == "binary":
        return Bernoulli(probability_clip)
    if task == "multiclass":
        return Categorical(_classes(targets))
    raise ValueError(f"task is {task!r}; it must be regression, binary or multiclass")


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
