"""Tables below one another, and CSV files.

Those have full precision and the same bytes on every system, and are never half-written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .files import write_text


def stacked(tables: Mapping[Any, pd.DataFrame], *levels: str) -> pd.DataFrame:
    """Tables below one another, their keys as first columns of these names."""
    return pd.concat(tables, names=[*levels]).reset_index([*levels]).reset_index(drop=True)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table so that reading it back gives the same floats, bit for bit."""
    write_text(table.to_csv(index=False, lineterminator="\n"), path)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote."""
    return pd.read_csv(path)
