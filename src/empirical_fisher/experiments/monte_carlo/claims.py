"""The ledger of Appendix B and §6: the Fisher by one sample of every example's prediction.

The tables are those of `monte_carlo`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict
from empirical_fisher.pipeline.tables import stacked

FIGURE = "monte_carlo"  #: where the ledger sends the reader
BIAS = 3.0  #: standard errors; the mean of unbiased draws is hardly ever this far from the Fisher
CLOSE = 0.01  #: a loss is as good as another if it is within 1 %, as in results/sensitivity.csv
SLOPE = 0.2  #: distance from −1/2 that a few repetitions leave to chance; the next law is −1 or 0
LABELS = "the labels drawn"  #: what trials differ in


def claims(
    overall: pd.DataFrame,
    trials: pd.DataFrame,
    costs: pd.DataFrame,
    finals: Mapping[str, pd.DataFrame],
    cells: Mapping[str, Mapping[str, pd.DataFrame]],
) -> list[Claim]:
    """What the tables say of the one-sample Fisher.

    Parameters
    ----------
    overall, trials
        As `monte_carlo.errors` tabulates them, with a column ``dataset``.
    costs
        As `monte_carlo.costs` tabulates them, with a column ``task``.
    finals
        For each data set what `experiment.experiment` tabulates.
    cells
        For each data set the best cells of NGD and EFGD.
    """
    best = pd.concat([cell for methods in cells.values() for cell in methods.values()])
    rivals = best[best["method"] == "EFGD"].set_index("dataset")["final_loss"]
    runs = stacked(finals, "dataset")
    tuned = runs[runs["setting"] == "EFGD"].set_index("dataset")["final_loss"]
    return [
        *_estimate(overall, trials),
        *_price(costs),
        _safer(
            "monte_carlo.in-place-of-the-fisher",
            "Natural gradient descent with a new one-sample Fisher at every step, with the step "
            "size and damping of NGD, is a safer choice than EFGD.",
            runs[runs["setting"] == "cell"],
            rivals,
            "EFGD at the best cell of the whole grid",
        ),
        _safer(
            "monte_carlo.tuned",
            "Natural gradient descent with a new one-sample Fisher at every step, with a step size "
            "and damping of its own, is a safer choice than EFGD.",
            runs[runs["setting"] == "tuned"],
            tuned,
            "EFGD at its best cell of the same small grid",
        ),
    ]


def _estimate(overall: pd.DataFrame, trials: pd.DataFrame) -> list[Claim]:
    """Unbiased, and as fast as a mean of draws."""
    distances, slopes = (
        trials.pivot(index="trial", columns="dataset", values=name)
        for name in ("distance", "slope")
    )
    return [
        Claim(
            "monte_carlo.unbiased",
            "§6, Appendix B",
            "Replacing the expectation over y by one sample gives an unbiased estimate of the "
            "Fisher.",
            "The mean of many draws is as far from the Fisher as "
            f"{distances.min(axis=None):.2f} to {distances.max(axis=None):.2f} times the distance "
            "expected of unbiased draws that vary so; the relative distance of the empirical "
            f"Fisher is {overall['empirical_fisher_from_fisher'].max():.2g}, and that of the mean "
            f"of all draws {overall['error'].max():.1g}.",
            f"At most {BIAS:g} times the expected distance on every data set.",
            figure=FIGURE,
            **tried((verdict(*each) for each in distances.to_numpy() <= BIAS), LABELS),
        ),
        Claim(
            "monte_carlo.rate",
            "§6, Appendix B",
            "The error of the mean of S samples falls as one over the square root of S.",
            "The error is S to a power between "
            f"{slopes.min(axis=None):.2f} and {slopes.max(axis=None):.2f}.",
            f"A power within {SLOPE} of −0.5 on every data set.",
            figure=FIGURE,
            **tried((verdict(*each) for each in np.abs(slopes.to_numpy() + 0.5) <= SLOPE), LABELS),
        ),
    ]


def _price(costs: pd.DataFrame) -> list[Claim]:
    """Counts of what is computed."""
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
            "monte_carlo.cost",
            "§6, Appendix B",
            "The one-sample Fisher costs what the empirical Fisher costs.",
            f"It takes {sampled['matrix'].max():g} times as many gradients of examples, and one "
            "drawn label per example.",
            "The same number of gradients of examples and of outer products, for every likelihood.",
            verdict(
                *(sampled["matrix"] == 1),
                costs["outer_products"][costs["matrix"] == "sampled_fisher"].eq(1).all(),
            ),
            kind="identity",
        ),
        Claim(
            "monte_carlo.cost-of-a-step",
            "§6, Appendix B",
            "A step with the one-sample Fisher costs what a step with the empirical Fisher costs.",
            f"It takes {sampled['step'].max():g} times as many gradients of examples as with the "
            "empirical Fisher, which uses those of the loss again.",
            "The same number of gradients of examples in a step that includes the gradient of the "
            "loss.",
            verdict(*(sampled["step"] == 1)),
        ),
        Claim(
            "monte_carlo.exact-is-feasible",
            "§6, Appendix B",
            "Even exact computation of the Fisher is feasible in many cases: it takes no more "
            "gradients of an example than the model has natural parameters.",
            "Gradients of examples, in multiples of the empirical Fisher's: "
            + ", ".join(f"{task} {ratio:g}" for task, ratio in exact.items())
            + ".",
            "No more than the number of natural parameters per example.",
            verdict(*(exact <= costs.groupby("task")["outputs"].first())),
            kind="identity",
        ),
    ]


def _safer(name: str, claim: str, runs: pd.DataFrame, rivals: pd.Series, rival: str) -> Claim:
    """Whether every run ends at least as low as EFGD on every data set, run by run."""
    losses = runs.pivot(index="run", columns="dataset", values="final_loss")
    met = losses <= (1 + CLOSE) * rivals[losses.columns]
    parts = [
        f"{dataset} {_loss(values.median())} ({rivals[dataset]:.4g})"
        for dataset, values in losses.items()
    ]
    return Claim(
        name,
        "§6",
        claim,
        f"Median final loss of {len(losses)} runs, and that of {rival} in brackets: "
        f"{', '.join(parts)}.",
        f"At most {CLOSE:.0%} above the final loss of {rival}, on every data set.",
        figure=FIGURE,
        **tried((verdict(*each) for each in met.to_numpy()), LABELS),
    )


def _loss(value: float) -> str:
    return f"{value:.4g}" if np.isfinite(value) else "diverges"
