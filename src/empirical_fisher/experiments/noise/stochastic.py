r"""§5: stochastic descent with the preconditioners that adapt to the gradient's noise.

One example per step, drawn uniformly, with the gradient ``g``. A step is ``θ ← θ − γ u``. With
``S`` the empirical Fisher and ``F`` the Fisher of all examples at the present ``θ``,

==============  =========================================================================
SGD             ``u = g``
diagonal        ``u = D g``, the diagonal factors of Schaul et al. (see `noise`)
printed         ``u = S⁻¹ ∇L ∇Lᵀ g``, Eq. 19
transposed      ``u = ∇L ∇Lᵀ S⁻¹ g``, the matrix that minimises what Eq. 19 is meant to
EF              ``u = S⁻¹ g``
square root     ``u = diag(S)^(−1/2) g``, in the manner of Adam
Fisher          ``u = F⁻¹ g``: adapts to curvature, not to noise
gradient        ``u = ∇L``: what a step that sees all examples could as well take
scalar          ``u = g ‖∇L‖² / tr S``: one factor for all coordinates, the best of these
equal noise     ``u = ∇L ∇Lᵀ (s I + ∇L ∇Lᵀ)⁻¹ g``: the transpose of Eq. 19 for isotropic
                noise of the same total variance, ``s = tr Σ / P``
==============  =========================================================================

The last two are controls: they know how large the noise is, and not in which directions.

All but SGD need the gradients of all examples at every step, as the paper says of Eq. 19. They are
compared by the steps they take, not by their cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.experiments.shared_problems import random_problem
from empirical_fisher.linear_systems import solve
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, Problem
from empirical_fisher.solvers import iterates

LIMIT = 1e6  #: a run has diverged once its excess loss is this many times that at the start
QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}  #: of the runs


def _along(point: Point, coefficient: Array) -> Array:
    """``∇L`` times a number."""
    return point.gradient * coefficient[:, None]


#: ``u`` of each method, shape ``(K, P)``, from a point with ``K`` parameter vectors and one
#: example's gradient ``g`` for each, ``(K, P)``.
UPDATES: dict[str, Callable[[Point, Array], Array]] = {
    "SGD": lambda point, g: g,
    "diagonal": lambda point, g: point.gradient**2 / _diagonal(point) * g,
    "printed": lambda point, g: solve(
        point.empirical_fisher, 0.0, _along(point, np.sum(point.gradient * g, axis=-1))
    ),
    "transposed": lambda point, g: _along(
        point, np.sum(solve(point.empirical_fisher, 0.0, point.gradient) * g, axis=-1)
    ),
    "EF": lambda point, g: solve(point.empirical_fisher, 0.0, g),
    "square root": lambda point, g: g / np.sqrt(_diagonal(point)),
    "Fisher": lambda point, g: solve(point.fisher, 0.0, g),
    "gradient": lambda point, g: point.gradient,
}
CONTROLS: dict[str, Callable[[Point, Array], Array]] = {
    "scalar": lambda point, g: (_square(point) / np.sum(_diagonal(point), axis=-1))[:, None] * g,
    "equal noise": lambda point, g: _along(
        point,
        np.sum(point.gradient * g, axis=-1)
        / (
            (np.sum(_diagonal(point), axis=-1) - _square(point)) / point.problem.parameters
            + _square(point)
        ),
    ),
}


def _square(point: Point) -> Array:
    return np.sum(point.gradient**2, axis=-1)


def _diagonal(point: Point) -> Array:
    return np.einsum("...ii->...i", point.empirical_fisher)


def example_gradient(point: Point, examples: np.ndarray) -> Array:
    """``∇ℓ_n`` of one example for each of ``K`` parameter vectors, shape ``(K, P)``.

    Parameters
    ----------
    point
        A problem at ``K`` parameter vectors.
    examples
        The ``n`` of each, shape ``(K,)``.
    """
    rows = np.arange(len(examples))
    jacobian = point.problem.model.jacobian(point.theta)[rows, examples]
    return np.einsum("kmp,km->kp", jacobian, point.residuals[rows, examples])


def draws(seed: int, runs: range, size: int, steps: int) -> np.ndarray:
    """The examples that each run meets, shape ``(runs, steps)``; a run has its own stream."""
    return np.array([np.random.default_rng([seed, run]).integers(size, size=steps) for run in runs])


def descend(problem: Problem, method: str, step_size: Array, examples: np.ndarray) -> Array:
    """Follow ``K`` runs from ``θ = 0``.

    Parameters
    ----------
    problem, method
        What to minimise, and a key of `UPDATES` or ``CONTROLS``.
    step_size
        ``γ`` of each run, shape ``(K,)``.
    examples
        The example of each step, shape ``(K, T)``.

    Returns
    -------
    (T + 1, K) array
        Excess loss ``L(θ) − L(θ*)`` at every iterate; infinite once a run has diverged.
    """
    runs, steps = examples.shape
    met = iter(examples.T)
    update = {**UPDATES, **CONTROLS}[method]

    def towards(theta: Array) -> Array:
        point = problem.at(theta)
        return -update(point, example_gradient(point, next(met)))

    path = iterates(np.zeros((runs, problem.parameters)), towards, step_size, steps)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.stack([problem.at(theta).loss for theta in path])
    excess = np.maximum(loss - problem.at(problem.minimizer()).loss, 0.0)  # rounding
    diverged = np.logical_or.accumulate(~(excess <= LIMIT * excess[0]))
    return np.where(diverged, np.inf, excess)


def tune(
    problem: Problem,
    step_sizes: Array,
    seed: int,
    *,
    tuning: int,
    runs: int,
    steps: int,
    every: int,
    methods: Iterable[str] = tuple(UPDATES),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Try the same step sizes for every method, and follow fresh runs at the best of each.

    Parameters
    ----------
    problem
        What to minimise.
    step_sizes
        All ``γ``, shape ``(K,)``.
    seed
        Of the examples that the runs meet.
    tuning, runs
        How many runs choose the step size, by the lowest mean final excess loss, and how many
        others follow it. Run ``i`` meets the same examples whatever the method and step size.
    steps, every
        Steps of a run; of these the table of paths keeps every so many, and the last.
    methods
        Keys of `UPDATES` and ``CONTROLS``.

    Returns
    -------
    choices : pandas.DataFrame
        ``method, step_size, final_excess``: the mean over the tuning runs.
    paths : pandas.DataFrame
        ``method, step_size, run, step, excess`` of the fresh runs at the best step size.
    """
    count = len(step_sizes)
    first = np.repeat(draws(seed, range(tuning), problem.size, steps), count, axis=0)
    fresh = draws(seed, range(tuning, tuning + runs), problem.size, steps)
    kept = np.union1d(np.arange(0, steps, every), steps)
    choices, paths = [], []
    for method in methods:
        final = descend(problem, method, np.tile(step_sizes, tuning), first)[-1]
        mean = final.reshape(tuning, count).mean(axis=0)
        choices.append(
            pd.DataFrame({"method": method, "step_size": step_sizes, "final_excess": mean})
        )
        best = step_sizes[np.argmin(mean)]
        excess = descend(problem, method, np.full(runs, best), fresh)[kept]
        columns = {
            "run": np.repeat(np.arange(runs), len(kept)),
            "step": np.tile(kept, runs),
            "excess": excess.T.ravel(),
        }
        paths.append(pd.DataFrame({"method": method, "step_size": best, **columns}))
    return pd.concat(choices, ignore_index=True), pd.concat(paths, ignore_index=True)


def summary(paths: pd.DataFrame) -> pd.DataFrame:
    """The last step of the fresh runs, a row for each problem and method.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, step_size, runs, diverged, mean, deviation, low, median, high``: of the
        excess loss over the runs. Mean and deviation are of the runs that did not diverge, the
        quantiles (`QUANTILES`) of all.
    """
    last = paths[paths["step"] == paths["step"].max()]
    rows = []
    for _, group in last.groupby(["problem", "method"], sort=False):
        excess = group["excess"]
        finite = excess[np.isfinite(excess)]
        rows.append(
            {
                **group[["problem", "method", "step_size"]].iloc[0],
                "runs": len(excess),
                "diverged": len(excess) - len(finite),
                "mean": finite.mean(),
                "deviation": finite.std(),
                # the lower of two neighbours: between a number and infinity there is none
                **{
                    name: excess.quantile(level, interpolation="lower")
                    for name, level in QUANTILES.items()
                },
            }
        )
    return pd.DataFrame(rows)


def trials(
    seed: int,
    settings: Mapping[str, Any],
    *,
    count: int,
    step_sizes: Mapping[str, Any],
    tuning: int,
    runs: int,
) -> pd.DataFrame:
    """`tune` on other problems and with other examples: seeds ``seed, seed + 1, …``.

    Parameters
    ----------
    seed, settings
        As for `experiment`.
    count, step_sizes, tuning, runs
        Number of seeds, and what replaces these settings of one.

    Returns
    -------
    pandas.DataFrame
        ``problem, seed, method, step_size, median``: of the final excess loss over the fresh runs,
        for the methods that claims compare and the controls.
    """
    steps = settings["steps"]
    shape = settings["size"], settings["features"]
    tables = {}
    for name, condition in settings["conditions"].items():
        for each in range(seed, seed + count):
            generator = np.random.default_rng(each)
            problem = random_problem(generator, "regression", *shape, condition)
            _, paths = tune(
                problem,
                log_axis(**step_sizes),
                each,
                tuning=tuning,
                runs=runs,
                steps=steps,
                every=steps,
                methods=[name for name in (*UPDATES, *CONTROLS) if name != "square root"],
            )
            last = paths[paths["step"] == steps].groupby(["method", "step_size"], sort=False)
            median = last["excess"].quantile(0.5, interpolation="lower")
            tables[name, each] = median.rename("median").reset_index()
    return stacked(tables, "problem", "seed")


def experiment(seed: int, settings: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Run the descents on random regressions of several conditions.

    Parameters
    ----------
    seed
        Of the problems and the descents.
    settings
        The section ``noise.descent`` of the configuration.

    Returns
    -------
    dict
        ``choices, paths``: the tables of `tune`, with a column ``problem``; ``summary``: that of
        `summary`; ``trials``: that of `trials`, whose settings are in the section ``trials``.
    """
    step_sizes = log_axis(**settings["step_sizes"])
    schedule = {name: settings[name] for name in ("tuning", "runs", "steps", "every")}
    choices, paths = {}, {}
    for name, condition in settings["conditions"].items():
        generator = np.random.default_rng(seed)
        shape = settings["size"], settings["features"]
        problem = random_problem(generator, "regression", *shape, condition)
        choices[name], paths[name] = tune(problem, step_sizes, seed, **schedule)
    table = stacked(paths, "problem")
    return {
        "choices": stacked(choices, "problem"),
        "paths": table,
        "summary": summary(table),
        "trials": trials(seed, settings, **settings["trials"]),
    }
