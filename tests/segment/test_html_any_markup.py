"""Blocks of any markup are those that a walk of the parser's tree finds."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser, LexborNode

from classifier.segment import segment_html
from classifier.segment.canonical import STRIPPED
from classifier.segment.html import BLOCK_TAGS, INLINE_TAGS, TAGS, VOID_TAGS
from classifier.types import ANCESTOR_LEVELS

from .conftest import blocks, rows, rows_of

PIECES = [
    *(f"<{tag}>" for tag in (*BLOCK_TAGS, *INLINE_TAGS)), *(f"</{tag}>" for tag in (*BLOCK_TAGS, *INLINE_TAGS)),
    *(f"<{tag}>" for tag in "a a q svg math mi mtext script style head title noscript xmp template object img".split()),
    *(f"</{tag}>" for tag in "a a q svg math mi mtext script style head title noscript xmp template object".split()),
    *"text|more words| |\n|\t|'|\"|é|日本| & |<|>|\0|\x01|\x7f|\u2028|\ufeff|\u200b|\u3000|\xad|\u202e".split("|"),
    "<!--", "-->", "--!>", "<!-- a<b>c -->", "<!---->", "<!doctype html>", "<?x?>", "<?php a<b ?>", "<![CDATA[x]]>", "</", "</>", "</ x>",  # noqa: E501
    '<a href="x" class="c d" id=\'e"f\'>', '<p title="<b>x</b> > \' &quot;">', "<a<b>", "</a<b>", "<p a<b=c>", "<x-y>",
    "</x-y>", "<p x\"y=z>", "<a<!--b>", "</a<!--b>", "<a/>", "<br/>", "<textarea placeholder=q>", "<button type=submit>",  # noqa: E501
    "<body id=b class=k>", "<body aria-label=l>", "<div class=k role='a\tb'>", "<b class=' m  n '>", "<li id=l>",
]  # fmt: skip
ESCAPES = ["<wbr>", "&nbsp;", "&amp;", "&lt;", "&gt;", "&quot;", "&#0;", "&#x3c;", "&amp;lt;", "\xa0"]
FIELDS = [
    "<input placeholder='a b'>", "<input type=submit value='Go &amp; > &lt;'>", "<input type=checkbox value=x>",
    "<input type=hidden value=x placeholder=y>", "<input>",
]  # fmt: skip
any_markup = st.lists(st.sampled_from([*PIECES, *ESCAPES, *FIELDS]), min_size=1, max_size=16).map("".join)
UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")


def walk(node: LexborNode, path: tuple[str, ...]) -> Iterator[tuple[str, str, LexborNode, tuple[str, ...]]]:
    """What happens, in document order: an element opens or closes, or text stands in it; comments do not happen.

    What MathML puts into namesakes of void elements counts as standing behind them.
    """
    if node.is_text_node:
        yield "text", path[-1], node, path
    elif node.is_element_node and node.tag not in STRIPPED:
        name = node.tag or "?"
        inner = (*path, name)
        yield "open", name, node, inner
        child = node.first_child
        while child is not None:
            yield from walk(child, path if name in VOID_TAGS else inner)
            child = child.next
        yield "close", name, node, path
    elif not node.is_comment_node and node.tag not in STRIPPED:
        yield "instruction", "", node, path


def reference_rows(page: str) -> list[tuple[str, int, str]]:
    """Text, characters in links and tag path of every block, by walking the tree."""
    parser = LexborHTMLParser(page, scripting=True)
    body = parser.body
    root = body if body is not None and body.parent is not None else parser.root
    assert root is not None
    found: list[tuple[str, int, str]] = []
    words: list[str] = [""]
    linked = 0
    first_path: tuple[str, ...] = ()

    def end_block() -> None:
        nonlocal words, linked
        text = " ".join(filter(None, words))
        if UNSEEN.sub("", text).strip(" "):
            path = (tag if tag in TAGS else "?" for tag in first_path[-ANCESTOR_LEVELS:])
            found.append((text, linked, "/".join(path)))
        words, linked = [""], 0

    def add(text: str, path: tuple[str, ...]) -> None:
        nonlocal linked, first_path
        for character in text:
            if character <= " " or character in "\x7f\x85" or (character > "\x7f" and character.isspace()):
                words.append("")
                continue
            if not any(words):
                first_path = path
            words[-1] += character
            linked += "a" in path

    before = ("", "")
    for event, name, node, path in walk(root, ()):
        if event == "text":
            add(node.text_content or "", path)
        elif event != "instruction":
            if name in BLOCK_TAGS or name in ("input", "textarea"):
                end_block()
            if (event, name) == ("open", "a") and before == ("close", "a"):
                words.append("")
            if event == "open" and name in ("input", "textarea"):
                attributes = node.attributes
                kind = (attributes.get("type", "text") or "").lower()
                shown = "value" if kind in ("submit", "button", "reset") else "placeholder"
                if kind not in ("hidden", "checkbox", "radio"):
                    add(attributes.get(shown) or "", path)
                    end_block()
        if not (event == "close" and name in VOID_TAGS):
            before = (event, name)
    end_block()
    return found


@settings(max_examples=600, deadline=None, derandomize=True)
@given(any_markup)
def test_blocks_are_the_visible_text(page: str) -> None:
    assert blocks(page) == [text for text, _, _ in reference_rows(page)]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_markup)
def test_layout_is_that_of_the_tree(page: str) -> None:
    assert [row[:3] for row in rows(page)] == reference_rows(page)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(any_markup | st.just(""), max_size=5))
def test_pages_do_not_touch_one_another(pages: list[str]) -> None:
    together = segment_html(pages)
    alone = [segment_html([page]) for page in pages]
    assert np.diff(together.doc_offsets).tolist() == [batch.n_blocks for batch in alone]
    assert rows_of(together) == [row for batch in alone for row in rows_of(batch)]
    assert b"".join(batch.text[1:] for batch in alone) == together.text[1:]


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.text(max_size=60) | st.binary(max_size=60))
def test_any_input_gives_folded_blocks(page: str | bytes) -> None:
    for block in blocks(page):
        assert block == re.sub("[\0-\x20\x7f]+", " ", block).strip(" ")
        assert block
