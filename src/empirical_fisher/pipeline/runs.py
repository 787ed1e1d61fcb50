"""One run of the pipeline at a time in a folder, however the last one ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import outputs
from .files import UNFINISHED

if TYPE_CHECKING:
    import psutil

MARK = "EMPIRICAL_FISHER_RUN"  #: in the environment of a run's jobs, the folder that it is in
WRITTEN = ("data", "results", "figures")


def begin(folder: Path) -> None:
    """Lock a folder for this process until it ends, and remove what killed runs left there.

    The claim is a lock of the kernel's, which drops it when the process dies: it can't be stale.
    Jobs outlive a scheduler that is killed alone, and could write what an older configuration
    asked for after this run has begun; they are ended. Files from the future, as a clock leaves
    them that is set back, get the present time: Snakemake refuses all that is made from them. On a
    file system without locks nothing is claimed and nothing cleared.

    Raises
    ------
    SystemExit
        Naming the other process if a run is at work in this folder, or what keeps from writing.
    """
    folder = folder.resolve()
    if claim(folder):
        _end_jobs(folder)
        _clear(folder)
    os.environ[MARK] = str(folder)


def claim(folder: Path) -> bool:
    """Lock a folder until this process ends; false where the file system knows no locks.

    Raises
    ------
    SystemExit
        As `begin` does.
    """
    try:
        return _lock(folder / ".snakemake" / "run.lock")
    except OSError as error:
        raise SystemExit(f"Nothing can be written to {folder}: {error.strerror}.") from None


def _lock(path: Path) -> bool:
    """Lock a file until this process ends; false where the file system knows no locks."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT)  # never closed, and not inherited by jobs
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode()
        os.close(lock)
        raise SystemExit(
            f"A run is at work in this folder, process {holder}: wait for its end, or end it."
        ) from None
    except OSError:
        os.close(lock)
        return False
    os.truncate(lock, 0)
    os.write(lock, str(os.getpid()).encode())
    return True


def _end_jobs(folder: Path) -> None:
    """Kill what a run in this folder started, until nothing of it is left."""
    import psutil

    while orphans := _jobs(folder):
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.05)


def _jobs(folder: Path) -> list[psutil.Process]:
    """Processes that a run in this folder started, those of this run excepted."""
    import psutil

    return [
        process
        for process in psutil.process_iter(["environ"])
        if (process.info["environ"] or {}).get(MARK) == str(folder) and process.pid != os.getpid()
    ]


def _clear(folder: Path) -> None:
    """Remove unfinished files, and bring files from the future to the present."""
    for path in _below(folder, UNFINISHED):
        path.unlink(missing_ok=True)
    now = time.time()
    ahead = [path for path in _below(folder, "*") if path.is_file() and path.stat().st_mtime > now]
    if ahead:
        ours = outputs.own(folder)
        for path in ahead:
            os.utime(path, (now, now))
        outputs.note(folder, *(path for path in ahead if str(path.relative_to(folder)) in ours))


def _below(folder: Path, pattern: str) -> list[Path]:
    """What matches in the folders that a run writes to."""
    return [path for name in WRITTEN for path in (folder / name).rglob(pattern)]
