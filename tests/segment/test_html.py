"""Pages are cut into the blocks that a reader sees."""

from __future__ import annotations

import pytest

from classifier.segment import html, segment_html
from classifier.segment.html import BLOCK_TAGS, INLINE_TAGS

from .conftest import blocks, rows_of


@pytest.mark.parametrize("tag", sorted({*BLOCK_TAGS} - {"html", "body", "frameset", "br", "hr"}))
def test_block_element_cuts_before_and_behind(tag: str) -> None:
    if tag in "caption col table tbody td tfoot th thead tr".split():
        inner = f"<{tag}>in" if tag in ("caption", "td", "th") else "<td>in"
        page = f"before<table><{tag}>{inner}</{tag}></table>after"
    else:
        page = f"before<{tag}>in</{tag}>after"
    assert blocks(page) == ["before", "in", "after"]


@pytest.mark.parametrize("tag", [*INLINE_TAGS, "q", "mark", "video", "x-card"])
def test_inline_element_does_not_cut(tag: str) -> None:
    assert blocks(f"<p>one<{tag}>two</{tag}>three") == ["onetwothree"]


def test_custom_element_that_begins_like_a_block_element_is_inline() -> None:
    assert blocks("one<fieldset-x>two</fieldset-x>three") == ["onetwothree"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("one<br>two<br/>three", ["one", "two", "three"]),
        ("one<br><br> <br>two", ["one", "two"]),
        ("<p>one<hr>two", ["one", "two"]),
        ("<div>one<p>two</p>three</div>four", ["one", "two", "three", "four"]),
        ("<ul><li>one<li>two<ul><li>three</ul>four</ul>", ["one", "two", "three", "four"]),
        ("<table><tr><td>one<td>two<tr><th>three</table>", ["one", "two", "three"]),
        ("<select><option>one<option>two</select>", ["one", "two"]),
        ("<p>one <b>two</b> <i>three</i>four</p>", ["one two threefour"]),
        ("<p>one<img alt=no>two<wbr>three", ["onetwothree"]),
        ("<h1>one</h1><p></p><div> </div><p>two", ["one", "two"]),
        ("<pre>\n one\n  two</pre>", ["one two"]),
    ],
)
def test_cuts(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("a &amp; b &lt; c &gt; d &quot; e &copy; &#8364; &#x20ac;", 'a & b < c > d " e © € €'),
        ("&amp;amp; &amp;lt; &amp;nbsp; &amp;quot;", "&amp; &lt; &nbsp; &quot;"),
        ("&lt;p&gt;no element&lt;/p&gt;", "<p>no element</p>"),
        ("1 < 2 > 3 & 4", "1 < 2 > 3 & 4"),
        ("R&D &unknown; &", "R&D &unknown; &"),
        ("\N{WHITE SMILING FACE}日本語 и кириллица", "\N{WHITE SMILING FACE}日本語 и кириллица"),
    ],
)
def test_entities_and_escapes(page: str, text: str) -> None:
    assert blocks(f"<p>{page}</p>") == [text]


@pytest.mark.parametrize(
    "gap", [" ", "  ", "\n", "\t\r\n ", "&nbsp;", "\xa0", "&nbsp; &#160;", "&#9;", "<b> </b>", "\x01", "\x7f", "\x0c"]
)
def test_white_space_is_folded_to_one_space(gap: str) -> None:
    assert blocks(f"<p>{gap}one{gap}two{gap}</p>{gap}") == ["one two"]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<a>one</a><a>two</a>", "one two"),
        ("<a>one</a> <a>two</a>", "one two"),
        ("<a href=x>one</a><!-- --><a>two</a><a>three</a>", "one two three"),
        ("<a>one</a><b><a>two</a></b>", "onetwo"),
        ("<a>one</a>/<a>two</a>", "one/two"),
        ("(<a>1</a>,<a>2</a>)", "(1,2)"),
    ],
)
def test_adjacent_links_are_told_apart(page: str, text: str) -> None:
    assert blocks(f"<p>{page}</p>") == [text]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ('<p title="a<b>c">one</p>two', ["one", "two"]),
        ("<p title='</p><p>'>one <b title='\"<'>two</b></p>", ["one two"]),
        ("<p a<b='c<d'>one</p><p <div>two</p>", ["one", "two"]),
        ("<a<b>one</a<b><p>two", ["one", "two"]),
        ("<p<div>one</p<div>two", ["onetwo"]),
        ('<p x"y=z" class="k">one</p>', ["one"]),
        ("<p/title=x>one<br/class=y>two", ["one", "two"]),
    ],
)
def test_less_than_inside_tags(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    "page",
    ["", " ", "\n\t", "<html></html>", "<body>", "<p></p>", "<!-- only -->", "&nbsp;", "<p>\0</p>", b""],
)
def test_empty_page(page: str | bytes) -> None:
    batch = segment_html([page])
    assert (batch.n_docs, batch.n_blocks, batch.blocks(), batch.text) == (1, 0, [], b"\n")


def test_no_pages() -> None:
    batch = segment_html([])
    assert (batch.n_docs, batch.n_blocks, batch.blocks()) == (0, 0, [])


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<div>two</p>three</div></span>four", ["one", "two", "three", "four"]),
        ("<b><p>one</b>two</p>three", ["onetwo", "three"]),
        ("<table>one<tr>two<td>three</table>four", ["onetwo", "three", "four"]),
        ("</p></div>one</body></html>two", ["onetwo"]),
        ("<p>one<", ["one<"]),
        ("<p>one</", ["one</"]),
        ("<p>one<b", ["one"]),
        ("<p title='never closed>one", []),
        ("<a><a><a>one<p><a>two", ["one", "two"]),
        ("<>one</>", ["<>one"]),
        ("plain text", ["plain text"]),
    ],
)
def test_broken_markup(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    "page",
    [
        "<frameset><frame src=a><frame src=b></frameset>",
        "<html><head><title>no</title></head><frameset><frame><noframes><p>no</p></noframes></frameset></html>",
        "<div></div><frameset><frame></frameset>",
    ],
)
def test_frameset_has_no_blocks(page: str) -> None:
    assert segment_html([page, "<p>next"]).doc_offsets.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one\0two</p>", ["onetwo"]),
        ("<p class='a\0b'>one</p>", ["one"]),
        ("\0<p>one", ["one"]),
        (b"<p>one\0two</p>", ["onetwo"]),
    ],
)
def test_nul(page: str | bytes, expected: list[str]) -> None:
    assert blocks(page) == expected


def test_lone_surrogates_do_no_harm() -> None:
    assert blocks("<p>one \ud800two</p><p>three") == ["one two", "three"]


def test_bytes_are_decoded() -> None:
    assert blocks("<meta charset=windows-1251><p>Подписка".encode("cp1251")) == ["Подписка"]


def test_ten_thousand_nested_elements() -> None:
    depth = 10_000
    batch = segment_html(["<div class=d>" * depth + "deep" + "</div>after" * depth, "<p>next"])
    assert batch.doc_offsets.tolist() == [0, depth + 1, depth + 2]
    assert batch.block(0) == "deep"
    assert rows_of(batch)[-1] == ("next", 0, "body/p", ())


def test_twenty_megabytes_come_through_whole() -> None:
    paragraph = (
        "<div class='teaser box'><p>Some text with a <a href='/x?a=1&amp;b=2'>link &amp; more</a>, é.</p></div>\n"
    )
    n = 20_000_000 // len(paragraph.encode()) + 1
    batch = segment_html([paragraph * n])
    assert (batch.n_blocks, batch.block(n - 1)) == (n, "Some text with a link & more, é.")
    assert batch.doc_offsets.tolist() == [0, n]
    assert batch.text.count("Some text with a link & more, é.\n".encode()) == n


@pytest.mark.parametrize("group_bytes", [1, 100, 1000])
def test_pages_are_cut_alike_in_groups_of_any_size(group_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    page = "<div class=a><p id=b>One <a href=x>two</a></p><input type=submit value=Go><ul><li>three<li>four</ul></div>"
    pages = [page, "", "<p>five", page, "<!-- none -->", "<frameset><frame></frameset>", page * 3, ""]
    whole = segment_html(pages)
    monkeypatch.setattr(html, "_GROUP_BYTES", group_bytes)
    parts = segment_html(pages)
    assert parts.text == whole.text
    assert parts.doc_offsets.dtype == whole.doc_offsets.dtype
    assert parts.doc_offsets.tolist() == whole.doc_offsets.tolist()
    assert parts.layout is not None
    assert whole.layout is not None
    assert parts.layout.names == whole.layout.names
    for name in ("element", "link_chars", "tag", "parent"):
        of_parts, of_whole = getattr(parts.layout, name), getattr(whole.layout, name)
        assert of_parts.dtype == of_whole.dtype
        assert of_parts.tolist() == of_whole.tolist()
