"""What a run gives for each document: cleaned, tagged, or its labels alone as rows or span attributes."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from classifier.cut import BoolArray, cut, positions_after
from classifier.errors import InputError
from classifier.policy import Policy
from classifier.types import LABELS, Document, Label, LabelledBatch, view_of

Row = dict[str, Any]

_CONTENT, _PAYWALL = LABELS.index(Label.CONTENT), LABELS.index(Label.PAYWALL_PROMPT)
PREFIX = "denag__"
NOT_CONTENT = PREFIX + "not_content"
PAYWALLED, TAGGED, BLOCKS = "paywalled", "tagged", "blocks"


class Edit(Protocol):
    """Turns labelled documents into rows."""

    whole_rows: bool
    """Whether `rows` gives whole rows, not fields to be set in the row a document came from."""

    def dropped(self, labelled: LabelledBatch) -> BoolArray:
        """Which blocks go. Shape (n_blocks,)."""
        ...

    def rows(self, labelled: LabelledBatch, dropped: BoolArray) -> list[Row]:
        """A row for each document."""
        ...


@dataclass(frozen=True, slots=True)
class Clean:
    """Replaces the text by what is left of it.

    Parameters
    ----------
    policy
        What goes.
    tag_only
        Labels whose blocks stay whatever the policy says, with their place in the new text told in
        the field ``tagged``.
    text_field
        Where the text goes.
    """

    policy: Policy
    tag_only: frozenset[str] = frozenset()
    text_field: str = "text"
    whole_rows = False

    def dropped(self, labelled: LabelledBatch) -> BoolArray:
        dropped = self.policy.dropped(labelled.labels, labelled.not_content, labelled.media_type, labelled.names)
        return dropped & ~self._tagged(labelled) if self.tag_only else dropped

    def rows(self, labelled: LabelledBatch, dropped: BoolArray) -> list[Row]:
        rows: list[Row] = [{self.text_field: text} for text in cut(labelled, dropped)]
        for d in np.flatnonzero(paywalled(labelled)).tolist():
            rows[d][PAYWALLED] = True
        if self.tag_only:
            for row in rows:
                row[TAGGED] = []
            places = np.flatnonzero(self._tagged(labelled))
            owners = np.searchsorted(labelled.batch.doc_offsets, places, side="right") - 1
            starts = positions_after(labelled, dropped)[places]
            ends = starts + labelled.block_chars[places]
            tags = _tags(labelled, places.tolist(), starts.tolist(), ends.tolist())
            for owner, tag in zip(owners.tolist(), tags, strict=True):
                rows[owner][TAGGED].append(tag)
        return rows

    def _tagged(self, labelled: LabelledBatch) -> BoolArray:
        return np.isin(labelled.labels, [i for i, name in enumerate(labelled.names) if name in self.tag_only])


@dataclass(frozen=True, slots=True)
class Tag:
    """Keeps every text and tells the labels of its blocks in the field ``blocks``.

    Offsets count the characters of the text; markup gets a text, its blocks joined by line ends. Blocks that
    came as objects keep what they hold: where they have a label of their own, or a score or an offset, ours
    stands beside it as ``denag_label`` and so on.
    """

    text_field: str = "text"
    whole_rows = False

    def dropped(self, labelled: LabelledBatch) -> BoolArray:
        return np.zeros(len(labelled.labels), bool)

    def rows(self, labelled: LabelledBatch, dropped: BoolArray) -> list[Row]:
        starts, ends = labelled.spans.T.tolist()
        tags = _tags(labelled, list(range(len(starts))), starts, ends)
        bounds = labelled.batch.doc_offsets.tolist()
        rows: list[Row] = [{BLOCKS: tags[a:b]} for a, b in pairwise(bounds)]
        if labelled.media_type == "text/html":
            for row, text, document in zip(rows, cut(labelled, dropped), labelled.documents, strict=True):
                if document.metadata.get(BLOCKS):  # the label format
                    raise InputError(
                        f"{plain_id(document)}: found labelled 'blocks' beside the markup, which --tag would replace; "
                        "expected rows without them (denag label writes its labels as rows of their own)"
                    )
                row[self.text_field] = text
        elif labelled.media_type == "text/plain":
            for row, document in zip(rows, labelled.documents, strict=True):
                if not document.metadata:  # a page, not a row that has its text
                    row[self.text_field] = document.content
        elif labelled.media_type == "application/x-blocks":
            for row, document in zip(rows, labelled.documents, strict=True):
                row[BLOCKS] = _with_their_blocks(row[BLOCKS], document)
        for d in np.flatnonzero(paywalled(labelled)).tolist():
            rows[d][PAYWALLED] = True
        return rows


@dataclass(frozen=True, slots=True)
class LabelRows:
    """What ``denag label`` writes: ``{"id", "url", "blocks": [{"text", "label", "score", "start", "end"}, ...]}``.

    Parameters
    ----------
    probabilities
        Whether each block also tells the probability of every label.
    """

    probabilities: bool = False
    whole_rows = True

    def dropped(self, labelled: LabelledBatch) -> BoolArray:
        return np.zeros(len(labelled.labels), bool)

    def rows(self, labelled: LabelledBatch, dropped: BoolArray) -> list[Row]:
        starts, ends = labelled.spans.T.tolist()
        blocks: list[Row] = [
            {"text": text, **tag}
            for text, tag in zip(labelled.texts, _tags(labelled, list(range(len(starts))), starts, ends), strict=True)
        ]
        if self.probabilities:
            assert labelled.probabilities is not None
            for block, row in zip(blocks, labelled.probabilities.tolist(), strict=True):
                block["probabilities"] = {str(k): round(p, 6) for k, p in zip(labelled.names, row, strict=True)}
        bounds = labelled.batch.doc_offsets.tolist()
        return [
            {"id": plain_id(document), "url": document.url, BLOCKS: blocks[a:b]}
            for document, a, b in zip(labelled.documents, bounds, bounds[1:], strict=False)
        ]


@dataclass(frozen=True, slots=True)
class Attributes:
    """Span attributes as Dolma has them: ``{"id", "view", "attributes": {"denag__LABEL": [[start, end, score]]}}``.

    Every block stands under its label, and those that have another than content once more under
    ``denag__not_content`` with the probability that they are none, so that `denag apply` can cut a
    document by other thresholds without labelling it again. ``view`` says which of the model's views
    judged it. Scores are told to as many digits as tell them apart from all others.
    """

    whole_rows = True

    def dropped(self, labelled: LabelledBatch) -> BoolArray:
        return np.zeros(len(labelled.labels), bool)

    def rows(self, labelled: LabelledBatch, dropped: BoolArray) -> list[Row]:
        starts, ends = labelled.spans.T.tolist()
        names = [PREFIX + label for label in labelled.names]
        labels, scores, not_content = labelled.labels.tolist(), labelled.scores.tolist(), labelled.not_content.tolist()
        blocks = list(zip(labels, starts, ends, scores, not_content, strict=True))
        view = view_of(labelled.media_type)
        bounds = labelled.batch.doc_offsets.tolist()
        rows: list[Row] = []
        for document, a, b in zip(labelled.documents, bounds, bounds[1:], strict=False):
            attributes: dict[str, list[list[float]]] = {}
            for label, start, end, score, other in blocks[a:b]:
                # nine digits tell all float32 numbers apart
                attributes.setdefault(names[label], []).append([start, end, float(f"{score:.9g}")])
                if label != _CONTENT:
                    attributes.setdefault(NOT_CONTENT, []).append([start, end, other])
            rows.append({"id": plain_id(document), "view": view, "attributes": attributes})
        return rows


def paywalled(labelled: LabelledBatch) -> BoolArray:
    """Whether the text of each document ends in a paywall.

    It does where a paywall prompt follows and no content comes after it: the last block that is
    content or a paywall prompt is a paywall prompt. Furniture, ads and boxes around it do not count.

    Returns
    -------
    Shape (n_docs,).
    """
    bounds = labelled.batch.doc_offsets
    telling = np.flatnonzero((labelled.labels == _CONTENT) | (labelled.labels == _PAYWALL))
    if len(telling) == 0:
        return np.zeros(len(bounds) - 1, bool)
    at = np.searchsorted(telling, bounds[1:]) - 1
    last = telling[np.maximum(at, 0)]
    return np.asarray((at >= 0) & (last >= bounds[:-1]) & (labelled.labels[last] == _PAYWALL))


def plain_id(document: Document) -> str | int:
    """Id of a document as JSON can hold it: a file's name may be no UTF-8."""
    return document.id if isinstance(document.id, int) else document.id.encode("utf-8", "replace").decode()


def _tags(labelled: LabelledBatch, places: list[int], starts: list[int], ends: list[int]) -> list[Row]:
    names = [str(label) for label in labelled.names]
    return [
        {"label": names[label], "score": round(score, 6), "start": start, "end": end}
        for label, score, start, end in zip(
            labelled.labels[places].tolist(), labelled.scores[places].tolist(), starts, ends, strict=True
        )
    ]


def _with_their_blocks(tags: list[Row], document: Document) -> list[Row]:
    """Tags of a row that came as blocks, each with what its block said."""
    given = document.metadata.get(BLOCKS) or document.content
    blocks = [block if isinstance(block, dict) else {"text": block} for block in given]
    held = set().union(*blocks)
    return [
        {**block, **{beside(name, held): value for name, value in tag.items()}}
        for block, tag in zip(blocks, tags, strict=True)
    ]


def beside(name: str, held: Container[str]) -> str:
    """Name of what is said of a block beside what the block holds already: that stays under its name.

    Examples
    --------
    >>> beside("label", {"text", "label"}), beside("score", {"text", "label"})
    ('denag_label', 'score')
    """
    return f"denag_{name}" if name in held else name
