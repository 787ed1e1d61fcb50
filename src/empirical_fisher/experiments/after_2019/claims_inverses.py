"""The ledger of inverses: of a one-sample Fisher, and of the empirical Fisher of few examples."""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim

from .claims_trials import EFFECT, FIGURE, ROUNDING, identity, judged, span

APPENDIX = "Kunstner, Balles, Hennig (2019), Appendix B"
NOTHING = "only rounding errors of the gradient are left"
LONG = 2  #: a step is too long from this multiple of NGD's step on


def claims(
    inverse_bias: pd.DataFrame, one_sample: pd.DataFrame, few_examples: pd.DataFrame
) -> list[Claim]:
    """All claims about inverses; each table is that of the module of its name."""
    return [*_inverses(inverse_bias, one_sample), *_few_examples(few_examples)]


def _inverses(inverse_bias: pd.DataFrame, one_sample: pd.DataFrame) -> list[Claim]:
    bias = inverse_bias.groupby("seed").agg({"least": "min", "greatest": "max"})
    longest = one_sample.dropna().groupby(["problem", "seed"])["length"].idxmax()
    return [
        judged(
            "inverse-is-biased",
            "ours",
            f"{APPENDIX}; Jensen's inequality; ours",
            "The damped inverse of a one-sample Fisher is on average larger than that of the "
            "Fisher: E[(F̂ + λ)⁻¹] ⪰ (F + λ)⁻¹.",
            "eigenvalues of the difference, relative to the exact inverse, from "
            f"{bias['least'].min():.0e} up; the largest {span(bias['greatest'])}",
            f"no eigenvalue below −{ROUNDING:.0e}, and one of at least {EFFECT:.0%}",
            pd.DataFrame(
                {"above": bias["least"] >= -ROUNDING, "biased": bias["greatest"] >= EFFECT}
            ),
        ),
        _too_long(
            "one-sample-too-long",
            "This is why the one-sample Fisher diverges at NGD's best cell: along NGD's path its "
            "step becomes too long, and the loss rises.",
            "at the last iterate",
            one_sample[one_sample["iteration"] == one_sample["iteration"].max()],
        ),
        _too_long(
            "one-sample-too-long-somewhere",
            "Somewhere along NGD's path a step with the one-sample Fisher is too long, and the "
            "loss rises.",
            "at the iterate with the longest step (a criterion added after the first run)",
            one_sample.loc[longest],
        ),
    ]


def _too_long(name: str, claim: str, where: str, steps: pd.DataFrame) -> Claim:
    """Whether one step for each problem and seed is too long on every problem."""
    indexed = steps.set_index(["seed", "problem"])
    shown = steps.groupby("problem").agg({"length": "median", "loss_ratio": "median"})
    too_long = {
        "long": indexed["length"] >= LONG,
        "up": indexed["loss_ratio"] > 1 + EFFECT,
    }
    return judged(
        name,
        "ours",
        f"{APPENDIX}; ours",
        claim,
        f"{where.partition(' (')[0]}, length of the step over NGD's and loss after it over loss "
        "before: "
        + "; ".join(
            f"{problem} "
            + (f"{row.length:.3g} and {row.loss_ratio:.3g}" if row.notna().all() else NOTHING)
            for problem, row in shown.iterrows()
        ),
        f"on every data set of Figure 3, {where}, a step at least {LONG} times as long as NGD's in "
        f"the Fisher's norm, and a loss at least {EFFECT:.0%} higher after it",
        pd.DataFrame(too_long).unstack("problem"),
        FIGURE,
    )


def _few_examples(few_examples: pd.DataFrame) -> list[Claim]:
    one = few_examples[few_examples["examples"] == 1]
    few = few_examples[few_examples["examples"] <= few_examples["parameters"]]
    most = few_examples[few_examples["examples"] == few_examples["examples"].max()]
    return [
        identity(
            "one-example",
            "Sherman, Morrison (1950); ours",
            "With the EF of one example, (λ + ggᵀ)⁻¹g = g / (λ + ‖g‖²): the update is along the "
            "gradient, and without damping its length is 1/‖g‖.",
            one,
            ["one_example_error"],
            "the two updates",
        ),
        identity(
            "few-examples-decrease",
            "Wu, Yu, Zhang, Woodland (2024); Le Roux's note; ours",
            "With no more examples than parameters ∇LᵀEF⁺∇L = 1: a step of EFGD promises the same "
            "decrease wherever it starts.",
            few,
            ["decrease_error"],
            "the promised decrease and 1",
        ),
        judged(
            "many-examples-decrease",
            "ours",
            "ours",
            "With many more examples than parameters EFGD promises less: ∇LᵀEF⁺∇L is well below 1 "
            "and vanishes at the minimum.",
            f"{span(most['decrease'])} at random parameters and at most "
            f"{most['decrease_at_minimum'].max():.0e} at the minimum",
            f"at most 0.9 at random parameters and at most {ROUNDING:.0e} at the minimum",
            pd.DataFrame(
                {
                    "random": most.groupby("seed")["decrease"].max() <= 0.9,
                    "minimum": most.groupby("seed")["decrease_at_minimum"].max() <= ROUNDING,
                }
            ),
        ),
    ]
