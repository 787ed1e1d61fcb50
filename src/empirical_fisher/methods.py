r"""What a method is, and which direction it takes.

A method is a recipe. Its direction is

``d = −(B + I/(N v) + λ I)^(−p) g``,

with the gradient ``g = ∇L(θ)``, the preconditioner ``B``, the damping ``λ``, what the prior adds to
the curvature, ``I/(N v)``, and the power ``p``. The three methods of the paper (§1, and §4.3 for
the damping) are `STANDARD`:

=======  ===============================================
GD       no preconditioner: ``d = −g``
NGD      ``B`` is the Fisher
EFGD     ``B`` is the empirical Fisher
=======  ===============================================

A method with an average or momentum carries a state from one iteration to the next. `update` takes
it and returns the next one; nothing is changed in place.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

import numpy as np

from .arrays import Array
from .linear_systems import is_invertible, solve
from .norms import cosine
from .preconditioners import MATRICES, STRUCTURES, Parts, drawn_labels, preconditioner, solve_parts
from .problems import Point, Problem
from .rounding import gradient_error, is_resolved

POWERS = (1.0, 0.5)


@dataclass(frozen=True)
class Method:
    """A recipe for a direction, to be given to `solvers.descend` and `search.evaluate`.

    Parameters
    ----------
    name
        What it is called in messages.
    matrix
        ``B``: ``identity``, ``fisher``, ``ggn``, ``hessian``, ``empirical_fisher``,
        ``sampled_fisher``, ``improved_empirical_fisher`` (Eq. 14 of Wu et al. 2024) or
        ``squared_gradient`` (``g gᵀ``).
    structure
        ``full``, ``diagonal``, ``block`` or ``kronecker``; see `preconditioners`.
    power
        ``p``, 1 or 1/2. The damping is added before the power is taken.
    average
        ``β₂`` of a moving average of ``B`` over the iterations, as in Adam with its bias
        correction; 0 for none.
    momentum
        ``β₁`` of the same average of ``g``; 0 for none.
    gradient
        ``mean`` for ``g``, or ``scaled`` for ``(1/N) Σ_n ‖∇_f ℓ_n‖² ∇ℓ_n`` and the prior's part in
        its place. With the empirical Fisher the latter is the improved update of Wu et al. 2024,
        Eq. 8, ``−Jᵀ(J Jᵀ + λ' I)⁻¹ s`` with the examples' gradients as the rows of ``J`` and
        ``s_n = ‖∇_f ℓ_n‖²``; its ``λ'`` is ``N λ``.
    samples, seed
        Of ``sampled_fisher``: labels per example, and the seed of those. A direction of one's own
        gets a generator with the same seed.
    python
        One's own, in place of a matrix: ``matrix(point, **options)`` returns ``B``, shape
        ``(..., P, P)``; ``direction(point, damping, state, rng, **options)`` returns ``d``, shape
        ``(..., P)``, and the next state, which is None at first.
    is_direction
        Which of the two it is.
    options
        Other arguments of ``python``.

    Raises
    ------
    ValueError
        If there is no such method; see `refusals`.
    """

    name: str
    matrix: str = "identity"
    structure: str = "full"
    power: float = 1.0
    average: float = 0.0
    momentum: float = 0.0
    gradient: str = "mean"
    samples: int = 1
    seed: int = 0
    python: Callable[..., Any] | None = None
    is_direction: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what does not exist."""
        changed = {
            key: value
            for key, default in DEFAULTS.items()
            if (value := getattr(self, key)) != default
        }
        own = "" if self.python is None else "direction" if self.is_direction else "matrix"
        wrong = [f"{key}: {why}" for key, why in refusals(changed, own)]
        if wrong:
            raise ValueError(f"{self.name}: {'; '.join(wrong)}")

    @property
    def is_damped(self) -> bool:
        """Whether the damping changes anything, as it does with a preconditioner."""
        return self.matrix != "identity" or self.python is not None

    @property
    def needs_matrices(self) -> bool:
        """Whether it forms ``P × P`` matrices."""
        own = self.python is not None and not self.is_direction
        return own or (self.matrix != "identity" and self.structure in ("full", "block"))

    @property
    def is_plain(self) -> bool:
        """Whether the direction is ``−(B + s I)⁻¹ g`` with the whole ``B`` of the present point."""
        changed = self.average or self.momentum or self.gradient != "mean" or self.is_direction
        return self.power == 1 and self.structure == "full" and not changed


NAMES = ("matrix", "structure", "power", "average", "momentum", "gradient", "samples", "seed")
DEFAULTS = {name: Method.__dataclass_fields__[name].default for name in NAMES}
"""What a recipe may leave out."""


def refusals(recipe: Mapping[str, Any], own: str = "") -> list[tuple[str, str]]:
    """What there is not of a recipe: the keys, and why, one for each fault.

    Parameters
    ----------
    recipe
        Those of `DEFAULTS` that it gives.
    own
        Whether its code is one's own: a ``matrix``, a ``direction``, or nothing.
    """
    if own == "direction":
        why = "a direction of one's own is the whole method; leave it out"
        return [(key, why) for key in recipe if key != "seed"]
    if own and "matrix" in recipe:
        return [("matrix", "python is a matrix already; give one of the two")]
    matrix = own or recipe.get("matrix", "identity")
    known = {**STRUCTURES, "matrix": ("full",)} if own else STRUCTURES
    if matrix not in known:
        return [("matrix", f"there is no {matrix!r}{_meant(matrix, known)}")]
    wrong = []

    def refuse(key: str, why: str) -> None:
        wrong.append((key, why))

    if (structure := recipe.get("structure", "full")) not in known[matrix]:
        there_are = ", ".join(known[matrix])
        refuse("structure", f"{matrix} has no structure {structure!r}; there are: {there_are}")
    if (power := recipe.get("power", 1.0)) not in POWERS:
        refuse("power", f"is {power}; it must be 1 or 0.5")
    elif power != 1 and matrix == "hessian":
        refuse("power", "the Hessian may be indefinite, and has no root then; leave it out")
    elif power != 1 and matrix == "identity":
        refuse("power", "the identity is its own root; leave it out")
    for key in ("average", "momentum"):
        if not 0 <= recipe.get(key, 0.0) < 1:
            refuse(key, f"is {recipe[key]}; it must be at least 0 and less than 1")
    if recipe.get("average") and matrix == "identity":
        refuse("average", "the identity is its own average; leave it out")
    if (gradient := recipe.get("gradient", "mean")) not in ("mean", "scaled"):
        refuse("gradient", f"is {gradient!r}; it must be mean or scaled")
    elif gradient == "scaled" and matrix != "empirical_fisher":
        refuse("gradient", "scaled belongs to the matrix empirical_fisher")
    for key in ("samples", "seed"):
        if key in recipe and matrix != "sampled_fisher":
            refuse(key, "belongs to the matrix sampled_fisher, which alone is drawn")
    if recipe.get("samples", 1) < 1:
        refuse("samples", f"is {recipe['samples']}; it must be at least 1")
    return wrong


STANDARD: dict[str, Method] = {
    "GD": Method("GD"),
    "NGD": Method("NGD", "fisher"),
    "EFGD": Method("EFGD", "empirical_fisher"),
}
"""The methods of the paper, which may also be given by name."""


def named(method: Method | str) -> Method:
    """A method, or one of `STANDARD` by its name; a ``ValueError`` lists them if there is none."""
    if isinstance(method, Method):
        return method
    if method not in STANDARD:
        raise ValueError(
            f"no method {method!r}{_meant(str(method).upper(), STANDARD)}; there are "
            f"{', '.join(STANDARD)}, and others as a Method"
        )
    return STANDARD[method]


def _meant(name: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


State = Any
"""What a method carries on: None at the start, then averages, or what one's own code returns."""


def update(
    point: Point, method: Method, damping: Array | float, state: State, iteration: np.ndarray
) -> tuple[Array, State]:
    """The direction of a method at a point, shape ``(..., P)``, and its next state.

    Parameters
    ----------
    point
        A problem at ``θ``.
    method
        The recipe.
    damping
        ``λ``, of the point's leading shape; a method without a preconditioner has no use for it.
    state
        What the last call returned; None before the first.
    iteration
        Steps taken so far by each run, shape ``(...)``: the state of a run at 0 does not count. A
        direction of one's own is called with all runs in the same iteration, the largest of these.
    """
    if method.is_direction and method.python:
        generator = np.random.default_rng([method.seed, int(np.max(iteration))])
        return method.python(point, damping, state, generator, **method.options)
    gradient = point.gradient if method.gradient == "mean" else scaled_gradient(point)
    parts = form(point, method, iteration)
    totals, steepness = state or ((0.0,) * len(parts), 0.0)
    if method.average:
        followed = [
            moving_average(total, part, method.average, iteration)
            for total, part in zip(totals, parts, strict=True)
        ]
        totals, parts = tuple(zip(*followed, strict=True))
    if method.momentum:
        steepness, gradient = moving_average(steepness, gradient, method.momentum, iteration)
    if method.average or method.momentum:
        state = totals, steepness
    if not parts:
        return -gradient, state
    shift = np.asarray(damping + curvature_of_prior(point.problem, method))
    return -solve_parts(parts, method.structure, shift, gradient, method.power), state


def direction(point: Point, method: Method | str, damping: Array | float = 0.0) -> Array:
    """The direction ``d`` of a method's first step from a point, shape ``(..., P)``.

    NaN where it is undefined. The arguments are those of `update`, and a name of `STANDARD` is a
    method, too.
    """
    iteration = np.zeros(point.theta.shape[:-1], dtype=int)
    return update(point, named(method), damping, None, iteration)[0]


def directions(
    problem: Problem, method: Method | str, damping: Array | float = 0.0
) -> Callable[[Array], Array]:
    """`direction` as a function of ``θ``, which has the shape of its argument ``(..., P)``."""
    return lambda theta: direction(problem.at(theta), method, damping)


def form(point: Point, method: Method, iteration: np.ndarray) -> Parts:
    """The preconditioner of a method at a point; no parts if it has none."""
    if method.python:
        return (method.python(point, **method.options),)
    if method.matrix == "identity":
        return ()
    labels = None
    if method.matrix == "sampled_fisher":
        labels = drawn_labels(point, method.samples, method.seed, iteration)
    return preconditioner(point, method.matrix, method.structure, labels)


def curvature_of_prior(problem: Problem, method: Method) -> float:
    """What the prior adds to the diagonal of ``B``; the Hessian has it already."""
    return 0.0 if method.matrix == "hessian" else problem.prior_precision


def scaled_gradient(point: Point) -> Array:
    """``(1/N) Σ_n ‖∇_f ℓ_n‖² ∇ℓ_n`` and the prior's part of the gradient, shape ``(..., P)``."""
    problem, residuals = point.problem, point.residuals
    scaled = residuals * np.sum(residuals**2, axis=-1, keepdims=True)
    data = problem.model.pull_back(point.theta, scaled) / problem.size
    return data + problem.prior_precision * point.theta


def moving_average(
    total: Array | float, value: Array, decay: float, iteration: np.ndarray
) -> tuple[Array, Array]:
    """Adam's moving average ``β total + (1 − β) value``, and the same free of its bias.

    Parameters
    ----------
    total, value
        The average so far, and what comes to it, shape ``(..., …)``.
    decay
        ``β``.
    iteration
        How many values came before, shape ``(...)``; where none did, the total does not count.
    """
    steps = iteration.reshape(iteration.shape + (1,) * (value.ndim - iteration.ndim))
    total = decay * np.where(steps == 0, 0.0, total) + (1 - decay) * value
    return total, total / (1 - decay ** (steps + 1))


def natural_cosine(
    point: Point,
    own: Array,
    method: Method | str,
    damping: Array | float,
    runs: np.ndarray | EllipsisType = ...,
) -> Array:
    """Cosine, shape ``(...)``, of a method's direction and the natural gradient, with one damping.

    For a method without a preconditioner, which has no damping, the natural gradient is undamped,
    and the cosine NaN where the Fisher is not invertible, as that of softmax regression without a
    prior never is. It is NaN where the Fisher is too large to be formed, and where one of the
    directions is only rounding errors; see `rounding.is_resolved`. Where that is not known of a
    method's direction, the gradient must be more than rounding.

    Parameters
    ----------
    point
        A problem at ``θ``.
    own, method
        The method's direction, shape ``(..., P)``, and the method.
    damping
        ``λ``, of the point's leading shape.
    runs
        Which of a point's parameter vectors to take the cosine at; all by default.
    """
    method, own = named(method), own[runs]
    problem = point.problem
    if not (method.needs_matrices or problem.has_matrices):
        return np.full(own.shape[:-1], np.nan)
    fisher, gradient, prior = point.fisher[runs], point.gradient[runs], problem.prior_precision
    error = gradient_error(point, runs)
    damping = np.broadcast_to(damping if method.is_damped else 0.0, point.theta.shape[:-1])[runs]
    shift = damping + prior
    if method.is_plain and method.matrix in MATRICES:
        [matrix] = form(point, method, np.zeros(own.shape[:-1], dtype=int))
        added = damping + curvature_of_prior(problem, method)
        defined = is_resolved(own, matrix[runs], added, error)
    else:
        defined = np.linalg.norm(gradient, axis=-1) > np.linalg.norm(error, axis=-1)
    if not method.is_damped:
        defined &= is_invertible(fisher + prior * np.eye(problem.parameters))
    natural = -solve(fisher, shift, gradient)
    defined = defined & is_resolved(natural, fisher, shift, error)
    return np.where(defined, cosine(own, natural), np.nan)
