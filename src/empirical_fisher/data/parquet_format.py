"""Parquet, whose size in memory is known before it is read."""

from __future__ import annotations

import io
import logging
from typing import Any

import pandas as pd

from . import csv_format
from .datasets import DatasetError
from .raw_tables import refuse_width, too_large

LOGGER = logging.getLogger("empirical_fisher")


def read(content: bytes, largest: float) -> pd.DataFrame:
    """Read the columns but for pandas' index, unless they need more than the largest size.

    What the file says of its size is looked at first. Its text is read as codes of a dictionary,
    since a value may be there once and be meant a million times, and written out only if it fits.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        file = pa.parquet.ParquetFile(io.BytesIO(content))
        schema, facts = file.schema_arrow, file.metadata
        names = _columns(schema)
        leaves = [file.schema.column(number) for number in range(facts.num_columns)]
        stored = sum(facts.row_group(each).total_byte_size for each in range(facts.num_row_groups))
        if max(stored, facts.num_rows * sum(max(8, leaf.length) for leaf in leaves)) > largest:
            raise too_large(largest)
        text = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY"]
        file = pa.parquet.ParquetFile(io.BytesIO(content), read_dictionary=text)
        size = 0
        pieces = []
        for piece in file.iter_batches(columns=names):
            size += sum(map(_written_out, piece.columns))
            if size > largest:
                raise too_large(largest)
            pieces.append(piece)
        table = pa.Table.from_batches(pieces, None if pieces else schema).select(names)
        columns = [table[name].cast(schema.field(name).type) for name in names]
        return pa.table(columns, names).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(str(error).splitlines()[0]) from None


def _columns(schema: Any) -> list[str]:
    """The names of the columns that hold data, and not the index of pandas' table."""
    import pyarrow as pa

    csv_format.refuse_duplicates(schema.names)
    refuse_width(len(schema.names))
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
