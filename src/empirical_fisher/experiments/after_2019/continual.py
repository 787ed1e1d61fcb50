r"""Elastic weight consolidation with the Fisher computed in five ways (van de Ven 2025).

Logistic regression learns task A, to its minimum ``θ_A``, and then task B with a penalty on leaving
it: ``L_B(θ) + (λ/2) Σ_i d_i (θ_i − θ_Ai)²``. The importances ``d`` are the diagonal of

=========  ====================================================================
exact      the Fisher at ``θ_A`` on the examples of A
sampled    the same with one label from the model for each example
empirical  the empirical Fisher: the data's labels
likeliest  the same with the most likely label of the model for each example
batched    squared mean gradients of batches, with the data's labels
=========  ====================================================================

Each has the same strengths ``λ``. At the minimum of the loss the gradients of A cancel, so that the
mean gradient ``ḡ`` of ``B`` examples has about ``E ḡ² = diag EF / B``. Where A is fitted, residuals
are small, ``r² ≪ p (1 − p)``, and the most likely labels are those of the data.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.likelihoods import Bernoulli
from empirical_fisher.models import LinearModel
from empirical_fisher.problems import Point, Problem

MOST_STEPS = 200  #: of Newton's method
SETTLED = 1e-10  #: relative change of a penalised loss below which it has converged


def drawn_task(
    generator: np.random.Generator, theta: Array, size: int, prior_variance: float
) -> Problem:
    """A task: normal inputs, and labels that logistic regression draws at ``θ``."""
    model = LinearModel(generator.standard_normal((size, len(theta))))
    targets = Bernoulli().sample(model.predict(theta), generator)
    return Problem(Bernoulli(), model, targets, prior_variance)


def importances(point: Point, batch: int, generator: np.random.Generator) -> dict[str, Array]:
    """The diagonal ``(P,)`` for each way to compute it.

    Parameters
    ----------
    point
        Task A at its minimum.
    batch
        Examples per batch; those of the last one that is not full are left out.
    generator
        Of the sampled labels.
    """
    likelihood = point.problem.likelihood
    inputs = point.problem.model.jacobian(point.theta)[:, 0]
    probability = likelihood.mean(point.predictions)[:, 0]

    def squares(labels: Array) -> Array:
        residuals = likelihood.residual(point.predictions, labels)
        return np.mean((residuals * inputs) ** 2, axis=0)

    gradients = point.example_gradients
    full = len(gradients) // batch * batch
    means = gradients[:full].reshape(-1, batch, gradients.shape[-1]).mean(axis=1)
    return {
        "exact": np.diagonal(point.fisher),
        "sampled": squares(likelihood.sample(point.predictions, generator)),
        "empirical": np.diagonal(point.empirical_fisher),
        "likeliest": squares((probability > 0.5).astype(float)),
        "batched": np.mean(means**2, axis=0),
    }


def consolidate(task: Problem, anchor: Array, penalties: Array) -> Array:
    """Minima of ``L(θ) + ½ Σ_i c_i (θ_i − a_i)²``, one for each row of penalties ``c``.

    By Newton's method from the anchor; a step that would not lower the loss is halved until it
    does.

    Parameters
    ----------
    task
        Logistic regression, so that the penalised loss is convex.
    anchor, penalties
        ``a`` ``(P,)`` and ``c`` ``(K, P)``.

    Returns
    -------
    (K, P) array
    """
    theta = np.tile(anchor, (len(penalties), 1))

    def loss_at(theta: Array) -> Array:
        return task.at(theta).loss + 0.5 * np.sum(penalties * (theta - anchor) ** 2, axis=-1)

    loss = loss_at(theta)
    for _ in range(MOST_STEPS):
        point = task.at(theta)
        gradient = point.gradient + penalties * (theta - anchor)
        hessian = point.hessian + penalties[:, :, None] * np.eye(len(anchor))
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        fraction = np.ones((len(penalties), 1))
        for _ in range(MOST_STEPS):
            lower = loss_at(theta - fraction * step)
            worse = ~(lower <= loss)
            if not worse.any():
                break
            fraction[worse] /= 2
        theta = theta - fraction * step
        settled = np.all(loss - lower <= SETTLED * (1 + np.abs(lower)))
        loss = lower
        if settled:
            break
    return theta


def trial(seed: int, size: int, settings: Mapping[str, Any]) -> pd.DataFrame:
    """Both tasks with all strengths of the penalty, and all ways to compute the importances.

    Returns
    -------
    pandas.DataFrame
        ``labels, strength, loss_a, loss_b, mean_loss, trace``: the mean test loss of each task and
        of both, and the sum of the importances.
    """
    generator = np.random.default_rng([seed, size])
    features, prior = settings["features"], settings["prior_variance"]
    truth = settings["signal"] * _unit(generator, features)
    other = truth + settings["change"] * settings["signal"] * _unit(generator, features)
    task_a, task_b = (drawn_task(generator, each, size, prior) for each in (truth, other))
    tests = [drawn_task(generator, each, settings["test"], np.inf) for each in (truth, other)]
    learned = task_a.at(task_a.minimizer())
    strengths = log_axis(**settings["strengths"])
    tables = []
    for labels, diagonal in importances(learned, settings["batch"], generator).items():
        theta = consolidate(task_b, learned.theta, strengths[:, None] * diagonal)
        loss_a, loss_b = (test.at(theta).loss for test in tests)
        tables.append(
            pd.DataFrame(
                {
                    "labels": labels,
                    "strength": strengths,
                    "loss_a": loss_a,
                    "loss_b": loss_b,
                    "mean_loss": (loss_a + loss_b) / 2,
                    "trace": diagonal.sum(),
                }
            )
        )
    return pd.concat(tables)


def _unit(generator: np.random.Generator, size: int) -> Array:
    """A direction drawn uniformly."""
    vector = generator.standard_normal(size)
    return vector / np.linalg.norm(vector)


def experiment(settings: Mapping[str, Any], seeds: Sequence[int]) -> pd.DataFrame:
    """The trials of all cases: ``regular``, many examples, and ``interpolated``, few.

    Parameters
    ----------
    settings
        The section ``after_2019.continual`` of the configuration.
    seeds
        Of the tasks and of the sampled labels.

    Returns
    -------
    pandas.DataFrame
        ``case, seed, batch`` and the columns of `trial`.
    """
    tables = []
    for case, size in settings["examples"].items():
        for seed in seeds:
            named = {"case": case, "seed": seed, "batch": settings["batch"]}
            tables.append(trial(seed, size, settings).assign(**named))
    return pd.concat(tables, ignore_index=True)
