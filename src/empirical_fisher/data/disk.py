"""What is said of a folder that can't be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .datasets import DatasetError


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what goes wrong in writing to a folder into a `DatasetError`."""
    try:
        yield
    except OSError as error:
        raise DatasetError(
            f"{folder} can't be written: {error.strerror or error}; "
            "make room or allow writing there, then run again"
        ) from None
