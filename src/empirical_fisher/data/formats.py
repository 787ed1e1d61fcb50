"""What a file of a data set holds, whatever its format: CSV, ARFF, LIBSVM's text, or Parquet."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import itertools
import logging
import lzma
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import IO, Any

import numpy as np
import pandas as pd

from . import csv_format
from .datasets import TARGET, DatasetError

LOGGER = logging.getLogger("empirical_fisher")

#: The formats, and the suffixes that tell them.
FORMS = {
    "csv": (".csv",),
    "arff": (".arff",),
    "libsvm": (".libsvm", ".svmlight", ".svm"),
    "parquet": (".parquet", ".pq"),
}
COMPRESSED = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".xz": b"\xfd7zXZ\x00"}
MOST_COLUMNS = 100_000


@dataclass(frozen=True)
class Raw:
    """A data set as its source gives it, before anything is dropped, encoded or checked.

    Parameters
    ----------
    table
        A column a feature, and the target among them. Numbers are numbers, nominal columns are
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
            raise _too_large(largest)
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
        elif form == "parquet":
            table = _read_parquet(content, largest)
        else:
            table = _READERS[form](content)
    except DatasetError as error:
        raise DatasetError(f"as {form} it can't be read: {error}") from None
    if table.empty:
        raise DatasetError(f"as {form} it holds no data")
    return Raw(
        _plain(table),
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
        raise _too_large(largest)
    return content


def _too_large(largest: float) -> DatasetError:
    return DatasetError(
        f"it holds more than the {largest / 1e6:g} MB allowed; "
        "if it should, raise downloads.megabytes"
    )


def _lines(content: bytes) -> io.StringIO:
    try:
        return io.StringIO(content.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"byte {error.start + 1} is not UTF-8; save the file in this encoding"
        ) from None


def _read_arff(content: bytes) -> pd.DataFrame:
    import arff

    lines = _lines(content).read().split("\n")
    stripped = (line.strip() for line in lines)
    data = itertools.dropwhile(lambda line: line.lower() != "@data", stripped)
    rows = (line for line in itertools.islice(data, 1, None) if line and line[0] != "%")
    sparse = next(rows, "").startswith("{")
    if sparse:
        _refuse_repeated_indices(lines)
    try:
        decoded = arff.load(
            _without_integers(lines), return_type=arff.LOD if sparse else arff.DENSE
        )
    except (arff.ArffException, ValueError, IndexError, OverflowError) as error:
        raise DatasetError(str(error)) from None
    names, kinds = zip(*decoded["attributes"], strict=True)
    if not decoded["data"]:
        return pd.DataFrame(columns=names)
    if sparse:
        return _sparse_arff(decoded["data"], names, kinds)
    columns = zip(*decoded["data"], strict=True)
    typed = [_arff_column(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    return pd.concat(typed, axis=1, keys=names)


def _without_integers(lines: Iterable[str]) -> Iterator[str]:
    """Declare INTEGER columns as REAL, since liac-arff would cut 2.5 down to 2."""
    for line in lines:
        yield re.sub(r"(?i)^(\s*@attribute\s.*\s)integer\s*$", r"\1REAL", line)


def _refuse_repeated_indices(lines: Iterable[str]) -> None:
    """Refuse rows of sparse ARFF that state a column twice, of which liac-arff keeps the last."""
    for number, line in enumerate(lines, start=1):
        if line.lstrip().startswith("{"):
            unquoted = re.sub(r"""'(\\.|[^'\\])*'|"(\\.|[^"\\])*\"""", "", line)
            found = [index.lstrip("0") or "0" for index in re.findall(r"[{,]\s*(\d+)", unquoted)]
            if len(set(found)) < len(found):
                [(index, _)] = Counter(found).most_common(1)
                raise DatasetError(f"line {number} states the column with index {index} twice")


def _arff_column(values: Iterable[Any], kind: str | list[str]) -> pd.Series:
    if isinstance(kind, list):
        return pd.Series(pd.Categorical(list(values), categories=kind))
    return pd.Series(list(values), dtype=str if kind == "STRING" else float)


def _sparse_arff(
    rows: Sequence[Mapping[int, Any]], names: Sequence[str], kinds: Sequence[str | list[str]]
) -> pd.DataFrame:
    """What sparse ARFF leaves out is 0, the first nominal value, or an empty text."""
    import scipy.sparse

    _refuse_width(len(names))
    numeric = np.array([kind in ("REAL", "NUMERIC") for kind in kinds])
    entries = [
        (row, column, np.nan if value is None else value)
        for row, values in enumerate(rows)
        for column, value in values.items()
        if numeric[column]
    ]
    where_rows, where_columns, values = zip(*entries, strict=True) if entries else ((), (), ())
    shape = (len(rows), len(names))
    matrix = scipy.sparse.csc_array((values, (where_rows, where_columns)), shape=shape, dtype=float)
    table = _sparse_table(matrix, names)
    for column, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        if not numeric[column]:
            usual = kind[0] if isinstance(kind, list) else ""
            table[name] = _arff_column([row.get(column, usual) for row in rows], kind)
    return table


def _read_libsvm(content: bytes) -> pd.DataFrame:
    from sklearn.datasets import load_svmlight_file

    try:
        matrix, target = load_svmlight_file(io.BytesIO(content), zero_based=False)
    except (ValueError, OverflowError, MemoryError) as error:
        raise DatasetError(str(error)) from None
    _refuse_width(matrix.shape[1])
    names = [f"x{index}" for index in range(1, matrix.shape[1] + 1)]
    return _sparse_table(matrix.tocsc(), names).assign(**{TARGET: target})


def _sparse_table(matrix: Any, names: Sequence[str]) -> pd.DataFrame:
    """A table of sparse columns, of integers if all its numbers are whole and exact."""
    typed = matrix.astype(np.int64) if _are_integers(matrix.data) else matrix
    return pd.DataFrame.sparse.from_spmatrix(typed, columns=list(names))


def _refuse_width(columns: int) -> None:
    if columns > MOST_COLUMNS:
        raise DatasetError(f"it has {columns} columns; at most {MOST_COLUMNS} can be read")


def _read_parquet(content: bytes, largest: float) -> pd.DataFrame:
    """Read the columns but for pandas' index, unless they need more than the largest size.

    What the file says of its size is looked at first. Its text is read as codes of a dictionary,
    since a value may be there once and be meant a million times, and written out only if it fits.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        file = pa.parquet.ParquetFile(io.BytesIO(content))
        schema, facts = file.schema_arrow, file.metadata
        names = _parquet_columns(schema)
        leaves = [file.schema.column(number) for number in range(facts.num_columns)]
        stored = sum(facts.row_group(each).total_byte_size for each in range(facts.num_row_groups))
        if max(stored, facts.num_rows * sum(max(8, leaf.length) for leaf in leaves)) > largest:
            raise _too_large(largest)
        text = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        file = pa.parquet.ParquetFile(io.BytesIO(content), read_dictionary=text)
        size = 0
        pieces = []
        for piece in file.iter_batches(columns=names):
            size += sum(map(_written_out, piece.columns))
            if size > largest:
                raise _too_large(largest)
            pieces.append(piece)
        table = pa.Table.from_batches(pieces, None if pieces else schema).select(names)
        columns = [table[name].cast(schema.field(name).type) for name in names]
        return pa.table(columns, names).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(str(error).splitlines()[0]) from None


def _parquet_columns(schema: Any) -> list[str]:
    """The names of the columns that hold data, and not the index of pandas' table."""
    import pyarrow as pa

    csv_format.refuse_duplicates(schema.names)
    _refuse_width(len(schema.names))
    for column in schema:
        if pa.types.is_nested(column.type):
            raise DatasetError(
                f"column {column.name!r} holds {column.type}, which is neither numbers nor text; "
                "write the file without it"
            )
    try:
        listed = list(schema.pandas_metadata["index_columns"])
    except (LookupError, TypeError, ValueError, RecursionError):
        listed = []  # it was not pandas that wrote it
    index = [name for name in schema.names if name in listed]
    if index:
        LOGGER.info("left out, as the index of a table of pandas: %s", ", ".join(index))
    return [name for name in schema.names if name not in index]


def _written_out(column: Any) -> int:
    """The size in bytes of a column once the values of its dictionary stand in every row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return 8 * len(column)
    lengths = pc.binary_length(column.dictionary).cast(pa.int64())
    return 8 * len(column) + (pc.sum(lengths.take(column.indices)).as_py() or 0)


_READERS = {
    "arff": _read_arff,
    "libsvm": _read_libsvm,
}


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Leave of all types of columns: integers, floats, text and categories of text."""
    csv_format.refuse_duplicates(table.columns)
    table = table.rename(columns=str)
    dense = [name for name, kind in table.dtypes.items() if not isinstance(kind, pd.SparseDtype)]
    return table.assign(**{name: _plain_column(table[name]) for name in dense})


def _plain_column(column: pd.Series) -> pd.Series:
    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        return column.cat.rename_categories(str).cat.as_unordered()
    if pd.api.types.is_bool_dtype(kind) or not pd.api.types.is_numeric_dtype(kind):
        return column.astype(str).where(column.notna())
    numbers = column.to_numpy(dtype=float, na_value=np.nan)
    fits = pd.api.types.is_integer_dtype(kind) and column.max() <= np.iinfo(np.int64).max
    if fits and column.notna().all():
        return column.astype(np.int64)
    typed = numbers.astype(np.int64) if _are_integers(numbers) else numbers
    return pd.Series(typed, name=column.name)


def _are_integers(numbers: np.ndarray) -> bool:
    """Whether floats are whole, and small enough to be the very integers that were written."""
    return bool(((np.abs(numbers) < 2**53) & (np.trunc(numbers) == numbers)).all())
