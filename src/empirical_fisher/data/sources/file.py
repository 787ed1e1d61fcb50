"""A file of the user's."""

from __future__ import annotations

import os
from dataclasses import replace

from ..addresses import printable
from ..csv_format import OPTIONS
from ..datasets import DatasetError
from ..formats import Raw, read
from .source import Request, Source


def load(request: Request) -> Raw:
    """Read the file; its origin is the path as the configuration has it."""
    path = request.path or request.root / request.value
    if not os.path.isfile(path):  # which takes names too long for the system, too
        raise DatasetError(
            f"there is no file {printable(str(path))}; a relative path starts from the folder of "
            "the configuration that names it"
        )
    options = {key: request.details[key] for key in OPTIONS if key in request.details}
    limits = request.downloading.get("limits")
    largest = limits.largest if limits else float("inf")
    try:
        raw = read(path, request.details.get("format"), options=options, largest=largest)
    except DatasetError as error:
        raise DatasetError(printable(f"{path}: {error}")) from None
    return replace(raw, origin={"file": request.value, **raw.origin})


SOURCE = Source(load, details=("format", *OPTIONS))
