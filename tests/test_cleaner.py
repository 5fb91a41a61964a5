"""The Python door: every way in gives the same labels, one answer for each block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import classifier.cleaner
from classifier import LABELS, ArtefactError, Block, Cleaner, Document, InputError, Label, LabelledDocument, Policy
from classifier.cleaner import as_document, default_model, segment


def outcome(labelled: LabelledDocument) -> list[Block]:
    return list(labelled)


def assert_same(got: list[LabelledDocument], expected: list[LabelledDocument]) -> None:
    """The same labels of the same blocks; probabilities may differ in a last digit, as sums in another order do."""
    for a, b in zip(got, expected, strict=True):
        assert a.document is b.document
        assert a.labels == b.labels
        assert [(x.text, x.start, x.end, x.tag_path, x.names) for x in a] == [
            (x.text, x.start, x.end, x.tag_path, x.names) for x in b
        ]
        assert np.allclose([x.probabilities for x in a], [x.probabilities for x in b], rtol=0, atol=1e-5)


def test_clear_page(cleaner: Cleaner, html_page: str) -> None:
    by_text = {block.text: block for block in cleaner.label(html_page)}
    ferry = "After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday."
    assert by_text[ferry].label is Label.CONTENT
    assert by_text["Politik"].label is Label.BOILERPLATE
    appeal = by_text["Sign up for our newsletter and get it in your inbox every Friday."]
    assert appeal.label is Label.NEWSLETTER_PROMPT
    assert appeal.tag_path.endswith("form/p")
    assert "newsletter-box" in appeal.names
    cleaned = cleaner.clean(html_page)
    assert ferry in cleaned
    assert "newsletter" not in cleaned
    assert "Politik" not in cleaned


def test_clear_text(cleaner: Cleaner, text_page: str) -> None:
    cleaned = cleaner.clean(text_page)
    assert "the ferry is back between the islands" in cleaned
    assert Policy.of(keep=LABELS).apply(cleaner.label(text_page)) == text_page


def test_strings_bytes_and_documents_are_the_same(cleaner: Cleaner, html_page: str, text_page: str) -> None:
    for page, media_type in ((html_page, "text/html"), (text_page, "text/plain")):
        expected = outcome(cleaner.label(Document("x", page, media_type)))
        assert expected
        assert outcome(cleaner.label(page)) == expected
        assert outcome(cleaner.label(page.encode())) == expected
        assert cleaner.clean(page.encode()) == cleaner.clean(page)


def test_kind_of_a_bare_string() -> None:
    assert as_document("<p>Markup</p>").media_type == "text/html"
    assert as_document("a < b, so what").media_type == "text/plain"
    assert as_document(b"\xef\xbb\xbfa < b").content == "a < b"


def test_marked_bytes_of_two_a_character(cleaner: Cleaner) -> None:
    for page in ("<p>é</p>", "a < b é"):
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
            assert outcome(cleaner.label(mark + page.encode(encoding))) == outcome(cleaner.label(page))


def test_many_are_what_one_may_be(cleaner: Cleaner) -> None:
    pages = ["<p>One line.", b"Two", Document("x", ["Three"], "application/x-blocks")]
    assert cleaner.label_batch(pages) == [cleaner.label(page) for page in pages]
    assert cleaner.label_batch(()) == []


@pytest.mark.parametrize("page", [{"text": "x"}, ["x"], None, Path("x.html"), 7])
def test_what_is_no_page(cleaner: Cleaner, page: Any) -> None:
    found = f"found {type(page).__name__}, expected str, bytes or Document"
    for call in (cleaner.label, cleaner.clean, cleaner.explain):
        with pytest.raises(InputError, match=f"the page: {found}"):
            call(page)
    with pytest.raises(InputError, match=f"document 1: {found}"):
        cleaner.label_batch(["x", page])


def test_one_page_where_many_are_expected(cleaner: Cleaner) -> None:
    with pytest.raises(InputError, match="found one str, expected documents"):
        cleaner.label_batch("<p>abc")


@pytest.mark.parametrize(
    ("page", "told"),
    [
        ("abc", "page 1: found str, expected a list of its blocks"),
        ("", "page 1: found str, expected a list of its blocks"),
        (b"abc", "page 1: found bytes, expected a list of its blocks"),
        (None, "page 1: found NoneType, expected a list of its blocks"),
        (["a", {"text": "b"}], "page 1, block 1: found dict, expected str"),
    ],
)
def test_what_is_no_page_of_blocks(cleaner: Cleaner, page: Any, told: str) -> None:
    with pytest.raises(InputError, match=told):
        cleaner.label_blocks([["One"], page])


def test_blocks_are_given_back_as_they_came(cleaner: Cleaner) -> None:
    blocks = ["def f():\n    return 1", " a\r\nb\t", "", "\x00\u2028", "\ud800 𝄞"]
    document = Document("x", blocks, "application/x-blocks")
    labelled = cleaner.label_batch([Document("y", ["before\nit"], "application/x-blocks"), document])[1]
    assert [block.text for block in labelled] == blocks
    whole = "\n".join(blocks)
    assert [whole[block.start : block.end] for block in labelled] == blocks
    assert cleaner.clean(document, Policy.of(keep=LABELS)) == whole


def test_probabilities(cleaner: Cleaner, html_page: str, text_page: str) -> None:
    for page in (html_page, text_page):
        for block in cleaner.label(page):
            assert len(block.probabilities) == len(LABELS)
            assert sum(block.probabilities) == pytest.approx(1, abs=1e-5)
            assert min(block.probabilities) >= 0
            assert block.score == block.probabilities[LABELS.index(block.label)]


def test_offsets_of_plain_text(cleaner: Cleaner) -> None:
    text = "\n\n  Prvi řádek 𝄞\u2029\n\n\tSecond line  \r\nThird\n"
    blocks = outcome(cleaner.label(Document("x", text, "text/plain")))
    assert [text[block.start : block.end] for block in blocks] == ["Prvi řádek 𝄞", "Second line", "Third"]


def test_offsets_of_visible_text(cleaner: Cleaner, html_page: str) -> None:
    for page in (Document("x", html_page, "text/html"), Document("x", ["One", "", "𝄞 zwei"], "application/x-blocks")):
        blocks = outcome(cleaner.label(page))
        visible = "\n".join(block.text for block in blocks)
        assert [visible[block.start : block.end] for block in blocks] == [block.text for block in blocks]


@pytest.mark.parametrize(
    "page", ["", " \n\t", b"", "<html></html>", "<div><script>x</script></div>", "<p></p><p> </p>"]
)
def test_page_without_text(page: str | bytes, cleaner: Cleaner) -> None:
    labelled = cleaner.label(page)
    assert (labelled.blocks, labelled.labels, labelled.scores) == ((), [], [])
    assert cleaner.clean(page) == ""
    assert cleaner.explain(page) == []


def mixed_documents(html_page: str, text_page: str) -> list[Document]:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    return [
        Document("1", html_page, "text/html"),
        Document("2", text_page, "text/plain"),
        Document("3", "", "text/plain"),
        Document("4", blocks, "application/x-blocks"),
        Document("5", [], "application/x-blocks"),
        Document("6", html_page.encode("cp1252"), "text/html"),
        Document("7", "", "text/html"),
        Document("8", blocks[:3], "application/x-blocks"),
        Document("9", text_page * 3, "text/plain"),
        Document("10", "<p>Advertisement</p>", "text/html"),
    ]


def test_labels_of_one_do_not_depend_on_the_others(cleaner: Cleaner, html_page: str, text_page: str) -> None:
    documents = mixed_documents(html_page, text_page)
    alone = [cleaner.label(document) for document in documents]
    together = cleaner.label_batch(documents)
    assert [labelled.document for labelled in together] == documents
    assert_same(together, alone)
    assert_same(cleaner.label_batch(documents[::-1]), alone[::-1])


@pytest.mark.parametrize(("chars", "count"), [(1, 512), (1 << 22, 1), (1 << 22, 3), (1500, 512)])
def test_groups_do_not_matter(
    chars: int, count: int, cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch, html_page: str, text_page: str
) -> None:
    documents = mixed_documents(html_page, text_page)
    pages = [[text_page[:i] for i in range(1, n)] for n in (3, 1, 9, 2, 30)]
    expected, expected_blocks = cleaner.label_batch(documents), cleaner.label_blocks(pages)
    monkeypatch.setattr(classifier.cleaner, "_GROUP_CHARS", chars)
    monkeypatch.setattr(classifier.cleaner, "_GROUP_DOCUMENTS", count)
    assert_same(cleaner.label_batch(documents), expected)
    for got, result in zip(cleaner.label_blocks(pages), expected_blocks, strict=True):
        assert got.labels == result.labels
        assert np.allclose(got.probabilities, result.probabilities, rtol=0, atol=1e-5)


def test_stream_is_lazy(cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier.cleaner, "_GROUP_DOCUMENTS", 2)
    asked = []

    def documents():
        for i in range(100):
            asked.append(i)
            yield Document(str(i), "One line.", "text/plain")

    stream = cleaner.label_stream(documents())
    assert asked == []
    assert next(stream).document.id == "0"
    assert len(asked) <= 4


def test_label_blocks_answers_one_for_one(cleaner: Cleaner, text_page: str) -> None:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    pages = [
        blocks,
        [],
        [""],
        ["", blocks[0], "", ""],
        ["line\nends\r\ninside", "\x00", "\ud800", "\u2028"],
        blocks[:1],
    ]
    results = cleaner.label_blocks(pages)
    assert [len(result.labels) for result in results] == [len(page) for page in pages]
    assert [len(result.scores) for result in results] == [len(page) for page in pages]
    for page, result in zip(pages, results, strict=True):
        labelled = cleaner.label(Document("x", page, "application/x-blocks"))
        assert result.labels == labelled.labels
        assert np.allclose(result.scores, labelled.scores, rtol=0, atol=1e-5)
        assert all(type(label) is Label for label in result.labels)


def test_label_blocks_of_nothing(cleaner: Cleaner) -> None:
    assert cleaner.label_blocks([]) == []
    [empty] = cleaner.label_blocks([[]])
    assert (empty.labels, empty.scores.tolist()) == ([], [])


def test_blocks_of_a_text_get_the_labels_of_the_text(cleaner: Cleaner, text_page: str) -> None:
    labelled = cleaner.label(Document("x", text_page, "text/plain"))
    [result] = cleaner.label_blocks([[block.text for block in labelled]])
    assert result.labels == labelled.labels


@given(st.lists(st.lists(st.text(max_size=40), max_size=6), max_size=6))
@settings(max_examples=40, deadline=None)
def test_any_blocks(cleaner: Cleaner, pages: list[list[str]]) -> None:
    results = cleaner.label_blocks(pages)
    assert [len(result.labels) for result in results] == list(map(len, pages))
    for result in results:
        assert np.allclose(result.probabilities.sum(axis=1), 1, atol=1e-5)


@given(st.text(max_size=300))
@settings(max_examples=60, deadline=None)
def test_any_text(cleaner: Cleaner, text: str) -> None:
    labelled = cleaner.label(Document("x", text, "text/plain"))
    for block in labelled:
        assert (
            block.text.split()
            == text[block.start : block.end].replace("\x00", " ").encode("utf-8", "replace").decode().split()
        )
    cleaner.clean(text)


@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div class='ad'>",
                "<br>",
                "<a href=x>",
                "</a>",
                "<",
                ">",
                '"',
                "x ",
                "<input placeholder='q'>",
                "<table><tr>",
                "<script>",
                "<!--",
                "-->",
                "&amp;",
                "é",
            ]
        )
    )
)
@settings(max_examples=60, deadline=None)
def test_any_markup(cleaner: Cleaner, parts: list[str]) -> None:
    labelled = cleaner.label(Document("x", "".join(parts), "text/html"))
    assert all(block.text.strip() for block in labelled)


def test_clean_with_a_policy(cleaner: Cleaner, html_page: str) -> None:
    labelled = cleaner.label(html_page)
    everything = "\n".join(block.text for block in labelled)
    assert cleaner.clean(html_page, Policy.of(keep=LABELS)) == everything
    assert cleaner.clean(html_page, Policy.of(drop=["content"])) == ""
    assert cleaner.clean(html_page) == labelled.text()


def test_explanations_add_up(cleaner: Cleaner, html_page: str, text_page: str) -> None:
    for page in (html_page, text_page):
        labelled, explanations = cleaner.label(page), cleaner.explain(page)
        assert [why.text for why in explanations] == [block.text for block in labelled]
        assert [why.label for why in explanations] == labelled.labels
        for why in explanations:
            assert why.rival is not why.label
            assert why.base + sum(why.context.values()) == pytest.approx(why.margin, abs=1e-3)


def test_model_folder_by_name(cleaner: Cleaner, text_page: str) -> None:
    folder = default_model()
    for path in (folder, str(folder)):
        assert Cleaner.load(path).label(text_page) == cleaner.label(text_page)


def test_model_folder_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="no such model folder"):
        Cleaner.load(tmp_path / "missing")
    with pytest.raises(ArtefactError, match=r"config\.json"):
        Cleaner.load(tmp_path)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("The bridge opens on Monday.", "content"),
        ("Subscribe to our newsletter", "newsletter_prompt"),
        ("Home", "boilerplate"),
    ],
)
def test_single_blocks_are_taken_for_what_they_are(cleaner: Cleaner, text: str, label: str) -> None:
    assert cleaner.label_blocks([[text]])[0].labels == [label]
    assert cleaner.label(text).labels == [label]


def test_an_empty_path_is_no_model_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(default_model())
    with pytest.raises(ArtefactError, match="an empty path"):
        Cleaner.load("")
