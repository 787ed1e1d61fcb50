"""What a table of any format may be: its size, its width and the types of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from . import csv_format
from .datasets import DatasetError

MOST_COLUMNS = 100_000


def too_large(largest: float) -> DatasetError:
    """What is said of a file with more bytes than are allowed."""
    return DatasetError(
        f"it holds more than the {largest / 1e6:g} MB allowed; "
        "if it should, raise downloads.megabytes"
    )


def refuse_width(columns: int) -> None:
    """Refuse a table with more than `MOST_COLUMNS` columns."""
    if columns > MOST_COLUMNS:
        raise DatasetError(f"it has {columns} columns; at most {MOST_COLUMNS} can be read")


def sparse_table(matrix: Any, names: Sequence[str]) -> pd.DataFrame:
    """A table of sparse columns, of integers if all its numbers are whole and exact."""
    typed = matrix.astype(np.int64) if are_integers(matrix.data) else matrix
    return pd.DataFrame.sparse.from_spmatrix(typed, columns=list(names))


def plain(table: pd.DataFrame) -> pd.DataFrame:
    """Leave of all types of columns: integers, floats, text and categories of text."""
    csv_format.refuse_duplicates(table.columns)
    table = table.rename(columns=str)
    dense = [name for name, kind in table.dtypes.items() if not isinstance(kind, pd.SparseDtype)]
    return table.assign(**{name: _plain_column(table[name]) for name in dense})


def _plain_column(column: pd.Series) -> pd.Series:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return column.cat.rename_categories(str).cat.as_unordered()
    if pd.api.types.is_bool_dtype(kind) or not pd.api.types.is_numeric_dtype(kind):
        return column.astype(str).where(column.notna())
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    fits = pd.api.types.is_integer_dtype(kind) and column.max() <= np.iinfo(np.int64).max
    if fits and column.notna().all():
        return column.astype(np.int64)
    typed = numbers.astype(np.int64) if are_integers(numbers) else numbers
    return pd.Series(typed, name=column.name)


def are_integers(numbers: np.ndarray) -> bool:
    """Whether floats are whole, and small enough to be the very integers that were written."""
    return bool(((np.abs(numbers) < 2**53) & (np.trunc(numbers) == numbers)).all())
