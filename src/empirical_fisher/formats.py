"""What a file of a data set holds, whatever its format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


class DatasetError(ValueError):
    """A data set that is missing, damaged, or not what its configuration says."""


@dataclass(frozen=True)
class Raw:
    """A data set as its source gives it, before anything is dropped, encoded or checked.

    Parameters
    ----------
    table
        A column a feature, and the target among them. Numbers are numbers, nominal columns are
        categorical, other text is text, missing values are NaN; columns of LIBSVM files are sparse.
    target
        The target's name as the source states it, if it does.
    task
        ``"regression"``, ``"binary"`` or ``"multiclass"``, if the source says so.
    origin
        What tells this version of the data from another: identifiers, version, SHA-256.
    """

    table: pd.DataFrame
    target: str | None = None
    task: str | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)


def read(path: Path, form: str | None = None) -> Raw:
    """Read a file of a data set: ``csv`` or ``libsvm``, by its suffix unless stated."""
    form = form or path.suffix.removeprefix(".")
    if form == "csv":
        return Raw(pd.read_csv(path))
    if form == "libsvm":
        return Raw(_libsvm(path), "target")
    raise DatasetError(f"{path}: unknown format {form!r}; state format: csv or libsvm")


def _libsvm(path: Path) -> pd.DataFrame:
    """LIBSVM's sparse text form; its features are numbered from 1."""
    from sklearn.datasets import load_svmlight_file

    features, target = load_svmlight_file(str(path), zero_based=False)
    names = [f"x{index}" for index in range(1, features.shape[1] + 1)]
    return pd.DataFrame.sparse.from_spmatrix(features, columns=names).assign(target=target)
