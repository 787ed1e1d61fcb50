"""A file of the user's."""

from __future__ import annotations

from dataclasses import replace

from ..csv_format import OPTIONS
from ..datasets import DatasetError
from ..formats import Raw, read
from .source import Request, Source


def load(request: Request) -> Raw:
    """Read the file; its origin is the path as the configuration has it."""
    path = request.path or request.root / request.value
    if not path.is_file():
        raise DatasetError(
            f"there is no file {path}; a relative path starts from the folder of the "
            "configuration that names it"
        )
    options = {key: request.details[key] for key in OPTIONS if key in request.details}
    try:
        raw = read(path, request.details.get("format"), options=options)
    except DatasetError as error:
        raise DatasetError(f"{path}: {error}") from None
    return replace(raw, origin={"file": request.value, **raw.origin})


SOURCE = Source(load, details=("format", *OPTIONS))
