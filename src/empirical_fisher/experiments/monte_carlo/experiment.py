r"""Appendix B and §6: the Fisher by one sample of every example's prediction.

The expectation over ``y`` in the Fisher is replaced by one draw ``ỹ_n ~ p(y | f(x_n, θ))`` for each
example,

``F̂ = (1/N) Σ_n ∇ℓ(f_n, ỹ_n) ∇ℓ(f_n, ỹ_n)ᵀ``,   ``E[F̂] = F``,

which is the empirical Fisher with the model's labels in place of the data's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, design, naming
from empirical_fisher.experiments.shared_problems import TASKS, random_problem
from empirical_fisher.likelihoods import Likelihood
from empirical_fisher.methods import solve
from empirical_fisher.models import Model
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Point, Problem, linear_problem
from empirical_fisher.search import CELL, TIE, Schedule, cells
from empirical_fisher.solvers import iterates


def sampled_fisher(point: Point, targets: Array) -> Array:
    """The one-sample Fisher for drawn labels ``ỹ``, shape ``(..., P, P)``.

    Parameters
    ----------
    point
        A problem at ``θ``.
    targets
        As drawn by `likelihoods.Likelihood.sample` at the point's predictions, shape ``(..., N)``.
    """
    residuals = point.problem.likelihood.residual(point.predictions, targets)
    weights = residuals[..., :, None] * residuals[..., None, :]
    return point.problem.model.gram(point.theta, weights / point.problem.size)


def errors(
    point: Point, seed: int, repeats: int, doublings: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """How the mean of ``S`` one-sample Fishers approaches the Fisher at one ``θ``.

    Parameters
    ----------
    point
        A problem at one ``θ``.
    seed
        Of the labels drawn.
    repeats, doublings
        Independent repetitions, each of ``2**doublings`` draws, of which the first ``S`` are used
        for ``S = 1, 2, 4, …``.

    Returns
    -------
    by_samples : pandas.DataFrame
        ``samples, error``: root mean square over the repetitions of ``‖mean − F‖ / ‖F‖``
        (Frobenius norms).
    overall : pandas.DataFrame
        One row ``draws, error, expected, empirical_fisher``: that of the mean of all draws; the
        root mean square that unbiased draws of this spread would have; and the relative distance of
        the empirical Fisher, for which no number of draws helps.
    """
    generator = np.random.default_rng(seed)
    fisher, draws = point.fisher, 2**doublings
    norm = np.linalg.norm(fisher)
    tiled = point.problem.at(np.tile(point.theta, (draws, 1)))
    sample = point.problem.likelihood.sample
    deviations = np.array(
        [
            sampled_fisher(tiled, sample(tiled.predictions, generator)) - fisher
            for _ in range(repeats)
        ]
    )
    samples = 2 ** np.arange(doublings + 1)
    means = np.cumsum(deviations, axis=1)[:, samples - 1] / samples[:, None, None]
    squares = np.sum(means**2, axis=(-2, -1))
    by_samples = pd.DataFrame(
        {"samples": samples, "error": np.sqrt(squares.mean(axis=0)) / norm},
    )
    mean = deviations.mean(axis=(0, 1))
    spread = np.sum((deviations - mean) ** 2) / (repeats * draws - 1)
    overall = pd.DataFrame(
        {
            "draws": [repeats * draws],
            "error": [np.linalg.norm(mean) / norm],
            "expected": [np.sqrt(spread / (repeats * draws)) / norm],
            "empirical_fisher": [np.linalg.norm(point.empirical_fisher - fisher) / norm],
        }
    )
    return by_samples, overall


@dataclass
class Tally:
    """What has been computed so far, counted in examples.

    Attributes
    ----------
    predictions
        Forward passes.
    gradients
        Gradients of an example's loss by one label: what a backward pass starts from.
    outer_products
        Rank-one terms added to a matrix.
    draws
        Labels drawn from the model.
    """

    predictions: int = 0
    gradients: int = 0
    outer_products: int = 0
    draws: int = 0


@dataclass(frozen=True)
class CountedLikelihood:
    """A likelihood that counts; for what it does not count it is the likelihood itself."""

    likelihood: Likelihood
    tally: Tally = field(repr=False)

    def __getattr__(self, name: str) -> object:
        return getattr(self.likelihood, name)

    def residual(self, f: Array, y: Array) -> Array:
        """A gradient for each example."""
        self.tally.gradients += f[..., 0].size
        return self.likelihood.residual(f, y)

    def fisher(self, f: Array) -> Array:
        """A gradient for each example and each dimension in which they spread."""
        matrices = self.likelihood.fisher(f)
        self.tally.gradients += int(np.linalg.matrix_rank(matrices, hermitian=True).sum())
        return matrices

    def sample(self, f: Array, generator: np.random.Generator) -> Array:
        """A draw for each example."""
        self.tally.draws += f[..., 0].size
        return self.likelihood.sample(f, generator)


@dataclass(frozen=True)
class CountedModel:
    """A model that counts; for what it does not count it is the model itself."""

    model: Model
    tally: Tally = field(repr=False)

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)

    def predict(self, theta: Array) -> Array:
        """A forward pass for each example."""
        f = self.model.predict(theta)
        self.tally.predictions += f[..., 0].size
        return f

    def gram(self, theta: Array, weights: Array) -> Array:
        """As many outer products as the weights have ranks."""
        self.tally.outer_products += int(np.linalg.matrix_rank(weights, hermitian=True).sum())
        return self.model.gram(theta, weights)


def costs(problem: Problem, theta: Array) -> pd.DataFrame:
    """Count what each matrix takes at a ``θ`` of shape ``(P,)``, and a step with the gradient too.

    Returns
    -------
    pandas.DataFrame
        ``matrix, of, outputs, predictions, gradients, outer_products, draws``: the number of
        natural parameters, and counts in units of the number of examples. ``of`` is ``matrix`` or
        ``step``.
    """
    rows = []
    for matrix in ("empirical_fisher", "sampled_fisher", "fisher"):
        for of in ("matrix", "step"):
            tally = Tally()
            counted = Problem(
                CountedLikelihood(problem.likelihood, tally),  # type: ignore[arg-type]
                CountedModel(problem.model, tally),  # type: ignore[arg-type]
                problem.targets,
            )
            point = counted.at(theta)
            if of == "step":
                _ = point.gradient
            if matrix == "sampled_fisher":
                generator = np.random.default_rng(0)  # any: what is drawn costs the same
                sampled_fisher(point, counted.likelihood.sample(point.predictions, generator))
            else:
                getattr(point, matrix)
            counts = {name: count / problem.size for name, count in vars(tally).items()}
            outputs = problem.likelihood.outputs
            rows.append({"matrix": matrix, "of": of, "outputs": outputs, **counts})
    return pd.DataFrame(rows)


def descend(
    problem: Problem,
    step_size: Array,
    damping: Array,
    schedule: Schedule,
    generators: Sequence[np.random.Generator],
) -> Array:
    """Run NGD with a fresh one-sample Fisher at every step, ``K`` runs at once.

    As `solvers.descend` with NGD, from ``θ = 0``, but for the matrix.

    Parameters
    ----------
    problem
        What to minimise.
    step_size, damping
        ``γ`` and ``λ`` of each run, shape ``(K,)``.
    schedule
        The number ``T`` of steps, and when a run counts as diverged.
    generators
        One for each run.

    Returns
    -------
    (T + 1, K) array
        The loss at every iterate; NaN after the one at which a run has diverged.
    """

    def towards(theta: Array) -> Array:
        point = problem.at(theta)
        streams = zip(point.predictions, generators, strict=True)
        labels = np.stack([problem.likelihood.sample(f, stream) for f, stream in streams])
        shift = damping + problem.prior_precision
        return -solve(sampled_fisher(point, labels), shift, point.gradient)

    start = np.zeros((len(damping), problem.parameters))
    path = iterates(start, towards, step_size, schedule.iterations)
    with np.errstate(over="ignore", invalid="ignore"):
        loss = np.stack([problem.at(theta).loss for theta in path])
    diverged = np.logical_or.accumulate(~(loss <= schedule.divergence_factor * loss[0]))
    loss[1:][diverged[:-1]] = np.nan
    return loss


def experiment(
    problem: Problem,
    cell: tuple[float, float],
    factors: Sequence[float],
    dampings: Array,
    schedule: Schedule,
    *,
    seed: int,
    runs: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put the one-sample Fisher in NGD's place: at NGD's best cell, and on a small grid.

    Parameters
    ----------
    problem
        What to minimise.
    cell
        ``γ`` and ``λ`` of NGD's best cell.
    factors, dampings
        The grid: step sizes as multiples of NGD's, and dampings, shape ``(L,)``.
    schedule
        As for `descend`.
    seed, runs
        Of the labels drawn, and runs in each cell; run ``i`` draws from the stream ``(seed, i)``.

    Returns
    -------
    ends : pandas.DataFrame
        ``step_size, damping, setting, runs, diverged, lowest, median, highest``: of the final
        losses, infinite where a run diverged. The first row is NGD's cell, with ``cell`` for its
        setting, and the others are the ``grid``, of which the best cell is ``tuned``: the one whose
        worst run is the best, and of cells that tie that of the larger step size and then the
        larger damping.
    traces : pandas.DataFrame
        ``setting, run, iteration, loss`` of the runs of these settings.
    """
    grid = pd.DataFrame(
        dict(zip(CELL[:2], cells(cell[0] * np.array(factors), dampings), strict=True))
    )
    levels = pd.concat([pd.DataFrame([cell], columns=CELL[:2]), grid], ignore_index=True)
    generators = [np.random.default_rng([seed, run]) for _ in levels.index for run in range(runs)]
    gamma, lam = (np.repeat(levels[name].to_numpy(), runs) for name in CELL[:2])
    loss = descend(problem, gamma, lam, schedule, generators)
    paths = loss.reshape(len(loss), len(levels), runs)
    limit = schedule.divergence_factor * loss[0, 0]
    final = np.where(paths[-1] <= limit, paths[-1], np.inf)  # not where it is not a number
    ends = levels.assign(
        setting="grid",
        runs=runs,
        diverged=np.isinf(final).sum(axis=-1),
        lowest=final.min(axis=-1),
        median=np.quantile(final, 0.5, axis=-1, method="lower"),
        highest=final.max(axis=-1),
    )
    settings = {"cell": 0, "tuned": _best(ends.drop(index=0))}
    traces = [
        pd.DataFrame({"setting": name, "run": run, "iteration": range(len(loss)), "loss": path})
        for name, level in settings.items()
        for run, path in enumerate(paths[:, level].T)
    ]
    for name, level in settings.items():
        ends.loc[level, "setting"] = name
    return ends, pd.concat(traces, ignore_index=True).dropna()


def _best(ends: pd.DataFrame) -> int:
    """Index of the row whose worst run is the best."""
    lowest = ends["highest"].min()
    equal = ends[ends["highest"] <= lowest + TIE * abs(lowest)]
    return int(equal.sort_values(CELL[:2], ascending=False).index[0])


def error_tables(
    settings: Mapping[str, Any], data: Mapping[str, Dataset]
) -> dict[str, pd.DataFrame]:
    """Measure the error and count the cost of the one-sample Fisher.

    Parameters
    ----------
    settings
        The section ``monte_carlo`` of the configuration.
    data
        The data sets that it names; the errors are those at their minima.

    Returns
    -------
    dict
        ``by_samples, overall``: the tables of `errors`, with a column ``dataset``; ``costs``: that
        of `costs` for a random problem of every task, with a column ``task``.
    """
    by_samples, overall, counted = {}, {}, {}
    for name, dataset in data.items():
        with naming(name):
            problem = linear_problem(*design(dataset, bias=True))
            by_samples[name], overall[name] = errors(
                problem.at(problem.minimizer()),
                settings["seed"],
                settings["repeats"],
                settings["doublings"],
            )
    for task in TASKS:
        generator = np.random.default_rng(settings["seed"])
        problem = random_problem(generator, task, **settings["cost_problem"])
        counted[task] = costs(problem, np.zeros(problem.parameters))
    return {
        "by_samples": stacked(by_samples, "dataset"),
        "overall": stacked(overall, "dataset"),
        "costs": stacked(counted, "task"),
    }


def descents(
    data: Dataset,
    cell: pd.DataFrame,
    model: Mapping[str, Any],
    schedule: Mapping[str, Any],
    seed: int,
    settings: Mapping[str, Any],
) -> dict[str, pd.DataFrame]:
    """NGD with the one-sample Fisher on a problem of Figure 3.

    Parameters
    ----------
    data, model
        The problem: see `problems.linear_problem`.
    cell
        NGD's best cell, one row as `search.best_cell` makes it.
    schedule
        Of NGD's run: see `search.Schedule`.
    seed, settings
        ``monte_carlo.seed`` and the section ``monte_carlo.descent`` of the configuration.

    Returns
    -------
    dict
        ``ends, traces``: the tables of `experiment`.
    """
    ends, traces = experiment(
        linear_problem(*design(data, bias=True), **model),
        tuple(cell[["step_size", "damping"]].iloc[0]),
        settings["step_size_factors"],
        log_axis(**settings["dampings"]),
        Schedule(**schedule),
        seed=seed,
        runs=settings["runs"],
    )
    return {"ends": ends, "traces": traces}
