"""§4.2, last paragraph: the empirical Fisher and the Hessian at the minimum of ever larger models.

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

from .ledger import Claim, verdict
from .problems import linear_problem

FIGURE = "consistency"  #: where the ledger sends the reader
TASKS = {"regression": "linear regression", "binary": "logistic regression"}  #: in claims

#: Criteria. Sampling scatters a mean over N / 2 squared residuals by some 10 %. "Close to zero" is
#: a hundredth of the Hessian; "nonzero" is no less than half of what it is for the smallest model.
SHARE_TOLERANCE, CLOSE_TO_ZERO, NONZERO = 0.1, 0.01, 0.5


def sweep(
    task: str,
    seed: int,
    *,
    examples: int,
    features: Sequence[int],
    prior_variance: float,
) -> pd.DataFrame:
    """Compare empirical Fisher and Hessian at the minimum of models with ever more features.

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
        ``hessian``, the means of the diagonals, and ``empirical_fisher_hessian``, the ratio of the
        Frobenius norms; the Hessian is that of the data, without the prior.
    """
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((examples, features[-1]))
    truth = inputs[:, : features[0]].sum(axis=1) / np.sqrt(features[0])
    if task == "regression":
        targets = truth + generator.standard_normal(examples)
    else:
        targets = (generator.random(examples) < 1 / (1 + np.exp(-truth))).astype(float)
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
                "empirical_fisher_hessian": norms[0] / norms[1],
            }
        )
    return pd.DataFrame(rows)


def claims(table: pd.DataFrame) -> list[Claim]:
    """The rows of the ledger on capacity, from the sweeps of all tasks and seeds."""
    means = table.groupby(["task", "parameters_per_example"]).mean()
    return [
        _enough_data(means.loc["regression"]),
        *(_overparametrised(task, means.loc[task]) for task in TASKS),
    ]


def _enough_data(means: pd.DataFrame) -> Claim:
    """Condition (ii) after Eq. 17, where the model is right and its capacity is all that counts."""
    below = means[means.index < 1]
    share = below["empirical_fisher"] / below["hessian"]
    off = float((share - (1 - below.index)).abs().max())
    listed = ", ".join(f"{share.iloc[i]:.2f} at {below.index[i]:g}" for i in (0, -1))
    return Claim(
        "consistency.enough-data",
        "§4.2, (ii)",
        "Even a right model needs enough data relative to its capacity: in linear regression the "
        "empirical Fisher is 1 − D/N of the Hessian.",
        f"ratio of traces {listed} parameters an example; off 1 − D/N by at most {off:.2f}",
        f"off by at most {SHARE_TOLERANCE} wherever D < N, mean over the seeds",
        verdict(off <= SHARE_TOLERANCE),
        FIGURE,
    )


def _overparametrised(task: str, means: pd.DataFrame) -> Claim:
    """The last paragraph of §4.2."""
    first, last = means.iloc[0], means.iloc[-1]
    ratio, kept = last["empirical_fisher_hessian"], last["hessian"] / first["hessian"]
    return Claim(
        f"consistency.overparametrised-{task}",
        "§4.2",
        "An overparametrised model fits the data, even when regularised: at its minimum the "
        f"empirical Fisher is close to zero while the Hessian is not ({TASKS[task]}).",
        f"at {means.index[-1]:g} parameters an example ‖EF‖/‖H‖ = {ratio:.1e}; the mean of the "
        f"Hessian's diagonal is {last['hessian']:.2g}, {kept:.2g} of that at {means.index[0]:g}",
        f"‖EF‖/‖H‖ at most {CLOSE_TO_ZERO}; the Hessian keeps at least {NONZERO}",
        verdict(ratio <= CLOSE_TO_ZERO, kept >= NONZERO),
        FIGURE,
    )
