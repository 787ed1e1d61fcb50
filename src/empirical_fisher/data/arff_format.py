"""ARFF, dense or sparse."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

import numpy as np
import pandas as pd

from .datasets import DatasetError
from .raw_tables import refuse_width, sparse_table


def read(text: TextIO) -> pd.DataFrame:
    """Read the table of an ARFF file.

    Raises
    ------
    DatasetError
        If it is not ARFF, or states a column of a row twice.
    """
    import arff

    lines = text.read().split("\n")
    stripped = (line.strip() for line in lines)
    data = itertools.dropwhile(lambda line: line.lower() != "@data", stripped)
    rows = (line for line in itertools.islice(data, 1, None) if line and line[0] != "%")
    sparse = next(rows, "").startswith("{")
    if sparse:
        _refuse_repeated_indices(lines)
    try:
        decoded = arff.load(
            _without_integers(lines), return_type=arff.LOD if sparse else arff.DENSE
        )
    except (arff.ArffException, ValueError, IndexError, OverflowError) as error:
        raise DatasetError(str(error)) from None
    names, kinds = zip(*decoded["attributes"], strict=True)
    if not decoded["data"]:
        return pd.DataFrame(columns=names)
    if sparse:
        return _sparse(decoded["data"], names, kinds)
    columns = zip(*decoded["data"], strict=True)
    typed = [_column(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pd.concat(typed, axis=1, keys=names)


def _without_integers(lines: Iterable[str]) -> Iterator[str]:
    """Declare INTEGER columns as REAL, since liac-arff would cut 2.5 down to 2."""
    for line in lines:
        yield re.sub(r"(?i)^(\s*@attribute\s.*\s)integer\s*$", r"\1REAL", line)


def _refuse_repeated_indices(lines: Iterable[str]) -> None:
    """Refuse rows of sparse ARFF that state a column twice, of which liac-arff keeps the last."""
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("{"):
            unquoted = re.sub(r"""'(\\.|[^'\\])*'|"(\\.|[^"\\])*\"""", "", line)
            found = [index.lstrip("0") or "0" for index in re.findall(r"[{,]\s*(\d+)", unquoted)]
            if len(set(found)) < len(found):
                [(index, _)] = Counter(found).most_common(1)
                raise DatasetError(f"line {number} states the column with index {index} twice")


def _column(values: Iterable[Any], kind: str | list[str]) -> pd.Series:
    if isinstance(kind, list):
        return pd.Series(pd.Categorical(list(values), categories=kind))
    return pd.Series(list(values), dtype=str if kind == "STRING" else float)


def _sparse(
    rows: Sequence[Mapping[int, Any]], names: Sequence[str], kinds: Sequence[str | list[str]]
) -> pd.DataFrame:
    """What sparse ARFF leaves out is 0, the first nominal value, or an empty text."""
    import scipy.sparse

    refuse_width(len(names))
    numeric = np.array([kind in ("REAL", "NUMERIC") for kind in kinds])
    entries = [
        (row, column, np.nan if value is None else value)
        for row, values in enumerate(rows)
        for column, value in values.items()
        if numeric[column]
    ]
    where_rows, where_columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(rows), len(names))
    matrix = scipy.sparse.csc_array((values, (where_rows, where_columns)), shape=shape, dtype=float)
    table = sparse_table(matrix, names)
    for column, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        if not numeric[column]:
            usual = kind[0] if isinstance(kind, list) else ""
            table[name] = _column([row.get(column, usual) for row in rows], kind)
    return table
