"""CSV files: full precision, the same bytes on every system, and never half-written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table so that reading it back gives the same floats, bit for bit.

    The file is written aside and renamed when it is whole.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        table.to_csv(aside, index=False, lineterminator="\n", encoding="utf-8")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote."""
    return pd.read_csv(path)
