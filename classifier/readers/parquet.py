"""Parquet: a document a row, read a batch of rows at a time, only the columns that are asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.errors import InputError
from classifier.readers.base import Reject, Source, row_to_document
from classifier.types import Document

_BATCH_ROWS = 256
_BUFFER_BYTES = 1 << 20
"""Column chunks are read through a buffer of this size, not whole: memory does not grow with the row groups."""
NOT_PARQUET = (pa.ArrowException, OSError, UnicodeDecodeError)
"""What pyarrow raises where a file is none of Parquet; the last where a column's name is no UTF-8."""


def read_parquet(path: Path, source: Source) -> Iterator[Document | Reject]:
    """Documents of a ``.parquet`` file; ids default to ``path/row``, rows counted from 1."""
    number = 1
    for batch in read_batches(path):
        yield from batch_documents(batch, path, source, number)
        number += batch.num_rows


def read_batches(
    path: Path, row_groups: Sequence[int] | None = None, columns: Sequence[str] | None = None
) -> Iterator[Any]:
    """Record batches of a file, of some of its row groups, with some of its columns; None: all of them.

    Raises
    ------
    InputError
        Where the file is no whole Parquet file; says after which row.
    """
    n = 0
    try:
        with pq.ParquetFile(path, buffer_size=_BUFFER_BYTES) as file:
            names_once(path, file.schema_arrow)
            for batch in file.iter_batches(_BATCH_ROWS, row_groups, columns):
                yield batch
                n += batch.num_rows
    except NOT_PARQUET as error:
        first = f"row group {row_groups[0]}, " if row_groups else ""
        raise InputError(f"{path}: not a whole Parquet file: {first}after row {n}: {error}") from error


def batch_documents(batch: Any, path: Path, source: Source, number: int) -> list[Document | Reject]:
    """Documents of a record batch whose first row is counted as ``number``."""
    try:
        rows = batch.to_pylist()
    except (ValueError, OverflowError) as error:  # a time that Python's datetime can not hold
        raise InputError(f"{path}: after row {number - 1}: {error}") from error
    return [row_to_document(row, f"{path}/{number + i}", source) for i, row in enumerate(rows)]


def row_group_rows(path: Path) -> tuple[list[int], list[int], list[str]]:
    """Rows and uncompressed bytes of each row group, and names of the columns.

    Raises
    ------
    InputError
        Where the file is no Parquet file.
    """
    try:
        with pq.ParquetFile(path) as file:
            groups = [file.metadata.row_group(i) for i in range(file.num_row_groups)]
            sizes = [group.total_byte_size for group in groups]
            return [group.num_rows for group in groups], sizes, names_once(path, file.schema_arrow)
    except NOT_PARQUET as error:
        raise InputError(f"{path}: not a whole Parquet file: {error}") from error


def names_once(path: Path, schema: Any) -> list[str]:
    """Names of the columns of a file.

    Raises
    ------
    InputError
        Where two have the same: a row could hold but one of them.
    """
    names = list(schema.names)
    for name, n in Counter(names).items():
        if n > 1:
            raise InputError(f"{path}: {n} columns are named {name!r}, expected a name for each")
    return names
