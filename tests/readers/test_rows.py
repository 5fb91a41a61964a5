"""Rows give one document each; what can not be read is told, never lost."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import Document, InputError
from classifier.cleaner import segment
from classifier.readers import Reject, Source, open_reader

from .conftest import json_lines, read, read_documents

BAD_ROWS = {
    "not JSON": b'{"text": "torn',
    "a list": b'["text"]',
    "a number": b"7",
    "nothing": b"{}",
    "null": b'{"text": null}',
    "two fields": b'{"html": "<p>a</p>", "text": "a"}',
    "three fields": b'{"html": "<p>a</p>", "text": "a", "blocks": ["a"]}',
    "html and blocks without labels": b'{"html": "<p>a</p>", "blocks": [{"text": "a"}]}',
    "html and strings": b'{"html": "<p>a</p>", "blocks": ["a"]}',
    "html and a label that is a number": b'{"html": "<p>a</p>", "blocks": [{"text": "a", "label": 1}]}',
    "html, text and labelled blocks": b'{"html": "a", "text": "a", "blocks": [{"text": "a", "label": null}]}',
    "text and empty blocks": b'{"text": "a", "blocks": []}',
    "text is a number": b'{"text": 3}',
    "html is a list": b'{"html": ["<p>"]}',
    "blocks is a string": b'{"blocks": "a"}',
    "a block is null": b'{"blocks": ["a", null]}',
    "a block has no text": b'{"blocks": [{"label": "content"}]}',
    "a block's text is a number": b'{"blocks": [{"text": 5}]}',
    "not UTF-8": b'{"text": "\xff\xfe"}',
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_told_and_passed_over(row: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "one"}\n\n' + row + b'\n  \n{"text": "two"}')
    first, reject, last = read(path)
    assert isinstance(first, Document)
    assert (first.id, first.content) == (f"{path}/1", "one")
    assert isinstance(reject, Reject)
    assert reject.where == f"{path}/3"
    assert reject.reason
    assert isinstance(last, Document)
    assert (last.id, last.content) == (f"{path}/5", "two")


def test_a_page_of_the_label_format_is_its_markup(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(
        b'{"id": "a", "html": "<p>One<p>two", "blocks": [{"text": "One", "label": null}, '
        b'{"text": "two", "label": "x"}]}'
        b'\n{"id": "b", "blocks": [{"text": "One", "label": null}]}\n{"id": "c", "html": null, "blocks": ["One"]}\n'
    )
    documents = read(path)
    assert [item.media_type for item in documents if isinstance(item, Document)] == [
        "text/html",
        "application/x-blocks",
        "application/x-blocks",
    ]
    assert isinstance(documents[0], Document)
    assert segment([documents[0]]).blocks() == ["One", "two"]


def test_reject_says_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(BAD_ROWS[name] for name in ("two fields", "nothing", "a list", "text is a number")))
    reasons = [item.reason for item in read(path) if isinstance(item, Reject)]
    expected = "expected exactly one of 'html', 'text', 'blocks', found "
    assert reasons == [
        expected + "'html' and 'text'",
        expected + "none",
        "expected an object, found list",
        "expected 'text' to be a string, found int",
    ]


def test_bad_parquet_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"html": ["<p>a</p>", "<p>b</p>", None, None], "text": [None, "b", None, "d"]})
    pq.write_table(table, path)
    first, both, none, last = read(path)
    assert isinstance(first, Document)
    assert (first.id, first.content) == (f"{path}/1", "<p>a</p>")
    assert isinstance(both, Reject)
    assert both.where == f"{path}/2"
    assert "found 'html' and 'text'" in both.reason
    assert isinstance(none, Reject)
    assert none.where == f"{path}/3"
    assert isinstance(last, Document)
    assert last.id == f"{path}/4"


def test_parquet_column_of_another_type(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [1, 2]}), path)
    assert [type(item) for item in read(path)] == [Reject, Reject]


def test_fields_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = ({"name": 7, "markup": "<p>a</p>", "text": "left alone"}, {"body": "b", "html": "left alone"})
    path.write_bytes(json_lines(*rows))
    html, text = read_documents(path, Source(html_field="markup", text_field="body", id_field="name"))
    assert (html.id, html.content, html.media_type) == (7, "<p>a</p>", "text/html")
    assert (text.id, text.content, text.media_type) == (f"{path}/2", "b", "text/plain")


def test_odd_but_good_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json_lines({"id": 0, "text": ""}, {"id": "", "url": 5, "blocks": []}, {"blocks": ["", ""]}))
    zero, empty, blanks = read_documents(path)
    assert (zero.id, zero.content) == (0, "")
    assert (empty.id, empty.url, empty.content) == ("", None, [])
    assert segment([blanks]).blocks() == ["", ""]


def test_numbers_beyond_64_bits_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"text": "a", "n": 2**64, "deep": [{"n": -(10**30)}], "f": 1e300, "last": 2**64 - 1}
    path.write_bytes(json_lines(row))
    assert read_documents(path)[0].metadata == row
    assert type(read_documents(path)[0].metadata["n"]) is int


def test_rows_come_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(json_lines({"text": "one"})) + b"torn tail")
    reader = open_reader(path)
    first = next(reader)
    assert isinstance(first, Document)
    with pytest.raises(InputError, match=r"rows\.jsonl\.gz"):
        list(reader)
