"""Labels from span attributes in place of a model: documents are cut again without being labelled again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from classifier.cleaner import segment
from classifier.edits import NOT_CONTENT, PREFIX, plain_id
from classifier.errors import ConfigError
from classifier.readers.standard_input import open_input
from classifier.types import LABELS, BlockBatch, Document, IntArray, Label, LabelledBatch, view_of

_CONTENT = PREFIX + Label.CONTENT


@dataclass(frozen=True, slots=True)
class _Spans:
    """One line of attributes, blocks in order."""

    where: str
    id: str | int
    view: str
    blocks: list[tuple[int, int, int, float, float]]
    """Start, end, number of the label, score, probability of being no content."""


class AttributeFile:
    """Labels documents in step with a file that `denag clean --attributes` wrote of them.

    Parameters
    ----------
    path
        JSON lines, in the order of the documents.
    labels
        Labels that may stand in it: those of the model.

    Raises
    ------
    ConfigError
        When called, where ids, views or offsets do not agree with the documents.
    """

    def __init__(self, path: Path, labels: tuple[str, ...] = LABELS) -> None:
        self.path = path
        self.labels = labels
        self.lines = _read(path, {PREFIX + label: i for i, label in enumerate(labels)})

    def __call__(self, documents: Sequence[Document]) -> list[tuple[list[int], LabelledBatch]]:
        spans = [self._next(document) for document in documents]
        results = []
        for media_type in sorted({document.media_type for document in documents}):
            places = [i for i, document in enumerate(documents) if document.media_type == media_type]
            results.append((places, _labelled([documents[i] for i in places], [spans[i] for i in places], self.labels)))
        return results

    def check_end(self) -> None:
        """Raise where attributes of more documents are left."""
        left = next(self.lines, None)
        if left is not None:
            raise ConfigError(f"{left.where}: attributes of {left.id!r}, expected no more: the documents have ended")

    def _next(self, document: Document) -> _Spans:
        spans = next(self.lines, None)
        name = plain_id(document)
        if spans is None:
            raise ConfigError(f"{self.path}: ends before the documents do, expected attributes of {name!r}")
        if spans.id != name:
            raise ConfigError(f"{spans.where}: attributes of {spans.id!r}, expected those of {name!r}")
        view = view_of(document.media_type)
        if spans.view != view:
            raise ConfigError(f"{spans.where}: {name!r} was judged in the {spans.view} view, expected {view}")
        return spans


def _labelled(documents: list[Document], spans: list[_Spans], names: tuple[str, ...]) -> LabelledBatch:
    blocks = [block for one in spans for block in one.blocks]
    offsets = np.cumsum([0, *(len(one.blocks) for one in spans)]).astype(np.intp)
    told = np.array([block[:2] for block in blocks], np.intp).reshape(-1, 2)
    labels = np.array([block[2] for block in blocks], np.int8)
    scores = np.array([block[3] for block in blocks], np.float32)
    not_content = np.array([block[4] for block in blocks], np.float64)
    if documents[0].media_type == "text/plain":
        _check_inside(documents, spans)
        batch = BlockBatch(b"\n", offsets, spans=told)
        return LabelledBatch(documents, batch, labels, scores, not_content, names=names)
    labelled = LabelledBatch(documents, segment(documents), labels, scores, not_content, names=names)
    _check_same(labelled, told, offsets, spans)
    return labelled


def _check_inside(documents: list[Document], spans: list[_Spans]) -> None:
    for document, one in zip(documents, spans, strict=True):
        at = 0
        for start, end, *_ in one.blocks:
            if not at <= start <= end <= len(document.content):
                raise ConfigError(f"{one.where}: span {start} to {end} does not fit the text of {one.id!r}")
            at = end


def _check_same(labelled: LabelledBatch, told: IntArray, offsets: IntArray, spans: list[_Spans]) -> None:
    found, bounds = labelled.batch.doc_offsets, labelled.batch.doc_offsets
    if not np.array_equal(found, offsets):
        d = int(np.flatnonzero(np.diff(found) != np.diff(offsets))[0])
        n, expected = len(spans[d].blocks), int(found[d + 1] - found[d])
        raise ConfigError(f"{spans[d].where}: {n} spans, but {spans[d].id!r} has {expected} blocks: another document?")
    differ = np.flatnonzero((labelled.spans != told).any(axis=1))
    if len(differ):
        d = int(np.searchsorted(bounds, differ[0], side="right")) - 1
        raise ConfigError(f"{spans[d].where}: spans are not those of the blocks of {spans[d].id!r}: another document?")


def _read(path: Path, numbers: Mapping[str, int]) -> Iterator[_Spans]:
    with open_input(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield _parse(line, f"{path}/{number}", numbers)


def _parse(line: bytes, where: str, numbers: Mapping[str, int]) -> _Spans:
    try:
        row: dict[str, Any] = orjson.loads(line)
        not_content = {(start, end): float(score) for start, end, score in row["attributes"].pop(NOT_CONTENT, ())}
        blocks = []
        if unknown := [name for name in row["attributes"] if name not in numbers]:
            raise ValueError(f"{unknown[0]!r} is of no label of the model ({', '.join(numbers)})")
        for name, spans in row["attributes"].items():
            for start, end, score in spans:
                label = numbers[name]
                other = 1 - score if name == _CONTENT else not_content.get((start, end))
                if other is None:
                    raise ValueError(f"span {start} to {end} of {name!r} is not under {NOT_CONTENT!r}")
                blocks.append((int(start), int(end), label, float(score), other))
        return _Spans(where, row["id"], row["view"], sorted(blocks, key=lambda block: block[:2]))
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        expected = 'expected {"id", "view", "attributes": {"denag__LABEL": [[start, end, score], ...], ...}}'
        raise ConfigError(f"{where}: {error}, {expected}") from error
