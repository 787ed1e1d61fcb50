"""What the paper says of Figures 3 and 5, beside what these figures show here.

Their data are given, and chance has a part in them only where rounding decides: which order the
rows are in, and which of the cells that tie is followed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict

Runs = Mapping[str, Mapping[str, pd.DataFrame]]
"""For each data set and method the table that `search.trace` makes."""

HIGHER = 0.01  #: a loss is higher than another if it is so by 1 %, as in results/sensitivity.csv
ALIGNED = np.cos(np.pi / 6)  #: directions within 30° point the same way; from 150° on, opposite
#: The figures of optimisation, by their rules.
FIGURES = {"figure3": "figure3_optimization", "figure5": "figure5_optimization_appendix"}
ORDER, DRAW = "the order of the rows", "the draw"  #: what trials differ in
PAIR = ("NGD", "EFGD")

# Runs of EFGD pass the minimum and climb again, so what counts is when a loss is low for good.


def outcome(methods: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What counts of the runs of NGD and EFGD: ``final_loss, needed, median_cosine``, by method."""
    lowest = min(methods[method]["loss"].iloc[-1] for method in PAIR)
    return pd.DataFrame(
        {
            method: {
                "final_loss": methods[method]["loss"].iloc[-1],
                "needed": settled(methods[method]["loss"].to_numpy() <= (1 + HIGHER) * lowest),
                "median_cosine": methods[method]["cosine"].median(),
            }
            for method in PAIR
        }
    ).T


def outcomes(runs: Runs, orders: Mapping[str, pd.DataFrame]) -> list[dict[str, pd.DataFrame]]:
    """`outcome` of all data sets that have both methods, for each order of the rows.

    There are as many trials as every data set with other orders has. A data set without is in each
    of them as it is in the file.
    """
    both = {name: outcome(each) for name, each in runs.items() if {*PAIR} <= each.keys()}
    tables = {
        name: orders[name][orders[name]["method"].isin(PAIR)] for name in both if name in orders
    }
    if not tables:
        return [both] if both else []
    last = max(runs[name]["NGD"]["iteration"].iloc[-1] for name in tables)
    common = sorted(set.intersection(*(set(table["seed"]) for table in tables.values())))
    trials = []
    for seed in common:
        again = {
            name: table[table["seed"] == seed].set_index("method") for name, table in tables.items()
        }
        for table in again.values():
            table["needed"] = table["needed"].where(table["needed"] <= last, np.inf)
        trials.append({**both, **again})
    return trials


def _ranges(
    trials: list[dict[str, pd.DataFrame]], name: str, measure: Callable[[pd.DataFrame], float]
) -> str:
    """The lowest and highest value of a measure of one data set over the trials."""
    values = [measure(trial[name]) for trial in trials]
    ends = [f"{value:.2g}" for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def excess(table: pd.DataFrame) -> float:
    """How far EFGD's final loss is above NGD's, relative to NGD's; rounding is zero."""
    losses = table["final_loss"]
    value = float(losses["EFGD"] / losses["NGD"] - 1)
    return value if abs(value) > 1e-6 else 0.0


def unfavourable(figure: str, runs: Runs, orders: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """EFGD ends above NGD and takes longer, on every data set where both were run."""
    trials = outcomes(runs, orders)
    if not trials:
        return
    number = figure.removeprefix("figure")
    names = list(trials[0])
    yield Claim(
        id=f"figures.{figure}-final-loss",
        source=f"Figure {number}, §4.3",
        claim="Preconditioning with the empirical Fisher compares unfavourably to NGD: at its best "
        "step size and damping EFGD ends with the higher loss.",
        measured="EFGD's final loss exceeds NGD's, relative to NGD's, by "
        + listed({name: _ranges(trials, name, excess) for name in names})
        + ".",
        criterion=f"By at least {HIGHER:g} on every data set.",
        figure=FIGURES[figure],
        **tried(
            (verdict(*(excess(table) >= HIGHER for table in trial.values())) for trial in trials),
            ORDER,
        ),
    )
    yield Claim(
        id=f"figures.{figure}-speed",
        source=f"Figure {number}, §4.3",
        claim="Preconditioning with the empirical Fisher compares unfavourably to NGD: at its best "
        "step size and damping EFGD needs more iterations.",
        measured=f"Iterations until the loss stays within {HIGHER:.0%} of the lowest that either "
        "method ends at, NGD and EFGD: "
        + listed(
            {name: " and ".join(_spans(trials, name, method) for method in PAIR) for name in names}
        )
        + ".",
        criterion="EFGD needs more than NGD on every data set.",
        figure=FIGURES[figure],
        **tried(
            (
                verdict(
                    *(
                        bool(table.loc["EFGD", "needed"] > table.loc["NGD", "needed"])
                        for table in trial.values()
                    )
                )
                for trial in trials
            ),
            ORDER,
        ),
    )


def _spans(trials: list[dict[str, pd.DataFrame]], name: str, method: str) -> str:
    """The range of the iterations that a method needs on a data set."""
    values = [trial[name].loc[method, "needed"] for trial in trials]
    ends = [count(value) for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def opposite(runs: Runs, ties: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """Boston: the empirical Fisher can turn the direction around."""
    if not {*PAIR} <= runs.get("Boston", {}).keys():
        return
    cosines = runs["Boston"]["EFGD"]["cosine"]
    lowest = ties["Boston"]["minimum_cosine"] if "Boston" in ties else pd.Series([cosines.min()])
    yield Claim(
        id="figures.boston-opposite",
        source="Figure 3, §4.3",
        claim="On Boston EFGD's update and the natural gradient point in almost opposite "
        "directions.",
        measured="The lowest cosine between the two along the run that the figure shows is "
        f"{cosines.min():.2f}, and it is negative in {(cosines < 0).sum()} of "
        f"{cosines.notna().sum()} iterates; of the {len(lowest)} best cells, whose final losses "
        f"are the same but for rounding, the lowest is {lowest.min():.2f} to {lowest.max():.2f}.",
        criterion=f"The lowest cosine is at most {-ALIGNED:.3f}: within 30° of opposite.",
        figure=FIGURES["figure3"],
        **tried(map(verdict, lowest <= -ALIGNED), "which of the cells that tie is followed"),
    )


def favourable(runs: Runs, orders: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """a1a: the empirical Fisher can be a good approximation."""
    if not {*PAIR} <= runs.get("a1a", {}).keys():
        return
    trials = outcomes({"a1a": runs["a1a"]}, orders)
    met = [
        (
            excess(trial["a1a"]) <= HIGHER,
            bool(
                trial["a1a"].loc["EFGD", "needed"] <= 2 * trial["a1a"].loc["NGD", "needed"] < np.inf
            ),
        )
        for trial in trials
    ]
    yield Claim(
        id="figures.a1a-good",
        source="Figure 3, caption",
        claim="On a1a the empirical Fisher is a good approximation for preconditioning.",
        measured="EFGD's final loss exceeds NGD's, relative to NGD's, by "
        f"{_ranges(trials, 'a1a', excess)}; iterations until the loss stays within {HIGHER:.0%} of "
        f"the lowest: EFGD {_spans(trials, 'a1a', 'EFGD')}, NGD {_spans(trials, 'a1a', 'NGD')}.",
        criterion=f"By at most {HIGHER:g}, and EFGD needs at most twice as many iterations.",
        figure=FIGURES["figure3"],
        **tried((verdict(*each) for each in met), ORDER),
    )


def right_direction(runs: Runs, orders: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """BreastCancer: a right direction is not enough."""
    if not {*PAIR} <= runs.get("BreastCancer", {}).keys():
        return
    trials = [
        each["BreastCancer"] for each in outcomes({"BreastCancer": runs["BreastCancer"]}, orders)
    ]
    cosines = [table.loc["EFGD", "median_cosine"] for table in trials]
    ratios = [table.loc["EFGD", "final_loss"] / table.loc["NGD", "final_loss"] for table in trials]
    natural = [table.loc["NGD", "final_loss"] for table in trials]
    yield Claim(
        id="figures.breastcancer-magnitude",
        source="Figure 3, caption",
        claim="Even when the direction is correct, the magnitude of the steps can lead to poor "
        "performance: BreastCancer.",
        measured="The median cosine between EFGD's update and the natural gradient is "
        f"{min(cosines):.2f} to {max(cosines):.2f}, and EFGD ends at {min(ratios):.3g} to "
        f"{max(ratios):.3g} times the loss of NGD.",
        criterion=f"A median cosine of at least {ALIGNED:.3f}, within 30°, and more than twice the "
        "loss of NGD.",
        figure=FIGURES["figure3"],
        **tried(
            (
                verdict(cosine >= ALIGNED, ratio > 2)
                for cosine, ratio in zip(cosines, ratios, strict=True)
            ),
            ORDER,
        ),
    )
    yield Claim(
        id="figures.breastcancer-final-loss",
        source="ours, on Figure 3",
        claim="On BreastCancer NGD ends at a loss of 5.04e-4 in exact arithmetic of probabilities.",
        measured=f"NGD ends at a loss of {min(natural):.4g} to {max(natural):.4g}.",
        criterion="The same to three digits.",
        figure=FIGURES["figure3"],
        kind="ours",
        **tried((verdict(f"{loss:.2e}" == "5.04e-04") for loss in natural), ORDER),
    )


def lengths_that_change_places(lengths: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """BreastCancer: what is left of EFGD's loss with other lengths and other directions."""
    if "BreastCancer" not in lengths:
        return
    table = lengths["BreastCancer"]
    losses = table.assign(order=table["order"].fillna(-1)).pivot(
        index="order", columns="run", values="final_loss"
    )
    borrowed = losses["EFGD's lengths"]
    searched = losses["line search"]
    yield Claim(
        id="figures.breastcancer-lengths",
        source="ours, on Figure 3's caption",
        claim="On BreastCancer the lengths of EFGD's steps explain its loss: along NGD's "
        "directions they do as badly.",
        measured="NGD's directions with the lengths of EFGD's steps end at a loss of "
        f"{borrowed.min():.4f} to {borrowed.max():.4f}; EFGD ends at {losses['EFGD'].min():.4f} to "
        f"{losses['EFGD'].max():.4f}, NGD at {losses['NGD'].max():.4f}.",
        criterion="At no less than half of EFGD's loss, and more than twice that of NGD.",
        kind="ours",
        **tried(
            (
                verdict(
                    row["EFGD's lengths"] >= row["EFGD"] / 2, row["EFGD's lengths"] > 2 * row["NGD"]
                )
                for _, row in losses.iterrows()
            ),
            ORDER,
        ),
    )
    yield Claim(
        id="figures.breastcancer-line-search",
        source="ours, on Figure 3's caption",
        claim="Better lengths repair EFGD on BreastCancer: with a line search at every step it "
        "comes near the loss of NGD.",
        measured=f"EFGD with a line search ends at a loss of {searched.min():.4f} to "
        f"{searched.max():.4f}; NGD at {losses['NGD'].max():.4f}.",
        criterion="At no more than twice the loss of NGD.",
        kind="ours",
        **tried(map(verdict, searched <= 2 * losses["NGD"]), ORDER),
    )


def worse_updates(fields: pd.DataFrame, updates: Mapping[str, pd.DataFrame]) -> Iterator[Claim]:
    """§1: whether single updates of EFGD are worse than those of gradient descent."""
    shares = fields[fields["method"] == "EFGD"].set_index("seed")["worse_than_gd"]
    yield Claim(
        id="figures.worse-updates-field",
        source="§1, Figure 1",
        claim="The empirical Fisher distorts the field in a way that leads to worse updates than "
        "gradient descent: on the line of Figure 1.",
        measured="The best step along EFGD's direction lowers the loss less than the best step "
        f"along the gradient at {shares.min():.0%} to {shares.max():.0%} of the figure's arrows, "
        "by the draw of the data.",
        criterion="At more than half of the arrows.",
        figure="figure1_vector_fields",
        **tried(map(verdict, shares > 0.5), DRAW),
    )
    parts, met = [], []
    for name, table in updates.items():
        if not {"GD", "EFGD"} <= {*table}:
            continue
        own = table[table["path"].isin(["GD", "EFGD"])]
        worse = (own["EFGD"] < own["GD"]).groupby(own["path"], sort=False).mean()
        met += [bool(share > 0.5) for share in worse]
        parts.append(f"{name} {worse['GD']:.0%} and {worse['EFGD']:.0%}")
    if parts:
        yield Claim(
            id="figures.worse-updates",
            source="§1, Figure 3",
            claim="The empirical Fisher leads to worse updates than gradient descent: on the data "
            "sets of Figure 3.",
            measured="The best step along EFGD's direction lowers the loss, to second order, less "
            "than the best step along the gradient at this share of the iterates on the path of GD "
            f"and on that of EFGD: {', '.join(parts)}.",
            criterion="At more than half of the iterates of both paths on every data set.",
            figure=FIGURES["figure3"],
            holds=verdict(*met),
        )


def settled(low: np.ndarray) -> float:
    """Index from which on all entries ``(T,)`` are true, infinity if the last is not."""
    since = int(np.argmin(low[::-1])) if not np.all(low) else len(low)
    return float(len(low) - since) if since else np.inf


def count(iterations: float) -> str:
    """Iterations, for people."""
    return "never" if np.isinf(iterations) else f"{iterations:.0f}"


def listed(values: Mapping[str, str]) -> str:
    """Names with what is said of each."""
    return ", ".join(f"{name} {value}" for name, value in values.items())
