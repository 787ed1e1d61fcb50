"""How a claim is judged by its trials, the same way for all claims of this topic.

A trial is one seed: everything that is drawn is drawn again. The criterion has one or more parts,
and each trial meets a part or does not; the claim gets the verdict that most trials give.
"""

from __future__ import annotations

import pandas as pd

from empirical_fisher.pipeline.ledger import Claim, tried, verdict

TOPIC = "after_2019"
FIGURE = "after_2019"  #: where the ledger sends the reader
VARIED = "the draw"  #: what the trials differ in
ROUNDING = 1e-8  #: relative; what two ways to compute the same thing may differ by
EFFECT = 0.01  #: the least relative difference that counts


def judged(
    name: str,
    kind: str,
    source: str,
    claim: str,
    measured: str,
    criterion: str,
    met: pd.DataFrame | pd.Series,
    figure: str = "",
) -> Claim:
    """A claim with the verdict that most trials give.

    Parameters
    ----------
    name, kind, source, claim, measured, criterion, figure
        As for `Claim`, the name without the topic.
    met
        Whether a trial meets the parts of the criterion: one row per trial, one column per part.
    """
    parts = pd.DataFrame(met).eq(True)  # what was not measured is not met
    answers = [verdict(*row) for row in parts.itertuples(index=False)]
    return Claim(
        id=f"{TOPIC}.{name}",
        kind=kind,
        source=source,
        claim=claim,
        measured=measured,
        criterion=criterion,
        figure=figure,
        **tried(answers, VARIED),
    )


def identity(
    name: str, source: str, claim: str, errors: pd.DataFrame, columns: list[str], what: str
) -> Claim:
    """An equation that is proven, and verified by numbers.

    Parameters
    ----------
    name, source, claim
        As for `Claim`, the name without the topic.
    errors
        ``seed`` and, in some columns, relative errors; NaN where there is nothing to compare.
    columns
        Which.
    what
        What the errors are differences of.
    """
    worst = errors.groupby("seed")[columns].max()
    count = int(errors[columns].notna().all(axis=1).sum())
    return judged(
        name,
        "identity",
        source,
        claim,
        f"{what} differ by {tiny(worst.max().max())} at most, relatively, in {count} cases",
        f"at most {ROUNDING:.0e} in every case",
        worst.le(ROUNDING),
    )


def tiny(value: float) -> str:
    """A number of which only the size matters."""
    return f"{value:.0e}" if value else "0"


def span(values: pd.Series, form: str = ".2g") -> str:
    """The range of some numbers, in words."""
    return f"{values.min():{form}} to {values.max():{form}}"
