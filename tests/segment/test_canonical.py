"""What a reader never sees is left out of the markup however it is spelt, and places outlive their batch."""

from __future__ import annotations

import pickle

import pytest

from classifier.segment import segment_html
from classifier.segment.canonical import STRIPPED, canonical_body
from classifier.segment.html import outline
from classifier.types import Place

from .conftest import blocks


def test_a_chosen_option_is_repeated_where_the_page_asks_for_it() -> None:
    select = "<select><button><selectedcontent></selectedcontent></button><option>One<option selected>Two</select>"
    assert blocks(select) == ["Two", "One", "Two"]
    assert blocks(select.upper()) == ["TWO", "ONE", "TWO"]


@pytest.mark.parametrize("name", STRIPPED)
def test_what_is_left_out_is_found_in_any_case_and_place(name: str) -> None:
    for spelt in (name, name.upper(), name.capitalize()):
        assert blocks(f"<p>One<p>Two <{spelt} a=1><p>gone</p></{spelt}>")[:2] == ["One", "Two"]
        assert "gone" not in " ".join(blocks(f"<div><div>Two<{spelt}>gone"))


@pytest.mark.parametrize("page", ["x<svg>y", "x<svg/>y", "<p>x<i>", "x<b ", "x<", "x<a"])
def test_a_page_may_end_anywhere(page: str) -> None:
    assert blocks(page)[0].startswith("x")


def test_a_place_takes_along_its_own_ancestors_only() -> None:
    batch = segment_html(["<p class=a>x", "<main id=b><p class='c d'>y"])
    assert batch.layout is not None
    places = [Place(outline(batch.layout), element) for element in batch.layout.element.tolist()]
    copy = pickle.loads(pickle.dumps(places[1]))
    assert (copy.tag_path, copy.names) == ("body/main/p", ("c", "d", "b"))
    assert copy == places[1] != places[0]
    assert hash(copy) == hash(places[1])
    assert pickle.loads(pickle.dumps(Place(outline(batch.layout), -1))).tag_path == ""


@pytest.mark.parametrize(
    ("page", "body"),
    [
        ("<p>a<!-- <p>b -->c", b"<p>ac</p>"),
        ("<p>a<!---->b<!-->c", b"<p>abc</p>"),
        ("<x<!--y>a<!--b-->c", b"<x<!--y>ac</x<!--y>"),
        ("<x<!--y<!--z>a<!--b-->c<!--d", b"<x<!--y<!--z>ac</x<!--y<!--z>"),
        ("a<!-- b", b"a"),
        ("a&lt;!-- b --&gt;", b"a&lt;!-- b --&gt;"),
    ],
)
def test_comments_go_and_names_that_look_like_one_stay(page: str, body: bytes) -> None:
    assert canonical_body("<body>" + page) == b"<body>" + body + b"</body>"


def test_no_two_tag_names_share_a_hash() -> None:
    from classifier.segment import html

    hashes = html._KEY_OF_TAG[1:] * html._MULTIPLIER >> html._HASH_SHIFT
    assert len(set(hashes.tolist())) == len(html.TAGS) - 1
