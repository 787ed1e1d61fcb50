"""Data sets are what their sources say, checked by hand; tables survive the disk bit for bit."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
import yaml

from empirical_fisher.datasets import check_facts, design, load
from empirical_fisher.formats import DatasetError
from empirical_fisher.tables import read_csv, write_csv

ROOT = Path(__file__).resolve().parents[1]
SNAPSHOTS = ROOT / "data" / "snapshots"
DATASETS = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["datasets"]


def boston_by_hand() -> tuple[list[str], np.ndarray]:
    with (SNAPSHOTS / "boston.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, np.array(rows, dtype=float)


def a1a_by_hand() -> tuple[np.ndarray, np.ndarray]:
    """Features and labels, as wide as the highest feature index asks for."""
    rows = [line.split() for line in (SNAPSHOTS / "a1a.libsvm").read_text("ascii").splitlines()]
    pairs = [[entry.split(":") for entry in row[1:]] for row in rows]
    features = np.zeros((len(rows), max(int(index) for row in pairs for index, _ in row)))
    for n, row in enumerate(pairs):
        for index, value in row:
            features[n, int(index) - 1] = float(value)
    return features, np.array([int(row[0]) for row in rows])


def record(name: str) -> dict[str, Any]:
    return yaml.safe_load((SNAPSHOTS / f"{name}.yaml").read_text("utf-8"))


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """A copy of the snapshots to damage."""
    return Path(shutil.copytree(SNAPSHOTS, tmp_path / "snapshots"))


# The snapshots


@pytest.mark.parametrize("name", ["boston", "a1a", "energy", "powerplant", "yacht"])
def test_a_snapshot_has_its_recorded_bytes(name: str) -> None:
    facts = record(name)
    content = (SNAPSHOTS / facts["file"]).read_bytes()
    assert len(content) == facts["bytes"]
    checksum = hashlib.sha256(content).hexdigest()
    assert checksum == facts["sha256"]
    assert checksum in (SNAPSHOTS / "README.md").read_text("utf-8")


def test_every_snapshot_is_described_and_every_description_has_its_file() -> None:
    described = {path.name for path in SNAPSHOTS.glob("*.yaml")}
    files = {record(Path(name).stem)["file"] for name in described}
    others = {".gitattributes", "README.md"}
    assert {path.name for path in SNAPSHOTS.iterdir()} == described | files | others


def test_the_a1a_snapshot_is_the_published_file() -> None:
    content = (SNAPSHOTS / "a1a.libsvm").read_bytes()
    assert len(content) == 114_818
    assert hashlib.md5(content).hexdigest() == "b62d93d768db2423dd06fadb24ea0c1f"


def test_the_a1a_snapshot_has_its_recorded_facts() -> None:
    features, labels = a1a_by_hand()
    assert features.shape == (1605, 119)
    assert set(labels) == {-1, 1}
    assert np.sum(labels == 1) == 395
    facts = record("a1a")
    assert (facts["rows"], facts["features"], facts["positives"]) == (1605, 119, 395)


def test_the_boston_snapshot_has_its_recorded_facts() -> None:
    names, values = boston_by_hand()
    assert values.shape == (506, 13 + 1)
    facts = record("boston")
    assert (facts["rows"], facts["features"], facts["target"]) == (506, 13, names[-1])


def by_hand(name: str) -> tuple[list[str], np.ndarray]:
    with (SNAPSHOTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        names, *rows = csv.reader(file)
    return names, np.array(rows, dtype=float)


@pytest.mark.parametrize(
    ("name", "shape", "first", "last", "total"),
    [
        (
            "energy",
            (768, 8),
            [0.98, 514.5, 294, 110.25, 7, 2, 0, 0, 15.55],
            [0.62, 808.5, 367.5, 220.5, 3.5, 5, 0.4, 5, 16.64],
            17131.926,
        ),
        (
            "powerplant",
            (9568, 4),
            [14.96, 41.76, 1024.07, 73.17, 463.26],
            [21.6, 62.52, 1017.23, 67.87, 453.28],
            4347364.41,
        ),
        (
            "yacht",
            (308, 6),
            [-2.3, 0.568, 4.78, 3.99, 3.17, 0.125, 0.11],
            [-2.3, 0.6, 4.34, 4.23, 2.73, 0.45, 46.66],
            3232.57,
        ),
    ],
)
def test_the_regression_snapshots_of_figure_5(
    name: str, shape: tuple[int, int], first: list[float], last: list[float], total: float
) -> None:
    """Ends and the sum of the targets are the sources'; names and values are loaded unchanged."""
    names, values = by_hand(name)
    assert values.shape == (shape[0], shape[1] + 1)
    np.testing.assert_array_equal(values[[0, -1]], [first, last])
    assert values[:, -1].sum() == pytest.approx(total, rel=1e-12)
    facts = record(name)
    assert (facts["rows"], facts["features"], facts["target"]) == (*shape, names[-1])
    table = load({"snapshot": name}, SNAPSHOTS)
    assert list(table.columns) == [*names[:-1], "target"]
    np.testing.assert_array_equal(table.to_numpy(), values)


def test_the_recipe_reads_a_sheet_of_excel() -> None:
    """Its functions, run as they stand in the README, on a workbook made by hand."""
    text = (SNAPSHOTS / "README.md").read_text("utf-8")
    recipe: dict[str, Any] = {}
    exec(text.split("```python\n")[1].split("\nboston = ")[0], recipe)
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(
            "xl/sharedStrings.xml", f"<sst {main}><si><t>B</t></si><si><t>A</t></si></sst>"
        )
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet {main}><sheetData><row><c t="s"><v>1</v></c><c t="s"><v>0</v></c></row>'
            "<row><c><v>5.1100000000000003</v></c><c><v>1010</v></c></row></sheetData></worksheet>",
        )
    rows = recipe["first_sheet"](file.getvalue())
    assert recipe["to_csv"](rows) == b"A,B\n5.11,1010.0\n"


# Loading


def test_boston_is_loaded_unchanged_with_its_own_names() -> None:
    names, values = boston_by_hand()
    table = load({"snapshot": "boston"}, SNAPSHOTS)
    assert list(table.columns) == [*names[:-1], "target"]
    np.testing.assert_array_equal(table.to_numpy(), values)


def test_a1a_is_loaded_unchanged_and_dense() -> None:
    features, labels = a1a_by_hand()
    table = load({"snapshot": "a1a"}, SNAPSHOTS)
    assert list(table.columns) == [*(f"x{index}" for index in range(1, 120)), "target"]
    np.testing.assert_array_equal(table.drop(columns="target"), features)
    np.testing.assert_array_equal(table["target"], labels)
    assert (table.dtypes == np.int64).all(), "whole numbers are written as 1, not 1.0"


def test_breast_cancer_is_what_scikit_learn_carries() -> None:
    bunch = sklearn.datasets.load_breast_cancer()
    table = load({"sklearn": "breast_cancer"}, SNAPSHOTS)
    assert list(table.columns) == [*bunch.feature_names, "target"]
    np.testing.assert_array_equal(table.drop(columns="target"), bunch.data)
    np.testing.assert_array_equal(table["target"], bunch.target)
    assert bunch.data.shape == (569, 30)
    assert bunch.target.sum() == 357


@pytest.mark.parametrize("name", DATASETS)
def test_every_configured_data_set_loads_and_holds_its_facts(name: str) -> None:
    dataset = DATASETS[name]
    table = load(dataset["source"], SNAPSHOTS)
    check_facts(table, dataset.get("expect", {}))
    inputs, targets = design(table, dataset["task"])
    assert np.isfinite(inputs).all()
    assert np.isfinite(targets).all()


# Faults


def test_a_changed_byte_is_noticed(snapshots: Path) -> None:
    path = snapshots / "boston.csv"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"boston\.csv has SHA-256 .* restore it"):
        load({"snapshot": "boston"}, snapshots)


def test_a_missing_file_is_named(snapshots: Path) -> None:
    (snapshots / "a1a.libsvm").unlink()
    with pytest.raises(DatasetError, match=r"a1a\.libsvm is missing; restore it"):
        load({"snapshot": "a1a"}, snapshots)


def test_an_unknown_snapshot_lists_the_known_ones() -> None:
    with pytest.raises(
        DatasetError, match=r"'bostn'; there are: a1a, boston, energy, powerplant, yacht"
    ):
        load({"snapshot": "bostn"}, SNAPSHOTS)


@pytest.mark.parametrize(
    ("name", "fact", "wrong", "found"),
    [
        ("boston", "rows", 507, "expected 507 rows, found 506"),
        ("boston", "features", 14, "expected 14 features, found 13"),
        ("a1a", "positives", 396, "expected 396 positives, found 395"),
    ],
)
def test_a_wrong_fact_is_told_with_the_name_of_the_snapshot(
    snapshots: Path, name: str, fact: str, wrong: int, found: str
) -> None:
    path = snapshots / f"{name}.yaml"
    path.write_text(yaml.safe_dump({**record(name), fact: wrong}), encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        load({"snapshot": name}, snapshots)
    assert found in str(caught.value)
    assert name in str(caught.value)


def test_all_wrong_facts_are_told_at_once() -> None:
    table = pd.DataFrame({"x": [1.0, 2.0], "target": [0, 1]})
    check_facts(table, {"rows": 2, "features": 1, "positives": 1})
    with pytest.raises(DatasetError) as caught:
        check_facts(table, {"rows": 3, "features": 1, "positives": 2})
    assert str(caught.value) == "expected 3 rows, found 2; expected 2 positives, found 1"


# From tables to arrays


def test_design_keeps_the_features_and_a_real_target() -> None:
    table = pd.DataFrame({"b": [1, 2], "a": [3.5, 4.5], "target": [-1.5, 7.0]})
    inputs, targets = design(table, "regression")
    np.testing.assert_array_equal(inputs, [[1, 3.5], [2, 4.5]])
    np.testing.assert_array_equal(targets, [-1.5, 7.0])
    assert inputs.dtype == targets.dtype == float


def test_the_bias_is_the_last_column() -> None:
    table = pd.DataFrame({"b": [5, 6], "a": [7, 8], "target": [0, 1]})
    inputs, _ = design(table, "binary", bias=True)
    np.testing.assert_array_equal(inputs, [[5, 7, 1], [6, 8, 1]])


@pytest.mark.parametrize(
    ("task", "labels", "numbers"),
    [
        ("binary", [1, -1, -1, 1], [1, 0, 0, 1]),
        ("binary", [0, 1, 1, 0], [0, 1, 1, 0]),
        ("binary", ["no", "yes", "no", "no"], [0, 1, 0, 0]),
        ("multiclass", [7, 3, 5, 3], [2, 0, 1, 0]),
    ],
)
def test_labels_are_numbered_in_their_order(task: str, labels: list, numbers: list) -> None:
    table = pd.DataFrame({"x": range(4), "target": labels})
    targets = design(table, task)[1]
    np.testing.assert_array_equal(targets, numbers)
    assert targets.dtype == float


@pytest.mark.parametrize("labels", [[1, 1, 1], [0, 1, 2]])
def test_a_binary_target_without_exactly_two_labels_is_refused(labels: list[int]) -> None:
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0], "target": labels})
    with pytest.raises(DatasetError, match=f"needs two labels; found {len(set(labels))}"):
        design(table, "binary")


# CSV


def bits(values: pd.Series) -> list[bytes]:
    return [struct.pack("<d", value) for value in values]


def test_floats_survive_the_disk_bit_for_bit(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    patterns = generator.integers(0, 2**64, 5000, dtype=np.uint64).view(float)
    extremes = [0.0, -0.0, 0.1 + 0.2, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]
    infinities = [np.inf, -np.inf]
    values = pd.Series([*extremes, *infinities, *patterns[np.isfinite(patterns)]])
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"value": values}), path)
    assert bits(read_csv(path)["value"]) == bits(values)


def test_gaps_whole_numbers_and_text_survive_the_disk(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "z last, first here": [1.5, np.nan],
            "whole": [2**62 + 1, -3],
            "text": ["naïve, “quoted”", 'γ "λ"\nθ'],
            "empty": [np.nan, np.nan],
        }
    )
    path = tmp_path / "not" / "yet" / "there" / "table.csv"
    write_csv(table, path)
    again = read_csv(path)
    assert list(again.columns) == list(table.columns)
    assert again["whole"].dtype == np.int64
    pd.testing.assert_frame_equal(again, table, check_dtype=False, check_exact=True)


def test_a_csv_has_a_header_bare_newlines_empty_gaps_and_utf_8(tmp_path: Path) -> None:
    table = pd.DataFrame({"step_size": [1e-20, 0.1], "damping": [np.nan, 1.0], "γ": ["é", "b"]})
    path = tmp_path / "table.csv"
    write_csv(table, path)
    assert path.read_bytes() == "step_size,damping,γ\n1e-20,,é\n0.1,1.0,b\n".encode()


class Unwritable:
    """An entry that fails once the file has been begun."""

    def __str__(self) -> str:
        raise RuntimeError("the disk is full, say")


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="the disk is full"):
        write_csv(pd.DataFrame({"x": [1, Unwritable()]}), path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]
    assert path.read_text() == "old"


def test_a_write_to_where_it_can_not_go_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "table.csv"
    folder.mkdir()
    with pytest.raises(OSError, match=r"table\.csv"):
        write_csv(pd.DataFrame({"x": [1]}), folder)
    assert list(tmp_path.rglob("*")) == [folder]


def test_a_data_set_round_trips_with_its_columns_in_order(tmp_path: Path) -> None:
    table = load({"snapshot": "boston"}, SNAPSHOTS)
    write_csv(table, tmp_path / "Boston.csv")
    again = read_csv(tmp_path / "Boston.csv")
    assert list(again.columns) == [*boston_by_hand()[0][:-1], "target"]
    np.testing.assert_array_equal(again, table)
