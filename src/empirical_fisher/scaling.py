r"""§4.3: size and direction of EF-preconditioned updates far from the optimum of least squares.

Everything is seen along rays ``θ = θ* + c u`` from the minimum. The loss on a ray of least squares
is a parabola; ``u`` is scaled such that ``L(θ) = (1 + c²) L(θ*)``, which makes the distance ``c``
the same for every problem and free of the features' units. The gradient is proportional to ``c``.
So is the natural gradient, while the empirical Fisher grows with ``c²`` and the update that it
preconditions shrinks as ``1/c``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import Array
from .ledger import Claim, verdict
from .problems import Problem, linear_problem
from .search import Schedule, best_cell, evaluate, trace
from .solvers import cosine, descend, direction

FIGURE = "scaling"  #: where the ledger sends the reader
METHODS = ("NGD", "EFGD")  #: what is compared
PAIR = "TwoPoints"  #: the problem on the left of Figure 6
WORKS = 0.1  #: share of the excess loss that a run with a working step size leaves at most
FAR = 10.0  #: distance from which on the loss is a hundred times the minimum's

#: Criteria. "Almost inversely proportional" is a slope on log axes that would read −1.0; NGD's is 1
#: but for rounding. "Almost opposite" is less than 26° from opposite.
SLOPE_TOLERANCE, ROUNDING = 0.1, 1e-6
OPPOSITE = -0.9  #: cosine below which directions are almost opposite
#: If every step has the size ~ γ/c, a way of length c in a fixed number of steps takes γ ~ c²; the
#: grid of step sizes is no finer than an eighth of a decade.
START_LAW, START_TOLERANCE = 2.0, 0.2


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


def landscapes(name: str, inputs: Array, targets: Array) -> dict[str, Landscape]:
    """The smallest problem there is, from the left of Figure 6, and a data set, ``(N, D)``.

    The former is ``L ∝ (θ − ½)² + (θ + ½)²`` with the EF update ``−θ / (θ² + ¼ + λ)``, and its
    offset is 1. For the latter the offset is ``−θ*``, so that ``m = 1`` is ``θ = 0``.
    """
    pair = linear_problem(np.ones((2, 1)), np.array([0.5, -0.5]), "regression")
    problem = linear_problem(inputs, targets, "regression")
    minimum = problem.minimizer()
    return {
        PAIR: Landscape(pair, np.zeros(1), np.ones(1)),
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
    return _together(tables)


def _together(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(tables, names=["problem"]).reset_index("problem")


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Fit the size of the update to the size of the gradient on log axes, far from the optimum.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, damping, ray, slope``, the last fitted to distances of at least `FAR`.
    """
    far = table[table["distance"] >= FAR]
    groups = far.groupby(["problem", "method", "damping", "ray"], sort=False)
    fits = {
        key: np.polyfit(np.log(rows["gradient_norm"]), np.log(rows["step_norm"]), 1)[0]
        for key, rows in groups
    }
    return pd.Series(fits, name="slope").rename_axis(groups.keys).reset_index()


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


def starts(
    cases: Mapping[str, Landscape],
    multiples: Sequence[float],
    step_sizes: Array,
    damping: float,
    schedule: Schedule,
) -> pd.DataFrame:
    """Run NGD and EFGD with many step sizes from starting points ever further away (Appendix E).

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
                schedule.iterations,
                initial=case.minimum + multiple * case.offset,
                divergence_factor=schedule.divergence_factor,
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
    table = _together(tables)[order]
    return table.assign(works=table["remaining"] <= WORKS)


def windows(table: pd.DataFrame) -> pd.DataFrame:
    """Find the range of the step sizes that work.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, multiple, distance, working, lowest, highest``: how many step sizes
        work, and the range of them.
    """
    good = table["step_size"].where(table["works"])
    keys = ["problem", "method", "multiple", "distance"]
    grouped = table.assign(step_size=good).groupby(keys, sort=False)["step_size"]
    found = grouped.agg(working="count", lowest="min", highest="max")
    return found.reset_index()


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


def claims(
    updates: pd.DataFrame,
    directions: pd.DataFrame,
    runs: pd.DataFrame,
    descent: pd.DataFrame,
    dataset: str,
) -> list[Claim]:
    """The rows of the ledger on §4.3 and Appendix E.

    Parameters
    ----------
    updates, runs
        What `steps` and `starts` tabulate.
    directions, descent
        What `angles` and `path` tabulate for the data set.
    dataset
        Its name.
    """
    fits = slopes(updates)
    found = windows(runs)
    return [
        *(_proportionality(fits, method) for method in ("EFGD", "NGD")),
        _damping(fits),
        *(_dependence(runs, found, method) for method in ("EFGD", "NGD")),
        _law(found),
        *_opposite(directions, descent, dataset),
    ]


def _proportionality(fits: pd.DataFrame, method: str) -> Claim:
    """The size of the update against that of the gradient, as good as undamped."""
    least = fits[(fits["method"] == method) & (fits["damping"] == fits["damping"].min())]
    law, tolerance = (-1, SLOPE_TOLERANCE) if method == "EFGD" else (1, ROUNDING)
    texts = {
        "EFGD": "Far from the optimum the update preconditioned by the empirical Fisher has a size "
        "almost inversely proportional to that of the gradient.",
        "NGD": "The natural gradient's update is proportional to the gradient.",
    }
    digits = 2 if method == "EFGD" else 6
    ranges = "; ".join(
        f"{problem}: {rows['slope'].min():.{digits}f} to {rows['slope'].max():.{digits}f} over "
        f"{len(rows)} ray{'s'[: len(rows) > 1]}"
        for problem, rows in least.groupby("problem", sort=False)
    )
    return Claim(
        f"scaling.update-{method}",
        "§4.3",
        texts[method],
        f"slope on log axes, {ranges}",
        f"within {tolerance} of {law} on every ray, where the loss is over {FAR**2:.0f} times the "
        "minimum's",
        verdict(bool(((least["slope"] - law).abs() <= tolerance).all())),
        FIGURE,
    )


def _damping(fits: pd.DataFrame) -> Claim:
    """The same with damping."""
    own = fits[fits["method"] == "EFGD"]
    groups = own.groupby(["problem", "damping"], sort=False)["slope"]
    within = [bool(((group + 1).abs() <= SLOPE_TOLERANCE).all()) for _, group in groups]
    listed = "; ".join(
        f"{problem}, λ = {damping:g}: {group.mean():.2f}" for (problem, damping), group in groups
    )
    return Claim(
        "scaling.update-damped",
        "§4.3",
        "Damping does not cure the inverse proportionality far from the optimum.",
        f"mean slope on log axes, {listed}",
        f"within {SLOPE_TOLERANCE} of -1 for every problem, damping and ray, where the loss is "
        f"over {FAR**2:.0f} times the minimum's",
        verdict(*within),
        FIGURE,
    )


def _dependence(runs: pd.DataFrame, found: pd.DataFrame, method: str) -> Claim:
    """Which step sizes work from near and from far (Appendix E)."""
    parts, met = [], []
    for problem, rows in found[found["method"] == method].groupby("problem", sort=False):
        near, far = rows.iloc[0], rows.iloc[-1]
        mine = runs[(runs["method"] == method) & (runs["problem"] == problem)]
        everywhere = mine.groupby("step_size")["works"].all()
        common = int(everywhere.sum())
        none_missing = bool(rows["working"].all())
        expected = 0 if method == "EFGD" else rows["working"].max()
        met.append(none_missing and common == expected)
        parts.append(
            f"{problem}: {_span(near)} at distance {near['distance']:.2g}, {_span(far)} at "
            f"{far['distance']:.3g}, {common} from all starts"
        )
    texts = {
        "EFGD": "The step size that works for EFGD depends on the starting point.",
        "NGD": "The step size that works for NGD does not depend on the starting point.",
    }
    criteria = {
        "EFGD": "from every start some step size of the grid leaves at most {} of the excess loss, "
        "and none does so from all",
        "NGD": "from every start some step size of the grid leaves at most {} of the excess loss, "
        "and the same do so from all",
    }
    return Claim(
        f"scaling.start-{method}",
        "§4.3, Appendix E, Figure 6",
        texts[method],
        "working step sizes, " + "; ".join(parts),
        criteria[method].format(WORKS),
        verdict(*met),
        FIGURE,
    )


def _span(window: pd.Series) -> str:
    """The range of step sizes that work from one start."""
    if not window["working"]:
        return "none"
    return f"{window['lowest']:.2g} to {window['highest']:.2g}"


def _law(found: pd.DataFrame) -> Claim:
    """How the step size must follow the distance."""
    far = found[(found["method"] == "EFGD") & (found["distance"] >= FAR) & (found["working"] > 0)]
    exponents = {
        problem: float(np.polyfit(np.log(rows["distance"]), np.log(rows["lowest"]), 1)[0])
        for problem, rows in far.groupby("problem", sort=False)
        if len(rows) > 1
    }
    listed = ", ".join(f"{problem}: {value:.2f}" for problem, value in exponents.items())
    met = [abs(value - START_LAW) <= START_TOLERANCE for value in exponents.values()]
    return Claim(
        "scaling.start-law",
        "§4.3, Appendix E",
        "The step size has to counteract updates that shrink with the distance: to get there in a "
        "given number of steps, EFGD needs one that grows with the distance squared.",
        f"exponent of the least working step size, {listed or 'none found'}",
        f"within {START_TOLERANCE} of {START_LAW:.0f}, from starts at distance {FAR:.0f} and more",
        verdict(*met),
        FIGURE,
    )


def _opposite(directions: pd.DataFrame, descent: pd.DataFrame, dataset: str) -> list[Claim]:
    """The directions of the two updates."""
    along, anywhere = descent["cosine"].min(), directions["lowest"].min()
    inner = directions["fisher_lowest"].min()
    return [
        Claim(
            "scaling.opposite",
            "§4.3, Figure 3",
            f"On {dataset} the two preconditioned updates point in almost opposite directions.",
            f"lowest cosine {along:.2f} along EFGD's run from θ = 0 with its best step size "
            f"{descent['step_size'].iloc[0]:.3g}, {anywhere:.3f} on random rays",
            f"both at most {OPPOSITE}",
            verdict(along <= OPPOSITE, anywhere <= OPPOSITE),
            FIGURE,
        ),
        Claim(
            "scaling.opposite-fisher-metric",
            "§4.3, Figure 3",
            "They are opposite only as the parameters' units have it: in the metric of the Fisher "
            "the cosine is never negative, since both descend.",
            f"lowest cosine in the metric of the Fisher {inner:.2f}, where the Euclidean one is "
            f"negative at up to {directions['obtuse'].max():.0%} of the points at a distance",
            "above 0 everywhere, and the Euclidean one below 0 somewhere",
            verdict(inner > 0, anywhere < 0),
            FIGURE,
        ),
    ]
