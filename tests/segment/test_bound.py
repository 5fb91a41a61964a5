"""Hostile nesting is flattened in linear time, nothing of the text is lost, and honest pages are left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from classifier.segment import bound, segment_html, suspect
from classifier.segment.bound import bounded
from classifier.segment.canonical import canonical_body
from classifier.segment.html import _scan
from classifier.segment.suspect import is_suspect

N = 40_000
"""Tags of the hostile pages: without the bound some of them take minutes, others gigabytes."""


def text_of(markup: bytes) -> str:
    parser = LexborHTMLParser(markup, scripting=True)
    root = parser.root
    return "" if root is None else root.text(deep=True)


def depth_of(markup: bytes) -> int:
    scan = _scan(np.frombuffer(canonical_body(markup) + b" " * 16, np.uint8))
    return int(scan.depth.max()) if len(scan.depth) else 0


HOSTILE: dict[str, str] = {
    "open boxes": "<div>x" * N,
    "boxes that close": "<div>" * N + "x" + "</div>" * N,
    "lists": "<ul><li>x" * (N // 2),
    "definitions": "<dl><dt>x" * (N // 2),
    "tables": "<table><tr><td>x" * (N // 2),
    "option groups": "<optgroup>x" * N,
    "formatting in every paragraph": "".join(f"<p><b id={i}>x</p>" for i in range(N // 4)),
    "formatting with a span in every paragraph": "".join(f"<p><b id={i}><span>x</span></p>" for i in range(N // 4)),
    "formatting within itself": "".join(f"<b id={i}><b>x</b><p>" for i in range(N // 4)),
    "open formatting": "".join(f"<font size={i}>x" for i in range(N)),
    "end tags that close nothing": "<font>" * N + "x" + "</p>" * N,
    "many attributes": "<p " + " ".join(f"a{i}=1" for i in range(N)) + ">x",
    "many attributes without values": "<p " + " ".join(f"a{i}" for i in range(N)) + ">x",
    "tags of many attributes": ("<p " + " ".join(f"a{i}=1" for i in range(6000)) + ">x") * 4,
    "many roots": "".join(f"<html a{i}=1>x" for i in range(N)),
    "many names of elements": "".join(f"<x{i}>x</x{i}>" for i in range(N)),
    "many names of attributes": "".join(f"<i a{i}=1>x</i>" for i in range(N)),
    "boxes in MathML": "<math><mtext><div>x" * (N // 2),
    "end tags out of scope": "<div><marquee></div><object></marquee>x" * (N // 2),
    "end tags in comments": "<div>x<!--</div>-->" * N,
    "end tags in scripts": "<div>x<script></div></script>" * N,
    "end tags in escaped scripts": "<div>x<script><!--<script></script></div></script>--></script>" * N,
    "end tags in attributes": '<div>x<br title="</div>">' * N,
    "end tags in CDATA": "<div>x<svg><![CDATA[></div></svg>]]>" * N,
    "end tags in a select's style": "<select><style></select>" + "<div>x</style>" * N,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_page(kind: str) -> None:
    page = HOSTILE[kind].encode()
    assert is_suspect(page)
    batch = segment_html([page, "<p>next"])
    assert batch.doc_offsets[2] - batch.doc_offsets[1] == 1
    assert batch.blocks()[-1] == "next"
    assert depth_of(page) <= 4 * bound.MAX_DEPTH
    assert batch.layout is not None


@pytest.mark.parametrize(
    "page", ["<div class=a>x<p>y</p></div>", "<p>x", "<ul>" + "<li>x" * 9000 + "</ul>", "<p>x<br/>" * 9000, "", "x"]
)
def test_honest_page_comes_back_as_it_is(page: str) -> None:
    assert bounded(page.encode()) == page.encode()


CHEAP = {
    "forms": "<form action=x><p>x</p></form>" * 2000,
    "formatting closed around spans": '<p><code class="x"><span class="y">x</span></code> <em class="z">x</em></p>'
    * 3000,
    "a loop in a script": "<script>" + "for (i <n; i++) { call(a" + ") ; b = c ; (d" * 2500 + "</script><p>x",
    "deep for a page of few tags": "<div>" * 1000 + "</div>" * 1000 + "<p>x</p>" * 4000,
    "elements that close themselves": "<path d=x />" * 9000,
}


@pytest.mark.parametrize("kind", CHEAP)
def test_page_that_is_parsed_fast_is_not_followed(kind: str) -> None:
    assert not is_suspect(CHEAP[kind].encode())


@given(st.lists(st.sampled_from(["<b id=1>", "<i>", "</i>", "<span>", "</span>", "<br>", "x", "<u id=2>", "</u>"])))
@settings(max_examples=100, deadline=None)
def test_formatting_taken_for_closed_is_closed(inside: list[str]) -> None:
    """Behind it a parser opens none anew."""
    markup = "<code id=0>" + "".join(inside) + "</code>"
    if suspect._CLOSED_FORMAT.match(markup.encode()):
        root = LexborHTMLParser("<p>" + markup + "</p><p>y</p>").css("p")[-1]
        assert root.css_first("code") is None


def test_deep_page_keeps_its_text_and_its_cuts() -> None:
    n = 30_000
    page = "".join(f"<div>box {i} <span>and</span> <b>more</b>" for i in range(n)) + "</div>tail" * n
    blocks = segment_html([page]).blocks()
    assert blocks[:: n - 1][:2] == ["box 0 and more", f"box {n - 1} and more"]
    assert blocks[n:] == ["tail"] * n


def test_elements_within_the_bound_keep_their_layout() -> None:
    page = "<section class=outer>" + "<div>" * N + "</div>" * N + "<p class=note>behind</p></section>"
    batch = segment_html([page])
    assert batch.layout is not None
    assert b"outer" in batch.layout.names
    assert b"note" in batch.layout.names


COMMON = "div p b a i ul li dl dd table tr td th tbody caption select option button form h1 h2".split()
PIECES = [
    *(f"<{tag}>" for tag in COMMON),
    *(f"</{tag}>" for tag in COMMON),
    *(f"<{tag}>" for tag in "svg math desc mtext object marquee template style script textarea title x-y br".split()),
    *(f"</{tag}>" for tag in "svg math desc mtext object marquee template style script textarea title x-y br".split()),
    "<b id=1>", "<b id=2>", "<font size=3>", "</font>", "<path/>", "<div/>", "<!--", "-->", "<!-->", "<![CDATA[", "]]>",
    '<p title="', '">', "'>", "<p a='", "x", " y ", "<", ">", "</", "<!x>", "<?y>", "\0", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30), st.integers(1, 60))
@settings(max_examples=100, deadline=None)
def test_any_soup_repeated_nests_no_deeper(parts: list[str], times: int) -> None:
    """With a bound of 8, a parser's tree is a few times as deep at most, however often the soup comes."""
    markup = ("".join(parts) * times).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bound, "MAX_DEPTH", 8)
        patch.setattr(bound, "MAX_FORMATS", 3)
        flat = bound._Stack(markup).flattened()
    assert depth_of(flat) <= 48, flat


@given(st.lists(st.sampled_from([p for p in PIECES if "svg" not in p and "math" not in p]), max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_page_within_the_bound_is_not_touched(parts: list[str]) -> None:
    markup = "".join(parts).encode()
    assert bound._Stack(markup).flattened() == markup


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_any_bytes(markup: bytes) -> None:
    assert bound._Stack(markup).flattened() == markup
    assert isinstance(is_suspect(markup), bool)
    assert np.isfinite(
        suspect._apparent_depth(np.frombuffer(markup + b"<" + b"\0" * 16, np.uint8), np.array([len(markup)]))
    )
