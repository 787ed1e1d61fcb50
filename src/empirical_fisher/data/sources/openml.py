"""Data sets from OpenML, by its own client for what describes them.

The client understands OpenML's answers, but sets no limit to what it takes into memory. So the
answers are fetched like the data, each with its own tries and a limit, and handed to the client in
its cache, where it looks first. It has no server to ask.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote
from xml.parsers import expat

from .. import addresses, deadline, formats
from ..datasets import DatasetError
from ..disk import writing
from ..downloads import (
    FILE,
    Limits,
    PassingFault,
    TooLargeError,
    about,
    download,
    download_once,
    obtain,
    persist,
)
from ..formats import Raw
from .source import Request, Source

ORIGIN = ("id", "name", "version", "md5")
UNKNOWN = {"111", "372"}  #: codes of OpenML's, for a data set and for a list that are not there
PRIVATE = "112"
NOT_KNOWN = "OpenML knows no such data set; check it on its site"
NOT_OPENML = "the server's answer is not OpenML's"
SHARE = 100  #: of the limit to the size of XML; to read it takes up to 70 times as much memory

Understood = TypeVar("Understood")


def load(request: Request) -> Raw:
    """Get the data set from OpenML or the cache."""
    return from_openml(request.value, **request.downloading)


def from_openml(identifier: int | Mapping[str, Any], *, cache: str | Path, limits: Limits) -> Raw:
    """Get a data set from OpenML, or from the cache if it came before.

    Asked for are the description and the list of features, never the qualities, and the data as
    ARFF, whether or not there is Parquet too, which has no checksum. Columns that OpenML marks as
    row numbers or to be ignored are left out.

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
    with about(f"OpenML data set {_show(asked)} at {addresses.shown(limits.openml)}"):
        addresses.check(limits.openml)

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
    room = Path(folder)
    number = asked if isinstance(asked, int) else _number(asked, room, bounds)
    if number >= 2**63:
        raise DatasetError(NOT_KNOWN)
    client = _client(room)
    facts, address = _ask(f"data/{number}", partial(_described, client, number), room, bounds)
    if isinstance(asked, int):
        agrees = facts["id"] == asked
    else:
        agrees = (facts["name"], facts["version"]) == (asked["name"], asked["version"])
    if not agrees:
        raise DatasetError(
            f"OpenML answered with data set {facts['id']}, {facts['name']}, version "
            f"{facts['version']}; check it on its site"
        )
    if facts["status"] == "deactivated":
        raise DatasetError("OpenML has deactivated it; choose another version")
    count = partial(_columns, client, number)
    facts["columns"] = _ask(f"data/features/{number}", count, room, bounds)
    checksum = f"md5:{facts['md5'].lower()}" if facts["md5"] else None
    try:
        addresses.check(address)
    except DatasetError:
        raise DatasetError(
            f"its description gives {addresses.shown(address)!r} as the address of its file, which "
            "is none; choose another version"
        ) from None
    download(address, room / FILE, checksum, bounds)
    return facts


def _client(room: Path) -> Any:
    """OpenML's client, with an empty cache and neither the user's configuration nor a server.

    To ask for what is not in its cache fails at once, since there is no address to ask.
    """
    with writing(room.parent):
        home = tempfile.mkdtemp(dir=room)
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OPENML_CACHE_DIR")
    os.environ.update(dict.fromkeys(places, home))
    import openml

    openml.config.server = ""
    openml.config.set_root_cache_directory(home)
    return openml


def _number(asked: Mapping[str, Any], room: Path, bounds: Limits) -> int:
    """The number of a data set by its name and version; the client keeps no lists in its cache."""
    name, version = quote(asked["name"], safe=""), asked["version"]
    call = f"data/list/data_name/{name}/data_version/{version}/limit/10000/offset/0"

    def read(answer: Path) -> int:
        listed = _parsed(answer.read_bytes(), force_list=("oml:dataset",))
        return int(listed["oml:data"]["oml:dataset"][0]["oml:did"])

    return _ask(call, read, room, bounds)


def _described(client: Any, number: int, answer: Path) -> tuple[dict[str, Any], str]:
    """What OpenML's description says of a data set, and the address of its file."""
    status = _parsed(answer.read_bytes())["oml:data_set_description"].get("oml:status")
    answer.replace(_place(client, number) / "description.xml")
    said = client.datasets.get_dataset(number, download_data=False, download_qualities=False)
    facts = {
        "id": said.dataset_id,
        "name": said.name,
        "version": said.version,
        "md5": said.md5_checksum,
        "status": status,
        "target": said.default_target_attribute,
        "ignored": _names(said.row_id_attribute) + _names(said.ignore_attribute),
    }
    texts = (said.name, said.md5_checksum, status, said.default_target_attribute, said.url)
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("a text is stated twice or in parts")
    return facts, (said.url or "").strip()


def _columns(client: Any, number: int, answer: Path) -> int:
    """The number of columns in OpenML's list of features, once the description is in the cache."""
    _refuse_type(answer.read_bytes())
    answer.replace(_place(client, number) / "features.xml")
    said = client.datasets.get_dataset(
        number, download_data=False, download_qualities=False, download_features_meta_data=True
    )
    return len(said.features)


def _place(client: Any, number: int) -> Path:
    """The folder where the client looks for what describes a data set."""
    folder = Path(client.config.get_cache_directory()) / "datasets" / str(number)
    folder.mkdir(parents=True, exist_ok=True)  # the client deletes it with an answer that is none
    return folder


def _names(stated: str | list[str] | None) -> list[str]:
    """Names of columns, which OpenML states as a list, one name, or several with commas."""
    listed = [stated] if isinstance(stated, str) else stated or []
    return [name.strip() for names in listed for name in names.split(",")]


def _ask(call: str, read: Callable[[Path], Understood], room: Path, bounds: Limits) -> Understood:
    """Ask a question and have the answer read, and again if either fails."""
    address = f"{bounds.openml.rstrip('/')}/{call}"
    answer = room / "answer.xml"
    share = replace(bounds, megabytes=bounds.megabytes / SHARE)

    def ask() -> Understood:
        download_once(address, answer, None, share, refused=_tell_error)
        with writing(room.parent), _understood():
            return read(answer)

    try:
        return persist(ask, bounds.retries)
    except TooLargeError:
        raise DatasetError(
            f"what OpenML says of it is larger than the {share.megabytes:g} MB allowed, a "
            "hundredth of downloads.megabytes; if it should be, raise that"
        ) from None


@contextmanager
def _understood() -> Iterator[None]:
    """Let an answer that can't be read be asked for again."""
    import requests

    try:
        yield
    except requests.RequestException:  # the client would ask, since it found nothing in its cache
        raise DatasetError(
            "OpenML's client does not find what was fetched for it; install the version of openml "
            "that requirements.txt states"
        ) from None
    except (LookupError, TypeError, AttributeError):
        raise PassingFault(f"{NOT_OPENML} (what was asked is not in it)") from None
    except (expat.ExpatError, ValueError) as error:
        said = " ".join(str(error).split())[:80]
        raise PassingFault(f"{NOT_OPENML} ({said})") from None


def _tell_error(answer: bytes) -> None:
    """Raise what an answer of OpenML's says went wrong, if it is one."""
    try:
        error = _parsed(answer)["oml:error"]
        code, message = str(error["oml:code"]), str(error["oml:message"])
    except (expat.ExpatError, ValueError, LookupError, TypeError):
        return
    if code in UNKNOWN:
        raise DatasetError(NOT_KNOWN)
    if code == PRIVATE:
        raise DatasetError("it is private")
    raise PassingFault(f"the server answered with error {code[:20]}: {message[:200]}")


def _parsed(content: bytes, **how: Any) -> Any:
    """An XML file as nested dictionaries."""
    import xmltodict

    _refuse_type(content)
    return xmltodict.parse(content, encoding="utf-8", **how)


def _refuse_type(content: bytes) -> None:
    """Refuse XML that declares a type of document, by which it may grow without limit.

    Raises
    ------
    expat.ExpatError, ValueError
        Also if it is no XML.
    """

    def refuse(*_: Any) -> None:
        raise ValueError("it declares a type of document")

    parser = expat.ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = refuse
    parser.Parse(content, True)


SOURCE = Source(load, remote=True)
