r"""The descent loop: ``θ ← θ + γ d`` with the direction ``d`` of a method, for many runs at once.

``γ`` is the step size; see `methods` for the directions and the damping ``λ``.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .arrays import Array
from .decrements import (
    ABSOLUTE,
    RELATIVE,
    Allowance,
    allowance,
    greatest_decrement,
    is_convex,
    proof,
)
from .methods import Method, State, named, natural_cosine, update
from .problems import Point, Problem

Bound = Callable[[Point, Array, Array, Array], Array]
"""``(point, step_size, damping, steps to go) -> lower bound on the final loss``, broadcasting."""


def iterates(
    start: Array, towards: Callable[[Array], Array], step_size: Array | float, iterations: int
) -> Array:
    """All iterates ``θ₀, …, θ_T`` of ``θ ← θ + γ d(θ)``, not finite once a descent has diverged.

    Parameters
    ----------
    start
        ``θ₀``, shape ``(..., P)``: one descent for each of the leading axes.
    towards
        The direction ``d``, called once at each iterate but the last; its value has the shape of
        its argument.
    step_size
        ``γ``, shape ``(...)``, or one for all.
    iterations
        The number ``T`` of steps.

    Returns
    -------
    (T + 1, ..., P) array
    """
    path = [np.asarray(start, dtype=float)]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(iterations):
            path.append(path[-1] + np.expand_dims(step_size, -1) * towards(path[-1]))
    return np.stack(path)


KEEP = 0.01  #: a run goes on while it may end within this of the best, relatively
SLOTS = 32  #: runs side by side, enough to fill a matrix product, few enough to stay in cache
ENTRIES = 2**22  #: and fewer where they would have more predictions than this to keep in memory


@dataclass(frozen=True)
class Descent:
    """What `descend` records of ``K`` runs.

    Attributes
    ----------
    status
        ``finished``, ``diverged``, ``failed`` or ``pruned`` for each run, shape ``(K,)``.
    iterations
        Steps taken by each run, shape ``(K,)``.
    bound
        Lower bound on the final loss of each pruned run, NaN for the others, shape ``(K,)``.
    loss
        At every iterate from ``θ₀`` on, shape ``(T + 1, K)``; NaN once a run has stopped.
    gradient_norm
        The same of the gradient's length.
    step_norm
        Length of the step taken from each iterate; NaN at the last one.
    cosine
        See `natural_cosine`; all NaN unless asked for.
    theta
        The last ``θ`` of each run, shape ``(K, P)``: that of its last loss.
    """

    status: np.ndarray
    iterations: np.ndarray
    bound: Array
    loss: Array
    gradient_norm: Array
    step_norm: Array
    cosine: Array
    theta: Array


def descend(
    problem: Problem,
    method: Method | str,
    step_size: Array | float,
    damping: Array | float | None = None,
    iterations: int = 100,
    *,
    initial: Array | None = None,
    divergence_factor: float = 100.0,
    with_cosine: bool = False,
    lower_bound: Bound | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Descent:
    """Run ``K`` descents, each with its own step size and damping.

    The runs share a number of slots that depends on the problem alone; when a run ends, the next
    one takes its slot, and a slot without a run repeats ``θ₀``. So every evaluation has the same
    shape, and the rounding errors of a run do not depend on the other runs: alone or in a grid, it
    gives the same numbers to the last bit. (Runs of a direction of one's own start together, as
    many as there are slots, so that its state and its generator are of one iteration.)

    Parameters
    ----------
    problem, method
        What to minimise, and how: a `Method`, or the name of a standard one, as ``"NGD"``.
    step_size, damping
        ``γ`` and ``λ`` of each run, shape ``(K,)``, or one number for all; a method without a
        preconditioner does not read the dampings.
    iterations
        Number ``T`` of steps.
    initial
        ``θ₀``, shape ``(P,)``; the problem's ``start`` by default, which is zero unless it says.
    divergence_factor
        A run stops as ``diverged`` at the first iterate whose loss exceeds this many times the loss
        at ``θ₀`` or is infinite. It stops as ``failed`` where its loss or step is not a number, or
        where a step contradicts what `decrements` proves of the method.
    with_cosine
        Record the cosine to the natural gradient, which costs another linear system a step.
    lower_bound
        One of `bounds`. A run stops as ``pruned`` once this bound on its final loss exceeds the
        lowest final loss of any run so far by a relative `KEEP`.
    progress
        Called after each step of the runs side by side, with the number of runs that have ended and
        of the steps that all have taken.

    Raises
    ------
    ValueError
        If there is no such method, or an argument has not the shape or the range that it needs.
    """
    method = named(method)
    step_size, damping = _cells(method, step_size, damping)
    iterations = _whole(iterations)
    start = _start(problem, initial)
    if not divergence_factor > 0:
        raise ValueError(f"divergence_factor is {divergence_factor}; it must be positive")
    runs = len(step_size)
    origin = problem.at(start)
    with np.errstate(over="ignore", invalid="ignore"):
        limit = divergence_factor * origin.loss
    status = np.full(runs, "", dtype="<U8")
    steps = np.zeros(runs, dtype=int)
    loss, gradient_norm, step_norm, cosines = np.full((4, iterations + 1, runs), np.nan)
    final = np.tile(start, (runs, 1))
    bound = np.full(runs, -np.inf)  # the latest of each run
    if lower_bound and not start.any():  # where its predictions have no rounding
        bound[:] = lower_bound(origin, step_size, damping, np.full(runs, iterations))

    slots = int(np.clip(ENTRIES // (problem.size * problem.model.width), 1, SLOTS))
    theta = np.tile(start, (slots, 1))
    run = np.full(slots, -1)  # which run a slot holds, −1 for none
    iteration = np.zeros(slots, dtype=int)
    state: State = None
    waiting = np.arange(runs)
    lowest = np.inf
    convex, known = is_convex(problem), proof(problem, method)
    allowed: Allowance | None = None  # to the steps that led here
    while len(waiting) or np.any(run >= 0):
        too_high = lowest + KEEP * abs(lowest)
        free = np.flatnonzero(run < 0)
        if len(free) == slots:
            state = None
        if len(free) == slots or (len(free) and not method.is_direction):
            hopeless = bound[waiting] > too_high
            status[waiting[hopeless]] = "pruned"
            waiting = waiting[~hopeless]
            entering, waiting = waiting[: len(free)], waiting[len(free) :]
            run[free[: len(entering)]] = entering
            iteration[free] = 0
        theta[free] = start
        held = np.flatnonzero(run >= 0)
        gamma = step_size[run]

        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            point = problem.at(theta)
            aim, state = update(point, method, damping[run], state, iteration)
            step = gamma[:, None] * aim
            greatest = greatest_decrement(point, known, damping[run])
            decrement = -np.einsum("kp,kp->k", point.gradient, aim)
            defined = np.isfinite(step).all(axis=-1)
            defined &= ~(decrement > (1 + RELATIVE) * greatest)
            broken = np.isnan(point.loss)
            if allowed:
                broken |= (iteration > 0) & allowed.is_broken(point)
            if convex:
                slack = (RELATIVE * point.loss + ABSOLUTE * origin.loss) / (4 * (iterations + 1))
                allowed = allowance(point, known, gamma, damping[run], greatest, slack)
            now = iteration[held], run[held]
            loss[now] = point.loss[held]
            gradient_norm[now] = np.linalg.norm(point.gradient, axis=-1)[held]
            length = np.linalg.norm(step, axis=-1)
            if with_cosine:
                cosines[now] = natural_cosine(point, aim, method, damping[run], held)
            if lower_bound:
                latest = lower_bound(point, gamma, damping[run], iterations - iteration)
                bound[run[held]] = latest[held]

        outcome = np.select(
            [
                broken,
                (point.loss > limit) | np.isinf(point.loss),
                iteration == iterations,
                ~defined,
                bound[run] > too_high,
            ],
            ["failed", "diverged", "finished", "failed", "pruned"],
            default="",
        )
        status[run[held]] = outcome[held]
        steps[run[held]] = iteration[held]
        finished = held[outcome[held] == "finished"]
        lowest = min([lowest, *point.loss[finished]])
        goes_on = outcome[held] == ""
        moving, resting = held[goes_on], held[~goes_on]
        final[run[resting]] = theta[resting]
        step_norm[iteration[moving], run[moving]] = length[moving]
        theta[moving] += step[moving]
        iteration[moving] += 1
        run[resting] = -1
        if progress:
            progress(runs - len(waiting) - len(moving), int(steps.sum()) + len(moving))
    bound[status != "pruned"] = np.nan
    return Descent(status, steps, bound, loss, gradient_norm, step_norm, cosines, final)


def _cells(
    method: Method, step_size: Array | float, damping: Array | float | None
) -> tuple[Array, Array]:
    """``γ`` and ``λ`` of each run, as arrays of one shape ``(K,)``."""
    if damping is None:
        if method.is_damped:
            raise ValueError(f"{method.name} needs a damping; give 0.0 for none")
        damping = np.nan
    gamma, lam = np.atleast_1d(np.asarray(step_size, float), np.asarray(damping, float))
    if gamma.ndim > 1 or lam.ndim > 1 or len({len(gamma), len(lam)} - {1}) > 1:
        raise ValueError(
            "step_size and damping must be numbers, or vectors of one length, a value for each "
            f"run; their shapes are {np.shape(step_size)} and {np.shape(damping)}"
        )
    gamma, lam = np.broadcast_arrays(gamma, lam)
    # NaN, as of the best cell where no cell finished, is a run that fails at once.
    if np.any((gamma < 0) | np.isinf(gamma)):
        raise ValueError("every step_size must be finite and not negative")
    if method.is_damped and np.any((lam < 0) | np.isinf(lam)):
        raise ValueError(f"every damping of {method.name} must be finite and not negative")
    return gamma, lam


def _whole(iterations: int) -> int:
    """The number of steps, if it is a whole number."""
    try:
        count = operator.index(iterations)
    except TypeError:
        count = -1
    if count < 0:
        raise ValueError(f"iterations is {iterations!r}; it must be a whole number from 0 on")
    return count


def _start(problem: Problem, initial: Array | None) -> Array:
    """``θ₀``, shape ``(P,)``."""
    if initial is None:
        return problem.start
    start = np.asarray(initial, float)
    if start.shape != (problem.parameters,):
        raise ValueError(
            f"initial has the shape {start.shape}; this problem has {problem.parameters} "
            f"parameters, so that it must be ({problem.parameters},)"
        )
    if not np.all(np.isfinite(start)):
        raise ValueError("initial must be finite")
    return start
