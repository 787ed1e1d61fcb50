r"""§4.1: two splits of the loss, ``a(b(θ))``, and what their GGNs leave out of the Hessian.

=========  =========================  ========================================  ================
split      ``a_n(b)``                 ``b_n(θ)``                                GGN
=========  =========================  ========================================  ================
canonical  ``−log p(y_n | b)``        ``f(x_n, θ)``                             Fisher
empirical  ``−log b``                 ``p(y_n | f(x_n, θ))``                    empirical Fisher
=========  =========================  ========================================  ================

The rest of the Hessian (Eq. 9) is weighted by the residual gradient ``∇_b a``, which Definition 1
wants to reach zero for some ``b``. As the paper's least-squares example does, ``b`` leaves out the
factor of a Gaussian's density that does not depend on ``f``, so that it is in (0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, thinned
from empirical_fisher.experiments.shared_problems import network_inputs, network_weights
from empirical_fisher.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood
from empirical_fisher.methods import directions
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.norms import spectral
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import iterates


def experiment(
    residual_gradients: Mapping[str, Any], training: Mapping[str, Any]
) -> dict[str, pd.DataFrame]:
    """``residuals`` and ``memorised``: what `gradients` and `memorise` tabulate.

    Parameters
    ----------
    residual_gradients, training
        Their arguments.
    """
    return {"residuals": gradients(**residual_gradients), "memorised": memorise(**training)}


def gradients(reach: float, count: int, classes: int) -> pd.DataFrame:
    """Sizes of both residual gradients of one example as its prediction moves.

    The example has ``y = 0`` for the Gaussian and the label whose natural parameter moves for the
    others; the other classes' natural parameters are zero.

    Parameters
    ----------
    reach, count
        The natural parameter goes from ``−reach`` to ``reach`` at ``count`` evenly spaced values.
    classes
        Of the categorical.

    Returns
    -------
    pandas.DataFrame
        ``likelihood, f, probability, canonical, empirical``: ``b``, ``‖∇_f(−log p)‖₁`` as in
        Proposition 2, and ``|∇_b(−log b)| = 1 / b``.
    """
    f = np.linspace(-reach, reach, count)
    examples: dict[str, tuple[Likelihood, float]] = {
        "Gaussian": (Gaussian(), 0.0),
        "Bernoulli": (Bernoulli(), 1.0),
        "categorical": (Categorical(classes), 0.0),
    }
    tables = {}
    for name, (likelihood, label) in examples.items():
        moving = f[:, None] * np.eye(likelihood.outputs)[0]
        y = np.full(count, label)
        probability = np.exp(-likelihood.nll(moving, y))
        columns = {
            "f": f,
            "probability": probability,
            "canonical": np.sum(np.abs(likelihood.residual(moving, y)), axis=-1),
            "empirical": 1 / probability,
        }
        tables[name] = pd.DataFrame(columns)
    return stacked(tables, "likelihood")


def along(problem: Problem, path: Array, iterations: np.ndarray) -> pd.DataFrame:
    """Both GGNs and what they leave out of the Hessian, along the paths of several descents.

    Parameters
    ----------
    problem
        Without prior.
    path
        Iterates ``(T, K, P)`` of ``K`` starts.
    iterations
        Their numbers, shape ``(T,)``.

    Returns
    -------
    pandas.DataFrame
        ``start, iteration, loss, residual, hessian, fisher, empirical_fisher, fisher_remainder,
        empirical_fisher_remainder``: the mean of ``‖∇_f ℓ_n‖₁``, then spectral norms of averages
        over the examples; a remainder is the Hessian less that matrix.
    """
    point = problem.at(path)
    columns: Mapping[str, Array] = {
        "loss": point.loss,
        "residual": np.sum(np.abs(point.residuals), axis=(-1, -2)) / problem.size,
        "hessian": spectral(point.hessian),
        "fisher": spectral(point.fisher),
        "empirical_fisher": spectral(point.empirical_fisher),
        "fisher_remainder": spectral(point.hessian - point.fisher),
        "empirical_fisher_remainder": spectral(point.hessian - point.empirical_fisher),
    }
    starts = path.shape[1]
    table = pd.DataFrame({name: values.T.ravel() for name, values in columns.items()})
    table.insert(0, "start", np.repeat(np.arange(starts), len(iterations)))
    table.insert(1, "iteration", np.tile(iterations, starts))
    return table


def memorise(
    *,
    seed: int,
    examples: int,
    features: int,
    hidden: int,
    starts: int,
    kept: int,
    problems: Mapping[str, Mapping[str, Any]],
) -> pd.DataFrame:
    """Memorise random targets by damped natural gradient descent with unit steps.

    Of the iterates of each descent about ``kept`` are returned, the first and the last among
    them, denser at the beginning.

    Parameters
    ----------
    seed, examples, features, hidden, starts, kept
        Of each problem.
    problems
        ``regression`` (Gaussian) and ``classification`` (Bernoulli), each with ``damping`` and
        ``iterations``.

    Returns
    -------
    pandas.DataFrame
        ``problem``, then the columns of `along`.
    """
    generator = np.random.default_rng(seed)
    likelihoods: dict[str, Likelihood] = {"regression": Gaussian(), "classification": Bernoulli()}
    tables = {}
    for name, schedule in problems.items():
        likelihood = likelihoods[name]
        model = TanhNetwork(
            network_inputs(generator, examples, features), hidden, likelihood.outputs
        )
        nothing = np.zeros((examples, likelihood.outputs))
        targets = likelihood.sample(nothing, generator)
        problem = Problem(likelihood, model, targets)
        start = np.stack([network_weights(generator, model) for _ in range(starts)])
        towards = directions(problem, "NGD", schedule["damping"])
        path = iterates(start, towards, 1.0, schedule["iterations"])
        shown = thinned(len(path) - 1, kept)
        tables[name] = along(problem, path[shown], shown)
    return stacked(tables, "problem")
