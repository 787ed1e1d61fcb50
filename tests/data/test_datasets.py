"""Data sets are what their sources say, checked by hand; they survive the disk bit for bit."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import sklearn.datasets
import yaml

from conftest import CONFIG, ROOT, paper_table
from empirical_fisher.data import downloads, openml_source
from empirical_fisher.data import snapshots as snapshots_module
from empirical_fisher.data.datasets import Dataset, DatasetError, design, from_table, read, write
from empirical_fisher.data.features import WIDEST
from empirical_fisher.data.formats import Raw
from empirical_fisher.data.preparation import check_facts, prepare
from empirical_fisher.data.sources import load
from empirical_fisher.pipeline.configuration import locate
from empirical_fisher.pipeline.tables import write_csv

SNAPSHOTS = ROOT / "data" / "snapshots"
DATASETS = CONFIG["datasets"]


def by_hand(name: str) -> tuple[list[str], np.ndarray]:
    with (SNAPSHOTS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
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


def prepared(settings: dict[str, Any], root: Path = ROOT) -> pd.DataFrame:
    """The table of a data set."""
    return prepare(load(settings, root), settings)[0]


def snapshot(name: str, root: Path = ROOT) -> pd.DataFrame:
    return prepared({"source": {"snapshot": name}}, root)


@pytest.fixture
def snapshots(tmp_path: Path) -> Path:
    """A copy of the snapshots to damage."""
    return Path(shutil.copytree(SNAPSHOTS, tmp_path / "data" / "snapshots"))


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
    assert record("a1a")["expect"] == {"rows": 1605, "features": 119, "positives": 395}


def test_the_boston_snapshot_has_its_recorded_facts() -> None:
    names, values = by_hand("boston")
    assert values.shape == (506, 13 + 1)
    facts = record("boston")
    assert facts["expect"] == {"rows": 506, "features": 13}
    assert facts["target"] == names[-1]


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
    assert facts["expect"] == dict(zip(("rows", "features"), shape, strict=True))
    assert facts["target"] == names[-1]
    table = snapshot(name)
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
    names, values = by_hand("boston")
    table = snapshot("boston")
    assert list(table.columns) == [*names[:-1], "target"]
    np.testing.assert_array_equal(table.to_numpy(), values)


def test_a1a_is_loaded_unchanged_and_dense() -> None:
    features, labels = a1a_by_hand()
    table = snapshot("a1a")
    assert list(table.columns) == [*(f"x{index}" for index in range(1, 120)), "target"]
    np.testing.assert_array_equal(table.drop(columns="target"), features)
    np.testing.assert_array_equal(table["target"], labels)
    assert (table.dtypes == np.int64).all(), "whole numbers are written as 1, not 1.0"


def test_breast_cancer_is_what_scikit_learn_carries() -> None:
    bunch = sklearn.datasets.load_breast_cancer()
    table = prepared({"source": {"sklearn": "breast_cancer"}})
    assert list(table.columns) == [*bunch.feature_names, "target"]
    np.testing.assert_array_equal(table.drop(columns="target"), bunch.data)
    np.testing.assert_array_equal(table["target"], bunch.target)
    assert bunch.data.shape == (569, 30)
    assert bunch.target.sum() == 357


@pytest.mark.parametrize("name", DATASETS)
def test_every_configured_data_set_loads_and_holds_its_facts(name: str) -> None:
    table, task = paper_table(name)
    assert task == DATASETS[name]["task"]
    check_facts(table, DATASETS[name].get("expect", {}))
    inputs, targets, _ = design(from_table(table, task))
    assert np.isfinite(inputs).all()
    assert np.isfinite(targets).all()


# Faults


def test_a_changed_byte_is_noticed(snapshots: Path) -> None:
    path = snapshots / "boston.csv"
    content = bytearray(path.read_bytes())
    content[1000] ^= 1
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=r"boston\.csv has SHA-256 .* restore it"):
        snapshot("boston", snapshots.parents[1])


def test_a_missing_file_is_named(snapshots: Path) -> None:
    (snapshots / "a1a.libsvm").unlink()
    with pytest.raises(DatasetError, match=r"a1a\.libsvm is missing; restore it"):
        snapshot("a1a", snapshots.parents[1])


def test_an_unknown_snapshot_lists_the_known_ones() -> None:
    with pytest.raises(
        DatasetError, match=r"'bostn'; there are: a1a, boston, energy, powerplant, yacht"
    ):
        snapshot("bostn")


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
    facts = record(name)
    facts["expect"][fact] = wrong
    path.write_text(yaml.safe_dump(facts), encoding="utf-8")
    with pytest.raises(DatasetError) as caught:
        snapshot(name, snapshots.parents[1])
    assert found in str(caught.value)
    assert name in str(caught.value)


# From tables to arrays


def test_design_keeps_the_features_and_a_real_target() -> None:
    table = pd.DataFrame({"b": [1, 2], "a": [3.5, 4.5], "target": [-1.5, 7.0]})
    inputs, targets, task = design(from_table(table, "regression"))
    np.testing.assert_array_equal(inputs, [[1, 3.5], [2, 4.5]])
    np.testing.assert_array_equal(targets, [-1.5, 7.0])
    assert inputs.dtype == targets.dtype == float
    assert task == "regression"


def test_the_bias_is_the_last_column() -> None:
    table = pd.DataFrame({"b": [5, 6], "a": [7, 8], "target": [0, 1]})
    inputs, _, _ = design(from_table(table, "binary"), bias=True)
    np.testing.assert_array_equal(inputs, [[5, 7, 1], [6, 8, 1]])


def test_a_sparse_design_stays_sparse_with_its_bias() -> None:
    inputs = scipy.sparse.csr_array([[0.0, 2.0], [3.0, 0.0]])
    wide, targets, _ = design(Dataset(inputs, np.array([0.0, 1.0]), "binary"), bias=True)
    assert isinstance(wide, scipy.sparse.csr_array)
    np.testing.assert_array_equal(wide.toarray(), [[0, 2, 1], [3, 0, 1]])
    np.testing.assert_array_equal(targets, [0, 1])


@pytest.mark.parametrize(
    ("task", "labels", "numbers"),
    [
        ("binary", [1, -1, -1, 1], [1, 0, 0, 1]),
        ("binary", [0, 1, 1, 0], [0, 1, 1, 0]),
        ("binary", ["no", "yes", "no", "no"], [0, 1, 0, 0]),
        ("multiclass", [7, 3, 5, 3], [2, 0, 1, 0]),
        ("multiclass", [10, 9, 8, 9], [2, 1, 0, 1]),
    ],
)
def test_labels_are_numbered_in_their_order(task: str, labels: list, numbers: list) -> None:
    table = pd.DataFrame({"x": range(4), "target": labels})
    targets = from_table(table, task).targets
    np.testing.assert_array_equal(targets, numbers)
    assert targets.dtype == float


# On disk


def wide_and_sparse(examples: int, features: int, task: str) -> Raw:
    """A LIBSVM-like set; the first, third and last feature are zero everywhere."""
    values = scipy.sparse.random_array((examples, features), density=0.01, format="lil", rng=0)
    values[:, [0, 2, features - 1]] = 0.0
    values[3, 5] = 2.5
    names = [f"x{index}" for index in range(1, features + 1)]
    table = pd.DataFrame.sparse.from_spmatrix(scipy.sparse.coo_array(values), columns=names)
    targets = np.arange(examples) % 3 - 1.0 if task == "multiclass" else np.arange(examples) - 2.0
    return Raw(table.assign(target=targets), "target", task)


def test_a_feature_of_a_sparse_set_may_be_called_null(tmp_path: Path) -> None:
    raw = wide_and_sparse(5, WIDEST + 1, "regression")
    names = {"x1": "null", "x2": "NA", "x4": "nan"}
    renamed = replace(raw, table=raw.table.rename(columns=names))
    for name, source in {"Named": renamed, "Numbered": raw}.items():
        write(*prepare(source, {}), tmp_path / f"{name}.csv")
    named, numbered = (read(tmp_path / f"{name}.csv").inputs for name in ("Named", "Numbered"))
    np.testing.assert_array_equal(named.toarray(), numbered.toarray())


@pytest.mark.parametrize("task", ["regression", "multiclass"])
def test_a_sparse_set_is_written_long_and_read_sparse(tmp_path: Path, task: str) -> None:
    raw = wide_and_sparse(20, WIDEST + 2, task)
    settings = {"drop": ["x5"]}
    table, facts = prepare(raw, settings)
    path = tmp_path / "Wide.csv"
    write(table, facts, path)
    assert (facts["layout"], facts["features"]) == ("long", WIDEST + 1)

    wanted = raw.table.drop(columns=["x5", "target"]).sparse.to_dense().to_numpy()
    found = read(path)
    assert isinstance(found.inputs, scipy.sparse.csr_array)
    assert found.inputs.nnz == np.count_nonzero(wanted)
    np.testing.assert_array_equal(found.inputs.toarray(), wanted)
    numbers = {"regression": np.arange(20) - 2, "multiclass": np.arange(20) % 3}
    np.testing.assert_array_equal(found.targets, numbers[task])
    assert found.task == task

    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["example", "feature", "value"]
    assert rows[0] == ["0", "x1", "0.0"], "a feature without nonzeros is named by a zero"
    assert ["3", "x6", "2.5"] in rows
    assert [row[0] for row in rows if row[1] == "target"] == [str(n) for n in range(20)]
    assert len(rows) == np.count_nonzero(wanted) + np.sum(~wanted.any(axis=0)) + 20
    in_memory = from_table(table, task)
    np.testing.assert_array_equal(in_memory.inputs.toarray(), wanted)
    np.testing.assert_array_equal(in_memory.targets, found.targets)


def test_a_sparse_set_with_few_features_is_written_wide(tmp_path: Path) -> None:
    raw = wide_and_sparse(20, 100, "multiclass")
    table, facts = prepare(raw, {})
    assert facts["layout"] == "wide"
    write(table, facts, tmp_path / "Narrow.csv")
    found = read(tmp_path / "Narrow.csv")
    np.testing.assert_array_equal(found.inputs, raw.table.drop(columns="target").to_numpy())


@pytest.mark.parametrize(
    "labels",
    [["NA", "null", "1"], ["True", "False", "None"], ["", " ", "é"], ["10", "9", "x"], [10, 9, 8]],
)
def test_labels_keep_their_order_on_disk_whatever_they_say(tmp_path: Path, labels: list) -> None:
    raw = Raw(pd.DataFrame({"x": [1.0, 2.0, 3.0], "y": labels}), "y", "multiclass")
    table, facts = prepare(raw, {})
    write(table, facts, tmp_path / "Labels.csv")
    found = read(tmp_path / "Labels.csv")
    assert [facts["labels"][int(number)] for number in found.targets] == labels


def test_the_record_says_what_is_known_and_is_the_same_every_time(tmp_path: Path) -> None:
    settings = {"source": {"snapshot": "a1a"}}
    for name in ("one", "other"):
        write(*prepare(load(settings, ROOT), settings), tmp_path / f"{name}.csv")
    text = (tmp_path / "one.yaml").read_text("utf-8")
    assert text == (tmp_path / "other.yaml").read_text("utf-8")
    facts = yaml.safe_load(text)
    assert list(facts) == [
        *("task", "rows", "features", "labels", "constant", "layout", "origin"),
    ]
    assert (facts["task"], facts["labels"], facts["layout"]) == ("binary", [-1, 1], "wide")
    assert facts["constant"] == ["x12", "x60", "x89", "x96", "x111", "x116"]
    assert facts["origin"] == {
        "snapshot": "a1a",
        "file": "a1a.libsvm",
        "sha256": record("a1a")["sha256"],
    }


def test_a_missing_record_is_told_with_what_to_do(tmp_path: Path) -> None:
    write_csv(pd.DataFrame({"x": [1], "target": [2]}), tmp_path / "Old.csv")
    with pytest.raises(
        DatasetError, match=r"Old\.yaml is missing; delete .*Old\.csv and run again"
    ):
        read(tmp_path / "Old.csv")


# Files of the user's


def test_a_file_is_found_beside_the_configuration_or_by_its_whole_path(tmp_path: Path) -> None:
    content = b"x,y\n1.0,2.5\n2.0,3.5\n"
    (tmp_path / "my.csv").write_bytes(content)
    for name in ("my.csv", str(tmp_path / "my.csv")):
        settings = {"source": {"file": name}, "target": "y"}
        table, facts = prepare(load(settings, tmp_path), settings)
        assert table.to_dict("list") == {"x": [1, 2], "target": [2.5, 3.5]}
        assert facts["task"] == "regression"
        assert facts["origin"] == {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


SOURCE = {"datasets": {"Mine": {"source": {"file": "my.csv"}}}}
OTHER = {"datasets": {"Mine": {"source": {"file": "other.csv"}}}}


@pytest.mark.parametrize(
    ("layers", "folder"),
    [
        ({"/r/config.yaml": SOURCE}, "/r"),
        ({"/r/config.yaml": {}, "/a/mine.yaml": SOURCE}, "/a"),
        ({"/r/config.yaml": SOURCE, "/a/mine.yaml": OTHER, "/b/mine.yaml": SOURCE}, "/b"),
        ({"/r/config.yaml": SOURCE, "/a/mine.yaml": {"datasets": {"Mine": {"task": "x"}}}}, "/r"),
        ({"/r/config.yaml": SOURCE, "/a/mine.yaml": {"datasets": {"Mine": None}}}, "/r"),
        ({"/r/config.yaml": SOURCE, "/a/mine.yaml": None}, "/r"),
        ({"/r/config.yaml": {}, "/a/mine.yaml": OTHER}, "/r"),  # by the command line
    ],
)
def test_a_path_starts_from_the_folder_of_the_last_file_that_names_it(
    layers: dict[str, Any], folder: str
) -> None:
    paths = [(Path(path), layer) for path, layer in layers.items()]
    assert locate("Mine", "my.csv", paths, Path("/r")) == Path(folder, "my.csv")
    assert locate("Mine", "/x/my.csv", paths, Path("/r")) == Path("/x/my.csv")


def test_the_folder_of_an_overlay_is_the_one_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = locate("Mine", "my.csv", [(Path("own/mine.yaml"), SOURCE)], Path("/r"))
    assert found == tmp_path / "own" / "my.csv"


def test_the_file_that_was_located_is_read_and_recorded_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "my.csv").write_text("x;target\n1,5;2\n2,5;3\n")
    source = {"file": "my.csv", "separator": ";", "decimal": ","}
    raw = load({"source": source}, Path("/nowhere"), file=tmp_path / "my.csv")
    assert raw.table["x"].tolist() == [1.5, 2.5]
    assert raw.origin["file"] == "my.csv"


def test_a_missing_or_unreadable_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no file .*my\.csv; .* the folder of the conf"):
        load({"source": {"file": "my.csv"}}, tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DatasetError, match=r"no file .*folder\.csv; "):
        load({"source": {"file": "folder.csv"}}, tmp_path)


# scikit-learn's


@pytest.mark.parametrize(
    ("name", "task", "labels"),
    [
        ("breast_cancer", "binary", [0, 1]),
        ("diabetes", "regression", None),
        ("digits", "multiclass", list(range(10))),
        ("iris", "multiclass", [0, 1, 2]),
        ("wine", "multiclass", [0, 1, 2]),
    ],
)
def test_scikit_learn_says_the_task(name: str, task: str, labels: list[int] | None) -> None:
    facts = prepare(load({"source": {"sklearn": name}}, ROOT), {})[1]
    assert (facts["task"], facts.get("labels")) == (task, labels)


# Snapshots beside their remote sources


def test_the_same_values_pass_whatever_names_and_kinds_they_have() -> None:
    here = snapshots_module.load("boston", SNAPSHOTS)
    there = here.table.rename(columns=str.lower).astype({"zn": float})
    there = there.assign(chas=pd.Categorical(there["chas"].astype(str)))
    there = there[["medv", *there.columns.drop("medv")]]
    snapshots_module.compare(here, Raw(there, "medv"), {})


def test_other_values_are_shown() -> None:
    here = snapshots_module.load("boston", SNAPSHOTS)
    there = here.table.astype({"ZN": float, "TAX": object})
    there.loc[2, "ZN"] = 0.25
    there.loc[4, "TAX"] = "many"
    there.loc[[5, 6], "MEDV"] = 0.0
    with pytest.raises(DatasetError) as caught:
        snapshots_module.compare(here, Raw(there, "MEDV"), {})
    assert str(caught.value) == (
        "the remote data set is not the snapshot: row 3, column ZN: 0.0 here, 0.25 there; "
        "row 5, column TAX: 222 here, many there; row 6, column MEDV: 28.7 here, 0.0 there; "
        "and 1 more; leave out prefer: remote to use the snapshot"
    )


def test_another_shape_is_shown() -> None:
    here = snapshots_module.load("energy", SNAPSHOTS)
    there = here.table.assign(cooling_load=0.0)
    remote = record("energy")["remote"]
    there = there.rename(columns={"Heating Load": "heating_load"})
    snapshots_module.compare(here, Raw(there), remote)
    with pytest.raises(
        DatasetError, match=r"has 768 rows and 9 columns, .* 767 rows and 9 columns"
    ):
        snapshots_module.compare(here, Raw(there[1:]), remote)


@pytest.mark.parametrize("name", ["boston", "energy"])
def test_prefer_remote_fetches_compares_and_uses_the_snapshot(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """With a fake of OpenML that has other names, other types, and another target beside."""
    own = snapshots_module.load(name, SNAPSHOTS)
    there = own.table.astype(float).rename(columns={own.target: "heating_load"})
    there = there.assign(cooling_load=1.0) if name == "energy" else there
    asked = []

    def from_openml(identifier: int, **downloading: Any) -> Raw:
        asked.append((identifier, downloading))
        target = None if name == "energy" else "heating_load"
        return Raw(there, target, origin={"id": identifier, "version": 1})

    monkeypatch.setattr(openml_source, "from_openml", from_openml)
    settings = {"source": {"snapshot": name}, "prefer": "remote"}
    raw = load(settings, ROOT, cache="cache", limits="limits")
    number = {"boston": 531, "energy": 44960}[name]
    assert asked == [(number, {"cache": "cache", "limits": "limits"})]
    pd.testing.assert_frame_equal(raw.table, own.table)
    assert raw.origin == {**own.origin, "same_as": {"id": number, "version": 1}}

    there.iloc[7, 0] += 1
    with pytest.raises(DatasetError, match="is not the snapshot: row 8, column "):
        load(settings, ROOT)


def test_a_snapshot_s_remote_file_is_compared_too(monkeypatch: pytest.MonkeyPatch) -> None:
    features, labels = a1a_by_hand()
    names = [f"x{index}" for index in range(1, 120)]
    fetched = pd.DataFrame.sparse.from_spmatrix(scipy.sparse.csr_array(features), columns=names)
    asked = []

    def from_url(url: str, **options: Any) -> Raw:
        asked.append((url, options))
        return Raw(fetched.assign(target=labels), "target", origin={"url": url})

    monkeypatch.setattr(downloads, "from_url", from_url)
    settings = {"source": {"snapshot": "a1a"}, "prefer": "remote"}
    same_as = load(settings, ROOT).origin["same_as"]
    url = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/binary/a1a"
    assert asked == [(url, {"form": "libsvm", "sha256": None, "options": {}})]
    assert same_as == {"url": url}
    labels[4] *= -1
    with pytest.raises(DatasetError, match="row 5, column target: -1 here, 1 there"):
        load(settings, ROOT)


def test_a_remote_data_set_without_the_target_is_told() -> None:
    here = snapshots_module.load("boston", SNAPSHOTS)
    with pytest.raises(DatasetError, match="the remote data set has no column 'price'"):
        snapshots_module.compare(here, Raw(here.table), {"target": "price"})


def test_a_snapshot_without_a_remote_source_says_so() -> None:
    settings = {"source": {"snapshot": "powerplant"}, "prefer": "remote"}
    with pytest.raises(
        DatasetError, match=r"no remote source of the snapshot 'powerplant' is known"
    ):
        load(settings, ROOT)
