"""All kinds of sources by the names that they have in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from ..datasets import TARGET, DatasetError
from ..formats import Raw
from . import (
    file,
    gaussian_classes,
    lognormal_line,
    normal_line,
    openml,
    sklearn,
    snapshot,
    url,
)
from .source import Drawn, Request, Source

KINDS: Mapping[str, Source | Drawn] = {
    "openml": openml.SOURCE,
    "url": url.SOURCE,
    "file": file.SOURCE,
    "snapshot": snapshot.SOURCE,
    "sklearn": sklearn.SOURCE,
    "lognormal_line": lognormal_line.SOURCE,
    "normal_line": normal_line.SOURCE,
    "gaussian_classes": gaussian_classes.SOURCE,
}


def kind(source: Mapping[str, Any]) -> str:
    """The key of a source that says which one it is.

    Raises
    ------
    DatasetError
        If it is not one of ``KINDS``, or has a key beside it that is none of its details.
    """
    known = [name for name in source if name in KINDS]
    if len(known) != 1:
        raise DatasetError(
            f"source: names {' and '.join(known or source) or 'nothing'}; it must name one of "
            f"{', '.join(KINDS)}"
        )
    [name] = known
    others = {*source} - {name, *details(name)}
    if others:
        raise DatasetError(f"source: {', '.join(sorted(others))} can't be said of {name}")
    return name


def details(name: str) -> tuple[str, ...]:
    """The keys that a source of some kind may have beside that of the kind."""
    chosen = KINDS[name]
    return chosen.details if isinstance(chosen, Source) else ()


def is_remote(source: Mapping[str, Any]) -> bool:
    """Whether a source is fetched over the network."""
    chosen = KINDS[kind(source)]
    return isinstance(chosen, Source) and chosen.remote


def load(
    settings: Mapping[str, Any], root: Path, *, file: Path | None = None, **downloading: Any
) -> Raw:
    """Load, fetch or draw a data set.

    Parameters
    ----------
    settings
        An entry of the configuration's ``datasets``, of which ``source`` and ``prefer`` are read.
    root
        The folder of ``config.yaml``, where the snapshots are.
    file
        The path of a ``file``, see `configuration.locate`; by default it is relative to ``root``.
    **downloading
        ``cache`` and ``limits``, see `downloads.from_url`; needed where something is fetched.

    Raises
    ------
    DatasetError
        If there is no such source, it has no such data set, or it can't be reached or read.
    """
    source = settings["source"]
    name = kind(source)
    chosen, value = KINDS[name], source[name]
    if isinstance(chosen, Drawn):
        return Raw(chosen.draw(**value), TARGET, chosen.task, {name: dict(value)})
    compared = settings.get("prefer") == "remote"
    return chosen.load(
        Request(
            value=value,
            details={key: source[key] for key in source if key != name},
            root=root,
            path=file,
            downloading=downloading,
            compare=partial(load, root=root, **downloading) if compared else None,
        )
    )
