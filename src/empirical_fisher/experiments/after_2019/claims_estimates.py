"""The ledger of estimates from batches, sampled labels and Kronecker factors.

The sources are named with each claim; ``ours`` is what they imply but do not say.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim

from .claims_trials import EFFECT, FIGURE, ROUNDING, identity, judged, span, tiny

LIN = "Lin, Dangel, Eschenhagen, Bae, Turner, Makhzani (2024)"
SOEN = "Soen, Sun (2024)"
LIU = "Liu, Li, Hall, Liang, Ma (2023), Algorithm 2"
MARTENS = "Martens, Grosse (2015)"
CLOSE = 0.1  #: the largest relative error of an estimate that is called one
FLAT = 0.05  #: of an exponent that should be a whole number


def claims(
    batches: pd.DataFrame,
    diagonals: pd.DataFrame,
    bartlett: pd.DataFrame,
    kronecker: pd.DataFrame,
) -> list[Claim]:
    """All claims about estimates; each table is that of the module of its name."""
    return [
        *_batches(batches),
        *_diagonals(diagonals),
        *_bartlett(bartlett),
        *_kronecker(kronecker),
    ]


def _batches(batches: pd.DataFrame) -> list[Claim]:
    errors = batches.groupby("seed")[["at_start", "at_minimum"]].max()
    exponents = batches.groupby("seed")[["rooted_exponent", "root_free_exponent"]].agg(
        lambda values: values.loc[(values - values.round()).abs().idxmax()]
    )
    units = batches.groupby("seed")[["rooted_units", "root_free_units"]].agg(
        {"rooted_units": "min", "root_free_units": "max"}
    )
    return [
        identity(
            "batch-second-moment",
            f"{LIN}, the factor B",
            "Of batches drawn with replacement, E[B ḡḡᵀ] = Cov + B ∇L∇Lᵀ, which is also B ((1 − "
            "1/B) ∇L∇Lᵀ + EF/B).",
            batches,
            ["with_replacement", "mixture"],
            "the mean over all batches and the two formulas",
        ),
        identity(
            "batch-without-replacement",
            "ours",
            "Of batches drawn without replacement, E[B ḡḡᵀ] = Cov (N − B)/(N − 1) + B ∇L∇Lᵀ.",
            batches,
            ["without_replacement"],
            "the mean over all batches and the formula",
        ),
        judged(
            "batch-squares",
            "claim",
            f"Kingma, Ba (2015), Algorithm 1; {LIN}",
            "B times the squared gradient of a batch estimates the diagonal of the EF, both at "
            "the start and at the minimum.",
            f"relative difference {span(errors['at_start'])} at the start and at most "
            f"{tiny(errors['at_minimum'].max())} at the minimum",
            f"an expected relative difference of at most {CLOSE:.0%} at each of the two",
            errors <= CLOSE,
        ),
        judged(
            "root-and-loss-scale",
            "identity",
            f"{LIN}; Kunstner, Balles, Hennig (2019), §5",
            "If the loss is multiplied by c, the update with the root, g/√S, stays as it is, and "
            "the one without it, g/S, is divided by c.",
            f"exponents of c {span(batches['rooted_exponent'], '.3f')} and "
            f"{span(batches['root_free_exponent'], '.3f')}",
            f"exponents within {FLAT} of 0 and −1",
            pd.DataFrame(
                {
                    "rooted": exponents["rooted_exponent"].abs() <= FLAT,
                    "root_free": (exponents["root_free_exponent"] + 1).abs() <= FLAT,
                }
            ),
        ),
        judged(
            "root-and-units",
            "claim",
            f"{LIN}, invariance",
            "Without the root a diagonal update does not depend on the units of the features; "
            "with it, it does.",
            "relative change of the update in other units at most "
            f"{units['root_free_units'].max():.0e} without the root, at least "
            f"{units['rooted_units'].min():.2g} with it",
            f"at most {ROUNDING:.0e} without the root and at least {EFFECT:.0%} with it",
            pd.DataFrame(
                {
                    "root_free": units["root_free_units"] <= ROUNDING,
                    "rooted": units["rooted_units"] >= EFFECT,
                }
            ),
        ),
    ]


def _diagonals(diagonals: pd.DataFrame) -> list[Claim]:
    flat = diagonals[diagonals["layer"].isin(["linear", "last"])]
    first = diagonals[diagonals["layer"] == "first"]
    met = first.pivot(index="seed", columns="task", values=["first_lower", "second_lower"]) > 0
    lower = first.groupby("task")[["first_lower", "second_lower", "entries"]].sum()
    return [
        identity(
            "diagonal-unbiased",
            f"{SOEN}, the two estimators",
            "With the model's labels, squared first derivatives and second derivatives of −log p "
            "both estimate the diagonal of the Fisher without bias.",
            diagonals,
            ["first_bias", "second_bias"],
            "the expectations and the diagonal",
        ),
        identity(
            "diagonal-second-is-exact",
            f"{SOEN}; ours for linear models",
            "The estimate from second derivatives has no variance in a linear model and in the "
            "last layer of a network.",
            flat,
            ["second_deviation"],
            "the estimates of different labels",
        ),
        judged(
            "diagonal-neither-is-better",
            "claim",
            SOEN,
            "In the hidden layer of a network neither of the two estimators is always better.",
            "entries where first or second derivatives have the lower variance, of all: "
            + "; ".join(
                f"{task} {row.first_lower:.0f} or {row.second_lower:.0f} of {row.entries:.0f}"
                for task, row in lower.iterrows()
            ),
            f"for each likelihood, entries where the one has a variance at least {EFFECT:.0%} "
            "lower and entries where the other has",
            met,
            FIGURE,
        ),
    ]


def _bartlett(bartlett: pd.DataFrame) -> list[Claim]:
    largest = bartlett[bartlett["size"] == bartlett["size"].max()]
    by_seed = largest.groupby("seed")[["batch_deviation", "example_deviation"]]
    extremes = pd.DataFrame(
        {
            "batch": by_seed.min()["batch_deviation"],
            "example": by_seed.max()["example_deviation"],
        }
    )
    optimum = bartlett.groupby("seed").agg({"data_batch": "max", "data_examples": "min"})
    return [
        identity(
            "bartlett-unbiased",
            LIU,
            "With the model's labels the expected squares of the summed gradient are the summed "
            "expected squares: the diagonal of the Fisher.",
            bartlett,
            ["batch_bias"],
            "the expectation and the diagonal",
        ),
        judged(
            "bartlett-needs-the-models-labels",
            "ours",
            f"{LIU}; ours",
            "With the data's labels the same estimate is zero at the optimum, though the EF is "
            "not.",
            f"estimate at most {optimum['data_batch'].max():.0e} and diagonal of the EF at least "
            f"{optimum['data_examples'].min():.2g} of that of the Fisher",
            f"at most {ROUNDING:.0e} and at least {CLOSE:.0%} of the diagonal of the Fisher",
            pd.DataFrame(
                {
                    "batch": optimum["data_batch"] <= ROUNDING,
                    "examples": optimum["data_examples"] >= CLOSE,
                }
            ),
        ),
        judged(
            "bartlett-stays-noisy",
            "ours",
            f"{LIU}; ours",
            "However large the batch, one estimate from the summed gradient has a relative "
            "standard deviation of about √2, while that from the examples' squares gets better.",
            f"with {largest['size'].iloc[0]} examples {span(largest['batch_deviation'])} and "
            f"{span(largest['example_deviation'])}",
            "with the largest batch, 1.3 to 1.5 for the summed gradient and at most 0.2 for the "
            "examples' squares",
            pd.DataFrame(
                {
                    "batch": extremes["batch"].between(1.3, 1.5),
                    "example": extremes["example"] <= 0.2,
                }
            ),
        ),
    ]


def _kronecker(kronecker: pd.DataFrame) -> list[Claim]:
    random = kronecker[kronecker["case"] == "random"]
    several = random[random["problem"] != "linear regression"]
    several = several[several["problem"] != "linear binary"]
    quality = random.set_index(["problem", "seed"])[["model", "data", "EF"]]
    labels = several.set_index(["problem", "seed"])
    shown = quality.groupby("problem").median()
    return [
        identity(
            "kronecker-exact",
            f"{MARTENS}; ours",
            "K-FAC is the Fisher of a layer exactly for least squares with a linear model, for "
            "one example, and where all predictions are equal.",
            kronecker[kronecker["is_exact"]],
            ["factor_error"],
            "K-FAC and the Fisher",
        ),
        identity(
            "kronecker-labels-scale",
            f"{MARTENS}; ours",
            "For a linear model with one output, K-FAC with the data's labels is K-FAC with the "
            "model's times mean r² / mean p(1 − p), or mean r² for least squares.",
            kronecker,
            ["scale_error"],
            "the two matrices, so scaled,",
        ),
        judged(
            "kronecker-model-labels",
            "claim",
            f"{MARTENS}, on the model's labels",
            "Where labels change more than the scale, K-FAC with the model's labels is closer to "
            "the natural gradient than with the data's.",
            _qualities(shown.drop(index=["linear regression", "linear binary"]), "model", "data"),
            f"an indicator at least {EFFECT:.0%} lower, for softmax regression and for every "
            "network",
            (labels["model"] <= labels["data"] * (1 - EFFECT)).unstack("problem"),
            FIGURE,
        ),
        judged(
            "kronecker-against-ef",
            "ours",
            "ours",
            "Even with the data's labels K-FAC is closer to the natural gradient than the EF is.",
            _qualities(shown, "data", "EF"),
            f"an indicator at least {EFFECT:.0%} lower, for every problem",
            (quality["data"] <= quality["EF"] * (1 - EFFECT)).unstack("problem"),
            FIGURE,
        ),
    ]


def _qualities(shown: pd.DataFrame, *columns: str) -> str:
    """Relative indicators of some preconditioners on each problem."""
    names = {"model": "model's labels", "data": "data's labels", "EF": "EF"}
    return "indicator relative to that of the natural gradient (1 is the best): " + "; ".join(
        f"{problem} " + ", ".join(f"{names[column]} {row[column]:.3g}" for column in columns)
        for problem, row in shown.iterrows()
    )
