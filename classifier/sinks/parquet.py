"""Parquet rows with some columns set; schema and all other columns stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.edits import BLOCKS, PAYWALLED, TAGGED, beside
from classifier.errors import InputError
from classifier.readers.parquet import NOT_PARQUET

_GROUP_BYTES = 32 << 20
_TAG = (("label", pa.string()), ("score", pa.float32()), ("start", pa.int64()), ("end", pa.int64()))


class ParquetRows:
    """Record batches of one file with some columns set.

    Parameters
    ----------
    path
        Output file.
    source
        The file the rows come from; its schema is kept, columns that it has not are put behind its own.
    columns
        Names of the columns that are set.
    """

    def __init__(self, path: Path, source: Path, columns: Sequence[str]) -> None:
        self.source = source
        self.columns = columns
        self.schema = extended_schema(source, columns)
        self.writer = pq.ParquetWriter(path, self.schema, compression="zstd")
        self.batches: list[Any] = []
        self.n_bytes = 0

    def __enter__(self) -> Self:
        return self

    def write(self, batch: Any, kept: Sequence[int], rows: Sequence[Mapping[str, Any]]) -> None:
        """Write some rows of a record batch.

        Parameters
        ----------
        batch
            All columns of the rows.
        kept
            Which rows are written.
        rows
            What is set in each of them.
        """
        if len(kept) < batch.num_rows:
            batch = batch.take(pa.array(kept, pa.int64()))
        arrays = []
        try:
            for field in self.schema:
                old = batch.column(field.name) if field.name in batch.schema.names else None
                arrays.append(_column(field, old, rows) if field.name in self.columns else old)
            done = pa.record_batch(arrays, schema=self.schema)
        except (pa.ArrowException, TypeError) as error:
            raise InputError(f"{self.source}: column {field.name!r}, {field.type}, can not hold {error}") from error
        self.batches.append(done)
        self.n_bytes += done.nbytes
        if self.n_bytes >= _GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self.batches:
            table = pa.Table.from_batches(self.batches, self.schema)
            self.writer.write_table(table, row_group_size=max(table.num_rows, 1))
            self.batches, self.n_bytes = [], 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self.writer:
            if kind is None:
                self._flush()


def extended_schema(source: Path, columns: Sequence[str]) -> Any:
    """Schema of a file with the columns that are to be set."""
    try:
        schema = pq.read_schema(source)
    except NOT_PARQUET as error:
        raise InputError(f"{source}: not a whole Parquet file: {error}") from error
    for name in columns:
        if name == BLOCKS:
            tags = pa.field(BLOCKS, _tags_type(schema))
            at = schema.get_field_index(BLOCKS)
            schema = schema.append(tags) if at < 0 else schema.set(at, tags)
        elif name not in schema.names:
            kinds = {PAYWALLED: pa.bool_(), TAGGED: pa.list_(pa.struct(_TAG))}
            schema = schema.append(pa.field(name, kinds.get(name, pa.string())))
    return schema


def join_parquet(parts: Iterable[Path], path: Path, source: Path, columns: Sequence[str]) -> None:
    """Copy the row groups of some files to one, a row group at a time, without columns that stayed out."""
    schema = extended_schema(source, columns)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for i in range(file.num_row_groups):
                    table = file.read_row_group(i, schema.names).cast(schema)
                    writer.write_table(table, row_group_size=max(table.num_rows, 1))


def _tags_type(schema: Any) -> Any:
    """Type of the column ``blocks``: what a block had, and its tag."""
    at = schema.get_field_index(BLOCKS)
    fields: dict[str, Any] = {}
    if at >= 0:
        inner = schema.field(at).type
        value: Any = getattr(inner, "value_type", None)
        fields = {f.name: f.type for f in value} if pa.types.is_struct(value) else {"text": pa.string()}
    tag = {beside(name, fields): kind for name, kind in _TAG}
    return pa.list_(pa.struct(list((fields | tag).items())))


def _column(field: Any, old: Any, rows: Sequence[Mapping[str, Any]]) -> Any:
    if field.name == PAYWALLED and not pa.types.is_boolean(field.type):
        return old  # a column of theirs that only has the same name
    if old is not None and any(field.name not in row for row in rows):  # plain text that is only tagged
        return pa.array([row.get(field.name, was) for row, was in zip(rows, old.to_pylist(), strict=True)], field.type)
    return pa.array([row.get(field.name) for row in rows], field.type)
