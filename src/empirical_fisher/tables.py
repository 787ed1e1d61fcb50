"""CSV files: full precision, the same bytes on every system, and never half-written."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table so that reading it back gives the same floats, bit for bit."""
    write_text(table.to_csv(index=False, lineterminator="\n"), path)


def write_text(text: str, path: str | Path) -> None:
    """Write a file as UTF-8: aside first, and renamed when it is whole."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8", newline="\n")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def read_csv(path: str | Path) -> pd.DataFrame:
    """Read a table that `write_csv` wrote."""
    return pd.read_csv(path)
