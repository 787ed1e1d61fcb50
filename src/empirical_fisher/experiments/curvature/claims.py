"""The ledger of the curvature matrices: Propositions 1 and 2, Eq. 4, §4.1 and Definition 1.

The tables are those of `identities`, `remainder` and `splits`.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, verdict

ROUNDING = 1e-12  #: 1e4 ε, what sums of some hundred rounded products may lose relatively
#: The same where a matrix is made of numerical differences, which have ε^(4/5) = 3e-13 at best and
#: less where the fifth derivative is large.
DIFFERENCES = 1e-7
SHARE = 0.01  #: of another matrix's norm, what a curvature matrix may miss and be "close"
#: Of the ranks along one descent, for two quantities that fall together all but monotonically. It
#: depends on the draw (from −0.7 to 1 over eight seeds).
CORRELATION = 0.9
REMAINDER, SPLITS = "curvature_remainder", "curvature_splits"  #: the figures


def claims(
    identities: pd.DataFrame,
    training: pd.DataFrame,
    repeated: pd.DataFrame,
    residuals: pd.DataFrame,
    memorised: pd.DataFrame,
) -> list[Claim]:
    """All claims of this topic, in the order of the paper.

    Parameters
    ----------
    identities
        As `identities.table` makes it.
    training, repeated
        As `remainder.experiment` makes them.
    residuals, memorised
        As `splits.experiment` makes them.
    """
    return [
        *_equalities(identities),
        *_bounds(training, repeated),
        _improvement(training, memorised),
        *_split(residuals, memorised),
    ]


def _equalities(table: pd.DataFrame) -> list[Claim]:
    """Proposition 1, Eq. 4 and Eq. 14."""
    worst = table.drop(columns=["likelihood", "model", "draw"]).max()
    contrast = table["empirical_fisher_from_fisher"].min()
    cases = f"{len(table)} cases ({table['likelihood'].nunique()} likelihoods, linear and network)"
    same = f"relative difference at most {ROUNDING:.0e} in every case"
    return [
        Claim(
            id="curvature.fisher-is-ggn",
            source="§3.4, Proposition 1",
            claim="The Fisher is the GGN of the split −log p(y|b), b = f(x, θ).",
            measured=f"{cases}: at most {worst['fisher_from_ggn']:.0e} with the Fisher of f, "
            f"{worst['scores_from_ggn']:.0e} with the gradients for every y; the empirical Fisher "
            f"differs by at least {contrast:.1g}",
            criterion=f"{same}, for both forms of the Fisher",
            holds=verdict(max(worst["fisher_from_ggn"], worst["scores_from_ggn"]) <= ROUNDING),
        ),
        Claim(
            id="curvature.fisher-forms",
            source="§3.1, Eq. 4",
            claim="If y is drawn from the model, the expected Hessian of −log p is the expected "
            "outer product of its gradients.",
            measured=f"{cases}: at most {worst['hessians_from_fisher']:.0e}",
            criterion=same,
            holds=verdict(worst["hessians_from_fisher"] <= ROUNDING),
        ),
        Claim(
            id="curvature.ef-is-ggn",
            source="§4.1, Eq. 14 and footnote 3",
            claim="The empirical Fisher is the GGN of the split a = −log b, b = p(y_n|f(x_n, θ)).",
            measured=f"{cases}: at most {worst['split_from_empirical_fisher']:.0e}",
            criterion=f"relative difference at most {DIFFERENCES:.0e} in every case, with b "
            "differentiated numerically",
            holds=verdict(worst["split_from_empirical_fisher"] <= DIFFERENCES),
        ),
    ]


def _bounds(training: pd.DataFrame, repeated: pd.DataFrame) -> list[Claim]:
    """Proposition 2 without and with the square."""
    both = pd.concat([training, repeated], ignore_index=True)
    bound = both["residual"] * both["smoothness"]
    tightness = both["remainder"] / bound
    squared = both["remainder"] ** 2 / bound
    end = len(training)  # the first row of the repeated examples
    cases = f"{end} iterates and {len(repeated)} problems with repeated examples"
    return [
        Claim(
            id="curvature.remainder-bound",
            source="§3.4, Proposition 2, without the square of Eq. 13",
            claim="‖∇²L − G‖₂ ≤ r(θ) β.",
            measured=f"{cases}: the left side is at most {tightness.max():.2g} of the right",
            criterion="true in every case, with a proven β",
            holds=verdict((tightness <= 1).all()),
            figure=REMAINDER,
        ),
        Claim(
            id="curvature.remainder-bound-squared",
            source="§3.4, Proposition 2, Eq. 13 as printed",
            claim="‖∇²L − G‖₂² ≤ r(θ) β.",
            measured=f"false at {(squared[:end] > 1).sum()} of {end} iterates and in "
            f"{(squared[end:] > 1).sum()} of {len(repeated)} problems with repeated examples; the "
            f"left side is up to {squared.max():.3g} times the right",
            criterion="true in every case, with a proven β",
            holds=verdict((squared <= 1).all()),
            figure=REMAINDER,
        ),
    ]


def _improvement(training: pd.DataFrame, memorised: pd.DataFrame) -> Claim:
    """What the text says after Proposition 2."""
    together = {
        name: float(table["remainder"].corr(table["residual"], method="spearman"))
        for name, table in training.groupby("problem", sort=False)
    }
    fitted = _ends(memorised, "regression")
    left = (fitted["fisher_remainder"] / fitted["hessian"]).max()
    ranks = ", ".join(f"{value:.2f} ({name})" for name, value in together.items())
    return Claim(
        id="curvature.remainder-vanishes",
        source="§3.4, after Proposition 2",
        claim="The smaller r(θ) is, the better the GGN approximates the Hessian; it is exact if "
        "the data are perfectly fitted.",
        measured=f"rank correlation of ‖∇²L − G‖ and r along training {ranks}; "
        f"‖H − F‖/‖H‖ = {left:.0e} where the regression is fitted",
        criterion=f"rank correlation at least {CORRELATION:g} in both trainings; at most "
        f"{ROUNDING:.0e} at the end of every fit",
        holds=verdict(*(value >= CORRELATION for value in together.values()), left <= ROUNDING),
        figure=REMAINDER,
    )


def _split(residuals: pd.DataFrame, memorised: pd.DataFrame) -> list[Claim]:
    """§4.1 and Definition 1."""
    least = residuals.groupby("likelihood", sort=False)["canonical"].min()
    regression = _ends(memorised, "regression")
    left_out = regression["empirical_fisher_remainder"] / regression["hessian"]
    return [
        Claim(
            id="curvature.ef-split-residual",
            source="§4.1",
            claim="The residual gradient of the split a = −log b can never be zero for a "
            "probability b.",
            measured=f"|∇_b a| ≥ {residuals['empirical'].min():.3g} at {len(residuals)} "
            f"predictions of {len(least)} likelihoods",
            criterion="|∇_b a| at least 1 everywhere",
            holds=verdict((residuals["empirical"] >= 1).all()),
            figure=SPLITS,
        ),
        Claim(
            id="curvature.definition-1",
            source="§4.1, Definition 1",
            claim="The canonical split's residual gradient is zero at some prediction.",
            measured="smallest ‖∇_f a‖₁: "
            + ", ".join(f"{value:.1g} ({name})" for name, value in least.items()),
            criterion="exactly zero at a finite f, for each likelihood",
            holds=verdict(*(least == 0)),
            figure=SPLITS,
        ),
        _vanishing(
            "curvature.ef-vanishes-regression",
            "§4.1, Eq. 15",
            "When all data are fitted, the empirical Fisher goes to zero and the Fisher "
            "approaches the Hessian (least squares).",
            regression,
        ),
        _vanishing(
            "curvature.ef-vanishes-classification",
            "§4.1, after Eq. 15",
            "The same holds in general when the gradients of all examples vanish (separable "
            "classes).",
            _ends(memorised, "classification"),
        ),
        Claim(
            id="curvature.ef-split-remainder",
            source="§4.1",
            claim="The empirical Fisher lacks the guarantee of a GGN: when the residuals vanish, "
            "it lacks all of the Hessian.",
            measured=f"‖H − EF‖/‖H‖ ≥ {left_out.min():.3f} where the regression is fitted",
            criterion=f"at least {1 - SHARE:g} at the end of every descent",
            holds=verdict((left_out >= 1 - SHARE).all()),
            figure=SPLITS,
        ),
    ]


def _ends(memorised: pd.DataFrame, problem: str) -> pd.DataFrame:
    """The last iterate of every descent of a problem."""
    return memorised[memorised["problem"] == problem].groupby("start").last()


def _norms(ends: pd.DataFrame) -> str:
    """How well the data are fitted, and the largest norms relative to the Hessian's."""
    empirical, remainder = (
        (ends[name] / ends["hessian"]).max() for name in ("empirical_fisher", "fisher_remainder")
    )
    return (
        f"{len(ends)} starts, mean ‖∇_f ℓ‖₁ ≤ {ends['residual'].max():.1g}: "
        f"‖EF‖/‖H‖ ≤ {empirical:.1g} and ‖H − F‖/‖H‖ ≤ {remainder:.1g} at the "
        f"end, where ‖H‖ ≥ {ends['hessian'].min():.1g}"
    )


def _vanishing(id: str, source: str, claim: str, ends: pd.DataFrame) -> Claim:
    """Whether the empirical Fisher has vanished and the Fisher has become the Hessian."""
    names = ("empirical_fisher", "fisher_remainder")
    return Claim(
        id=id,
        source=source,
        claim=claim,
        measured=_norms(ends),
        criterion=f"‖EF‖ and ‖H − F‖ at most {SHARE:g} ‖H‖ at the end of every descent",
        holds=verdict(*((ends[name] <= SHARE * ends["hessian"]).all() for name in names)),
        figure=SPLITS,
    )
