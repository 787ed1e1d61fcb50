"""What is the pipeline's and what is the user's: as a source, overwritten, cleaned, reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from snakemake.persistence import MetadataRecord
from snakemake.persistence.file import FilePersistence

from conftest import ROOT
from empirical_fisher.pipeline import outputs, runs
from empirical_fisher.pipeline.files import write_whole
from pipeline import copy_to, snakemake
from processes import largest_file

LONG = f"results/{'long' * 50}/{'name' * 50}.csv"


def write(path: Path, text: str = "text\n", age: float = 0.0) -> Path:
    """Write a file of the user's, so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def make(folder: Path, name: str, log: str | None = None, age: float = 100.0) -> Path:
    """Write a file as a job does, with Snakemake's record of it."""
    path = write(folder / name, age=age)
    began, ended = path.stat().st_mtime - 10, path.stat().st_mtime
    if log:
        write(folder / log, age=age)
    record = MetadataRecord(
        starttime=began, endtime=ended, log=[log] if log else [], incomplete=False
    )
    FilePersistence(path=folder / ".snakemake")._write_record(name, record)
    return path


def files(folder: Path) -> set[str]:
    """All files in a folder but Snakemake's."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return {str(path) for path in found if path.parts[0] != ".snakemake"}


# Whose a file is


def test_a_file_with_a_record_is_the_pipelines_and_so_is_its_log(tmp_path: Path) -> None:
    make(tmp_path, "data/Boston.csv", "logs/data/Boston.log")
    make(tmp_path, LONG)
    write(tmp_path / "data/raw.csv")
    assert outputs.own(tmp_path) == {"data/Boston.csv", "logs/data/Boston.log", LONG}


@pytest.mark.parametrize("age", [0, 1000])
def test_a_file_that_was_put_in_its_place_since_is_the_users(tmp_path: Path, age: float) -> None:
    """Copied, with the present time, or moved there, with its own."""
    make(tmp_path, "data/Boston.csv", "logs/data/Boston.log")
    write(tmp_path / "data/Boston.csv", age=age)
    write(tmp_path / "logs/data/Boston.log", age=age)
    assert outputs.own(tmp_path) == set()


def test_a_link_in_its_place_is_the_users(tmp_path: Path) -> None:
    made = make(tmp_path, "data/Boston.csv")
    made.rename(tmp_path / "moved.csv")
    made.symlink_to(tmp_path / "moved.csv")
    assert outputs.own(tmp_path) == set()


def test_what_a_killed_job_left_is_the_pipelines(tmp_path: Path) -> None:
    write(tmp_path / "results/a.csv")
    FilePersistence(path=tmp_path / ".snakemake")._mark_incomplete("results/a.csv", None)
    assert outputs.own(tmp_path) == {"results/a.csv"}


def test_what_a_killed_run_wrote_and_did_not_record_is_the_pipelines(tmp_path: Path) -> None:
    """But not what was there before, and nothing once the run has ended."""
    make(tmp_path, "results/old.csv", age=100)
    outputs.begin(tmp_path, ["results/old.csv", "results/new.csv", "results/later.csv"])
    write(tmp_path / "results/old.csv", age=50)
    write(tmp_path / "results/new.csv")
    assert outputs.own(tmp_path) == {"results/new.csv"}
    outputs.begin(tmp_path, [])  # the next run
    outputs.end(tmp_path)
    write(tmp_path / "results/later.csv")
    assert outputs.own(tmp_path) == {"results/new.csv"}


def test_a_damaged_record_proves_nothing(tmp_path: Path) -> None:
    make(tmp_path, "data/Boston.csv")
    for path in (tmp_path / outputs.RECORDS).iterdir():
        path.write_text('{"endtime":')
    write(tmp_path / outputs.RECORDS / "no base 64")
    assert outputs.own(tmp_path) == set()


def test_a_file_dated_anew_by_a_run_stays_the_pipelines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(runs.MARK, "")
    make(tmp_path, "results/a.csv", age=-1000)
    write(tmp_path / "results/b.csv", age=-1000)
    runs.begin(tmp_path)
    assert outputs.own(tmp_path) == {"results/a.csv"}


# Cleaning


def cleaned(folder: Path) -> str:
    """What is said by a `make clean` in a folder."""
    command = [sys.executable, ROOT / "workflow/clean.py", folder]
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def test_cleaning_removes_what_the_pipeline_wrote_and_nothing_else(tmp_path: Path) -> None:
    users = {
        *("data/raw.csv", "data/Edited.csv", "data/snapshots/a.csv", "data/cache/0f"),
        *("results/notes.txt", "results/grid/Boston/mine.csv", "figures/mine.png", "logs/mine.log"),
        *("data/.hidden.part", "elsewhere.csv"),
    }
    make(tmp_path, "data/Edited.csv")
    for name in users:
        write(tmp_path / name)
    make(tmp_path, "data/Boston.csv", "logs/data/Boston.log")
    for method in ("GD", "EFGD"):
        make(tmp_path, f"results/grid/Boston/{method}.csv")
        make(tmp_path, f"results/traces/Boston/{method}.csv")
    write(tmp_path / f"results/.a.csv.{16 * '0f'}.part")
    said = cleaned(tmp_path)
    assert files(tmp_path) == users
    assert not (tmp_path / "results/traces").exists() and not (tmp_path / "logs/data").exists()
    head, *left = said.splitlines()
    assert head == f"Removed 7 files that the pipeline wrote in {tmp_path}."
    kept = {"data/snapshots/a.csv", "data/cache/0f", "elsewhere.csv"}
    assert {line.strip() for line in left[1:]} == users - kept


def test_cleaning_a_folder_in_which_nothing_was_run_removes_nothing(tmp_path: Path) -> None:
    write(tmp_path / "data/raw.csv")
    assert cleaned(tmp_path).startswith("Removed 0 files")
    assert files(tmp_path) == {"data/raw.csv"}


def test_cleaning_waits_for_no_run_but_is_refused_while_one_is_at_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(runs.MARK, "")
    make(tmp_path, "results/a.csv")
    runs.begin(tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        cleaned(tmp_path)
    assert files(tmp_path) == {"results/a.csv"}


def test_a_run_that_is_killed_leaves_names_that_are_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(file: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", die)
    monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
    with pytest.raises(KeyboardInterrupt):
        write_whole(b"half", tmp_path / "results/a.csv")
    monkeypatch.undo()
    assert len(files(tmp_path)) == 1
    outputs.clean(tmp_path)
    assert files(tmp_path) == set()


# Overwriting


def test_only_files_of_the_pipelines_are_overwritten(tmp_path: Path) -> None:
    make(tmp_path, "data/Boston.csv")
    outputs.begin(tmp_path, ["data/Boston.csv", "data/Absent.csv"])
    names = [write(tmp_path / f"figures/{n:02}.png").name for n in range(12)]
    with pytest.raises(SystemExit) as refused:
        outputs.begin(tmp_path, ["data/Boston.csv", *(f"figures/{n}" for n in names)])
    lines = str(refused.value).splitlines()
    assert lines[1:] == [*(f"  figures/{name}" for name in names[:10]), "  … and 2 more"]


def test_a_run_on_a_full_disk_is_told_so_when_it_begins(tmp_path: Path) -> None:
    with (
        largest_file(10),
        pytest.raises(SystemExit, match=r"^Nothing can be written to /\S+: File"),
    ):
        outputs.begin(tmp_path, ["results/a.csv"])


# Tables that are nobody's


def test_a_table_of_the_users_is_not_taken_for_a_prepared_one(tmp_path: Path) -> None:
    make(tmp_path, "data/Boston.csv")
    write(tmp_path / "data/Mine.csv")
    write(tmp_path / "data/Notes.csv")
    assert outputs.strays(["Boston", "Mine", "Absent"], tmp_path) == [
        "datasets.Mine: data/Mine.csv is where runs write this data set, but no run wrote what is "
        "there; move it elsewhere, or delete it"
    ]
    write(tmp_path / "data/Mine.yaml")  # a prepared table that came with its record
    assert outputs.strays(["Mine"], tmp_path) == []


def test_if_only_that_table_is_asked_for_it_is_refused_and_kept(tmp_path: Path) -> None:
    table = write(tmp_path / "data/Yacht.csv")
    before = table.read_bytes()
    ended = snakemake(ROOT, "--cores", "1", "--directory", tmp_path, "--", "data/Yacht.csv")
    assert ended.returncode == 1
    assert "datasets.Yacht: data/Yacht.csv is where runs write this data set" in ended.stdout
    assert table.read_bytes() == before


# Sources


def clashes(folder: Path, path: Path | str) -> list[str]:
    return outputs.clashes({"key": folder / path}, ["Mine", "Other"], [folder])


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("data/Mine.csv", "data/Mine.csv"),
        ("data/Other.yaml", "data/Other.yaml"),
        ("x/../data/./Mine.csv", "data/Mine.csv"),
        ("link.csv", "data/Mine.csv"),
        ("hard.csv", "data/Mine.csv"),
        ("linked/Mine.csv", "data/Mine.csv"),
        ("hard_result.csv", "results"),
        ("results/deep/a.csv", "results"),
        ("results", "results"),
        ("figures/absent.csv", "figures"),
        ("logs/a.csv", "logs"),
        ("data/cache/0f", "data/cache"),
        ("data/origins/Mine.yaml", "data/origins"),
        ("data/Former.csv", "data/Former.csv"),
    ],
)
def test_a_source_that_runs_write_is_refused(tmp_path: Path, path: str, place: str) -> None:
    (tmp_path / "x").mkdir()
    for name in ("data/Mine.csv", "results/deep/a.csv", "data/cache/0f"):
        write(tmp_path / name)
    make(tmp_path, "data/Former.csv")  # of a data set that another configuration had
    (tmp_path / "link.csv").symlink_to("data/Mine.csv")
    (tmp_path / "linked").symlink_to("data")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "data/Mine.csv")
    (tmp_path / "hard_result.csv").hardlink_to(tmp_path / "results/deep/a.csv")
    [line] = clashes(tmp_path, path)
    assert line.startswith(f"key: {tmp_path / path} leads to {place}, which runs write")


def test_a_source_is_refused_where_the_output_is_a_link_to_it(tmp_path: Path) -> None:
    write(tmp_path / "raw.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/Mine.csv").symlink_to("../raw.csv")
    assert len(clashes(tmp_path, "raw.csv")) == 1


@pytest.mark.parametrize(
    "path",
    [
        *("raw.csv", "absent.csv", "data/raw.csv", "data/snapshots/mine.csv"),
        *("other/data/Mine.csv", "long" * 100, "nul\0", "loop"),
    ],
)
def test_any_other_source_is_fine(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("raw.csv", "data/raw.csv", "data/snapshots/mine.csv", "other/data/Mine.csv"):
        write(tmp_path / name)
    make(tmp_path, "data/Former.csv")
    assert clashes(tmp_path, path) == []


# By the pipeline's own command


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("repository"))


@pytest.mark.parametrize("options", [("--dry-run",), ("--cores", "1"), ("--cores", "1", "-F")])
def test_a_source_that_is_the_output_is_refused_and_kept(
    repository: Path, options: tuple[str, ...]
) -> None:
    own = write(repository / "data/Mine.csv", "x,y\n1,2\n2,4\n")
    overlay = write(
        repository / "mine.yaml",
        "datasets: {Mine: {source: {file: data/Mine.csv}, task: regression, target: y}}",
    )
    ended = snakemake(repository, "data/Mine.csv", *options, "--configfile", overlay)
    assert ended.returncode == 1
    assert "datasets.Mine.source.file: " in ended.stdout and "Traceback" not in ended.stdout
    assert own.read_text() == "x,y\n1,2\n2,4\n"
    own.unlink()


@pytest.mark.parametrize("place", ["src/mine", "data/mine", ".git", "workflow", "results"])
def test_an_output_folder_in_the_repositorys_own_is_refused(repository: Path, place: str) -> None:
    shutil.copytree(ROOT / "data/snapshots", repository / "results", dirs_exist_ok=True)
    before = files(repository)
    ended = snakemake(repository, "--dry-run", "data/Boston.csv", "--directory", place)
    assert ended.returncode == 1
    assert f"is in the repository's own folder {place.partition('/')[0]}; take" in ended.stdout
    assert files(repository) == before


def test_an_output_folder_that_is_a_link_into_the_repositorys_own_is_refused(
    tmp_path: Path,
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "mine").symlink_to("src")
    assert len(outputs.misplaced(tmp_path / "mine", tmp_path)) == 1
    for fine in (tmp_path, tmp_path / "other", tmp_path.parent):
        assert outputs.misplaced(fine, tmp_path) == []


@pytest.mark.parametrize(
    ("target", "last"),
    [
        ("figures", r"--directory \"mine one\" figure1 --configfile \"own\.yaml\"$"),
        ("report", r"--reporter page --directory \"mine one\" figure1 --configfile \"own\.yaml\"$"),
        ("clean", r"workflow/clean\.py \"mine one\"$"),
    ],
)
def test_make_hands_on_the_output_folder(target: str, last: str) -> None:
    settings = ("CONFIG=own.yaml", "OUT=mine one", "FIGURES=figure1")
    said = subprocess.run(
        ["make", "--dry-run", target, *settings], cwd=ROOT, capture_output=True, encoding="utf-8"
    )
    assert re.search(last, said.stdout, re.M), said


TINY = ("--configfile", "tests/config.yaml")
FIGURE1, FIGURE2 = "figures/figure1_vector_fields", "figures/figure2_misspecification"


def report_of(folder: Path, *options: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {"PYTHONPATH": "workflow/report"}
    return snakemake(folder, "--reporter", "page", *options, **environment)


def text_of(page: Path) -> tuple[str, str]:
    """The text of a report, and of its section on what is left out."""
    shown, _, left_out = page.read_text("utf-8").partition('<section id="left-out">')
    return shown, left_out


@pytest.mark.long
def test_two_configurations_in_one_repository(repository: Path, tmp_path: Path) -> None:
    """The paper's results stay up to date beside others, and no report mixes them."""
    other = write(tmp_path / "other.yaml", "vector_field: {arrows: 5}")
    both = ("--cores", "2", "figure1", "figure2")
    ended = snakemake(repository, *both, *TINY)
    assert ended.returncode == 0, ended.stdout

    # A folder of its own costs the first nothing.
    apart = ("--directory", "mine", *TINY, other)
    ended = snakemake(repository, "--cores", "2", "figure1", *apart)
    assert ended.returncode == 0, ended.stdout
    assert (repository / f"mine/{FIGURE1}.png").is_file()
    assert "Nothing to be done" in snakemake(repository, "--dry-run", *both, *TINY).stdout
    ended = report_of(repository, "figure1", *apart)
    assert ended.returncode == 0, ended.stdout
    assert text_of(repository / "mine/results/report.html")[1] == ""

    # In the same folder the other's report leaves out what is not of its configuration.
    ended = report_of(repository, "figure1", *TINY, other)
    assert ended.returncode == 1
    assert "No figure, claim or hyperparameter here is of this configuration" in ended.stdout
    ended = report_of(repository, "figure1", "figure2", *TINY, other)
    assert ended.returncode == 0, ended.stdout
    assert "7 files are left out of the page" in ended.stdout
    shown, left_out = text_of(repository / "results/report.html")
    assert "figure2_misspecification.pdf" in shown and "figure2" not in left_out
    assert "figure1" not in shown and "figure1_vector_fields.png" in left_out
    beside = (repository / "results/snakemake.html").read_text("utf-8")
    assert "figure2_misspecification.svg" in beside and "figure1_vector_fields" not in beside

    # Nor is anything shown that stands on a table which someone edited.
    table = repository / "data/GaussianCorrect.csv"
    times = table.stat()
    os.utime(table, (times.st_atime - 100, times.st_mtime - 100))  # newer would rerun its figure
    ended = report_of(repository, "figure2", *TINY)
    assert ended.returncode == 1 and "No figure, claim" in ended.stdout
    os.utime(table, ns=(times.st_atime_ns, times.st_mtime_ns))

    # A figure of the user's is neither shown nor overwritten.
    own = write(repository / f"{FIGURE2}.png", "edited")
    report_of(repository, "figure1", "figure2", *TINY)
    _, left_out = text_of(repository / "results/report.html")
    assert "figure2_misspecification.png" in left_out
    radius = write(tmp_path / "radius.yaml", "misspecification: {logistic: {ellipse_radius: 2.0}}")
    ended = snakemake(repository, *both, *TINY, radius)
    assert ended.returncode == 1 and "Traceback" not in ended.stdout
    assert re.search(
        rf"would overwrite files that are not .*:\n  {FIGURE2}\.png$", ended.stdout, re.M
    )
    assert own.read_text() == "edited"

    # Cleaning one folder leaves the other.
    cleaned(repository / "mine")
    assert files(repository / "mine") == set()
    said = cleaned(repository)
    assert own.is_file() and f"  {FIGURE2}.png" in said.splitlines()
    assert not any(
        name.startswith(("results/v", "results/r", "logs/")) for name in files(repository)
    )
