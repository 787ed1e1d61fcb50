"""The ledger of the improved empirical Fisher (Wu, Yu, Zhang and Woodland 2024).

Eq. 8 and Eq. 14 are the two forms in which they give its update.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim

from .claims_trials import EFFECT, FIGURE, identity, judged, span

WU = "Wu, Yu, Zhang, Woodland (2024)"
FORMS = {"improved": "Eq. 8", "reweighted": "Eq. 14"}


def claims(
    improved: pd.DataFrame, quartic: pd.DataFrame, paths: pd.DataFrame, networks: pd.DataFrame
) -> list[Claim]:
    """All claims about the improved empirical Fisher.

    Parameters
    ----------
    improved, quartic
        The tables of `improved.experiment` and `quartic.experiment`.
    paths, networks
        The tables of `trajectories.indicators`, along the runs of Figure 3 and on networks.
    """
    return [*_algebra(improved), *_quartic(quartic), *_indicator(paths, networks)]


def _algebra(improved: pd.DataFrame) -> list[Claim]:
    few = improved[improved["examples"] <= improved["parameters"]]
    many = improved[improved["examples"] > improved["parameters"]]
    least = many[many["task"] == "regression"]
    logit = many[many["task"] == "binary"]
    parted = many.pivot(index="seed", columns="task", values="difference")
    return [
        identity(
            "improved-one-update",
            f"{WU}, Eq. 8 and Eq. 14",
            "With no more examples than parameters, Eq. 8 and Eq. 14 give the same undamped "
            "update.",
            few,
            ["difference"],
            "the two updates on networks",
        ),
        judged(
            "improved-two-updates",
            "ours",
            f"{WU}, Eq. 8 and Eq. 14; ours",
            "With more examples than parameters, Eq. 8 and Eq. 14 give different updates.",
            f"relative difference {span(many['difference'])} on linear models",
            f"a relative difference of at least {EFFECT:.0%} for each likelihood",
            parted >= EFFECT,
        ),
        identity(
            "improved-projection",
            f"{WU}, the projection property",
            "To first order an undamped EF step lowers all losses by the same amount, and a step "
            "of Eq. 8 each loss in proportion to its squared residual, if there are no more "
            "examples than parameters.",
            few,
            ["projection_ef", "projection_improved"],
            "the changes of the losses on networks and these proportions",
        ),
        identity(
            "improved-is-fisher",
            f"{WU}, Eq. 14; ours",
            "On least squares the matrix of Eq. 14 is the Fisher.",
            least,
            ["from_fisher"],
            "the two matrices",
        ),
        identity(
            "improved-is-gram",
            f"{WU}, Eq. 14; Böhning, Lindsay (1988); ours",
            "With one logit the matrix of Eq. 14 is XᵀX, whatever the predictions: four times the "
            "bound on the Hessian of Böhning and Lindsay.",
            logit,
            ["from_gram"],
            "the two matrices",
        ),
        identity(
            "indicator-least-at-ngd",
            f"{WU}, the quality indicator γ(Δ) = √(ΔᵀFΔ) / |Δᵀ∇L|",
            "No direction has a lower indicator than the natural gradient.",
            improved,
            ["indicator_ngd", "indicator_random"],
            "the natural gradient's indicator and 1/√(∇LᵀF⁺∇L), or the latter and a lower one,",
        ),
    ]


def _quartic(quartic: pd.DataFrame) -> list[Claim]:
    trials = quartic.set_index("seed")
    return [
        identity(
            "improved-is-newton-on-quartics",
            f"{WU}, Eq. 8; ours",
            "On least squares the undamped update of Eq. 8 with step size 1/3 is a Newton step on "
            "Σ r⁴/4.",
            quartic,
            ["newton_error"],
            "the two steps",
        ),
        judged(
            "improved-other-minimum",
            "ours",
            f"{WU}, Eq. 8; ours",
            "Undamped Eq. 8 with step size 1/3 converges to the minimum of Σ r⁴ and not to that "
            "of least squares.",
            f"final loss {span(trials['excess'], '.1%')} above the least-squares minimum, "
            f"gradient of Σ r⁴ at most {trials['gradient'].max():.0e} of that at the start",
            "a gradient of Σ r⁴ of at most 1e-8 of that at the start, and a loss at least "
            f"{EFFECT:.0%} above the minimum",
            pd.DataFrame(
                {"stationary": trials["gradient"] <= 1e-8, "other": trials["excess"] >= EFFECT}
            ),
        ),
    ]


def _indicator(paths: pd.DataFrame, networks: pd.DataFrame) -> list[Claim]:
    return [
        *(
            _order(
                f"indicator-on-paths-{form}",
                f"{WU}, {FORMS[form]}",
                "Along Figure 3's paths the improved empirical Fisher has a lower indicator than "
                "a one-sample Fisher, and this one a lower one than the EF, at every damping.",
                "median over the iterates of each data set",
                paths,
                form,
            )
            for form in FORMS
        ),
        *(
            _order(
                f"indicator-on-networks-{form}",
                f"{WU}, {FORMS[form]}",
                "On networks with no more examples than parameters the improved empirical Fisher "
                "has a lower indicator than a one-sample Fisher, and this one a lower one than "
                "the EF, at every damping.",
                "median over the iterates of each likelihood",
                networks,
                form,
            )
            for form in FORMS
        ),
        _robustness(networks),
    ]


def medians(table: pd.DataFrame) -> pd.DataFrame:
    """The median of each method's relative indicator over the iterates of all paths."""
    methods = ["natural", "EF", "sampled", *FORMS]
    return table.groupby(["problem", "seed", "damping"])[methods].median()


def is_better(lower: pd.Series, higher: pd.Series) -> pd.Series:
    """Whether, for each problem and seed, one method is lower at some dampings and never higher."""
    levels = ["problem", "seed"]
    never = (lower <= higher * (1 + EFFECT)).groupby(levels).all()
    some = (lower <= higher * (1 - EFFECT)).groupby(levels).any()
    return never & some


def _by_problem(**parts: pd.Series) -> pd.DataFrame:
    """Parts of a criterion, by problem and seed, as one column per part and problem."""
    return pd.DataFrame(parts).unstack("problem")


def _order(name: str, source: str, claim: str, what: str, table: pd.DataFrame, form: str) -> Claim:
    ratios = medians(table)
    shown = ratios.groupby("problem").median()
    met = _by_problem(
        improved=is_better(ratios[form], ratios["sampled"]),
        sampled=is_better(ratios["sampled"], ratios["EF"]),
    )
    return judged(
        name,
        "claim",
        source,
        claim,
        f"indicator relative to that of the natural gradient (1 is the best), {what}, median over "
        "dampings: "
        + "; ".join(f"{problem} {_numbers(row, form)}" for problem, row in shown.iterrows()),
        f"for each problem, and for each of the two comparisons, at least {EFFECT:.0%} lower at "
        f"one damping or more, and nowhere more than {EFFECT:.0%} higher",
        met,
        FIGURE,
    )


def _numbers(row: pd.Series, form: str) -> str:
    return f"{FORMS[form]} {row[form]:.3g}, one sample {row['sampled']:.3g}, EF {row['EF']:.3g}"


def _robustness(networks: pd.DataFrame) -> Claim:
    ratios = medians(networks)
    by_damping = ratios.groupby(["problem", "seed"])
    spread = by_damping.max() / by_damping.min()
    rivals: Sequence[str] = ("EF", "sampled")
    met = _by_problem(
        **{rival: spread["improved"] <= spread[rival] * (1 - EFFECT) for rival in rivals}
    )
    shown = spread.groupby("problem").median()
    return judged(
        "indicator-robust-to-damping",
        "claim",
        f"{WU}, Eq. 8",
        "The indicator of Eq. 8 depends less on the damping than those of the EF and of a "
        "one-sample Fisher.",
        "highest indicator over lowest, of all dampings: "
        + "; ".join(f"{problem} {_numbers(row, 'improved')}" for problem, row in shown.iterrows()),
        "on networks, for each likelihood and compared with both, a quotient at least "
        f"{EFFECT:.0%} lower",
        met,
        FIGURE,
    )
