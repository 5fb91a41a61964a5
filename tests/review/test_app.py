"""Every route: what it gives, what it refuses, and that labels arrive where training finds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import LABELS, Cleaner, Document, InputError
from classifier.calibration import Calibration
from classifier.review.dial import Dial
from training.dataset import UNKNOWN, read_labelled_pages

CONTENT, AD, DONATION, NEWSLETTER = range(4)


def test_page(server: Any) -> None:
    page = server.client.get("")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    for text in ("Newsletter prompt", "my-labels.jsonl", 'role="listbox"', 'aria-live="polite"', "[0.001,0.05,null]"):
        assert text in page.text.replace("&#34;", '"')
    for script in ("onclick", "<style", "javascript:", " style="):
        assert script not in page.text
    assert page.text.count("<script") == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("review.js", "text/javascript"), ("blocks.js", "text/javascript"), ("review.css", "text/css")],
)
def test_static_files(server: Any, name: str, kind: str) -> None:
    answer = server.client.get(f"static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert "http://" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in answer.text


def test_nothing_beyond_the_static_folder(server: Any) -> None:
    for path in ("static/../app.py", "static/%2e%2e/app.py", "static/..%2fapp.py", "static/", "nothing"):
        assert server.client.get(path).status_code == 404


def test_least_certain_first(server: Any, calibrated: Cleaner, documents: list[Document]) -> None:
    listed = server.documents()
    assert [entry["doubt"] for entry in listed] == sorted((entry["doubt"] for entry in listed), reverse=True)
    assert {entry["id"] for entry in listed} == {"page.html", "page.txt", "7"}
    for document in documents:
        labelled = calibrated.label(document)
        doubt = sum(sorted((1 - score for score in labelled.scores), reverse=True)[:10])
        [entry] = [entry for entry in listed if entry["id"] == str(document.id)]
        assert entry["n_blocks"] == len(labelled.blocks)
        assert entry["doubt"] == pytest.approx(doubt, abs=1e-3)


def test_a_document(server: Any, calibrated: Cleaner, documents: list[Document]) -> None:
    for document in documents:
        labelled = calibrated.label(document)
        shown = server.client.get(f"documents/{server.key(str(document.id))}").json()
        assert shown["id"] == str(document.id)
        assert shown["url"] == document.url
        assert shown["texts"] == [block.text for block in labelled.blocks]
        assert [LABELS[int(digit)] for digit in shown["labels"]] == labelled.labels
        assert np.array(shown["scores"]) / 1000 == pytest.approx(np.array(labelled.scores), abs=6e-4)
        assert shown["given"] == []


def test_dial_drops_what_the_policy_drops(calibrated: Cleaner, server: Any, documents: list[Document]) -> None:
    dial = Dial.of(calibrated)
    assert dial.settings == (0.001, 0.05, None)
    n_differ = 0
    for document in documents:
        labelled = calibrated.label(document)
        shown = server.client.get(f"documents/{server.key(str(document.id))}").json()
        for k, setting in enumerate(dial.settings):
            kept = [text for text, mask in zip(shown["texts"], shown["dropped"], strict=True) if not mask >> k & 1]
            policy = calibrated.policy(max_content_loss=setting)
            dropped = [policy.drops(block.label, block.not_content, document.media_type) for block in labelled.blocks]
            assert kept == [b.text for b, is_dropped in zip(labelled.blocks, dropped, strict=True) if not is_dropped]
        n_differ += len(set(shown["dropped"])) - 1
    assert n_differ > 0


def test_a_model_without_calibration_has_no_dial(cleaner: Cleaner, calibrated: Cleaner) -> None:
    half = Calibration(content_loss={"html": calibrated.model.calibration.content_loss["html"]})
    assert Dial.of(Cleaner(replace(cleaner.model, calibration=Calibration()))).settings == (None,)
    assert Dial.of(Cleaner(replace(cleaner.model, calibration=half))).settings == (None,)


def test_reasons(server: Any, calibrated: Cleaner, documents: list[Document]) -> None:
    key = server.key("page.html")
    told = server.client.get(f"documents/{key}/reasons?first=2").json()
    expected = calibrated.explain(documents[0])[2:]
    assert told["first"] == 2
    assert len(told["reasons"]) == len(expected)
    for reasons, explanation in zip(told["reasons"], expected, strict=True):
        assert LABELS[reasons["label"]] is explanation.label
        assert reasons["margin"] == pytest.approx(explanation.margin, abs=0.01)
        assert [name for name, _ in reasons["words"]] == [
            name for name, value in explanation.words if abs(value) >= 0.05
        ][:6]
        sizes = [abs(value) for _, value in reasons["context"]]
        assert sizes == sorted(sizes, reverse=True)
    assert any(name == "newsletter" for reasons in told["reasons"] for name, _ in reasons["names"])


@pytest.mark.parametrize("path", ["none", "none/reasons?first=0", "{key}/reasons?first=99"])
def test_what_is_not_there(server: Any, path: str) -> None:
    answer = server.client.get("documents/" + path.format(key=server.key("7")))
    assert answer.status_code == 404
    assert "not in the review" in answer.json()["error"]


@pytest.mark.parametrize("query", ["", "?first=", "?first=-1", "?first=x", "?first=1e3", "?first=" + "9" * 40])
def test_bad_numbers(server: Any, query: str) -> None:
    assert server.client.get(f"documents/{server.key('7')}/reasons{query}").status_code == 400


BAD_BODIES: list[Any] = [
    [], {}, {"changes": 1}, {"changes": [[0, 1, 2]]}, {"changes": [[0, 4, 1, None]]}, {"changes": [[2, 1, 1, None]]},
    {"changes": [[-1, 1, 1, None]]}, {"changes": [[0, 0, 6, None]]}, {"changes": [[0, 0, "ad_notice", None]]},
    {"changes": [[0, 0, True, None]]}, {"changes": [[0.0, 0, 1, None]]}, {"changes": [[0, 0, 1, -1]]},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD_BODIES)
def test_bad_changes_change_nothing(server: Any, body: Any) -> None:
    key = server.key("7")
    answer = server.client.post(f"documents/{key}/labels", json=body)
    assert answer.status_code == 400
    assert server.given(key) == []
    answer = server.client.post(
        f"documents/{key}/labels", content=b"{torn", headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400
    assert server.give("none", [0, 0, AD, None]).status_code == 404


def test_labels_arrive_in_training(server: Any, labels: Path, documents: list[Document]) -> None:
    for name in ("page.html", "page.txt", "7"):
        key = server.key(name)
        assert server.give(key, [1, 2, AD, None], [3, 3, CONTENT, None]).json()["conflicts"] == []
        assert server.give(key, [2, 2, NEWSLETTER, AD]).json()["conflicts"] == []
        assert server.given(key) == [[1, 1, AD], [2, 2, NEWSLETTER], [3, 3, CONTENT]]
    pages = {page.id: page for page in read_labelled_pages([labels])}  # the review still runs
    assert set(pages) == {"page.html", "page.txt", "7"}
    for page in pages.values():
        assert page.labels[:4].tolist() == [UNKNOWN, AD, NEWSLETTER, CONTENT]
        assert set(page.labels[4:].tolist()) <= {UNKNOWN}
    assert pages["page.html"].batch.layout is not None
    assert pages["page.html"].domain == "www.example.org"
    server.stop()
    rows = [json.loads(line) for line in labels.read_text(encoding="utf-8").splitlines()]
    assert all(set(block) == {"text", "label"} for row in rows for block in row["blocks"])
    after = {page.id: page.labels.tolist() for page in read_labelled_pages([labels])}
    assert after == {name: page.labels.tolist() for name, page in pages.items()}
    assert list(labels.parent.iterdir()) == [labels]


def test_finished_documents(server: Any, labels: Path) -> None:
    key = server.key("page.txt")
    assert server.client.post(f"documents/{key}/finished", json={}).status_code == 200
    assert not any(entry["is_finished"] for entry in server.documents())  # nothing was labelled
    server.give(key, [0, 0, AD, None])
    assert [entry["n_given"] for entry in server.documents() if entry["key"] == key] == [1]
    assert server.client.post(f"documents/{key}/finished", json={}).status_code == 200
    assert [entry["key"] for entry in server.documents() if entry["is_finished"]] == [key]
    other = server.key("7")
    server.give(other, [0, 3, CONTENT, None])
    assert {entry["key"] for entry in server.documents() if entry["is_finished"]} == {key, other}
    assert server.client.post("documents/none/finished", json={}).status_code == 404


def test_two_tabs(server: Any) -> None:
    key, one, two = server.key("7"), server.client, server.tab()
    start = one.get(f"documents/{key}").json()["sequence"]
    server.give(key, [0, 0, AD, None], tab=one)
    server.give(key, [1, 2, DONATION, None], tab=two)
    assert server.given(key) == [[0, 0, AD], [1, 2, DONATION]]
    # the second tab has not heard of the first one's label, and does not wipe it out
    answer = server.give(key, [0, 3, CONTENT, None], tab=two).json()
    assert answer["conflicts"] == [[0, AD], [1, DONATION], [2, DONATION]]
    assert server.given(key) == [[0, 0, AD], [1, 2, DONATION], [3, 3, CONTENT]]
    # now it has
    assert server.give(key, [0, 0, CONTENT, AD], tab=two).json()["conflicts"] == []
    # the first tab's undo of what is no longer there
    assert server.give(key, [0, 0, None, AD], tab=one).json()["conflicts"] == [[0, CONTENT]]
    heard = one.get(f"documents/{key}/changes?since={start}").json()
    assert heard["runs"] == [[0, 0, AD], [1, 2, DONATION], [3, 3, CONTENT], [0, 0, CONTENT]]
    assert one.get(f"documents/{key}/changes?since={heard['sequence']}").json()["runs"] == []
    assert one.get(f"documents/{key}/changes?since=999").json()["runs"] is None


def test_the_same_change_twice_is_one(server: Any) -> None:
    key = server.key("7")
    first = server.give(key, [0, 0, AD, None]).json()
    assert server.give(key, [0, 0, AD, None]).json() == first == {"sequence": 1, "conflicts": []}


def test_a_full_disk_is_told(server: Any, labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = server.key("7")

    def full(file: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("classifier.review.store.os.fsync", full)
    answer = server.give(key, [0, 0, AD, None])
    assert answer.status_code == 507
    assert "No space left" in answer.json()["error"]
    monkeypatch.undo()
    assert server.given(key) == []
    assert server.give(key, [1, 1, AD, None]).status_code == 200
    [page] = read_labelled_pages([labels])
    assert page.labels.tolist() == [UNKNOWN, AD, UNKNOWN, UNKNOWN]


def test_page_text_is_data(served: Callable[..., Any]) -> None:
    hostile = [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</script><svg onload=alert(1)>",
        "\u2028{{ 7*7 }}",
    ]
    server = served([Document("<b>id</b>", hostile, "application/x-blocks", url="javascript:alert(1)")])
    answer = server.client.get(f"documents/{server.key('<b>id</b>')}")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["texts"] == hostile
    assert "alert(1)" not in server.client.get("").text


def test_file_name_is_escaped(served: Callable[..., Any], tmp_path: Path) -> None:
    server = served([], tmp_path / "<img src=x onerror=alert(1)>.jsonl")
    assert "<img" not in server.client.get("").text


def test_reading_that_fails_is_told(served: Callable[..., Any]) -> None:
    def documents() -> Iterator[Document]:
        yield Document("1", ["Sound"], "application/x-blocks")
        raise InputError("crawl.warc: not a whole file")

    server = served(documents())
    assert [entry["id"] for entry in server.documents()] == ["1"]
    assert server.client.get("documents").json()["complaint"] == "crawl.warc: not a whole file"
