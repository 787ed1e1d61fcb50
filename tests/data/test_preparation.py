"""Preparation does what the configuration says, by hand-made oracles, or says why it can't."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from empirical_fisher.data.csv_format import Dialect
from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.data.features import WIDEST
from empirical_fisher.data.formats import Raw
from empirical_fisher.data.notation import Notation
from empirical_fisher.data.preparation import check_facts, prepare

NAN = math.nan


def raw(columns: dict[str, Any], target: str | None = "y", task: str | None = None) -> Raw:
    return Raw(pd.DataFrame(columns), target, task)


def prepared(columns: dict[str, Any], **choices: Any) -> dict[str, list[Any]]:
    """The prepared table, by column; the target is y and a regression's unless told."""
    options = {"target": "y", "task": "regression", **choices}
    table, _ = prepare(raw(columns, None), options)
    return table.to_dict("list")


def refused(columns: dict[str, Any], **choices: Any) -> str:
    """Why a table is refused."""
    with pytest.raises(DatasetError) as caught:
        prepared(columns, **choices)
    return str(caught.value)


# What is asked for


def test_by_default_nothing_changes_but_the_place_of_the_target() -> None:
    columns = {"y": [1.5, 2.0], "b": [3, 4], "a": [0.1, -7.0]}
    table, facts = prepare(raw(columns), {"task": "regression"})
    assert list(table) == ["b", "a", "target"]
    assert table.to_dict("list") == {"b": [3, 4], "a": [0.1, -7.0], "target": [1.5, 2.0]}
    assert table.dtypes.to_list() == [np.int64, np.float64, np.float64]
    sizes = {"rows": 2, "features": 2}
    assert facts == {"task": "regression", **sizes, "layout": "wide", "origin": {}}


def test_the_table_that_is_prepared_stays_as_it_is() -> None:
    source = raw({"c": ["u", "v", None], "x": [1.0, NAN, 3.0], "y": [1, 2, 3]}, task="multiclass")
    before = source.table.copy(deep=True)
    choices = {"missing": "median", "categorical": "drop", "standardize": True}
    prepare(source, choices)
    pd.testing.assert_frame_equal(source.table, before)


def test_one_column_a_category_stands_where_the_column_stood() -> None:
    columns = {"a": [1, 2, 3, 4], "colour": ["red", "blue", "red", "green"], "y": [1, 2, 3, 4]}
    found = prepared(columns, categorical="one-hot")
    assert list(found.items()) == [
        ("a", [1, 2, 3, 4]),
        ("colour=blue", [0, 1, 0, 0]),
        ("colour=green", [0, 0, 0, 1]),
        ("colour=red", [1, 0, 1, 0]),
        ("target", [1, 2, 3, 4]),
    ]


def test_declared_categories_keep_their_order_and_those_that_do_not_occur_get_no_column() -> None:
    sizes = pd.Categorical(["small", "big", "small"], categories=["small", "middle", "big"])
    found = prepared({"size": sizes, "y": [1, 2, 3]}, categorical="one-hot")
    assert list(found.items()) == [
        ("size=small", [1, 0, 1]),
        ("size=big", [0, 1, 0]),
        ("target", [1, 2, 3]),
    ]


def test_categories_that_look_like_numbers_are_categories_where_the_source_says_so() -> None:
    months = pd.Categorical(["10", "9", "10"])
    columns = {"month": months, "y": [1, 2, 3]}
    assert list(prepared(columns, categorical="one-hot")) == ["month=10", "month=9", "target"]
    assert refused(columns) == (
        "column 'month' holds categories and not numbers (for example '10'); "
        "set categorical: one-hot or drop, or list it under drop"
    )


def test_categories_can_be_left_out_with_their_gaps() -> None:
    columns = {"colour": ["red", None, "blue"], "x": [1, 2, 3], "y": [1, 2, 3]}
    assert prepared(columns, categorical="drop") == {"x": [1, 2, 3], "target": [1, 2, 3]}


def test_numbers_that_are_kept_as_text_are_numbers() -> None:
    columns = {"x": np.array(["1", "2.5", "-3e2"], dtype=object), "y": [1, 2, 3]}
    assert prepared(columns)["x"] == [1.0, 2.5, -300.0]


@pytest.mark.parametrize(
    ("dtype", "values"),
    [("uint8", [200, 100]), ("bool", [True, False]), ("Int64", [3, -4]), ("int16", [-5, 6])],
)
def test_whole_numbers_are_int64_before_anyone_computes_with_them(dtype: str, values: list) -> None:
    table, _ = prepare(raw({"x": pd.array(values, dtype), "y": [1.0, 2.5]}), {})
    assert table["x"].dtype == np.int64
    assert table["x"].to_list() == values


def test_a_gap_is_filled_with_the_median_of_its_column() -> None:
    columns = {"x": [5.0, NAN, 1.0, 2.0, NAN], "z": [1, 2, 3, 4, 5], "y": [1, 2, 3, 4, 5]}
    found = prepared(columns, missing="median")
    middle = statistics.median([5.0, 1.0, 2.0])
    assert found["x"] == [5.0, middle, 1.0, 2.0, middle]
    assert found["z"] == [1, 2, 3, 4, 5]


def test_rows_with_gaps_can_be_left_out_those_of_the_target_too() -> None:
    columns = {"x": [1.0, NAN, 3.0, 4.0], "c": ["u", "v", None, "w"], "y": [1.0, 2.0, 3.0, 4.0]}
    found = prepared(columns, missing="drop-rows", categorical="one-hot")
    assert found == {"x": [1.0, 4.0], "c=u": [1, 0], "c=w": [0, 1], "target": [1.0, 4.0]}
    found = prepared({"x": [1, 2, 3], "y": [NAN, 2.0, 3.0]}, missing="drop-rows")
    assert found == {"x": [2, 3], "target": [2.0, 3.0]}


def test_standardised_features_have_mean_0_and_deviation_1_and_constant_ones_are_0() -> None:
    x, z = [1.0, 2.0, 4.0, 9.0], [0.1] * 4
    found = prepared({"x": x, "z": z, "y": [1, 2, 3, 4]}, standardize=True)
    mean, deviation = statistics.fmean(x), statistics.pstdev(x)
    assert found["x"] == pytest.approx([(value - mean) / deviation for value in x], rel=1e-14)
    assert found["z"] == [0.0] * 4
    assert found["target"] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("x", range(12), True),
        ("x", range(1, 13), True),
        ("x", range(12, 0, -1), True),
        ("x", range(2, 14), False),
        ("x", [*range(11), 12], False),
        ("id", range(500, 512), True),
        ("customerId", range(500, 512), True),
        ("Row_ID", range(500, 512), True),
        ("humid", range(500, 512), False),
        ("id", [*range(500, 511), 500], False),
        ("id", np.arange(12) + 0.5, False),
        ("x", range(9), False),
    ],
)
def test_features_that_may_number_the_rows_are_recorded(name: str, values: Any, told: bool) -> None:
    values = list(values)
    columns = {name: values, "y": np.arange(len(values)) % 5 * 1.0}
    table, facts = prepare(raw(columns), {"task": "regression"})
    assert facts.get("numbering") == ([name] if told else None)
    assert table[name].tolist() == values


def test_constant_features_are_recorded() -> None:
    facts = prepare(raw({"x": [1, 2], "z": [3, 3], "y": [1.5, 2.5]}), {"standardize": True})[1]
    assert facts["constant"] == ["z"]


def test_columns_can_be_left_out() -> None:
    columns = {"id": ["p", "q"], "x": [1, 2], "y": [3, 4]}
    assert prepared(columns, drop=["id"]) == {"x": [1, 2], "target": [3, 4]}


def test_the_target_is_the_configured_one_else_the_source_s_else_the_one_of_that_name() -> None:
    columns = {"x": [1.5, 2.5], "y": [3.5, 4.5], "z": [5.5, 6.5]}
    assert prepare(raw(columns, "x"), {"target": "z"})[0]["target"].to_list() == [5.5, 6.5]
    assert prepare(raw(columns, "x"), {})[0]["target"].to_list() == [1.5, 2.5]
    columns["target"] = columns.pop("y")
    assert prepare(raw(columns, None), {})[0]["target"].to_list() == [3.5, 4.5]


# Tasks and labels


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (["no", "yes", "no"], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([0.5, 1.0, 2.0], "regression"),
    ],
)
def test_the_task_follows_from_a_target_that_leaves_no_doubt(values: list, task: str) -> None:
    assert prepare(raw({"x": [1, 2, 3], "y": values}), {})[1]["task"] == task


def test_the_task_of_whole_numbers_has_to_be_said() -> None:
    source = raw({"x": [1, 2, 3], "y": [0, 1, 1]})
    with pytest.raises(DatasetError, match="may be labels or quantities; set task: regression, "):
        prepare(source, {})
    assert prepare(source, {"task": "binary"})[1]["labels"] == [0, 1]
    assert "labels" not in prepare(source, {"task": "regression"})[1]


def test_what_the_source_says_of_the_task_is_of_its_own_target_only() -> None:
    source = raw({"x": [1.5, 2.0, 3.0], "y": [0, 1, 2]}, "y", "multiclass")
    assert prepare(source, {})[1]["task"] == "multiclass"
    assert prepare(source, {"task": "regression"})[1]["task"] == "regression"
    assert prepare(source, {"target": "x"})[1]["task"] == "regression"


@pytest.mark.parametrize(
    ("values", "labels", "written"),
    [
        (["M", "B", "M"], ["B", "M"], ["M", "B", "M"]),
        ([1.0, -1.0, 1.0], [-1, 1], [1, -1, 1]),
        (pd.Categorical(["2", "10", "2"]), [2, 10], [2, 10, 2]),
        (np.array([7, 200, 7], dtype=np.uint8), [7, 200], [7, 200, 7]),
        ([True, False, True], [0, 1], [1, 0, 1]),
        ([0.5, 1e300, 0.5], [0.5, 1e300], [0.5, 1e300, 0.5]),
        (["1", "1.0", "1"], ["1", "1.0"], ["1", "1.0", "1"]),
    ],
)
def test_labels_are_numbers_if_they_can_be_and_listed_in_order(
    values: Any, labels: list, written: list
) -> None:
    table, facts = prepare(raw({"x": [1, 2, 3], "y": values}), {"task": "binary"})
    assert facts["labels"] == labels
    assert table["target"].to_list() == written
    assert [type(label) for label in facts["labels"]] == [type(label) for label in labels]


@pytest.mark.parametrize(
    ("values", "positive", "numbers", "labels"),
    [
        (["M", "B", "M"], "B", [0, 1, 0], ["M", "B"]),
        (["M", "B", "M"], "M", [1, 0, 1], ["B", "M"]),
        ([1, 2, 1], 1, [1, 0, 1], [2, 1]),
        ([1.0, 2.0, 1.0], "1", [1, 0, 1], [2, 1]),
    ],
)
def test_the_positive_label_becomes_1(
    values: list, positive: Any, numbers: list, labels: list
) -> None:
    source = raw({"x": [1, 2, 3], "y": values})
    table, facts = prepare(source, {"task": "binary", "positive": positive})
    assert table["target"].to_list() == numbers
    assert facts["labels"] == labels


# What is refused, and why

X = {"x": [1, 2, 3]}


@pytest.mark.parametrize(
    ("columns", "choices", "reason"),
    [
        ({"y": [1, 1, 1]}, {"task": "binary"}, "the target has one class only, 1"),
        ({"y": [2.5] * 3}, {}, "the target is 2.5 in every row"),
        (
            {"y": ["a", "b", "c"]},
            {"task": "binary"},
            "a binary target needs two labels; found 3: a, b, c; set task: multiclass",
        ),
        (
            {"y": pd.Categorical(list("aba"), categories=list("abcd"))},
            {"task": "multiclass"},
            "3 rows are fewer than the 4 classes",
        ),
        (
            {"y": ["1", "two", "3"]},
            {},
            "a regression needs numbers, and the target is 'two' in row 2; "
            "for a classification set task: binary or multiclass",
        ),
        (
            {"y": ["a", "b", "a"]},
            {"task": "binary", "positive": "c"},
            "positive: no label 'c'; there are a, b",
        ),
        (
            {"y": ["a", "b", "c"]},
            {"task": "multiclass", "positive": "c"},
            "positive: the task is multiclass; only a binary task has a positive label",
        ),
        ({"y": [1.0, math.inf, 2.0]}, {}, "the target is infinite in row 2"),
        (
            {"y": [1.0, 2.0, NAN]},
            {},
            "values are missing in target (1), first in row 3; set missing: drop-rows, "
            "or list columns under drop",
        ),
        (
            {"y": [1.0, 2.0, NAN]},
            {"missing": "median"},
            "values are missing in target (1), first in row 3; set missing: drop-rows, "
            "or list columns under drop",
        ),
        (
            {"z": [1.0, NAN, NAN], "y": [1, 2, 3]},
            {},
            "values are missing in z (2), first in row 2; set missing: drop-rows or median, "
            "or list columns under drop",
        ),
        (
            {"z": [NAN] * 3, "y": [1, 2, 3]},
            {"missing": "drop-rows"},
            "column 'z' is empty; list it under drop",
        ),
        (
            {"z": [NAN, 1, NAN], "y": [1, NAN, 3]},
            {"missing": "drop-rows"},
            "missing: every row has a missing value, none is left",
        ),
        (
            {"z": ["a", None, "b"], "y": [1, 2, 3]},
            {"missing": "median", "categorical": "one-hot"},
            "missing: categories have no median, and some are missing in 'z'; "
            "set missing: drop-rows, or list the column under drop",
        ),
        ({"z": [1.0, 2.0, -math.inf], "y": [1, 2, 3]}, {}, "column 'z' is infinite in row 3"),
        (
            {"z": pd.to_datetime(["2020-01-01"] * 3), "y": [1, 2, 3]},
            {},
            "column 'z' holds dates or times (for example 2020-01-01 00:00:00); "
            "list it under drop, or write numbers there",
        ),
        (
            {"z": [1j, 2j, 3j], "y": [1, 2, 3]},
            {},
            "column 'z' holds neither numbers nor text (complex128); list it under drop",
        ),
        (
            {"z=a": [1, 2, 3], "z": ["a", "b", "a"], "y": [1, 2, 3]},
            {"categorical": "one-hot"},
            "two columns would be named 'z=a'; list one under drop",
        ),
        (
            {"y": [1, 2, 3]},
            {"drop": ["x"]},
            "no feature is left; there must be one besides the target",
        ),
        ({"y": [1, 2, 3]}, {"drop": ["z"]}, "drop: no column 'z'; there are x, y"),
        (
            {"heating_load": [1, 2, 3], "y": [1, 2, 3]},
            {"target": "heatingload"},
            "target: no column 'heatingload' (did you mean heating_load?); "
            "there are x, heating_load, y",
        ),
        ({"y": [1, 2, 3]}, {"drop": ["y"]}, "drop: 'y' is the target"),
        (
            {"target": [1, 2, 3], "y": [1, 2, 3]},
            {},
            "the target is 'y', but a column 'target' is there, too, which is what the target is "
            "called in data/; list that column under drop",
        ),
        (
            {"z": [1e308, -1e308, 1e308], "y": [1, 2, 3]},
            {"standardize": True},
            "standardize: the values of 'z' are too large or too small",
        ),
    ],
)
def test_what_can_not_work_is_refused_with_the_reason(
    columns: dict[str, Any], choices: dict[str, Any], reason: str
) -> None:
    assert refused({**X, **columns}, **choices) == reason


def test_a_source_without_a_target_has_to_be_told_which_it_is() -> None:
    with pytest.raises(DatasetError, match=r"name it by target: \(there are x, y\)"):
        prepare(raw({"x": [1, 2], "y": [1, 2]}, None), {})


@pytest.mark.parametrize(
    ("table", "size"),
    [
        (pd.DataFrame({"x": [], "y": []}), "0 rows, 2 columns"),
        (pd.DataFrame(index=range(3)), "3 rows, 0 columns"),
    ],
)
def test_an_empty_table_is_refused(table: pd.DataFrame, size: str) -> None:
    with pytest.raises(DatasetError, match=f"the table is empty: {size}"):
        prepare(Raw(table, "y"), {})


def test_columns_of_the_same_name_are_refused() -> None:
    table = pd.DataFrame([[1, 2, 3, 4]], columns=["x", "y", "x", "y"])
    with pytest.raises(DatasetError, match="several columns have the same name: x, y"):
        prepare(Raw(table, "y"), {})


@pytest.mark.parametrize("categorical", ["error", "one-hot", "drop"])
def test_text_among_numbers_is_a_fault_and_no_category(categorical: str) -> None:
    values = [*map(str, range(20))]
    values[6] = "3,5"
    assert refused({"x": values, "y": [*range(20)]}, categorical=categorical) == (
        "column 'x' holds numbers, but also text ('3,5' in row 7); correct that, "
        "or list it under drop"
    )


def test_categories_some_of_which_look_like_numbers_are_categories() -> None:
    columns = {"doors": ["2", "3", "4", "5more"], "y": [1, 2, 3, 4]}
    encoded = ["doors=2", "doors=3", "doors=4", "doors=5more", "target"]
    assert list(prepared(columns, categorical="one-hot")) == encoded


def test_too_many_columns_are_refused_with_the_one_that_makes_them() -> None:
    names = [f"name {number}" for number in range(WIDEST)] * 2
    columns = {"x": range(2 * WIDEST), "name": names, "y": range(2 * WIDEST)}
    assert refused(columns, categorical="one-hot") == (
        f"{WIDEST + 1} features are more than the {WIDEST} that a dense data set may have "
        f"('name' alone has {WIDEST} categories); list columns under drop"
    )
    assert len(prepared(columns, categorical="one-hot", drop=["x"])) == WIDEST + 1
    dense = {f"x{number}": [1, 2] for number in range(WIDEST + 1)}
    assert refused({**dense, "y": [1, 2]}).startswith(f"{WIDEST + 1} features are more than the")


def test_a_long_list_of_names_is_cut_short() -> None:
    columns = {f"column {number}": [1, 2] for number in range(100)}
    assert refused(columns).endswith("column 18, column 19, … (100 in all)")


# Text


@pytest.mark.parametrize("pair", [("no", "yes"), ("False", "TRUE"), (" no", "Yes")])
@pytest.mark.parametrize("kind", [str, "category"])
@pytest.mark.parametrize("categorical", ["error", "one-hot", "drop"])
def test_truth_values_are_0_and_1(pair: tuple[str, str], kind: Any, categorical: str) -> None:
    values = pd.Series([pair[1], pair[0], None, pair[1]]).astype(kind)
    columns = {"x": values, "y": [1, 2, 3, 4]}
    found = prepared(columns, missing="drop-rows", categorical=categorical)
    assert found == {"x": [1, 0, 1], "target": [1, 2, 4]}


@pytest.mark.parametrize(
    "values", [["yes", "false", "yes"], ["yes", "no", "maybe"], ["y", "n", "y"]]
)
def test_other_pairs_of_words_are_categories(values: list[str]) -> None:
    assert "holds categories" in refused({"x": values, "y": [1, 2, 3]})


@pytest.mark.parametrize(
    "date",
    [
        *("2021-03-04", "2021/3/4", "04.03.2021", "4/3/21", "2021-03-04T10:00:00Z"),
        *("2021-03-04 10:00", "04.03.2021 10:00:00.5 +01:00", "10:30", "23:59:59", "1:05 pm"),
    ],
)
@pytest.mark.parametrize("categorical", ["error", "one-hot", "drop"])
def test_dates_are_refused_by_name(date: str, categorical: str) -> None:
    columns = {**X, "built": [date, None, date], "y": [1, 2, 3]}
    assert refused(columns, categorical=categorical, missing="drop-rows") == (
        f"column 'built' holds dates or times (for example {date!r}); list it under drop, "
        "or write numbers there"
    )
    assert prepared(columns, drop=["built"]) == {"x": [1, 2, 3], "target": [1, 2, 3]}


@pytest.mark.parametrize("text", ["1-2-3", "2021-03/04", "10:3", "1.2.3.4", "12.345.678"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert "holds categories" in refused({**X, "z": [text] * 3, "y": [1, 2, 3]})


@pytest.mark.parametrize(("times", "is_refused"), [(1, True), (2, False)])
def test_text_that_hardly_repeats_is_refused_by_name(times: int, is_refused: bool) -> None:
    names = [f"name {number}" for number in range(400)] * times
    columns = {"x": range(len(names)), "name": names, "y": range(len(names))}
    if is_refused:
        reason = (
            "column 'name' holds text that hardly repeats (for example 'name 0'); list it under"
        )
        assert refused(columns, categorical="one-hot").startswith(reason)
    else:
        assert len(prepared(columns, categorical="one-hot")) == 1 + 400 + 1


def test_a_target_of_text_that_hardly_repeats_is_not_taken_for_labels() -> None:
    columns = {"x": range(40), "y": [f"name {number}" for number in range(40)]}
    with pytest.raises(DatasetError, match=r"the target holds text that hardly repeats"):
        prepare(raw(columns), {})
    assert len(prepare(raw(columns), {"task": "multiclass"})[1]["labels"]) == 40


def test_an_index_without_a_name_is_refused_until_it_is_dropped() -> None:
    columns = {"Unnamed: 0": [0, 1, 2], **X, "y": [1, 2, 3]}
    assert refused(columns) == (
        "column 'Unnamed: 0' has no name in the file, as an index has none; list it under drop, "
        "or write a name there"
    )
    assert list(prepared(columns, drop=["Unnamed: 0"])) == ["x", "target"]
    assert list(prepared(columns, target="Unnamed: 0")) == ["x", "y", "target"]


@pytest.mark.parametrize(
    ("task", "labels"),
    [("binary", ["01", "1"]), ("multiclass", ["001", "01", "1"]), ("binary", ["01", "02"])],
)
def test_labels_with_leading_zeros_stay_apart_and_as_they_are(task: str, labels: list) -> None:
    columns = {"x": range(len(labels)), "y": labels}
    table, facts = prepare(raw(columns), {"task": task})
    assert facts["labels"] == table["target"].to_list() == labels
    assert prepared({**columns, "y": [*labels[:-1], "05"]})["target"] == [
        *map(int, labels[:-1]),
        5,
    ]


def test_line_breaks_become_spaces_in_names_and_are_refused_in_labels() -> None:
    columns = {"a\r\nb": [1, 2, 3], "c": ["u\rv", "w", "w"], "y\n": [1, 2, 3]}
    names = list(prepared(columns, target="y", categorical="one-hot"))
    assert names == ["a b", "c=u v", "c=w", "target"]
    with pytest.raises(DatasetError, match=r"the label .* has a line break; write it in one line"):
        prepare(raw({**X, "y": ["a\rb", "a", "a"]}), {})


# Numbers with other marks

COMMAS, SEMICOLONS = (Dialect(mark, Notation()) for mark in ",;")


@pytest.mark.parametrize(
    ("dialect", "columns", "says"),
    [
        (COMMAS, {"z": ["3,5", "1,25", "7"]}, "decimal: \",\", with which '3,5' is 3.5"),
        (
            COMMAS,
            {"z": ["1,234,567", "2", "3"]},
            "thousands: \",\", with which '1,234,567' is 1234567",
        ),
        (
            COMMAS,
            {"z": ["27,096", "2", "3"]},
            "thousands: \",\", with which '27,096' is 27096, "
            "or decimal: \",\", with which '27,096' is 27.096",
        ),
        (
            SEMICOLONS,
            {"z": ["27,096", "2", "3"]},
            "decimal: \",\", with which '27,096' is 27.096, "
            "or thousands: \",\", with which '27,096' is 27096",
        ),
        (
            SEMICOLONS,
            {"z": ["27,096", "2", "3"], "w": [0.5, 1.0, 2.0]},
            "thousands: \",\", with which '27,096' is 27096",
        ),
        (
            SEMICOLONS,
            {"z": ["1.234,5", "2", "3"]},
            'decimal: ",", thousands: ".", with which \'1.234,5\' is 1234.5',
        ),
        (COMMAS, {"z": ["1 234", "2", "3"]}, "thousands: \" \", with which '1 234' is 1234"),
        (COMMAS, {"z": ["1’234.5", "2", "3"]}, "thousands: \"'\", with which '1’234.5' is 1234.5"),
    ],
)
def test_numbers_with_other_marks_are_told_with_what_to_say(
    dialect: Dialect, columns: dict[str, Any], says: str
) -> None:
    source = replace(raw({**X, **columns, "y": [1, 2, 3]}), dialect=dialect)
    with pytest.raises(DatasetError) as caught:
        prepare(source, {"task": "regression"})
    example = columns["z"][0]
    assert str(caught.value) == (
        f"column 'z' holds numbers written otherwise (for example {example!r}); "
        f"say in the source {says}"
    )


def test_labels_may_look_like_numbers_with_other_marks() -> None:
    source = replace(raw({**X, "y": ["1,5", "2,5", "1,5"]}), dialect=SEMICOLONS)
    assert prepare(source, {"task": "binary"})[1]["labels"] == ["1,5", "2,5"]
    with pytest.raises(DatasetError, match="'y' holds numbers written otherwise"):
        prepare(source, {})


# All at once


def test_all_faults_are_told_with_the_lines_that_mend_them() -> None:
    columns = {
        "id": ["p", "q", "r", "s"],
        "when": ["2020-01-01"] * 4,
        "empty": [None] * 4,
        "x": [1.0, NAN, 3.0, 4.0],
        "y": [0, 1, 1, 0],
    }
    choices = {"source": {"file": "my.csv"}, "drop": ["id", "idd"]}
    source = replace(raw(columns), dialect=Dialect(";", Notation(), guessed=True))
    with pytest.raises(DatasetError) as caught:
        prepare(source, choices)
    assert str(caught.value).splitlines() == [
        "6 things are in the way:",
        "  - drop: no column 'idd' (did you mean id?); there are id, when, empty, x, y",
        '  - no commas separate the fields; say in the source separator: ";"',
        "  - column 'when' holds dates or times (for example '2020-01-01'); list it under drop, "
        "or write numbers there",
        "  - column 'empty' is empty; list it under drop",
        "  - values are missing in x (1), first in row 2; set missing: drop-rows or median, "
        "or list columns under drop",
        "  - the target's whole numbers may be labels or quantities; set task: regression, binary "
        "or multiclass",
        "  Write into its entry, in place of what these keys say there now:",
        "    drop: [id, when, empty]",
        "    source: {file: my.csv, separator: ;}",
        "    missing: drop-rows  # or median",
        "    task: binary  # or regression",
    ]


def test_a_message_is_of_bounded_length_whatever_the_table() -> None:
    long = "long " * 1000
    columns: dict[str, Any] = {f"{long}{number}": ["2020-01-01", long] for number in range(500)}
    columns |= {f"date {number}": ["2020-01-01"] * 2 for number in range(500)}
    columns |= {f"{long}empty {number}": [None] * 2 for number in range(500)}
    message = refused({**columns, "y": [1, 2]}, target=long)
    assert "… (500 in all)" in message
    assert "# drop: too long to be written here" in message
    assert len(message) < 20_000


# Sparse data sets


def test_a_table_only_some_of_whose_columns_are_sparse_becomes_dense() -> None:
    columns = {
        "x": pd.arrays.SparseArray([0, 3, 0]),
        "z": pd.arrays.SparseArray([0.5, 0.0, 0.0]),
        "c": pd.Categorical(["u", "v", "u"]),
        "y": [1, 2, 3],
    }
    table, facts = prepare(raw(columns), {"task": "regression", "categorical": "one-hot"})
    assert facts["layout"] == "wide"
    assert [dtype.name for dtype in table.dtypes] == ["int64", "float64", *["int64"] * 3]
    assert table["x"].to_list() == [0, 3, 0]
    assert table["z"].to_list() == [0.5, 0.0, 0.0]


def sparse(values: dict[tuple[int, int], float]) -> Raw:
    """Four rows, a feature too many for a dense table, and two labels."""
    entries = scipy.sparse.coo_array(
        (list(values.values()), tuple(np.transpose(list(values)))), shape=(4, WIDEST + 1)
    )
    table = pd.DataFrame.sparse.from_spmatrix(entries, columns=[*map(str, range(WIDEST + 1))])
    return Raw(table.assign(target=[1.0, -1.0, 1.0, -1.0]), "target", "binary")


def test_a_sparse_set_is_exempt_from_the_limit_and_stays_sparse() -> None:
    table, facts = prepare(sparse({(0, 3): 2.5, (2, WIDEST): -1.0}), {})
    assert facts["layout"] == "long"
    assert (facts["rows"], facts["features"], facts["labels"]) == (4, WIDEST + 1, [-1, 1])
    assert all(isinstance(dtype, pd.SparseDtype) for dtype in table.dtypes[:-1])
    assert table["target"].to_list() == [1, -1, 1, -1]


@pytest.mark.parametrize("positive", [None, "no"])
def test_text_labels_of_a_sparse_set_are_numbered(positive: str | None) -> None:
    source = sparse({(0, 3): 2.5})
    table = source.table.assign(target=["yes", "no", "yes", "no"])
    choices = {"positive": positive} if positive else {}
    table, facts = prepare(Raw(table, "target"), choices)
    assert facts["labels"] == (["yes", "no"] if positive else ["no", "yes"])
    assert table["target"].to_list() == ([0, 1, 0, 1] if positive else [1, 0, 1, 0])


@pytest.mark.parametrize(
    ("entries", "choices", "reason"),
    [
        ({(0, 3): 2.5}, {"standardize": True}, "would not stay sparse"),
        ({(2, 3): NAN, (1, 4): NAN}, {}, "column '4' has nan in row 2"),
        ({(3, 5): math.inf}, {}, "column '5' has inf in row 4"),
    ],
)
def test_what_a_sparse_set_can_not_have(entries: dict, choices: dict, reason: str) -> None:
    with pytest.raises(DatasetError, match=reason):
        prepare(sparse(entries), choices)


def test_a_sparse_set_without_a_target_in_some_row_is_refused() -> None:
    table = sparse({(0, 3): 2.5}).table.assign(target=[1.0, NAN, 1.0, 2.0])
    with pytest.raises(DatasetError, match="the target is missing in row 2"):
        prepare(Raw(table, "target", "binary"), {})


# Facts to expect


def test_all_wrong_facts_are_told_at_once() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "target": [0, 1]})
    check_facts(table, {"rows": 2, "features": 1, "positives": 1})
    with pytest.raises(DatasetError) as caught:
        check_facts(table, {"rows": 3, "features": 1, "positives": 2})
    assert str(caught.value) == "expected 3 rows, found 2; expected 2 positives, found 1"


# Whatever the table

KINDS = {
    "int64": st.integers(0, 2),
    "float64": st.one_of(st.floats(), st.sampled_from([0.0, 1.0, -1.0, 2.5, NAN])),
    "str": st.one_of(st.none(), st.sampled_from(["a", "b", "1", "2.5", "nan", ""]), st.text()),
    pd.CategoricalDtype(list("cabd")): st.one_of(st.none(), st.sampled_from("abc")),
    "bool": st.booleans(),
    "uint8": st.integers(0, 255),
}


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 8))
    names = draw(st.lists(st.sampled_from(["a", "b", "a=a", "target", "y"]), max_size=4))
    columns = []
    for _ in names:
        kind, values = draw(st.sampled_from([*KINDS.items()]))
        columns.append(pd.Series(draw(st.lists(values, min_size=rows, max_size=rows)), dtype=kind))
    table = pd.concat(columns, axis=1) if columns else pd.DataFrame(index=range(rows))
    return table.set_axis(names, axis=1)


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "task": st.sampled_from(["regression", "binary", "multiclass"]),
        "target": st.sampled_from(["y", "a"]),
        "drop": st.lists(st.sampled_from(["a", "b", "target", "c"]), unique=True, max_size=2),
        "positive": st.sampled_from(["a", 1, "1"]),
        "categorical": st.sampled_from(["error", "one-hot", "drop"]),
        "missing": st.sampled_from(["error", "drop-rows", "median"]),
        "standardize": st.booleans(),
    },
)


@settings(max_examples=400, deadline=None)
@given(tables(), CHOICES)
def test_any_table_is_refused_or_becomes_finite_numbers(
    table: pd.DataFrame, choices: dict[str, Any]
) -> None:
    try:
        found, facts = prepare(Raw(table, "y" if "y" in table else None), choices)
    except DatasetError:
        return
    features, target = found.drop(columns="target"), found["target"]
    assert found.columns.is_unique
    assert found.columns[-1] == "target"
    assert np.isfinite(features.to_numpy(dtype=float)).all()
    assert {dtype.kind for dtype in features.dtypes} <= {"i", "f"}
    assert (facts["rows"], facts["features"]) == features.shape
    kept = facts["rows"] <= len(table)
    assert kept if choices.get("missing") == "drop-rows" else facts["rows"] == len(table)
    if facts["task"] == "regression":
        assert np.isfinite(target.to_numpy(dtype=float)).all()
        assert target.nunique() > 1
    elif "positive" in choices:
        assert set(target) == {0, 1}
        assert str(facts["labels"][1]) == str(choices["positive"])
    else:
        assert sorted(set(target)) == facts["labels"]
        assert len(facts["labels"]) >= 2


@pytest.mark.parametrize("size", [1e160, 1e-160])
@pytest.mark.parametrize("column", ["x", "target"])
def test_numbers_whose_squares_overflow_or_vanish_are_refused(column, size):
    table = pd.DataFrame({"x": [1.0, 2.0, 4.0], "target": [0.5, 1.5, 1.0]})
    table[column] *= size
    with pytest.raises(DatasetError, match=rf"{column}.*squares overflow or vanish.*1e\+100"):
        prepare(Raw(table, "target"), {"task": "regression"})
