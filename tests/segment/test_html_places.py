"""Every block knows where it stands: its characters in links, its tag path, the names around it."""

from __future__ import annotations

import pytest

from classifier.segment import segment_html
from classifier.types import ANCESTOR_LEVELS

from .conftest import paths, rows, rows_of


def link_chars(page: str) -> list[int]:
    return [row[1] for row in rows(page)]


def names(page: str) -> list[tuple[str, ...]]:
    return [row[3] for row in rows(page)]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p><a>link</a> text", [4]),
        ("<p><a>two words</a> and <a href=x>one</a>", [11]),
        ("<a>one<p>two</p>three</a>four", [3, 3, 5]),
        ("<p>none<p><a><b>дом</b></a>", [0, 3]),
        ("<a><input type=submit value='Go on'></a>", [4]),
        ("<a></a>none", [0]),
        ("<a>日本 語</a>", [3]),
    ],
)
def test_characters_inside_links(page: str, expected: list[int]) -> None:
    assert link_chars(page) == expected


def test_escaped_characters_inside_links_count_once() -> None:
    assert link_chars("<a>R&amp;D</a><p><a>a &lt; b</a>") == [3, 3]


def test_tag_paths() -> None:
    page = "<div>a<section><h2>b</h2><p>c <b>d</b></p></section></div>e<ul><li><q>f</q></ul><b>g</b>"
    assert paths(page) == [
        "body/div", "body/div/section/h2", "body/div/section/p", "body", "body/ul/li/?", "body/b",
    ]  # fmt: skip


def test_tag_path_reaches_only_so_far() -> None:
    assert paths("<div>" * 20 + "<p>deep")[0] == "/".join(["div"] * (ANCESTOR_LEVELS - 1) + ["p"])


@pytest.mark.parametrize("tag", ["input", "link", "wbr", "keygen"])
def test_closed_namesakes_of_void_elements_do_not_nest(tag: str) -> None:
    page = f"<div><math><{tag}>x</{tag}></math><p>one</p></div>"
    assert rows(page)[-1][:3] == ("one", 0, "body/div/p")
    assert rows_of(segment_html([page, page]))[-1] == rows(page)[-1]


def test_names_innermost_first() -> None:
    page = """<div class="outer box" id=top role="main"><p style="class" title="no" class=" a&amp;b
    c" itemprop=articleBody aria-label='Sign up'>text</div>"""
    assert names(page) == [("a&amp;b", "c", "articleBody", "Sign", "up", "outer", "box", "top", "main")]


@pytest.mark.parametrize("attribute", ["id", "class", "role", "itemprop", "aria-label"])
def test_names_of_the_body(attribute: str) -> None:
    page = f"<body {attribute}=k><p>text"
    assert names(page) == [("k",)]
    assert rows_of(segment_html([page, page])) == rows(page) * 2


@pytest.mark.parametrize("attribute", ["data-class", "classes", "xid", "title", "href", "data-role"])
def test_other_attributes_give_no_names(attribute: str) -> None:
    assert names(f'<p {attribute}=no>text \' class="no"') == [()]


def test_attribute_that_ends_like_aria_label_gives_no_names() -> None:
    assert names("<p data-label=no>text") == [()]
