"""What a kind of source says of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Request:
    """What a source is asked for, and by which means.

    Parameters
    ----------
    value
        What the configuration says under the name of the kind.
    details
        What it says beside that, see `Source`.
    root
        The folder of ``config.yaml``, where the snapshots are.
    path
        The path of a file of the user's, if it has been located.
    downloading
        ``cache`` and ``limits``, see `downloads.from_url`; needed where something is fetched.
    compare
        Loads an entry of ``datasets`` from elsewhere, if the data are to be compared with it.
    """

    value: Any
    details: Mapping[str, Any]
    root: Path
    path: Path | None = None
    downloading: Mapping[str, Any] = field(default_factory=dict)
    compare: Callable[[Mapping[str, Any]], Any] | None = None


@dataclass(frozen=True)
class Source:
    """A kind of source from which data are read or fetched.

    Parameters
    ----------
    load
        Turns a `Request` into a `formats.Raw`; raises `datasets.DatasetError` if it can't.
    details
        The keys that an entry may have beside that of the kind.
    remote
        Whether the data come over the network and may differ from one time to the next.
    """

    load: Callable[[Request], Any]
    details: tuple[str, ...] = ()
    remote: bool = False


@dataclass(frozen=True)
class Drawn:
    """A kind of source that draws its data.

    Parameters
    ----------
    draw
        Turns the parameters, among them a seed, into features and a column ``target``.
    task
        ``"regression"``, ``"binary"`` or ``"multiclass"``.
    """

    draw: Callable[..., pd.DataFrame]
    task: str
