"""Data sets of a server, by the pipeline's own command: whole, or told in one line, and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from conftest import ROOT
from pipeline import command, environment
from processes import wait_for
from server import ARFF, CSV, FEATURES, TABLE, LocalServer, drip, status, stocked

SECRET = "swordfish"  # of the address of Web


class Pipeline:
    """Runs in a folder of its own, with data sets Web, Open and Twin (the same as Open)."""

    def __init__(self, local: LocalServer, folder: Path) -> None:
        self.local, self.folder = local, folder
        self.overlay = folder / "overlay.yaml"
        self.address = f"{local.url}/a.csv".replace("//", "//…@")
        sources = {
            "Web": {"url": self.address.replace("…", f"me:{SECRET}")},
            "Open": {"openml": 7},
            "Twin": {"openml": {"name": "tiny", "version": 1}},
        }
        entries = {
            name: {"source": source, "target": "kind", "task": "binary"}
            for name, source in sources.items()
        }
        limits = {"deadline": 300, "retries": 0, "openml": local.openml}
        self.overlay.write_text(yaml.safe_dump({"datasets": entries, "downloads": limits}))

    def begin(self, *datasets: str) -> subprocess.Popen[str]:
        options = ("--cores", "3", "--directory", self.folder, "--configfile", self.overlay)
        targets = [f"data/{dataset}.csv" for dataset in datasets]
        return subprocess.Popen(
            command(*options, "--", *targets),
            cwd=ROOT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *datasets: str) -> tuple[int, str]:
        process = self.begin(*datasets)
        said, _ = process.communicate(timeout=600)
        return process.returncode, said

    def log(self, dataset: str) -> str:
        """The one line of a job's log that tells its fault."""
        lines = (self.folder / "logs" / "data" / f"{dataset}.log").read_text().splitlines()
        [told] = [line for line in lines if f"datasets.{dataset}: " in line]
        assert told == lines[-1] and "Traceback" not in "".join(lines)
        return told

    def made(self) -> set[str]:
        return {path.stem for path in (self.folder / "data").glob("*.csv")}

    def assert_right(self, *datasets: str) -> None:
        for dataset in datasets:
            table = pd.read_csv(self.folder / "data" / f"{dataset}.csv")
            expected = TABLE.rename(columns={"kind": "target"})
            pd.testing.assert_frame_equal(table, expected, check_dtype=False)
        assert self.made() == set(datasets)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    with stocked() as local:
        yield Pipeline(local, tmp_path)


def test_one_fault_is_told_the_others_come_and_the_next_run_needs_no_cleaning(
    pipeline: Pipeline,
) -> None:
    pipeline.local.fail("/a.csv", status(200, CSV[:-3]))
    code, said = pipeline.run("Web", "Open", "Twin")
    assert code != 0, said
    pipeline.assert_right("Open", "Twin")
    address = pipeline.address
    assert f"datasets.Web: {address}: as csv it can't be read: line 5 has 1 field" in said
    assert f"datasets.Web: {address}: " in pipeline.log("Web")
    code, said = pipeline.run("Web", "Open", "Twin")
    assert code == 0, said
    pipeline.assert_right("Web", "Open", "Twin")
    record = pipeline.folder / "data" / "origins" / "Open.yaml"
    assert yaml.safe_load(record.read_text())["origin"]["id"] == 7
    kept = [path for path in pipeline.folder.rglob("*") if path.is_file()]
    assert len(kept) > 20
    assert [path for path in kept if SECRET in path.read_text("utf-8")] == [pipeline.overlay]


@pytest.mark.long
def test_another_version_than_the_first_time_is_refused_until_that_is_forgotten(
    pipeline: Pipeline,
) -> None:
    code, said = pipeline.run("Open")
    assert code == 0, said
    for path in [
        *(pipeline.folder / "data").glob("cache/*"),
        *(pipeline.folder / "data").glob("*.csv"),
    ]:
        path.unlink()
    other = ARFF.replace(b"1.5,a", b"9.5,a")
    pipeline.local.add_dataset(7, other, FEATURES, version=2)
    code, said = pipeline.run("Open")
    assert code != 0 and not pipeline.made()
    assert "the source gave another version than the first time: version was 1 and is 2" in said
    (pipeline.folder / "data" / "origins" / "Open.yaml").unlink()
    code, said = pipeline.run("Open")
    assert code == 0, said
    assert pd.read_csv(pipeline.folder / "data" / "Open.csv")["size"].tolist() == [
        9.5,
        2.5,
        4.0,
        8.0,
    ]


@pytest.mark.long
def test_killed_in_the_middle_the_next_run_makes_the_data(pipeline: Pipeline) -> None:
    pipeline.local.fail("/a.csv", drip(CSV, 3600, 2))
    process = pipeline.begin("Web")
    wait_for(lambda: pipeline.local.requests["/a.csv"])
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not pipeline.made()
    code, said = pipeline.run("Web")
    assert code == 0, said
    pipeline.assert_right("Web")
