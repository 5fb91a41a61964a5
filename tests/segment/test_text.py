"""Plain text is cut at line ends, wrapped paragraphs are joined, and spans point into the text as it came."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.segment import segment_blocks, segment_text
from classifier.segment.lines import block_spans, cut_at_once
from classifier.segment.spaces import INVISIBLE
from classifier.segment.text import _SPACES

NARROW = """It was a wide river, and the old ferry took its
time on every one of its crossings. Passengers
Bought their tickets at the booth on the shore.
Nobody hurried."""

NO_INK = re.compile(
    r"[\s\0-\x1f\x7f\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]*"
)


def blocks(text: str) -> list[str]:
    return segment_text([text]).blocks()


def pieces(text: str) -> list[str]:
    """What the spans cut out of the text."""
    spans = segment_text([text]).spans
    assert spans is not None
    return [text[start:end] for start, end in spans.tolist()]


def folded(text: str) -> str:
    return " ".join(part for part in re.split(r"[\s\0]+", text) if part)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("one", ["one"]),
        ("one\ntwo\nthree\n", ["one", "two", "three"]),
        ("\n\n one \n\n\n\ttwo\t\n", ["one", "two"]),
        ("one\r\ntwo\r\n\r\nthree", ["one", "two", "three"]),
        ("one\rtwo", ["one", "two"]),
        (
            "one\ftwo\vthree\u2028four\u2029five\x85six\x1cseven",
            ["one", "two", "three", "four", "five", "six", "seven"],
        ),
        ("one   two\t\tthree\xa0\u3000four", ["one two three four"]),
        ("one\0two", ["one two"]),
        ("\0one\0\0\0two", ["one two"]),
        ("\ufeffone\n\u200b\u200b\n\u200btwo", ["one", "two"]),
        ("日本語の文章\n次の行", ["日本語の文章", "次の行"]),
        ("a < b > c & <p>", ["a < b > c & <p>"]),
    ],
)
def test_a_block_a_line(text: str, expected: list[str]) -> None:
    assert blocks(text) == expected


@pytest.mark.parametrize("text", ["", " ", "\n", "\r\n\r\n", "\0", "\0\n\0", "\u200b", "\ufeff", "\x1f \t"])
def test_text_without_ink_has_no_blocks(text: str) -> None:
    batch = segment_text([text])
    assert (batch.n_docs, batch.n_blocks, batch.text) == (1, 0, b"\n")
    assert batch.spans is not None
    assert batch.spans.shape == (0, 2)


def test_no_texts() -> None:
    batch = segment_text([])
    assert (batch.n_docs, batch.n_blocks, batch.text) == (0, 0, b"\n")


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r", " \n", "\t\r\n  "])
def test_long_line_that_runs_on_in_lower_case_is_joined(line_end: str) -> None:
    first = "The council said on Monday that the bridge would not be"
    text = f"Headline{line_end}{first}{line_end}opened before the winter.{line_end}Next"
    assert blocks(text) == ["Headline", f"{first} opened before the winter.", "Next"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The council said on Monday that the bridge would not be", "Opened before the winter."),
        ("The council said on Monday that the bridge would not be", "2 more winters passed."),
        ("The council said on Monday that the bridge would not be", "- opened before the winter."),
        ("The council said on Monday that the bridge is not open.", "opened before the winter."),
        ("The council said on Monday that the bridge is not open:", "opened before the winter."),
        ("Too short a line to be one that a margin", "broke in two."),
        ("wide " * 30 + "line", "that no margin broke."),
    ],
)
def test_lines_that_no_margin_broke_stay_apart(first: str, second: str) -> None:
    assert blocks(f"{first}\n{second}") == [first, second]


def test_empty_line_ends_a_paragraph() -> None:
    first = "The council said on Monday that the bridge would not be"
    assert blocks(f"{first}\n\nopened before the winter.") == [first, "opened before the winter."]
    assert blocks(f"{first}\r\n\r\nopened before the winter.") == [first, "opened before the winter."]


def test_paragraph_of_lines_of_one_width_is_joined() -> None:
    assert blocks(f"Title\n\n{NARROW}\n\nEnd") == ["Title", NARROW.replace("\n", " "), "End"]
    assert blocks(NARROW.replace("\n", "\r\n")) == [NARROW.replace("\n", " ")]


def test_lines_of_many_widths_stay_apart() -> None:
    lines = ["Home", *(line.capitalize() for line in NARROW.split("\n"))]
    assert blocks("\n".join(lines)) == lines


def test_two_lines_of_one_width_are_no_paragraph() -> None:
    lines = NARROW.split("\n")[1:3]
    assert blocks("\n".join(lines)) == lines


def test_menu_of_short_lines_stays_apart() -> None:
    lines = ["news today", "news local", "news world", "news sport"]
    assert blocks("\n".join(lines)) == lines


def test_spans_point_into_the_text_as_it_came() -> None:
    text = "\r\n  One \t two  \r\nThree\0four\r\n\r\n" + NARROW.replace("\n", " \r\n") + "\r\n"
    assert pieces(text) == ["One \t two", "Three\0four", NARROW.replace("\n", " \r\n")]
    assert blocks(text) == ["One two", "Three four", NARROW.replace("\n", " ")]


def test_many_texts() -> None:
    texts = ["One\ntwo", "", "é three", "\n"]
    batch = segment_text(texts)
    assert batch.doc_offsets.tolist() == [0, 2, 2, 3, 3]
    assert batch.layout is None
    assert batch.spans is not None
    assert batch.spans.tolist() == [[0, 3], [4, 7], [0, 7]]
    assert [batch.block(i) for i in range(3)] == batch.blocks() == ["One", "two", "é three"]


LINES = st.sampled_from(
    ["The council said on Monday that the bridge would not be", "opened before the winter, they said, and nobody who",
     "Home", "ends here.", "日本語の文章", " ", "\0", "\u200b", "a\0b", "  in  out  "]
)  # fmt: skip
LINE_ENDS = st.sampled_from(["\n", "\n", "\r\n", "\n\n", "\r", " \n ", "\u2028", "\v"])
texts_of_lines = st.lists(st.tuples(LINES, LINE_ENDS), max_size=8).map(lambda parts: "".join(map("".join, parts)))
any_text = texts_of_lines | st.text(max_size=80)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_text)
def test_spans_cover_all_ink_in_order(text: str) -> None:
    batch = segment_text([text])
    assert batch.spans is not None
    end_before = 0
    for block, (start, end) in zip(batch.blocks(), batch.spans.tolist(), strict=True):
        assert end_before <= start < end <= len(text)
        assert NO_INK.fullmatch(text, end_before, start)
        assert folded(block) == folded(text[start:end]) != ""
        assert "\n" not in block
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
        end_before = end
    assert NO_INK.fullmatch(text, end_before)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.lists(any_text, max_size=5))
def test_texts_do_not_touch_one_another(texts: list[str]) -> None:
    together = segment_text(texts)
    alone = [segment_text([text]) for text in texts]
    assert together.blocks() == [block for batch in alone for block in batch.blocks()]
    assert together.spans is not None
    assert together.spans.tolist() == [
        span for batch in alone if batch.spans is not None for span in batch.spans.tolist()
    ]
    assert together.n_blocks == sum(batch.n_blocks for batch in alone)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.text(max_size=20), max_size=4), max_size=4))
def test_blocks_already_cut_come_back_one_for_one(pages: list[list[str]]) -> None:
    batch = segment_blocks(pages)
    assert batch.n_docs == len(pages)
    assert batch.doc_offsets.tolist() == [sum(map(len, pages[:d])) for d in range(len(pages) + 1)]
    assert batch.blocks() == [block.replace("\n", " ") for page in pages for block in page]
    assert batch.layout is None
    assert batch.spans is None


def test_lone_surrogates_do_no_harm() -> None:
    spans = segment_text(["\ud800abc", "😀"]).spans
    assert spans is not None
    assert spans.tolist() == [[0, 4], [0, 1]]
    assert segment_text(["a\ud800b\nc"]).blocks() == segment_blocks([["a\ud800b", "c"]]).blocks() == ["a?b", "c"]


PLAIN_LINES = st.text(alphabet="aÉßж、7.:”,- ", max_size=100)
SOME_LINES = PLAIN_LINES | st.sampled_from(
    [
        "",
        "x" * 60,
        "wide " * 15 + "a",
        "ж" * 50,
        "é" * 45 + "…",
        "\t",
        "a\u200b",
        "\x00",
        "b\u2028c",
        "\u034f",
        "ß" * 121,
    ]
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.lists(SOME_LINES, max_size=12).map("\n".join), max_size=4))
def test_plain_texts_are_cut_as_all_others(texts: list[str]) -> None:
    expected = [block_spans(text) for text in texts]
    batch = segment_text(texts)
    assert batch.spans is not None
    assert [tuple(span) for span in batch.spans.tolist()] == [span for spans in expected for span in spans]
    assert np.diff(batch.doc_offsets).tolist() == list(map(len, expected))
    assert batch.blocks() == [
        _SPACES.sub(" ", text[start:end]).encode("utf-8", "replace").decode()
        for text, spans in zip(texts, expected, strict=True)
        for start, end in spans
    ]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(st.lists(PLAIN_LINES.map(folded), max_size=8).map("\n".join), max_size=4))
def test_plain_texts_are_cut_by_arrays(texts: list[str]) -> None:
    for text, cut in zip(texts, cut_at_once(texts), strict=True):
        assert cut is not None
        blocks, spans = cut
        expected = block_spans(text)
        assert [tuple(span) for span in spans.tolist()] == expected
        assert blocks.decode() == "".join(text[start:end].replace("\n", " ") + "\n" for start, end in expected)


@pytest.mark.parametrize(
    "odd",
    [
        "a  b",
        " a",
        "a ",
        "a \nb",
        "a\n b",
        "a\tb",
        "a\xa0b",
        "a\x85b",
        "\u200ba",
        "a\n\u200bb",
        "a\x7f",
        "\ud800",
        "\0",
    ],
)
def test_texts_that_are_not_plain(odd: str) -> None:
    first, second, third = cut_at_once(["One", odd, "a\u200bb\u2019\n\nc\x99"])
    assert first is not None
    assert second is None
    assert third is not None
    assert third[1].tolist() == [[0, 4], [6, 8]]


def test_invisible_characters_are_no_ink_in_any_text() -> None:
    invisible = [chr(c) for c in range(0x10000) if re.match(f"[{INVISIBLE}]", chr(c))]
    assert len(invisible) > 20
    for character in invisible:
        assert list(cut_at_once([f"One\n{character}\nTwo"])) == [None]
        assert segment_text([f"One\n{character}\nTwo\n{character * 2}"]).blocks() == ["One", "Two"]


def test_documents_begin_where_their_first_blocks_do() -> None:
    batch = segment_blocks([["Één", "two\nlines"], [], [""], ["\ud800 and more", "", "\n"]])
    assert batch.bounds is not None
    assert batch.bounds.tolist() == batch.block_offsets.take(batch.doc_offsets).tolist()
