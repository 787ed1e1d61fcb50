r"""§4.3: size and direction of EF-preconditioned updates far from the optimum of least squares.

Everything is seen along rays ``θ = θ* + c u`` from the minimum. The loss on a ray of least squares
is a parabola; ``u`` is scaled such that ``L(θ) = (1 + c²) L(θ*)``, which makes the distance ``c``
the same for every problem and free of the features' units. The gradient is proportional to ``c``.
So is the natural gradient, while the empirical Fisher grows with ``c²`` and the update that it
preconditions shrinks as ``1/c``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array, log_axis
from empirical_fisher.data.datasets import Dataset, DatasetError, naming
from empirical_fisher.experiments.shared_problems import constant_problem, modelled
from empirical_fisher.linear_systems import is_invertible
from empirical_fisher.methods import direction
from empirical_fisher.norms import cosine
from empirical_fisher.pipeline.tables import stacked
from empirical_fisher.problems import Problem
from empirical_fisher.search import Schedule, best_cell, evaluate, trace
from empirical_fisher.solvers import descend

METHODS = ("NGD", "EFGD")  #: what is compared
PAIR = "TwoPoints"  #: the problem with one parameter
WORKS = 0.1  #: share of the excess loss that a run with a working step size leaves at most


@dataclass(frozen=True)
class Landscape:
    """A problem of least squares, seen from its minimum.

    Parameters
    ----------
    problem, minimum
        The problem and ``θ*``, shape ``(P,)``.
    offset
        Descents start from ``θ* + m offset``.
    """

    problem: Problem
    minimum: Array
    offset: Array

    def rays(self, count: int, seed: int) -> Array:
        """Random vectors ``u``, shape ``(count, P)``; in one dimension there is but one.

        They are drawn with every feature in units of its root mean square, then scaled to length 1,
        where ``L(θ* + u) = 2 L(θ*)``.
        """
        point = self.problem.at(self.minimum)
        shape = (count if self.problem.parameters > 1 else 1, self.problem.parameters)
        vectors = np.random.default_rng(seed).standard_normal(shape)
        vectors /= np.sqrt(np.diag(point.hessian))
        excess = 0.5 * np.einsum("kp,pq,kq->k", vectors, point.hessian, vectors)
        return vectors * np.sqrt(point.loss / excess)[:, None]


def landscapes(name: str, problem: Problem) -> dict[str, Landscape]:
    """A least-squares problem with one parameter and two examples, and another one, by their names.

    The former is ``L ∝ (θ − ½)² + (θ + ½)²`` with the EF update ``−θ / (θ² + ¼ + λ)``, and its
    offset is 1. For the latter the offset is ``−θ*``, so that ``m = 1`` is ``θ = 0``.

    Raises
    ------
    DatasetError
        If the features are linearly dependent.
    """
    minimum = problem.minimizer()
    if not is_invertible(problem.at(minimum).fisher):
        raise DatasetError(
            "the features are linearly dependent, so that undamped updates are not defined; "
            "name another data set in scaling.dataset"
        )
    return {
        PAIR: Landscape(constant_problem([0.5, -0.5]), np.zeros(1), np.ones(1)),
        name: Landscape(problem, minimum, -minimum),
    }


def steps(
    cases: Mapping[str, Landscape],
    rays: int,
    seed: int,
    distances: Array,
    dampings: Sequence[float],
) -> pd.DataFrame:
    """Measure the updates of step size 1 along rays.

    Parameters
    ----------
    cases
        The problems by name.
    rays, seed
        How many, and of their draw.
    distances
        The ``c``, shape ``(C,)``.
    dampings
        The ``λ`` of the updates.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, damping, ray, distance, gradient_norm, step_norm``, in this order.
    """
    tables = {}
    for name, case in cases.items():
        vectors = case.rays(rays, seed)
        point = case.problem.at(case.minimum + distances[:, None] * vectors[:, None, :])
        aims = [
            direction(point, method, np.full(point.loss.shape, damping))
            for method in METHODS
            for damping in dampings
        ]
        index = pd.MultiIndex.from_product(
            [METHODS, dampings, range(len(vectors)), distances],
            names=["method", "damping", "ray", "distance"],
        )
        gradient_norms = np.linalg.norm(point.gradient, axis=-1).ravel()
        columns = {
            "gradient_norm": np.tile(gradient_norms, len(aims)),
            "step_norm": np.linalg.norm(aims, axis=-1).ravel(),
        }
        tables[name] = pd.DataFrame(columns, index=index).reset_index()
    return stacked(tables, "problem")


def angles(case: Landscape, rays: int, seed: int, distances: Array) -> pd.DataFrame:
    """Compare the undamped updates of EFGD and NGD along rays, at distances of shape ``(K,)``.

    Returns
    -------
    pandas.DataFrame
        ``distance``, then over the rays ``lowest, median, highest`` of the cosine and the share
        ``obtuse`` of negative ones, and ``fisher_lowest``, the lowest cosine in the metric of the
        Fisher, where the inner product of two updates is ``aᵀ F b``.
    """
    vectors = case.rays(rays, seed)
    rows = []
    for length in distances:
        point = case.problem.at(case.minimum + length * vectors)
        own, natural = direction(point, "EFGD"), direction(point, "NGD")
        euclidean = cosine(own, natural)
        root = np.swapaxes(np.linalg.cholesky(point.fisher), -1, -2)
        lengths = (np.squeeze(root @ aim[..., None], -1) for aim in (own, natural))
        rows.append(
            {
                "distance": length,
                "lowest": euclidean.min(),
                "median": np.median(euclidean),
                "highest": euclidean.max(),
                "obtuse": np.mean(euclidean < 0),
                "fisher_lowest": cosine(*lengths).min(),
            }
        )
    return pd.DataFrame(rows)


def lowest(case: Landscape, rays: int, seed: int, distances: Array) -> pd.DataFrame:
    """The lowest cosine between the undamped updates of EFGD and NGD on each ray.

    Returns
    -------
    pandas.DataFrame
        ``ray, lowest``: over the distances, shape ``(K,)``.
    """
    vectors = case.rays(rays, seed)
    point = case.problem.at(case.minimum + distances[:, None, None] * vectors)
    cosines = cosine(direction(point, "EFGD"), direction(point, "NGD"))
    return pd.DataFrame({"ray": np.arange(rays), "lowest": cosines.min(axis=0)})


def starts(
    cases: Mapping[str, Landscape],
    multiples: Sequence[float],
    step_sizes: Array,
    damping: float,
    schedule: Schedule,
) -> pd.DataFrame:
    """Run NGD and EFGD with many step sizes from starting points at growing distance (Appendix E).

    Parameters
    ----------
    cases
        The problems by name.
    multiples
        The ``m``, as multiples of the offset from the minimum.
    step_sizes, damping
        All ``γ``, shape ``(K,)``, and the one ``λ``.
    schedule
        Of every run.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, multiple, distance, step_size, remaining, works``: the excess loss after
        the last iteration as a share of that at the start, NaN unless the run finished, and whether
        it is at most `WORKS`.
    """
    tables = {}
    for name, case in cases.items():
        runs = {
            (method, multiple): descend(
                case.problem,
                method,
                step_sizes,
                np.full(len(step_sizes), damping),
                **asdict(schedule),
                initial=case.minimum + multiple * case.offset,
            )
            for method in METHODS
            for multiple in multiples
        }
        lowest = case.problem.at(case.minimum).loss
        columns = {}
        for key, run in runs.items():
            initial = run.loss[0, 0] - lowest
            final = np.where(run.status == "finished", run.loss[-1], np.nan)
            columns[*key, np.sqrt(initial / lowest)] = (final - lowest) / initial
        tables[name] = (
            pd.DataFrame(columns, index=step_sizes)
            .melt(
                var_name=["method", "multiple", "distance"],
                value_name="remaining",
                ignore_index=False,
            )
            .rename_axis("step_size")
            .reset_index()
        )
    order = ["problem", "method", "multiple", "distance", "step_size", "remaining"]
    table = stacked(tables, "problem")[order]
    return table.assign(works=table["remaining"] <= WORKS)


def path(case: Landscape, step_sizes: Array, damping: float, schedule: Schedule) -> pd.DataFrame:
    """Follow EFGD from ``θ = 0`` with the best of some step sizes, shape ``(K,)``.

    Returns
    -------
    pandas.DataFrame
        ``step_size``, then the columns of `search.trace`.
    """
    problem = case.problem
    grid = evaluate(problem, "EFGD", step_sizes, np.full(len(step_sizes), damping), schedule)
    best = best_cell(problem, "EFGD", grid, schedule)["step_size"].item()
    run = trace(problem, "EFGD", best, damping, schedule)
    run.insert(0, "step_size", best)
    return run


def experiment(settings: Mapping[str, Any], data: Dataset) -> dict[str, pd.DataFrame]:
    """Look at updates far from the minimum of a data set and of a small problem.

    Parameters
    ----------
    settings
        The section ``scaling`` of the configuration.
    data
        The data set that it names.

    Returns
    -------
    dict
        ``steps, angles, lowest, starts, path``: the tables of these functions.
    """
    name, seed, rays = (settings[key] for key in ("dataset", "seed", "rays"))
    schedules = {use: Schedule(**each) for use, each in settings["schedules"].items()}
    distances, step_sizes = (log_axis(**settings[key]) for key in ("distances", "step_sizes"))
    runs = step_sizes, settings["damping"]
    with naming(name):
        cases = landscapes(name, modelled(data))
    return {
        "steps": steps(cases, rays["steps"], seed, distances, settings["dampings"]),
        "angles": angles(cases[name], rays["angles"], seed, distances),
        "lowest": lowest(cases[name], rays["angles"], seed, distances),
        "starts": starts(cases, settings["starts"], *runs, schedules["starts"]),
        "path": path(cases[name], *runs, schedules["path"]),
    }
