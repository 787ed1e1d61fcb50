r"""§3.2, Table 1, and §4.2 at the true parameters ``θ_T``, without any fit.

For logistic regression on standard normal inputs the Fisher of the joint distribution of inputs and
labels, Eq. 5 divided by ``N``, has a closed form: with ``σ' = p (1 − p)``, ``u = θ / ‖θ‖`` and a
standard normal ``t``,

``E[σ'(‖θ‖ t)] (I − u uᵀ) + E[σ'(‖θ‖ t) t²] u uᵀ``.

The Fisher of Eq. 6 takes the inputs from a sample, and the empirical Fisher of Eq. 7 the labels as
well. The labels are drawn from the model, or some of them are flipped, so that the model is wrong.
A network with labels from itself is a second model that is right: its Hessian is not its Fisher.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.experiments.shared_problems import network_inputs, network_weights
from empirical_fisher.likelihoods import Bernoulli
from empirical_fisher.networks import TanhNetwork
from empirical_fisher.norms import relative_distance
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem, linear_problem

NODES = 80  #: of the quadrature; its error is that of rounding


def population_fisher(theta: Array) -> Array:
    """The Fisher of the joint distribution per example, ``(P, P)``, at ``θ`` of shape ``(P,)``."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    shares = weights / np.sum(weights)
    norm = np.linalg.norm(theta)
    p = expit(norm * nodes)
    across, along = (shares @ (p * (1 - p) * nodes**power) for power in (0, 2))
    unit = np.outer(theta, theta) / norm**2
    return across * (np.eye(len(theta)) - unit) + along * unit


def logistic(seed: int, sizes: Sequence[int], features: int, flipped: float) -> pd.DataFrame:
    """Compare the three matrices of Table 1 at ``θ_T``, on nested sets of examples.

    Parameters
    ----------
    seed
        Of ``θ_T``, the inputs and the labels.
    sizes, features
        The ``N`` in ascending order, and the number of inputs.
    flipped
        The share of the labels that are flipped.

    Returns
    -------
    pandas.DataFrame
        ``size, fisher_from_population, empirical_fisher_from_population,
        empirical_fisher_from_fisher``: relative distances in the Frobenius norm.
    """
    generator = np.random.default_rng(seed)
    theta = generator.standard_normal(features)
    inputs = generator.standard_normal((sizes[-1], features))
    labels = Bernoulli().sample((inputs @ theta)[:, None], generator)
    labels = np.where(generator.random(sizes[-1]) < flipped, 1 - labels, labels)
    target = population_fisher(theta)
    rows = []
    for size in sizes:
        point = linear_problem(inputs[:size], labels[:size], "binary").at(theta)
        rows.append(
            {
                "size": size,
                "fisher_from_population": relative_distance(point.fisher, target),
                "empirical_fisher_from_population": relative_distance(
                    point.empirical_fisher, target
                ),
                "empirical_fisher_from_fisher": relative_distance(
                    point.empirical_fisher, point.fisher
                ),
            }
        )
    return pd.DataFrame(rows)


def network(seed: int, sizes: Sequence[int], features: int, hidden: int) -> pd.DataFrame:
    """Compare empirical Fisher, Fisher and Hessian at the ``θ_T`` of a network.

    Returns
    -------
    pandas.DataFrame
        ``size, empirical_fisher_from_fisher, hessian_from_fisher``.
    """
    generator = np.random.default_rng(seed)
    inputs = network_inputs(generator, sizes[-1], features)
    whole = TanhNetwork(inputs, hidden, 1)
    theta = network_weights(generator, whole)
    labels = Bernoulli().sample(whole.predict(theta), generator)
    rows = []
    for size in sizes:
        model = TanhNetwork(inputs[:size], hidden, 1)
        point = Problem(Bernoulli(), model, labels[:size]).at(theta)
        rows.append(
            {
                "size": size,
                "empirical_fisher_from_fisher": relative_distance(
                    point.empirical_fisher, point.fisher
                ),
                "hessian_from_fisher": relative_distance(point.hessian, point.fisher),
            }
        )
    return pd.DataFrame(rows)


def experiment(
    seeds: Sequence[int], sizes: Mapping[str, Any], features: int, hidden: int, flipped: float
) -> pd.DataFrame:
    """All of it: under ``problem, seed`` the columns of `logistic` and `network`.

    The problems are ``right`` and ``wrong`` labels, and the ``network``; a column that a problem
    does not have is empty.
    """
    counts = [int(size) for size in log_axis(**sizes).round()]
    tables = {}
    for seed in seeds:
        tables["right", seed] = logistic(seed, counts, features, 0.0)
        tables["wrong", seed] = logistic(seed, counts, features, flipped)
        tables["network", seed] = network(seed, counts, features, hidden)
    return stacked(tables, "problem", "seed")
