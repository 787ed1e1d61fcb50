r"""The indicator of Wu et al. (2024) for the quality of an update ``Δ``.

``γ(Δ) = √(Δᵀ F Δ) / |Δᵀ ∇L|`` does not depend on the length of ``Δ``. By Cauchy and Schwarz's
inequality ``|Δᵀ∇L| = |(F^½ Δ)ᵀ (F^(+½) ∇L)| ≤ √(ΔᵀFΔ) √(∇LᵀF⁺∇L)``, with equality for the
natural gradient ``F⁺∇L`` and its multiples: there it has its least value, ``1/√(∇LᵀF⁺∇L)``.
Relative to that it is one over the cosine of the angle to the natural gradient, measured by the
Fisher.
"""

from __future__ import annotations

import numpy as np

from empirical_fisher.arrays import Array
from empirical_fisher.linear_systems import pseudo_solve
from empirical_fisher.problems import Point
from empirical_fisher.rounding import gradient_error


def indicator(point: Point, update: Array) -> float:
    """``γ(Δ)`` of an update ``(P,)`` at one ``θ``; infinite for one that is level."""
    length = np.sqrt(max(float(update @ point.fisher @ update), 0.0))
    with np.errstate(divide="ignore"):
        return float(length / np.abs(update @ point.gradient))


def least_indicator(point: Point) -> float:
    """The least value of `indicator` at one ``θ``, ``1/√(∇LᵀF⁺∇L)``."""
    return float(1 / np.sqrt(point.gradient @ pseudo_solve(point.fisher, point.gradient)))


def is_resolved(point: Point) -> bool:
    """Whether the gradient at one ``θ`` is more than rounding errors."""
    return bool(np.linalg.norm(point.gradient) > np.linalg.norm(gradient_error(point)))
