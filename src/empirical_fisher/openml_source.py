"""Data sets from OpenML, by its REST interface.

OpenML's own client sets no limit to what it takes into memory, so what describes a data set is
fetched like the data, each request with its own tries, and read without building it up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.parsers import expat

from . import addresses, deadline, formats
from .datasets import DatasetError
from .downloads import (
    CHUNK,
    FILE,
    Limits,
    PassingFault,
    about,
    download,
    download_once,
    obtain,
    persist,
)
from .formats import Raw

ORIGIN = ("id", "name", "version", "md5")
UNKNOWN = {"111", "372"}  #: OpenML's codes of errors: no such data set, nothing in the list
PRIVATE = "112"
DESCRIPTION = "oml:data_set_description/oml:"


def from_openml(identifier: int | Mapping[str, Any], *, cache: str | Path, limits: Limits) -> Raw:
    """Get a data set from OpenML, or from the cache if it came before.

    Asked for are the description, the list of features and the data as ARFF, whether or not there
    is Parquet too, which has no checksum. Columns that OpenML marks as row numbers or to be ignored
    are left out.

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
    answers = Path(folder) / "answer.xml"
    number = asked if isinstance(asked, int) else _number(asked, answers, bounds)
    facts, address = _described(number, answers, bounds)
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
    features = "oml:data_features/oml:feature"
    listed = _ask(f"data/features/{number}", (features,), answers, bounds)[features]
    facts["columns"] = len(listed)
    checksum = f"md5:{facts['md5'].lower()}" if facts["md5"] else None
    try:
        addresses.check(address)
    except DatasetError:
        raise DatasetError(
            f"its description gives {addresses.shown(address)!r} as the address of its file, which "
            "is none; choose another version"
        ) from None
    download(address, Path(folder) / FILE, checksum, bounds)
    return facts


def _number(asked: Mapping[str, Any], answers: Path, bounds: Limits) -> int:
    """The number of a data set by its name and version."""
    listed = "oml:data/oml:dataset/oml:did"
    name, version = quote(asked["name"], safe=""), asked["version"]
    call = f"data/list/data_name/{name}/data_version/{version}/limit/10000/offset/0"
    found = _ask(call, (listed,), answers, bounds)[listed]
    with _as_described():
        return int(found[0])


def _described(number: int, answers: Path, bounds: Limits) -> tuple[dict[str, Any], str]:
    """What OpenML says of a data set, and the address of its file."""
    single = ("id", "name", "version", "md5_checksum", "status", "url", "default_target_attribute")
    several = ("row_id_attribute", "ignore_attribute")
    wanted = tuple(DESCRIPTION + name for name in single + several)
    found = _ask(f"data/{number}", wanted, answers, bounds)
    said = {name: (found[DESCRIPTION + name] or [""])[0] for name in single}
    with _as_described():
        facts = {
            "id": int(said["id"]),
            "name": said["name"],
            "version": int(said["version"]),
            "md5": said["md5_checksum"] or None,
            "status": said["status"],
            "target": said["default_target_attribute"] or None,
            "ignored": [
                name.strip()
                for attribute in several
                for names in found[DESCRIPTION + attribute]
                for name in names.split(",")
            ],
        }
        return facts, said["url"].strip()


@contextmanager
def _as_described() -> Iterator[None]:
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError):
        raise DatasetError("the server's answer is not OpenML's; check downloads.openml") from None


def _ask(call: str, wanted: tuple[str, ...], answers: Path, bounds: Limits) -> dict[str, list[str]]:
    """Ask a question, and again if that fails; returns the texts of elements, by their paths."""

    def ask() -> dict[str, list[str]]:
        address = f"{bounds.openml.rstrip('/')}/{call}"
        download_once(address, answers, None, bounds, refused=_tell_error)
        try:
            found = _texts(answers, wanted)
        except (expat.ExpatError, ValueError) as error:
            raise PassingFault(f"the server's answer is not OpenML's ({error})") from None
        if not any(found.values()):
            raise PassingFault("the server's answer is not OpenML's (what was asked is not in it)")
        return found

    return persist(ask, bounds.retries)


def _tell_error(answer: bytes) -> None:
    """Raise what an answer of OpenML's says went wrong, if it is one."""
    code, message = "oml:error/oml:code", "oml:error/oml:message"
    try:
        found = _texts_of([answer], (code, message))
    except (expat.ExpatError, ValueError):
        return
    if not found[code]:
        return
    if found[code][0] in UNKNOWN:
        raise DatasetError("OpenML knows no such data set; check it on its site")
    if found[code][0] == PRIVATE:
        raise DatasetError("it is private")
    said = ": ".join([found[code][0], *found[message][:1]])
    raise PassingFault(f"the server answered with error {said}")


def _texts(file: Path, wanted: tuple[str, ...]) -> dict[str, list[str]]:
    with file.open("rb") as opened:
        return _texts_of(iter(partial(opened.read, CHUNK), b""), wanted)


def _texts_of(chunks: Iterable[bytes], wanted: tuple[str, ...]) -> dict[str, list[str]]:
    """The texts of those elements of an XML file that have a path, such as ``"a/b"``, in order.

    Nothing else of it is kept.

    Raises
    ------
    expat.ExpatError, ValueError
        If it is not XML, or declares a type of its own.
    """
    path: list[str] = []
    found: dict[str, list[list[str]]] = {name: [] for name in wanted}

    def start(name: str, _: Any) -> None:
        path.append(name)
        if (here := "/".join(path)) in found:
            found[here].append([])

    def end(_: str) -> None:
        path.pop()

    def text(content: str) -> None:
        if (here := "/".join(path)) in found:
            found[here][-1].append(content)

    def refuse(*_: Any) -> None:
        raise ValueError("it declares a type of document")

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = text, refuse
    for chunk in chunks:
        parser.Parse(chunk, False)
    parser.Parse(b"", True)
    return {name: ["".join(pieces) for pieces in texts] for name, texts in found.items()}
