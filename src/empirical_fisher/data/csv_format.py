"""A CSV file as a table of columns, each of numbers or of text."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .datasets import DatasetError
from .notation import MISSING, Notation, is_number, is_padded, numbers

SEPARATORS = (",", ";", "\t", "|")
OPTIONS = ("separator", "decimal", "thousands")  #: what a source may say of a CSV


@dataclass(frozen=True)
class Dialect:
    """How a CSV was read.

    Parameters
    ----------
    separator
        Between fields.
    notation
        Of numbers.
    guessed
        Whether nothing was said of the separator and it isn't the comma.
    """

    separator: str
    notation: Notation
    guessed: bool = False


def read(lines: io.StringIO, options: Mapping[str, str]) -> tuple[pd.DataFrame, Dialect]:
    """Read the text of a CSV file with a header.

    A field that is one of `notation.MISSING` is missing. A column holds numbers if all its other
    fields are numbers, unless some are whole numbers with leading zeros. Every other column holds
    text, as it is written. A column without a name is called ``Unnamed: n``, counted from 0.

    Parameters
    ----------
    lines
        The file, with its own line ends.
    options
        Some of `OPTIONS`. Without a separator it is the comma, unless another makes more columns.

    Raises
    ------
    DatasetError
        If lines have more or fewer fields than the header, or columns share a name.
    """
    notation = Notation(options.get("decimal", "."), options.get("thousands"))
    if notation.decimal == notation.thousands:
        raise DatasetError(f"decimal and thousands are both {notation.decimal!r}")
    separator = options.get("separator") or _separator(lines)
    names = _checked_header(lines, separator)
    dialect = Dialect(separator, notation, "separator" not in options and separator != ",")
    if not names:
        return pd.DataFrame(), dialect
    lines.seek(0)
    layout = {"sep": separator, "header": 0, "names": names, "index_col": False}
    text = pd.read_csv(lines, **layout, dtype=object, na_filter=False)
    return pd.DataFrame({name: _column(text[name], notation) for name in text}), dialect


def _separator(lines: io.StringIO) -> str:
    """The separator with most columns in all lines, else in the first line; the first if equal."""
    lines.seek(0)
    header = lines.readline()

    def columns(separator: str) -> tuple[int, int]:
        if separator not in header:
            return 0, 0
        try:
            return len(_checked_header(lines, separator)), 0
        except DatasetError:
            return 0, header.count(separator)

    return max(SEPARATORS, key=columns)


def _checked_header(lines: io.StringIO, separator: str) -> list[str]:
    """The names of the columns, if every line has a field for each."""
    lines.seek(0)
    rows = csv.reader(lines, delimiter=separator, strict=True)
    try:
        header = next(rows, [])
        names = [name if name.strip() else f"Unnamed: {n}" for n, name in enumerate(header)]
        refuse_duplicates(names)
        for row in rows:
            if row and len(row) != len(names):
                fields = f"{len(row)} field{'' if len(row) == 1 else 's'}"
                between = "" if separator == "," else f" (separated by {separator!r})"
                raise DatasetError(
                    f"line {rows.line_num} has {fields}, the header has {len(names)}{between}"
                )
    except csv.Error as error:
        raise DatasetError(f"line {rows.line_num}: {error}") from None
    return names


def refuse_duplicates(names: Iterable[object]) -> None:
    """Refuse a name that several columns have."""
    twice = [name for name, times in Counter(map(str, names)).items() if times > 1]
    if twice:
        raise DatasetError(f"it names more than one column {twice[0]!r}")


def _column(text: pd.Series, notation: Notation) -> pd.Series:
    """Numbers if all are, else the text as it stands."""
    text = text.where(~text.str.strip().isin(MISSING))
    known = text.dropna()
    if not is_number(known, notation).all() or is_padded(known).any():
        return text.astype(str).where(text.notna())
    found = numbers(known, notation)
    if len(known) == len(text):
        return pd.Series(found, text.index)
    values = np.full(len(text), np.nan)
    values[text.notna()] = found
    return pd.Series(values, text.index)
