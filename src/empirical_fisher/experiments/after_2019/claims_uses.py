"""The ledger of uses: continual learning, the generalisation gap, and rare classes."""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim

from .claims_trials import EFFECT, FIGURE, identity, judged, span

VEN = "van de Ven (2025)"
THOMAS = "Thomas, Pedregosa, van Merriënboer, Mangazol, Bengio, Le Roux (2020)"
IMBALANCE = "Kunstner, Yadav, Milligan, Schmidt, Bietti (2024)"
LABELS = ("sampled", "empirical", "likeliest", "batched")  #: whose labels, beside the exact Fisher
RIGHT = 0.15  #: the largest relative error of an estimated generalisation gap
LEARNED = 0.75  #: share of the possible progress on rare classes; less is a stall


def claims(
    continual: pd.DataFrame,
    takeuchi_trace: pd.DataFrame,
    takeuchi_gap: pd.DataFrame,
    imbalance: pd.DataFrame,
    class_curvature: pd.DataFrame,
) -> list[Claim]:
    """All claims about uses; the tables are those of `continual`, `takeuchi` and `imbalance`."""
    return [
        *_continual(continual),
        *_takeuchi(takeuchi_trace, takeuchi_gap),
        *_imbalance(imbalance, class_curvature),
    ]


def best_strengths(continual: pd.DataFrame) -> pd.DataFrame:
    """The row of each case, seed and kind of labels with the lowest mean loss of the two tasks."""
    groups = continual.groupby(["case", "seed", "labels"])["mean_loss"]
    return continual.loc[groups.idxmin()].set_index(["case", "seed", "labels"])


def _continual(continual: pd.DataFrame) -> list[Claim]:
    best = best_strengths(continual)
    loss = best["mean_loss"].unstack("labels")
    strength = best["strength"].unstack("labels")
    trace = best["trace"].unstack("labels")
    batch = continual["batch"].iloc[0]
    regular, fitted = trace.loc["regular"], trace.loc["interpolated"]
    shown = loss.groupby("case").median()
    ratio = strength["batched"] / strength["exact"]
    part = fitted["empirical"] / fitted["exact"]
    like = (fitted["likeliest"] / fitted["empirical"] - 1).abs().rename("likeliest").reset_index()
    quotient = batch * regular["batched"] / regular["empirical"]
    return [
        judged(
            "continual-labels-matter",
            "claim",
            f"{VEN}, for EWC",
            "The way in which the Fisher is computed matters for what EWC retains, even with the "
            "best strength of its penalty.",
            "median of the mean test loss of both tasks: "
            + "; ".join(
                f"{case} " + ", ".join(f"{name} {row[name]:.3f}" for name in ("exact", *LABELS))
                for case, row in shown.iterrows()
            ),
            f"for each other kind of labels a loss at least {EFFECT:.0%} above that of the exact "
            "Fisher, on both cases",
            pd.DataFrame(
                {name: loss[name] >= loss["exact"] * (1 + EFFECT) for name in LABELS}
            ).unstack("case"),
            FIGURE,
        ),
        judged(
            "continual-strength",
            "claim",
            f"{VEN}, for EWC",
            "The best strength of the penalty depends on the way by orders of magnitude.",
            "best strength with batched gradients over that with the exact Fisher: "
            f"{span(ratio.loc['regular'])} (regular), {span(ratio.loc['interpolated'])} "
            "(interpolated)",
            "at least ten times as strong with batched gradients as with the exact Fisher, on "
            "both cases",
            (ratio >= 10).unstack("case"),
            FIGURE,
        ),
        judged(
            "continual-batched",
            "ours",
            f"{VEN}, on batched gradients; ours",
            "At the minimum, squared gradients of batches are the EF divided by the size of a "
            "batch.",
            f"size times trace over that of the EF {span(quotient)}, batches of {batch}",
            "a quotient between 0.5 and 2",
            quotient.between(0.5, 2),
        ),
        judged(
            "continual-interpolation",
            "ours",
            f"{VEN}, for EWC; ours",
            "Where the first task is fitted, the EF is much smaller than the Fisher.",
            f"trace of the EF over that of the Fisher {span(part)}",
            "at most a tenth",
            part <= 0.1,
        ),
        identity(
            "continual-likeliest",
            f"{VEN}, for EWC; ours",
            "Where the first task is fitted, the most likely labels are the data's and give the "
            "EF and not the Fisher.",
            like,
            ["likeliest"],
            "the traces with the most likely labels and with the data's",
        ),
    ]


def _takeuchi(trace: pd.DataFrame, gap: pd.DataFrame) -> list[Claim]:
    largest = trace[trace["size"] == trace["size"].max()]
    relative = (largest["trace"] / largest["parameters"]).groupby(
        [largest["seed"], largest["task"]]
    )
    share = relative.first().unstack("task")
    criteria = gap.set_index(["seed", "case"])
    takeuchi = (criteria["takeuchi"] / criteria["gap"]).unstack("case")
    akaike = (criteria["akaike"] / criteria["gap"]).unstack("case")
    wrong = akaike.drop(columns="right")
    return [
        judged(
            "takeuchi-trace",
            "claim",
            f"{THOMAS}; Takeuchi (1976)",
            "If the model is right, tr(H⁻¹C) at the minimum tends to the number P of parameters.",
            f"with {largest['size'].iloc[0]} examples {span(share.stack(), '.3f')} times P",
            "within 5 % of P with the most examples, for each likelihood",
            (share - 1).abs() <= 0.05,
        ),
        judged(
            "takeuchi-gap",
            "claim",
            f"{THOMAS}; Takeuchi (1976)",
            "tr(H⁻¹C)/N, the TIC, predicts how much higher the loss is on new data, whether the "
            "model is right or wrong.",
            "TIC over the measured gap: "
            + "; ".join(f"{case} {span(takeuchi[case])}" for case in takeuchi),
            f"within {RIGHT:.0%} of the gap in each case",
            (takeuchi - 1).abs() <= RIGHT,
            FIGURE,
        ),
        judged(
            "akaike-gap",
            "claim",
            f"{THOMAS}; Akaike (1974)",
            "P/N, the AIC, predicts this gap only where the model is right.",
            "AIC over the measured gap: "
            + "; ".join(f"{case} {span(akaike[case])}" for case in akaike),
            f"within {RIGHT:.0%} of the gap where the model is right, and further off in every "
            "other case",
            pd.concat([(akaike["right"] - 1).abs() <= RIGHT, (wrong - 1).abs() > RIGHT], axis=1),
            FIGURE,
        ),
    ]


def rare_progress(imbalance: pd.DataFrame) -> pd.DataFrame:
    """What each method has learned of the rare classes once it knows the frequent ones.

    The share of the possible progress on the rare classes, at the first iterate with 90 % of that
    on the frequent ones; NaN where there is none. One row per seed, one column per method.
    """
    there = imbalance[imbalance["frequent"] >= 0.9]
    first = there.loc[there.groupby(["seed", "method"])["iteration"].idxmin()]
    seeds, methods = imbalance["seed"].unique(), imbalance["method"].unique()
    progress = first.pivot(index="seed", columns="method", values="rare")
    return progress.reindex(index=seeds, columns=methods)


def _imbalance(imbalance: pd.DataFrame, class_curvature: pd.DataFrame) -> list[Claim]:
    rare = rare_progress(imbalance)
    exponents = class_curvature.set_index("seed")

    def learns(name: str, kind: str, method: str, source: str, subject: str) -> Claim:
        return judged(
            name,
            kind,
            source,
            f"With class frequencies like Zipf's, {subject} learns the rare classes as it learns "
            "the frequent ones.",
            "at 90 % of the possible progress on the frequent half of the examples, "
            f"{span(rare[method], '.0%')} of that on the rare half",
            f"at least {LEARNED:.0%}",
            rare[method] >= LEARNED,
            FIGURE,
        )

    return [
        judged(
            "imbalance-gd-stalls",
            "claim",
            IMBALANCE,
            "With class frequencies like Zipf's, gradient descent learns the frequent classes and "
            "stalls on the rare ones.",
            "at 90 % of the possible progress on the frequent half of the examples, "
            f"{span(rare['GD'], '.0%')} of that on the rare half",
            f"less than {LEARNED:.0%}",
            rare["GD"] < LEARNED,
            FIGURE,
        ),
        learns("imbalance-ngd", "ours", "NGD", "ours", "NGD"),
        learns("imbalance-efgd", "ours", "EFGD", "ours", "EFGD"),
        learns(
            "imbalance-root",
            "claim",
            "root",
            f"{IMBALANCE}, for Adam",
            "descent preconditioned by the root of the EF's diagonal",
        ),
        judged(
            "imbalance-curvature",
            "claim",
            f"{IMBALANCE}, on gradients and Hessians",
            "Once the classes are learned, the Hessian's block of a class is proportional to the "
            "frequency of the class, which it is not at the start.",
            "trace of the block as a power of the frequency: exponent "
            f"{span(exponents['at_start'], '.2f')} at the start, "
            f"{span(exponents['at_minimum'], '.2f')} at the minimum",
            "within 0.25 of 0 at the start and within 0.25 of 1 at the minimum",
            pd.DataFrame(
                {
                    "start": exponents["at_start"].abs() <= 0.25,
                    "minimum": (exponents["at_minimum"] - 1).abs() <= 0.25,
                }
            ),
        ),
    ]
