"""The ledger: what the texts claim, what was measured, and whether the claim holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pandas as pd

#: The columns of the ledger, in order.
COLUMNS = ["id", "source", "claim", "measured", "criterion", "holds", "figure"]


@dataclass(frozen=True)
class Claim:
    """One row of the ledger.

    Parameters
    ----------
    id
        The topic and a word for the claim, as in ``curvature.fisher-is-ggn``; unique.
    source
        Where the claim stands: ``§4.2, Eq. 17``, ``Figure 3``, ``the note``.
    claim
        The claim in one sentence.
    measured
        What this run measured, with its numbers, in a few words.
    criterion
        What had to be measured for the claim to hold, fixed in advance.
    holds
        ``"yes"``, ``"no"`` or ``"in part"``.
    figure
        The figure that shows it, its file name without ending, if one does.
    """

    id: str
    source: str
    claim: str
    measured: str
    criterion: str
    holds: str
    figure: str = ""

    def __post_init__(self) -> None:
        if self.holds not in ("yes", "no", "in part"):
            raise ValueError(f"{self.id}: holds is {self.holds!r}, not yes, no or in part")


def verdict(*met: bool) -> str:
    """``yes`` if every part of a criterion is met, ``in part`` if some are, ``no`` if none is.

    Where nothing was measured nothing is met.
    """
    return "yes" if met and all(met) else "in part" if any(met) else "no"


def table(claims: Iterable[Claim]) -> pd.DataFrame:
    """The ledger of some claims, one row per claim, in their order."""
    return pd.DataFrame([asdict(claim) for claim in claims], columns=COLUMNS)


def page(claims: pd.DataFrame) -> str:
    """The ledger as a page of Markdown: how many claims hold, then one section per topic."""
    counts = claims["holds"].value_counts()
    parts = [
        "# The ledger",
        "What the two texts claim, and what this run measured. "
        + ", ".join(f"{answer}: {counts.get(answer, 0)}" for answer in ("yes", "in part", "no"))
        + ".",
    ]
    for topic, rows in claims.groupby(claims["id"].str.partition(".")[0], sort=False):
        parts += [
            f"## {topic}",
            "| holds | source | claim | measured | criterion |\n|---|---|---|---|---|",
        ]
        parts[-1] += "".join(
            f"\n| **{row.holds}** | {row.source} | {row.claim} | {row.measured} | {row.criterion} |"
            for row in rows.map(_escaped).itertuples()
        )
        shown = sorted(set(rows["figure"].dropna()) - {""})
        parts += [f"![{figure}](../figures/{figure}.png)" for figure in shown]
    return "\n\n".join(parts) + "\n"


def _escaped(cell: object) -> object:
    """Keep a bar from ending a cell of a Markdown table."""
    return cell.replace("|", "\\|") if isinstance(cell, str) else cell
