"""The ledger of the note *What is the empirical Fisher?*.

The tables are those of `note` and `contamination`.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.experiments.power_laws import exponent
from empirical_fisher.pipeline.ledger import Claim, verdict

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
        *_problem_claims(conditions, comparison),
        *_reduction_claims(reductions),
        *_invariance_claims(reparametrization),
        _desirable_claim(contrasts, "binary", "label-noise", "flipped labels"),
        _desirable_claim(contrasts, "regression", "outliers", "gross outliers"),
    ]


def _problem_claims(conditions: pd.DataFrame, comparison: pd.DataFrame) -> list[Claim]:
    ends = conditions["damping"].min(), conditions["damping"].max()
    left, damped_left = (
        conditions.loc[conditions["damping"] == end, "stationarity"].max() for end in ends
    )
    constraint = conditions["constraint"].max()
    smallest = comparison["change"].min()
    angle = comparison.loc[comparison["change"] == smallest, "angle"].max()
    angle_slope, shortfall_slope = (
        comparison.groupby(["task", "repeat"])[["change", column]].apply(
            lambda pairs: exponent(*pairs.to_numpy().T)
        )
        for column in ("angle", "shortfall")
    )
    return [
        Claim(
            "note.conditions",
            "the note, Lagrange multipliers",
            "As ε → 0 the update with the empirical Fisher C meets the conditions for the minimum "
            "of L(θ) + gᵀΔ subject to ΔᵀCΔ = c.",
            f"at ε = {ends[0]:.0e} the norm of g + 2μCΔ is at most {_bound(left)} ‖g‖, and the "
            f"relative error of ΔᵀCΔ = c is at most {_bound(constraint)}",
            f"both at most {ROUNDING:.0e}",
            verdict(left <= ROUNDING, constraint <= ROUNDING),
            FIGURE,
        ),
        Claim(
            "note.damping",
            "the note, Claim",
            "The update also solves this problem with the damping ε.",
            f"the norm of g + 2μCΔ is at most {_bound(left)} ‖g‖ at ε = {ends[0]:.0e}, and up to "
            f"{damped_left:.2f} ‖g‖ at ε = {ends[1]:.0e}",
            f"at most {SAME} at the smallest and at the largest ε",
            verdict(left <= SAME, damped_left <= SAME),
            FIGURE,
        ),
        Claim(
            "note.general-solver",
            "the note, Claim",
            "The update tends to the solution of min L(θ + Δ) subject to E[(Δℓ)²] = c as c → 0.",
            f"angle to SLSQP's solution ∝ c^{angle_slope.min():.2f} to "
            f"c^{angle_slope.max():.2f}, at most {angle:.1e} rad at c = {smallest:.0e}",
            f"an exponent within {SLOPE} of 1/2 (the angle is of the order of the step), and an "
            f"angle below {SAME} at the smallest c",
            verdict(bool(((angle_slope - 0.5).abs() <= SLOPE).all()), angle < SAME),
            FIGURE,
        ),
        Claim(
            "note.second-order",
            "the note, Claim",
            "The update solves it up to second order: scaled to meet the constraint, it loses only "
            "a decrease of third order in the step, c^(3/2).",
            "the lost share of the decrease ∝ "
            f"c^{shortfall_slope.min():.2f} to c^{shortfall_slope.max():.2f}",
            f"an exponent within {SLOPE} of 1 (the decrease itself is ∝ c^(1/2))",
            verdict(bool(((shortfall_slope - 1).abs() <= SLOPE).all())),
            FIGURE,
        ),
    ]


def _reduction_claims(reductions: pd.DataFrame) -> list[Claim]:
    smallest = reductions["damping"].min()
    variation = _worst(reductions, "variation", smallest)
    own, shapes = reductions[reductions["method"] == "EFGD"], ("many", "few")
    means = own[own["damping"] == smallest].groupby("shape")["mean_reduction"]
    distance = means.agg(lambda values: (values - 1).abs().max())
    each = reductions[reductions["damping"] == smallest].pivot(
        index=["task", "shape", "repeat"], columns="method", values="variation"
    )
    evenest = bool((each["EFGD"] <= each.drop(columns="EFGD").min(axis=1) * (1 + ROUNDING)).all())
    return [
        Claim(
            "note.equal-reductions",
            "the note, Discussion",
            "As ε → 0 the update reduces the loss of all examples by the same amount where their "
            "gradients are independent (at least as many parameters as examples).",
            f"largest coefficient of variation {variation['few', 'EFGD']:.1e}; "
            f"NGD {variation['few', 'NGD']:.2f}, GD {variation['few', 'GD']:.2f}",
            f"at most {EQUAL} for EFGD, above for NGD and GD",
            verdict(
                variation["few", "EFGD"] <= EQUAL,
                min(variation["few", "NGD"], variation["few", "GD"]) > EQUAL,
            ),
            FIGURE,
        ),
        Claim(
            "note.similar-reductions",
            "the note, Discussion",
            "With more examples than parameters the update reduces their losses by a similar "
            "amount, more so than NGD and GD.",
            f"largest coefficient of variation {variation['many', 'EFGD']:.2f}; "
            f"NGD {variation['many', 'NGD']:.2f}, GD {variation['many', 'GD']:.2f}",
            f"EFGD has the lowest of the three on every problem, and at most {SIMILAR}",
            verdict(evenest, variation["many", "EFGD"] <= SIMILAR),
            FIGURE,
        ),
        Claim(
            "note.average-reduction",
            "the note, Discussion",
            "The losses are reduced by √c on average.",
            "mean reduction between "
            + " and between ".join(
                f"{means.min()[shape]:.3f} and {means.max()[shape]:.3f} √c with {shape} examples"
                for shape in shapes
            )
            + "; √c is the root mean square",
            f"within {EQUAL:.0%} of √c with many and with few examples",
            verdict(*(bool(distance[shape] <= EQUAL) for shape in shapes)),
            FIGURE,
        ),
    ]


def _invariance_claims(table: pd.DataFrame) -> list[Claim]:
    ends = table["damping"].min(), table["damping"].max()
    steps = _worst(table, "step_difference", ends[0])
    predictions = _worst(table, "prediction_difference", ends[0])
    lost = table[(table["damping"] == ends[1]) & (table["shape"] == "many")].pivot(
        index=["task", "repeat"], columns="method", values="step_difference"
    )
    share = (lost["EFGD"] / lost["GD"]).min()
    smallest = table[(table["damping"] == ends[0]) & (table["method"] == "EFGD")]
    least = smallest.groupby("shape")["step_difference"].min()
    return [
        Claim(
            "note.invariance",
            "the note, Discussion",
            "The update is invariant to a linear change of parameters θ = Aφ if ε is small, with "
            "more examples than parameters.",
            f"at ε = {ends[0]:.0e} the relative difference between the update in φ, mapped back, "
            f"and that in θ is at most {_bound(steps['many', 'EFGD'])}; "
            f"NGD {_bound(steps['many', 'NGD'])}, GD {steps['many', 'GD']:.0f}",
            f"at most {SAME}, and above for GD",
            verdict(steps["many", "EFGD"] <= SAME, steps["many", "GD"] > SAME),
            FIGURE,
        ),
        Claim(
            "note.invariance-few-examples",
            "the note, Discussion",
            "The update is also invariant with fewer examples than parameters, as in minibatches.",
            f"at ε = {ends[0]:.0e} the relative difference between the updates is "
            f"{least['few']:.2f} to {steps['few', 'EFGD']:.2f}, that between the changes of the "
            f"training predictions at most {_bound(predictions['few', 'EFGD'])}",
            f"both at most {SAME}",
            verdict(steps["few", "EFGD"] <= SAME, predictions["few", "EFGD"] <= SAME),
            FIGURE,
        ),
        Claim(
            "note.invariance-lost",
            "the note, Discussion",
            "The invariance needs a small ε: with a large ε the update is as little invariant as "
            "that of GD.",
            f"at ε = {ends[1]:.0e} the difference is at least {share:.2f} times that for GD",
            "at least half of the difference for GD",
            verdict(bool(share >= 0.5)),
            FIGURE,
        ),
    ]


def _desirable_claim(table: pd.DataFrame, task: str, word: str, fault: str) -> Claim:
    """The note's question whether equal reduction is desirable, put as if it were."""
    cases = table[table["task"] == task]
    wrong = cases[cases["fraction"] > 0]
    errors = _in_standard_errors(wrong)
    better = errors.unstack("against").max(axis=1) < -STANDARD_ERRORS
    clean = _in_standard_errors(cases[cases["fraction"] == 0])
    return Claim(
        f"note.desirable-{word}",
        "the note, closing question",
        f"Reducing all losses equally is desirable when the training data have {fault}: EFGD has a "
        "lower error on clean held-out data than NGD and GD, all tuned alike.",
        f"better than both in {better.sum()} of {len(better)} cases; EFGD's error minus that of "
        f"the others is between {errors.min():+.1f} and {errors.max():+.1f} standard errors (with "
        f"clean training data {clean.min():+.1f} to {clean.max():+.1f})",
        f"in every case, lower than both by more than {STANDARD_ERRORS:.0f} standard errors",
        verdict(*map(bool, better)),
        FIGURE,
    )


def _in_standard_errors(contrasts: pd.DataFrame) -> pd.Series:
    """Each difference in its standard errors; zero where no repeat shows any difference."""
    table = contrasts.set_index(["size", "fraction", "against"])
    scale = table["standard_error"].where(table["difference"] != 0, 1.0)
    return table["difference"] / scale


def _worst(table: pd.DataFrame, column: str, damping: float) -> pd.Series:
    """Largest value of a column at one damping, by shape and method."""
    return table[table["damping"] == damping].groupby(["shape", "method"])[column].max()


def _bound(value: float) -> str:
    """An upper bound of a number that may be rounding, the same on every machine."""
    return f"{max(value, ROUNDING):.0e}"
