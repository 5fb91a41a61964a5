"""Finding a page's blocks again in what somebody extracted from it, and what a second pass does to them."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.matching import kept_blocks
from benchmarks.sections.second_pass import SecondPass
from classifier import LABELS

PAGE = [
    "Home",
    "Harbour Post",
    "The old ferry sails again after two years in the yard",
    "By Anna Lind",
    "The harbour office said on Tuesday that the ferry is back between the islands.",
    "Subscribe",
    "Get our letter every Friday, straight to your inbox.",
    "Tickets cost four crowns; children ride for free.",
    "Home",
    "© Harbour Post",
]
ARTICLE = "\n".join([PAGE[2], PAGE[3], PAGE[4], PAGE[7]])


def held(blocks: list[str], text: str) -> list[int]:
    return np.flatnonzero(kept_blocks(blocks, text)).tolist()


def test_article_is_found() -> None:
    assert held(PAGE, ARTICLE) == [2, 3, 4, 7]
    assert held(PAGE, "") == []
    assert held([], ARTICLE) == []


def test_case_markup_and_line_ends_do_not_count() -> None:
    text = f"# {PAGE[2].upper()}\n\n- {PAGE[4][:30]}\n{PAGE[4][30:]}"
    assert held(PAGE, text) == [2, 4]


def test_cut_block_is_held_by_half_of_it() -> None:
    assert held([PAGE[4]], " ".join(PAGE[4].split()[:10])) == [0]
    assert held([PAGE[4]], " ".join(PAGE[4].split()[:5])) == []


def test_short_block_inside_a_sentence_is_not_held() -> None:
    """The word stands in the article, the button does not."""
    blocks = ["Subscribe", "Readers may subscribe to the harbour chronicle at the town library."]
    assert held(blocks, blocks[1]) == [1]
    assert held(blocks, f"{blocks[1]}\nSubscribe") == [0, 1]


def test_text_that_repeats_is_held_as_often_as_it_stands_there() -> None:
    blocks = ["Share", "One two three four five six", "Share", "Share"]
    assert held(blocks, "One two three four five six\nShare") == [0, 1]
    assert held(blocks, "One two three four five six\nShare\nShare") == [0, 1, 2]
    assert held(blocks, "Share\nOne two three four five six\nShare\nShare") == [0, 1, 2, 3]


def test_long_text_that_repeats_is_held_once_nearest_to_the_rest() -> None:
    plea = "Please support our work with a gift today"
    blocks = [plea, "Menu", "Map", "The bridge opens on Monday at noon", plea]
    assert held(blocks, f"The bridge opens on Monday at noon\n{plea}") == [3, 4]
    assert held(blocks, f"{plea}\nThe bridge opens on Monday at noon\n{plea}") == [0, 3, 4]


def test_blocks_without_words_are_not_held() -> None:
    assert held(["* * *", "…"], "* * *\n…") == []


def number(name: str) -> int:
    return [str(label) for label in LABELS].index(name)


@pytest.fixture
def page_labels() -> np.ndarray[tuple[int], np.dtype[np.int8]]:
    labels = np.full(len(PAGE), number("boilerplate"), np.int8)
    labels[[2, 4, 7]] = number("content")
    labels[[5, 6]] = number("newsletter_prompt")
    labels[3] = -1  # nobody judged the byline
    return labels


def test_second_pass_counts_what_leaked_and_what_was_removed(
    page_labels: np.ndarray[tuple[int], np.dtype[np.int8]],
) -> None:
    extract = "\n".join(PAGE[2:8])
    cleaned = "\n".join([PAGE[2], PAGE[4], PAGE[5]])  # one nag gone, and a sentence with it
    passed = SecondPass()
    passed.add(PAGE, page_labels, extract, cleaned)
    row = passed.row()
    assert row["nag_blocks"] == 2
    assert row["nag_blocks_leaked"] == 1
    assert row["nag_blocks_left"] == 0.5
    assert row["nag_blocks_removed"] == 0.5
    assert row["nag_words_removed"] == round(9 / 10, 4)
    assert row["content_words_extracted"] == 1
    lost, extracted = len(PAGE[7].split()), sum(len(PAGE[i].split()) for i in (2, 4, 7))
    assert row["content_words_lost"] == round(lost / extracted, 4)
    assert row["boilerplate_words_removed"] is None  # none was in the extract


def test_second_pass_that_does_nothing_removes_nothing(
    page_labels: np.ndarray[tuple[int], np.dtype[np.int8]],
) -> None:
    passed = SecondPass()
    passed.add(PAGE, page_labels, "\n".join(PAGE), "\n".join(PAGE))
    row = passed.row()
    assert row["nag_blocks_removed"] == row["nag_words_removed"] == row["content_words_lost"] == 0
    assert row["nag_blocks_leaked"] == row["nag_blocks_left"] == 1
