"""Parquet: a document a row, read a batch of rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from classifier.errors import InputError
from classifier.readers.base import Reject, Source, row_to_document
from classifier.types import Document

_BATCH_ROWS = 256


def read_parquet(path: Path, source: Source) -> Iterator[Document | Reject]:
    """Documents of a ``.parquet`` file; ids default to ``path/row``, rows counted from 1."""
    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield row_to_document(row, f"{path}/{number}", source)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file: {error}") from error
    except (ValueError, OverflowError) as error:  # a time that Python's datetime can not hold
        raise InputError(f"{path}: after row {number}: {error}") from error
