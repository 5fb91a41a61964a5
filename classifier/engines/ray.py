"""Ray Data: a class that each worker makes once and calls for every block of rows."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from classifier.engines.arrow import ArrowCleaner
from classifier.policy import Policy
from classifier.readers.base import Source


class CleanBatch:
    """Cleans tables, for ``Dataset.map_batches(CleanBatch, batch_format="pyarrow", concurrency=n)``.

    Columns, errors and parameters are those of `classifier.engines.arrow.ArrowCleaner`; the model
    is read when the worker starts, so that a missing one stops the run at once.

    Raises
    ------
    ArtefactError
        Where the model folder is missing on the worker, or not a model of this version.

    Examples
    --------
    >>> clean = CleanBatch(counts=True)
    >>> table = clean(pa.table({"text": ["The bridge opens on Monday."]}))
    >>> table.column_names
    ['text', 'denag_counts', 'denag_error']
    """

    def __init__(
        self,
        model: str | Path | None = None,
        policy: Policy = Policy(),
        source: Source = Source(),
        counts: bool = False,
    ) -> None:
        self._clean = ArrowCleaner(model, policy, source, counts)
        _ = self._clean.cleaner

    def __call__(self, table: pa.Table) -> pa.Table:
        return self._clean(table)
