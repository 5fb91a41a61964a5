"""Cleaned documents as Parquet rows: schema and other columns stay."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.errors import InputError
from classifier.policy import Policy
from classifier.types import LabelledDocument

_GROUP_ROWS = 1024


class ParquetRows:
    """Rows of a Parquet file with the text column replaced, or added; the file appears when it is whole.

    Parameters
    ----------
    path
        Output file.
    source
        The file the rows come from; its schema is kept.
    policy
        What stays in the text.
    text_field
        Column the text goes to.
    """

    def __init__(self, path: Path, source: Path, policy: Policy, text_field: str = "text") -> None:
        try:
            schema = pq.read_schema(source)
        except (pa.ArrowException, OSError) as error:
            raise InputError(f"{source}: not a Parquet file: {error}") from error
        if text_field not in schema.names:
            schema = schema.append(pa.field(text_field, pa.string()))
        self.path = path
        self.unfinished = path.with_name(f".{os.getpid()}.{path.name}")
        self.schema = schema
        self.policy = policy
        self.text_field = text_field
        self.rows: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        try:
            self.writer = pq.ParquetWriter(self.unfinished, self.schema, compression="zstd")
        except OSError as error:
            raise InputError(f"{self.path}: {error.strerror or error}") from error
        return self

    def write(self, labelled: LabelledDocument) -> None:
        self.rows.append({**labelled.document.metadata, self.text_field: self.policy.apply(labelled)})
        if len(self.rows) >= _GROUP_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self.rows:
            self.writer.write_table(pa.Table.from_pylist(self.rows, schema=self.schema))
            self.rows = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self.writer:
                if kind is None:
                    self._flush()
            if kind is None:
                os.replace(self.unfinished, self.path)
        except OSError as failure:
            raise InputError(f"{self.path}: {failure.strerror or failure}") from failure
        finally:
            self.unfinished.unlink(missing_ok=True)
