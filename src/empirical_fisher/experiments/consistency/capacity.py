"""§4.2, last paragraph: empirical Fisher and Hessian at the minimum of larger and larger models.

The number ``N`` of examples stays, the number ``D`` of features grows past it. All features are
independent standard normal and the first few alone carry the targets, so that every model of a
sweep contains the truth: what grows is capacity, not misspecification.

With unit noise, without a prior and for ``D < N``, the residuals at the least-squares minimum are
the noise projected onto the ``N − D`` directions that the features leave, and the expected trace of
the empirical Fisher is close to ``1 − D/N`` times that of the Hessian. A prior of variance ``v``
makes the residuals ``−(I + v X Xᵀ)⁻¹ y``, and minima exist for every ``D``.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from empirical_fisher.experiments.shared_problems import LIKELIHOODS
from empirical_fisher.problems import linear_problem

TASKS = ("regression", "binary")  #: of the sweeps


def sweep(
    task: str,
    seed: int,
    *,
    examples: int,
    features: Sequence[int],
    prior_variance: float,
) -> pd.DataFrame:
    """Compare empirical Fisher and Hessian at the minimum of models with more and more features.

    Parameters
    ----------
    task
        ``"regression"`` or ``"binary"``.
    seed
        Of the draw of all inputs, and then of the targets.
    examples, features
        ``N``, and the ``D`` in ascending order; of every model the first ``D`` features are those
        of the larger ones, and the targets depend on the first ``D`` of the smallest.
    prior_variance
        ``v``, the same for every model.

    Returns
    -------
    pandas.DataFrame
        ``task, seed, features, parameters_per_example``, then ``empirical_fisher`` and
        ``hessian``, the means of the diagonals, and ``norm_ratio``, the ratio of the
        Frobenius norms; the Hessian is that of the data, without the prior.
    """
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((examples, features[-1]))
    truth = inputs[:, : features[0]].sum(axis=1) / np.sqrt(features[0])
    targets = LIKELIHOODS[task].sample(truth[:, None], generator)
    rows = []
    for count in features:
        problem = linear_problem(inputs[:, :count], targets, task, prior_variance)
        point = problem.at(problem.minimizer())
        hessian = point.hessian - problem.prior_precision * np.eye(count)
        norms = np.linalg.norm(point.empirical_fisher), np.linalg.norm(hessian)
        rows.append(
            {
                "task": task,
                "seed": seed,
                "features": count,
                "parameters_per_example": count / examples,
                "empirical_fisher": np.trace(point.empirical_fisher) / count,
                "hessian": np.trace(hessian) / count,
                "norm_ratio": norms[0] / norms[1],
            }
        )
    return pd.DataFrame(rows)
