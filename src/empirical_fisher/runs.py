"""One run of the pipeline at a time in a folder, whatever became of the run before; and its end."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterable
from pathlib import Path

import psutil

from .files import UNFINISHED

MARK = "EMPIRICAL_FISHER_RUN"  # in the environment of a run's jobs: the folder that it is in
WRITTEN = ("data", "results", "figures")


def begin(folder: Path) -> None:
    """Claim a folder for this process until it ends, and clear it of what killed runs left.

    The claim is a lock of the kernel's, which drops it when the process dies: it can't be stale.
    Jobs outlive a scheduler that is killed alone, and could write what an older configuration
    asked for after this run has begun; they are ended.

    Raises
    ------
    SystemExit
        Naming the other process, if a run is at work in this folder.
    """
    folder = folder.resolve()
    _claim(folder / ".snakemake" / "run.lock")
    while orphans := _jobs(folder):
        for process in orphans:
            process.kill()
        time.sleep(0.05)
    for name in WRITTEN:
        for path in (folder / name).rglob(UNFINISHED):
            path.unlink(missing_ok=True)
    os.environ[MARK] = str(folder)


def _claim(path: Path) -> None:
    lock = os.open(path, os.O_RDWR | os.O_CREAT)  # never closed, and not inherited by jobs
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode()
        os.close(lock)
        raise SystemExit(
            f"A run is at work in this folder, process {holder}: wait for its end, or end it."
        ) from None
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())


def _jobs(folder: Path) -> list[psutil.Process]:
    """Processes that a run in this folder started, those of this run excepted."""
    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(MARK) == str(folder) and process.pid != os.getpid()
    ]


def failures(logs: Iterable[str], left: int) -> str:
    """Say in a few lines what failed, why, and where to read on.

    Parameters
    ----------
    logs
        The log files of the jobs that failed.
    left
        How many jobs the next run has to do, those that failed included.
    """
    logs = sorted(logs)
    lines = [f"\nNot all is done: {len(logs)} failed, {left} are left for the next run."]
    for log in logs:
        lines += [f"  {_fault(Path(log))}", f"    log: {log}"]
    return "\n".join(lines)


def _fault(log: Path) -> str:
    """What ended a job, as its log has it."""
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    found = re.search(r"^\S+ \S+ ERROR (.*)$", text, re.MULTILINE)
    return found[1] if found else "a job ended without a word, as one does that is killed"
