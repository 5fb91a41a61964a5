"""A short page stands between copies of itself; its own blocks are found in the middle."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import Cleaner
from classifier.segment import segment_blocks, segment_html
from classifier.short import LEAST_BLOCKS, lengthened

STORY = "The bridge opens on Monday."
PAGES = [["One", "Two"], [], [str(i) for i in range(LEAST_BLOCKS)], ["Three"], ["", "é", "x"]]


def test_blocks_are_found_in_the_middle_copy() -> None:
    batch = segment_blocks(PAGES)
    long = lengthened(batch)
    assert long is not None
    assert [long.batch.block(i) for i in long.rows] == batch.blocks()
    assert [batch.block(i) for i in long.source] == long.batch.blocks()
    assert (long.source[long.rows] == np.arange(batch.n_blocks)).all()
    sizes = np.diff(long.batch.doc_offsets)
    assert sizes.tolist() == [10, 0, LEAST_BLOCKS, LEAST_BLOCKS, 9]


def test_layout_goes_along() -> None:
    batch = segment_html(["<nav class=menu><a>Home</a></nav><p id=story>One", "<p>" * 20])
    long = lengthened(batch)
    assert long is not None
    assert long.batch.layout is not None
    assert batch.layout is not None
    np.testing.assert_array_equal(long.batch.layout.element, batch.layout.element[long.source])
    np.testing.assert_array_equal(long.batch.layout.link_chars, batch.layout.link_chars[long.source])


def test_long_pages_stay() -> None:
    assert lengthened(segment_blocks([[str(i) for i in range(LEAST_BLOCKS)], []])) is None
    assert lengthened(segment_blocks([])) is None


@pytest.mark.parametrize(
    ("text", "label"),
    [(STORY, "content"), ("Subscribe to our newsletter", "newsletter_prompt"), ("Home", "boilerplate")],
)
def test_single_blocks_are_taken_for_what_they_are(cleaner: Cleaner, text: str, label: str) -> None:
    assert cleaner.label_blocks([[text]])[0].labels == [label]
    assert cleaner.label(text).labels == [label]
