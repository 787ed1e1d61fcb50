"""Runs that are killed, paused, starved of space or crowded, and what the next run makes of them.

`make test-kill MOMENTS=30` kills at as many random moments, `make test-long` at a few.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import pipeline
from conftest import ROOT
from empirical_fisher.pipeline.files import UNFINISHED
from pipeline import HANG, command, environment
from processes import is_alive, wait_for

MOMENTS = int(os.environ.get("MOMENTS", 4))
TARGETS = ("results/traces/Yacht/NGD.csv", "figures/figure1_vector_fields.png")
OF_YACHT = {f"results/{kind}/Yacht/NGD.csv" for kind in ("grid", "best", "traces")}
OF_FIGURE_1 = {
    *(
        f"results/vector_field/{table}.csv"
        for table in ("fit", "field", "contours", "trajectories")
    ),
    *(f"figures/figure1_vector_fields.{suffix}" for suffix in ("pdf", "png", "svg")),
}
DATA = {
    f"data/{name}.{suffix}" for name in ("Yacht", "LognormalLine") for suffix in ("csv", "yaml")
}
FILES = DATA | OF_YACHT | OF_FIGURE_1


@dataclasses.dataclass
class Run:
    """A run of the pipeline in a folder, which goes on until someone ends it."""

    process: subprocess.Popen[bytes]
    log: Path
    started: float

    def wait(self) -> int:
        return self.process.wait(timeout=HANG)

    @property
    def output(self) -> str:
        return self.log.read_text("utf-8")

    def jobs(self, script: str = "") -> list[psutil.Process]:
        """The processes that this run has now, or those of them that run a script."""
        with contextlib.suppress(psutil.NoSuchProcess):
            processes = psutil.Process(self.process.pid).children(recursive=True)
            return [each for each in processes if script in " ".join(each.cmdline())]
        return []

    def send(self, number: signal.Signals) -> None:
        """Send a signal to all processes of this run."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)

    def made(self) -> set[str]:
        """Outputs of the jobs that this run has finished."""
        job = r"^    output: (.*)\n(?:    .*\n)*?    jobid: (\d+)\n"
        outputs = {identity: paths for paths, identity in re.findall(job, self.output, re.M)}
        finished = re.findall(r"^Finished jobid: (\d+) ", self.output, re.M)
        return {path for identity in finished for path in outputs[identity].split(", ")}


BEGUN: list[Run] = []


def begin(folder: Path, *overlays: Path, limit: str = "") -> Run:
    """Start a run in a process group of its own, under a limit of the shell if one is given."""
    folder.mkdir(exist_ok=True)
    log = folder.with_name(f"{folder.name}-{len(list(folder.parent.glob('*.log')))}.log")
    options = ("--cores", "2", "--directory", folder, "--configfile", "tests/config.yaml")
    snakemake = command(*options, *overlays, "--", *TARGETS)
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["sh", "-c", f'{limit} exec "$@"', "sh", *snakemake],
            cwd=ROOT,
            env=environment(OMP_NUM_THREADS="1"),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    BEGUN.append(Run(process, log, time.monotonic()))
    return BEGUN[-1]


def resumed(folder: Path) -> Run:
    """Run to the end, which has to be a good one."""
    run = begin(folder)
    assert run.wait() == 0, run.output
    return run


def contents(folder: Path) -> dict[str, bytes]:
    """All files that a run makes, hidden ones too, its logs and Snakemake's own apart."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    relative = {str(path.relative_to(folder)): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in relative.items()
        if not name.startswith((".snakemake/", "logs/"))
    }


@pytest.fixture(scope="module", autouse=True)
def ends() -> Iterator[None]:
    """Leave no run behind when a test fails half-way."""
    yield
    for run in BEGUN:
        run.send(signal.SIGKILL)
        run.wait()


@pytest.fixture(scope="module")
def wanted(run: pipeline.Run) -> dict[str, bytes]:
    """What an undisturbed run makes."""
    return {name: (run.folder / name).read_bytes() for name in FILES}


@pytest.fixture(scope="module")
def seconds(wanted: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long it takes."""
    folder = tmp_path_factory.mktemp("undisturbed") / "folder"
    run = resumed(folder)
    took = time.monotonic() - run.started
    assert contents(folder) == wanted
    return took


# Kills


def kill_scheduler(run: Run) -> None:
    run.process.kill()


def kill_group(run: Run) -> None:
    run.send(signal.SIGKILL)


def kill_job(run: Run) -> None:
    script = ".snakemake/scripts/"
    wait_for(lambda: run.jobs(script) or run.process.poll() is not None)
    for job in run.jobs(script)[-1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            job.kill()


def pause(run: Run) -> None:
    """As a laptop does that is closed and opened again."""
    run.send(signal.SIGSTOP)
    time.sleep(1)
    run.send(signal.SIGCONT)


# What may be done to a run, and its exit code then
WAYS = ((kill_scheduler, -signal.SIGKILL), (kill_group, -signal.SIGKILL), (kill_job, 1), (pause, 0))


@pytest.mark.long
@pytest.mark.parametrize("moment", range(MOMENTS))
def test_a_run_killed_at_any_moment_is_resumed_without_a_loss(
    wanted: dict[str, bytes], seconds: float, tmp_path: Path, moment: int
) -> None:
    disturb, code = WAYS[moment % len(WAYS)]
    folder = tmp_path / "folder"
    run = begin(folder)
    time.sleep(seconds * random.Random(moment).random())
    jobs = run.jobs()
    disturb(run)
    assert run.wait() in (code, 0), "0 if it had come to its end"
    orphans = [job for job in jobs if is_alive(job)]
    made, unfinished = run.made(), list(folder.rglob(UNFINISHED))
    again = resumed(folder)
    assert contents(folder) == wanted
    assert not made & again.made(), "finished, and done once more"
    print(
        f"moment {moment}: {disturb.__name__}, exit code {run.wait()}; outputs made before: "
        f"{len(made)}, after: {len(again.made())}; jobs that went on: {len(orphans)}; "
        f"unfinished files: {len(unfinished)}"
    )


@pytest.mark.long
def test_jobs_that_outlive_their_scheduler_are_ended_and_change_nothing(
    wanted: dict[str, bytes], tmp_path: Path
) -> None:
    """They would write what an older configuration asked for, over what the next run makes."""
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("vector_field: {arrows: 5}", encoding="utf-8")
    folder = tmp_path / "folder"
    run = begin(folder, overlay)
    wait_for(lambda: run.jobs(".step.py"))  # that of vector_field, before figure1's
    orphans = run.jobs()
    for job in orphans:
        job.suspend()  # they would be done too soon
    run.process.kill()
    run.wait()
    resumed(folder)
    assert [job for job in orphans if is_alive(job)] == []
    assert contents(folder) == wanted


def test_a_second_run_in_the_same_folder_is_refused_and_the_first_goes_on(
    wanted: dict[str, bytes], tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    run = begin(folder)
    wait_for(run.jobs)
    second = begin(folder)
    assert second.wait() == 1
    assert second.output.endswith(
        f"A run is at work in this folder, process {run.process.pid}: "
        "wait for its end, or end it.\n"
    )
    assert run.wait() == 0, run.output
    assert contents(folder) == wanted


def test_a_full_disk_is_told_and_leaves_nothing_half_written(
    wanted: dict[str, bytes], tmp_path: Path
) -> None:
    """A limit on the size of files stands for the disk: the same fault, by another number."""
    folder = tmp_path / "folder"
    limit = "ulimit -f 100;"  # blocks of 512 bytes
    run = begin(folder, limit=f"{limit} unset COVERAGE_PROCESS_CONFIG;")  # its notes are larger
    assert run.wait() == 1
    assert "figure1: figures/figure1_vector_fields.svg: File too large\n" in run.output
    assert "Traceback" not in run.output
    made = contents(folder)
    assert made
    assert made.items() < wanted.items()


def test_a_broken_data_set_stops_only_what_needs_it_and_is_told_last(
    wanted: dict[str, bytes], tmp_path: Path
) -> None:
    overlay = tmp_path / "overlay.yaml"
    overlay.write_text("datasets: {Yacht: {expect: {rows: 3}}}", encoding="utf-8")
    folder = tmp_path / "folder"
    run = begin(folder, overlay)
    assert run.wait() == 1
    assert run.output.endswith(
        "\nNot all is done: 1 failed, 4 left for the next run.\n"
        "  datasets.Yacht: expected 3 rows, found 308\n"
        "    log: logs/data/Yacht.log\n"
    )
    assert "Traceback" not in run.output
    missing = wanted.keys() - contents(folder).keys()
    assert missing == {"data/Yacht.csv", "data/Yacht.yaml"} | OF_YACHT
