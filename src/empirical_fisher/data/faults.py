"""All faults that keep a table from being used, in messages of bounded length, and their remedies.

Rows are numbered from 1, the header of a file not counted.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd
import yaml

from .datasets import DatasetError

LISTED = 20  #: names in a message, at most
LONGEST = 60  #: characters of a name or value in a message, at most
FAULTS = 20  #: in a message, at most
LINE = 2000  #: characters in a line of YAML in a message, at most
PLURALS = {"holds": "hold", "has": "have", "is": "are", "looks": "look"}


class Fault(DatasetError):
    """What keeps a table from being used.

    Parameters
    ----------
    words
        What is wrong, and what to do.
    remedy
        Keys of the data set's entry that would mend it; a list or section adds to what is there.
    choice
        What else these keys may be.
    """

    def __init__(
        self, words: str, remedy: Mapping[str, Any] | None = None, choice: str = ""
    ) -> None:
        super().__init__(words)
        self.remedy = remedy or {}
        self.choice = choice


@contextmanager
def noting(faults: list[Fault]) -> Iterator[None]:
    """Add a fault to the others and go on."""
    try:
        yield
    except Fault as fault:
        faults.append(fault)


def refuse(faults: Sequence[Fault], settings: Mapping[str, Any]) -> None:
    """Tell all faults, and the lines of the entry that would mend them."""
    if len(faults) == 1:
        raise faults[0]
    if faults:
        lines = [f"{len(faults)} things are in the way:"]
        lines += [f"  - {fault}" for fault in faults[:FAULTS]]
        if len(faults) > FAULTS:
            lines.append(f"  - … and {len(faults) - FAULTS} more")
        remedies = _remedies(faults, settings)
        if remedies:
            lines.append("  Write into its entry, in place of what these keys say there now:")
            lines += [f"    {line}" for line in remedies]
        raise DatasetError("\n".join(lines))


def _remedies(faults: Iterable[Fault], settings: Mapping[str, Any]) -> list[str]:
    """The lines of YAML that would mend faults, one per key, with the other possible values."""
    remedies: dict[str, Any] = {}
    choices: dict[str, str] = {}
    for fault in faults:
        for key, value in fault.remedy.items():
            before = remedies.get(key, settings.get(key))
            if isinstance(value, list):
                value = list(dict.fromkeys([*(before or ()), *value]))
            elif isinstance(value, Mapping):
                value = {**(before or {}), **value}
            remedies[key] = value
            if fault.choice:
                choices[key] = f"  # {fault.choice}"
    lines = {key: f"{in_yaml({key: remedies[key]})}{choices.get(key, '')}" for key in remedies}
    return [
        line if len(line) <= LINE else f"# {key}: too long to be written here"
        for key, line in lines.items()
    ]


def quoted(text: str) -> str:
    """A text in YAML, with quotes."""
    return json.dumps(text, ensure_ascii=False)


def in_yaml(mapping: Mapping[str, Any]) -> str:
    """Keys and values on one line, without the outermost braces."""
    text = yaml.safe_dump(
        dict(mapping),
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=float("inf"),
    )
    return text[1:-2]


def first(mask: pd.Series) -> int:
    """The number of the first row in which a mask holds."""
    return int(mask.index[mask.argmax()]) + 1


def columns_that(does: str, names: Sequence[str], remarks: Mapping[str, str] | None = None) -> str:
    """Say what columns do, with a remark on each."""
    said = [
        f"{shown(name)} ({remarks[name]})" if remarks else shown(name) for name in names[:LISTED]
    ]
    if len(names) == 1:
        name = shown(names[0])
        return f"column {name} {does}{said[0].removeprefix(name)}"
    verb, _, rest = does.partition(" ")
    more = f", … ({len(names)} in all)" if len(names) > LISTED else ""
    return f"columns {', '.join(said)}{more} {PLURALS[verb]} {rest}"


def them(names: Sequence[str]) -> str:
    """``it``, or ``them`` if names are several."""
    return "it" if len(names) == 1 else "them"


def one_line(text: str) -> str:
    """A text with spaces for line breaks."""
    return text if text.splitlines() in ([], [text]) else " ".join(text.split())


def cut(text: Any) -> str:
    """A name or value, cut if it is long."""
    text = str(text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def shown(text: Any) -> str:
    """A name or value, cut if it is long, with quotes if it is text."""
    return repr(cut(text)) if isinstance(text, str) else cut(text)


def listed(names: Iterable[Any]) -> str:
    """Names one after the other, not too many."""
    names = list(map(cut, names))
    more = f", … ({len(names)} in all)" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def meant(name: str, names: Iterable[str]) -> str:
    """The name that may have been meant, and those that there are."""
    close = difflib.get_close_matches(name, list(names), n=1)
    meant = f" (did you mean {cut(close[0])}?)" if close else ""
    return f"{meant}; there are {listed(names)}"
