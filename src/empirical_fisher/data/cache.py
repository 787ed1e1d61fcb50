"""Downloads kept between runs, under their SHA-256; the folder may be deleted at any time.

A file is named after its own SHA-256. A record, named after the request, says which file was the
answer. The record is written last and atomically: an interrupted download leaves no record, and
two downloads of the same file at the same time do not disturb each other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from empirical_fisher.pipeline.files import write_text

from .addresses import shown
from .disk import writing

ATTEMPT = "attempt-"
ADDRESSES = ("url", "server")  #: what of a question is an address


@contextmanager
def attempt(folder: Path, seconds: float) -> Iterator[Path]:
    """An empty folder for one download, removed afterwards.

    What killed downloads left is removed too, once no download with this deadline can still run.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{ATTEMPT}*"):
            if left.stat().st_mtime < time.time() - 2 * seconds:
                shutil.rmtree(left, ignore_errors=True)
        room = Path(tempfile.mkdtemp(prefix=ATTEMPT, dir=folder))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def keep(folder: Path, asked: Mapping[str, Any], file: Path, facts: Mapping[str, Any]) -> None:
    """Keep the file that answered, and what else is known of it (as JSON); the file is moved.

    What was asked for names the record and stands in it, addresses without what may be secret.
    """
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    told = {name: shown(value) if name in ADDRESSES else value for name, value in asked.items()}
    record = {"asked": told, "facts": facts, "sha256": sha256}
    with writing(folder):
        file.replace(folder / sha256)
        write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", _record(folder, asked))


def recall(folder: Path, asked: Mapping[str, Any]) -> tuple[Path, Mapping[str, Any]] | None:
    """The file that answered the last time, and what is known of it, if both are intact."""
    try:
        record = json.loads(_record(folder, asked).read_text(encoding="utf-8"))
        file = folder / record["sha256"]
        if hashlib.sha256(file.read_bytes()).hexdigest() == record["sha256"]:
            return file, record["facts"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass  # absent or damaged: it is fetched again
    return None


def _record(folder: Path, asked: Mapping[str, Any]) -> Path:
    question = json.dumps(asked, sort_keys=True).encode()
    return folder / f"{hashlib.sha256(question).hexdigest()[:16]}.json"
