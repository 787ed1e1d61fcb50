"""Files of data sets are read as they are, whatever their format, or refused with a reason."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
import scipy.io.arff
import scipy.sparse
from sklearn.datasets import dump_svmlight_file

from empirical_fisher.data import formats
from empirical_fisher.data.csv_format import Dialect
from empirical_fisher.data.datasets import DatasetError
from empirical_fisher.data.formats import form_of, read
from empirical_fisher.data.notation import Notation

CSV = "age,height,colour\n40,1.5,red\n,1.75,?\n50,2,blue\n"
ARFF = """% A comment
@RELATION things
@ATTRIBUTE age INTEGER
@attribute 'height in m' real
@attribute colour {red, 'light blue', green}
@attribute note string

@DATA
40,1.5,red,'hello, you'
% another
?,1.75,'light blue',?
50,2,?,x
"""
SPARSE_ARFF = """@relation things
@attribute count numeric
@attribute class {no, yes}
@attribute size numeric
@data
{0 2, 1 yes}
{2 1.5}
{ }
{0 -1, 2 ?}
"""


@pytest.fixture
def write(tmp_path: Path):
    def writer(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return writer


def values(table: pd.DataFrame, column: str) -> list:
    """A column as a list, missing values as None."""
    return [None if pd.isna(value) else value for value in table[column]]


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "csv"),
        ("a.b.CSV.gz", "csv"),
        ("/x/a.arff", "arff"),
        ("a.svm.bz2", "libsvm"),
        ("a.libsvm.xz", "libsvm"),
        ("a.pq", "parquet"),
    ],
)
def test_the_name_tells_the_format(name: str, form: str) -> None:
    assert form_of(name) == form


@pytest.mark.parametrize("name", ["a9a", "a9a.bz2", "a.xls", "csv", ""])
def test_a_name_that_does_not_tell_is_refused_with_the_formats_there_are(name: str) -> None:
    with pytest.raises(DatasetError, match="format: and one of csv, arff, libsvm, parquet"):
        form_of(name)


def test_csv(write) -> None:
    table = read(write("a.csv", CSV)).table
    assert list(table) == ["age", "height", "colour"]
    assert values(table, "age") == [40.0, None, 50.0]
    assert values(table, "height") == [1.5, 1.75, 2.0]
    assert values(table, "colour") == ["red", None, "blue"]


def test_floats_of_a_csv_are_read_exactly(write) -> None:
    numbers = np.random.default_rng(0).lognormal(sigma=20, size=(200, 2))
    path = write("a.csv", pd.DataFrame(numbers, columns=["a", "b"]).to_csv(index=False))
    np.testing.assert_array_equal(read(path).table.to_numpy(), numbers)


MARKS = {"separator": ";", "decimal": ",", "thousands": "."}


def test_the_marks_of_a_csv_can_be_said(write) -> None:
    path = write("a.csv", "a;b;c\n1.234,5;-1e3;x,y\n,25;+27.096;1.5\n")
    raw = read(path, options=MARKS)
    assert raw.table.to_dict("list") == {
        "a": [1234.5, 0.25],
        "b": [-1000.0, 27096.0],
        "c": ["x,y", "1.5"],
    }
    assert raw.dialect == Dialect(";", Notation(",", "."))


@pytest.mark.parametrize("text", ["12.34", "1.2345", "1234.567", "1.23.456", ".123"])
def test_groups_of_digits_have_to_be_whole(write, text: str) -> None:
    """Where pandas takes every mark of thousands away, 12.34 would be 1234."""
    table = read(write("a.csv", f"a;b\n1.234;2\n{text};3\n"), options=MARKS).table
    assert table["a"].tolist() == ["1.234", text]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f"])
def test_spaces_between_thousands_may_be_any(write, space: str) -> None:
    path = write("a.csv", f"a,b\n1{space}234{space}567.5,2\n8,3\n")
    assert read(path, options={"thousands": " "}).table["a"].tolist() == [1234567.5, 8.0]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_another_separator_is_found_and_marked_as_a_guess(write, mark: str) -> None:
    path = write("a.csv", f'a{mark}b{mark}"c, d"\n1,5{mark}2{mark}x\n2,5{mark}3{mark}y\n')
    raw = read(path)
    assert list(raw.table) == ["a", "b", "c, d"]
    assert raw.dialect == Dialect(mark, Notation(), guessed=True)
    raw = read(path, options={"separator": mark})
    assert raw.dialect == Dialect(mark, Notation())


def test_a_comma_that_makes_as_many_columns_is_the_separator(write) -> None:
    raw = read(write("a.csv", "a,b;c\n1,2;3\n"))
    assert list(raw.table) == ["a", "b;c"]
    assert raw.dialect == Dialect(",", Notation())
    raw = read(write("a.csv", "a;b;c,d\n1;2;3,4\n"), options={"separator": ","})
    assert list(raw.table) == ["a;b;c", "d"]


def test_what_is_missing_in_a_csv(write) -> None:
    marks = ["", "?", "NA", "n/a", "NaN", "null", " ", " NA "]
    table = read(write("a.csv", "\n".join(["a,b", *(f"{mark},1" for mark in marks), "2,3"]))).table
    assert values(table, "a") == [None] * len(marks) + [2.0]


def test_leading_zeros_of_a_csv_stay(write) -> None:
    table = read(write("a.csv", "code,x,z\n01,0,0.50\n1,10,01.5\n")).table
    assert table["code"].tolist() == ["01", "1"]
    assert table["x"].tolist() == [0, 10]
    assert table["z"].tolist() == [0.5, 1.5]


def test_columns_of_a_csv_without_a_name_are_numbered(write) -> None:
    assert list(read(write("a.csv", ",a,\n0,1,\n1,2,\n")).table) == [
        "Unnamed: 0",
        "a",
        "Unnamed: 2",
    ]


@pytest.mark.parametrize("form", ["arff", "libsvm", "parquet"])
def test_marks_are_said_of_a_csv_only(write, form: str) -> None:
    with pytest.raises(DatasetError, match=f"separator: for a CSV only, and this is {form}"):
        read(write(f"a.{form}", "a"), options={"separator": ";"})


def test_arff(write) -> None:
    table = read(write("a.arff", ARFF)).table
    assert list(table) == ["age", "height in m", "colour", "note"]
    assert values(table, "age") == [40.0, None, 50.0]
    assert values(table, "height in m") == [1.5, 1.75, 2.0]
    assert values(table, "colour") == ["red", "light blue", None]
    assert list(table["colour"].cat.categories) == ["red", "light blue", "green"]
    assert values(table, "note") == ["hello, you", None, "x"]


def test_arff_agrees_with_scipy(write) -> None:
    numbers = np.random.default_rng(1).normal(size=(50, 3))
    rows = "\n".join(f"{a!r},{b!r},{c!r},{'uv'[int(a > 0)]}" for a, b, c in numbers.tolist())
    header = "".join(f"@attribute {name} numeric\n" for name in "abc")
    path = write("a.arff", f"@relation r\n{header}@attribute d {{u,v}}\n@data\n{rows}\n")
    expected, _ = scipy.io.arff.loadarff(path)
    table = read(path).table
    for name in "abc":
        np.testing.assert_array_equal(table[name], expected[name])
    assert list(table["d"]) == [label.decode() for label in expected["d"]]


def test_a_fraction_in_a_column_of_integers_is_not_cut_off(write) -> None:
    table = read(write("a.arff", ARFF.replace("40,1.5", "40.75,1.5"))).table
    assert table["age"][0] == 40.75


def test_sparse_arff_leaves_out_zeros_and_first_values(write) -> None:
    table = read(write("a.arff", SPARSE_ARFF)).table
    assert values(table, "count") == [2.0, 0.0, 0.0, -1.0]
    assert values(table, "class") == ["yes", "no", "no", "no"]
    assert values(table, "size") == [0.0, 1.5, 0.0, None]
    assert isinstance(table["count"].dtype, pd.SparseDtype)


@pytest.mark.parametrize("whole", [True, False])
def test_libsvm_stays_sparse_and_numbers_its_features_from_1(tmp_path: Path, whole: bool) -> None:
    matrix = scipy.sparse.random_array((40, 9), density=0.2, rng=np.random.default_rng(2)).tocsr()
    matrix.data = np.ceil(matrix.data) if whole else matrix.data.round(3)
    targets = np.where(np.arange(40) % 3, 1, -1)
    dump_svmlight_file(matrix, targets, str(tmp_path / "a.svm"), zero_based=False)
    raw = read(tmp_path / "a.svm")
    assert raw.target == "target"
    features = raw.table.drop(columns="target")
    assert list(features) == [f"x{number}" for number in range(1, 10)]
    np.testing.assert_array_equal(features.to_numpy(float), matrix.toarray())
    np.testing.assert_array_equal(raw.table["target"], targets)
    kind = np.int64 if whole else np.float64
    assert set(features.dtypes) == {pd.SparseDtype(kind, 0)}


def test_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "small": np.array([1, 250, 3], "uint8"),
            "gaps": pd.array([1, None, 3], dtype="Int64"),
            "text": ["x", None, "z"],
            "kind": pd.Categorical(["u", "v", "u"]),
            "flag": [True, False, True],
            "single": np.array([0.5, 1.5, np.nan], "float32"),
        },
        index=[5, 6, 7],
    )
    table.to_parquet(tmp_path / "a.parquet", index=False)
    found = read(tmp_path / "a.parquet").table
    assert (found["small"] * 1000).tolist() == [1000, 250_000, 3000]
    assert values(found, "gaps") == [1.0, None, 3.0]
    assert values(found, "text") == ["x", None, "z"]
    assert values(found, "kind") == ["u", "v", "u"]
    assert values(found, "flag") == ["True", "False", "True"]
    assert values(found, "single") == [0.5, 1.5, None]
    assert found.dtypes["single"] == np.float64 and found.dtypes["gaps"] == np.float64


def test_whole_numbers_are_integers_in_every_format(write, tmp_path: Path) -> None:
    pd.DataFrame({"a": [1.0, 2.0]}).to_parquet(tmp_path / "a.parquet")
    paths = [
        write("a.csv", "a\n1\n2\n"),
        write("a.arff", "@relation r\n@attribute a real\n@data\n1.0\n2\n"),
        tmp_path / "a.parquet",
    ]
    assert [read(path).table["a"].dtype for path in paths] == [np.int64] * 3


def test_whole_numbers_too_large_for_an_integer_stay_what_they_are(write) -> None:
    table = read(write("a.csv", f"a\n{2**63 - 1}\n")).table
    assert table["a"].tolist() == [2**63 - 1]
    table = read(write("a.csv", f"a\n{10**19}\n")).table
    assert table["a"].tolist() == [1e19]


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
def test_compression_is_undone_whatever_the_name(write, module, name: str) -> None:
    stored = module.compress(CSV.encode())
    raw = read(write(name, stored))
    assert values(raw.table, "height") == [1.5, 1.75, 2.0]
    assert raw.origin == {"sha256": hashlib.sha256(stored).hexdigest()}


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_what_is_compressed_and_cut_short_is_refused(write, module) -> None:
    with pytest.raises(DatasetError, match="compressed, and damaged or cut short"):
        read(write("a.csv", module.compress(CSV.encode())[:-4]))


@pytest.mark.parametrize("module", [gzip, bz2, lzma])
def test_nothing_grows_beyond_the_limit(write, module) -> None:
    content = b"a\n" + b"1\n" * 500_000
    path = write("a.csv", module.compress(content))
    assert len(read(path, largest=len(content)).table) == 500_000
    with pytest.raises(DatasetError, match=r"more than the 1 MB allowed.*downloads.megabytes"):
        read(path, largest=1e6)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", CSV[:-6], "line 4 has 2 fields, the header has 3"),
        ("a.csv", CSV.replace("1.75", "1,75"), "line 3 has 4 fields, the header has 3"),
        ("a.csv", "a;b;c\n1;2\n", "line 2 has 2 fields, the header has 3 (separated by ';')"),
        ("a.csv", "a,b,a\n1,2,3\n", "more than one column 'a'"),
        ("a.csv", 'a,b\n1,"x\n', "line 2: unexpected end of data"),
        ("a.csv", b"a,b\n1,\xe9\n", "byte 7 is not UTF-8"),
        ("a.csv", "", "holds no data"),
        ("a.csv", "a,b\n", "holds no data"),
        ("a.csv", "\n<!DOCTYPE html><html></html>", "a web page or XML, not csv"),
        ("a.arff", "<html>busy</html>", "a web page or XML, not arff"),
        ("a.arff", ARFF.rpartition("2,?")[0], "line 12"),
        ("a.arff", ARFF.replace("1.5,red", "1.5,rot"), "rot not found in nominal declaration"),
        ("a.arff", ARFF.replace("1.5,red", "tall,red"), "Invalid numerical value, at line 9"),
        ("a.arff", ARFF.replace("'height in m'", "age"), "Bad @ATTRIBUTE name age"),
        ("a.arff", ARFF.partition("@DATA")[0], "Invalid layout"),
        ("a.arff", ARFF.partition("40,")[0], "holds no data"),
        ("a.arff", "a,b\n1,2\n", "Invalid layout"),
        ("a.arff", SPARSE_ARFF.replace("{2 1.5}", "{3 1.5}"), "{3 1.5}"),
        (
            "a.arff",
            SPARSE_ARFF.replace("{2 1.5}", "1,no,2"),
            "Invalid layout of the ARFF file, at line 7",
        ),
        ("a.svm", "1 0:1\n", "Invalid index 0"),
        ("a.svm", "1 1:\n", "could not convert"),
        ("a.svm", "1 1:1\n1 999999999:1\n", "999999999 columns; at most 100000"),
        ("a.parquet", "PAR1", "as parquet it can't be read"),
        ("absent", None, "absent can't be read: No such file"),
    ],
)
def test_a_file_that_is_damaged_or_something_else_is_refused(
    write, tmp_path: Path, name: str, content: str | None, message: str
) -> None:
    path = tmp_path / name if content is None else write(name, content)
    with pytest.raises(DatasetError) as error:
        read(path, form="csv" if content is None else None)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "text", ["1 1:{}\n", "@relation r\n@attribute a numeric\n@data\n{{0 {}}}\n"]
)
def test_whole_floats_too_large_for_an_integer_stay_what_they_are(write, text: str) -> None:
    path = write("a.svm" if text[0] == "1" else "a.arff", text.format(f"{2.0**63:.0f}"))
    table = read(path).table
    assert table.iloc[0, 0] == 2.0**63
    path.write_text(text.format(2**53 - 1))
    assert read(path).table.iloc[0, 0] == 2**53 - 1
    assert read(path).table.dtypes.iloc[0] == pd.SparseDtype(np.int64, 0)


@pytest.mark.parametrize(
    "row", ["{0 1, 0 2}", "{0 1, 2 3, 00 2}", "{1 no, 0 3, 1 yes}", "{2 1,2 1}"]
)
def test_sparse_arff_with_an_index_twice_is_refused(write, row: str) -> None:
    path = write("a.arff", SPARSE_ARFF.replace("{2 1.5}", row))
    with pytest.raises(DatasetError, match=r"line 7 states the column with index [012] twice"):
        read(path)


def test_digits_in_a_text_of_sparse_arff_are_no_indices(write) -> None:
    header = "@relation r\n@attribute a string\n@attribute b numeric\n@data\n"
    path = write("a.arff", header + "{0 'x, 1 {1', 1 5}\n{0 \"y, 0 'z\", 1 6}\n")
    assert values(read(path).table, "a") == ["x, 1 {1", "y, 0 'z"]


@pytest.mark.parametrize("digits", [400, 5000])
@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.svm", "1 1:{}\n"),
        ("a.svm", "1 {}:1\n"),
        ("a.svm", "{} 1:1\n"),
        ("a.arff", "@relation r\n@attribute a integer\n@data\n{}\n"),
        ("a.arff", "@relation r\n@attribute a integer\n@data\n{{0 {}}}\n"),
        ("a.arff", "@relation r\n@attribute a integer\n@data\n{{{} 1}}\n"),
    ],
)
def test_integers_of_any_length_are_infinite_or_refused(
    write, name: str, text: str, digits: int
) -> None:
    path = write(name, text.format("9" * digits))
    try:
        assert np.isinf(read(path).table.to_numpy(float)).any()
    except DatasetError as error:
        assert "it can't be read" in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("name", [None, "number"])
def test_the_index_of_a_table_is_no_column(tmp_path: Path, name: str | None, caplog) -> None:
    table = pd.DataFrame({"a": [1.5, 2.5, 3.5], "b": ["x", "y", "z"]})
    table = table.set_index(pd.Index([2, 0, 7], name=name))
    table.to_parquet(tmp_path / "a.parquet")
    with caplog.at_level("INFO"):
        found = read(tmp_path / "a.parquet").table
    assert list(found) == ["a", "b"] and values(found, "a") == [1.5, 2.5, 3.5]
    left_out = name or "__index_level_0__"
    assert caplog.messages == [f"left out, as the index of a table of pandas: {left_out}"]


def test_parquet_is_read_if_it_fits_once_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    table = pd.DataFrame({"a": 0.0, "b": ["x" * 100] * 10_000})
    table.to_parquet(path)
    size = 10_000 * (8 + 8 + 100)
    assert path.stat().st_size < 10_000
    assert read(path, largest=size).table["b"].tolist() == table["b"].tolist()
    for largest in (size - 1, 10_000):
        with pytest.raises(
            DatasetError, match=r"more than the \d.* MB allowed; if it should, raise"
        ):
            read(path, largest=largest)


def test_nested_columns_of_parquet_are_refused_by_name(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1], "b": [[1, 2]]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(
        DatasetError, match="column 'b' holds list<element: int64>, which is neither"
    ):
        read(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "said", [b"{", b"[]", b'{"index_columns": 3}', b'{"index_columns": ["z"]}']
)
def test_what_pandas_says_of_a_parquet_file_may_be_anything(tmp_path: Path, said: bytes) -> None:
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({"pandas": said})
    pa.parquet.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet").table["a"].tolist() == [1, 2]


def test_a_plain_file_has_the_limit_too(write) -> None:
    with pytest.raises(DatasetError, match="holds more than the 1e-05 MB allowed"):
        read(write("a.csv", CSV), largest=10)


def test_parquet_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": range(1000)}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DatasetError, match="as parquet it can't be read"):
        read(path)


def test_every_format_has_a_reader(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(b"\xff\x00" * 20)
    for form in formats.FORMS:
        with pytest.raises(DatasetError, match=f"^as {form} it can't be read: "):
            read(path, form)
