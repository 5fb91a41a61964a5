"""Cut blocks out of many documents at once: `Policy.apply` for arrays."""

from __future__ import annotations

import re
from itertools import compress, pairwise

import numpy as np
import numpy.typing as npt

from classifier.types import IntArray, LabelledBatch

BoolArray = npt.NDArray[np.bool_]

EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")


def cut(labelled: LabelledBatch, dropped: BoolArray) -> list[str]:
    """Texts of documents without the blocks that are dropped.

    Blocks that stay together are taken as one slice. Plain text keeps the line ends it had between
    them; where something was cut out, an empty line stays if there was one. Other documents give
    their blocks joined by line ends.

    Parameters
    ----------
    labelled
        Documents of one media type.
    dropped
        Which blocks go. Shape (n_blocks,).

    Examples
    --------
    >>> from classifier.segment import segment_text
    >>> from classifier.types import Document
    >>> text = "One\\n\\nMenu\\n\\nTwo\\nThree\\n"
    >>> labels = np.array([0, 5, 0, 0], np.int8)
    >>> blocks = segment_text([text])
    >>> labelled = LabelledBatch([Document("a", text, "text/plain")], blocks, labels, np.ones(4), np.zeros(4))
    >>> cut(labelled, labels == 5)
    ['One\\n\\nTwo\\nThree\\n']
    """
    spans = labelled.batch.spans
    if spans is None and (labelled.media_type == "application/x-blocks" or labelled.batch.preformatted):
        texts, kept = labelled.texts, (~dropped).tolist()
        return ["\n".join(compress(texts[a:b], kept[a:b])) for a, b in pairwise(labelled.batch.doc_offsets.tolist())]
    first, last = _runs(labelled, ~dropped)
    bounds = np.searchsorted(first, labelled.batch.doc_offsets).tolist()
    if spans is None:
        offsets = labelled.batch.block_offsets
        return _cut_lines(labelled.batch.text, offsets[first].tolist(), (offsets[last + 1] - 1).tolist(), bounds)
    starts, ends = spans[first, 0].tolist(), spans[last, 1].tolist()
    cleaned = []
    for d, document in enumerate(labelled.documents):
        content = document.content
        assert isinstance(content, str)
        cleaned.append(_cut_text(content, starts[bounds[d] : bounds[d + 1]], ends[bounds[d] : bounds[d + 1]]))
    return cleaned


def positions_after(labelled: LabelledBatch, dropped: BoolArray) -> IntArray:
    """Where each block that is not dropped begins in the text that `cut` gives, in characters.

    Returns
    -------
    Shape (n_blocks,); meaningless at dropped blocks.
    """
    starts, ends = labelled.spans.T
    first, last = _runs(labelled, ~dropped)
    if len(first) == 0:
        return np.zeros(len(dropped), np.intp)
    run = np.maximum(np.searchsorted(first, np.arange(len(dropped)), side="right") - 1, 0)
    owner = np.searchsorted(labelled.batch.doc_offsets, first, side="right") - 1
    gaps = np.ones(len(first), np.intp)  # between this run and the one before it
    if labelled.batch.spans is not None:
        for r in np.flatnonzero(np.diff(owner, prepend=-1) == 0).tolist():
            content = labelled.documents[owner[r]].content
            assert isinstance(content, str)
            gaps[r] = 2 if EMPTY_LINE.search(content, ends[last[r - 1]], starts[first[r]]) else 1
    # a block that is cut out of joined lines has taken its line end with it: runs are counted by their own length
    lengths = ends[last] - starts[first]
    begins = np.cumsum(lengths + gaps) - lengths
    of_document = np.searchsorted(owner, owner)  # first run of the same document
    begins -= begins[of_document]
    return np.asarray(begins[run] + starts - starts[first[run]], np.intp)


def _runs(labelled: LabelledBatch, kept: BoolArray) -> tuple[IntArray, IntArray]:
    """First and last block of each stretch of kept blocks of one document."""
    n = len(kept)
    begins_document = np.zeros(n + 1, bool)
    begins_document[labelled.batch.doc_offsets] = True
    before, after = np.zeros(n, bool), np.zeros(n, bool)
    before[1:], after[:-1] = kept[:-1], kept[1:]
    first = np.flatnonzero(kept & (~before | begins_document[:-1]))
    last = np.flatnonzero(kept & (~after | begins_document[1:]))
    return first, last


def _cut_lines(text: bytes, starts: list[int], ends: list[int], bounds: list[int]) -> list[str]:
    texts = []
    for a, b in pairwise(bounds):
        if b - a == 1:
            texts.append(text[starts[a] : ends[a]].decode("utf-8"))
        else:
            texts.append(b"\n".join([text[starts[r] : ends[r]] for r in range(a, b)]).decode("utf-8"))
    return texts


def _cut_text(content: str, starts: list[int], ends: list[int]) -> str:
    parts: list[str] = []
    for r, (start, end) in enumerate(zip(starts, ends, strict=True)):
        if r:
            parts.append("\n\n" if EMPTY_LINE.search(content, ends[r - 1], start) else "\n")
        parts.append(content[start:end])
    if parts and content.endswith("\n"):
        parts.append("\n")
    return "".join(parts)
