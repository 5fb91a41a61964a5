"""The order of documents, and that any number of them needs bounded memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from classifier import Block, Cleaner, Document, Label, LabelledDocument
from classifier.cleaner import segment
from classifier.journal import key_of_row, page_key
from classifier.readers import Reject, Source
from classifier.readers.base import row_to_document
from classifier.review.queue import ReviewQueue, doubt_of, fill, settled
from classifier.review.view import label_row, runs_of


def labelled(name: str, *scores: float, size: int = 1) -> LabelledDocument:
    blocks = tuple(Block(f"{name} {i}" + "x" * size, Label.CONTENT, score, 0, 0) for i, score in enumerate(scores))
    return LabelledDocument(Document(name, [block.text for block in blocks], "application/x-blocks"), blocks)


def key_of(document: LabelledDocument) -> str:
    return page_key(block.text for block in document.blocks)


def test_doubt_is_of_the_ten_least_certain_blocks() -> None:
    assert doubt_of(labelled("a", 0.9, 0.6)) == pytest.approx(0.5)
    assert doubt_of(labelled("a", *[0.5] * 10)) == doubt_of(labelled("a", *[0.5] * 30, *[0.9] * 900)) == 5
    assert doubt_of(labelled("a")) == 0


def test_least_certain_first_and_ties_by_name() -> None:
    queue = ReviewQueue()
    for document in (
        labelled("sure", 0.9),
        labelled("b", 0.5),
        labelled("a", 0.5),
        labelled("none"),
        labelled("b", 0.5),
    ):
        queue.add(document, b"{}")
    assert [entry.id for entry in queue.documents()] == ["a", "b", "sure"]
    assert (queue.n_read, queue.n_empty) == (5, 1)


def test_the_most_certain_are_left_out() -> None:
    documents = [labelled(f"{i:03}", 1 - ((i * 37) % 100) / 200) for i in range(100)]
    sure = min(documents, key=doubt_of)
    queue = ReviewQueue({key_of(sure)}, max_documents=10)
    for document in documents:
        queue.add(document, b"view")
    kept = queue.documents()
    expected = sorted(documents, key=lambda document: -doubt_of(document))[:10]
    assert [entry.id for entry in kept] == [str(document.document.id) for document in (*expected, sure)]
    assert queue.n_left_out == 89
    for document in documents:
        is_kept = document in expected or document is sure
        assert (queue.document(key_of(document)) is not None) == (queue.view(key_of(document)) == b"view") == is_kept


def test_what_somebody_works_on_is_kept() -> None:
    queue = ReviewQueue(max_documents=2)
    first = labelled("first", 0.99)
    queue.add(first, b"")
    queue.pin(key_of(first))
    for i in range(5):
        queue.add(labelled(f"{i}", 0.5), b"")
    assert len(queue.documents()) == 2
    assert queue.document(key_of(first)) is not None


def test_bytes_are_bounded_and_one_large_document_stays() -> None:
    queue = ReviewQueue(max_bytes=20_000)
    for i in range(20):
        queue.add(labelled(f"{i:02}", 0.5 + i / 100, size=5_000), b"")
    assert [entry.id for entry in queue.documents()] == ["00", "01", "02"]
    queue = ReviewQueue(max_bytes=10)
    queue.add(labelled("large", 0.5, size=5_000), b"")
    assert len(queue.documents()) == 1


def test_reading_does_not_run_ahead(cleaner: Cleaner) -> None:
    """An endless input is stopped between two chunks, and no more of it is held than a chunk."""
    n_made = 0
    stop = threading.Event()

    def endless() -> Iterator[Document]:
        nonlocal n_made
        while True:
            n_made += 1
            yield Document(n_made, [f"Block {n_made}"], "application/x-blocks")

    def view(document: LabelledDocument) -> bytes:
        if document.document.id == "100":
            stop.set()
        return b"{}"

    queue = ReviewQueue(max_documents=5)
    fill(queue, cleaner, endless(), view, stop)
    assert queue.is_complete
    assert queue.n_read == 100
    assert n_made <= 100 + 32
    assert len(queue.documents()) == 5


def test_an_error_of_ours_is_told_too(cleaner: Cleaner) -> None:
    queue = ReviewQueue()

    def view(document: LabelledDocument) -> bytes:
        raise ZeroDivisionError("oops")

    fill(queue, cleaner, [Document(1, ["x"], "application/x-blocks")], view, threading.Event())
    assert queue.is_complete
    assert queue.complaint == "reading stopped: ZeroDivisionError: oops"


ROWS = [
    {
        "html": "<p>Grüße \ud800</p><p>zwei",
        "id": "h\ud800",
        "url": "https://example.org:99/\ud800",
        "lang": "de",
        "n": 1,
    },
    {"text": "One\n\nTwo \ud800", "domain": "example.net", "url": "https://example.org"},
    {"blocks": ["", "a\nb", "\ud800"], "id": 5, "url": "http://["},
    {"blocks": [{"text": "x", "tag": "p", "group": 1, "label": "content"}, {"text": "y", "tag": "li", "group": 2}]},
]


@pytest.mark.parametrize("row", ROWS)
def test_every_kind_of_row_becomes_a_row_of_labels(row: dict[str, object]) -> None:
    document = row_to_document(row, "rows/1", Source())
    assert not isinstance(document, Reject)
    document = settled(document)
    texts = segment([document]).blocks()
    made = label_row(document, texts)
    assert json.loads(json.dumps(made, ensure_ascii=False).encode()) == made  # valid Unicode throughout
    assert key_of_row(made) == page_key(texts)
    assert all(block["label"] is None for block in made["blocks"])
    assert made.get("lang") == row.get("lang")
    assert ("html" in made) == ("html" in row)
    if "tag" in str(row):
        assert [(block["tag"], block["group"]) for block in made["blocks"]] == [("p", 1), ("li", 2)]


def test_domain_of_a_row() -> None:
    def domain(url: str | None, **metadata: str) -> object:
        return label_row(Document("1", ["x"], "application/x-blocks", url, metadata), ["x"]).get("domain")

    assert domain("https://user@News.example.org:8080/a") == "news.example.org"
    assert domain("https://example.org", domain="other.example") == "other.example"
    assert domain("http://[") is None
    assert domain(None) is None


def test_runs() -> None:
    ad, content = Label.AD_NOTICE, Label.CONTENT
    assert runs_of({}) == []
    assert runs_of({3: ad, 1: ad, 2: ad, 5: ad, 6: content}) == [(1, 3, ad), (5, 5, ad), (6, 6, content)]
