"""Values and names in messages: each in one short line, whatever is in it."""

from __future__ import annotations

import difflib
import json
import math
from typing import Any

LARGEST = 1e50  #: whole number that is written out
LONGEST = 80  #: characters of a value in a message; more are counted
MOST_NAMES = 40  #: in a list of what is allowed


def show(value: Any) -> str:
    """A value in one short line, as JSON writes it."""
    if isinstance(value, int) and abs(value) > LARGEST:
        return f"a whole number of {math.floor(math.log10(abs(value))) + 1} digits"
    if isinstance(value, str):
        return shortened(value, json.dumps(value[: 2 * LONGEST], ensure_ascii=False))
    try:
        return shortened(json.dumps(value, ensure_ascii=False, default=str))
    except (TypeError, ValueError):  # keys of many types, numbers of many digits, or a cycle
        return f"a {type(value).__name__} that can't be shown"


def shortened(text: str, shown: str = "") -> str:
    """The beginning of a text, or of how it is shown, and the length of what is left out."""
    shown = "".join(
        letter if letter.isprintable() else repr(letter)[1:-1]
        for letter in shown or text[: 2 * LONGEST]
    )
    if max(len(text), len(shown)) <= LONGEST + 20:  # not to save less than it takes to say so
        return shown
    return f"{shown[:LONGEST]}… ({len(text):,} characters)"


def name_of(part: Any) -> str:
    """A part of the path of a key, in one short line whatever is in it."""
    if isinstance(part, int) and not isinstance(part, bool):
        return show(part)
    text = str(part)
    return text if text.isprintable() and len(text) <= LONGEST + 20 else show(text)


def join(key: str, name: Any) -> str:
    """The key of something in a section."""
    return name_of(name) if key == "top level" else f"{key}.{name_of(name)}"


def hint(name: Any, allowed: list[Any]) -> str:
    """What may have been meant by a name, and what is allowed."""
    shown = shortened(str(name)) if isinstance(name, str) else show(name)
    close = difflib.get_close_matches(shown, [str(entry) for entry in allowed], n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    more = len(allowed) - MOST_NAMES
    names = [*map(str, allowed[:MOST_NAMES]), *([f"and {more} more"] if more > 0 else [])]
    return f"{meant}; allowed: {', '.join(names)}"


def count_of(value: Any) -> str:
    """How many entries something has."""
    return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
