r"""Appendix B and §6: the Fisher by one sample of every example's prediction.

The expectation over ``y`` in the Fisher is replaced by one draw ``ỹ_n ~ p(y | f(x_n, θ))`` for each
example,

``F̂ = (1/N) Σ_n ∇ℓ(f_n, ỹ_n) ∇ℓ(f_n, ỹ_n)ᵀ``,   ``E[F̂] = F``,

which is the empirical Fisher with the model's labels in place of the data's.
"""

from __future__ import annotations

from empirical_fisher.arrays import Array
from empirical_fisher.problems import Point


def sampled_fisher(point: Point, targets: Array) -> Array:
    """The one-sample Fisher for drawn labels ``ỹ``, shape ``(..., P, P)``.

    Parameters
    ----------
    point
        A problem at ``θ``.
    targets
        As drawn by `likelihoods.Likelihood.sample` at the point's predictions, shape ``(..., N)``.

    Raises
    ------
    problems.TooManyParametersError
        As for the other matrices of a `problems.Point`.
    """
    residuals = point.problem.likelihood.residual(point.predictions, targets)
    return point.gram(residuals[..., :, None] * residuals[..., None, :])
