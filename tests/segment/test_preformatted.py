"""Lines and spaces of ``<pre>`` come back beside the blocks, which stay what they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from classifier import LABELS, Cleaner, Document, Policy
from classifier.edits import Clean, LabelRows, Tag
from classifier.segment import html, segment_html

from .test_html_any_markup import any_markup

CODE = "def f():\n    return 1\n\n\nprint(2)"
PAGE = f"<p>The council  said:<pre>{CODE}</pre><p>It ran."


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (f"<pre>{CODE}</pre>", [CODE]),
        ("<pre>\n\n  one\n\ttwo  \n \n</pre>", ["  one\n\ttwo"]),
        ("<pre><code><i>  a</i> = <b>&lt;1&amp;nbsp;</b>\r\n&nbsp; b&#13;c</code></pre>", ["  a = <1&nbsp;\n  b c"]),
        ("<pre>for x:<br>    y<br><br>  z</pre>", ["for x:", "    y", "  z"]),
        ("<pre>a\n b<div> c\n d</div>e\n f</pre> g  h", ["a\n b", " c\n d", "e\n f", "g h"]),
        ("<pre><a>x</a><a>y</a>\nz</pre>", ["xy\nz"]),
        ("<pre>a\n b<input placeholder='c  d'> e\n f</pre>", ["a\n b", "c d", " e\n f"]),
        ("<pre>one two</pre><p>a\n  b</p><pre> \n </pre>", ["one two", "a b"]),
        ("<pre>日本\n  語\u3000x\n\u3000y</pre>", ["日本\n  語\u3000x\n\u3000y"]),
        ("<pre>a\n<script>x\n</script>  b<!-- c\n -->\n</pre>", ["a\n  b"]),
    ],
)
def test_texts(page: str, expected: list[str], cleaner: Cleaner) -> None:
    assert [block.text for block in cleaner.label(Document("x", page, "text/html"))] == expected
    assert segment_html([page]).blocks() == [" ".join(text.split()) for text in expected] or "<a>" in page


def test_pages_without_are_as_they_were() -> None:
    assert segment_html(["<p>a\n  b</p><textarea>\n c\n d</textarea>"]).preformatted == {}


@settings(max_examples=400, deadline=None, derandomize=True)
@given(any_markup)
def test_letters_are_those_of_the_block(inner: str) -> None:
    batch = segment_html([f"<pre>{inner}\n  x</pre>", inner])
    for i, text in batch.preformatted.items():
        assert "".join(text.split()) == "".join(batch.block(i).split())
        assert text == text.rstrip() != ""
        assert text.split("\n")[0].strip()


def test_pages_do_not_touch_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [PAGE, "<p>One", "", PAGE, f"<pre>{CODE}</pre>"]
    expected = segment_html(pages).preformatted
    assert expected == dict.fromkeys((1, 5, 7), CODE)
    monkeypatch.setattr(html, "_GROUP_BYTES", 1)
    assert segment_html(pages).preformatted == expected


def test_every_way_out(cleaner: Cleaner) -> None:
    keep_all = Policy.of(keep=LABELS)
    whole = f"The council said:\n{CODE}\nIt ran."
    assert cleaner.clean(PAGE, keep_all) == whole
    [(_, labelled)] = cleaner.label_group([Document(i, page, "text/html") for i, page in enumerate(("<p>One", PAGE))])
    for edit in (Clean(keep_all), Tag()):
        assert [row["text"] for row in edit.rows(labelled, edit.dropped(labelled))] == ["One", whole]
    for row in (Tag().rows(labelled, Tag().dropped(labelled))[1], LabelRows().rows(labelled, labelled.labels < 0)[1]):
        cut = [whole[block["start"] : block["end"]] for block in row["blocks"]]
        assert cut == ["The council said:", CODE, "It ran."]
    assert [whole[block.start : block.end] for block in cleaner.label(PAGE)] == cut


def test_labels_are_those_of_the_folded_text(cleaner: Cleaner) -> None:
    folded = PAGE.replace(CODE, " ".join(CODE.split()))
    assert [block.probabilities for block in cleaner.label(PAGE)] == [
        block.probabilities for block in cleaner.label(folded)
    ]
