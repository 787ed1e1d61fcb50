"""From what a source gives to a table of finite numbers and a target, or a reason why not.

`prepare` applies what the configuration says of a data set: which column is the target, which are
left out, what becomes of categories and of missing values. Nothing else is changed: unless asked
for, features are neither scaled nor centred, and rows and columns keep their order.

Rows are numbered from 1 in messages, the header of a file not counted.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from .datasets import TARGET, DatasetError
from .formats import Raw

#: Features that a dense table may have, and a sparse one that is written out as dense.
WIDEST = 1000
MOSTLY = 0.9  #: share of numbers from which on text in a column is a fault and not a category
LARGEST = 1e100  #: number whose square, and a sum of many of them, can still be squared
LISTED = 20  #: names in a message, at most


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
        A column a feature, in the source's order, then ``target``. Features are int64 or float64
        and finite; they are sparse where the source's are and there are more than `WIDEST`.
    facts : dict
        ``task``, ``rows``, ``features``, ``labels`` (of a classification, in the order of their
        numbers), ``constant`` (names of features with one value only, if any), ``layout``
        (``wide``, or ``long`` if the features are sparse) and ``origin``.

    Raises
    ------
    DatasetError
        Saying what is in the way of a regression or a classification on this table.
    """
    table = _table(raw)
    name = _target_name(table, raw, settings)
    unwanted = _unwanted(table, name, settings.get("drop", ()))
    features, target = table.drop(columns=[name, *unwanted]), table[name]
    if _is_sparse(features) and features.shape[1] > WIDEST:
        layout = "long"
        _refuse_gaps_in_sparse(features, target, settings)
    else:
        layout = "wide"
        features, target = _numbers(_dense(features), target, settings)
    if not features.shape[1]:
        raise DatasetError("no feature is left; there must be one besides the target")
    said = raw.task if name == raw.target else None
    target, task, labels = _labelled(target, settings.get("task") or said, settings.get("positive"))
    if layout == "long" and not types.is_numeric_dtype(target):
        target = target.map({label: number for number, label in enumerate(labels)})
    constant = [column for column in features if _is_constant(features[column])]
    if settings.get("standardize"):
        features = _standardized(features, constant)
    _refuse_extreme(features, target if task == "regression" else None)
    facts = {
        "task": task,
        "rows": len(target),
        "features": features.shape[1],
        **({"labels": labels} if labels else {}),
        **({"constant": constant} if constant else {}),
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


# Which columns


def _table(raw: Raw) -> pd.DataFrame:
    """The source's table with its rows numbered from 0, if it is one."""
    table = raw.table.rename(columns=str).reset_index(drop=True)
    if table.empty:
        raise DatasetError(f"the table is empty: {len(table)} rows, {table.shape[1]} columns")
    twice = table.columns[table.columns.duplicated()].unique()
    if len(twice):
        raise DatasetError(f"several columns have the same name: {_listed(twice)}")
    return table


def _target_name(table: pd.DataFrame, raw: Raw, settings: Mapping[str, Any]) -> str:
    name = settings.get("target") or raw.target or (TARGET if TARGET in table else None)
    if name is None:
        raise DatasetError(
            "which column is the target? The source doesn't say, and none is named "
            f"{TARGET!r}; name it by target: (there are {_listed(table.columns)})"
        )
    if name not in table:
        raise DatasetError(f"target: no column {name!r}{_meant(name, table.columns)}")
    if name != TARGET and TARGET in table and TARGET not in settings.get("drop", ()):
        raise DatasetError(
            f"the target is {name!r}, but a column {TARGET!r} is there, too, which is what the "
            "target is called in data/; list that column under drop"
        )
    return str(name)


def _unwanted(table: pd.DataFrame, target: str, names: Iterable[str]) -> list[str]:
    names = list(names)
    for name in names:
        if name not in table:
            raise DatasetError(f"drop: no column {name!r}{_meant(name, table.columns)}")
    if target in names:
        raise DatasetError(f"drop: {target!r} is the target")
    return names


# Features


def _is_sparse(features: pd.DataFrame) -> bool:
    return bool(len(features.columns)) and all(
        isinstance(dtype, pd.SparseDtype) for dtype in features.dtypes
    )


def _dense(features: pd.DataFrame) -> pd.DataFrame:
    return features.sparse.to_dense() if _is_sparse(features) else features


def _refuse_gaps_in_sparse(
    features: pd.DataFrame, target: pd.Series, settings: Mapping[str, Any]
) -> None:
    """Only zeros may be left out of a sparse table, and everything else has to be a number."""
    if settings.get("standardize"):
        raise DatasetError(
            f"standardize: a sparse data set with more than {WIDEST} features would not stay sparse"
        )
    entries = features.sparse.to_coo()
    wrong = np.flatnonzero(~np.isfinite(entries.data))
    if len(wrong):
        first = wrong[np.lexsort((entries.col[wrong], entries.row[wrong]))[0]]
        value, column = entries.data[first], features.columns[entries.col[first]]
        raise DatasetError(f"column {column!r} has {value} in row {entries.row[first] + 1}")
    if target.isna().any():
        raise DatasetError(f"the target is missing in row {_first(target.isna())}")


def _numbers(
    features: pd.DataFrame, target: pd.Series, settings: Mapping[str, Any]
) -> tuple[pd.DataFrame, pd.Series]:
    """Features without gaps, as numbers, and the target of the rows that are left."""
    nominal = {name for name in features if _is_nominal(features[name])}
    categorical = settings.get("categorical", "error")
    if nominal and categorical == "error":
        name = next(name for name in features if name in nominal)
        example = features[name].dropna().iloc[:1].tolist()
        raise DatasetError(
            f"column {name!r} holds categories and not numbers (for example {example[0]!r}); "
            "set categorical: one-hot or drop, or list it under drop"
            if example
            else f"column {name!r} is empty; list it under drop"
        )
    if categorical == "drop":
        features, nominal = features.drop(columns=list(nominal)), set()
    features = pd.DataFrame(
        {name: features[name] if name in nominal else _number(features[name]) for name in features},
        index=features.index,
    )
    features, target = _complete(features, target, nominal, settings.get("missing", "error"))
    for name in features.columns.difference(list(nominal), sort=False):
        _refuse_infinite(features[name], f"column {name!r}")
    return _encoded(features, nominal), target


def _is_nominal(column: pd.Series) -> bool:
    """Whether a column holds categories: declared as such, or text that is not mostly numbers."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if types.is_numeric_dtype(column) and not types.is_complex_dtype(column):
        return False
    values = column.dropna()
    if not all(isinstance(value, str) for value in values):
        raise DatasetError(
            f"column {column.name!r} holds neither numbers nor text but {column.dtype}; "
            "list it under drop"
        )
    text = pd.to_numeric(values, errors="coerce").isna()
    if text.any() and text.mean() <= 1 - MOSTLY:
        raise DatasetError(
            f"column {column.name!r} holds numbers, but {values[text].iloc[0]!r} in row "
            f"{_first(text)}; correct it, or list the column under drop"
        )
    return bool(text.any())


def _number(column: pd.Series) -> pd.Series:
    """A column as int64 if it is whole by its type, else as float64, NaN where it has gaps."""
    if not types.is_numeric_dtype(column):
        column = pd.to_numeric(column)
    if (types.is_integer_dtype(column) or types.is_bool_dtype(column)) and column.notna().all():
        return column.astype(np.int64 if column.max() <= np.iinfo(np.int64).max else np.float64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(values, column.index, name=column.name)


def _complete(
    features: pd.DataFrame, target: pd.Series, nominal: set[str], missing: str
) -> tuple[pd.DataFrame, pd.Series]:
    """The rows without gaps, or all of them with their gaps filled."""
    gaps = features.isna().assign(**{TARGET: target.isna()})
    whole = ~gaps.any(axis=1)
    if whole.all():
        return features, target
    if missing == "drop-rows":
        if not whole.any():
            raise DatasetError("missing: every row has a missing value, none is left")
        return features[whole], target[whole]
    if missing == "median" and not gaps[TARGET].any():
        return _filled(features, nominal), target
    counts = gaps.sum()
    where = [f"{name} ({count})" for name, count in counts[counts > 0].items()]
    wanted = "drop-rows" if gaps[TARGET].any() else "drop-rows or median"
    raise DatasetError(
        f"values are missing in {_listed(where)}, first in row {_first(~whole)}; "
        f"set missing: {wanted}, or list columns under drop"
    )


def _filled(features: pd.DataFrame, nominal: set[str]) -> pd.DataFrame:
    """Put a column's median where it has gaps."""
    gaps = features.columns[features.isna().any()]
    for name in gaps:
        if name in nominal:
            raise DatasetError(
                f"missing: categories have no median, and some are missing in {name!r}; "
                "set missing: drop-rows, or list the column under drop"
            )
        if features[name].isna().all():
            raise DatasetError(f"missing: {name!r} has no values at all; list it under drop")
    with np.errstate(over="ignore"):
        return features.fillna(features[gaps].median())


def _encoded(features: pd.DataFrame, nominal: set[str]) -> pd.DataFrame:
    """A column of zeros and ones for every category that occurs, in place of its column."""
    categories = {name: _categories(features[name]) for name in features if name in nominal}
    width = features.shape[1] - len(categories) + sum(map(len, categories.values()))
    if width > WIDEST:
        most = max(categories, key=lambda name: len(categories[name]), default=None)
        blame = f" ({most!r} alone has {len(categories[most])} categories)" if most else ""
        raise DatasetError(
            f"{width} features are more than the {WIDEST} that a dense data set may have{blame}; "
            "list columns under drop"
        )
    columns: dict[str, pd.Series] = {}
    for name in features:
        new = (
            {f"{name}={value}": (features[name] == value) * 1 for value in categories[name]}
            if name in nominal
            else {name: features[name]}
        )
        for column, values in new.items():
            if column in columns or column == TARGET:
                raise DatasetError(f"two columns would be named {column!r}; list one under drop")
            columns[column] = values.astype(np.int64) if name in nominal else values
    return pd.DataFrame(columns, index=features.index)


def _categories(column: pd.Series) -> list[Any]:
    """The categories that occur: in their declared order, or that of the alphabet."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return list(column.cat.remove_unused_categories().cat.categories)
    return sorted(column.unique())


def _is_constant(column: pd.Series) -> bool:
    return bool(column.min() == column.max())


def _standardized(features: pd.DataFrame, constant: Sequence[str]) -> pd.DataFrame:
    """Features with mean 0 and standard deviation 1; constant ones are 0."""
    varying = features.drop(columns=list(constant)).astype(np.float64)
    with np.errstate(all="ignore"):
        mean, deviation = varying.mean(), varying.std(ddof=0)
    for name in varying:
        if not 0 < deviation[name] < np.inf:
            raise DatasetError(f"standardize: the values of {name!r} are too large or too small")
    scaled = (varying - mean) / deviation
    return scaled.reindex(columns=features.columns, fill_value=0.0)


# The target


def _labelled(
    target: pd.Series, task: str | None, positive: str | float | None
) -> tuple[pd.Series, str, list[Any]]:
    """The target as it is written, the task, and the labels of a classification in order."""
    declared = len(target.dtype.categories) if isinstance(target.dtype, pd.CategoricalDtype) else 0
    target = _numbers_if_all_are(target)
    numeric = types.is_numeric_dtype(target)
    if numeric:
        _refuse_infinite(target, "the target")
    task = task or _inferred_task(target, numeric)
    if task == "regression":
        if not numeric:
            text = pd.to_numeric(target, errors="coerce").isna()
            raise DatasetError(
                f"a regression needs numbers, and the target is {target[text].iloc[0]!r} in row "
                f"{_first(text)}; for a classification set task: binary or multiclass"
            )
        if _is_constant(target):
            raise DatasetError(f"the target is {target.iloc[0]} in every row")
        return target, task, []
    if numeric and _is_whole(target):
        target = target.astype(np.int64)
    labels = sorted(target.unique().tolist())
    if len(labels) == 1:
        raise DatasetError(f"the target has one class only, {labels[0]!r}")
    if task == "binary" and len(labels) != 2:
        raise DatasetError(
            f"a binary target needs two labels; found {len(labels)}: {_listed(labels)}; "
            "set task: multiclass"
        )
    if len(target) < declared:
        raise DatasetError(f"{len(target)} rows are fewer than the {declared} classes")
    if positive is None:
        return target, task, labels
    if task != "binary":
        raise DatasetError(f"positive: the task is {task}; only a binary one has a positive label")
    chosen = [label for label in labels if label == positive or str(label) == str(positive)]
    if not chosen:
        raise DatasetError(f"positive: no label {positive!r}; there are {_listed(labels)}")
    ordered = [label for label in labels if label != chosen[0]] + chosen
    return (target == chosen[0]).astype(np.int64), task, ordered


def _is_whole(column: pd.Series) -> bool:
    """Whether numbers are all whole, and as integers the same."""
    return bool(((column % 1 == 0) & (column.abs() < 2**53)).all())


def _numbers_if_all_are(target: pd.Series) -> pd.Series:
    """A target as numbers, if that tells all its values apart, else as text."""
    if types.is_numeric_dtype(target):
        return _number(target)
    text = target.astype(str)
    numbers = pd.to_numeric(text, errors="coerce")
    if numbers.notna().all() and numbers.nunique() == text.nunique():
        return numbers
    return text


def _inferred_task(target: pd.Series, numeric: bool) -> str:
    """The task that a target's values leave no doubt of."""
    if not numeric:
        return "binary" if target.nunique() == 2 else "multiclass"
    if (target % 1 != 0).any():
        return "regression"
    raise DatasetError(
        "the target's whole numbers may be labels or quantities; set task: regression, binary or "
        "multiclass"
    )


def _refuse_extreme(features: pd.DataFrame, target: pd.Series | None) -> None:
    """Refuse numbers whose squares overflow or vanish: losses and matrices are made of them."""
    columns = {f"column {name!r}": features[name] for name in features}
    if target is not None:
        columns["the target"] = target
    for what, column in columns.items():
        values = column.array.sp_values if _is_sparse(column.to_frame()) else column.to_numpy()
        largest = float(np.max(np.abs(values, dtype=float), initial=0))
        if largest > LARGEST or 0 < largest < 1 / LARGEST:
            raise DatasetError(
                f"{what} has values of up to {largest:.1e}, whose squares overflow or vanish; "
                f"give it in a unit in which they are between {1 / LARGEST:.0e} and {LARGEST:.0e}"
            )


# Words


def _refuse_infinite(column: pd.Series, what: str) -> None:
    infinite = np.isinf(column)
    if infinite.any():
        raise DatasetError(f"{what} is infinite in row {_first(infinite)}")


def _first(mask: pd.Series) -> int:
    """The number of the first row in which a mask holds."""
    return int(mask.index[mask.argmax()]) + 1


def _listed(names: Iterable[Any]) -> str:
    names = list(map(str, names))
    more = f", … ({len(names)} in all)" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more


def _meant(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), n=1)
    meant = f" (did you mean {close[0]}?)" if close else ""
    return f"{meant}; there are {_listed(names)}"
