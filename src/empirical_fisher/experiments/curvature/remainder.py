r"""Proposition 2: what the GGN leaves out of the Hessian, against its bound, in the paper's sums.

The remainder is ``∇²L − G = Σ_n Σ_m [∇_f ℓ_n]_m ∇² f_n^(m)``. By the triangle inequality
``‖∇²L − G‖₂ ≤ Σ_n Σ_m |[∇_f ℓ_n]_m| ‖∇² f_n^(m)‖₂ ≤ r(θ) β`` with
``r(θ) = Σ_n ‖∇_f ℓ_n‖₁``, and that is the proposition without the square of Eq. 13. With the
square it can't hold for all problems: to count every example ``k`` times multiplies the left side
by ``k²`` and the right one by ``k``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.experiments.shared_problems import network_inputs, network_weights
from empirical_fisher.likelihoods import Categorical, Gaussian
from empirical_fisher.methods import directions
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.norms import spectral
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem
from empirical_fisher.solvers import iterates


def experiment(settings: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """`trained` with several seeds, the tables of the first and the `summary` of all.

    Parameters
    ----------
    settings
        The section ``curvature.remainder`` of the configuration: the arguments of `trained`, and
        ``trials``, how many seeds there are: ``seed, seed + 1, …``.

    Returns
    -------
    Three tables: ``training`` and ``repeated`` of the first seed, and ``trials``, the summaries
    under ``seed``.
    """
    given = dict(settings)
    first, trials = given.pop("seed"), given.pop("trials")
    runs = {seed: trained(seed=seed, **given) for seed in range(first, first + trials)}
    summaries = {seed: summary(**run) for seed, run in runs.items()}
    return {**runs[first], "trials": stacked(summaries, "seed")}


def summary(training: pd.DataFrame, repeated: pd.DataFrame) -> pd.DataFrame:
    """What the claims ask of one seed's tables, one row per problem.

    Returns
    -------
    pandas.DataFrame
        ``problem, correlation, linear, squared``: the rank correlation of ``‖∇²L − G‖`` and ``r``
        along the training, and the largest ratio of ``‖∇²L − G‖`` and of its square to ``r β``.
    """
    rows = []
    for name, path in training.groupby("problem", sort=False):
        both = pd.concat([path, repeated[repeated["problem"] == name]])
        bound = both["residual"] * both["smoothness"]
        rows.append(
            {
                "problem": name,
                "correlation": path["remainder"].corr(path["residual"], method="spearman"),
                "linear": (both["remainder"] / bound).max(),
                "squared": (both["remainder"] ** 2 / bound).max(),
            }
        )
    return pd.DataFrame(rows)


def trained(
    *,
    seed: int,
    examples: int,
    features: int,
    hidden: int,
    classes: int,
    step_size: float,
    iterations: int,
    copies: Sequence[int],
) -> dict[str, pd.DataFrame]:
    """Train a network by gradient descent on data of its own kind, and compare along the way.

    Parameters
    ----------
    seed
        Of everything drawn.
    examples, features
        ``N``, and the number of features beside the column of ones.
    hidden, classes
        Hidden units of both networks, and classes of the softmax problem.
    step_size, iterations
        ``γ`` and the number of steps of the training.
    copies
        The ``k`` of `repeated`.

    Returns
    -------
    Two tables: `along` the training of each problem and `repeated` at its end, both with the
    columns ``problem`` first and ``smoothness``, the ``β`` that is proven for the whole training,
    last.
    """
    generator = np.random.default_rng(seed)
    training, copied = {}, {}
    for name, likelihood in {"regression": Gaussian(), "softmax": Categorical(classes)}.items():
        inputs = network_inputs(generator, examples, features)
        model = TanhNetwork(inputs, hidden, likelihood.outputs)
        f = model.predict(network_weights(generator, model))
        problem = Problem(likelihood, model, likelihood.sample(f, generator))
        start = network_weights(generator, model)
        path = iterates(start, directions(problem, "GD"), step_size, iterations)
        beta = smoothness(problem, path)
        training[name] = along(problem, path).assign(smoothness=beta)
        copied[name] = repeated(problem, path[-1], copies).assign(smoothness=beta)
    return {"training": stacked(training, "problem"), "repeated": stacked(copied, "problem")}


def smoothness(problem: Problem, path: Array) -> float:
    """A ``β`` proven on a convex set around a path ``(T, P)``; see `TanhNetwork.smoothness`."""
    model = _network(problem)
    return model.smoothness(float(np.max(np.abs(model.layers(path)[1]))))


def along(problem: Problem, path: Array) -> pd.DataFrame:
    """What Proposition 2 compares, along a path of a network without prior.

    Parameters
    ----------
    problem
        With a `TanhNetwork`.
    path
        Iterates ``(T + 1, P)``.

    Returns
    -------
    pandas.DataFrame
        ``iteration, loss, remainder, residual, curvature``: the loss as the library's average,
        ``‖∇²L − G‖₂`` and ``r(θ)`` as the paper's sums, and ``max_nm ‖∇² f_n^(m)‖₂``, which no
        ``β`` can be below.
    """
    point = problem.at(path)
    return pd.DataFrame(
        {
            "iteration": np.arange(len(path)),
            "loss": point.loss,
            "remainder": problem.size * spectral(point.hessian - point.ggn),
            "residual": np.sum(np.abs(point.residuals), axis=(-1, -2)),
            "curvature": np.max(_network(problem).curvature_norms(path), axis=(-1, -2)),
        }
    )


def repeated(problem: Problem, theta: Array, copies: Sequence[int]) -> pd.DataFrame:
    """What Proposition 2 compares, at one ``θ`` ``(P,)`` with every example counted ``k`` times.

    A copy has the prediction function of its original: a ``β`` of the problem is one of all these.

    Returns
    -------
    pandas.DataFrame
        ``copies, loss, remainder, residual, curvature``; see `along`.
    """
    model = _network(problem)
    tables = {}
    for count in copies:
        inputs = np.repeat(model.inputs, count, axis=0)
        network = TanhNetwork(inputs, model.hidden, model.outputs)
        copied = replace(problem, model=network, targets=np.repeat(problem.targets, count))
        tables[count] = along(copied, theta[None]).drop(columns="iteration")
    return stacked(tables, "copies")


def _network(problem: Problem) -> TanhNetwork:
    if not isinstance(problem.model, TanhNetwork):
        raise TypeError("a smoothness is proven for a TanhNetwork only")
    return problem.model
