r"""The note: the update with the empirical Fisher as the answer to a constrained problem.

With ``Δℓ_n = ℓ_n(θ + Δ) − ℓ_n(θ)`` the note asks for

``min L(θ + Δ)  subject to  mean_n (Δℓ_n)² = c``.

To first order ``Δℓ_n = g_nᵀ Δ``, so that the constraint is ``Δᵀ C Δ = c`` with the empirical Fisher
``C``; with the objective ``L(θ) + gᵀ Δ`` the conditions of Karush, Kuhn and Tucker are

``g + 2 μ C Δ = 0``  and  ``Δᵀ C Δ = c``,

and for an invertible ``C`` the minimum is ``Δ = −η C⁻¹ g`` with ``η = 1 / (2 μ) = √(c / gᵀC⁻¹g)``.
The gradient is that of the data alone throughout, as in the note: no prior.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import brentq, minimize

from empirical_fisher.arrays import Array
from empirical_fisher.methods import direction
from empirical_fisher.norms import cosine
from empirical_fisher.problems import MinimizerNotFoundError, Point, Problem

#: Of the objective, which is of order one. Where rounding keeps the solver from the first, it is
#: asked for the second, still far below the differences that are looked for.
PRECISIONS = (1e-14, 1e-12)


class StepNotFoundError(MinimizerNotFoundError):
    """No step meets the constraint, or the general solver found none."""

    def __init__(self, change: float, reason: str) -> None:
        super().__init__(
            f"no constrained step found for c = {change:.1e} ({reason}); narrow note.changes, or "
            "give note another seed"
        )


def update(point: Point, method: str, damping: Array | float, change: float) -> Array:
    """The step of a method, scaled to ``Δᵀ C Δ = c``, shape ``(..., P)``.

    Parameters
    ----------
    point, method, damping
        As for `methods.direction`.
    change
        ``c``, the mean square that the changes of the examples' losses are to have.
    """
    aim = direction(point, method, damping)
    slopes = np.einsum("...np,...p->...n", point.example_gradients, aim)
    return np.sqrt(change / np.mean(slopes**2, axis=-1))[..., None] * aim


def stationarity(point: Point, step: Array) -> Array:
    """``min over μ of ‖g + 2 μ C Δ‖ / ‖g‖``: zero where the conditions hold, shape ``(...)``.

    The minimum is the sine of the angle between ``g`` and ``C Δ``, taken from their difference as
    unit vectors so that it is right when it is small.
    """
    pull = np.einsum("...ij,...j->...i", point.empirical_fisher, step)
    unit = [each / np.linalg.norm(each, axis=-1, keepdims=True) for each in (point.gradient, -pull)]
    along = np.sum(unit[0] * unit[1], axis=-1, keepdims=True)
    return np.linalg.norm(unit[0] - along * unit[1], axis=-1)


def conditions(problem: Problem, theta: Array, dampings: Array, change: float) -> pd.DataFrame:
    """Check the conditions for the update at ``θ``, shape ``(P,)``; one row per damping.

    Returns
    -------
    pandas.DataFrame
        ``damping, stationarity, constraint, length``; the third is ``|Δᵀ C Δ − c| / c``, and the
        last ``ε ‖(C + ε I)⁻¹ g‖ / ‖g‖``.
    """
    point = problem.at(np.tile(theta, (len(dampings), 1)))
    step = update(point, "EFGD", dampings, change)
    reached = np.einsum("...i,...ij,...j->...", step, point.empirical_fisher, step)
    return pd.DataFrame(
        {
            "damping": dampings,
            "stationarity": stationarity(point, step),
            "constraint": np.abs(reached - change) / change,
            "length": dampings
            * np.linalg.norm(direction(point, "EFGD", dampings), axis=-1)
            / np.linalg.norm(point.gradient, axis=-1),
        }
    )


def general_solution(problem: Problem, theta: Array, change: float) -> Array:
    """Solve the problem as it stands, without any expansion, by SciPy's SLSQP, shape ``(P,)``.

    The solver starts from the scaled negative gradient and works in units of ``√c``, in which step,
    objective and constraint are of order one.

    Raises
    ------
    StepNotFoundError
        If it does not converge.
    """
    unit = np.sqrt(change)
    here = problem.at(theta)

    def changes(scaled: Array) -> tuple[Point, Array]:
        point = problem.at(theta + unit * scaled)
        return point, (point.losses - here.losses) / unit

    def objective(scaled: Array) -> tuple[float, Array]:
        point, change = changes(scaled)
        return float(np.mean(change)), point.gradient

    def gap(scaled: Array) -> float:
        return float(np.mean(changes(scaled)[1] ** 2)) - 1

    def gap_gradient(scaled: Array) -> Array:
        point, change = changes(scaled)
        return 2 * change @ point.example_gradients / problem.size

    for precision in PRECISIONS:
        found = minimize(
            objective,
            update(here, "GD", 0.0, change) / unit,
            jac=True,
            method="SLSQP",
            constraints={"type": "eq", "fun": gap, "jac": gap_gradient},
            options={"ftol": precision, "maxiter": 1000},
        )
        if found.success:
            break
    if not found.success:
        raise StepNotFoundError(change, found.message)
    return unit * found.x


def feasible(problem: Problem, theta: Array, step: Array, change: float) -> Array:
    """Stretch a step until ``mean_n (Δℓ_n)² = c`` holds exactly, shape ``(P,)``.

    Raises
    ------
    StepNotFoundError
        If it would have to be more than ten times as long.
    """
    losses = problem.at(theta).losses

    def gap(factor: float) -> float:
        return float(np.mean((problem.at(theta + factor * step).losses - losses) ** 2)) / change - 1

    if not gap(10.0) > 0:
        raise StepNotFoundError(change, "the update falls short of it, stretched tenfold")
    return float(brentq(gap, 0.0, 10.0, xtol=1e-15, rtol=1e-15)) * step


def comparison(problem: Problem, theta: Array, changes: Array) -> pd.DataFrame:
    """The undamped update at ``θ``, ``(P,)``, and the general solver's step; one row per ``c``.

    Returns
    -------
    pandas.DataFrame
        ``change, angle, shortfall``: the angle between the two steps in radians, and the share of
        the solver's decrease of the loss that the update misses once it is stretched to meet the
        constraint exactly.
    """
    here = problem.at(theta)
    rows = []
    for change in changes:
        own = update(here, "EFGD", 0.0, change)
        best = general_solution(problem, theta, change)
        steps = theta + np.stack([feasible(problem, theta, own, change), best])
        decrease = np.mean(here.losses - problem.at(steps).losses, axis=-1)
        rows.append(
            {
                "change": change,
                "angle": _angle(own, best),
                "shortfall": (decrease[1] - decrease[0]) / decrease[1],
            }
        )
    return pd.DataFrame(rows)


def _angle(a: Array, b: Array) -> float:
    """Angle between two vectors; by the chord, which is precise for small angles."""
    if cosine(a, b) < 0:
        return float(np.pi - _angle(-a, b))
    chord = a / np.linalg.norm(a) - b / np.linalg.norm(b)
    return float(2 * np.arcsin(np.linalg.norm(chord) / 2))
