"""The journal of labels: what counts after a crash, and that training reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import Label, LabelsError
from classifier.journal import journal_line, journal_of, key_of_row, page_key, read_journal, row_line
from training.dataset import UNKNOWN, read_labelled_pages

TEXTS = ["One", "Subscribe now", "One"]


def row_of(*labels: str | None) -> dict[str, Any]:
    return {"id": "p", "blocks": [{"text": text, "label": label} for text, label in zip(TEXTS, labels, strict=True)]}


def test_key_is_of_the_words_and_their_blocks() -> None:
    assert page_key(["a b", "c"]) == page_key(["a  b ", " c"]) == page_key(["ab", "c"])
    assert len({page_key(page) for page in ([], [""], ["a"], ["b"], ["a", ""], ["a", "b"], ["ab"])}) == 6
    assert key_of_row(row_of(None, None, None)) == page_key(TEXTS)
    for row in ({}, {"blocks": 1}, {"blocks": ["x"]}, {"blocks": [{"text": 1}]}):
        assert key_of_row(row) == ""


def test_training_reads_the_journal_over_the_file(write_jsonl: Callable[..., Path]) -> None:
    labels = write_jsonl("labels.jsonl", row_of("content", None, "boilerplate"))
    other = {"id": "q", "blocks": [{"text": "Two", "label": None}]}
    journal_of(labels).write_bytes(
        journal_line(page_key(TEXTS), [(0, 1, Label.PAYWALL_PROMPT)], None, False)
        + journal_line(page_key(TEXTS), [(2, 2, None)], None, True)
        + journal_line(page_key(["Two"]), [(0, 0, Label.AD_NOTICE)], other, False)
    )
    first, second = read_labelled_pages([labels])
    assert first.labels.tolist() == [4, 4, UNKNOWN]
    assert (second.id, second.labels.tolist()) == ("q", [1])


@pytest.mark.parametrize("cut", range(1, 70))
def test_a_torn_end_does_not_count(tmp_path: Path, cut: int) -> None:
    key = page_key(TEXTS)
    whole = journal_line(key, [(0, 0, Label.CONTENT)], None, False)
    last = journal_line(key, [(1, 1, Label.AD_NOTICE)], None, False)
    path = tmp_path / "journal"
    path.write_bytes(whole + last[: min(cut, len(last) - 1)])
    journal = read_journal(path)
    assert journal.n_bytes == len(whole)
    assert journal.pages[key].labels == {0: Label.CONTENT}


def test_zeros_at_the_end_do_not_count(tmp_path: Path) -> None:
    """What some file systems leave after a power cut."""
    whole = journal_line(page_key(TEXTS), [(0, 0, Label.CONTENT)], None, False)
    path = tmp_path / "journal"
    path.write_bytes(whole + bytes(100) + b"\n")
    assert read_journal(path).n_bytes == len(whole)


BAD_LINES = [
    b"{", b"1", b"{}", b'{"page": "x", "labels": [[1, 0, null]]}', b'{"page": "x", "labels": [[0, 0, "Spam!"]]}',
    b'{"page": "x", "labels": [[0, 0]]}', b'{"page": "x", "row": {"blocks": []}}', b'{"page": "x", "labels": 1}',
]  # fmt: skip


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_bad_line_amid_good_ones_is_an_error(tmp_path: Path, line: bytes) -> None:
    whole = journal_line(page_key(TEXTS), [(0, 0, Label.CONTENT)], None, False)
    path = tmp_path / "journal"
    path.write_bytes(whole + line + b"\n" + whole)
    with pytest.raises(LabelsError, match=r"journal:2: expected a line of a journal"):
        read_journal(path)


def test_no_journal() -> None:
    assert read_journal(Path("there-is-none")).pages == {}


def test_rows_keep_what_is_in_them() -> None:
    row = {"n": 2**80, "text": "é\ud800", "x": None}
    assert json.loads(row_line(row)) == row
    assert row_line({"text": "é"}) == '{"text": "é"}\n'.encode()
