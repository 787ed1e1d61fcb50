"""How numbers, truth values and dates are written in text, and which of them a text is."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .arrays import Array

#: What stands for a missing value in pandas and in ARFF.
MISSING = frozenset(
    (
        *("", "?", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NULL", "null", "None"),
        *("NaN", "nan", "-NaN", "-nan", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
    )
)
TRUTH = ({"false": 0, "true": 1}, {"no": 0, "yes": 1})
SPACES = " \u00a0\u202f"  #: a space between thousands, breaking or not
GROUPING = {",": ",", ".": ".", "'": "'’", " ": SPACES}  #: what each mark of thousands stands for
PADDED = r"[+-]?0\d+"  #: a whole number with leading zeros, which may be a code
DATE = (
    r"(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?:[T ]+\d.*)?"
    r"|\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?"
)


@dataclass(frozen=True)
class Notation:
    """The marks in numbers.

    Parameters
    ----------
    decimal
        Before decimals, ``"."`` or ``","``.
    thousands
        Between groups of three digits, a key of `GROUPING` other than ``decimal``, if any.
    """

    decimal: str = "."
    thousands: str | None = None

    @property
    def pattern(self) -> str:
        """A regular expression for numbers; groups of digits have to be complete."""
        point = re.escape(self.decimal)
        whole = r"\d+"
        if self.thousands:
            whole = rf"(?:\d{{1,3}}(?:[{re.escape(GROUPING[self.thousands])}]\d{{3}})+|\d+)"
        digits = rf"(?:{whole}(?:{point}\d*)?|{point}\d+)"
        return rf"[+-]?(?:{digits}(?:[eE][+-]?\d+)?|(?i:inf|infinity))"


PLAIN = Notation()
#: All, the simpler ones first.
NOTATIONS = tuple(
    Notation(decimal, thousands)
    for thousands in (None, *GROUPING)
    for decimal in ".,"
    if decimal != thousands
)


def is_number(text: pd.Series, notation: Notation = PLAIN) -> pd.Series:
    """Whether each text is a number, blanks around it left aside."""
    return _matches(text, notation.pattern)


def is_padded(text: pd.Series) -> pd.Series:
    """Whether each text is a whole number with leading zeros."""
    return _matches(text, PADDED)


def is_date(text: pd.Series) -> pd.Series:
    """Whether each text is a date in digits or a time of day."""
    return _matches(text, DATE)


def is_truth(text: pd.Series) -> bool:
    """Whether texts are all ``true`` or ``false``, or all ``yes`` or ``no``, in any case."""
    found = {value.strip().lower() for value in text.unique()}
    return bool(found) and any(found <= pair.keys() for pair in TRUTH)


def truth(text: pd.Series) -> pd.Series:
    """Truth values as 0 and 1; missing ones stay missing."""
    numbers = TRUTH[0] | TRUTH[1]
    return text.map(lambda value: numbers[value.strip().lower()], na_action="ignore")


def numbers(text: pd.Series, notation: Notation = PLAIN) -> Array | np.ndarray:
    """Read texts that are numbers, see `is_number`.

    Returns
    -------
    (N,) array
        Of float64, or of int64 if all are written as whole numbers and fit.
    """
    plain = text.astype(object).str.strip()
    if notation.thousands:
        plain = plain.str.replace(f"[{re.escape(GROUPING[notation.thousands])}]", "", regex=True)
    if notation.decimal != ".":
        plain = plain.str.replace(notation.decimal, ".")
    floats = plain.to_numpy(dtype=float)
    if not _matches(plain, r"[+-]?\d+").all():
        return floats
    if (np.abs(floats) < 2**53).all():
        return floats.astype(np.int64)
    whole = [int(value) if len(value) < 30 else 2**64 for value in plain]
    return np.array(whole) if min(whole) >= -(2**63) and max(whole) < 2**63 else floats


def _matches(text: pd.Series, pattern: str) -> pd.Series:
    compiled = re.compile(pattern, re.ASCII)
    found = [compiled.fullmatch(value.strip()) is not None for value in text]
    return pd.Series(found, text.index, dtype=bool)
