"""A prepared data set, on disk and as arrays: what every experiment reads.

``data/<name>.csv`` holds the numbers and ``data/<name>.yaml`` beside it what is known of them, the
task among it. The table is wide or long:

* wide: one column per feature, in the source's order and with its names, then ``target``;
* long, for sparse data sets with many features: ``example, feature, value``, one row per nonzero,
  examples numbered from 0. The features come one after the other, in order; one that is zero
  everywhere has a single row that says so. Last comes the feature ``target``, zeros included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse
import yaml

from empirical_fisher.arrays import Array, Inputs
from empirical_fisher.data_terms import TooManyParametersError
from empirical_fisher.pipeline.files import write_text
from empirical_fisher.pipeline.tables import write_csv
from empirical_fisher.problems import MinimizerNotFoundError

TARGET = "target"  #: the column that holds it


class DatasetError(ValueError):
    """A data set that is missing, damaged, or not what its configuration says."""


FAULTS = (DatasetError, MinimizerNotFoundError, TooManyParametersError)
"""What a data set can be the cause of."""


@contextmanager
def naming(dataset: str) -> Iterator[None]:
    """Say in an error which of several data sets is its cause."""
    try:
        yield
    except FAULTS as error:
        raise type(error)(f"{dataset}: {error}") from None


@dataclass(frozen=True)
class Dataset:
    """Features and targets of ``N`` examples.

    Parameters
    ----------
    inputs
        The features, shape ``(N, D)``, without a bias; sparse if the table is long.
    targets
        Shape ``(N,)``: real numbers, or labels numbered from 0 in their order.
    task
        ``"regression"``, ``"binary"`` or ``"multiclass"``.
    """

    inputs: Inputs
    targets: Array
    task: str

    @classmethod
    def read(cls, path: str | Path) -> Dataset:
        """See `read`."""
        return read(path)


def from_table(table: pd.DataFrame, task: str) -> Dataset:
    """Split a table with a column ``target``; labels are numbered in sorted order.

    So of the labels −1 and +1 the latter becomes 1.
    """
    features = table.drop(columns=TARGET)
    if all(isinstance(dtype, pd.SparseDtype) for dtype in features.dtypes):
        inputs = scipy.sparse.csr_array(features.sparse.to_coo(), dtype=float)
    else:
        inputs = features.to_numpy(dtype=float)
    return Dataset(inputs, _numbered(table[TARGET].to_numpy(), task), task)


def _numbered(targets: np.ndarray, task: str) -> Array:
    if task != "regression":
        targets = np.unique(targets, return_inverse=True)[1]
    return targets.astype(float)


def design(dataset: Dataset, *, bias: bool = False) -> tuple[Inputs, Array, str]:
    """Inputs ``(N, D)``, targets and task of a linear model, for `problems.linear_problem`.

    For a ``bias`` a column of ones comes last.
    """
    inputs = dataset.inputs
    if bias:
        ones = np.ones((inputs.shape[0], 1))
        if scipy.sparse.issparse(inputs):
            inputs = scipy.sparse.hstack([inputs, scipy.sparse.csr_array(ones)], format="csr")
        else:
            inputs = np.hstack([inputs, ones])
    return inputs, dataset.targets, dataset.task


def standardized(inputs: Inputs) -> Array:
    """Shift and scale every column of ``(N, D)`` inputs to mean 0 and variance 1.

    Constant ones become 0. Sparse inputs become dense, for hardly a zero is left.
    """
    dense = inputs.toarray() if scipy.sparse.issparse(inputs) else inputs
    varies = np.ptp(dense, axis=0) > 0  # where rounding may leave a constant's deviation above zero
    scale = np.where(varies, dense.std(axis=0), 1.0)
    return np.where(varies, (dense - dense.mean(axis=0)) / scale, 0.0)


def write(table: pd.DataFrame, facts: Mapping[str, Any], path: str | Path) -> None:
    """Write a table of `preparation.prepare` as a CSV, and the facts as a YAML file beside it."""
    text = yaml.safe_dump(dict(facts), sort_keys=False, allow_unicode=True)
    write_text(text, _record(path))
    write_csv(_long(table) if facts["layout"] == "long" else table, path)


def read(path: str | Path) -> Dataset:
    """Read a data set that `write` wrote, by the path of its CSV.

    Raises
    ------
    DatasetError
        If the record beside it is missing.
    """
    record = _record(path)
    if not record.exists():
        raise DatasetError(f"{record} is missing; delete {path} and run again to get both")
    facts = yaml.safe_load(record.read_text(encoding="utf-8"))
    if facts["layout"] == "long":
        return _from_long(
            pd.read_csv(path, dtype={"feature": "category"}, keep_default_na=False), facts["task"]
        )
    text = any(isinstance(label, str) for label in facts.get("labels", ()))
    types = {TARGET: str} if text else None
    return from_table(pd.read_csv(path, dtype=types, keep_default_na=False), facts["task"])


def _record(path: str | Path) -> Path:
    return Path(path).with_suffix(".yaml")


def _long(table: pd.DataFrame) -> pd.DataFrame:
    """A table with sparse features in long form."""
    features = table.drop(columns=TARGET)
    entries = features.sparse.to_coo()
    entries.eliminate_zeros()
    empty = np.setdiff1d(np.arange(features.shape[1]), entries.col)
    example = np.r_[entries.row, np.zeros(len(empty), dtype=int)]
    feature = np.r_[entries.col, empty]
    value = np.r_[entries.data, np.zeros(len(empty))]
    order = np.lexsort((example, feature))
    targets = pd.DataFrame(
        {"example": range(len(table)), "feature": TARGET, "value": table[TARGET]}
    )
    names = features.columns.to_numpy()[feature[order]]
    nonzeros = pd.DataFrame({"example": example[order], "feature": names, "value": value[order]})
    whole = pd.concat([nonzeros, targets], ignore_index=True)
    return whole.astype({"value": np.int64}) if (whole["value"] % 1 == 0).all() else whole


def _from_long(table: pd.DataFrame, task: str) -> Dataset:
    is_target = table["feature"] == TARGET
    targets = table.loc[is_target, "value"].to_numpy()
    entries = table[~is_target]
    column, names = pd.factorize(entries["feature"])
    place = entries["example"].to_numpy(), column
    values = entries["value"].to_numpy(dtype=float)
    inputs = scipy.sparse.csr_array((values, place), shape=(len(targets), len(names)))
    inputs.eliminate_zeros()
    return Dataset(inputs, _numbered(targets, task), task)
