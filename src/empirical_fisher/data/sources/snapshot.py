"""The data sets that the repository keeps, each described by a YAML file beside it.

A description says what the file is, its SHA-256, under ``expect`` the facts that it must hold, and
under ``remote``, if there is one, where the same numbers can be had elsewhere.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from ..datasets import TARGET, DatasetError
from ..formats import Raw, read
from ..preparation import check_facts
from .source import Request, Source

SHOWN = 3  #: differing cells in a message, at most


def description(name: str, folder: Path) -> dict[str, Any]:
    """What the YAML file of a snapshot says.

    Raises
    ------
    DatasetError
        If there is no such snapshot.
    """
    path = folder / f"{name}.yaml"
    if not os.path.exists(path):
        known = ", ".join(sorted(path.stem for path in folder.glob("*.yaml")))
        raise DatasetError(f"no snapshot {name!r}; there are: {known}")
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def from_folder(name: str, folder: Path) -> Raw:
    """Read a snapshot from the folder that holds them.

    Raises
    ------
    DatasetError
        If the snapshot is missing, or its checksum or facts are not the described ones.
    """
    record = description(name, folder)
    path = folder / record["file"]
    if not os.path.exists(path):
        raise DatasetError(f"{path} is missing; restore it, for example with git checkout")
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    if checksum != record["sha256"]:
        raise DatasetError(
            f"{path} has SHA-256 {checksum}, but {name}.yaml records {record['sha256']}; "
            "the file was changed: restore it, for example with git checkout"
        )
    table, target = read(path, record["format"]).table, record.get("target", TARGET)
    try:
        check_facts(table.rename(columns={target: TARGET}), record.get("expect", {}))
    except DatasetError as error:
        raise DatasetError(f"{path} is not what {name}.yaml records: {error}") from None
    origin = {"snapshot": name, "file": record["file"], "sha256": checksum}
    return Raw(table, target, record["task"], origin)


def load(request: Request) -> Raw:
    """Read a snapshot, and compare it with its remote source if that is asked for."""
    name, folder = request.value, request.root / "data" / "snapshots"
    raw = from_folder(name, folder)
    if request.compare is None:
        return raw
    remote = description(name, folder).get("remote")
    if remote is None:
        raise DatasetError(
            f"prefer: no remote source of the snapshot {name!r} is known; leave it out"
        )
    fetched = request.compare(remote)
    compare(raw, fetched, remote)
    return replace(raw, origin={**raw.origin, "same_as": dict(fetched.origin)})


def compare(snapshot: Raw, remote: Raw, settings: Mapping[str, Any]) -> None:
    """Compare a snapshot with the same data from elsewhere, column by column, as numbers.

    Columns are compared by their position, the target with the target.

    Parameters
    ----------
    snapshot, remote
        Both tables.
    settings
        The description's ``remote``, of which ``target`` and ``drop`` are read.

    Raises
    ------
    DatasetError
        Showing both shapes, or the first cells that differ.
    """
    here = _target_last(snapshot.table, snapshot.target)
    there = remote.table.drop(columns=settings.get("drop", []), errors="ignore")
    there = _target_last(there, settings.get("target") or remote.target or there.columns[-1])
    if here.shape != there.shape:
        sizes = (
            f"{rows} rows and {columns} columns" for rows, columns in (here.shape, there.shape)
        )
        raise DatasetError("the snapshot has {}, the remote data set {}".format(*sizes))
    differ = np.argwhere(_floats(here) != _floats(there))
    if len(differ):
        cells = [
            f"row {row + 1}, column {here.columns[column]}: "
            f"{here.iat[row, column]} here, {there.iat[row, column]} there"
            for row, column in differ[:SHOWN]
        ]
        more = f"; and {len(differ) - SHOWN} more" if len(differ) > SHOWN else ""
        raise DatasetError(
            f"the remote data set is not the snapshot: {'; '.join(cells)}{more}; leave out "
            "prefer: remote to use the snapshot"
        )


def _target_last(table: pd.DataFrame, target: str | None) -> pd.DataFrame:
    if target not in table:
        raise DatasetError(f"the remote data set has no column {target!r}")
    return table[[*table.columns.drop(target), target]]


def _floats(table: pd.DataFrame) -> np.ndarray:
    """All cells as floats; what is no number equals nothing."""
    columns = [pd.to_numeric(pd.Series(np.asarray(table[name])), errors="coerce") for name in table]
    return np.column_stack([column.to_numpy(dtype=float) for column in columns])


SOURCE = Source(load)
