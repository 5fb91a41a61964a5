"""Cutting many documents at once gives what cutting each block by block gives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LABELS, Block, Document, LabelledDocument, Policy
from classifier.cleaner import segment
from classifier.cut import cut, positions_after
from classifier.types import LabelledBatch, MediaType

PAGES = st.lists(st.text(alphabet="abé \n\r\t.\u2028", max_size=60), min_size=1, max_size=5)
MEDIA_TYPES: tuple[MediaType, ...] = ("text/plain", "text/html", "application/x-blocks")


def documents_of(texts: list[str], media_type: MediaType) -> list[Document]:
    contents: dict[str, Callable[[str], str | list[str]]] = {
        "text/plain": str,
        "text/html": lambda text: "".join(f"<p>{line}</p><pre>{line}\n .</pre>" for line in text.split("\n")),
        "application/x-blocks": lambda text: text.split(".") if text else [],
    }
    return [Document(i, contents[media_type](text), media_type) for i, text in enumerate(texts)]


def labelled_of(documents: list[Document], data: st.DataObject) -> LabelledBatch:
    batch = segment(documents)
    n = batch.n_blocks
    labels = np.array(data.draw(st.lists(st.sampled_from([0, 0, 1, 5]), min_size=n, max_size=n)), np.int8)
    return LabelledBatch(documents, batch, labels, np.ones(n, np.float32), np.ones(n))


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@settings(deadline=None)
@given(PAGES, st.data())
def test_cut_is_what_the_policy_gives(media_type: MediaType, texts: list[str], data: st.DataObject) -> None:
    documents = documents_of(texts, media_type)
    labelled = labelled_of(documents, data)
    spans = labelled.spans.tolist()
    blocks = [
        Block(text, LABELS[label], 1.0, start, end)
        for text, label, (start, end) in zip(labelled.texts, labelled.labels, spans, strict=True)
    ]
    bounds = labelled.batch.doc_offsets.tolist()
    expected = [
        Policy().apply(LabelledDocument(document, tuple(blocks[bounds[d] : bounds[d + 1]])))
        for d, document in enumerate(documents)
    ]
    assert cut(labelled, labelled.labels != 0) == expected


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@settings(deadline=None)
@given(PAGES, st.data())
def test_positions_point_at_the_blocks_in_the_new_text(
    media_type: MediaType, texts: list[str], data: st.DataObject
) -> None:
    documents = documents_of(texts, media_type)
    labelled = labelled_of(documents, data)
    dropped = labelled.labels != 0
    cleaned, starts = cut(labelled, dropped), positions_after(labelled, dropped)
    owners = np.searchsorted(labelled.batch.doc_offsets, np.arange(len(dropped)), side="right") - 1
    blocks = labelled.texts
    for i in np.flatnonzero(~dropped):
        start, end = labelled.spans[i]
        content = documents[owners[i]].content
        block = content[start:end] if media_type == "text/plain" else blocks[i]
        assert cleaned[owners[i]][starts[i] : starts[i] + end - start] == block


@pytest.mark.parametrize("media_type", MEDIA_TYPES)
@settings(deadline=None)
@given(PAGES)
def test_spans_and_sizes_of_blocks(media_type: MediaType, texts: list[str]) -> None:
    documents = documents_of(texts, media_type)
    batch = segment(documents)
    n = batch.n_blocks
    labelled = LabelledBatch(documents, batch, np.zeros(n, np.int8), np.ones(n, np.float32), np.zeros(n))
    for d, document in enumerate(documents):
        first, last = batch.doc_offsets[d : d + 2]
        blocks = labelled.texts[first:last]
        text = document.content if media_type == "text/plain" else "\n".join(blocks)
        assert isinstance(text, str)
        for i, block in zip(range(first, last), blocks, strict=True):
            start, end = labelled.spans[i]
            assert labelled.block_chars[i] == end - start
            assert "".join(text[start:end].split()) == "".join(block.split())
