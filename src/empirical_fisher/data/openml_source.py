"""Data sets from OpenML, by its own client for what describes them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from . import cache as kept
from . import deadline, formats
from .datasets import DatasetError
from .downloads import FILE, Limits, PassingFault, about, download, explained, obtain, persist
from .formats import Raw

ORIGIN = ("id", "name", "version", "md5")


def from_openml(identifier: int | Mapping[str, Any], *, cache: str | Path, limits: Limits) -> Raw:
    """Get a data set from OpenML, or from the cache if it came before.

    The client is asked for the description and the list of features, never for the qualities; the
    data comes as ARFF, whether or not there is Parquet too, which has no checksum. Columns that
    OpenML marks as row numbers or to be ignored are left out.

    Parameters
    ----------
    identifier
        The data set's number, or ``{"name": …, "version": …}``.
    cache
        A folder for what has come, see `cache`.
    limits
        What it may cost, and OpenML's address.

    Returns
    -------
    Raw
        With the target and, by its kind, the task that OpenML states, if it does.

    Raises
    ------
    DatasetError
        If there is no such data set or OpenML has withdrawn it; or if it can't be had, is not
        whole, or is not as described.
    """
    asked = identifier if isinstance(identifier, int) else dict(identifier)
    with about(f"OpenML data set {_show(asked)} at {limits.openml}"):

        def fetch(folder: Path) -> Mapping[str, Any]:
            return deadline.call(
                _fetch, asked, str(folder), asdict(limits), seconds=limits.deadline
            )

        read = partial(_read, largest=limits.largest)
        return obtain({"server": limits.openml, "openml": asked}, fetch, read, Path(cache), limits)


def _show(asked: int | Mapping[str, Any]) -> str:
    return str(asked) if isinstance(asked, int) else f"{asked['name']}, version {asked['version']}"


def _read(file: Path, facts: Mapping[str, Any], *, largest: float) -> Raw:
    """Read the ARFF by its description."""
    raw = formats.read(file, "arff", largest=largest)
    if len(raw.table.columns) != facts["columns"]:
        raise DatasetError(
            f"its file has {len(raw.table.columns)} columns, its list of features "
            f"{facts['columns']}; try again later, or choose another data set"
        )
    target = facts["target"] if facts["target"] in raw.table else None
    return replace(
        raw,
        table=raw.table.drop(columns=set(facts["ignored"]) - {target}, errors="ignore"),
        target=target,
        task=_task(raw.table[target]) if target else None,
        origin={name: facts[name] for name in ORIGIN} | dict(raw.origin),
    )


def _task(target: Any) -> str | None:
    if target.dtype == "category":
        return "multiclass" if target.nunique() > 2 else "binary"
    return "regression" if target.dtype.kind in "if" else None


def _fetch(asked: int | Mapping[str, Any], folder: str, limits: Mapping[str, Any]) -> Any:
    """Fetch description and file; called in a process of its own."""
    bounds = Limits(**limits)
    facts = persist(lambda: _describe(asked, Path(folder), bounds.openml), bounds.retries)
    if facts["status"] == "deactivated":
        raise DatasetError("OpenML has deactivated it; choose another version")
    download(
        facts["url"],
        Path(folder) / FILE,
        f"md5:{facts['md5'].lower()}" if facts["md5"] else None,
        bounds,
    )
    return facts


def _describe(asked: int | Mapping[str, Any], folder: Path, server: str) -> dict[str, Any]:
    """Ask for the description, with an empty cache and without the user's own configuration."""
    with kept.writing(folder.parent):
        home = tempfile.mkdtemp(dir=folder)
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENML_CACHE_DIR")
    os.environ.update(dict.fromkeys(places, home))
    import openml
    import xmltodict
    from openml.exceptions import (
        OpenMLPrivateDatasetError,
        OpenMLServerException,
        OpenMLServerNoResult,
    )

    openml.config.server = server
    openml.config.set_root_cache_directory(home)
    openml.config.set_retry_policy("human", 1)
    if isinstance(asked, int):
        question: dict[str, Any] = {"dataset_id": asked}
    else:
        question = {"dataset_id": asked["name"], "version": asked["version"]}
    try:
        with kept.writing(folder.parent), explained():
            answer = openml.datasets.get_dataset(**question, download_features_meta_data=True)
        [text] = Path(home).rglob("description.xml")
        description = xmltodict.parse(text.read_bytes())["oml:data_set_description"]
        facts = {
            "id": answer.dataset_id,
            "name": answer.name,
            "version": answer.version,
            "md5": answer.md5_checksum,
            "status": description.get("oml:status"),
            "url": answer.url,
            "columns": len(answer.features),
            "target": answer.default_target_attribute,
            "ignored": _names(answer.row_id_attribute) + _names(answer.ignore_attribute),
        }
    except (OpenMLServerNoResult, RuntimeError):  # the latter for a name that is not known
        raise DatasetError("OpenML knows no such data set; check it on its site") from None
    except OpenMLPrivateDatasetError:
        raise DatasetError("it is private") from None
    except OpenMLServerException as error:
        raise PassingFault(
            f"the server answered with error {error.code}: {error.message}"
        ) from None
    except (DatasetError, PassingFault):
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:80]
        raise PassingFault(
            f"the server's answer is not OpenML's ({type(error).__name__}: {said})"
        ) from None
    if isinstance(asked, int):
        agrees = facts["id"] == asked
    else:
        agrees = (facts["name"], facts["version"]) == (asked["name"], asked["version"])
    if not agrees:
        raise DatasetError(
            f"OpenML answered with data set {facts['id']}, {facts['name']}, version "
            f"{facts['version']}; check it on its site"
        )
    return facts


def _names(stated: str | list[str] | None) -> list[str]:
    """Names of columns, which OpenML states as a list, one name, or several with commas."""
    listed = [stated] if isinstance(stated, str) else stated or []
    return [name.strip() for names in listed for name in names.split(",")]
