"""What a page never shows is in no block; what it merely hides is."""

from __future__ import annotations

import pytest

from classifier.segment import segment_html
from classifier.segment.canonical import STRIPPED

from .conftest import blocks, rows, rows_of


@pytest.mark.parametrize("tag", sorted({*STRIPPED} - {"plaintext", "head"}))
def test_what_is_never_shown_is_left_out(tag: str) -> None:
    assert blocks(f'<p>one</p><{tag}>never < & > " shown</{tag}><p>two</p>') == ["one", "two"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<head><title>no</title><script>no</script></head>yes", ["yes"]),
        ("<p>one<script>if (a<b) { c>d }</script>two", ["onetwo"]),
        ("<style>p > a { }</style>yes", ["yes"]),
        ("<style><!-- </style>yes --></style>", ["yes -->"]),
        ("<template><p>no</p></template>yes", ["yes"]),
        ("<noscript><p>no</p></noscript>yes", ["yes"]),
        ("<svg><title>no</title><text>no</text></svg>yes", ["yes"]),
        ("<iframe><p>no</p></iframe>yes", ["yes"]),
        ("<object><p>no</p></object>yes", ["yes"]),
        ("<xmp><b>no</xmp>yes", ["yes"]),
        ("yes<plaintext>no <p> no", ["yes"]),
        ("<script>never closed", []),
    ],
)
def test_stripped_elements(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


@pytest.mark.parametrize(
    "attributes", ["hidden", "style='display:none'", "aria-hidden=true", "class='visually-hidden'", "style=opacity:0"]
)
def test_hidden_elements_stay(attributes: str) -> None:
    assert blocks(f"<div {attributes}>Subscribe now</div>") == ["Subscribe now"]


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<p>one<!-- no -->two", ["onetwo"]),
        ("<p>one<!-- < no > --> two<!--<p>no</p>-->", ["one two"]),
        ("<!-- a < b --><p>one</p><!----><!-->two", ["one", "two"]),
        ("<p>one<!-- <a href='x'>no</a> -- > no --!> two", ["one two"]),
        ("<p>one<!-- never closed <b>no</b>", ["one"]),
        ("<?php echo 1 ?>one<!doctype html>two</ no>", ["onetwo"]),
        ("<p title='<!--'>one<!-- no --><b title='-->'>two", ["onetwo"]),
        ("<p>a &lt;!-- shown --&gt; b", ["a <!-- shown --> b"]),
        ("<![CDATA[ no ]]>one", ["one"]),
        ("<a<!--b-->one</a<!--b-->two", ["onetwo"]),
        ("<a<!--b>one <b>two</b><!-- no -->three", ["one twothree"]),
    ],
)
def test_comments_are_left_out(page: str, expected: list[str]) -> None:
    assert blocks(page) == expected


def test_processing_instructions_are_left_out() -> None:
    page = "<div><?php echo 1 ?><p>one<?x?></p></div>two"
    assert rows_of(segment_html([page, page]))[2:] == rows(page)
    assert [row[:3] for row in rows(page)] == [("one", 0, "body/div/p"), ("two", 0, "body")]
