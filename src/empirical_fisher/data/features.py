"""Features as numbers: what becomes of categories, of gaps, and of what is no number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from . import columns, datasets
from .datasets import TARGET, DatasetError
from .faults import Fault, columns_that, cut, first, listed, noting, one_line, shown, them
from .formats import Raw

#: Features that a dense table may have, and a sparse one that is written out as dense.
WIDEST = 1000
TEXTS = ("categories", "names", "mixed")  #: kinds of columns that may be numbers written otherwise


def is_sparse(features: pd.DataFrame) -> bool:
    """Whether there are features, and all of them are sparse."""
    return bool(len(features.columns)) and all(
        isinstance(dtype, pd.SparseDtype) for dtype in features.dtypes
    )


def dense(features: pd.DataFrame) -> pd.DataFrame:
    """The features, written out if they are sparse."""
    return features.sparse.to_dense() if is_sparse(features) else features


def refuse_gaps_in_sparse(
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


def as_numbers(
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
        name: columns.number(features[name])
        if kinds[name] in ("numbers", "truth")
        else features[name]
        for name in kinds
        if kinds[name] in ("numbers", "truth", "categories")
    }
    features = pd.DataFrame(usable, index=features.index)
    with noting(faults):
        features, target = _complete(features, target, nominal, settings.get("missing", "error"))
    for name in features.columns.difference(nominal, sort=False):
        with noting(faults):
            columns.refuse_infinite(features[name], f"column {shown(name)}")
    if faults:
        return features, None if target is None else target.dropna()
    return _encoded(features, {*nominal}), target


def _has_fraction(column: pd.Series) -> bool:
    return types.is_float_dtype(column) and bool((column.dropna() % 1 != 0).any())


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


def standardized(features: pd.DataFrame, constant: Sequence[str]) -> pd.DataFrame:
    """Features with mean 0 and standard deviation 1; constant ones are 0."""
    with np.errstate(all="ignore"):
        scaled = features.astype(np.float64)
        scaled[:] = datasets.standardized(scaled.to_numpy())
    for name in features.columns.drop(list(constant)):
        if not (np.isfinite(scaled[name]).all() and scaled[name].any()):
            raise DatasetError(f"standardize: the values of {name!r} are too large or too small")
    return scaled
