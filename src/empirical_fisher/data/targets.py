"""The target as numbers or labels, and the task that it is of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from . import columns, notation
from .faults import Fault, first, listed, one_line, shown


def labelled(
    target: pd.Series, task: str | None, positive: str | float | None
) -> tuple[pd.Series, str, list[Any]]:
    """The target as it is written, the task, and the labels of a classification in order."""
    declared = len(target.dtype.categories) if isinstance(target.dtype, pd.CategoricalDtype) else 0
    target = _numbers_if_all_are(target, task)
    numeric = types.is_numeric_dtype(target)
    if numeric:
        columns.refuse_infinite(target, "the target")
    task = task or _inferred_task(target, numeric)
    if task == "regression":
        if not numeric:
            text = ~notation.is_number(target)
            raise Fault(
                f"a regression needs numbers, and the target is {shown(target[text].iloc[0])} in "
                f"row {first(text)}; for a classification set task: binary or multiclass",
                {"task": "binary" if target.nunique() == 2 else "multiclass"},
            )
        if columns.is_constant(target):
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
        return columns.number(target)
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
