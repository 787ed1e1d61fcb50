"""Turn what a source gives into a table of finite numbers and a target, or say why not.

`prepare` applies what the configuration says of a data set: which column is the target, which are
left out, what becomes of categories and of missing values. Nothing else is changed: unless asked
for, features are neither scaled nor centred, and rows and columns keep their order.

Rows are numbered from 1 in messages, the header of a file not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from . import columns, notation
from .datasets import TARGET, DatasetError
from .faults import (
    Fault,
    columns_that,
    cut,
    first,
    listed,
    meant,
    noting,
    one_line,
    quoted,
    refuse,
    shown,
    them,
)
from .formats import Raw

#: Features that a dense table may have, and a sparse one that is written out as dense.
WIDEST = 1000
LARGEST = 1e100  #: number whose square, and a sum of many of them, can still be squared
TEXTS = ("categories", "names", "mixed")  #: kinds of columns that may be numbers written otherwise


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
    if _is_sparse(features) and features.shape[1] > WIDEST:
        layout = "long"
        _refuse_gaps_in_sparse(features, target, settings)
    else:
        layout = "wide"
        features, target = _numbers(_dense(features), target, raw, task, settings, faults)
    if not features.shape[1] and not faults:
        raise DatasetError("no feature is left; there must be one besides the target")
    labels: list[Any] = []
    if target is not None and len(target):
        with noting(faults):
            target, task, labels = _labelled(target, task, settings.get("positive"))
    refuse(faults, {**settings, "drop": unwanted})
    assert target is not None
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


# Features


def _is_sparse(features: pd.DataFrame) -> bool:
    return bool(len(features.columns)) and all(
        isinstance(dtype, pd.SparseDtype) for dtype in features.dtypes
    )


def _dense(features: pd.DataFrame) -> pd.DataFrame:
    return features.sparse.to_dense() if _is_sparse(features) else features


def _refuse_gaps_in_sparse(
    features: pd.DataFrame, target: pd.Series | None, settings: Mapping[str, Any]
) -> None:
    """A sparse table may leave out zeros only, and all its other entries must be numbers."""
    if settings.get("standardize"):
        raise DatasetError(
            f"standardize: a sparse data set with more than {WIDEST} features would not stay sparse"
        )
    entries = features.sparse.to_coo()
    wrong = np.flatnonzero(~np.isfinite(entries.data))
    if len(wrong):
        earliest = wrong[np.lexsort((entries.col[wrong], entries.row[wrong]))[0]]
        value, column = entries.data[earliest], features.columns[entries.col[earliest]]
        raise DatasetError(f"column {column!r} has {value} in row {entries.row[earliest] + 1}")
    if target is not None and target.isna().any():
        raise DatasetError(f"the target is missing in row {first(target.isna())}")


def _numbers(
    features: pd.DataFrame,
    target: pd.Series | None,
    raw: Raw,
    task: str | None,
    settings: Mapping[str, Any],
    faults: list[Fault],
) -> tuple[pd.DataFrame, pd.Series | None]:
    """Features without gaps, as numbers, and the target of the rows that are left.

    Faults are added to the list; what is returned then is only what could be used.
    """
    kinds = {name: columns.kind(features[name]) for name in features}
    texts = {name: features[name] for name, kind in kinds.items() if kind in TEXTS}
    if target is not None and task in (None, "regression") and not types.is_numeric_dtype(target):
        texts[str(target.name)] = target
    if raw.dialect:
        fractions = any(_has_fraction(features[name]) for name in kinds if name not in texts)
        read, fault = columns.in_other_notation(texts, raw.dialect, fractions=fractions)
        target = read.pop(str(target.name), target) if target is not None else None
        features, kinds = features.assign(**read), {**kinds, **dict.fromkeys(read, "numbers")}
        faults += [fault] if fault else []
    categorical = settings.get("categorical", "error")
    if categorical == "drop":
        kinds = {name: kind for name, kind in kinds.items() if kind not in ("names", "categories")}
    of_kind = {kind: [name for name in kinds if kinds[name] == kind] for kind in kinds.values()}
    for kind, names in of_kind.items():
        fault = columns.unusable(kind, features[names])
        faults += [fault] if fault else []
    nominal = of_kind.get("categories", [])
    if nominal and categorical == "error":
        remarks = {
            name: f"for example {shown(features[name].dropna().iloc[0])}" for name in nominal
        }
        words = (
            f"{columns_that('holds categories and not numbers', nominal, remarks)}; "
            f"set categorical: one-hot or drop, or list {them(nominal)} under drop"
        )
        faults.append(Fault(words, {"categorical": "one-hot"}, "or drop"))
    usable = {
        name: _number(features[name]) if kinds[name] in ("numbers", "truth") else features[name]
        for name in kinds
        if kinds[name] in ("numbers", "truth", "categories")
    }
    features = pd.DataFrame(usable, index=features.index)
    with noting(faults):
        features, target = _complete(features, target, nominal, settings.get("missing", "error"))
    for name in features.columns.difference(nominal, sort=False):
        with noting(faults):
            _refuse_infinite(features[name], f"column {shown(name)}")
    if faults:
        return features, None if target is None else target.dropna()
    return _encoded(features, {*nominal}), target


def _has_fraction(column: pd.Series) -> bool:
    return types.is_float_dtype(column) and bool((column.dropna() % 1 != 0).any())


def _number(column: pd.Series) -> pd.Series:
    """A column as int64 if it is whole by its type, else as float64, NaN where it has gaps."""
    if not types.is_numeric_dtype(column):
        text = column.dropna().astype(object)
        read = notation.truth if notation.is_truth(text) else notation.numbers
        column = pd.Series(read(text), text.index, name=column.name).reindex(column.index)
    if (types.is_integer_dtype(column) or types.is_bool_dtype(column)) and column.notna().all():
        return column.astype(np.int64 if column.max() <= np.iinfo(np.int64).max else np.float64)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    return pd.Series(values, column.index, name=column.name)


def _complete(
    features: pd.DataFrame, target: pd.Series | None, nominal: Sequence[str], missing: str
) -> tuple[pd.DataFrame, pd.Series | None]:
    """The rows without missing values, or all rows with the missing values filled in."""
    gaps = features.isna()
    if target is not None:
        gaps = pd.concat([gaps, target.isna().rename(TARGET)], axis=1)
    unlabelled = target is not None and bool(target.isna().any())
    whole = ~gaps.any(axis=1)
    if whole.all():
        return features, target
    if missing == "drop-rows":
        if not whole.any():
            raise Fault("missing: every row has a missing value, none is left")
        return features[whole], None if target is None else target[whole]
    if missing == "median" and not unlabelled:
        return _filled(features, nominal), target
    counts = gaps.sum()
    where = [f"{cut(name)} ({count})" for name, count in counts[counts > 0].items()]
    wanted = "drop-rows" if unlabelled else "drop-rows or median"
    without = [name for name in nominal if features[name].isna().any()]  # categories have no median
    remedy: dict[str, Any] = {"missing": "drop-rows"} if whole.any() else {}
    choice = "" if unlabelled or without else "or median"
    if not unlabelled and whole.mean() < 0.5:
        remedy = {"missing": "median", **({"drop": without} if without else {})}
        choice = "or drop-rows" if whole.any() else ""
    raise Fault(
        f"values are missing in {listed(where)}, first in row {first(~whole)}; "
        f"set missing: {wanted}, or list columns under drop",
        remedy,
        choice,
    )


def _filled(features: pd.DataFrame, nominal: Sequence[str]) -> pd.DataFrame:
    """Fill the gaps of a column with its median."""
    gaps = features.columns[features.isna().any()]
    for name in gaps:
        if name in nominal:
            raise Fault(
                f"missing: categories have no median, and some are missing in {shown(name)}; "
                "set missing: drop-rows, or list the column under drop",
                {"missing": "drop-rows"},
            )
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
            {
                f"{name}={one_line(value)}": (features[name] == value) * 1
                for value in categories[name]
            }
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
    target = _numbers_if_all_are(target, task)
    numeric = types.is_numeric_dtype(target)
    if numeric:
        _refuse_infinite(target, "the target")
    task = task or _inferred_task(target, numeric)
    if task == "regression":
        if not numeric:
            text = ~notation.is_number(target)
            raise Fault(
                f"a regression needs numbers, and the target is {shown(target[text].iloc[0])} in "
                f"row {first(text)}; for a classification set task: binary or multiclass",
                {"task": "binary" if target.nunique() == 2 else "multiclass"},
            )
        if _is_constant(target):
            raise Fault(f"the target is {target.iloc[0]} in every row")
        return target, task, []
    if numeric and _is_whole(target):
        target = target.astype(np.int64)
    labels = sorted(target.unique().tolist())
    for label in labels:
        if isinstance(label, str) and label != one_line(label):
            raise Fault(f"the label {shown(label)} has a line break; write it in one line")
    if len(labels) == 1:
        raise Fault(f"the target has one class only, {labels[0]!r}")
    if task == "binary" and len(labels) != 2:
        raise Fault(
            f"a binary target needs two labels; found {len(labels)}: {listed(labels)}; "
            "set task: multiclass",
            {"task": "multiclass"},
        )
    if len(target) < declared:
        raise Fault(f"{len(target)} rows are fewer than the {declared} classes")
    if positive is None:
        return target, task, labels
    if task != "binary":
        raise Fault(f"positive: the task is {task}; only a binary task has a positive label")
    chosen = [label for label in labels if label == positive or str(label) == str(positive)]
    if not chosen:
        raise Fault(f"positive: no label {positive!r}; there are {listed(labels)}")
    ordered = [label for label in labels if label != chosen[0]] + chosen
    return (target == chosen[0]).astype(np.int64), task, ordered


def _is_whole(column: pd.Series) -> bool:
    """Whether all numbers are whole and do not change as integers."""
    return bool(((column % 1 == 0) & (column.abs() < 2**53)).all())


def _numbers_if_all_are(target: pd.Series, task: str | None) -> pd.Series:
    """A target as numbers, if different values stay different, else as text.

    Whole numbers with leading zeros are labels, unless they are said to be quantities.
    """
    if types.is_numeric_dtype(target):
        return _number(target)
    text = target.astype(str)
    if not notation.is_number(text).all():
        return text
    values = pd.Series(notation.numbers(text), text.index, name=text.name)
    if task == "regression":
        return values
    if task and notation.is_padded(text).any():
        return text
    return values if values.nunique() == text.nunique() else text


def _inferred_task(target: pd.Series, numeric: bool) -> str:
    """The task, if the values of the target allow only one."""
    labels = target.nunique()
    if not numeric:
        if not columns.repeats(target):
            raise Fault(
                f"the target holds text that hardly repeats (for example "
                f"{shown(target.iloc[0])}); name another column by target:, or set task"
            )
        return "binary" if labels == 2 else "multiclass"
    if (target % 1 != 0).any():
        return "regression"
    raise Fault(
        "the target's whole numbers may be labels or quantities; set task: regression, binary or "
        "multiclass",
        {"task": "binary" if labels == 2 else "regression"},
        "or regression" if labels == 2 else "or multiclass",
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


def _refuse_infinite(column: pd.Series, what: str) -> None:
    infinite = np.isinf(column)
    if infinite.any():
        raise Fault(f"{what} is infinite in row {first(infinite)}")
