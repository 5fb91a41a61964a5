"""What hides words is undone for the features, and nothing else is touched."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Cleaner
from classifier.normalize import normalized


def form(text: str) -> str:
    return normalized(f"\n{text}\n".encode()).decode()[1:-1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Subscr\u0456be", "Subscribe"),
        ("\u0405ubscribe n\u043ew", "Subscribe now"),
        ("d\u03bfnate", "donate"),
        ("Пoдписка", "Подписка"),
        ("sub\u200bscribe", "subscribe"),
        ("sub\u00adscribe", "subscribe"),
        ("\ufeffsub\u2060scribe\u200e", "subscribe"),
        ("\u202esub\u202cscribe", "subscribe"),
        ("под\u00adписка", "подписка"),
        ("one\u00a0two\u2009three\u202ffour", "one two three four"),
        ("one\u2028two", "one two"),
    ],
)
def test_hidden_words(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "plain", "“curly” – quotes…", "Подписка на новости", "Γράψου τώρα", "日本語の文章",
        "می\u200cخواهم", "क्\u200dष",
        "👨\u200d👩\u200d👧", "é à ü", "COVID‑19", "α and β", "ЖЗИsub", "µm Ωm", "ไทย\u200bไทย",
    ],
)  # fmt: skip
def test_honest_words_stay(text: str) -> None:
    joined = f"\n{text}\n".encode()
    assert normalized(joined) is joined or normalized(joined) == joined


def test_only_the_blocks_concerned_change() -> None:
    text = "\nПодписка\nsubscr\u0456be\n\n“x”\nsub\u00adscribe\n".encode()
    assert normalized(text).decode().split("\n") == ["", "Подписка", "subscribe", "", "“x”", "subscribe", ""]


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(
            st.characters(exclude_characters="\n", exclude_categories=["Cs"])
            | st.sampled_from("aо\u200bsі\u00ad\u00a0")
        ),
        max_size=5,
    )
)
def test_blocks_are_counted_as_before_and_never_touch(blocks: list[str]) -> None:
    together = normalized("\n".join(("", *blocks, "")).encode())
    assert together.decode().split("\n")[1:-1] == [form(block) for block in blocks]


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_twice_is_once(text: str) -> None:
    text = text.replace("\n", " ")
    assert form(form(text)) == form(text)


def test_texts_come_back_as_they_were(cleaner: Cleaner) -> None:
    text = "Sub\u00adscr\u0456be to our news\u200bletter"
    [block] = cleaner.label(text)
    assert block.text == text
    assert [why.text for why in cleaner.explain(text)] == [text]


def test_labels_are_those_of_the_plain_words(cleaner: Cleaner, text_page: str) -> None:
    blocks = [line for line in text_page.split("\n") if line]
    disguised = [line.replace("i", "\u0456").replace("e", "e\u200b").replace(" ", "\u00a0") for line in blocks]
    disguised = [unicodedata.normalize("NFC", line) for line in disguised]
    plain, hidden = cleaner.label_blocks([blocks, disguised])
    assert hidden.labels == plain.labels
    assert np.allclose(hidden.probabilities, plain.probabilities, atol=0.2)
