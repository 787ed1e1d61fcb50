"""Getting a data set, raw, as one table; and turning that table into arrays.

The table has a column a feature, in the source's order and with its names, then ``target``. Values
are the source's own: nothing is scaled, centred or encoded before `design` does it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from . import synthetic
from .formats import DatasetError
from .likelihoods import Array

TARGET = "target"  #: the column that holds it
FACTS = ("rows", "features", "positives")  #: what can be expected of a data set


def load(source: Mapping[str, Any], snapshots: Path) -> pd.DataFrame:
    """Load or draw the data set that a ``source`` of the configuration names.

    Parameters
    ----------
    source
        One entry: ``{"snapshot": name}``, ``{"sklearn": name}``, or the name of a generator in
        `synthetic` with its parameters.
    snapshots
        The folder that holds the snapshots.

    Raises
    ------
    DatasetError
        If a snapshot is missing, or its checksum or facts are not the recorded ones.
    """
    [(kind, value)] = source.items()
    if kind == "snapshot":
        return _snapshot(snapshots / f"{value}.yaml")
    if kind == "sklearn":
        return _sklearn(value)
    return getattr(synthetic, kind)(**value)


def _snapshot(description: Path) -> pd.DataFrame:
    """Read a snapshot by the YAML file beside it, which records its checksum."""
    if not description.exists():
        known = ", ".join(sorted(path.stem for path in description.parent.glob("*.yaml")))
        raise DatasetError(f"no snapshot {description.stem!r}; there are: {known}")
    record = yaml.safe_load(description.read_text(encoding="utf-8"))
    path = description.with_name(record["file"])
    if not path.exists():
        raise DatasetError(f"{path} is missing; restore it, for example with git checkout")
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    if checksum != record["sha256"]:
        raise DatasetError(
            f"{path} has SHA-256 {checksum}, but {description.name} records {record['sha256']}; "
            "the file was changed: restore it, for example with git checkout"
        )
    if record["format"] == "libsvm":
        table = _read_libsvm(path)
    else:
        table = pd.read_csv(path)
        table = table.rename(columns={record["target"]: TARGET})
    try:
        check_facts(table, {fact: record[fact] for fact in FACTS if fact in record})
    except DatasetError as error:
        raise DatasetError(f"{path} is not what {description.name} records: {error}") from None
    return table


def _read_libsvm(path: Path) -> pd.DataFrame:
    """Read LIBSVM's sparse text form; its features are numbered from 1."""
    from sklearn.datasets import load_svmlight_file

    features, target = load_svmlight_file(str(path), zero_based=False)
    names = [f"x{index}" for index in range(1, features.shape[1] + 1)]
    table = pd.DataFrame(features.toarray(), columns=names)
    return _as_integers(table.assign(**{TARGET: target}))


def _sklearn(name: str) -> pd.DataFrame:
    """Load one of the data sets that scikit-learn carries."""
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
    return bunch.data.assign(**{TARGET: bunch.target})


def _as_integers(table: pd.DataFrame) -> pd.DataFrame:
    """Store columns of whole numbers as such, so that the CSV reads 1 and not 1.0."""
    whole = [name for name in table if (table[name] % 1 == 0).all()]
    return table.astype(dict.fromkeys(whole, np.int64))


def check_facts(table: pd.DataFrame, facts: Mapping[str, int]) -> None:
    """Compare a table with what is known of it: any of `FACTS`.

    Raises
    ------
    DatasetError
        Naming every fact that does not hold.
    """
    found = {"rows": len(table), "features": len(table.columns) - 1}
    if "positives" in facts:
        found["positives"] = int(design(table, "binary")[1].sum())
    wrong = [
        f"expected {expected} {fact}, found {found[fact]}"
        for fact, expected in facts.items()
        if found[fact] != expected
    ]
    if wrong:
        raise DatasetError("; ".join(wrong))


def design(table: pd.DataFrame, task: str, *, bias: bool = False) -> tuple[Array, Array]:
    """Split a table into the design matrix and the targets.

    Parameters
    ----------
    table
        As from `load`.
    task
        ``"regression"`` takes the target as it is; ``"binary"`` and ``"multiclass"`` number its
        sorted labels from 0, so that of −1 and +1 the latter becomes 1.
    bias
        Append a column of ones.

    Returns
    -------
    inputs : (N, D) array
    targets : (N,) array

    Raises
    ------
    DatasetError
        If a binary target has not exactly two labels.
    """
    inputs = table.drop(columns=TARGET).to_numpy(dtype=float)
    if bias:
        inputs = np.column_stack([inputs, np.ones(len(inputs))])
    targets = table[TARGET].to_numpy()
    if task != "regression":
        labels, targets = np.unique(targets, return_inverse=True)
        if task == "binary" and len(labels) != 2:
            raise DatasetError(f"a binary target needs two labels; found {len(labels)}")
    return inputs, targets.astype(float)
