"""Bytes of pages become the text that their author wrote, whatever the page says about itself."""

from __future__ import annotations

import encodings
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.segment.decode import decode_html, holds_markup, utf8_html

CODECS = sorted(module.name for module in pkgutil.iter_modules(encodings.__path__))
NO_CODECS = ["no-such-charset", "", " ", "x-user-defined", "none", "a.b", "aliases", "utf 8;", "\0", "é", "x" * 5000]
GERMAN = "<p>Größe und Übermut</p>"
RUSSIAN = "<p>Подписка на рассылку</p>"


def declaring(charset: str) -> bytes:
    return f'<html><head><meta charset="{charset}"></head>'.encode()


@pytest.mark.parametrize(
    ("bom", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")]
)
@pytest.mark.parametrize("charset", [None, "iso-8859-1", "windows-1251", "utf-8"])
def test_byte_order_mark_wins(bom: bytes, encoding: str, charset: str | None) -> None:
    page = '<meta charset="koi8-r">' + GERMAN + RUSSIAN
    assert decode_html(bom + page.encode(encoding), charset) == page


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1251", "us-ascii", "shift_jis", "utf-16", "nonsense"])
def test_valid_utf8_wins_over_a_wrong_declaration(charset: str) -> None:
    page = declaring(charset) + (GERMAN + RUSSIAN).encode()
    assert decode_html(page, charset).endswith(GERMAN + RUSSIAN)


@pytest.mark.parametrize(
    ("declaration", "encoding", "text"),
    [
        ('<meta charset="windows-1251">', "cp1251", RUSSIAN),
        ("<META CHARSET=Windows-1251>", "cp1251", RUSSIAN),
        ("<meta charset = ' koi8-r '>", "koi8-r", RUSSIAN),
        ('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', "cp1251", RUSSIAN),
        ('<?xml version="1.0" encoding="windows-1251"?>', "cp1251", RUSSIAN),
        ('<meta charset="iso-8859-2">', "iso8859-2", "<p>Příliš žluťoučký</p>"),
        ('<meta charset="shift_jis">', "shift_jis", "<p>購読する</p>"),
        ('<meta charset="euc-jp">', "euc-jp", "<p>購読する</p>"),
        ('<meta charset="gb2312">', "gb18030", "<p>订阅 – 朱镕基</p>"),
        ('<meta charset="big5">', "big5", "<p>訂閱</p>"),
        ('<meta charset="euc-kr">', "cp949", "<p>구독 똠방각하</p>"),
        ('<meta charset="iso-8859-1">', "cp1252", "<p>“Größe” – €5</p>"),
        ('<meta charset="us-ascii">', "cp1252", "<p>“Größe” – €5</p>"),
        ('<meta name="x"><meta charset="windows-1251">', "cp1251", RUSSIAN),
    ],
)
def test_declaration_is_believed(declaration: str, encoding: str, text: str) -> None:
    assert decode_html((declaration + text).encode(encoding)) == declaration + text


def test_transport_comes_before_the_page() -> None:
    page = declaring("koi8-r") + RUSSIAN.encode("cp1251")
    assert decode_html(page, "windows-1251").endswith(RUSSIAN)
    assert decode_html(declaring("koi8-r") + RUSSIAN.encode("koi8-r"), "no-such-charset").endswith(RUSSIAN)


def test_declaration_far_below_is_not_seen() -> None:
    page = b" " * 5000 + declaring("windows-1251") + "ж".encode("cp1251")
    assert decode_html(page).endswith("æ")


@pytest.mark.parametrize("charset", [None, *NO_CODECS])
def test_fallback_is_windows_1252(charset: str | None) -> None:
    text = "<p>“Größe” – €5</p>"
    assert decode_html(text.encode("cp1252"), charset) == text
    assert decode_html(GERMAN.encode("latin-1"), charset) == GERMAN


def test_iso_2022_jp_is_believed_though_its_bytes_are_ascii() -> None:
    text = "<p>購読する</p>"
    assert decode_html(declaring("iso-2022-jp") + text.encode("iso-2022-jp")).endswith(text)
    assert decode_html(text.encode("iso-2022-jp"), "ISO-2022-JP") == text


@pytest.mark.parametrize(
    "charset",
    ["base64", "hex", "zlib", "bz2", "rot13", "uu", "quopri", "utf-7", "utf-16", "utf-32", "utf-32-le", "idna", "punycode",  # noqa: E501
     "unicode-escape", "raw_unicode_escape", "undefined", "cp037", "cp500"],
)  # fmt: skip
def test_what_is_no_encoding_of_pages_is_not_believed(charset: str) -> None:
    page = declaring(charset) + b"R+AOQ- \\x41 " + GERMAN.encode("latin-1")
    assert decode_html(page) == decode_html(page, charset) == page.decode("latin-1")


@pytest.mark.parametrize("charset", CODECS)
def test_no_declared_codec_raises_or_loses_ascii(charset: str) -> None:
    assert "Plain words" in decode_html(declaring(charset) + b"Plain words \xfc\xdf\xff ")
    for data in (bytes(range(256)) * 3, b"a\xffb\xfe\x80", b"ascii", b""):
        assert isinstance(decode_html(data, charset), str)


@pytest.mark.parametrize("where", [0, 40, 700, -40, -1])
def test_torn_character_does_not_undo_utf8(where: int) -> None:
    text = (GERMAN + RUSSIAN) * 20
    data = text.encode()
    at = where % (len(data) + 1)
    decoded = decode_html(declaring("utf-8") + data[:at] + b"\xff" + data[at:])
    assert decoded.count("\ufffd") in range(1, 4)
    assert decoded.count("Übermut") + decoded.count("рассылку") >= 39


@pytest.mark.parametrize("n_bytes_lost", range(1, 4))
def test_page_cut_within_a_character_stays_utf8(n_bytes_lost: int) -> None:
    data = declaring("utf-8") + (GERMAN * 5 + "\N{GRINNING FACE}").encode()
    assert decode_html(data[:-n_bytes_lost]).rstrip("\ufffd").endswith(GERMAN)


def test_page_that_only_claims_to_be_utf8() -> None:
    page = declaring("utf-8") + "<p>äöü ß éèê</p>".encode("latin-1")
    assert decode_html(page).endswith("<p>äöü ß éèê</p>")


def test_text_is_given_back() -> None:
    page = '<meta charset="koi8-r">' + RUSSIAN
    assert decode_html(page, "cp1251") is page


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=60), st.none() | st.sampled_from(CODECS) | st.text(max_size=10))
def test_any_bytes_give_text(page: bytes, charset: str | None) -> None:
    assert isinstance(decode_html(page, charset), str)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.text(max_size=60), st.none() | st.sampled_from(["latin-1", "windows-1251", "utf-8"]))
def test_utf8_comes_back_as_it_was(text: str, charset: str | None) -> None:
    assert decode_html(text.encode(), charset) == text.removeprefix("\ufeff")


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<!DOCTYPE html>", True), ("\n <P class=x>", True), ("text <br> text", True), (b"<html>", True),
        ("<h2>", True), (b"\xff\xfe<a href=x>", True),
        ("\ufeff<p>".encode("utf-16-le"), True), ("\ufeff<p>".encode("utf-16-be"), True),
        ("a<b".encode("utf-16"), False), ("a < b > c", False), ("", False), (b"", False),
        ("<pre-release>", False), ("<person>", False), ("<p", False), (" " * 5000 + "<p>", False),
    ],
)  # fmt: skip
def test_markup_is_told_by_its_beginning(page: str | bytes, expected: bool) -> None:
    assert holds_markup(page) is expected


DECLARATIONS = map(declaring, ("iso-2022-jp", "koi8-r", "utf-8", "utf-16", "nonsense"))
WORDS = (GERMAN.encode(), GERMAN.encode("latin-1"), RUSSIAN.encode("koi8-r"), b"<p>x", b"\x1b$B")
PIECES = st.sampled_from((*DECLARATIONS, *WORDS, b"\xef\xbb\xbf", b"\xff\xfe"))


@given(st.lists(PIECES | st.binary(max_size=4), max_size=6).map(b"".join) | st.text())
@settings(max_examples=200, deadline=None)
def test_utf8_is_that_of_the_decoded_text(page: bytes | str) -> None:
    assert utf8_html(page) == decode_html(page).encode("utf-8", "ignore")
