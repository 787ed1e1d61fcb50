"""The ledger of the curvature matrices: Propositions 1 and 2, Eqs. 4, 9, 11, §4.1, Definition 1.

The tables are those of `identities`, `remainder` and `splits`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict

ROUNDING = 1e-12  #: 1e4 ε, what sums of some hundred rounded products may lose relatively
#: The same where a matrix is made of numerical differences, which have ε^(4/5) = 3e-13 at best and
#: less where the fifth derivative is large.
DIFFERENCES = 1e-7
SHARE = 0.01  #: of another matrix's norm, what a curvature matrix may miss and be "close"
INDEFINITE = -0.01  #: an eigenvalue below this share of the largest is negative beyond doubt
CORRELATION = 0.9  #: of the ranks along one descent, for two quantities that fall together
#: Where the residuals have fallen to the first share of those at the start, the approximation has
#: improved if it misses at most the second share of what it missed there. It need not in between:
#: Proposition 2 bounds what is missed, and does not say that it falls with every step.
FALLEN, IMPROVED = 0.001, 0.01
REMAINDER, SPLITS = "curvature_remainder", "curvature_splits"  #: the figures
DRAW, START = "the draw", "the start"  #: what trials differ in


def claims(
    identities: pd.DataFrame,
    trials: pd.DataFrame,
    residuals: pd.DataFrame,
    memorised: pd.DataFrame,
) -> list[Claim]:
    """All claims of this topic, in the order of the paper.

    Parameters
    ----------
    identities
        As `identities.table` makes it.
    trials
        The summaries that `remainder.experiment` makes of every seed.
    residuals, memorised
        As `splits.experiment` makes them.
    """
    return [
        *_equalities(identities),
        _definite(identities),
        *_bounds(trials),
        _improvement(memorised),
        _monotone(trials),
        *_split(residuals),
        *_fitted(memorised),
    ]


def _equalities(table: pd.DataFrame) -> list[Claim]:
    """Proposition 1, the divergence of §3.1, and Eqs. 4, 9, 11 and 14."""
    least_squares = table[table["likelihood"] == "Gaussian"]
    rows = [
        (
            "fisher-is-ggn",
            "§3.4, Proposition 1",
            "The Fisher is the generalised Gauss-Newton matrix (GGN) of the canonical split: the "
            "negative log-likelihood as a function of the natural parameters.",
            table,
            ["fisher_from_ggn", "scores_from_ggn"],
            ROUNDING,
        ),
        (
            "fisher-forms",
            "§3.1, Eq. 4",
            "If y is drawn from the model, the expected Hessian of −log p is the expected outer "
            "product of its gradients.",
            table,
            ["hessians_from_fisher"],
            ROUNDING,
        ),
        (
            "fisher-is-hessian-of-divergence",
            "§3.1",
            "The Fisher is the Hessian of the Kullback-Leibler divergence between the model and "
            "the model with changed parameters.",
            table,
            ["divergence_from_fisher"],
            DIFFERENCES,
        ),
        (
            "hessian-of-both-splits",
            "§3.3, Eq. 9",
            "The Hessian is the GGN plus the curvature of the inner functions, weighted by the "
            "residual gradients, for the canonical split and for that of the empirical Fisher.",
            table,
            ["hessian_from_canonical", "hessian_from_empirical"],
            DIFFERENCES,
        ),
        (
            "second-split",
            "§3.3, Eq. 11",
            "With the second split of least squares, b(θ) = θ, the GGN is the whole Hessian.",
            least_squares,
            ["hessian_from_canonical"],
            DIFFERENCES,
        ),
        (
            "ef-is-ggn",
            "§4.1, Eq. 14 and footnote 3",
            "The empirical Fisher is the GGN of the split −log b, where b is the probability of "
            "the label.",
            table,
            ["split_from_empirical_fisher"],
            DIFFERENCES,
        ),
    ]
    return [_equality(*row) for row in rows]


def _equality(
    word: str, source: str, claim: str, table: pd.DataFrame, columns: list[str], limit: float
) -> Claim:
    """Matrices that are the same in every draw but for rounding."""
    worst = table[columns].max(axis=1)
    contrast = table["empirical_fisher_from_fisher"].min()
    met = (worst <= limit).groupby(table["draw"]).all()
    return Claim(
        id=f"curvature.{word}",
        source=source,
        claim=claim,
        measured=f"In {len(table)} cases ({', '.join(table['likelihood'].unique())}; a linear "
        f"model and a network) the two matrices differ by at most {_above(worst.max())} of the "
        f"GGN's norm; the empirical Fisher and the Fisher differ by at least {contrast:.1g}.",
        criterion=f"They differ by at most {limit:.0e} of the GGN's norm in every case of a draw.",
        kind="identity",
        **tried(map(verdict, met), DRAW),
    )


def _definite(table: pd.DataFrame) -> Claim:
    """What the GGN is preferred for."""
    networks = table[table["model"] == "network"].groupby("draw")
    negative = networks["hessian_lowest"].min()
    definite = table.groupby("draw")["ggn_lowest"].min()
    answers = [
        verdict(definite[draw] >= -ROUNDING, negative[draw] < INDEFINITE) for draw in negative.index
    ]
    return Claim(
        id="curvature.ggn-is-definite",
        source="§3.3",
        claim="The GGN is positive semi-definite even where the Hessian is not.",
        measured="At random parameters of the networks the lowest eigenvalue of the Hessian is "
        f"between {negative.min():.2f} and {negative.max():.2f} times the largest absolute "
        f"value of one; the GGN's is never below {-_ceiling(-definite.min()):.0e}.",
        criterion=f"In a draw the GGN's lowest eigenvalue is at least {-ROUNDING:.0e} of its "
        "largest for all models, and the Hessian's is below "
        f"{INDEFINITE:g} of the largest absolute value for one network at least.",
        **tried(answers, DRAW),
    )


def _bounds(trials: pd.DataFrame) -> list[Claim]:
    """Proposition 2 without and with the square."""
    rows = [
        (
            "remainder-bound",
            "§3.4, Proposition 2, without the square of Eq. 13",
            "The spectral norm of what the GGN leaves out of the Hessian is at most r β, the sum "
            "of the residual gradients times the smoothness of the prediction function.",
            "linear",
            "The norm",
        ),
        (
            "remainder-bound-squared",
            "§3.4, Proposition 2, Eq. 13 as printed",
            "The square of this norm is at most r β.",
            "squared",
            "The square of the norm",
        ),
    ]
    made = []
    for word, source, claim, column, name in rows:
        worst = trials.groupby("seed")[column].max()
        made.append(
            Claim(
                id=f"curvature.{word}",
                source=source,
                claim=claim,
                measured=f"{name} is at most {worst.min():.2g} to {worst.max():.2g} times r β, by "
                "the draw, along two trainings and at their ends with every example repeated.",
                criterion=f"{name} is never above r β, where β is proven.",
                figure=REMAINDER,
                **tried(map(verdict, worst <= 1), DRAW),
            )
        )
    return made


def _improvement(memorised: pd.DataFrame) -> Claim:
    """What the text says after Proposition 2, where residuals do diminish."""
    answers, ratios, left = [], [], []
    fits = memorised[memorised["problem"] == "regression"]
    for _, run in fits.groupby("start"):
        remainder = run["fisher_remainder"].to_numpy()
        residual = run["residual"].to_numpy()
        fallen = np.flatnonzero(residual <= FALLEN * residual[0])
        ratios.append(remainder[fallen[0]] / remainder[0] if len(fallen) else np.inf)
        left.append(remainder[-1] / run["hessian"].iloc[-1])
        answers.append(verdict(ratios[-1] <= IMPROVED, left[-1] <= ROUNDING))
    return Claim(
        id="curvature.remainder-vanishes",
        source="§3.4, after Proposition 2",
        claim="The approximation of the Hessian by the GGN improves as the residuals diminish, and "
        "is exact if the data are perfectly fitted.",
        measured=f"When a network's residuals first are {FALLEN:g} times those at the start, the "
        f"norm of what the GGN misses is {min(ratios):.2g} to {max(ratios):.2g} times that at the "
        f"start; at the end it is at most {_above(max(left))} times the Hessian's.",
        criterion=f"At most {IMPROVED:g} times that at the start, and {ROUNDING:.0e} times the "
        "Hessian's at the end.",
        figure=SPLITS,
        **tried(answers, START),
    )


def _monotone(trials: pd.DataFrame) -> Claim:
    """What the bound does not promise."""
    ranks = trials.pivot(index="seed", columns="problem", values="correlation")
    listed = "; ".join(
        f"{name}: {values.min():.2f} to {values.max():.2f}" for name, values in ranks.items()
    )
    answers = [verdict(*map(bool, row >= CORRELATION)) for row in ranks.to_numpy()]
    return Claim(
        id="curvature.remainder-is-monotone",
        source="ours, on Proposition 2",
        claim="What the GGN leaves out of the Hessian rises and falls with the residuals r along a "
        "training whose data keep their noise.",
        measured=f"The rank correlation of the two along {len(ranks)} trainings of a network is, "
        f"{listed}.",
        criterion=f"A rank correlation of at least {CORRELATION:g} in both trainings of a draw.",
        figure=REMAINDER,
        kind="ours",
        **tried(answers, DRAW),
    )


def _split(residuals: pd.DataFrame) -> list[Claim]:
    """The residual gradients of both splits, and Definition 1."""
    groups = residuals.groupby("likelihood", sort=False)
    least = groups["canonical"].min()
    reach = residuals["f"].abs().max()
    return [
        Claim(
            id="curvature.ef-split-residual",
            source="§4.1",
            claim="The residual gradient of the split −log b is never zero for a probability b: it "
            "is 1/b, at least 1.",
            measured=f"At {len(residuals)} predictions of {len(least)} likelihoods the smallest is "
            f"{residuals['empirical'].min():.3g}.",
            criterion="At least 1 at every prediction.",
            figure=SPLITS,
            holds=verdict((residuals["empirical"] >= 1).all()),
            kind="identity",
        ),
        Claim(
            id="curvature.definition-1",
            source="§4.1, Definition 1",
            claim="The canonical split satisfies the amended definition of a GGN: its residual "
            "gradient is zero at some finite prediction b*.",
            measured="The smallest sum of absolute entries of the residual gradient at natural "
            f"parameters between −{reach:g} and {reach:g} is "
            + ", ".join(f"{value:.1g} ({name})" for name, value in least.items())
            + ". For the last two it is zero in the limit only: no label has probability 1 at a "
            "finite prediction.",
            criterion="Exactly zero at a finite prediction, for each likelihood.",
            holds=verdict(*(least == 0)),
            figure=SPLITS,
        ),
    ]


def _fitted(memorised: pd.DataFrame) -> list[Claim]:
    """What becomes of both matrices where all data are fitted."""
    regression = _ends(memorised, "regression")
    left_out = regression["empirical_fisher_remainder"] / regression["hessian"]
    return [
        _vanishing(
            "curvature.ef-vanishes-regression",
            "§4.1, Eq. 15",
            "When all data are fitted by least squares, the empirical Fisher goes to zero and the "
            "Fisher approaches the Hessian.",
            regression,
        ),
        _vanishing(
            "curvature.ef-vanishes-classification",
            "§4.1, after Eq. 15",
            "The same holds wherever the gradients of all examples vanish, as for separable "
            "classes.",
            _ends(memorised, "classification"),
        ),
        Claim(
            id="curvature.ef-split-remainder",
            source="§4.1",
            claim="The empirical Fisher lacks the guarantee of a GGN: when the residuals vanish, "
            "it lacks all of the Hessian.",
            measured="Where the regression is fitted, the norm of Hessian minus empirical Fisher "
            f"is at least {left_out.min():.3f} times the Hessian's.",
            criterion=f"At least {1 - SHARE:g} times the Hessian's norm at the end of a descent.",
            figure=SPLITS,
            **tried(map(verdict, left_out >= 1 - SHARE), START),
        ),
    ]


def _ends(memorised: pd.DataFrame, problem: str) -> pd.DataFrame:
    """The last iterate of every descent of a problem."""
    return memorised[memorised["problem"] == problem].groupby("start").last()


def _vanishing(id: str, source: str, claim: str, ends: pd.DataFrame) -> Claim:
    """Whether the empirical Fisher has vanished and the Fisher has become the Hessian."""
    names = ("empirical_fisher", "fisher_remainder")
    shares = ends[[*names]].div(ends["hessian"], axis=0)
    worst = shares.max()
    met: dict[str, Any] = tried((verdict(*row) for row in shares.to_numpy() <= SHARE), START)
    return Claim(
        id=id,
        source=source,
        claim=claim,
        measured=f"At the end of {len(ends)} descents the mean residual gradient is at most "
        f"{ends['residual'].max():.1g}, the norm of the empirical Fisher at most "
        f"{worst['empirical_fisher']:.1g} times the Hessian's, and that of Hessian minus Fisher at "
        f"most {worst['fisher_remainder']:.1g} times; the Hessian's norm is at least "
        f"{ends['hessian'].min():.1g}.",
        criterion=f"Both norms are at most {SHARE:g} times the Hessian's at the end of a descent.",
        figure=SPLITS,
        **met,
    )


def _ceiling(value: float) -> float:
    """An upper bound that is the same on every machine, if the number is rounding."""
    return max(value, ROUNDING)


def _above(value: float) -> str:
    return f"{_ceiling(value):.0e}"
