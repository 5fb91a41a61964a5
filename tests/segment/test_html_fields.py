"""Form fields show their own words, each as a block."""

from __future__ import annotations

import pytest

from .conftest import blocks, paths, rows


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("<input placeholder='Your e-mail'>", ["Your e-mail"]),
        ("<input type=email placeholder=Mail value=typed>", ["Mail"]),
        ("<INPUT TYPE=EMAIL PLACEHOLDER=Mail>", ["Mail"]),
        ("<input type=submit value='Sign &amp; go &gt;'>", ["Sign & go >"]),
        ("<input value=Go type=button>", ["Go"]),
        ("<input type=Reset value=Clear>", ["Clear"]),
        ("<input type=submit placeholder=no>", []),
        ("<input type=submit value=''>", []),
        ("<input placeholder=' \n '>", []),
        ("<input type=hidden value=secret placeholder=secret>", []),
        ("<input type=checkbox value=v placeholder=p>", []),
        ("<input type=radio value=v placeholder=p>", []),
        ("<input value=typed>", []),
        ("<input placeholder='a\n  b'>", ["a b"]),
        ("<input placeholder='say \"now\" &lt;b&gt;'>", ['say "now" <b>']),
        ("<input title=' placeholder=no value=no' data-placeholder=no>", []),
        ("<textarea placeholder='Write here'></textarea>", ["Write here"]),
        ("<textarea placeholder='Write'>typed <b>text</b></textarea>", ["Write", "typed <b>text</b>"]),
        ("<button value=no>Subscribe</button>", ["Subscribe"]),
    ],
)
def test_form_fields(field: str, expected: list[str]) -> None:
    assert blocks(f"<form>before{field}</form>after") == ["before", *expected, "after"]


def test_field_is_the_innermost_element_of_its_own_words() -> None:
    page = "<form class=f><label>Mail<input placeholder=you class=box></label><textarea placeholder=more></textarea>"
    assert rows(page) == [
        ("Mail", 0, "body/form/label", ("f",)),
        ("you", 0, "body/form/label/input", ("box", "f")),
        ("more", 0, "body/form/textarea", ("f",)),
    ]


def test_text_behind_a_field_stands_beside_it() -> None:
    assert paths("<form><label><input type=checkbox> I agree</label></form>") == ["body/form/label"]
