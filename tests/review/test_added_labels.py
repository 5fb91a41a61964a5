"""A label of one's own on the review page: offered, saved in the label format, read again, refused where unknown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import LABELS, Cleaner, ConfigError, Document, LabelsError
from classifier.journal import journal_line, journal_of, page_key
from classifier.review.app import Review
from classifier.review.store import LabelStore
from training.dataset import UNKNOWN, read_labelled_pages

from .conftest import ORIGIN, PORT, TOKEN

NAMES = (*LABELS, "consent_notice")
CONSENT = 6
Denag = Callable[..., Any]


@pytest.fixture
def review(calibrated: Cleaner, documents: list[Document], labels: Path) -> Any:
    from starlette.testclient import TestClient

    guard = Review(calibrated, LabelStore(labels, NAMES), iter(documents)).app(TOKEN, PORT)
    with TestClient(guard, f"{ORIGIN}/{TOKEN}/", headers={"origin": ORIGIN}) as client:
        while not client.get("documents").json()["is_complete"]:
            pass
        yield client


def _copied(labels: Path) -> LabelStore:
    """Another store of the same labels: the review holds the first."""
    copy = labels.with_name("copy.jsonl")
    copy.write_bytes(labels.read_bytes() if labels.exists() else b"")
    journal_of(copy).write_bytes(journal_of(labels).read_bytes())
    return LabelStore(copy, NAMES)


def key_of(client: Any, name: str) -> str:
    [key] = [d["key"] for d in client.get("documents").json()["documents"] if d["id"] == name]
    return str(key)


def test_label_is_offered_and_saved(review: Any, labels: Path) -> None:
    page = review.get("").text
    assert re.search(r'data-label="6"><kbd>7</kbd>Consent notice<', page)
    assert "<kbd>1</kbd>–<kbd>7</kbd> label" in page
    assert re.search(r"<dt><kbd>7</kbd></dt><dd>consent notice</dd>", page)
    key = key_of(review, "page.html")
    changes = [[1, 2, CONSENT, None], [4, 4, 0, None]]
    assert review.post(f"documents/{key}/labels", json={"changes": changes}).json()["conflicts"] == []
    conflict = review.post(f"documents/{key}/labels", json={"changes": [[1, 1, 0, None]]}).json()
    assert conflict["conflicts"] == [[1, CONSENT]]
    assert review.get(f"documents/{key}").json()["given"] == changes_of(changes)
    beyond = review.post(f"documents/{key}/labels", json={"changes": [[1, 1, 7, None]]})
    assert beyond.status_code == 400
    reason = review.get(f"documents/{key}/reasons?first=0").json()["reasons"][0]
    assert reason["label"] < len(LABELS)
    # before the review ends the journal holds it
    [before] = read_labelled_pages([labels], known=NAMES)
    assert before.labels[[1, 2, 4]].tolist() == [CONSENT, CONSENT, 0]


def changes_of(changes: list[list[int | None]]) -> list[list[int | None]]:
    return [change[:3] for change in changes]


def test_labels_are_read_again(labels: Path) -> None:
    labels.write_text(json.dumps({"blocks": [{"text": "a", "label": "consent_notice"}, {"text": "b", "label": None}]}))
    LabelStore(labels, NAMES).close()
    [page] = read_labelled_pages([labels], known=NAMES)
    assert page.labels.tolist() == [CONSENT, UNKNOWN]
    with pytest.raises(LabelsError, match=r":1: block 0: 'consent_notice' is no label, .*; --add-label consent_notice"):
        LabelStore(labels)
    with pytest.raises(LabelsError, match=r":1: block 0: 'consent_notice' is no label"):
        read_labelled_pages([labels])


def test_journal_with_a_label_that_is_not_there(labels: Path) -> None:
    row = {"blocks": [{"text": "a", "label": None}]}
    journal_of(labels).write_bytes(journal_line(page_key(["a"]), [(0, 0, "consent_notice")], row, False))
    with pytest.raises(LabelsError, match=r"journal: block 0: 'consent_notice' is no label, .*--add-label"):
        LabelStore(labels)
    LabelStore(labels, NAMES).close()
    assert "consent_notice" in labels.read_text()


def test_command_refuses_bad_names(denag: Denag, tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("One line.")
    run = denag("review", tmp_path / "page.txt", "--add-label", "Consent notice", "--no-open")
    assert (run.code, "'Consent notice' is no name for a label" in run.complaint) == (2, True)
    four = [word for name in "abcd" for word in ("--add-label", name)]
    assert "at most 3 beside" in denag("review", tmp_path / "page.txt", *four).complaint


def test_serve_checks_names_first(cleaner: Cleaner, labels: Path) -> None:
    from classifier.review import serve

    with pytest.raises(ConfigError, match="no name for a label"):
        serve(cleaner, [], labels, 0, print, ["<b>"])


def test_what_the_review_writes_is_read_by_every_command(review: Any, labels: Path, denag: Denag) -> None:
    for name in ("page.html", "page.txt", "7"):
        key = key_of(review, name)
        review.post(f"documents/{key}/labels", json={"changes": [[0, 1, 0, None], [2, 2, 5, None]]}).raise_for_status()
    review.post(f"documents/{key_of(review, 'page.html')}/finished")
    _copied(labels).close()
    rows = [json.loads(line) for line in labels.with_name("copy.jsonl").read_text().splitlines()]
    assert ["html" in row for row in rows] == [True, False, False]
    for command in ("label", "clean", "demo", "explain"):
        run = denag(command, labels.with_name("copy.jsonl"))
        assert (run.code, run.err) == (0, "")
    labelled = denag("label", labels.with_name("copy.jsonl")).rows
    assert [[b["text"] for b in row["blocks"]] for row in labelled] == [
        [b["text"] for b in row["blocks"]] for row in rows
    ]
