"""What a file of a data set holds, whatever its format: CSV, ARFF, LIBSVM's text, or Parquet."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, Any

import pandas as pd

from . import arff_format, csv_format, parquet_format
from .datasets import TARGET, DatasetError
from .raw_tables import plain, refuse_width, sparse_table, too_large

#: The formats, and the suffixes that tell them.
FORMS = {
    "csv": (".csv",),
    "arff": (".arff",),
    "libsvm": (".libsvm", ".svmlight", ".svm"),
    "parquet": (".parquet", ".pq"),
}
COMPRESSED = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}


@dataclass(frozen=True)
class Raw:
    """A data set as its source gives it, before anything is dropped, encoded or checked.

    Parameters
    ----------
    table
        One column per feature, and the target among them. Numbers are numbers, nominal columns are
        categorical, other text is text, missing values are NaN; columns of LIBSVM files are sparse.
    target
        The target's name as the source states it, if it does.
    task
        ``"regression"``, ``"binary"`` or ``"multiclass"``, if the source says so.
    origin
        What tells this version of the data from another: identifiers, version, SHA-256.
    dialect
        How it was read, if it was a CSV.
    """

    table: pd.DataFrame
    target: str | None = None
    task: str | None = None
    origin: Mapping[str, Any] = field(default_factory=dict)
    dialect: csv_format.Dialect | None = None


def form_of(name: str) -> str:
    """Tell the format of a file by its name: one of `FORMS`, whether compressed or not.

    Raises
    ------
    DatasetError
        If the name's suffix is not one of the known ones.
    """
    suffixes = [suffix.lower() for suffix in PurePosixPath(name).suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    for form, known in FORMS.items():
        if suffixes and suffixes[-1] in known:
            return form
    raise DatasetError(
        f"the name {PurePosixPath(name).name!r} does not tell the file's format; "
        f"add to the source format: and one of {', '.join(FORMS)}"
    )


def read(
    path: str | Path,
    form: str | None = None,
    *,
    options: Mapping[str, str] = MappingProxyType({}),
    largest: float = float("inf"),
) -> Raw:
    """Read a file of a data set.

    Parameters
    ----------
    path
        The file; gzip, bzip2 and xz are undone, whatever it is called.
    form
        ``"csv"`` (with a header; see `csv_format.read`), ``"arff"`` (dense or sparse),
        ``"libsvm"`` (indices from 1; the columns are ``x1``, ``x2``, … and ``target``) or
        ``"parquet"`` (without the index that pandas may have put there); by default what the name
        says.
    options
        What is said of a CSV, see `csv_format.read`.
    largest
        The largest size in bytes that the file may have, and its content once it is unpacked.

    Returns
    -------
    Raw
        Whose origin is the file's SHA-256. Dense columns of whole numbers are integers.

    Raises
    ------
    DatasetError
        If the file is missing, cut short, too large, or not in that format.
    """
    path = Path(path)
    form = form or form_of(path.name)
    try:
        if path.stat().st_size > largest:
            raise too_large(largest)
        stored = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} can't be read: {error.strerror}") from None
    content = _decompressed(stored, largest)
    if form != "parquet" and re.match(rb"\s*<(!doctype|html|\?xml)", content, re.IGNORECASE):
        raise DatasetError(f"it is a web page or XML, not {form}; check the address")
    if options and form != "csv":
        raise DatasetError(f"{', '.join(options)}: for a CSV only, and this is {form}")
    dialect = None
    try:
        if form == "csv":
            table, dialect = csv_format.read(_lines(content), options)
        else:
            table = _READERS[form](content, largest)
    except DatasetError as error:
        raise DatasetError(f"as {form} it can't be read: {error}") from None
    if table.empty:
        raise DatasetError(f"as {form} it holds no data")
    return Raw(
        plain(table),
        target=TARGET if form == "libsvm" else None,
        origin={"sha256": hashlib.sha256(stored).hexdigest()},
        dialect=dialect,
    )


def _decompressed(stored: bytes, largest: float) -> bytes:
    """The content of a file, by its first bytes and not by its name."""
    open_as: Any
    for suffix, open_as in ((".gz", gzip.open), (".bz2", bz2.open), (".xz", lzma.open)):
        if stored.startswith(COMPRESSED[suffix]):
            stream: IO[bytes] = open_as(io.BytesIO(stored))
            break
    else:
        stream = io.BytesIO(stored)
    try:
        content = stream.read() if largest == float("inf") else stream.read(int(largest) + 1)
    except (EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise DatasetError(f"it is compressed, and damaged or cut short: {error}") from None
    if len(content) > largest:
        raise too_large(largest)
    return content


def _lines(content: bytes) -> io.StringIO:
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"byte {error.start + 1} is not UTF-8; save the file in this encoding"
        ) from None


def _read_arff(content: bytes, _: float) -> pd.DataFrame:
    return arff_format.read(_lines(content))


def _read_libsvm(content: bytes, _: float) -> pd.DataFrame:
    from sklearn.datasets import load_svmlight_file

    try:
        matrix, target = load_svmlight_file(io.BytesIO(content), zero_based=False)
    except (ValueError, OverflowError, MemoryError) as error:
        raise DatasetError(str(error)) from None
    refuse_width(matrix.shape[1])
    names = [f"x{index}" for index in range(1, matrix.shape[1] + 1)]
    return sparse_table(matrix.tocsc(), names).assign(**{TARGET: target})


_READERS = {"arff": _read_arff, "libsvm": _read_libsvm, "parquet": parquet_format.read}
