"""Which files in a folder the pipeline wrote, and which are the user's.

Snakemake records every file that a job made, with the file's time. A file is the pipeline's as long
as it still has that time; one that was edited or replaced since is the user's.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .files import UNFINISHED, write_text

FOLDERS = ("data", "results", "figures", "logs")  #: where runs write
DOWNLOADED = ("data/cache", "data/origins")  #: kept when a folder is cleaned
KEPT = ("data/snapshots", *DOWNLOADED)
TABLES = (".csv", ".yaml")  #: that a run writes to data/ for a data set
RECORDS = ".snakemake/metadata"
STARTED = ".snakemake/incomplete"
NOTES = ".snakemake/written.json"
BEGUN = ".snakemake/begun.json"
ROUNDED = 2.0  #: seconds to which file systems and archives may round the time of a file

#: Folders of the repository that no output folder may be in.
RESERVED = (
    *(".ci", ".git", ".snakemake", ".venv", "benchmarks", "docs", "examples", "profiles"),
    *("src", "tests", "workflow", *FOLDERS),
)


def own(folder: Path) -> set[str]:
    """Files in a folder that the pipeline wrote, by their paths relative to it.

    They are unchanged since, or a run that was killed left them. Logs are those of finished jobs.
    """
    spans = _spans(folder)
    written = {name for name, *span in spans if _is_within(folder / name, *span)}
    started = {name for name, _ in _entries(folder / STARTED) if _is_file(folder / name)}
    return {name for name in written | started | _unrecorded(folder, spans) if _is_written_to(name)}


def begin(folder: Path, names: Iterable[str], shown: int = 10) -> None:
    """Begin a run that will write some files, unless one of them is there and is the user's.

    Raises
    ------
    SystemExit
        Naming the files of the user's, the first ``shown`` of them, or what keeps from writing.
    """
    names = sorted(map(str, names))
    ours = own(folder)
    found = [name for name in names if os.path.lexists(folder / name) and name not in ours]
    if found:
        more = [f"  … and {len(found) - shown} more"] if len(found) > shown else []
        raise SystemExit(
            "\n".join(
                [
                    "This run would overwrite files that are not the pipeline's, or were changed "
                    "since it wrote them; move them elsewhere, or delete them:",
                    *(f"  {name}" for name in found[:shown]),
                    *more,
                ]
            )
        )
    try:
        note(folder, *(folder / name for name in sorted(_unrecorded(folder, _spans(folder)))))
        write_text(json.dumps(dict.fromkeys(names, time.time()), indent=1) + "\n", folder / BEGUN)
    except OSError as error:
        raise SystemExit(f"Nothing can be written to {folder}: {error.strerror}.") from None


def end(folder: Path) -> None:
    """End a run: files that are made from now on do not belong to it."""
    (folder / BEGUN).unlink(missing_ok=True)


def note(folder: Path, *paths: Path) -> None:
    """Remember files in a folder, written by no job, as the pipeline's with the time they have."""
    times = {os.path.relpath(path, folder): path.stat().st_mtime for path in paths}
    if times:
        write_text(json.dumps({**_read(folder / NOTES), **times}, indent=1) + "\n", folder / NOTES)


def clean(folder: Path) -> tuple[list[str], list[str]]:
    """Remove what the pipeline wrote in a folder; downloads and all other files stay.

    Returns
    -------
    removed, left
        The files that were removed, and those that stay where runs write, for nothing says that
        they are the pipeline's.
    """
    removed = sorted(own(folder))
    for place in FOLDERS:
        removed += [str(path.relative_to(folder)) for path in (folder / place).rglob(UNFINISHED)]
    for name in removed:
        (folder / name).unlink(missing_ok=True)
    _remove_empty(folder, removed)
    left = [
        str(path.relative_to(folder))
        for place in FOLDERS
        for path in sorted((folder / place).rglob("*"))
        if not path.is_dir() and path.name != ".gitkeep"
    ]
    kept = tuple(f"{place}/" for place in KEPT)
    return removed, [name for name in left if not name.startswith(kept)]


def clashes(
    sources: Mapping[str, Path], datasets: Iterable[str], folders: Iterable[Path]
) -> list[str]:
    """Find source files that runs write to, also by other links or spellings of their paths.

    Parameters
    ----------
    sources
        The user's files, by the key of the configuration that names each.
    datasets
        All data sets of the configuration.
    folders
        Folders that runs write to: of this run, and of the repository.

    Returns
    -------
    A line for each fault.
    """
    tables = [f"data/{dataset}{suffix}" for dataset in datasets for suffix in TABLES]
    faults = []
    for key, path in sources.items():
        places = (_written_place(path, folder, tables) for folder in folders)
        try:
            place = next(filter(None, places), None)
        except (OSError, RuntimeError, ValueError):
            continue  # such as a name too long or a link to itself: no file, as what reads it says
        if place:
            faults.append(
                f"{key}: {path} leads to {place}, which runs write and remove; keep your file "
                "elsewhere, for example in a folder of its own"
            )
    return faults


def strays(datasets: Iterable[str], folder: Path) -> list[str]:
    """Find tables that stand where runs write a data set, but that no run wrote.

    Without its record, which runs write beside it, Snakemake would take such a table for the data
    set's if nothing else is asked for.

    Parameters
    ----------
    datasets
        All data sets of the configuration.
    folder
        Folder that this run writes to.

    Returns
    -------
    A line for each fault.
    """
    table, record = TABLES
    alone = [
        f"data/{dataset}{table}"
        for dataset in datasets
        if (folder / f"data/{dataset}{table}").exists()
        and not (folder / f"data/{dataset}{record}").exists()
    ]
    written = own(folder) if alone else set()
    return [
        f"datasets.{Path(name).stem}: {name} is where runs write this data set, but no run wrote "
        "what is there; move it elsewhere, or delete it"
        for name in alone
        if name not in written
    ]


def misplaced(folder: Path, root: Path) -> list[str]:
    """Say so if an output folder lies inside a folder of the repository's own."""
    place = next((place for place in RESERVED if _is_in(folder.resolve(), root / place)), None)
    if place is None:
        return []
    return [
        f"The output folder {folder} is in the repository's own folder {place}; take one beside it"
    ]


def _spans(folder: Path) -> list[tuple[str, float, float]]:
    """For every file with a record, its name and the times between which it was written last."""
    spans = [(name, noted, noted) for name, noted in _read(folder / NOTES).items()]
    for name, path in _entries(folder / RECORDS):
        record = _read(path)
        began, ended = record.get("starttime"), record.get("endtime")
        if began is not None and ended is not None:
            spans.append((name, ended, ended))
            spans += [(log, began, ended) for log in record.get("log") or ()]
    return spans


def _unrecorded(folder: Path, spans: Iterable[tuple[str, float, float]]) -> set[str]:
    """Files that a killed run had begun to write and that have no record.

    On a cluster, a job removes Snakemake's mark of its start before the run records its end.
    """
    begun: dict[str, float] = _read(folder / BEGUN)
    recorded = {name for name, _, last in spans if last >= begun.get(name, math.inf)}
    return {
        name
        for name, began in begun.items()
        if name not in recorded and _is_within(folder / name, began, math.inf)
    }


def _written_place(path: Path, folder: Path, tables: Iterable[str]) -> str | None:
    """The file, or the folder of files, that runs in a folder write and that a path leads to."""
    real = path.resolve()
    for place in (*FOLDERS[1:], *DOWNLOADED, ".snakemake"):
        if _is_in(real, folder / place) or _is_linked(real, folder / place):
            return place
    for name in tables:
        if _is_same(real, folder / name):
            return name
    if _is_same(real.parent, folder / "data") and f"data/{real.name}" in own(folder):
        return f"data/{real.name}"  # the table of another configuration's data set
    return None


def _is_in(path: Path, place: Path) -> bool:
    """Whether a path without links is a place or below it."""
    return any(_is_same(above, place) for above in (path, *path.parents))


def _is_linked(path: Path, place: Path) -> bool:
    """Whether a file has another name, a hard link, somewhere below a place."""
    if not path.is_file() or path.stat().st_nlink == 1:
        return False
    return any(_is_same(path, below) for below in place.rglob("*"))


def _is_same(one: Path, other: Path) -> bool:
    """Whether two paths are one file, as the file system sees it, or would be."""
    try:
        return one.samefile(other)
    except OSError:
        return one.resolve() == other.resolve()


def _is_within(path: Path, first: float, last: float) -> bool:
    """Whether there is a file from between two times, as exactly as times are kept."""
    return _is_file(path) and first - ROUNDED <= path.stat().st_mtime <= last + ROUNDED


def _is_file(path: Path) -> bool:
    """Whether there is a file that is no link; the pipeline makes none."""
    return path.is_file() and not path.is_symlink()


def _is_written_to(name: str) -> bool:
    """Whether a path relative to an output folder is below one that runs write to."""
    parts = Path(name).parts
    return parts[0] in FOLDERS and ".." not in parts


def _entries(folder: Path) -> Iterator[tuple[str, Path]]:
    """Snakemake's records in a folder, each with the name of the file that it is about.

    A record's path is that name in Base64; it is cut where file names end, and every part but the
    last begins with @.
    """
    for path in folder.rglob("*"):
        encoded = "".join(part.lstrip("@") for part in path.relative_to(folder).parts)
        if path.is_file():
            with contextlib.suppress(ValueError):
                yield base64.urlsafe_b64decode(encoded).decode(), path


def _read(path: Path) -> dict[str, Any]:
    """What a file of JSON says; nothing if it is absent or damaged."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _remove_empty(folder: Path, names: Iterable[str]) -> None:
    """Remove the folders that files were in, from the deepest up, where nothing is left in them."""
    folders = {above for name in names for above in Path(name).parents if above.parts}
    kept = {Path(place) for place in FOLDERS if place != "logs"}
    for each in sorted(folders - kept, key=lambda path: -len(path.parts)):
        with contextlib.suppress(OSError):
            (folder / each).rmdir()
