"""The ledger of §4.3 and Appendix E: updates far from the optimum of least squares.

The tables are those of `scaling`.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, tried, verdict

from .experiment import WORKS

FIGURE = "scaling"  #: where the ledger sends the reader
FAR = 10.0  #: distance from which on the loss is a hundred times the minimum's

#: Criteria. "Almost inversely proportional" is a slope on log axes that would read −1.0; NGD's is 1
#: but for rounding. "Almost opposite" is less than 26° from opposite.
SLOPE_TOLERANCE, ROUNDING = 0.1, 1e-6
OPPOSITE = -0.9  #: cosine below which directions are almost opposite
#: If every step has the size ~ γ/c, a way of length c in a fixed number of steps takes γ ~ c²; the
#: grid of step sizes is no finer than an eighth of a decade.
START_LAW, START_TOLERANCE = 2.0, 0.2
GROUPS = 10  #: of the random rays, each of which is searched for opposite directions by itself


def claims(
    steps: pd.DataFrame,
    angles: pd.DataFrame,
    lowest: pd.DataFrame,
    starts: pd.DataFrame,
    dataset: str,
) -> list[Claim]:
    """The rows of the ledger on §4.3 and Appendix E.

    Parameters
    ----------
    steps, angles, lowest, starts
        What the functions of these names in `experiment` tabulate; the second and the third are of
        the data set.
    dataset
        Its name.
    """
    fits = slopes(steps)
    found = windows(starts)
    return [
        *(_proportionality(fits, method) for method in ("EFGD", "NGD")),
        _damping(fits),
        *(_dependence(starts, found, method) for method in ("EFGD", "NGD")),
        _law(found),
        *_opposite(angles, lowest, dataset),
    ]


def slopes(table: pd.DataFrame) -> pd.DataFrame:
    """Fit the size of the update to the size of the gradient on log axes, far from the optimum.

    Returns
    -------
    pandas.DataFrame
        ``problem, method, damping, ray, slope``, the last fitted to distances of at least `FAR`.
    """
    far = table[table["distance"] >= FAR]
    groups = far.groupby(["problem", "method", "damping", "ray"], sort=False)
    fits = {key: exponent(rows["gradient_norm"], rows["step_norm"]) for key, rows in groups}
    return pd.Series(fits, name="slope").rename_axis(groups.keys).reset_index()


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


def _proportionality(fits: pd.DataFrame, method: str) -> Claim:
    """The size of the update against that of the gradient, with the lowest damping."""
    least = fits[(fits["method"] == method) & (fits["damping"] == fits["damping"].min())]
    law, tolerance = (-1, SLOPE_TOLERANCE) if method == "EFGD" else (1, ROUNDING)
    texts = {
        "EFGD": "Far from the optimum the update preconditioned by the empirical Fisher has a size "
        "almost inversely proportional to that of the gradient.",
        "NGD": "The update of NGD is proportional to the gradient along a ray, for least squares.",
    }
    digits = 2 if method == "EFGD" else 6
    ranges = "; ".join(
        f"{rows['slope'].min():.{digits}f} to {rows['slope'].max():.{digits}f} on {problem} "
        f"({len(rows)} ray{'s'[: len(rows) > 1]})"
        for problem, rows in least.groupby("problem", sort=False)
    )
    met = ((least["slope"] - law).abs() <= tolerance).groupby(least["ray"]).all()
    return Claim(
        f"scaling.update-{method}",
        "§4.3" if method == "EFGD" else "ours, beside §4.3",
        texts[method],
        f"The size of the update is that of the gradient to the power {ranges}.",
        f"A power within {tolerance} of {law} on a ray of every problem, where the loss is over "
        f"{FAR**2:.0f} times the minimum's.",
        figure=FIGURE,
        kind="claim" if method == "EFGD" else "identity",
        **tried(map(verdict, met), "the ray"),
    )


def _damping(fits: pd.DataFrame) -> Claim:
    """The same with damping."""
    own = fits[fits["method"] == "EFGD"]
    groups = own.groupby(["problem", "damping"], sort=False)["slope"]
    within = [bool(((group + 1).abs() <= SLOPE_TOLERANCE).all()) for _, group in groups]
    listed = "; ".join(
        f"{group.mean():.2f} ({problem}, damping {damping:g})"
        for (problem, damping), group in groups
    )
    return Claim(
        "scaling.update-damped",
        "ours, on §4.3",
        "Damping does not cure the inverse proportionality far from the optimum.",
        f"The size of the update is that of the gradient to the power {listed}, on average over "
        "the rays.",
        f"A power within {SLOPE_TOLERANCE} of -1 for every problem, damping and ray, where the "
        f"loss is over {FAR**2:.0f} times the minimum's.",
        verdict(*within),
        FIGURE,
        kind="ours",
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
            f"on {problem} they are {_span(near)} from a distance of {near['distance']:.2g} and "
            f"{_span(far)} from {far['distance']:.3g}, and {common} work from all starts"
        )
    texts = {
        "EFGD": "The step size that works for EFGD depends on the starting point.",
        "NGD": "The step size that works for NGD does not depend on the starting point: for least "
        "squares every step leaves the same share of the distance.",
    }
    criteria = {
        "EFGD": "From every start some step sizes of the grid work (at most {} of the excess loss "
        "is left), but none works from all starts.",
        "NGD": "From every start some step sizes of the grid work (at most {} of the excess loss "
        "is left), and the same ones work from all starts.",
    }
    return Claim(
        f"scaling.start-{method}",
        "§4.3, Appendix E, Figure 6",
        texts[method],
        f"The step sizes that work: {'; '.join(parts)}.",
        criteria[method].format(WORKS),
        verdict(*met),
        FIGURE,
        kind="claim" if method == "EFGD" else "identity",
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
        problem: float(exponent(rows["distance"], rows["lowest"]))
        for problem, rows in far.groupby("problem", sort=False)
        if len(rows) > 1
    }
    listed = ", ".join(f"{value:.2f} on {problem}" for problem, value in exponents.items())
    met = [abs(value - START_LAW) <= START_TOLERANCE for value in exponents.values()]
    return Claim(
        "scaling.start-law",
        "§4.3, Appendix E",
        "The step size has to make up for updates that shrink with the distance: to reach the "
        "minimum in a given number of steps, EFGD needs a step size that grows with the distance "
        "squared.",
        "The smallest step size that works is the distance to the power "
        f"{listed or '(none found)'}.",
        f"A power within {START_TOLERANCE} of {START_LAW:.0f}, for starts at distance {FAR:.0f} or "
        "more.",
        verdict(*met),
        FIGURE,
    )


def _opposite(directions: pd.DataFrame, lowest: pd.DataFrame, dataset: str) -> list[Claim]:
    """The directions of the two updates."""
    groups = lowest["lowest"].groupby(lowest["ray"] % GROUPS).min()
    anywhere = directions["lowest"].min()
    inner = directions["fisher_lowest"].min()
    return [
        Claim(
            "scaling.opposite",
            "§4.3",
            "The empirical Fisher can be arbitrarily far from the Fisher: the two updates can "
            f"point in almost opposite directions, also away from EFGD's path ({dataset}).",
            f"In {len(groups)} groups of {len(lowest) // len(groups)} random rays from the minimum "
            "the lowest cosine between the two updates is "
            f"{groups.min():.2f} to {groups.max():.2f}.",
            f"A cosine of at most {OPPOSITE} in a group.",
            figure=FIGURE,
            **tried(map(verdict, groups <= OPPOSITE), "the rays"),
        ),
        Claim(
            "scaling.opposite-fisher-metric",
            "ours, on §4.3",
            "Whether they are opposite depends on the units of the parameters: in the metric of "
            "the Fisher the cosine is never negative, since both are descent directions.",
            f"The lowest cosine in the metric of the Fisher is {inner:.2f}, where the Euclidean "
            f"one is negative at up to {directions['obtuse'].max():.0%} of the points at one "
            "distance.",
            "In the metric of the Fisher above 0 everywhere, the Euclidean one below 0 somewhere.",
            verdict(inner > 0, anywhere < 0),
            FIGURE,
            kind="identity",
        ),
    ]
