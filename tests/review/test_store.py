"""No label is ever lost: crashes at any point, torn ends, full disks, many writers, two reviews."""

from __future__ import annotations

import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import LABELS, ConfigError, Label, LabelsError
from classifier.journal import journal_of, page_key
from classifier.review.store import Change, LabelStore
from training.dataset import UNKNOWN, read_labelled_pages

TEXTS = [f"Block {i}" for i in range(6)]
KEY = page_key(TEXTS)
AD, CONTENT, PAYWALL = Label.AD_NOTICE, Label.CONTENT, Label.PAYWALL_PROMPT


def new_row(name: str = "p", texts: list[str] = TEXTS) -> dict[str, Any]:
    return {"id": name, "blocks": [{"text": text, "label": None} for text in texts]}


def put(store: LabelStore, i: int, label: Label | None, before: Label | None = None) -> None:
    given = store.give(KEY, [Change(i, i, label, before)], new_row)
    assert given.conflicts == []


def read(path: Path) -> list[int]:
    [page] = read_labelled_pages([path])
    return list(page.labels.tolist())


def crash(store: LabelStore) -> None:
    """End a store as kill -9 would: nothing is written any more."""
    os.close(store._file)


def test_a_label_is_on_disk_when_give_returns(labels: Path) -> None:
    store = LabelStore(labels)
    put(store, 2, AD)
    assert read(labels) == [UNKNOWN, UNKNOWN, 1, UNKNOWN, UNKNOWN, UNKNOWN]
    crash(store)
    again = LabelStore(labels)
    assert again.given(KEY) == {2: AD}
    assert journal_of(labels).read_bytes() == b""
    again.close()
    assert not journal_of(labels).exists()
    assert read(labels) == [UNKNOWN, UNKNOWN, 1, UNKNOWN, UNKNOWN, UNKNOWN]


def test_fsync_comes_before_the_answer(labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LabelStore(labels)
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(os.fstat(file).st_size), fsync(file)))
    for i in range(3):
        put(store, i, AD)
        assert synced[-1] == journal_of(labels).stat().st_size
    assert len(synced) == 3
    store.close()


@pytest.mark.parametrize("n_lost", range(1, 60))
def test_torn_last_line(labels: Path, n_lost: int) -> None:
    store = LabelStore(labels)
    put(store, 0, AD)
    put(store, 1, PAYWALL)
    crash(store)
    journal = journal_of(labels)
    os.truncate(journal, journal.stat().st_size - n_lost)
    assert read(labels)[0] == 1
    again = LabelStore(labels)
    assert again.given(KEY) == {0: AD}
    put(again, 3, CONTENT)  # does not glue itself to what was torn
    crash(again)
    assert read(labels) == [1, UNKNOWN, UNKNOWN, 0, UNKNOWN, UNKNOWN]


@pytest.mark.parametrize("call", ["replace", "fsync", "ftruncate"])
def test_a_crash_while_the_file_is_written(labels: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    store = LabelStore(labels)
    put(store, 0, AD)
    store.fold()
    put(store, 0, PAYWALL, AD)
    put(store, 5, CONTENT)

    def stop(*arguments: object) -> None:
        raise OSError(5, "crashed")

    with monkeypatch.context() as context:
        context.setattr(f"classifier.review.store.os.{call}", stop)
        with pytest.raises(OSError, match="crashed"):
            store.fold()
    crash(store)
    expected = [4, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, 0]
    assert read(labels) == expected
    again = LabelStore(labels)
    assert again.given(KEY) == {0: PAYWALL, 5: CONTENT}
    again.close()
    assert read(labels) == expected
    assert [path.name for path in labels.parent.iterdir()] == [labels.name]


def test_a_write_that_fails_half_way(labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = LabelStore(labels)
    put(store, 0, AD)
    write = os.write

    def half(file: int, content: bytes) -> int:
        write(file, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr("classifier.review.store.os.write", half)
        with pytest.raises(OSError, match="No space"):
            put(store, 1, AD)
    assert store.given(KEY) == {0: AD}
    put(store, 2, AD)
    crash(store)
    assert read(labels) == [1, UNKNOWN, 1, UNKNOWN, UNKNOWN, UNKNOWN]


def test_short_writes_are_gone_on_with(labels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr("classifier.review.store.os.write", lambda file, content: write(file, content[:7]))
    store = LabelStore(labels)
    put(store, 1, AD)
    store.close()
    assert read(labels)[1] == 1


def test_other_rows_and_fields_stay_as_they_are(labels: Path) -> None:
    foreign = '{"id":"x","n":100000000000000000000001,"blocks":[{"text":"Other","label":"content","tag":"p"}]}'
    blocks = [{"text": f"Block  {i}", "label": "boilerplate", "tag": "li"} for i in range(6)]
    ours = json.dumps({"id": "p", "extra": [1.5], "blocks": blocks})
    labels.write_text(f"{foreign}\n\n{ours}", encoding="utf-8")  # no line end at the end
    labels.chmod(0o640)
    store = LabelStore(labels)
    assert store.given(KEY) == dict.fromkeys(range(6), Label.BOILERPLATE)
    put(store, 1, AD, Label.BOILERPLATE)
    store.close()
    first, second = labels.read_text(encoding="utf-8").splitlines()
    assert first == foreign
    row = json.loads(second)
    assert row["extra"] == [1.5]
    assert [block["label"] for block in row["blocks"]] == ["boilerplate", "ad_notice", *["boilerplate"] * 4]
    assert all(block["tag"] == "li" for block in row["blocks"])
    assert labels.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(labels: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(labels)
    store = LabelStore(link)
    put(store, 0, AD)
    store.close()
    assert link.is_symlink()
    assert read(labels)[0] == 1


def test_labels_of_a_row_that_somebody_removed_stay_in_the_journal(labels: Path) -> None:
    store = LabelStore(labels)
    put(store, 0, AD)
    store.fold()
    row = labels.read_bytes()
    put(store, 1, AD)
    labels.write_bytes(b"")
    store.close()
    assert journal_of(labels).exists()
    labels.write_bytes(row)  # they put it back
    assert read(labels)[:2] == [1, 1]


def test_one_review_at_a_time(labels: Path) -> None:
    store = LabelStore(labels)
    with pytest.raises(ConfigError, match="another denag review writes"):
        LabelStore(labels)
    store.close()
    LabelStore(labels).close()


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", ":1: not JSON"),
        ("[]", ":1: expected an object"),
        ('{"blocks": [{"text": "x", "label": null}]}\n{"blocks": ["x"]}', ":2: expected an object"),
        ('{"blocks": [{"text": "x", "label": "spam"}]}', "'spam' is no label"),
    ],
)
def test_a_file_that_breaks_the_format_is_left_alone(labels: Path, content: str, complaint: str) -> None:
    labels.write_text(content)
    with pytest.raises(LabelsError, match=complaint):
        LabelStore(labels)
    assert labels.read_text() == content
    LabelStore(labels.with_name("other.jsonl")).close()  # no lock is left on anything


def test_compressed_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"plain \.jsonl"):
        LabelStore(tmp_path / "labels.jsonl.gz")


def test_a_label_after_the_end_is_refused(labels: Path) -> None:
    store = LabelStore(labels)
    put(store, 0, AD)
    store.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        put(store, 1, AD)
    assert read(labels)[:2] == [1, UNKNOWN]


def test_many_writers(labels: Path) -> None:
    texts = [f"Block {i}" for i in range(120)]
    key = page_key(texts)
    store = LabelStore(labels)

    def label(i: int) -> None:
        store.give(key, [Change(i, i, LABELS[i % 6], None)], lambda: new_row("many", texts))
        if i % 30 == 0:
            store.fold()

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(label, range(120)))
    crash(store)
    assert read(labels) == [i % 6 for i in range(120)]


LABEL = st.sampled_from([None, *LABELS])
STEPS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), LABEL, LABEL), max_size=25)


@settings(max_examples=60, deadline=None)
@given(steps=STEPS, folds=st.sets(st.integers(0, 24)), crashes=st.sets(st.integers(0, 24)))
def test_any_history(steps: list[Any], folds: set[int], crashes: set[int]) -> None:
    """Whatever is given, folded and crashed in between: file, journal and memory say what a plain dict says."""
    with tempfile.TemporaryDirectory() as folder, patch("classifier.review.store.os.fsync"):
        path = Path(folder) / "labels.jsonl"
        store, known = LabelStore(path), dict[int, Label]()
        for number, (a, b, label, expected) in enumerate(steps):
            first, last = min(a, b), max(a, b)
            conflicts = []
            for i in range(first, last + 1):
                if known.get(i) == expected:
                    known.pop(i, None)
                    if label is not None:
                        known[i] = label
                elif known.get(i) != label:
                    conflicts.append((i, known.get(i)))
            assert store.give(KEY, [Change(first, last, label, expected)], new_row).conflicts == conflicts
            assert store.given(KEY) == known
            if number in folds:
                store.fold()
            if number in crashes:
                crash(store)
                store = LabelStore(path)
        assert store.given(KEY) == known
        pages = read_labelled_pages([path])
        expected_labels = [LABELS.index(known[i]) if i in known else UNKNOWN for i in range(6)]
        assert [page.labels.tolist() for page in pages] == ([expected_labels] if pages else [])
        assert pages or not known
        store.close()
