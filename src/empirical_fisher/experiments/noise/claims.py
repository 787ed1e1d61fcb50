"""The ledger of §5: Eqs. 18 and 19, and descents with their matrices.

The tables are those of `noise` and `stochastic`.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, verdict

FIGURE = "noise"  #: where the ledger sends the reader
ROUNDING = 1e-10  #: relative; sums of a few hundred products, conditioned by the features' scales
CLEAR = 0.9  #: share of the runs that must end lower for a method to be the better one
ISOTROPIC = "isotropic"  #: the problem where adapting to curvature gains nothing
STRETCHED = "ill-conditioned"  #: the one where it does
PROBLEMS = (ISOTROPIC, STRETCHED)


def claims(identities: pd.DataFrame, errors: pd.DataFrame, paths: pd.DataFrame) -> list[Claim]:
    """All claims of this topic: `equations` and `descents`."""
    return [*equations(identities, errors), *descents(paths)]


def equations(identities: pd.DataFrame, errors: pd.DataFrame) -> list[Claim]:
    """What the tables of `noise.identities` and `noise.errors` say of Eqs. 18 and 19."""
    worst = identities["relative_error"].max()
    return [
        Claim(
            "noise.second-moment",
            "§5, Eq. 18",
            "N·EF is the covariance of the stochastic gradients plus the outer product of the "
            "gradient.",
            f"relative difference at most {worst:.0e} on {len(identities)} problems",
            f"at most {ROUNDING:.0e}",
            verdict(worst <= ROUNDING),
        ),
        _optimality(
            "noise.diagonal-factors",
            "The diagonal factors of Schaul et al. minimise E‖D g − ∇L‖² among diagonal matrices.",
            "diagonal",
            errors,
        ),
        _optimality(
            "noise.adaptation-matrix",
            "The matrix M = (N·EF)⁻¹ ∇L ∇Lᵀ, as printed, minimises E‖M g − ∇L‖² among all "
            "matrices.",
            "printed",
            errors,
            "§5, Eq. 19",
        ),
        _optimality(
            "noise.adaptation-matrix-transposed",
            "Its transpose, ∇L ∇Lᵀ (N·EF)⁻¹, minimises E‖M g − ∇L‖² among all matrices.",
            "transposed",
            errors,
            "§5, Eq. 19 (corrected)",
        ),
    ]


def _optimality(
    name: str, claim: str, matrix: str, errors: pd.DataFrame, source: str = "§5"
) -> Claim:
    """Whether a matrix has the lowest error of its class everywhere."""
    rows = errors[errors["matrix"] == matrix]
    excess = rows["error"] - rows["lowest"]
    optimal = excess.abs() <= ROUNDING * rows["lowest"].abs().clip(lower=1)
    stationary = rows["lowest_perturbed"] >= rows["error"] * (1 - ROUNDING)
    return Claim(
        name,
        source,
        claim,
        f"E‖A g − ∇L‖²/‖∇L‖² exceeds the lowest error by {_span(excess)}; it is the lowest on "
        f"{optimal.sum()} of {len(rows)} problems, and lower than that of all perturbed matrices "
        f"on {stationary.sum()}",
        f"on every problem, equal to the error of a least-squares solver's solution to "
        f"{ROUNDING:.0e}, and below the error of every perturbed matrix",
        verdict(bool(optimal.all() and stationary.all())),
        FIGURE,
    )


def _span(excess: pd.Series) -> str:
    """The range of some differences, rounding shown as such."""
    if excess.abs().max() <= ROUNDING:
        return f"less than {ROUNDING:.0e}"
    return f"{excess.min():.2g} to {excess.max():.2g}"


def descents(paths: pd.DataFrame) -> list[Claim]:
    """What the final runs say about §5.

    Parameters
    ----------
    paths
        ``problem`` and the columns that `stochastic.tune` tabulates.
    """
    last = paths[paths["step"] == paths["step"].max()]
    finals = last.pivot(index=["problem", "run"], columns="method", values="excess")
    medians = finals.groupby("problem").median()

    def below(problem: str, better: str, worse: str) -> bool:
        """Whether enough runs end lower with one method than with the other, example by example."""
        runs = finals.loc[problem]
        return bool((runs[better] < runs[worse]).mean() >= CLEAR)

    def final(*methods: str) -> str:
        parts = [
            f"{method} " + ", ".join(f"{medians.loc[each, method]:.2g}" for each in PROBLEMS)
            for method in methods
        ]
        return f"median final excess loss ({', '.join(PROBLEMS)}): {'; '.join(parts)}"

    clear = f"in at least {CLEAR:.0%} of the final runs, each method at its best step size"
    return [
        Claim(
            "noise.attenuation",
            "§5",
            "The covariance information in the empirical Fisher can reduce the harm of gradient "
            "noise.",
            final("SGD", "diagonal", "transposed"),
            "the diagonal factors and the transpose of Eq. 19 have a lower final loss than SGD on "
            f"both problems, {clear}",
            verdict(
                *(below(each, m, "SGD") for each in PROBLEMS for m in ("diagonal", "transposed"))
            ),
            FIGURE,
        ),
        Claim(
            "noise.counteracts-scaling",
            "§5, Eq. 19",
            "The multiplication with ∇L ∇Lᵀ counteracts the poor scaling of preconditioning with "
            "the empirical Fisher.",
            final("EF", "printed"),
            f"Eq. 19 as printed has a lower final loss than EF⁻¹ on both problems, {clear}",
            verdict(*(below(each, "printed", "EF") for each in PROBLEMS)),
            FIGURE,
        ),
        Claim(
            "noise.not-curvature",
            "§5",
            "Preconditioning with the empirical Fisher can be understood as adaptation to gradient "
            "noise instead of curvature.",
            final("SGD", "EF", "Fisher"),
            "EF⁻¹ has a lower final loss than SGD on the isotropic problem, where there is no "
            "curvature to adapt to, and a lower one than both SGD and the Fisher on the "
            f"ill-conditioned problem, {clear}",
            verdict(
                below(ISOTROPIC, "EF", "SGD"),
                below(STRETCHED, "EF", "SGD"),
                below(STRETCHED, "EF", "Fisher"),
            ),
            FIGURE,
        ),
        Claim(
            "noise.defeats-its-purpose",
            "§5",
            "Computing Eq. 19 needs the gradients of all examples, which defeats its purpose.",
            final("printed", "transposed", "gradient"),
            "steps along the full gradient, which needs the same gradients, have a lower final "
            f"loss than both, {clear}",
            verdict(
                *(
                    below(each, "gradient", m)
                    for each in PROBLEMS
                    for m in ("printed", "transposed")
                )
            ),
            FIGURE,
        ),
    ]
