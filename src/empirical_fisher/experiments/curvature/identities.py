r"""Equalities between matrices that the paper states: Proposition 1, Eqs. 4, 9, 11 and 14, §3.1.

Each is measured as a difference between two calculations that share as little as possible,
relative to the spectral norm of the GGN:

===============================  ==========================================================
``fisher_from_ggn``              ``J_nᵀ Λ_n J_n`` with the Fisher of ``f``, against the GGN
                                 (Proposition 1)
``scores_from_ggn``              ``Σ_y p(y | f_n) ∇_θ ℓ ∇_θ ℓᵀ`` from the gradients for every
                                 ``y``, against the GGN
``hessians_from_fisher``         ``Σ_y p(y | f_n) ∇²_θ ℓ`` from the Hessians for every ``y``,
                                 against the Fisher (Eq. 4)
``split_from_empirical_fisher``  the GGN of the split ``a(b) = −log b``,
                                 ``b_n(θ) = p(y_n | f(x_n, θ))``, from a numerical Jacobian,
                                 against the empirical Fisher (Eq. 14, footnote 3)
``divergence_from_fisher``       the Hessian, by differences, of the mean divergence of Kullback
                                 and Leibler from the model at ``θ``, against the Fisher (§3.1)
``hessian_from_canonical``       the Hessian, by differences of the gradient, against the GGN and
                                 the rest of Eq. 9, for the split of Eq. 12
``hessian_from_empirical``       the same for the split of Eq. 14, with the Hessians of
                                 ``b_n(θ)`` by differences
===============================  ==========================================================

Three more columns are no equalities. ``empirical_fisher_from_fisher``, the empirical Fisher against
the Fisher, shows how large a difference looks; ``ggn_lowest`` and ``hessian_lowest`` are the lowest
eigenvalues, relative to the largest absolute value of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import network_inputs
from empirical_fisher.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from empirical_fisher.models import LinearModel, Model
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.problems import Point, Problem

STENCIL = {-2: 1 / 12, -1: -2 / 3, 1: 2 / 3, 2: -1 / 12}  #: of a derivative, to fourth order
SPACING = 3e-4  #: where the stencil's error, of order h⁴, meets that of rounding, of order ε / h


def experiment(
    *, seed: int, draws: int, examples: int, features: int, hidden: int, classes: int
) -> pd.DataFrame:
    """Draw the problems and parameters, and measure; see `table`.

    Parameters
    ----------
    seed
        Of everything drawn.
    draws
        How many ``θ`` for each problem.
    examples, features
        ``N``, and the number of features beside the column of ones.
    hidden, classes
        Hidden units of the networks, and classes of the categorical likelihood.
    """
    generator = np.random.default_rng(seed)
    cases = problems(
        generator, examples=examples, features=features, hidden=hidden, classes=classes
    )
    return table(cases, generator, draws)


def problems(
    generator: np.random.Generator, *, examples: int, features: int, hidden: int, classes: int
) -> dict[tuple[str, str], Problem]:
    """A problem for each likelihood and model, by their names, with random targets."""
    likelihoods = {
        "Gaussian": Gaussian(),
        "Bernoulli": Bernoulli(),
        "categorical": Categorical(classes),
    }
    made = {}
    for name, likelihood in likelihoods.items():
        design = network_inputs(generator, examples, features)
        f = np.zeros((examples, likelihood.outputs))
        targets = likelihood.sample(f, generator)
        models: dict[str, Model] = {
            "linear": LinearModel(design, likelihood.outputs),
            "network": TanhNetwork(design, hidden, likelihood.outputs),
        }
        for kind, model in models.items():
            made[name, kind] = Problem(likelihood, model, targets)
    return made


def outcomes(likelihood: Likelihood, f: Array) -> Iterator[tuple[Array, Array]]:
    """Probabilities and values of ``y`` whose weighted sum is the expectation under ``p(y | f_n)``.

    For the Gaussian these are the three nodes of Gauss and Hermite's rule, which is exact for
    polynomials in ``y`` up to the fifth degree; the expectations needed are of the second.

    Parameters
    ----------
    likelihood, f
        ``p(y | f)`` and natural parameters, shape ``(N, M)``.

    Yields
    ------
    Two arrays of shape ``(N,)``.
    """
    if isinstance(likelihood, Gaussian):
        nodes, shares = np.polynomial.hermite_e.hermegauss(3)
        for node, share in zip(nodes, shares / np.sum(shares), strict=True):
            yield np.full(len(f), share), f[:, 0] + node
        return
    p = likelihood.mean(f)
    p = p if isinstance(likelihood, Categorical) else np.concatenate([1 - p, p], axis=-1)
    for label in range(p.shape[-1]):
        yield p[:, label], np.full(len(f), float(label))


def fisher_from_scores(point: Point) -> Array:
    """The Fisher as in Eq. 2, shape ``(P, P)``, from every example's gradient for every ``y``."""
    problem = point.problem
    total = np.zeros((problem.parameters, problem.parameters))
    for p, y in outcomes(problem.likelihood, point.predictions):
        scores = Problem(problem.likelihood, problem.model, y).at(point.theta).example_gradients
        total += (scores * p[:, None]).T @ scores
    return total / problem.size


def fisher_from_hessians(point: Point) -> Array:
    """The Fisher as in Eq. 4, shape ``(P, P)``, from the Hessians in ``θ`` for every ``y``."""
    likelihood, model = point.problem.likelihood, point.problem.model
    total = np.zeros((point.problem.parameters, point.problem.parameters))
    for p, y in outcomes(likelihood, point.predictions):
        weights = p[:, None, None] * likelihood.hessian(point.predictions)
        residuals = p[:, None] * likelihood.residual(point.predictions, y)
        total += model.gram(point.theta, weights) + model.curvature(point.theta, residuals)
    return total / point.problem.size


def split_ggn(point: Point) -> Array:
    """GGN (Eq. 10) of the split of Eq. 14, with differences for the Jacobian of ``b_n(θ)``.

    The matrix has shape ``(P, P)``. ``b_n`` is ``exp(−ℓ_n)``; the factor that the library leaves
    out of a Gaussian's density would cancel against ``∇²a = 1 / b²``.
    """
    shifts = SPACING * np.eye(point.problem.parameters)
    jacobian = sum(
        share / SPACING * np.exp(-point.problem.at(point.theta + step * shifts).losses)
        for step, share in STENCIL.items()
    )
    scaled = jacobian / np.exp(-point.losses)
    return scaled @ scaled.T / point.problem.size


def differences(gradient: Callable[[Array], Array], theta: Array) -> Array:
    """Symmetric Jacobian of a gradient at ``θ`` ``(P,)``, by differences, shape ``(P, P)``."""
    shifts = SPACING * np.eye(len(theta))
    jacobian = np.zeros_like(shifts)
    for step, share in STENCIL.items():
        jacobian += share / SPACING * gradient(theta + step * shifts)
    return (jacobian + jacobian.T) / 2


def loss_hessian(point: Point) -> Array:
    """``∇²L(θ)`` by differences of the gradient, shape ``(P, P)``."""
    return differences(lambda theta: point.problem.at(theta).gradient, point.theta)


def divergence_hessian(point: Point) -> Array:
    """``∇²_θ' (1/N) Σ_n KL(p(y | f(x_n, θ)) ‖ p(y | f(x_n, θ')))`` at ``θ' = θ``, ``(P, P)``.

    The gradient in ``θ'`` is the mean over ``y`` drawn at ``θ`` of that of ``ℓ`` at ``θ'``.
    """
    problem = point.problem
    drawn = list(outcomes(problem.likelihood, point.predictions))

    def gradient(theta: Array) -> Array:
        f = problem.model.predict(theta)
        mean = np.zeros_like(f)
        for p, y in drawn:
            mean += p[:, None] * problem.likelihood.residual(f, y)
        return problem.model.pull_back(theta, mean) / problem.size

    return differences(gradient, point.theta)


def empirical_remainder(point: Point) -> Array:
    """What Eq. 9 adds to the empirical Fisher: ``(1/N) Σ_n −∇²b_n / b_n``, shape ``(P, P)``."""
    problem = point.problem

    def gradient(theta: Array) -> Array:
        there = problem.at(theta)
        ratios = np.exp(point.losses - there.losses)
        return problem.model.pull_back(theta, ratios[..., None] * there.residuals) / problem.size

    return differences(gradient, point.theta)


def lowest(matrix: Array) -> float:
    """Lowest eigenvalue of a symmetric matrix over the largest absolute value of one."""
    eigenvalues = np.linalg.eigvalsh(matrix)
    return float(eigenvalues[0] / np.abs(eigenvalues).max())


def table(
    problems: Mapping[tuple[str, str], Problem], generator: np.random.Generator, draws: int
) -> pd.DataFrame:
    """Measure every equality at standard normal ``θ``: ``draws`` rows per problem.

    Returns
    -------
    pandas.DataFrame
        ``likelihood, model, draw`` and the columns of the module's docstring.
    """
    rows = []
    for (likelihood, model), problem in problems.items():
        for draw in range(draws):
            point = problem.at(generator.standard_normal(problem.parameters))
            by_differences = loss_hessian(point)
            gaps = {
                "fisher_from_ggn": point.fisher - point.ggn,
                "scores_from_ggn": fisher_from_scores(point) - point.ggn,
                "hessians_from_fisher": fisher_from_hessians(point) - point.fisher,
                "split_from_empirical_fisher": split_ggn(point) - point.empirical_fisher,
                "divergence_from_fisher": divergence_hessian(point) - point.fisher,
                "hessian_from_canonical": by_differences - point.hessian,
                "hessian_from_empirical": (
                    point.empirical_fisher + empirical_remainder(point) - by_differences
                ),
                "empirical_fisher_from_fisher": point.empirical_fisher - point.fisher,
            }
            scale = np.linalg.norm(point.ggn, 2)
            relative = {name: np.linalg.norm(gap, 2) / scale for name, gap in gaps.items()}
            ends = {"ggn_lowest": lowest(point.ggn), "hessian_lowest": lowest(point.hessian)}
            rows.append(
                {"likelihood": likelihood, "model": model, "draw": draw, **relative, **ends}
            )
    return pd.DataFrame(rows)
