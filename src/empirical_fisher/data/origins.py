"""Where each data set came from the first time, so that another version is not taken for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from empirical_fisher.pipeline.files import write_text

from .addresses import printable, shown
from .datasets import DatasetError
from .disk import writing

HEADER = "# Written on first use and compared ever after; delete it to accept another version.\n"


def confirm(
    dataset: str, source: Mapping[str, Any], origin: Mapping[str, Any], folder: str | Path
) -> None:
    """Compare what a source gave with what it gave the first time, or record it then.

    Parameters
    ----------
    dataset
        The name of the data set.
    source
        Its source as configured. If it has changed, the origin is recorded again. Of an
        address only what `addresses.shown` leaves is recorded and compared.
    origin
        What tells this version of the data from another, as `formats.Raw` has it.
    folder
        Holds a file for each data set, ``<dataset>.yaml``.

    Raises
    ------
    DatasetError
        If another version was recorded, with both; or if the record can't be read or written.
    """
    path = Path(folder) / f"{dataset}.yaml"
    found = {"source": _shown(source), "origin": dict(origin)}
    try:
        recorded = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        recorded = {}
    except OSError as error:
        raise DatasetError(
            f"{path} can't be read: {error.strerror}; allow it or delete it"
        ) from None
    except (ValueError, RecursionError, yaml.YAMLError):
        recorded = None
    if not isinstance(recorded, dict) or not isinstance(recorded.get("origin", {}), dict):
        raise DatasetError(f"{path} is not a record of an origin; restore or delete it")
    if recorded.get("source") != found["source"]:
        with writing(path.parent):
            write_text(HEADER + yaml.safe_dump(found, sort_keys=False, allow_unicode=True), path)
    elif recorded.get("origin") != found["origin"]:
        raise DatasetError(
            f"the source gave another version than the first time: {_differences(recorded, found)};"
            f" to accept it, delete {path} and run again"
        )


def _shown(source: Mapping[str, Any]) -> dict[str, Any]:
    return {name: shown(value) if name == "url" else value for name, value in source.items()}


def _differences(recorded: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    before, after = recorded.get("origin", {}), found["origin"]
    names = dict.fromkeys([*before, *after])
    return printable(
        ", ".join(
            f"{name} was {before.get(name)} and is {after.get(name)}"
            for name in names
            if before.get(name) != after.get(name)
        )
    )
