"""Processes of this machine: whether they run, waiting for what they do, and a limit on them."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil


def is_alive(process: psutil.Process) -> bool:
    """Whether it runs, and is more than an entry that nobody has read."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(condition: Callable[[], object]) -> None:
    """Wait until something has happened, at most a few minutes."""
    for _ in range(10_000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let nothing that starts meanwhile write files larger than this: as a disk that is full."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
