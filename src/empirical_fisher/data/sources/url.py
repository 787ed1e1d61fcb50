"""A file from the web."""

from __future__ import annotations

from .. import downloads
from ..csv_format import OPTIONS
from ..formats import Raw
from .source import Request, Source


def load(request: Request) -> Raw:
    """Download and read the file, or take it from the cache."""
    details = request.details
    return downloads.from_url(
        request.value,
        form=details.get("format"),
        sha256=details.get("sha256"),
        options={key: details[key] for key in OPTIONS if key in details},
        **request.downloading,
    )


SOURCE = Source(load, details=("sha256", "format", *OPTIONS), remote=True)
