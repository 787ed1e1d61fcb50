"""What the columns of a table hold, and why some of them can't be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
import pandas as pd
from pandas.api import types

from . import notation
from .csv_format import Dialect
from .faults import Fault, columns_that, first, quoted, shown, them
from .notation import Notation

MOSTLY = 0.9  #: share of numbers from which on text in a column is a fault and not a category
COUNTED = 10  #: rows from which on whole numbers without a gap are hardly there by chance
NUMBERING = {"id", "index", "key", "no", "nr", "number", "row", "rowid"}  #: names of such columns
FEW = 20  #: categories that any column may have; more have to occur twice on average


def kind(column: pd.Series) -> str:
    """Tell what a column holds.

    Returns
    -------
    str
        ``numbers``; ``truth``, which is 0 or 1; or ``categories``: declared as such, or text that
        repeats and is not mostly numbers. What can't be used is ``unnamed``, ``empty``, ``dates``,
        ``mixed`` (numbers but for some text), ``names`` (text that hardly repeats), or ``unlike``
        all these.
    """
    if re.fullmatch(r"Unnamed: \d+", str(column.name)):
        return "unnamed"
    values = column.dropna()
    if values.empty:
        return "empty"
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        return "numbers"
    if types.is_datetime64_any_dtype(column):
        return "dates"
    if not all(isinstance(value, str) for value in values):
        return "unlike"
    if notation.is_truth(values):
        return "truth"
    if not isinstance(column.dtype, pd.CategoricalDtype):
        numeric = notation.is_number(values)
        if numeric.all():
            return "numbers"
        if numeric.mean() >= MOSTLY:
            return "mixed"
        if notation.is_date(values).mean() >= MOSTLY:
            return "dates"
    return "categories" if repeats(values) else "names"


def repeats(values: pd.Series) -> bool:
    """Whether values are few, or occur twice on average, as those of categories do."""
    return bool(values.nunique() <= max(FEW, len(values) / 2))


def unusable(what: str, columns: pd.DataFrame) -> Fault | None:
    """Say why columns of a `kind` can't be used, if that is so."""
    names = [*columns]
    listed = f"list {them(names)} under drop"
    if what == "unnamed":
        has = columns_that("has no name in the file, as an index has none", names)
        words = f"{has}; {listed}, or write a name there"
    elif what == "empty":
        words = f"{columns_that('is empty', names)}; {listed}"
    elif what == "dates":
        holds = columns_that("holds dates or times", names, _examples(columns))
        words = f"{holds}; {listed}, or write numbers there"
    elif what == "names":
        holds = columns_that("holds text that hardly repeats", names, _examples(columns))
        words = f"{holds}; {listed}"
    elif what == "mixed":
        text = {name: values[~notation.is_number(values)] for name, values in _known(columns)}
        rows = {
            name: f"{shown(some.iloc[0])} in row {some.index[0] + 1}" for name, some in text.items()
        }
        holds = columns_that("holds numbers, but also text", names, rows)
        words = f"{holds}; correct that, or {listed}"
    elif what == "unlike":
        kinds = {name: str(columns[name].dtype) for name in names}
        words = f"{columns_that('holds neither numbers nor text', names, kinds)}; {listed}"
    else:
        return None
    return Fault(words, {"drop": names})


def _known(columns: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    """The values of each column that are not missing."""
    return [(name, columns[name].dropna()) for name in columns]


def _examples(columns: pd.DataFrame) -> dict[str, str]:
    return {name: f"for example {shown(values.iloc[0])}" for name, values in _known(columns)}


def in_other_notation(
    texts: Mapping[str, pd.Series], dialect: Dialect, *, fractions: bool
) -> tuple[dict[str, pd.Series], Fault | None]:
    """Find columns of text that are numbers with other marks than the source states.

    The marks are those that make numbers of most columns; of these, the decimal mark that other
    columns or the separator of the file speak for.

    Parameters
    ----------
    texts
        Columns of text.
    dialect
        How the file was read.
    fractions
        Whether other columns of it hold numbers with decimals.

    Returns
    -------
    columns, fault
        These columns as numbers, and what is to be said of the source for them to be read so; no
        fault if there are none.
    """
    said = dialect.notation
    values = {name: column.dropna() for name, column in texts.items()}
    values = {
        name: text for name, text in values.items() if not notation.is_number(text, said).all()
    }
    usual = said.decimal if fractions or dialect.separator == "," else ","
    fits: dict[Notation, list[str]] = {
        marks: [name for name, text in values.items() if notation.is_number(text, marks).all()]
        for marks in sorted(notation.NOTATIONS, key=lambda marks: marks.decimal != usual)
    }
    chosen = max(fits, key=lambda marks: len(fits[marks]))  # of equals the first
    names = fits[chosen]
    if not names:
        return {}, None
    odd = {name: values[name][~notation.is_number(values[name], said)] for name in names}
    written = pd.concat(odd.values())
    example, readings = written.iloc[0], [chosen]
    for marks in () if fractions else fits:
        if fits[marks] == names:
            doubtful = notation.numbers(written, marks) != notation.numbers(written, chosen)
            if doubtful.any():
                example, readings = written[doubtful].iloc[0], [chosen, marks]
                break
    remarks = {name: f"for example {shown(odd[name].iloc[0])}" for name in names}
    says = [_reading(example, marks, said) for marks in readings]
    words = f"{columns_that('holds numbers written otherwise', names, remarks)}; say in the source "
    return (
        {name: _read(texts[name], chosen) for name in names},
        Fault(
            words + ", or ".join(says),
            {"source": _unsaid(chosen, said)},
            "or ".join(["", *says[1:]]),
        ),
    )


def _unsaid(marks: Notation, said: Notation) -> dict[str, str]:
    """The marks of a notation that the source does not state."""
    return {key: mark for key, mark in asdict(marks).items() if mark and mark != getattr(said, key)}


def _reading(text: str, marks: Notation, said: Notation) -> str:
    """What to write into the source, and the number that a text then is."""
    keys = ", ".join(f"{key}: {quoted(mark)}" for key, mark in _unsaid(marks, said).items())
    number = notation.numbers(pd.Series([text]), marks)[0]
    return f"{keys}, with which {shown(text)} is {number}"


def _read(text: pd.Series, marks: Notation) -> pd.Series:
    known = text.dropna()
    return pd.Series(notation.numbers(known, marks), known.index).reindex(text.index)


def number(column: pd.Series) -> pd.Series:
    """A column as int64 if it is whole by its type, else as float64, NaN where it has gaps."""
    if not types.is_numeric_dtype(column):
        text = column.dropna().astype(object)
        read = notation.truth if notation.is_truth(text) else notation.numbers
        column = pd.Series(read(text), text.index, name=column.name).reindex(column.index)
    if (types.is_integer_dtype(column) or types.is_bool_dtype(column)) and column.notna().all():
        return column.astype(np.int64 if column.max() <= np.iinfo(np.int64).max else np.float64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(values, column.index, name=column.name)


def is_constant(column: pd.Series) -> bool:
    """Whether a column has one value only."""
    return bool(column.min() == column.max())


def may_number_rows(column: pd.Series) -> bool:
    """Whether a column's numbers look like the rows' own and not like a feature.

    They do if they are whole and all different, and either count from 0 or 1 without a gap, in any
    order, or are called ``id``, ``customer_id``, ``index`` or the like.
    """
    if len(column) < COUNTED or not types.is_integer_dtype(column) or not column.is_unique:
        return False
    low, high = column.min(), column.max()
    words = re.split(r"[^a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", str(column.name)).lower())
    named = bool(NUMBERING & {"".join(words), words[-1]})
    return named or bool(low in (0, 1) and high - low == len(column) - 1)


def refuse_infinite(column: pd.Series, what: str) -> None:
    """Name the first row in which a column is infinite, if there is one."""
    infinite = np.isinf(column)
    if infinite.any():
        raise Fault(f"{what} is infinite in row {first(infinite)}")
