"""Whether Figures 1 to 3 of the paper survive other choices than the authors'.

Figure 3 is redone on a coarser grid in these variants:

====================  ============================================================
``lower_dampings``    only the dampings of the grid below their geometric middle
``upper_dampings``    the others; the two halves together are the whole grid
``undamped``          ``λ = 0`` alone, where both matrices are invertible at ``θ₀``
``standardized``      features of mean 0 and variance 1
``clipped``           probabilities clipped as by the authors
====================  ============================================================

and Figures 1 and 2 on data drawn with other seeds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from .arrays import Array
from .ledger import Claim, verdict
from .misspecification import accuracy
from .problems import Problem, linear_problem
from .search import Schedule, best_cell, cells, evaluate, trace
from .solvers import cosine, is_invertible
from .synthetic import gaussian_classes, lognormal_line
from .vector_field import flow, line_problem

DAMPINGS = ("lower_dampings", "upper_dampings", "undamped")  #: which GD does not read
#: The other choices that Figure 3 is drawn with.
VARIANTS = (*DAMPINGS, "standardized", "clipped")
SAME = 1e-6  #: relative difference of final losses that is not called one
CLOSE = 0.1  #: relative difference of final losses up to which a variant changes little
OPPOSITE = -0.5  #: cosine below which directions are called opposite (over 120 degrees)
ALONG = 0.99  #: cosine above which a field points at the minimum all over
FAR = 0.2  #: ‖EF − F‖ / ‖F‖ beyond sampling, which makes about 2 / √N = 0.06 of it with N = 1000


def standardized(inputs: Array) -> Array:
    """Shift and scale every column of ``(N, D)`` inputs to mean 0 and variance 1.

    Raises
    ------
    ValueError
        If a column is constant.
    """
    scale = inputs.std(axis=0)
    if not scale.all():
        raise ValueError("a constant feature can't be scaled to variance 1")
    return (inputs - inputs.mean(axis=0)) / scale


def variant(
    name: str,
    inputs: Array,
    targets: Array,
    task: str,
    *,
    step_sizes: Array,
    dampings: Array,
    clip: float,
    methods: Iterable[str],
    schedule: Schedule,
) -> pd.DataFrame:
    """Search the grid of every method in one of the `VARIANTS`.

    Parameters
    ----------
    name
        One of `VARIANTS`.
    inputs, targets, task
        As for `problems.linear_problem`, of shapes ``(N, D)`` and ``(N,)``; a bias is appended.
    step_sizes, dampings
        The axes of the whole coarse grid.
    clip
        The bound of the probabilities in ``clipped``.

    Returns
    -------
    pandas.DataFrame
        A row a method, ``method, step_size, damping, final_loss, minimum_cosine``: its best cell,
        without GD in variants of the dampings, and for EFGD the lowest cosine between its direction
        and the natural gradient on the way. NaN where no cell finished, or the undamped direction
        is not defined.
    """
    if name == "standardized":
        inputs = standardized(inputs)
    inputs = np.column_stack([inputs, np.ones(len(inputs))])
    problem = linear_problem(
        inputs, targets, task, probability_clip=clip if name == "clipped" else 0.0
    )
    lower = dampings < np.sqrt(dampings[0] * dampings[-1])
    levels = {
        "lower_dampings": dampings[lower],
        "upper_dampings": dampings[~lower],
        "undamped": np.zeros(1) if _has_undamped_steps(problem) else np.zeros(0),
    }.get(name, dampings)
    rows = [
        _searched(problem, method, step_sizes, None if method == "GD" else levels, schedule)
        for method in methods
        if method != "GD" or name not in DAMPINGS
    ]
    return pd.concat(rows, ignore_index=True)


def _has_undamped_steps(problem: Problem) -> bool:
    start = problem.at(np.zeros(problem.parameters))
    return bool(is_invertible(start.fisher) and is_invertible(start.empirical_fisher))


def _searched(
    problem: Problem, method: str, step_sizes: Array, dampings: Array | None, schedule: Schedule
) -> pd.DataFrame:
    """One row of `variant`."""
    # The bounds divide by the damping: without it every cell runs.
    certified = dampings is None or bool(np.all(dampings > 0))
    grid = evaluate(problem, method, *cells(step_sizes, dampings), schedule, certified=certified)
    best = best_cell(problem, method, grid, schedule).assign(minimum_cosine=np.nan)
    if method == "EFGD" and best["ties"].item():
        run = trace(problem, method, best["step_size"].item(), best["damping"].item(), schedule)
        best["minimum_cosine"] = run["cosine"].min()
    best.insert(0, "method", method)
    return best.drop(columns="ties")


def vector_fields(
    source: Mapping[str, Any], seeds: Iterable[int], settings: Mapping[str, Any], points: Array
) -> pd.DataFrame:
    """Figure 1 with other seeds: the cosine between each flow and the way to the minimum.

    Parameters
    ----------
    source
        Parameters of `synthetic.lognormal_line`, whose seed is replaced by each of ``seeds``.
    settings
        ``prior_variance, damping, scales`` of Figure 1.
    points
        Where to look, shape ``(K, 2)``.

    Returns
    -------
    pandas.DataFrame
        ``seed, method, mean_cosine, minimum_cosine`` over the points.
    """
    rows = []
    for seed in seeds:
        problem = line_problem(
            lognormal_line(**{**source, "seed": seed}), settings["prior_variance"]
        )
        way = problem.minimizer() - points
        for method, scale in settings["scales"].items():
            along = cosine(flow(problem, points, method, scale, settings["damping"]), way)
            rows.append((seed, method, np.mean(along), np.min(along)))
    return pd.DataFrame(rows, columns=["seed", "method", "mean_cosine", "minimum_cosine"])


def misspecification(
    sources: Mapping[str, Mapping[str, Any]], seeds: Sequence[int]
) -> pd.DataFrame:
    """Figure 2 with other seeds: how far the empirical Fisher is from the Fisher at the minimum.

    Parameters
    ----------
    sources
        For each problem the parameters of `synthetic.gaussian_classes`, whose seed is replaced.

    Returns
    -------
    pandas.DataFrame
        ``problem, seed, distance, accuracy``; the distance is ``‖EF − F‖ / ‖F‖`` (Frobenius).
    """
    rows = []
    for name, source in sources.items():
        for seed in seeds:
            table = gaussian_classes(**{**source, "seed": seed})
            features, target = table[["x1", "x2"]].to_numpy(), table["target"].to_numpy()
            problem = linear_problem(features, target, "binary")
            point = problem.at(problem.minimizer())
            distance = np.linalg.norm(point.empirical_fisher - point.fisher)
            rows.append((name, seed, distance / np.linalg.norm(point.fisher), accuracy(point)))
    return pd.DataFrame(rows, columns=["problem", "seed", "distance", "accuracy"])


def claims(searches: pd.DataFrame, fields: pd.DataFrame, distances: pd.DataFrame) -> list[Claim]:
    """What survives, from the tables of `variant`, `vector_fields` and `misspecification`.

    Parameters
    ----------
    searches
        The tables of `variant` under ``dataset, variant``.
    """
    best = searches.pivot(index=["variant", "dataset"], columns="method", values="final_loss")
    cosines = searches[searches["method"] == "EFGD"].set_index(["variant", "dataset"])[
        "minimum_cosine"
    ]
    whole = best.loc[["lower_dampings", "upper_dampings"]].groupby("dataset").min()
    return [
        _seed_claim_1(fields),
        _seed_claim_2(distances),
        _order_claim(
            best, "standardized", "standardized", "with standardised features (mean 0, variance 1)"
        ),
        Claim(
            "robustness.standardized-direction",
            "Figure 3, second row",
            "With standardised features, too, EFGD takes directions opposite to the natural "
            "gradient's on Boston.",
            f"lowest cosine {_listed(cosines['standardized'], '+.2f')}; with raw features and the "
            f"lower dampings {_listed(cosines['lower_dampings'], '+.2f')}",
            f"a cosine below {OPPOSITE} on Boston",
            verdict(bool(cosines["standardized", "Boston"] < OPPOSITE)),
        ),
        _order_claim(best, "lower", "lower_dampings", "tuned on the lower half of the dampings"),
        _order_claim(best, "upper", "upper_dampings", "tuned on the upper half of the dampings"),
        _undamped_claim(_ratio(best.loc["undamped"], whole)),
        _clipping_claim(_ratio(best.loc["clipped"], whole)),
    ]


def _order_claim(best: pd.DataFrame, word: str, variant: str, how: str) -> Claim:
    """EFGD does no better than NGD, data set by data set."""
    losses = best.loc[variant]
    ratio = losses["EFGD"] / losses["NGD"]
    plain = (losses.get("GD", np.nan) / losses["EFGD"]).dropna()
    beside = f"; GD's over EFGD's: {_listed(plain, '.5g')}" if len(plain) else ""
    return Claim(
        f"robustness.{word}-losses",
        "Figure 3",
        f"EFGD's final loss is not below NGD's {how}.",
        f"EFGD's over NGD's final loss: {_listed(ratio, '.5g')}{beside}",
        f"a ratio of at least 1 (to a relative {SAME:.0e}) on each data set",
        verdict(*map(bool, ratio >= 1 - SAME)),
    )


def _ratio(variant: pd.DataFrame, whole: pd.DataFrame) -> pd.Series:
    """Final losses of a variant over those of the whole grid, where both are known."""
    damped = [method for method in whole if method != "GD"]
    ratio = (variant[damped] / whole.loc[variant.index, damped]).stack().dropna()
    ratio.index = [f"{method} on {dataset}" for dataset, method in ratio.index]
    return ratio


def _undamped_claim(ratio: pd.Series) -> Claim:
    shown = [
        f"{name} {value:.2f}" if value > SAME else f"{name} below {SAME:.0e}"
        for name, value in ratio.items()
    ]
    return Claim(
        "robustness.undamped",
        "Figure 3, the range of dampings",
        "No run without any damping does better than the best damped one, so that the grid's "
        "lowest damping costs nothing.",
        f"undamped over best damped final loss: {', '.join(shown)}; elsewhere the undamped "
        "matrices are singular",
        f"a ratio of at least {1 - CLOSE} for each method on each data set",
        verdict(*map(bool, ratio >= 1 - CLOSE)),
    )


def _clipping_claim(ratio: pd.Series) -> Claim:
    return Claim(
        "robustness.clipping",
        "Figure 3, the published code",
        "The authors' clipped probabilities make no difference to Figure 3's final losses.",
        f"clipped over exact final loss: {_listed(ratio, '.3f')}",
        f"a ratio within {CLOSE} of 1 for each method on each data set",
        verdict(*map(bool, (ratio - 1).abs() <= CLOSE)),
    )


def _seed_claim_1(fields: pd.DataFrame) -> Claim:
    lowest = fields.pivot(index="seed", columns="method", values="minimum_cosine")
    natural, empirical = lowest["NGD"].min(), lowest["EFGD"]
    return Claim(
        "robustness.figure1-seeds",
        "Figure 1",
        "With other seeds, too, NGD's field points at the minimum everywhere and EFGD's points "
        "away from it somewhere.",
        f"lowest cosine to the way to the minimum, {len(lowest)} seeds: NGD {natural:.3f}, EFGD "
        f"{empirical.min():.2f} to {empirical.max():.2f}",
        f"above {ALONG} for NGD and below {OPPOSITE} for EFGD with every seed",
        verdict(bool(natural > ALONG), bool(empirical.max() < OPPOSITE)),
    )


def _seed_claim_2(distances: pd.DataFrame) -> Claim:
    ranges = distances.groupby("problem", sort=False)["distance"].agg(["min", "max"])
    [correct, *wrong] = ranges.index
    return Claim(
        "robustness.figure2-seeds",
        "Figure 2",
        "With other seeds, too, the empirical Fisher is near the Fisher at the minimum if the "
        "model is right and far from it if it is not.",
        "‖EF − F‖/‖F‖ over the seeds: "
        + ", ".join(f"{name} {low:.2f} to {high:.2f}" for name, low, high in ranges.itertuples()),
        f"below {FAR} for {correct} and above for the others, with every seed",
        verdict(bool(ranges.loc[correct, "max"] < FAR), bool(ranges.loc[wrong, "min"].min() > FAR)),
    )


def _listed(values: pd.Series, form: str) -> str:
    return ", ".join(f"{name} {value:{form}}" for name, value in values.items())
