"""Files that are complete or absent, however a run ends."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

UNFINISHED = f".*.{'[0-9a-f]' * 32}.part"  #: of a writer that was killed; nothing reads them


def write_text(text: str, path: str | Path) -> None:
    """Write a file as UTF-8; see `write_whole`."""
    write_whole(text.encode(), path)


def write_whole(content: bytes, path: str | Path) -> None:
    """Write a file under a temporary name, and rename it when it is complete and on the disk.

    Whoever reads ``path``, now or after a kill or a power cut, finds the old file or the new one.
    Two writers of the same path don't disturb each other: the last to end wins.

    Raises
    ------
    OSError
        Naming a file, if it can't be written; then nothing is left of it.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with aside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError as error:
        error.filename = str(path)  # a full disk is told without one
        raise
    finally:
        aside.unlink(missing_ok=True)
