"""The beginning of a run, what it says at its end, and its jobs, each by itself."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conftest import ROOT
from empirical_fisher.pipeline import failures, runs
from empirical_fisher.pipeline.files import write_whole
from processes import largest_file


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a run could begin in, whose mark on the environment is taken back."""
    (tmp_path / ".snakemake").mkdir()
    monkeypatch.setenv(runs.MARK, "")
    return tmp_path


def test_a_run_begins_by_clearing_what_killed_writers_left(folder: Path) -> None:
    (folder / "results" / "deep").mkdir(parents=True)
    kept, cleared = folder / "results/deep/a.csv", folder / f"results/deep/.a.csv.{16 * '0f'}.part"
    for path in (kept, cleared):
        path.touch()
    runs.begin(folder)
    assert (kept.exists(), cleared.exists()) == (True, False)
    assert os.environ[runs.MARK] == str(folder)


def test_a_run_begins_by_bringing_files_from_the_future_to_the_present(folder: Path) -> None:
    """And in Snakemake's eyes none of them is newer than another that was older."""
    times = {"data/a.csv": 0.0, "results/b.csv": 1e4, "figures/c.png": 2e4}
    now = time.time()
    for name, ahead in times.items():
        (folder / name).parent.mkdir()
        (folder / name).touch()
        os.utime(folder / name, (now + ahead, now + ahead))
    runs.begin(folder)
    kept, *moved = ((folder / name).stat().st_mtime for name in times)
    assert kept == pytest.approx(now, abs=1e-3)
    assert all(now <= each <= time.time() for each in moved)
    assert moved == sorted(moved)


def test_a_run_begins_by_ending_jobs_of_this_folder_and_of_no_other(folder: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    here, there = (
        subprocess.Popen(sleep, env={**os.environ, runs.MARK: str(path)})
        for path in (folder, folder.parent)
    )
    with here, there:
        runs.begin(folder)
        assert here.wait() == -signal.SIGKILL
        assert there.poll() is None
        there.kill()


def test_a_folder_is_claimed_once(folder: Path) -> None:
    runs.begin(folder)
    with pytest.raises(
        SystemExit, match=f"^A run is at work in this folder, process {os.getpid()}:"
    ):
        runs.begin(folder)


def test_a_file_system_without_locks_is_used_without(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: int, operation: int) -> None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    monkeypatch.setattr(fcntl, "flock", flock)
    left = folder / "data" / f".a.csv.{16 * '0f'}.part"
    write_whole(b"", left)
    for _ in range(2):
        runs.begin(folder)
    assert left.exists(), "another run may be writing it"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"^Nothing can be written to /\S+: No such file or dir"):
        runs.begin(tmp_path)


def test_failures_are_told_with_the_message_of_the_log(tmp_path: Path) -> None:
    told, silent, absent = (str(tmp_path / name) for name in ("b.log", "c.log", "d.log"))
    Path(told).write_text(
        "2026-01-01 00:00:00,000 INFO ERROR is a word\n"
        "2026-01-01 00:00:01,000 ERROR this: broke\n  - in\n    two\nTraceback\n  File\n"
        "2026-01-01 00:00:01,000 INFO more\n"
    )
    Path(silent).write_text("2026-01-01 00:00:00,000 INFO 3 of 4 cells\n")
    done = str(tmp_path / "a.log")
    Path(done).write_text("2026-01-01 00:00:00,000 INFO done\n")
    failed = {silent: "shard", told: "trace", absent: "dataset", done: "shard"}
    assert failures.summary(failed, 5).splitlines() == [
        "",
        "Not all is done: 3 failed, 5 left for the next run.",
        "  this: broke",
        "    - in",
        "      two",
        f"    log: {told}",
        "  shard: nothing in its log; it was killed or refused, as said above",
        f"    log: {silent}",
        "  dataset: nothing in its log; it was killed or refused, as said above",
        f"    log: {absent}",
    ]


def test_a_job_that_was_done_and_refused_is_told_if_there_is_no_other(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("2026-01-01 00:00:00,000 INFO done\n")
    assert failures.summary({str(log): "shard"}, 2).splitlines()[1:] == [
        "Not all is done: 1 failed, 2 left for the next run.",
        "  shard: nothing in its log; it was killed or refused, as said above",
        f"    log: {log}",
    ]


def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "new" / "a.csv"
    sizes = []

    def fsync(file: int) -> None:
        sizes.append((os.fstat(file).st_size, path.exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(b"whole", path)
    assert sizes == [(5, False)]
    assert path.read_bytes() == b"whole"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_whole(b"old", path)
    with largest_file(1000), pytest.raises(OSError, match=r"File too large: '.*/a\.csv'$"):
        write_whole(bytes(2000), path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


# What a job says

JOB = """
import errno, sys
from empirical_fisher.data.datasets import DatasetError
from job import logged
with logged(sys.argv[1], "subject"):
    {}
"""


def job(log: Path | str, body: str) -> subprocess.CompletedProcess[str]:
    """Run the body of a job."""
    folders = (ROOT / "src", ROOT / "workflow" / "scripts")
    return subprocess.run(
        [sys.executable, "-c", JOB.format(body), str(log)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, folders))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("raise DatasetError('no rows')", "no rows"),
        (
            "raise OSError(errno.ENOSPC, 'No space left on device', 'a.csv')",
            "a.csv: No space left on device; free some space and run again",
        ),
        ("open('/absent')", "/absent: No such file or directory"),
        (
            "raise MemoryError",
            "the memory is not enough; run fewer jobs at once, or take less data",
        ),
        (
            "import numpy; numpy.empty(2**50)",
            "the memory is not enough (Unable to allocate 8.00 PiB for an array with shape "
            "(1125899906842624,) and data type float64); run fewer jobs at once, or take less "
            "data",
        ),
    ],
)
def test_an_expected_fault_is_told_in_a_line(tmp_path: Path, body: str, message: str) -> None:
    ended = job(tmp_path / "a.log", body)
    assert ended.returncode == 1
    assert re.fullmatch(r"\S+ \S+ ERROR subject: " + re.escape(message) + r"\n", ended.stdout)
    assert (tmp_path / "a.log").read_text() == ended.stdout


@pytest.mark.parametrize("body", ["1 / 0", "raise OSError('nowhere')"])
def test_a_bug_is_told_with_its_traceback(tmp_path: Path, body: str) -> None:
    ended = job(tmp_path / "a.log", body)
    assert ended.returncode == 1
    assert re.match(r"\S+ \S+ ERROR subject: unexpected \w+Error: .+\nTraceback ", ended.stdout)
    assert (tmp_path / "a.log").read_text() == ended.stdout


def test_a_job_on_a_full_disk_does_its_work_without_a_log() -> None:
    assert job("/dev/full", "pass").returncode == 0
    ended = job("/dev/full", "raise DatasetError('no rows')")
    assert ended.returncode == 1
    assert re.fullmatch(r"\S+ \S+ ERROR subject: no rows\n", ended.stdout)
