"""What the paper says of Figures 1 to 6, beside what these figures show here.

The claims on Figures 3 and 5 are in `claims_optimization`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.pipeline.ledger import Claim, tried, verdict

from .claims_optimization import (
    Runs,
    count,
    favourable,
    lengths_that_change_places,
    listed,
    opposite,
    right_direction,
    settled,
    unfavourable,
    worse_updates,
)

STRAIGHT = 1e-3  #: length of a path over its chord, less one; a straight line in print
BENT = 0.05  #: the same of a path that no one would call straight
AT_MINIMUM = 0.06  #: distance in θ that can't be seen in Figure 1, 1 % of its window's width

#: The empirical Fisher is a mean over N examples; at N = 1000 its relative sampling error is a few
#: times 1/√N = 0.03. Five times that is near; what is not near even with twice as much is far.
NEAR, FAR = 0.15, 0.3
REDUCED = 0.01  #: a run has arrived once no more than this part of the initial excess loss is left
DRAW = "the draw"  #: what trials differ in


def claims(
    fit: pd.DataFrame,
    trajectories: pd.DataFrame,
    fields: pd.DataFrame,
    logistic: pd.DataFrame,
    linear: pd.DataFrame,
    line: pd.DataFrame,
    dataset: pd.DataFrame,
    figure3: Runs,
    figure5: Runs,
    orders: Mapping[str, pd.DataFrame],
    ties: Mapping[str, pd.DataFrame],
    updates: Mapping[str, pd.DataFrame],
    lengths: Mapping[str, pd.DataFrame],
) -> list[Claim]:
    """Rows of the ledger for all six figures.

    Parameters
    ----------
    fit, trajectories, fields
        Figure 1, from `vector_field`: with its own seed, and with others.
    logistic, linear
        Figures 2 and 4 with several seeds, from `misspecification`.
    line, dataset
        Figure 6, from `starting_points`.
    figure3, figure5
        Their runs. Claims about data sets or methods that were not run are left out.
    orders, ties
        For data sets of Figure 3, as `robustness.row_orders` makes them.
    updates, lengths
        For data sets of Figure 3, as `optimization.controls` makes them.
    """
    return [
        *vector_fields(fit, trajectories, fields),
        *worse_updates(fields, updates),
        accuracies(logistic),
        distances("figures.logistic-ellipses", "Figure 2", logistic, "figure2_misspecification"),
        *unfavourable("figure3", figure3, orders),
        *opposite(figure3, ties),
        *favourable(figure3, orders),
        *right_direction(figure3, orders),
        *lengths_that_change_places(lengths),
        distances("figures.linear-ellipses", "Figure 4", linear, "figure4_misspecification_linear"),
        *unfavourable("figure5", figure5, {}),
        *starts(line, dataset),
    ]


# Figure 1


def vector_fields(
    fit: pd.DataFrame, trajectories: pd.DataFrame, fields: pd.DataFrame
) -> list[Claim]:
    """Straight paths of NGD, bent ones of EFGD, and where they end."""
    drawn: dict[str, list[float]] = {}
    minimum = fit[["b", "theta"]].to_numpy()[0]
    misses: dict[str, float] = {}
    for (method, _), path in trajectories.groupby(["method", "start"], sort=False):
        points = path[["b", "theta"]].to_numpy()
        drawn.setdefault(method, []).append(detour(points))
        misses[method] = max(misses.get(method, 0.0), float(np.linalg.norm(points[-1] - minimum)))
    longest = {method: max(values) for method, values in drawn.items()}
    detours, ends = (
        fields.pivot(index="seed", columns="method", values=name) for name in ("detour", "miss")
    )
    return [
        Claim(
            id="figures.paths",
            source="Figure 1, §4.3",
            claim="On a line fitted by least squares NGD adapts to the curvature and goes straight "
            "to the minimum; the empirical Fisher distorts the field.",
            measured="In the figure the longest way round of a path is, in multiples of the "
            "straight distance between its ends and beyond it, "
            + listed({method: f"{value:.2g}" for method, value in _rounded(longest).items()})
            + f"; with {len(detours)} draws of the data it is at most "
            f"{_rounded(detours.max())['NGD']:.2g} for NGD, and for EFGD "
            f"{detours['EFGD'].min():.2g} to {detours['EFGD'].max():.2g}.",
            criterion=f"At most {STRAIGHT:g} for NGD on every path, at least {BENT:g} for EFGD on "
            "one.",
            figure="figure1_vector_fields",
            **tried(
                (
                    verdict(row["NGD"] <= STRAIGHT, row["EFGD"] >= BENT)
                    for _, row in detours.iterrows()
                ),
                DRAW,
            ),
        ),
        Claim(
            id="figures.paths-end",
            source="ours, on Figure 1",
            claim="The paths of GD and NGD that the figure shows end at the minimum.",
            measured="In the figure the largest distance between the end of a path and the minimum "
            "is, in units of the parameters, "
            + listed({method: f"{value:.2g}" for method, value in _rounded(misses).items()})
            + f"; with {len(ends)} draws of the data at most "
            + listed({name: f"{_rounded(ends.max())[name]:.2g}" for name in ("GD", "NGD")})
            + ".",
            criterion=f"At most {AT_MINIMUM:g} for GD and NGD, which can't be seen.",
            figure="figure1_vector_fields",
            kind="ours",
            **tried(
                (
                    verdict(*(row[method] <= AT_MINIMUM for method in ("GD", "NGD")))
                    for _, row in ends.iterrows()
                ),
                DRAW,
            ),
        ),
    ]


def detour(points: Array) -> float:
    """Length of a path through ``points``, shape ``(T, P)``, over that of its chord, minus one."""
    length = np.linalg.norm(np.diff(points, axis=0), axis=-1).sum()
    return float(length / np.linalg.norm(points[-1] - points[0]) - 1)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Numbers to six decimals: smaller differences are rounding, and depend on the machine."""
    return {str(name): abs(round(value, 6)) for name, value in values.items()}


# Figures 2 and 4


def accuracies(trials: pd.DataFrame) -> Claim:
    """Well-performing models need not be well specified."""
    found = 100 * trials.pivot(index="seed", columns="problem", values="accuracy")
    wrong = found.drop(columns="correct")
    ranges = {
        str(name): f"{values.iloc[0]:.1f} % ({values.min():.1f} to {values.max():.1f} %)"
        for name, values in found.items()
    }
    return Claim(
        id="figures.accuracies",
        source="Figure 2, caption",
        claim="The misspecified models classify at least 85 % correctly, the well-specified one "
        "73 %: a model that performs well need not be well specified.",
        measured=f"In the figure, and in brackets over {len(found)} draws of the data: "
        f"{listed(ranges)}.",
        criterion="The correct model rounds to 73 %, the others have at least 85 %.",
        figure="figure2_misspecification",
        **tried(
            (
                verdict(round(row["correct"]) == 73, *(wrong.loc[seed] >= 85))
                for seed, row in found.iterrows()
            ),
            DRAW,
        ),
    )


def distances(id: str, source: str, trials: pd.DataFrame, figure: str) -> Claim:
    """The empirical Fisher is near the Fisher if the model is right, and not otherwise."""
    found = trials.pivot(index="seed", columns="problem", values="distance")
    wrong = found.drop(columns="correct")
    ranges = {
        str(name): f"{values.min():.3f} to {values.max():.3f}" for name, values in found.items()
    }
    return Claim(
        id=id,
        source=source,
        claim="At the minimum the empirical Fisher is a good approximation of the Fisher if the "
        "model is well specified, and can be far off if it is not.",
        measured="The norm of their difference, in multiples of the Fisher's norm, over "
        f"{len(found)} draws of the data: {listed(ranges)}.",
        criterion=f"At most {NEAR:g} for the correct model, at least {FAR:g} for the others.",
        figure=figure,
        **tried(
            (
                verdict(row["correct"] <= NEAR, *(wrong.loc[seed] >= FAR))
                for seed, row in found.iterrows()
            ),
            DRAW,
        ),
    )


# Figure 6


def starts(line: pd.DataFrame, dataset: pd.DataFrame) -> Iterator[Claim]:
    """Where it starts decides how fast EFGD is, not how fast NGD is."""
    for name, shown, table in (("line", "left", line), ("dataset", "right", dataset)):
        needed = arrivals(table)
        if not {"NGD", "EFGD"} <= needed.keys():
            continue
        natural, empirical = needed["NGD"], needed["EFGD"]
        yield Claim(
            id=f"figures.starting-points-{name}",
            source=f"Figure 6, {shown}, §4.3",
            claim="How fast EFGD is at a given step size depends on the starting point; how fast "
            "NGD is does not.",
            measured=f"Iterations until the excess loss stays below {REDUCED:.0%} of the initial "
            f"one, from the starts {', '.join(f'{start:g}' for start in natural)}: NGD "
            f"{', '.join(map(count, natural.values()))}; EFGD "
            f"{', '.join(map(count, empirical.values()))}.",
            criterion="NGD needs the same number from every start, EFGD at least twice as many "
            "from one start as from another.",
            holds=verdict(
                len(set(natural.values())) == 1 and max(natural.values()) < np.inf,
                max(empirical.values()) >= 2 * min(empirical.values()) < np.inf,
            ),
            figure="figure6_starting_points",
        )


def arrivals(table: pd.DataFrame) -> dict[str, dict[float, float]]:
    """Iterations from each start until the excess loss stays below `REDUCED` of the initial."""
    found: dict[str, dict[float, float]] = {}
    for (method, start), run in table.groupby(["method", "start"], sort=False):
        excess = run["excess"].to_numpy()
        found.setdefault(method, {})[start] = settled(excess <= REDUCED * excess[0])
    return found
