"""A call in a process of its own, which ends by a deadline whatever the call waits for."""

from __future__ import annotations

import importlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .datasets import DatasetError

LOGGER = logging.getLogger("empirical_fisher")


class DeadlineError(DatasetError):
    """The call did not end in time."""


def call(function: Callable[..., Any], *arguments: Any, seconds: float) -> Any:
    """Call a function in a new process and wait for its answer, but not for ever.

    The process ends with this one, however this one ends. What it logs is logged here.

    Parameters
    ----------
    function
        A function of a module, found by its name there.
    arguments
        Handed over, like the result, as JSON.
    seconds
        After which the process is killed.

    Raises
    ------
    DeadlineError
        If there is no answer by then.
    DatasetError
        As the function raises it; and one that names the error if it raises another.
    """
    command = [sys.executable, "-P", "-m", __name__, function.__module__, function.__name__]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    expired = threading.Event()
    answer: dict[str, Any] = {}
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
        ) as process,
    ):
        assert process.stdin and process.stdout

        def expire() -> None:
            expired.set()
            process.kill()

        alarm = threading.Timer(seconds, expire)
        alarm.daemon = True
        alarm.start()
        try:
            process.stdin.write(json.dumps(arguments) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                if line.endswith("\n"):
                    answer = json.loads(line)
                if "log" in answer:
                    LOGGER.info(answer["log"])
        except BrokenPipeError:
            pass  # it ended before it read its arguments; what follows says so
        finally:
            alarm.cancel()
            process.kill()
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip().splitlines()
    if "result" in answer:
        return answer["result"]
    if "fault" in answer:
        raise DatasetError(answer["fault"])
    if expired.is_set():
        raise DeadlineError(f"it had not ended after {seconds:g} s")
    raise DatasetError(f"the download's process died: {said[-1] if said else 'it said nothing'}")


class _Forward(logging.Handler):
    """Hand what is logged to the process that waits."""

    def emit(self, record: logging.LogRecord) -> None:
        _say(log=record.getMessage())


def _say(**answer: Any) -> None:
    print(json.dumps(answer), file=sys.__stdout__, flush=True)


def _end_with_parent() -> None:
    """Wait for the end of the standard input, which the other process holds open while it lives."""
    while os.read(0, 1):
        pass
    os._exit(1)


def _main(module: str, name: str) -> None:
    arguments = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout = sys.stderr  # answers alone go to the real one
    LOGGER.addHandler(_Forward())
    LOGGER.setLevel(logging.INFO)
    try:
        _say(result=getattr(importlib.import_module(module), name)(*arguments))
    except DatasetError as error:
        _say(fault=str(error))
    except Exception as error:
        _say(log=traceback.format_exc())
        _say(fault=f"unexpected {type(error).__name__}: {error}")


if __name__ == "__main__":
    _main(*sys.argv[1:])
