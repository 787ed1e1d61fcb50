"""A part of the pipeline that has every kind of job, on a real Slurm and beside it on this machine.

Run by `make test-slurm`, which starts the cluster; pytest does not find this file by itself. One
job is killed in the middle and one asks for too little memory.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

TARGETS = (
    "figure3",
    *("results/hyperparameters.csv", "results/sensitivity.csv", "results/claims/curvature.csv"),
)
KILLED, STARVED = "curvature_splits", "curvature_remainder"
OVERLAY = {
    "optimization": {"datasets": ["BreastCancer", "Boston"], "appendix_datasets": ["Wine"]},
    # Long enough to be killed in the middle.
    "curvature": {"splits": {"training": {"problems": {"classification": {"iterations": 50_000}}}}},
}
LEAST = 80  # MB, less than Python needs; then 640
HURRY = ("--slurm-init-seconds-before-status-checks", "2", "--seconds-between-status-checks", "2")


@dataclass(frozen=True)
class Submission:
    """A job as Slurm knows it."""

    id: str
    rule: str
    state: str
    megabytes: int
    minutes: int


def submissions() -> list[Submission]:
    """All that has been submitted by Snakemake, in order."""
    command = ["squeue", "--states=all", "--noheader", "--format=%i|%k|%T|%m|%l"]
    answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    rows = (line.split("|") for line in answer.stdout.splitlines())
    found = [
        Submission(
            job,
            comment.partition("_wildcards_")[0],
            state,
            int(memory.removesuffix("M")),
            int(limit.partition(":")[0]),
        )
        for job, comment, state, memory, limit in rows
        if comment != "(null)"
    ]
    return sorted(found, key=lambda each: int(each.id))


@dataclass(frozen=True)
class Run:
    """A run of the pipeline in a folder of its own."""

    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def begin(cls, folder: Path, *options: str) -> Run:
        overlay = folder / "overlay.yaml"
        overlay.write_text(yaml.safe_dump(OVERLAY), "utf-8")
        configs = ("--configfile", "tests/config.yaml", str(overlay))
        with (folder / "snakemake.log").open("wb") as log:
            process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "snakemake", *options, *configs),
                    *("--directory", str(folder), "--", *TARGETS),
                ],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        return cls(folder, process)

    def ended_well(self) -> Run:
        code = self.process.wait(timeout=1800)
        assert code == 0, (self.folder / "snakemake.log").read_text("utf-8")
        return self

    def tables(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for part in ("data", "results")
            for path in (self.folder / part).rglob("*.csv")
        }


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Run, Run]]:
    """The run on this machine and the one on Slurm, side by side; a job of the latter is killed."""
    local = ("--workflow-profile", "workflow/profiles/default", "--cores", "1")
    remote = ("--workflow-profile", "workflow/profiles/slurm", *HURRY)
    starving = ("--set-resources", f"{STARVED}:mem_mb={LEAST}*attempt**3")
    runs = (
        Run.begin(tmp_path_factory.mktemp("local"), *local),
        Run.begin(tmp_path_factory.mktemp("remote"), *remote, *starving),
    )
    try:
        kill_a_job(runs[1])
        yield runs
    finally:
        for run in runs:
            run.process.terminate()
            run.process.wait()


@pytest.fixture(scope="session")
def local(begun: tuple[Run, Run]) -> Run:
    return begun[0].ended_well()


@pytest.fixture(scope="session")
def remote(begun: tuple[Run, Run]) -> Run:
    return begun[1].ended_well()


def kill_a_job(run: Run) -> None:
    """Kill the processes of a job as soon as its script is at work."""
    while not (run.folder / "logs/curvature/splits.log").exists():
        assert run.process.poll() is None, (run.folder / "snakemake.log").read_text("utf-8")
        time.sleep(0.1)
    [job] = (each.id for each in submissions() if each.rule == f"rule_{KILLED}")
    subprocess.run(["scancel", "--signal=KILL", job], check=True, timeout=60)


def of_rule(rule: str) -> list[Submission]:
    return [each for each in submissions() if each.rule == f"rule_{rule}"]


def test_the_tables_are_the_local_ones_byte_for_byte(local: Run, remote: Run) -> None:
    here, there = local.tables(), remote.tables()
    assert {"results/traces/Boston/EFGD.csv", *TARGETS[1:]} <= here.keys()
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


def test_the_figure_is_there(remote: Run) -> None:
    assert (remote.folder / "figures/figure3_optimization.pdf").stat().st_size > 0


def test_a_killed_job_is_tried_again_with_twice_the_memory_and_time(remote: Run) -> None:
    first, second = of_rule(KILLED)
    assert (first.state, second.state) == ("CANCELLED", "COMPLETED")
    assert second.megabytes == 2 * first.megabytes
    assert second.minutes == 2 * first.minutes


def test_a_job_that_used_too_much_memory_is_tried_again_with_more(remote: Run) -> None:
    first, second = of_rule(STARVED)
    assert (first.state, second.state) == ("FAILED", "COMPLETED")
    assert (first.megabytes, second.megabytes) == (LEAST, 8 * LEAST)
    logs = (remote.folder / ".snakemake/slurm_logs" / first.rule).rglob(f"{first.id}.log")
    assert "Exceeded job memory limit" in "".join(log.read_text("utf-8") for log in logs)


def test_what_takes_a_moment_is_not_submitted_and_searches_share_submissions(remote: Run) -> None:
    rules = [each.rule for each in submissions()]
    alone = {f"rule_curvature_{part}" for part in ("identities", "remainder", "splits")}
    shared = {"rule_shards_shard", "rule_traces_trace"}
    assert {*rules} == alone | shared
    assert sum(rule in shared for rule in rules) < 10  # of 27 jobs
