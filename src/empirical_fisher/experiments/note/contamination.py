r"""The note's closing question, whether it is desirable that all losses fall by the same amount.

A linear or logistic regression whose training targets are partly wrong, gross outliers or flipped
labels, and the error on clean held-out data. All methods have the same number of cells of step size
and damping and are tuned in the same way, by the cell and the iteration with the lowest loss on a
validation set that is as contaminated as the training set.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.likelihoods import Gaussian
from empirical_fisher.methods import directions
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem, linear_problem
from empirical_fisher.search import cells
from empirical_fisher.solvers import iterates

from .draws import examples, parameters


def contaminated(
    generator: np.random.Generator, task: str, targets: Array, fraction: float, scale: float
) -> Array:
    """Make a part of the targets wrong: labels are flipped, other targets get normal outliers.

    Parameters
    ----------
    generator
        Chooses the targets and draws the outliers.
    task, targets
        ``regression`` or ``binary``, and ``y``, shape ``(N,)``.
    fraction
        Share of wrong targets; their number is rounded.
    scale
        Standard deviation of what is added to the targets of a regression.

    Returns
    -------
    (N,) array
    """
    wrong = generator.permutation(len(targets))[: round(fraction * len(targets))]
    outliers = scale * generator.standard_normal(len(wrong))
    result = targets.copy()
    result[wrong] = targets[wrong] + outliers if task == "regression" else 1 - targets[wrong]
    return result


def errors(problem: Problem, theta: Array) -> Array:
    """Mean squared error or share of wrong labels at ``θ``, shape ``(..., P)``: shape ``(...)``."""
    f = problem.model.predict(theta)[..., 0]
    if isinstance(problem.likelihood, Gaussian):
        return np.mean((f - problem.targets) ** 2, axis=-1)
    return np.mean((f > 0) != problem.targets, axis=-1)


def trial(
    seed: Sequence[int], task: str, size: int, fraction: float, settings: Mapping[str, Any]
) -> pd.DataFrame:
    """Draw one problem, train every method on it and measure what its tuned run reaches.

    Parameters
    ----------
    seed
        Of everything drawn.
    task, size, fraction
        ``regression`` or ``binary``, the number ``N`` of training examples, and the share of wrong
        targets.
    settings
        ``features, signal`` (the scale of ``f``), ``validation, test`` (sizes of those sets),
        ``outlier_scale, iterations``, and for each method of ``grids`` its ``step_sizes`` and,
        unless it is GD, ``dampings``, each an axis ``low, high, count``.

    Returns
    -------
    pandas.DataFrame
        ``method, step_size, damping, iteration, clean_error``.
    """
    generator = np.random.default_rng(seed)
    theta = settings["signal"] * parameters(generator, settings["features"])
    sets = {}
    for name, count in (("training", size), *((n, settings[n]) for n in ("validation", "test"))):
        inputs, targets = examples(generator, task, count, theta)
        if name != "test":
            scale = settings["outlier_scale"]
            targets = contaminated(generator, task, targets, fraction, scale)
        sets[name] = linear_problem(inputs, targets, task)

    rows = []
    for method, axes in settings["grids"].items():
        step_size, damping = cells(**{name: log_axis(**axis) for name, axis in axes.items()})
        start = np.zeros((len(step_size), settings["features"]))
        towards = directions(sets["training"], method, damping)
        path = iterates(start, towards, step_size, settings["iterations"])
        with np.errstate(over="ignore", invalid="ignore"):
            losses = sets["validation"].at(path).loss
        losses = np.where(np.isfinite(losses), losses, np.inf)
        iteration, cell = np.unravel_index(np.argmin(losses), losses.shape)
        rows.append(
            {
                "method": method,
                "step_size": step_size[cell],
                "damping": damping[cell],
                "iteration": iteration,
                "clean_error": errors(sets["test"], path[iteration, cell]),
            }
        )
    return pd.DataFrame(rows)


def trials(settings: Mapping[str, Any]) -> pd.DataFrame:
    """Run `trial` for every task, size, fraction and repeat; repeats share draws across fractions.

    Returns
    -------
    pandas.DataFrame
        ``task, size, fraction, repeat`` and the columns of `trial`.
    """
    tables = {
        (task, size, fraction, repeat): trial(
            [settings["seed"], repeat], task, size, fraction, settings
        )
        for task in settings["tasks"]
        for size in settings["sizes"]
        for fraction in settings["fractions"]
        for repeat in range(settings["repeats"])
    }
    return stacked(tables, "task", "size", "fraction", "repeat")


def contrasts(trials: pd.DataFrame) -> pd.DataFrame:
    """EFGD against each other method, paired by repeat.

    Returns
    -------
    pandas.DataFrame
        ``task, size, fraction, against, difference, standard_error``: the mean over the
        repeats of EFGD's clean error less the other's, negative where EFGD is better.
    """
    case = ["task", "size", "fraction"]
    errors = trials.pivot(index=[*case, "repeat"], columns="method", values="clean_error")
    tables = {}
    for against in errors.columns.drop("EFGD"):
        groups = (errors["EFGD"] - errors[against]).groupby(case)
        table = pd.DataFrame({"difference": groups.mean(), "standard_error": groups.sem()})
        tables[against] = table.reset_index()
    columns = [*case, "against", "difference", "standard_error"]
    return stacked(tables, "against")[columns]


def experiment(settings: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """``trials`` and ``contrasts``: the tables of these functions."""
    table = trials(settings)
    return {"trials": table, "contrasts": contrasts(table)}
