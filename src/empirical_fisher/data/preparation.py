"""Turn what a source gives into a table of finite numbers and a target, or say why not.

`prepare` applies what the configuration says of a data set: which column is the target, which are
left out, what becomes of categories and of missing values. Nothing else is changed: unless asked
for, features are neither scaled nor centred, and rows and columns keep their order.

Rows are numbered from 1 in messages, the header of a file not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from . import columns
from .datasets import TARGET, DatasetError
from .faults import Fault, listed, meant, noting, one_line, quoted, refuse, shown
from .features import WIDEST, as_numbers, dense, is_sparse, refuse_gaps_in_sparse, standardized
from .formats import Raw
from .targets import labelled

LARGEST = 1e100  #: number whose square, and a sum of many of them, can still be squared


def prepare(raw: Raw, settings: Mapping[str, Any]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Turn a source's table into features and a target, as the configuration asks for.

    Parameters
    ----------
    raw
        What the source gives.
    settings
        An entry of the configuration's ``datasets``, of which these keys are read, all optional:
        ``task``, ``target``, ``drop``, ``positive``, ``categorical``, ``missing``, ``standardize``.

    Returns
    -------
    table : pandas.DataFrame
        One column per feature, in the source's order, then ``target``. Features are finite, int64
        or float64; they are sparse where the source's are and there are more than ``WIDEST``.
    facts : dict
        ``task``, ``rows``, ``features``, ``labels`` (of a classification, in the order of their
        numbers), ``constant`` (names of features with one value only, if any), ``numbering`` (those
        that look like numbers of the rows, if any), ``layout`` (``wide``, or ``long`` if the
        features are sparse) and ``origin``.

    Raises
    ------
    DatasetError
        Saying all that is in the way of a regression or a classification on this table. If that is
        more than one thing, the lines of the entry that would mend it follow.
    """
    faults: list[Fault] = []
    table = _table(raw)
    name = _target_name(table, raw, settings, faults)
    unwanted = _unwanted(table, name, settings.get("drop", ()), faults)
    target = None if name is None else table[name]
    features = table.drop(columns=[*unwanted, *([] if name is None else [name])])
    if raw.dialect and raw.dialect.guessed:
        separator = raw.dialect.separator
        words = f"no commas separate the fields; say in the source separator: {quoted(separator)}"
        faults.append(Fault(words, {"source": {"separator": separator}}))
    task = settings.get("task") or (raw.task if name == raw.target else None)
    if is_sparse(features) and features.shape[1] > WIDEST:
        layout = "long"
        refuse_gaps_in_sparse(features, target, settings)
    else:
        layout = "wide"
        features, target = as_numbers(dense(features), target, raw, task, settings, faults)
    if not features.shape[1] and not faults:
        raise DatasetError("no feature is left; there must be one besides the target")
    labels: list[Any] = []
    if target is not None and len(target):
        with noting(faults):
            target, task, labels = labelled(target, task, settings.get("positive"))
    refuse(faults, {**settings, "drop": unwanted})
    assert target is not None
    if layout == "long" and not types.is_numeric_dtype(target):
        target = target.map({label: number for number, label in enumerate(labels)})
    constant = [column for column in features if columns.is_constant(features[column])]
    numbering = [
        column
        for column in features
        if layout == "wide" and columns.may_number_rows(features[column])
    ]
    if settings.get("standardize"):
        features = standardized(features, constant)
    _refuse_extreme(features, target if task == "regression" else None)
    facts = {
        "task": task,
        "rows": len(target),
        "features": features.shape[1],
        **({"labels": labels} if labels else {}),
        **({"constant": constant} if constant else {}),
        **({"numbering": numbering} if numbering else {}),
        "layout": layout,
        "origin": dict(raw.origin),
    }
    return features.assign(**{TARGET: target}).reset_index(drop=True), facts


def check_facts(table: pd.DataFrame, facts: Mapping[str, int]) -> None:
    """Compare a table with what is known of it: any of ``rows``, ``features``, ``positives``.

    Positives are the rows with the larger label.

    Raises
    ------
    DatasetError
        Naming every fact that does not hold.
    """
    target = table[TARGET]
    found = {
        "rows": len(table),
        "features": table.shape[1] - 1,
        "positives": int((target == target.max()).sum()),
    }
    wrong = [
        f"expected {expected} {fact}, found {found[fact]}"
        for fact, expected in facts.items()
        if found[fact] != expected
    ]
    if wrong:
        raise DatasetError("; ".join(wrong))


def _table(raw: Raw) -> pd.DataFrame:
    """The source's table with its rows numbered from 0, if it is one."""
    table = raw.table.rename(columns=lambda name: one_line(str(name))).reset_index(drop=True)
    if table.empty:
        raise DatasetError(f"the table is empty: {len(table)} rows, {table.shape[1]} columns")
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise DatasetError(f"several columns have the same name: {listed(twice)}")
    return table


def _target_name(
    table: pd.DataFrame, raw: Raw, settings: Mapping[str, Any], faults: list[Fault]
) -> str | None:
    name = (
        settings.get("target")
        or one_line(raw.target or "")
        or (TARGET if TARGET in table else None)
    )
    if name is None:
        words = (
            "which column is the target? The source doesn't say, and none is named "
            f"{TARGET!r}; name it by target: (there are {listed(table.columns)})"
        )
        faults.append(Fault(words))
        return None
    if name not in table:
        faults.append(Fault(f"target: no column {shown(name)}{meant(name, table.columns)}"))
        return None
    if name != TARGET and TARGET in table and TARGET not in settings.get("drop", ()):
        words = (
            f"the target is {name!r}, but a column {TARGET!r} is there, too, which is what the "
            "target is called in data/; list that column under drop"
        )
        faults.append(Fault(words, {"drop": [TARGET]}))
    return str(name)


def _unwanted(
    table: pd.DataFrame, target: str | None, names: Iterable[str], faults: list[Fault]
) -> list[str]:
    """The names under drop that the table has."""
    for name in names:
        if name not in table:
            faults.append(
                Fault(f"drop: no column {shown(name)}{meant(name, table.columns)}", {"drop": []})
            )
        elif name == target:
            faults.append(Fault(f"drop: {name!r} is the target", {"drop": []}))
    return [name for name in names if name in table and name != target]


def _refuse_extreme(features: pd.DataFrame, target: pd.Series | None) -> None:
    """Refuse numbers whose squares overflow or vanish: losses and matrices are made of them."""
    columns = {f"column {name!r}": features[name] for name in features}
    if target is not None:
        columns["the target"] = target
    for what, column in columns.items():
        values = column.array.sp_values if is_sparse(column.to_frame()) else column.to_numpy()
        largest = float(np.max(np.abs(values, dtype=float), initial=0))
        if largest > LARGEST or 0 < largest < 1 / LARGEST:
            raise DatasetError(
                f"{what} has values of up to {largest:.1e}, whose squares overflow or vanish; "
                f"give it in a unit in which they are between {1 / LARGEST:.0e} and {LARGEST:.0e}"
            )
