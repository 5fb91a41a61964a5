"""Stand-off labels find their blocks, or are counted as missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import LABELS, InputError, LabelsError
from training.corpora import (
    MatchReport,
    block_hash,
    from_standoff,
    read_corpora,
    read_standoff,
    to_standoff,
)
from training.dataset import UNKNOWN, split_of

BOILERPLATE = LABELS.index("boilerplate")


# hashes


@pytest.mark.parametrize(
    ("text", "name"), [("Sign up", "47dc985c66ac"), ("", "ddd9c40767f9"), ("Grüße, 世界", "3f26a37c477e")]
)
def test_block_hashes_never_move(text: str, name: str) -> None:
    assert block_hash(text) == name


def test_block_hash_leaves_white_space_out() -> None:
    assert block_hash(" Sign\u00a0 up\n") == block_hash("Signup") == block_hash("Sign up")
    assert block_hash("sign up") != block_hash("Sign up")
    assert len(block_hash("\ud800")) == 12


# there and back


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "b ", "c d", "cd", ""]), st.integers(-1, 5)), max_size=40))
def test_round_trip(blocks: list[tuple[str, int]]) -> None:
    texts, labels = [text for text, _ in blocks], np.array([label for _, label in blocks], np.int8)
    report = MatchReport()
    rows = to_standoff(texts, labels)
    assert from_standoff(texts, rows, "p", report).tolist() == labels.tolist()
    assert (report.n_labels, report.n_missing) == (int((labels != UNKNOWN).sum()), 0)
    assert not any(text and text in str(rows) for text in texts if len(text) > 1)


def test_standoff_rows_count_blocks_of_one_text() -> None:
    rows = to_standoff(["a", "b", "a", "a"], np.array([0, UNKNOWN, UNKNOWN, BOILERPLATE], np.int8))
    assert rows == [[block_hash("a"), 0, "content"], [block_hash("a"), 2, "boilerplate"]]


def test_missing_blocks_are_counted() -> None:
    labels = np.array([0, BOILERPLATE, 1, 2], np.int8)
    rows = to_standoff(["kept", "gone", "twice", "twice"], labels)
    report = MatchReport()
    found = from_standoff(["new", "twice", "kept"], rows, "p", report)
    assert found.tolist() == [UNKNOWN, 1, 0]
    assert (report.n_labels, report.n_missing) == (4, 2)
    assert report.missing_blocks == {"p": 2}
    from_standoff([], rows, "q", report)
    assert (report.n_labels, report.n_missing, report.missing_blocks["q"]) == (8, 6, 4)
    assert "8 labels, 6 without a block (75.00%)" in str(report)


def test_report_of_nothing() -> None:
    assert str(MatchReport()) == "0 pages, 0 labels, 0 without a block (0.00%), 0 labelled pages not in the corpora"


# files of stand-off labels


def test_read_standoff(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    write_jsonl("b.jsonl", {"page": "x", "labels": [["00", 1, "boilerplate"]]}, {"page": "y", "labels": []})
    write_jsonl("a.jsonl", {"page": "x", "domain": "x.example", "labels": [["00", 0, "content"]]})
    assert read_standoff(tmp_path) == {"x": [["00", 0, "content"], ["00", 1, "boilerplate"]], "y": []}
    assert read_standoff(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"labels": []}, "expected 'page' (a string) and 'labels' (a list)"),
        ({"page": 3, "labels": []}, "expected 'page' (a string) and 'labels' (a list)"),
        ({"page": "x", "labels": {}}, "expected 'page' (a string) and 'labels' (a list)"),
        ({"page": "x", "labels": [["00", 0]]}, "expected [hash, number, label], found ['00', 0]"),
        ({"page": "x", "labels": [["00", 0, "ads"]]}, "expected [hash, number, label], found ['00', 0, 'ads']"),
        ({"page": "x", "labels": ["abc"]}, "expected [hash, number, label], found 'abc'"),
    ],
)
def test_bad_standoff(row: Any, complaint: str, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    path = write_jsonl("a.jsonl", {"page": "fine", "labels": []}, row)
    with pytest.raises(LabelsError) as caught:
        read_standoff(tmp_path)
    assert str(caught.value) == f"{path}:2: {complaint}"


# corpora


PAGE = "<nav><li>Home</li></nav><article><h1>Bridge opens</h1><p>The bridge opens on Monday at noon.</p></article>"


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    table = pa.table(
        {
            "id": ["a", "b"],
            "domain": ["a.example", "b.example"],
            "html": [PAGE, PAGE],
            "lang": ["en", None],
            "page_type": ["article", None],
            "main_content": ["Bridge opens\nThe bridge opens on Monday at noon.", None],
            "unused": [1, 2],
        }
    )
    pq.write_table(table, folder / "one.parquet")
    pq.write_table(pa.table({"id": ["c"], "domain": ["c.example"], "html": ["<p>x"]}), folder / "two.parquet")
    return folder


def test_read_corpora(corpora: Path, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    rows = [
        [block_hash("Home"), 0, "boilerplate"],
        [block_hash("Bridge opens"), 0, "content"],
        ["0" * 12, 0, "content"],
    ]
    write_jsonl("s.jsonl", {"page": "b", "labels": rows}, {"page": "nowhere", "labels": [["00", 0, "content"]]})
    report = MatchReport()
    a, b, c = read_corpora(corpora, report, tmp_path)
    assert [page.id for page in (a, b, c)] == ["a", "b", "c"]
    assert (a.domain, a.lang, a.kind, a.written) == ("a.example", "en", "article", False)
    assert a.batch.layout is not None
    assert a.labels.tolist() == [UNKNOWN] * 3
    assert a.main.tolist() == [0, 1, 1]
    assert a.main_content == "Bridge opens\nThe bridge opens on Monday at noon."
    assert (b.lang, b.kind, b.main_content) == ("?", "?", None)
    assert b.labels.tolist() == [BOILERPLATE, 0, UNKNOWN]
    assert b.main.tolist() == [UNKNOWN] * 3
    assert c.split == split_of("c.example")
    assert report.missing_pages == ["nowhere"]
    assert str(report) == "3 pages, 3 labels, 1 without a block (33.33%), 1 labelled pages not in the corpora"


@pytest.mark.parametrize("name", ["none", "empty"])
def test_no_corpora(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=f"{name}: no .parquet file in it"):
        list(read_corpora(tmp_path / name, MatchReport(), tmp_path))


def test_torn_corpus(corpora: Path, tmp_path: Path) -> None:
    path = corpora / "one.parquet"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=r"one\.parquet"):
        list(read_corpora(corpora, MatchReport(), tmp_path))


def test_corpus_without_a_column(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": ["a"], "html": ["<p>x"]}), tmp_path / "one.parquet")
    with pytest.raises(InputError, match=r"one\.parquet"):
        list(read_corpora(tmp_path, MatchReport(), tmp_path))
