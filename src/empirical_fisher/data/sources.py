"""Where data sets come from: the ``source`` of an entry of the configuration, and what it gives."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from . import snapshots, synthetic
from .addresses import printable
from .csv_format import OPTIONS
from .datasets import TARGET, DatasetError
from .formats import Raw, read

DETAILS = ("sha256", "format", *OPTIONS)  #: what a source says besides which one it is
REMOTE = ("openml", "url")


def kind(source: Mapping[str, Any]) -> str:
    """The key of a source that says which one it is."""
    return next(name for name in source if name not in DETAILS)


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
        ``cache`` and ``limits``, see `downloads.from_url`; needed where something is fetched. A
        file has the same limit to its size, if they are given.

    Raises
    ------
    DatasetError
        If the source has no such data set, or it can't be reached or read.
    """
    source = settings["source"]
    name = kind(source)
    value = source[name]
    form = source.get("format")
    options = {key: source[key] for key in OPTIONS if key in source}
    if name == "snapshot":
        return _snapshot(settings, root, **downloading)
    if name == "sklearn":
        return _sklearn(value)
    if name == "file":
        largest = downloading["limits"].largest if "limits" in downloading else float("inf")
        return _file(file or root / value, value, form, options, largest)
    if name == "openml":
        from .openml_source import from_openml

        return from_openml(value, **downloading)
    if name == "url":
        from .downloads import from_url

        sha256 = source.get("sha256")
        return from_url(value, form=form, sha256=sha256, options=options, **downloading)
    task = "binary" if name == "gaussian_classes" else "regression"
    return Raw(getattr(synthetic, name)(**value), TARGET, task, {name: dict(value)})


def _snapshot(settings: Mapping[str, Any], root: Path, **downloading: Any) -> Raw:
    folder, name = root / "data" / "snapshots", settings["source"]["snapshot"]
    raw = snapshots.load(name, folder)
    if settings.get("prefer") != "remote":
        return raw
    remote = snapshots.description(name, folder).get("remote")
    if remote is None:
        raise DatasetError(
            f"prefer: no remote source of the snapshot {name!r} is known; leave it out"
        )
    fetched = load(remote, root, **downloading)
    snapshots.compare(raw, fetched, remote)
    return replace(raw, origin={**raw.origin, "same_as": dict(fetched.origin)})


def _sklearn(name: str) -> Raw:
    """One of the data sets that scikit-learn carries."""
    import sklearn.datasets

    bunch = getattr(sklearn.datasets, f"load_{name}")(as_frame=True)
    classes = len(getattr(bunch, "target_names", ()))
    task = {0: "regression", 2: "binary"}.get(classes, "multiclass")
    table = bunch.data.assign(target=bunch.target)
    return Raw(table, TARGET, task, {"sklearn": name})


def _file(
    path: Path, configured: str, form: str | None, options: Mapping[str, str], largest: float
) -> Raw:
    """A file of the user's."""
    if not os.path.isfile(path):  # which takes names too long for the system, too
        raise DatasetError(
            f"there is no file {printable(str(path))}; a relative path starts from the folder of "
            "the configuration that names it"
        )
    try:
        raw = read(path, form, options=options, largest=largest)
    except DatasetError as error:
        raise DatasetError(printable(f"{path}: {error}")) from None
    return replace(raw, origin={"file": configured, **raw.origin})
