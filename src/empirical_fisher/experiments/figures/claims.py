"""What the paper says of Figures 1 to 6, beside what these figures show here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from empirical_fisher.arrays import Array
from empirical_fisher.norms import relative_distance
from empirical_fisher.pipeline.ledger import Claim, verdict

Runs = Mapping[str, Mapping[str, pd.DataFrame]]
"""For each data set and method the table that `search.trace` makes."""

STRAIGHT = 1e-3  #: length of a path over its chord, less one; a straight line in print
BENT = 0.05  #: the same of a path that no one would call straight
AT_MINIMUM = 0.06  #: distance in θ that can't be seen in Figure 1, 1 % of its window's width

#: The empirical Fisher is a mean over N examples; at N = 1000 its relative sampling error is a few
#: times 1/√N = 0.03. Five times that is near; what is not near even with twice as much is far.
NEAR, FAR = 0.15, 0.3

ROUNDING = 1e-12  #: relative difference of losses that a hundred steps of rounding make
CLOSE = 0.01  #: a loss is as good as another if it is within 1 %, as in results/sensitivity.csv
ALIGNED = np.cos(np.pi / 6)  #: directions within 30° point the same way; from 150° on, opposite
REDUCED = 0.01  #: a run has arrived once no more than this part of the initial excess loss is left

# Runs of EFGD pass the minimum and climb again, so what counts is when a loss is low for good.


def claims(
    fit: pd.DataFrame,
    trajectories: pd.DataFrame,
    logistic: pd.DataFrame,
    linear: pd.DataFrame,
    line: pd.DataFrame,
    dataset: pd.DataFrame,
    figure3: Runs,
    figure5: Runs,
) -> list[Claim]:
    """Rows of the ledger for all six figures.

    Parameters
    ----------
    fit, trajectories
        Figure 1, from `vector_field`.
    logistic, linear
        Figures 2 and 4: the summaries of `misspecification`, with a column ``problem``.
    line, dataset
        Figure 6, from `starting_points`.
    figure3, figure5
        Their runs. Claims about data sets or methods that were not run are left out.
    """
    return [
        *vector_fields(fit, trajectories),
        accuracies(logistic),
        distances("figures.logistic-ellipses", "Figure 2", logistic, "figure2_misspecification"),
        *unfavourable("figure3", figure3),
        *particular(figure3),
        distances("figures.linear-ellipses", "Figure 4", linear, "figure4_misspecification_linear"),
        *unfavourable("figure5", figure5),
        *starts(line, dataset),
    ]


# Figure 1


def vector_fields(fit: pd.DataFrame, trajectories: pd.DataFrame) -> list[Claim]:
    """Straight paths of NGD, bent ones of EFGD, and where they end."""
    detours: dict[str, list[float]] = {}
    misses: dict[str, float] = {}
    minimum = fit[["b", "theta"]].to_numpy()[0]
    for (method, _), path in trajectories.groupby(["method", "start"], sort=False):
        points = path[["b", "theta"]].to_numpy()
        detours.setdefault(method, []).append(detour(points))
        misses[method] = max(misses.get(method, 0.0), float(np.linalg.norm(points[-1] - minimum)))
    longest = {method: max(values) for method, values in detours.items()}
    return [
        Claim(
            id="figures.paths",
            source="Figure 1, §4.3",
            claim="On a line fitted by least squares NGD adapts to the curvature and goes straight "
            "to the minimum; the empirical Fisher distorts the field.",
            measured="largest excess of a path's length over the straight distance between its "
            "ends, relative to that distance: "
            + _listed({method: f"{value:.2g}" for method, value in _rounded(longest).items()}),
            criterion=f"NGD at most {STRAIGHT:g} on every path, EFGD at least {BENT:g} on one",
            holds=verdict(longest["NGD"] <= STRAIGHT, longest["EFGD"] >= BENT),
            figure="figure1_vector_fields",
        ),
        Claim(
            id="figures.paths-end",
            source="Figure 1",
            claim="The paths of GD and NGD end at the minimum.",
            measured="largest distance between the end of a path and the minimum: "
            + _listed({method: f"{value:.2g}" for method, value in _rounded(misses).items()}),
            criterion=f"GD and NGD at most {AT_MINIMUM:g}",
            holds=verdict(misses["GD"] <= AT_MINIMUM, misses["NGD"] <= AT_MINIMUM),
            figure="figure1_vector_fields",
        ),
    ]


def detour(points: Array) -> float:
    """Length of a path through ``points``, shape ``(T, P)``, over that of its chord, minus one."""
    length = np.linalg.norm(np.diff(points, axis=0), axis=-1).sum()
    return float(length / np.linalg.norm(points[-1] - points[0]) - 1)


def _rounded(values: Mapping[str, float]) -> dict[str, float]:
    """Numbers to six decimals: smaller differences are rounding, and depend on the machine."""
    return {name: abs(round(value, 6)) for name, value in values.items()}


# Figures 2 and 4


def accuracies(summary: pd.DataFrame) -> Claim:
    """Well-performing models need not be well specified."""
    found = summary.set_index("problem")["accuracy"]
    wrong = found.drop("correct")
    return Claim(
        id="figures.accuracies",
        source="Figure 2, caption",
        claim="The misspecified models classify at least 85 % correctly, the well-specified one "
        "73 %: a model that performs well need not be well specified.",
        measured=_listed({problem: f"{100 * value:.1f} %" for problem, value in found.items()}),
        criterion="the correct model rounds to 73 %, the others have at least 85 %",
        holds=verdict(round(100 * found["correct"]) == 73, *(wrong >= 0.85)),
        figure="figure2_misspecification",
    )


def distances(id: str, source: str, summary: pd.DataFrame, figure: str) -> Claim:
    """The empirical Fisher is near the Fisher if the model is right, and not otherwise."""
    found = {row["problem"]: distance(row) for _, row in summary.iterrows()}
    wrong = [value for problem, value in found.items() if problem != "correct"]
    return Claim(
        id=id,
        source=source,
        claim="At the minimum the empirical Fisher is a good approximation of the Fisher if the "
        "model is well specified, and can be far off if it is not.",
        measured="relative Frobenius distance: "
        + _listed({problem: f"{value:.3f}" for problem, value in found.items()}),
        criterion=f"at most {NEAR:g} for the correct model, at least {FAR:g} for the others",
        holds=verdict(found["correct"] <= NEAR, *(value >= FAR for value in wrong)),
        figure=figure,
    )


def distance(row: pd.Series) -> float:
    """``‖EF − F‖ / ‖F‖`` in the Frobenius norm, from a row of `misspecification.summary`."""
    fisher, empirical = (
        row[[f"{name}_{entry}" for entry in ("11", "12", "12", "22")]].to_numpy(dtype=float)
        for name in ("fisher", "empirical_fisher")
    )
    return float(relative_distance(empirical, fisher))


# Figures 3 and 5


#: The figures of optimisation, by their rules.
FIGURES = {"figure3": "figure3_optimization", "figure5": "figure5_optimization_appendix"}


def unfavourable(figure: str, runs: Runs) -> Iterator[Claim]:
    """EFGD ends above NGD and takes longer, on every data set where both were run."""
    both = {name: methods for name, methods in runs.items() if {"NGD", "EFGD"} <= methods.keys()}
    if not both:
        return
    number = figure.removeprefix("figure")
    excess = {name: ending_excess(methods) for name, methods in both.items()}
    yield Claim(
        id=f"figures.{figure}-final-loss",
        source=f"Figure {number}, §4.3",
        claim="Preconditioning with the empirical Fisher compares unfavourably to NGD: at its best "
        "step size and damping EFGD ends with the higher loss.",
        measured="relative excess of EFGD's final loss over NGD's: "
        + _listed({name: _beyond_rounding(value) for name, value in excess.items()}),
        criterion=f"more than {ROUNDING:g} (less is rounding) on every data set",
        holds=verdict(*(value > ROUNDING for value in excess.values())),
        figure=FIGURES[figure],
    )
    needed = {name: iterations_needed(methods) for name, methods in both.items()}
    yield Claim(
        id=f"figures.{figure}-speed",
        source=f"Figure {number}, §4.3",
        claim="Preconditioning with the empirical Fisher compares unfavourably to NGD: at its best "
        "step size and damping EFGD needs more iterations.",
        measured=f"iterations until the loss is within {CLOSE:.0%} of the lowest of either method "
        "and stays there, NGD and EFGD: "
        + _listed(
            {
                name: f"{_count(counts['NGD'])} and {_count(counts['EFGD'])}"
                for name, counts in needed.items()
            }
        ),
        criterion="EFGD needs more than NGD on every data set",
        holds=verdict(*(counts["EFGD"] > counts["NGD"] for counts in needed.values())),
        figure=FIGURES[figure],
    )


def particular(runs: Runs) -> Iterator[Claim]:
    """What the paper says of single data sets of Figure 3."""
    claims = {"Boston": opposite, "a1a": favourable, "BreastCancer": right_direction}
    for name, claim in claims.items():
        if {"NGD", "EFGD"} <= runs.get(name, {}).keys():
            yield from claim(runs[name])


def opposite(methods: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """Boston: the empirical Fisher can turn the direction around."""
    cosine = methods["EFGD"]["cosine"]
    yield Claim(
        id="figures.boston-opposite",
        source="Figure 3, §4.3",
        claim="On Boston EFGD's update and the natural gradient point in almost opposite "
        "directions.",
        measured=f"lowest cosine {cosine.min():.2f}, negative in {(cosine < 0).sum()} of "
        f"{cosine.notna().sum()} iterates",
        criterion=f"lowest cosine at most {-ALIGNED:.3f}: within 30° of opposite",
        holds=verdict(cosine.min() <= -ALIGNED),
        figure=FIGURES["figure3"],
    )


def favourable(methods: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """a1a: the empirical Fisher can be a good approximation."""
    excess, needed = ending_excess(methods), iterations_needed(methods)
    cosine = methods["EFGD"]["cosine"]
    yield Claim(
        id="figures.a1a-good",
        source="Figure 3, caption",
        claim="On a1a the empirical Fisher is a good approximation for preconditioning.",
        measured=f"EFGD's final loss is above NGD's by a relative {excess:.1g}; iterations until "
        f"the loss is within {CLOSE:.0%} of the lowest and stays there: EFGD "
        f"{_count(needed['EFGD'])}, NGD {_count(needed['NGD'])}; lowest cosine {cosine.min():.2f}",
        criterion=f"EFGD's final loss is above NGD's by at most a relative {CLOSE:g}, and EFGD "
        f"comes within {CLOSE:.0%} of the lowest loss and stays there after at most twice as many "
        "iterations",
        holds=verdict(excess <= CLOSE, needed["EFGD"] <= 2 * needed["NGD"] < np.inf),
        figure=FIGURES["figure3"],
    )


def right_direction(methods: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """BreastCancer: a right direction is not enough."""
    ends = {method: table["loss"].iloc[-1] for method, table in methods.items()}
    cosine = methods["EFGD"]["cosine"].median()
    yield Claim(
        id="figures.breastcancer-magnitude",
        source="Figure 3, caption",
        claim="Even when the direction is correct, the magnitude of the steps can lead to poor "
        "performance: BreastCancer.",
        measured=f"median cosine {cosine:.2f}; EFGD ends at {ends['EFGD'] / ends['NGD']:.3g} times "
        "the loss of NGD",
        criterion=f"median cosine at least {ALIGNED:.3f}, within 30°; EFGD ends at more than twice "
        "the loss of NGD",
        holds=verdict(cosine >= ALIGNED, ends["EFGD"] > 2 * ends["NGD"]),
        figure=FIGURES["figure3"],
    )
    yield Claim(
        id="figures.breastcancer-final-loss",
        source="Figure 3",
        claim="On BreastCancer NGD ends at a loss of 5.04e-4 (exact arithmetic).",
        measured=f"{ends['NGD']:.3g}",
        criterion="the same to three digits",
        holds=verdict(f"{ends['NGD']:.2e}" == "5.04e-04"),
        figure=FIGURES["figure3"],
    )


def ending_excess(methods: Mapping[str, pd.DataFrame]) -> float:
    """How far EFGD's final loss is above NGD's, relative to NGD's."""
    natural, empirical = (methods[method]["loss"].iloc[-1] for method in ("NGD", "EFGD"))
    return float((empirical - natural) / natural)


def iterations_needed(methods: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Iterations until NGD and EFGD come within `CLOSE` of the lowest loss and stay there."""
    losses = {method: methods[method]["loss"].to_numpy() for method in ("NGD", "EFGD")}
    lowest = min(np.nanmin(loss) for loss in losses.values())
    return {method: settled(loss <= (1 + CLOSE) * lowest) for method, loss in losses.items()}


def settled(low: np.ndarray) -> float:
    """Index from which on all entries ``(T,)`` are true, infinity if the last is not."""
    since = int(np.argmin(low[::-1])) if not np.all(low) else len(low)
    return float(len(low) - since) if since else np.inf


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
            measured=f"iterations until the excess loss is at most {REDUCED:.0%} of the initial "
            f"one and stays so, from {', '.join(f'{start:g}' for start in natural)}: NGD "
            f"{', '.join(map(_count, natural.values()))}; EFGD "
            f"{', '.join(map(_count, empirical.values()))}",
            criterion="NGD needs the same number from every start, EFGD at least twice as many "
            "from one start as from another",
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


def _beyond_rounding(value: float) -> str:
    return f"{value:.2g}" if abs(value) > ROUNDING else "0 (rounding)"


def _count(iterations: float) -> str:
    return "never" if np.isinf(iterations) else f"{iterations:.0f}"


def _listed(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {value}" for name, value in values.items())
