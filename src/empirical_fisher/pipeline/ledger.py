"""The ledger: what the texts claim, what was measured, and whether the claim holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

#: The columns of the ledger, in order.
COLUMNS = [
    "id",
    "kind",
    "source",
    "claim",
    "measured",
    "criterion",
    "holds",
    "trials",
    "agree",
    "varied",
    "figure",
]
ANSWERS = ("yes", "in part", "no")
#: What a row can be, and how the page calls rows of this kind.
KINDS = {
    "claim": "Claims of the texts",
    "question": "Questions of the texts",
    "ours": "Statements of our own",
    "identity": "Identities that are verified numerically",
}
LATER = "after_2019"  #: the topic that is a ledger of its own, for what came after the two texts


@dataclass(frozen=True)
class Claim:
    """One row of the ledger.

    Parameters
    ----------
    id
        The topic and a word for the claim, as in ``curvature.fisher-is-ggn``; unique.
    source
        Where the claim stands: ``§4.2, Eq. 17``, ``Figure 3``, ``the note``; ``ours`` and what it
        is about if it stands nowhere.
    claim
        The claim in one sentence.
    measured
        What this run measured, with its numbers and units, in a sentence.
    criterion
        What had to be measured for the claim to hold, fixed in advance.
    holds
        ``"yes"``, ``"no"`` or ``"in part"``.
    figure
        The figure that shows it, its file name without ending, if one does.
    kind
        ``"claim"`` if a text says so, ``"question"`` if it asks so, ``"ours"`` if neither does, and
        ``"identity"`` if it follows from definitions and can only fail by a fault of the code.
    trials, agree, varied
        How many trials were judged by the criterion, how many of them have the answer ``holds``,
        and what they differ in; see `tried`.
    """

    id: str
    source: str
    claim: str
    measured: str
    criterion: str
    holds: str
    figure: str = ""
    kind: str = "claim"
    trials: int = 1
    agree: int = 1
    varied: str = ""

    def __post_init__(self) -> None:
        if self.holds not in ANSWERS:
            raise ValueError(f"{self.id}: holds is {self.holds!r}, not yes, no or in part")
        if self.kind not in KINDS:
            raise ValueError(f"{self.id}: kind is {self.kind!r}, not one of {', '.join(KINDS)}")
        if not 0 <= self.agree <= self.trials:
            raise ValueError(f"{self.id}: {self.agree} of {self.trials} trials can't agree")
        if self.trials > 1 and not self.varied:
            raise ValueError(f"{self.id}: what do its {self.trials} trials differ in?")


def verdict(*met: bool) -> str:
    """``yes`` if every part of a criterion is met, ``in part`` if some are, ``no`` if none is.

    Where nothing was measured nothing is met.
    """
    return "yes" if met and all(met) else "in part" if any(met) else "no"


def tried(answers: Iterable[str], varied: str) -> dict[str, Any]:
    """What a claim takes from the verdicts of its trials: ``holds, trials, agree, varied``.

    Parameters
    ----------
    answers
        The verdict of each trial. The claim gets the most frequent one, and of two that are as
        frequent the worse; ``no`` if there is no trial.
    varied
        What the trials differ in, to be read after "depends on": ``"the draw"``.
    """
    counts = Counter(answers)
    holds = max(reversed(ANSWERS), key=lambda answer: counts[answer])
    return {"holds": holds, "trials": counts.total(), "agree": counts[holds], "varied": varied}


def table(claims: Iterable[Claim]) -> pd.DataFrame:
    """The ledger of some claims, one row per claim, in their order."""
    return pd.DataFrame([asdict(claim) for claim in claims], columns=COLUMNS)


def page(claims: pd.DataFrame) -> str:
    """The ledger as a page of Markdown: how many claims hold, then one section per topic."""
    topic = claims["id"].str.partition(".")[0]
    ledgers = {
        "What the two texts claim, and what this run measured.": claims[topic != LATER],
        "What later texts claim.": claims[topic == LATER],
    }
    parts = ["# The ledger"]
    for name, rows in ledgers.items():
        if len(rows):
            parts += [name, counted(rows)]
    for name, rows in claims.groupby(topic, sort=False):
        parts += [
            f"## {name}",
            "| holds | source | claim | measured | criterion |\n|---|---|---|---|---|",
        ]
        parts[-1] += "".join(
            f"\n| {_answer(row)} | {_source(row)} | {row.claim} | {row.measured} | "
            f"{row.criterion} |"
            for row in rows.map(_escaped).itertuples()
        )
        shown = sorted(set(rows["figure"].dropna()) - {""})
        parts += [f"![{figure}](../figures/{figure}.png)" for figure in shown]
    return "\n\n".join(parts) + "\n"


def counted(claims: pd.DataFrame) -> str:
    """One line of Markdown per kind: how many hold, and how many depend on what was varied."""
    depends = "depends on the trial"
    answers = claims["holds"].mask(claims["agree"] < claims["trials"], depends)
    lines = []
    for kind, name in KINDS.items():
        counts = answers[claims["kind"] == kind].value_counts()
        if len(counts):
            shown = (
                f"{each}: {counts.get(each, 0)}" for each in (*ANSWERS, "depends on the trial")
            )
            lines.append(f"- {name}, {counts.sum()} in all: {', '.join(shown)}.")
    return "\n".join(lines)


def _answer(row: Any) -> str:
    """What the first cell of a row says, from the row's attributes."""
    if row.agree < row.trials:
        return f"**depends on {row.varied}**: {row.holds} in {row.agree} of {row.trials}"
    return f"**{row.holds}**" + (f" in all {row.trials}" if row.trials > 1 else "")


def _source(row: Any) -> str:
    return row.source if row.kind in ("claim", "ours") else f"{row.source} ({row.kind})"


def _escaped(cell: object) -> object:
    """Keep a bar from ending a cell of a Markdown table."""
    return cell.replace("|", "\\|") if isinstance(cell, str) else cell
