"""Long blocks are read by their beginning, and come back whole."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from classifier import Cleaner
from classifier.excerpt import MAX_BLOCK_BYTES, excerpted
from classifier.segment import segment_blocks, segment_html, segment_text


@pytest.fixture(scope="module")
def cleaner() -> Cleaner:
    return Cleaner.load()


LONG = "The ferry sails again on Monday, the council said. " * 12_000


@pytest.mark.parametrize("letter", ["e", "é", "日", "𝄞"])
@pytest.mark.parametrize("shift", range(4))
def test_blocks_are_cut_between_characters(letter: str, shift: int) -> None:
    blocks = ["x" * shift + letter * MAX_BLOCK_BYTES, "One", letter * 300_000, ""]
    excerpt = excerpted(segment_blocks([blocks[:2], [], blocks[2:]]))
    assert excerpt.doc_offsets.tolist() == [0, 2, 2, 4]
    for block, whole in zip(excerpt.blocks(), blocks, strict=True):
        assert whole.startswith(block)
        n_bytes = len(block.encode())
        assert block == whole or MAX_BLOCK_BYTES - 4 < n_bytes <= MAX_BLOCK_BYTES


def test_what_is_not_long_is_the_very_same() -> None:
    for batch in (segment_blocks([["x" * MAX_BLOCK_BYTES, "y"]]), segment_text(["One\nTwo"])):
        assert excerpted(batch) is batch


def test_labels_are_those_of_the_beginning(cleaner: Cleaner) -> None:
    pages = [["Home", LONG, "Subscribe to our newsletter"], ["A short page.", "About us"]]
    begun = [["Home", LONG[:MAX_BLOCK_BYTES], "Subscribe to our newsletter"], pages[1]]
    for whole, beginning in zip(cleaner.label_blocks(pages), cleaner.label_blocks(begun), strict=True):
        assert np.array_equal(whole.probabilities, beginning.probabilities)


def test_link_density_stays() -> None:
    half = LONG[: len(LONG) // 2]
    batch = segment_html([f"<p><a>{half}</a>{half}</p><p><a>One</a></p>"])
    excerpt = excerpted(batch)
    assert batch.layout is not None
    assert excerpt.layout is not None
    chars = [sum(not c.isspace() for c in block) for block in excerpt.blocks()]
    density = excerpt.layout.link_chars / chars
    assert density == pytest.approx([0.5, 1], abs=1e-3)


def test_long_blocks_come_back_whole(cleaner: Cleaner) -> None:
    for page in (LONG.strip() + "\n\nSubscribe to our newsletter", f"<p>{LONG}</p><p>Subscribe to our newsletter</p>"):
        [long, _] = cleaner.label(page)
        assert long.text == LONG.strip()
        assert LONG.strip() in cleaner.clean(page)
        [why, _] = cleaner.explain(page)
        assert (why.text, why.label) == (long.text, long.label)
        assert why.score == pytest.approx(long.score, abs=1e-5)


def test_memory_of_a_single_long_line(cleaner: Cleaner) -> None:
    text = LONG * 20
    cleaner.clean(text[:1000])
    tracemalloc.start()
    assert cleaner.clean(text) == text.strip()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15 * len(text)
