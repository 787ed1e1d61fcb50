"""The ledger of §5: Eqs. 18 and 19, and descents with their matrices.

The tables are those of `experiment`, `decrease` and `stochastic`.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict

FIGURE = "noise"  #: where the ledger sends the reader
ROUNDING = 1e-10  #: relative; sums of a few hundred products, conditioned by the features' scales
PARALLEL = 1e-8  #: sine of an angle that rounding makes
LOWER = 0.01  #: a loss is lower than another if it is so by 1 %
LIKELIER = 0.01  #: difference of shares of many thousand batches that isn't chance
ISOTROPIC = "isotropic"  #: the problem where adapting to curvature gains nothing
STRETCHED = "ill-conditioned"  #: the one where it does
PROBLEMS = (ISOTROPIC, STRETCHED)
PROBLEM, DRAW = "the problem", "the draw"  #: what trials differ in


def claims(
    identities: pd.DataFrame, errors: pd.DataFrame, decreases: pd.DataFrame, trials: pd.DataFrame
) -> list[Claim]:
    """All claims of this topic: `equations`, `likeliest` and `descents`."""
    return [*equations(identities, errors), *likeliest(decreases), *descents(trials)]


def equations(identities: pd.DataFrame, errors: pd.DataFrame) -> list[Claim]:
    """What the tables of `noise.identities` and `noise.errors` say of Eqs. 18 and 19."""
    gaps = identities["relative_error"]
    return [
        Claim(
            "noise.second-moment",
            "§5, Eq. 18",
            "N times the empirical Fisher is the covariance of the stochastic gradients plus the "
            "outer product of the gradient.",
            f"On {len(identities)} problems the two sides differ by at most {gaps.max():.0e} of "
            "their norm.",
            f"At most {ROUNDING:.0e} of the norm.",
            kind="identity",
            **tried(map(verdict, gaps <= ROUNDING), PROBLEM),
        ),
        _optimality(
            "noise.diagonal-factors",
            "Of all diagonal matrices D, the factors of Schaul et al. give the smallest mean "
            "squared error of D g as an estimate of the gradient.",
            "diagonal",
            errors,
        ),
        _optimality(
            "noise.adaptation-matrix",
            "Of all matrices M, the inverse of N EF times ∇L ∇Lᵀ, as printed, gives the smallest "
            "mean squared error of M g as an estimate of the gradient.",
            "printed",
            errors,
            "§5, Eq. 19",
        ),
        _optimality(
            "noise.adaptation-matrix-transposed",
            "The transpose of this matrix, ∇L ∇Lᵀ times the inverse of N EF, gives the smallest "
            "mean squared error.",
            "transposed",
            errors,
            "ours, Eq. 19 corrected",
            kind="ours",
        ),
        Claim(
            "noise.optimum-is-no-preconditioner",
            "ours, on Eq. 19",
            "The matrix that Eq. 19 is meant to be always steps along the gradient of the whole "
            "loss: it has rank one, and does not precondition with the empirical Fisher.",
            "The update with the transposed matrix is ∇L times the number ∇Lᵀ S⁻¹ g on all "
            f"{errors['problem'].nunique()} problems, whatever the stochastic gradient g is.",
            "It follows from the form of the matrix, if this is the best one on every problem.",
            verdict(*_optimal(errors, "transposed")),
            FIGURE,
            kind="identity",
        ),
    ]


def _optimal(errors: pd.DataFrame, matrix: str) -> pd.Series:
    """On which problems a matrix has the lowest error of its class."""
    rows = errors[errors["matrix"] == matrix]
    excess = rows["error"] - rows["lowest"]
    optimal = excess.abs() <= ROUNDING * rows["lowest"].abs().clip(lower=1)
    return optimal & (rows["lowest_perturbed"] >= rows["error"] * (1 - ROUNDING))


def _optimality(
    name: str,
    claim: str,
    matrix: str,
    errors: pd.DataFrame,
    source: str = "§5",
    kind: str = "claim",
) -> Claim:
    """Whether a matrix has the lowest error of its class everywhere."""
    rows = errors[errors["matrix"] == matrix]
    met = _optimal(errors, matrix)
    return Claim(
        name,
        source,
        claim,
        "In units of the squared length of the gradient, the error exceeds the lowest one by "
        f"{_span(rows['error'] - rows['lowest'])}; it is the lowest on {met.sum()} of {len(rows)} "
        "problems.",
        "On a problem the error equals that of a least-squares solver's solution to a relative "
        f"{ROUNDING:.0e}, and every perturbed matrix has a larger one.",
        figure=FIGURE,
        kind=kind,
        **tried(map(verdict, met), PROBLEM),
    )


def _span(excess: pd.Series) -> str:
    """The range of some differences, rounding shown as such."""
    if excess.abs().max() <= ROUNDING:
        return f"less than {ROUNDING:.0e}"
    return f"{excess.min():.2g} to {excess.max():.2g}"


def likeliest(decreases: pd.DataFrame) -> list[Claim]:
    """What the table of `decrease` says of Le Roux et al. (2007)."""
    shares = decreases.pivot(index="problem", columns="direction", values="share")
    own = shares["covariance"]
    others = shares.drop(columns="covariance")
    angles = decreases.groupby("problem")["angle"].first()
    listed = ", ".join(
        f"{(own - values).min():+.3f} to {(own - values).max():+.3f} ({name})"
        for name, values in others.items()
    )
    return [
        Claim(
            "noise.likeliest-decrease",
            "§5, citing Le Roux et al. (2007)",
            "The direction Σ⁻¹g, with the covariance Σ of the stochastic gradients, maximises the "
            "probability that a small step lowers the loss.",
            f"The step along Σ⁻¹g lowers the loss in {own.min():.1%} to {own.max():.1%} of the "
            f"batches, by the problem; its share minus that of another direction is {listed}.",
            f"On a problem no other direction has a share larger by {LIKELIER}, and that of the "
            f"gradient itself is smaller by {LIKELIER} at least.",
            **tried(
                (
                    verdict(
                        (others.loc[name] <= own[name] + LIKELIER).all(),
                        others.loc[name, "gradient"] <= own[name] - LIKELIER,
                    )
                    for name in shares.index
                ),
                PROBLEM,
            ),
        ),
        Claim(
            "noise.covariance-and-second-moment",
            "ours, by Sherman and Morrison",
            "Applied to the gradient of the whole loss, the inverse of the covariance and the "
            "inverse of the empirical Fisher give the same direction.",
            f"The sine of the angle between the two is at most {max(angles.max(), PARALLEL):.0e} "
            f"on {len(angles)} problems.",
            f"At most {PARALLEL:.0e}.",
            kind="identity",
            **tried(map(verdict, angles <= PARALLEL), PROBLEM),
        ),
    ]


def descents(trials: pd.DataFrame) -> list[Claim]:
    """What the descents of every seed say about §5.

    Parameters
    ----------
    trials
        As `stochastic.trials` tabulates them.
    """
    medians = trials.set_index(["problem", "method", "seed"])["median"].unstack("method")

    def below(problem: str, better: str, *worse: str) -> pd.Series:
        """In which trials a method's median is lower than that of each of some others."""
        rows = medians.loc[problem]
        return rows[better] <= (1 - LOWER) * rows[list(worse)].min(axis=1)

    def ratios(better: str, worse: str) -> str:
        """The range over the trials, for each problem."""
        parts = []
        for problem in PROBLEMS:
            ratio = medians.loc[problem, worse] / medians.loc[problem, better].clip(lower=1e-300)
            parts.append(f"{ratio.min():.2g} to {ratio.max():.2g} ({problem})")
        return f"{worse} over {better}: {', '.join(parts)}"

    def row(
        word: str,
        source: str,
        claim: str,
        pairs: list[tuple[str, str]],
        criterion: str,
        parts: Callable[[], list[pd.Series]],
        kind: str = "claim",
    ) -> Claim:
        """A claim that compares median losses at the end."""
        met = pd.concat(parts(), axis=1)
        return Claim(
            f"noise.{word}",
            source,
            claim,
            f"Ratio of median final excess losses in {len(met)} draws, "
            f"{'; '.join(ratios(*pair) for pair in pairs)}.",
            f"{criterion}; lower means a median lower by {LOWER:.0%}, each method at the best of "
            "the same step sizes.",
            figure=FIGURE,
            kind=kind,
            **tried((verdict(*map(bool, each)) for each in met.to_numpy()), DRAW),
        )

    return [
        row(
            "attenuation",
            "§5",
            "The covariance information in the empirical Fisher can reduce the harm of gradient "
            "noise.",
            [("diagonal", "SGD"), ("transposed", "SGD")],
            "The diagonal factors and the transpose of Eq. 19 end lower than SGD on both problems",
            lambda: [
                below(each, m, "SGD") for each in PROBLEMS for m in ("diagonal", "transposed")
            ],
        ),
        row(
            "attenuation-by-covariance",
            "ours, on §5",
            "It is the covariance that helps, and not only the size of the noise: the same two "
            "matrices made of isotropic noise of the same total variance do worse.",
            [("diagonal", "scalar"), ("transposed", "equal noise")],
            "The diagonal factors end lower than one factor for all coordinates, and the transpose "
            "of Eq. 19 lower than with isotropic noise, on both problems",
            lambda: [
                below(each, *pair)
                for each in PROBLEMS
                for pair in (("diagonal", "scalar"), ("transposed", "equal noise"))
            ],
            kind="ours",
        ),
        row(
            "counteracts-scaling",
            "§5, Eq. 19",
            "The multiplication with ∇L ∇Lᵀ counteracts the poor scaling of preconditioning with "
            "the empirical Fisher.",
            [("printed", "EF")],
            "Eq. 19 as printed ends lower than EF⁻¹ on both problems",
            lambda: [below(each, "printed", "EF") for each in PROBLEMS],
        ),
        row(
            "printed-descends-lower",
            "ours, on Eq. 19",
            "On the ill-conditioned problem the matrix as printed descends lower than its "
            "transpose, although its error as an estimate of the gradient is larger.",
            [("printed", "transposed")],
            "Eq. 19 as printed ends lower than its transpose on the ill-conditioned problem",
            lambda: [below(STRETCHED, "printed", "transposed")],
            kind="ours",
        ),
        row(
            "not-curvature",
            "§5",
            "Preconditioning with the empirical Fisher can be understood as adaptation to gradient "
            "noise instead of curvature.",
            [("EF", "SGD"), ("EF", "Fisher")],
            "EF⁻¹ ends lower than SGD on the isotropic problem, where there is no curvature to "
            "adapt to, and lower than SGD and than the Fisher on the ill-conditioned problem",
            lambda: [
                below(ISOTROPIC, "EF", "SGD"),
                below(STRETCHED, "EF", "SGD"),
                below(STRETCHED, "EF", "Fisher"),
            ],
        ),
        row(
            "defeats-its-purpose",
            "§5",
            "Computing Eq. 19 needs the gradients of all examples, which defeats its purpose.",
            [("gradient", "printed"), ("gradient", "transposed")],
            "Steps along the full gradient, which needs the same gradients, end lower than with "
            "Eq. 19 as printed and than with its transpose, on both problems",
            lambda: [
                below(each, "gradient", m) for each in PROBLEMS for m in ("printed", "transposed")
            ],
        ),
    ]
