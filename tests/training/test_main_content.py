"""Main content found from the main text alone, and the word measures, which are those of tools/score.py."""

from __future__ import annotations

import random
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.dataset import UNKNOWN
from training.main_content import main_labels, word_f1, words

SENTENCES = [
    "The bridge over the river opens on Monday at noon.",
    "It was closed for two years while the piers were mended.",
    "Cars must wait until the autumn, the council said.",
]
MAIN = "Bridge opens\n" + "\n".join(SENTENCES)


def test_long_blocks() -> None:
    other = "Read all about the other bridges that were closed last year in our archive."
    assert main_labels([other, *SENTENCES, other], MAIN).tolist() == [0, 1, 1, 1, 0]


def test_blocks_cut_differently_than_the_main_text() -> None:
    joined = " ".join(SENTENCES)
    assert main_labels([joined], MAIN).tolist() == [1]
    assert main_labels([joined[:60], joined[60:]], MAIN).tolist() == [1, 1]
    assert main_labels(
        [SENTENCES[0] + " And then forty more words " + "that stand nowhere else " * 9], MAIN
    ).tolist() == [0]


def test_case_and_marks_do_not_count() -> None:
    assert main_labels(["THE BRIDGE OVER – THE RIVER opens on «Monday»"], MAIN).tolist() == [1]


def test_short_blocks_count_beside_long_ones_only() -> None:
    assert main_labels(["Bridge opens", *SENTENCES], MAIN).tolist() == [1, 1, 1, 1]
    assert main_labels(["Home", "Bridge opens", "Share"], MAIN).tolist() == [0, 0, 0]
    far = ["x y z w v u"] * 20
    assert main_labels(["Bridge opens", *far, *SENTENCES], MAIN).tolist() == [0] * 21 + [1, 1, 1]


def test_short_block_that_stands_more_often_than_in_the_main_text() -> None:
    labels = main_labels(["Bridge opens", *SENTENCES, "Bridge opens", "Bridge opens"], MAIN).tolist()
    assert labels == [1, 1, 1, 1, 0, 0]


def test_blocks_without_words_are_unknown() -> None:
    assert main_labels(["—", "", SENTENCES[0], "***"], MAIN).tolist() == [UNKNOWN, UNKNOWN, 1, UNKNOWN]


def test_nothing_to_find() -> None:
    assert main_labels([], MAIN).tolist() == []
    assert main_labels(["A few words of a page", "Home"], "").tolist() == [0, 0]


def test_words() -> None:
    assert words("The STRASSE, 2nd co-op; l'été_2!") == ["the", "strasse", "2nd", "co", "op", "l", "été_2"]
    assert words("Straße") == ["strasse"]
    assert words(" — ") == []


@pytest.mark.parametrize(
    ("predicted", "reference", "f1"),
    [
        ("a b c", "a b c", 1.0),
        ("c B a", "A b C", 1.0),
        ("a b", "a b c d", 2 * 2 / 6),
        ("a a a", "a", 2 * 1 / 4),
        ("a", "b", 0.0),
        ("", "", 1.0),
        ("—", "", 1.0),
        ("", "a", 0.0),
        ("a", "", 0.0),
    ],
)
def test_word_f1(predicted: str, reference: str, f1: float) -> None:
    assert word_f1(predicted, reference) == pytest.approx(f1)
    assert word_f1(reference, predicted) == pytest.approx(f1)


def test_word_f1_is_that_of_score(score: ModuleType) -> None:
    draw = random.Random(0)
    vocabulary = "the THE Bridge brücke Brücke opens, on. Monday – 世界 2 2nd ß ss — ·".split()
    for _ in range(300):
        a, b = (" ".join(draw.choices(vocabulary, k=draw.randrange(12))) for _ in range(2))
        assert word_f1(a, b) == pytest.approx(score.word_f1(a, b)[0], abs=1e-12)
        assert words(a) == score.words(a)


@given(st.text(), st.text())
def test_word_f1_of_anything(a: str, b: str) -> None:
    assert 0 <= word_f1(a, b) <= 1
    assert word_f1(a, a) == 1
