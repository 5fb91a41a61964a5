"""The byte arithmetic of the tokenizer gives the tokens that a plain loop over characters gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SCRIPTS, canonical, plain_tokens

from classifier.tokens import LINE_END, Tokens, tokenize, tokenize_names

WHITE = " \t\r\0\x0b\x0c\x1f\x7f"
pieces = (
    st.sampled_from([word for text in SCRIPTS.values() for word in text.split(" ")])
    | st.sampled_from(list("".join(SCRIPTS.values())))
    | st.sampled_from(
        [*WHITE, " ", "  ", "\n", "\n", "\n\n", "\xa0", "\u3000", *"!?.,;:-_&<>~`{}@[/^|", "0", "12", "2024"]
    )
    | st.text(max_size=4)
)
any_text = st.lists(pieces, max_size=24).map("".join)


def lines(text: str) -> bytes:
    return f"\n{text}\n".encode()


def texts(tokens: Tokens) -> list[str]:
    spans = zip(tokens.starts.tolist(), tokens.lengths.tolist(), strict=True)
    return [tokens.raw[start : start + length].tobytes().decode() for start, length in spans]


def hashes(text: str) -> list[int]:
    """Hashes of the tokens of one line, without its line ends."""
    return [int(value) for value in tokenize(lines(text)).hashes[1:-1]]


@settings(max_examples=800, deadline=None, derandomize=True)
@given(any_text)
def test_tokens_are_those_of_a_plain_loop(text: str) -> None:
    tokens, expected = tokenize(lines(text)), plain_tokens(f"\n{text}\n")
    assert tokens.starts.tolist() == [token.start for token in expected]
    assert [" " if t.strip(WHITE) == "" and t != "\n" else t for t in texts(tokens)] == [
        token.raw for token in expected
    ]
    assert tokens.offsets.tolist() == [i for i, token in enumerate(expected) if token.raw == "\n"]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_text)
def test_hash_stands_for_the_first_sixteen_canonical_bytes(text: str) -> None:
    tokens, expected = tokenize(lines(text)), plain_tokens(f"\n{text}\n")
    known: dict[bytes, int] = {}
    for value, token in zip(tokens.hashes.tolist(), expected, strict=True):
        assert known.setdefault(token.code[:16], value) == value
    assert len(set(known.values())) == len(known)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.lists(any_text.map(lambda text: text.replace("\n", " ")), max_size=5))
def test_lines_do_not_touch_one_another(parts: list[str]) -> None:
    tokens = tokenize("\n".join(["", *parts, ""]).encode())
    assert len(tokens.offsets) == len(parts) + 1
    found = [tokens.hashes[a + 1 : b].tolist() for a, b in zip(tokens.offsets[:-1], tokens.offsets[1:], strict=True)]
    assert found == [hashes(part) for part in parts]


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts(script: str) -> None:
    text = f"\n{SCRIPTS[script]}\n"
    assert texts(tokenize(text.encode())) == [token.raw for token in plain_tokens(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sign up, it's free!", ["Sign", "up", ",", "it", "'", "s", "free", "!"]),
        ("abc123 4.5 a_b", ["abc123", "4", ".", "5", "a", "_", "b"]),
        ("don’t – stop…", ["don", "’", "t", "–", "stop", "…"]),
        ("été naïve", ["été", "naïve"]),
        ("购读abc。", ["购", "读", "abc", "。"]),
        ("ไทยabc", ["ไ", "ท", "ย", "abc"]),
        ("सदस्यता लें", ["सदस्यता", "लें"]),
        ("a👍b", ["a", "👍", "b"]),
        ("a\xa0b", ["a", "\xa0", "b"]),
        ("", []),
    ],
)
def test_examples(text: str, expected: list[str]) -> None:
    assert texts(tokenize(lines(text)))[1:-1] == expected


@pytest.mark.parametrize(
    ("upper", "lower"),
    [
        ("NEWSLETTER", "newsletter"), ("Newsletter", "newsletter"), ("ПОДПИСКА", "подписка"), ("ÉTÉ", "été"),
        ("ÀÖØÞŸŽ", "àöøþÿž"), ("ΕΓΓΡΑΦΉ", "εγγραφή"), ("ԲԱԺԱՆՈՐԴ", "բաժանորդ"), ("ỨNG HỘ", "ứng hộ"),
        ("ЎҐЇЄЉЊ", "ўґїєљњ"), ("ŞĞÇ", "şğç"), ("ὈΔΥΣΣΕΎ", "ὀδυσσεύ"), ("THE LONGEST OF SUBSCRIPTION-APPEALS",
        "the longest of subscription-appeals"), ("ДОЛГОСРОЧНАЯ", "долгосрочная"),
    ],
)  # fmt: skip
def test_case_does_not_matter(upper: str, lower: str) -> None:
    assert hashes(upper) == hashes(lower)


@pytest.mark.parametrize("script", SCRIPTS)
def test_lower_case_of_one_length_has_the_same_hashes(script: str) -> None:
    text = "".join(c for c in SCRIPTS[script] if c.isascii() or c.lower().encode() == canonical(c))
    assert hashes(text.lower()) == hashes(text)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("2024", "1999", True), ("7", "0", True), ("7", "42", False), ("$5", "$9", True), ("covid19", "covid20", True),
        ("12,500", "99,999", True), ("2024", "20245", False), ("1234567890123", "9876543210987", True), ("1", "a", False),  # noqa: E501
    ],
)  # fmt: skip
def test_digits_count_by_their_number(left: str, right: str, same: bool) -> None:
    assert (hashes(left) == hashes(right)) is same


@pytest.mark.parametrize("gap", ["  ", "\t", " \t ", "\r", "\0", "\0\0", "\x7f", " \x0c "])
def test_amount_of_white_space_does_not_matter(gap: str) -> None:
    tokens = tokenize(lines(f"{gap}Sign{gap}up, now{gap}{gap}!{gap}"))
    assert tokens.hashes.tolist()[1:-1] == hashes("Sign up, now !")
    assert [int(n) for n in tokens.lengths[1:-1]] == [4, 2, 1, 3, 1]


def test_word_is_known_by_its_first_sixteen_bytes() -> None:
    first, second, third = hashes("abcdefghijklmnopq abcdefghijklmnopz abcdefghijklmnoz")
    assert first == second
    assert first != third


def test_prefixes_and_suffixes() -> None:
    tokens = tokenize(lines("Subscribe SUBSCRIPTION prescribe"))
    five, four = np.full(len(tokens.starts), 5), np.full(len(tokens.starts), 4)
    prefixes = tokens.bytes_at(tokens.starts, five)
    suffixes = tokens.bytes_at(np.maximum(tokens.starts + tokens.lengths - 4, 0), four)
    assert len(set(prefixes[1:3].tolist())) == 1
    assert int(prefixes[1]).to_bytes(8, "little") == b"subsc\0\0\0"
    assert int(suffixes[1]).to_bytes(8, "little") == b"ribe\0\0\0\0"
    assert suffixes[1] == suffixes[3] != suffixes[2]


@pytest.mark.parametrize("text", [b"\n", b"\n\n", b"\n\n\n", b"\n \n"])
def test_empty_lines(text: bytes) -> None:
    tokens = tokenize(text)
    assert texts(tokens) == ["\n"] * text.count(b"\n")
    assert tokens.offsets.tolist() == list(range(text.count(b"\n")))
    assert (tokens.canonical[tokens.starts] == LINE_END).all()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("newsletterSignup", ["newsletter", "signup"]),
        ("newsletter-signup-2", ["newsletter", "signup"]),
        ("Newsletter__SIGNUP", ["newsletter", "signup"]),
        ("c-123 js_ad:top", ["c", "js", "ad", "top"]),
        ("HTMLPage", ["htmlpage"]),
        ("42 -- 7", []),
        ("", []),
        ("größe", ["größe"]),
    ],
)
def test_words_of_names(value: str, expected: list[str]) -> None:
    found = tokenize_names(f"\n{value}\n".encode()).hashes.tolist()
    assert found == tokenize_names(f"\n{' '.join(expected)}\n".encode()).hashes.tolist()
    assert len(found) == len(expected) + 2


def test_lines_of_names() -> None:
    tokens = tokenize_names(b"\n one two\n\n adBox\n")
    assert tokens.offsets.tolist() == [0, 3, 4, 7]
    assert tokens.starts[tokens.offsets].tolist() == [0, 9, 10, 17]
