"""The ledger of Appendix B and §6: the Fisher by one sample of every example's prediction.

The tables are those of `monte_carlo`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, verdict
from empirical_fisher.pipeline.tables import stacked

FIGURE = "monte_carlo"  #: where the ledger sends the reader
BIAS = 3.0  #: standard errors; the mean of unbiased draws is hardly ever this far from the Fisher
CLOSE = 0.01  #: a loss is as good as another if it is within 1 %, as in results/sensitivity.csv
SLOPE = 0.1  #: distance from −1/2 that some tens of repetitions leave to chance


def claims(
    by_samples: pd.DataFrame,
    overall: pd.DataFrame,
    costs: pd.DataFrame,
    ends: Mapping[str, pd.DataFrame],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
) -> list[Claim]:
    """What the tables say of the one-sample Fisher.

    Parameters
    ----------
    by_samples, overall
        As `monte_carlo.errors` tabulates them, with a column ``dataset``.
    costs
        As `monte_carlo.costs` tabulates them, with a column ``task``.
    ends
        For each data set what `experiment.experiment` tabulates.
    cells
        For each data set the best cells of NGD and EFGD.
    """
    runs = stacked(ends, "dataset")
    best = pd.concat([cell for methods in cells.values() for cell in methods.values()])
    distance = overall["error"] / overall["expected"]
    slopes = np.array(
        [
            exponent(table["samples"], table["error"])
            for _, table in by_samples.groupby("dataset", sort=False)
        ]
    )
    ratios = {}
    for purpose in ("matrix", "step"):
        table = costs[costs["needed_for"] == purpose].pivot(
            index="task", columns="matrix", values="gradients"
        )
        ratios[purpose] = table.div(table["empirical_fisher"], axis=0)
    sampled = {purpose: ratio["sampled_fisher"] for purpose, ratio in ratios.items()}
    exact = ratios["matrix"]["fisher"]
    return [
        Claim(
            "monte_carlo.unbiased",
            "§6, Appendix B",
            "Replacing the expectation over y by one sample gives an unbiased estimate of the "
            "Fisher.",
            f"the relative distance between F and the mean of {overall['draws'].iloc[0]} draws is "
            f"{overall['error'].max():.1g}, which is {distance.max():.2f} times the one expected "
            "of unbiased draws with this variance; that of the empirical Fisher is "
            f"{overall['empirical_fisher_from_fisher'].max():.2g}",
            f"at most {BIAS:g} times the expected distance",
            verdict(*(distance <= BIAS)),
            FIGURE,
        ),
        Claim(
            "monte_carlo.rate",
            "§6, Appendix B",
            "The error of the mean of S samples falls as 1/√S.",
            f"slopes on log axes {', '.join(f'{each:.2f}' for each in slopes)}",
            f"slopes within {SLOPE} of −1/2",
            verdict(*(np.abs(slopes + 0.5) <= SLOPE)),
            FIGURE,
        ),
        Claim(
            "monte_carlo.cost",
            "§6, Appendix B",
            "The one-sample Fisher costs what the empirical Fisher costs.",
            f"{sampled['matrix'].max():g} times as many gradients of examples, and one draw per "
            "example",
            "the same number of gradients of examples and of outer products, for every likelihood",
            verdict(
                *(sampled["matrix"] == 1),
                costs["outer_products"][costs["matrix"] == "sampled_fisher"].eq(1).all(),
            ),
        ),
        Claim(
            "monte_carlo.cost-of-a-step",
            "§6, Appendix B",
            "A step with the one-sample Fisher costs what a step with the empirical Fisher costs.",
            f"{sampled['step'].max():g} times as many gradients of examples as with the empirical "
            "Fisher, which uses those of the loss again",
            "the same number of gradients of examples in a step that includes the gradient of the "
            "loss",
            verdict(*(sampled["step"] == 1)),
        ),
        Claim(
            "monte_carlo.exact-is-feasible",
            "§6, Appendix B",
            "Even exact computation of the Fisher is feasible in many cases.",
            "gradients of examples, in multiples of the empirical Fisher's: "
            + ", ".join(f"{task} {ratio:g}" for task, ratio in exact.items()),
            "no more than the number of natural parameters per example",
            verdict(*(exact <= costs.groupby("task")["outputs"].first())),
        ),
        _like_ngd(
            "monte_carlo.in-place-of-the-fisher",
            "NGD with a new one-sample Fisher at every step is a safer choice than EFGD, with the "
            "step size and damping of NGD.",
            "cell",
            runs,
            best,
        ),
        _like_ngd(
            "monte_carlo.tuned",
            "NGD with a new one-sample Fisher at every step is a safer choice than EFGD, with its "
            "own step size and damping.",
            "tuned",
            runs,
            best,
        ),
    ]


def _like_ngd(name: str, claim: str, setting: str, ends: pd.DataFrame, best: pd.DataFrame) -> Claim:
    """Whether a setting does at least as well as EFGD on every data set."""
    rows = ends[ends["setting"] == setting]
    medians = rows.set_index("dataset")["median"]
    finals = best.pivot(index="dataset", columns="method", values="final_loss").loc[medians.index]
    goal = finals["EFGD"] * (1 + CLOSE)
    parts = [
        f"{dataset} "
        + (f"{median:.4g}" if np.isfinite(median) else "diverges")
        + f" (NGD {finals.loc[dataset, 'NGD']:.4g}, EFGD {finals.loc[dataset, 'EFGD']:.4g})"
        for dataset, median in medians.items()
    ]
    return Claim(
        name,
        "§6",
        claim,
        f"median final loss {'; '.join(parts)}",
        f"at most {CLOSE:.0%} above the final loss of EFGD at its best cell, on every data set",
        verdict(*(medians <= goal)),
        FIGURE,
    )
