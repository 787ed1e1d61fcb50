"""The ledger of the note *What is the empirical Fisher?*.

The tables are those of `note` and `contamination`. A trial is a draw of the problems of all tasks.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, tried, verdict

FIGURE = "note"  #: where the ledger sends the reader
ROUNDING = 1e-8  #: what a solve in double precision may leave, and far below any effect of interest
SLOPE = 0.1  #: how far from its value in theory a slope on log axes may be over a finite range
SAME = 1e-3  #: relative difference up to which two updates are called the same
EQUAL = 0.01  #: coefficient of variation up to which reductions are called equal
SIMILAR = 1.0  #: and up to which they are called similar, as they vary less than their mean
STANDARD_ERRORS = 3.0  #: of a paired difference; four cases a claim, so two would not be enough


def claims(
    conditions: pd.DataFrame,
    comparison: pd.DataFrame,
    reductions: pd.DataFrame,
    reparametrization: pd.DataFrame,
    contrasts: pd.DataFrame,
) -> list[Claim]:
    """The note's claims, from the tables of `note.measure` and of `contamination.contrasts`."""
    return [
        *_problem_claims(conditions),
        *_solver_claims(comparison),
        *_reduction_claims(reductions),
        *_invariance_claims(reparametrization),
        _desirable_claim(contrasts, "binary", "label-noise", "flipped labels"),
        _desirable_claim(contrasts, "regression", "outliers", "gross outliers"),
    ]


def _by_draw(*met: pd.Series) -> dict[str, Any]:
    """The verdicts of some conditions, each by ``repeat``."""
    table = pd.concat(met, axis=1)
    return tried((verdict(*map(bool, row)) for row in table.to_numpy()), "the draw")


def _worst(table: pd.DataFrame, column: str) -> pd.Series:
    """The largest value of each draw."""
    return table.groupby("repeat")[column].max()


def _at(table: pd.DataFrame, damping: float) -> pd.DataFrame:
    return table[table["damping"] == damping]


def _of(table: pd.DataFrame, shape: str, method: str) -> pd.DataFrame:
    return table[(table["shape"] == shape) & (table["method"] == method)]


def _problem_claims(conditions: pd.DataFrame) -> list[Claim]:
    ends = conditions["damping"].min(), conditions["damping"].max()
    left, damped_left = (_worst(_at(conditions, end), "stationarity") for end in ends)
    constraint, length = _worst(conditions, "constraint"), _worst(conditions, "length")
    return [
        Claim(
            "note.conditions",
            "the note, Lagrange multipliers",
            "As ε goes to 0, the update with the empirical Fisher C meets the conditions for the "
            "minimum of the linear loss L(θ) + gᵀΔ under the constraint ΔᵀCΔ = c.",
            f"At ε = {ends[0]:.0e} the gradient of the Lagrange function is at most "
            f"{_bound(left.max())} times as long as g, and the constraint is missed by at most a "
            f"relative {_bound(constraint.max())}.",
            f"Both at most {ROUNDING:.0e}.",
            figure=FIGURE,
            **_by_draw(left <= ROUNDING, constraint <= ROUNDING),
        ),
        Claim(
            "note.damping",
            "the note, Claim",
            "The update also solves this problem with the damping ε.",
            "The gradient of the Lagrange function is at most "
            f"{_bound(left.max())} times as long as g at ε = {ends[0]:.0e}, and up to "
            f"{damped_left.max():.2f} times at ε = {ends[1]:.0e}.",
            f"At most {SAME} times at the smallest and at the largest ε.",
            figure=FIGURE,
            **_by_draw(left <= SAME, damped_left <= SAME),
        ),
        Claim(
            "note.bounded",
            "the note, Claim (the role of ε)",
            "The damping ε keeps the update from getting too big: without its step size it is no "
            "longer than the gradient divided by ε.",
            "The length of the update times ε, divided by that of the gradient, is at most "
            f"{length.max():.3f} at {conditions['damping'].nunique()} values of ε.",
            "At most 1 at every ε.",
            figure=FIGURE,
            kind="identity",
            **_by_draw(length <= 1 + ROUNDING),
        ),
    ]


def _solver_claims(comparison: pd.DataFrame) -> list[Claim]:
    smallest = comparison["change"].min()
    angle = _worst(comparison[comparison["change"] == smallest], "angle")
    powers = {
        column: comparison.groupby(["task", "repeat"])[["change", column]]
        .apply(lambda pairs: exponent(*pairs.to_numpy().T))
        .unstack("task")
        for column in ("angle", "shortfall")
    }

    def near(column: str, goal: float) -> pd.Series:
        return ((powers[column] - goal).abs() <= SLOPE).all(axis=1)

    def span(column: str) -> str:
        return f"{powers[column].min(axis=None):.2f} to {powers[column].max(axis=None):.2f}"

    return [
        Claim(
            "note.general-solver",
            "the note, Claim",
            "The update tends to the solution of the problem as it stands, the smallest L(θ + Δ) "
            "with a mean squared change c of the examples' losses, as c goes to 0.",
            "The angle to the solution of a general solver (SLSQP) is c to the power "
            f"{span('angle')}, and at most {angle.max():.1e} radians at c = {smallest:.0e}.",
            f"A power within {SLOPE} of 0.5, which is that of the step, and an angle below {SAME} "
            "radians at the smallest c.",
            figure=FIGURE,
            **_by_draw(near("angle", 0.5), angle < SAME),
        ),
        Claim(
            "note.second-order",
            "the note, Claim",
            "The update solves it up to second order: scaled to meet the constraint, it loses only "
            "a decrease of third order in the step, of the order of c to the power 3/2.",
            f"The lost share of the decrease is c to the power {span('shortfall')}.",
            f"A power within {SLOPE} of 1, as the decrease itself is c to the power 1/2.",
            figure=FIGURE,
            **_by_draw(near("shortfall", 1.0)),
        ),
    ]


def _reduction_claims(reductions: pd.DataFrame) -> list[Claim]:
    table = _at(reductions, reductions["damping"].min())
    variation = {
        (shape, method): _worst(_of(table, shape, method), "variation")
        for shape in ("few", "many")
        for method in ("GD", "NGD", "EFGD")
    }
    least = {method: variation["few", method].min() for method in ("NGD", "GD")}
    each = table.pivot(index=["task", "shape", "repeat"], columns="method", values="variation")
    others = each.drop(columns="EFGD").min(axis=1)
    evenest = (each["EFGD"] <= others * (1 + ROUNDING)).groupby("repeat").all()
    own = table[table["method"] == "EFGD"].assign(
        distance=lambda rows: (rows["mean_reduction"] - 1).abs()
    )
    means = own.groupby("shape")["mean_reduction"]
    distance = {shape: _worst(own[own["shape"] == shape], "distance") for shape in ("many", "few")}
    return [
        Claim(
            "note.equal-reductions",
            "the note, Discussion",
            "As ε goes to 0, the update reduces the losses of all examples by the same amount "
            "where their gradients are independent (at least as many parameters as examples).",
            "The standard deviation of the reductions over their mean is at most "
            f"{variation['few', 'EFGD'].max():.1e} for EFGD, and at least {least['NGD']:.2f} for "
            f"NGD and {least['GD']:.2f} for GD.",
            f"At most {EQUAL} for EFGD, and above for NGD and GD.",
            figure=FIGURE,
            **_by_draw(
                variation["few", "EFGD"] <= EQUAL,
                (variation["few", "NGD"] > EQUAL) & (variation["few", "GD"] > EQUAL),
            ),
        ),
        Claim(
            "note.similar-reductions",
            "the note, Discussion",
            "With more examples than parameters the update reduces their losses by a similar "
            "amount, more so than NGD and GD.",
            "The standard deviation of the reductions over their mean is up to "
            f"{variation['many', 'EFGD'].max():.2f} for EFGD, {variation['many', 'NGD'].max():.2f} "
            f"for NGD and {variation['many', 'GD'].max():.2f} for GD.",
            f"EFGD has the lowest of the three on every problem, and at most {SIMILAR}.",
            figure=FIGURE,
            **_by_draw(evenest, variation["many", "EFGD"] <= SIMILAR),
        ),
        Claim(
            "note.average-reduction",
            "the note, Discussion",
            "The losses are reduced by the square root of c on average.",
            "The mean reduction is "
            + " and ".join(
                f"{means.min()[shape]:.3f} to {means.max()[shape]:.3f} times √c with {shape} "
                "examples"
                for shape in ("many", "few")
            )
            + "; √c is the root mean square.",
            f"Within {EQUAL:.0%} of √c with many and with few examples.",
            figure=FIGURE,
            **_by_draw(*(distance[shape] <= EQUAL for shape in ("many", "few"))),
        ),
    ]


def _invariance_claims(table: pd.DataFrame) -> list[Claim]:
    ends = table["damping"].min(), table["damping"].max()
    small, large = (_at(table, end) for end in ends)
    steps = {
        (shape, method): _worst(_of(small, shape, method), "step_difference")
        for shape in ("few", "many")
        for method in ("GD", "NGD", "EFGD")
    }
    predictions = _worst(_of(small, "few", "EFGD"), "prediction_difference")
    lost = large[large["shape"] == "many"].pivot(
        index=["task", "repeat"], columns="method", values="step_difference"
    )
    share = (lost["EFGD"] / lost["GD"]).groupby("repeat").min()
    few = steps["few", "EFGD"]
    return [
        Claim(
            "note.invariance",
            "the note, Discussion",
            "The update is invariant to a linear change of the parameters if ε is small, with more "
            "examples than parameters.",
            f"At ε = {ends[0]:.0e} the update in the new parameters, mapped back, differs from the "
            f"one in the old by at most {_bound(steps['many', 'EFGD'].max())} of its length; NGD's "
            f"by {_bound(steps['many', 'NGD'].max())}, and GD's by "
            f"{steps['many', 'GD'].min():.0f} times its length or more.",
            f"By at most {SAME} of its length, and by more for GD.",
            figure=FIGURE,
            **_by_draw(steps["many", "EFGD"] <= SAME, steps["many", "GD"] > SAME),
        ),
        Claim(
            "note.invariance-few-examples",
            "the note, Discussion",
            "The update is also invariant with fewer examples than parameters, as in minibatches.",
            f"At ε = {ends[0]:.0e} the two updates differ by up to {few.min():.2f} to "
            f"{few.max():.2f} of their length, and the changes of the training predictions by at "
            f"most {_bound(predictions.max())}.",
            f"Both by at most {SAME}.",
            figure=FIGURE,
            **_by_draw(few <= SAME, predictions <= SAME),
        ),
        Claim(
            "note.invariance-lost",
            "the note, Discussion",
            "The invariance needs a small ε: with a large ε the update is as little invariant as "
            "that of GD.",
            f"At ε = {ends[1]:.0e} the difference is at least {share.min():.2f} times that for GD.",
            "At least half of the difference for GD.",
            figure=FIGURE,
            **_by_draw(share >= 0.5),
        ),
    ]


def _desirable_claim(table: pd.DataFrame, task: str, word: str, fault: str) -> Claim:
    """The note's question whether equal reduction is desirable, and an answer."""
    cases = table[table["task"] == task]
    wrong = cases[cases["fraction"] > 0]
    errors = _in_standard_errors(wrong)
    better = errors.unstack("against").max(axis=1) < -STANDARD_ERRORS
    clean = _in_standard_errors(cases[cases["fraction"] == 0])
    return Claim(
        f"note.desirable-{word}",
        "the note, closing question",
        "Is it desirable that all losses are reduced equally? It is, if EFGD then has a lower "
        f"error on clean data than NGD and GD, all tuned alike; here with {fault} in the training "
        "data.",
        f"EFGD is better than both in {better.sum()} of {len(better)} cases. Its error minus that "
        f"of the others is between {errors.min():+.1f} and {errors.max():+.1f} standard errors "
        f"(with clean training data {clean.min():+.1f} to {clean.max():+.1f}), over many draws of "
        "each case.",
        f"In a case lower than both by more than {STANDARD_ERRORS:.0f} standard errors.",
        figure=FIGURE,
        kind="question",
        **tried(map(verdict, better), "the case"),
    )


def _in_standard_errors(contrasts: pd.DataFrame) -> pd.Series:
    """Each difference in its standard errors; zero where no repeat shows any difference."""
    table = contrasts.set_index(["size", "fraction", "against"])
    scale = table["standard_error"].where(table["difference"] != 0, 1.0)
    return table["difference"] / scale


def _bound(value: float) -> str:
    """An upper bound of a number that may be rounding, the same on every machine."""
    return f"{np.maximum(value, ROUNDING):.0e}"
