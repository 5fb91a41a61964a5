"""Arrow: one function from batch to batch, behind Spark, DuckDB, Polars, Ray Data and whatever else speaks Arrow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

from classifier.artefact import read_config
from classifier.cleaner import Cleaner
from classifier.errors import ConfigError
from classifier.policy import Policy
from classifier.readers.base import Reject, Source, row_to_document
from classifier.types import LABELS, Document, LabelledDocument

ERROR, COUNTS = "denag_error", "denag_counts"


class ArrowCleaner:
    """Cleans the documents of Arrow batches, a row a document; every row comes back, in order.

    A batch has one or more of the columns ``html``, ``text`` and ``blocks`` (strings, or structs
    with ``text``), and each row holds exactly one of them. ``text`` is replaced by the cleaned text,
    or added; every other column stays as it is. The column ``denag_error`` is added last: null
    where the row was cleaned, else why it was not (nothing in it, two of the fields, a wrong type),
    and then its ``text`` is null. A document of nothing but nags has the text ``""``.

    The model is read at the first batch and is not pickled: engines send this object to workers
    that each read the model for themselves.

    Parameters
    ----------
    model
        A model folder, readable where the work is done; None for the shipped model.
    policy
        Which labels stay in the text.
    source
        Names of the columns.
    counts
        Whether to add ``denag_counts``: a struct of how many blocks had each label, int32, null
        where the row was not cleaned.

    Examples
    --------
    >>> batch = pa.RecordBatch.from_pydict({"n": [7, 8], "text": ["The bridge opens on Monday.", None]})
    >>> ArrowCleaner()(batch).to_pylist()[0]
    {'n': 7, 'text': 'The bridge opens on Monday.', 'denag_error': None}
    >>> ArrowCleaner()(batch)["denag_error"][1].as_py()
    "expected exactly one of 'html', 'text', 'blocks', found none"
    """

    def __init__(
        self,
        model: str | Path | None = None,
        policy: Policy = Policy(),
        source: Source = Source(),
        counts: bool = False,
    ) -> None:
        self.model = model
        self.policy = policy
        self.source = source
        self.counts = counts

    @cached_property
    def cleaner(self) -> Cleaner:
        """The loaded model."""
        return Cleaner.load(self.model)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Labels of the model, read from its settings alone: a schema is asked for before any work is done."""
        return LABELS if self.model is None else tuple(read_config(Path(self.model))["labels"])

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "cleaner"}

    def __call__(self, batch: pa.RecordBatch | pa.Table) -> pa.RecordBatch | pa.Table:
        """Clean one batch, or a table.

        Raises
        ------
        ConfigError
            Where no column holds documents, or two have the same name.
        """
        schema = self.schema(batch.schema)
        results = self._results(batch)
        cleaned = [None if isinstance(result, Reject) else self.policy.apply(result) for result in results]
        columns: dict[str, Any] = {
            self.source.text_field: cleaned,
            COUNTS: [None if isinstance(r, Reject) else self._counts(r) for r in results] if self.counts else [],
            ERROR: [result.reason if isinstance(result, Reject) else None for result in results],
        }
        ours = {self.source.text_field, ERROR} | ({COUNTS} if self.counts else set())
        arrays = [
            pa.array(columns[field.name], field.type) if field.name in ours else batch.column(field.name)
            for field in schema
        ]
        return type(batch).from_arrays(arrays, schema=schema)

    def stream(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Clean batches as they come: what Spark's ``mapInArrow`` and a ``RecordBatchReader`` ask for."""
        yield from map(self, batches)

    def schema(self, schema: pa.Schema) -> pa.Schema:
        """Schema of the cleaned batches of an input schema.

        Parameters
        ----------
        schema
            That of the input.

        Raises
        ------
        ConfigError
            Where no column holds documents, or two have the same name.
        """
        names = schema.names
        fields = (self.source.html_field, self.source.text_field, "blocks")
        if not set(fields) & set(names):
            expected = ", ".join(map(repr, fields))
            raise ConfigError(f"columns {', '.join(map(repr, names))}: expected at least one of {expected}")
        if twice := [name for name, n in Counter(names).items() if n > 1]:
            raise ConfigError(f"column {twice[0]!r} is there twice, expected names to be unique")
        text = pa.field(self.source.text_field, self._text_type(schema))
        result = schema
        result = result.set(schema.get_field_index(text.name), text) if text.name in names else result.append(text)
        kind = pa.struct([(label, pa.int32()) for label in self.labels]) if self.counts else None
        added = [pa.field(COUNTS, kind)] if self.counts else []
        for field in (*added, pa.field(ERROR, pa.string())):
            if field.name in names:  # cleaned before: what is said of that run gives way
                result = result.remove(result.get_field_index(field.name))
            result = result.append(field)
        return result

    def _text_type(self, schema: pa.Schema) -> pa.DataType:
        """Type of the cleaned text: that of the text before, where it can hold text."""
        found = [
            schema.field(name).type for name in (self.source.text_field, self.source.html_field) if name in schema.names
        ]
        kind = found[0] if found else pa.string()
        kind = kind.value_type if pat.is_dictionary(kind) else kind
        if pat.is_large_string(kind) or pat.is_large_binary(kind):
            return pa.large_string()
        return kind if pat.is_string_view(kind) else pa.string()

    def _counts(self, labelled: LabelledDocument) -> dict[str, int]:
        counts = Counter(labelled.labels)
        return {str(label): counts[label] for label in self.labels}

    def _results(self, batch: pa.RecordBatch | pa.Table) -> list[LabelledDocument | Reject]:
        fields = (self.source.html_field, self.source.text_field, "blocks")
        names = [name for name in fields if name in batch.schema.names]
        columns = [_values(batch.column(name)) for name in names]
        rows = (dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True))
        items = [row_to_document(row, str(number), self.source) for number, row in enumerate(rows)]
        labelled = iter(label_each(self.cleaner, [item for item in items if isinstance(item, Document)]))
        return [item if isinstance(item, Reject) else next(labelled) for item in items]


def label_each(cleaner: Cleaner, documents: list[Document]) -> list[LabelledDocument | Reject]:
    """Labelled documents, in order; one that fails is a reject in its place and takes no other with it.

    A run over a cluster must neither end nor lose a batch because of one document, whatever is
    wrong with it: the exception's name and message are the reason.
    """
    try:
        return list(cleaner.label_batch(documents))
    except Exception as error:
        if len(documents) == 1:
            return [Reject(str(documents[0].id), f"{type(error).__name__}: {error}")]
    return [result for document in documents for result in label_each(cleaner, [document])]


def _values(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Python values of a column; strings of an engine that did not check its UTF-8 are mended."""
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        values = [_mended(value) for value in column]
    return values


def _mended(value: pa.Scalar) -> Any:
    try:
        return value.as_py()
    except UnicodeDecodeError:
        buffer = value.as_buffer() if hasattr(value, "as_buffer") else b""
        return bytes(buffer).decode("utf-8", "replace")
