"""Standard input is a page or rows, whichever it looks like."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
import threading
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier import Document
from classifier.cleaner import segment
from classifier.readers import Source
from classifier.readers.files import read_stdin

from .conftest import ROWS


@pytest.mark.parametrize("kind", ["html", "text"])
def test_page_on_standard_input(kind: str, denag: Callable[..., Any], html_page: str, text_page: str) -> None:
    page = html_page if kind == "html" else text_page
    run = denag("label", "-", stdin=page.encode())
    assert run.code == 0
    [row] = run.rows
    media_type = "text/html" if kind == "html" else "text/plain"
    assert [block["text"] for block in row["blocks"]] == segment([Document("-", page, media_type)]).blocks()
    assert row["id"] == "-"


def test_rows_on_standard_input(denag: Callable[..., Any]) -> None:
    lines = b'\n\n{"text": "One line here."}\nnot a row\n{"id": "x", "blocks": ["One", "two"]}\n'
    run = denag("label", "-", stdin=lines)
    assert run.code == 1
    assert [row["id"] for row in run.rows] == ["-/3", "x"]
    assert "rejected -/4: not JSON" in run.err


def test_offsets_on_standard_input_count_empty_lines(denag: Callable[..., Any]) -> None:
    text = "\n \nFirst line.\n\nSecond line.\n"
    [row] = denag("label", "-", stdin=text.encode()).rows
    assert [text[block["start"] : block["end"]] for block in row["blocks"]] == ["First line.", "Second line."]


@pytest.mark.parametrize("stdin", [b"", b"\n\n", b"   "])
def test_nothing_on_standard_input(stdin: bytes, denag: Callable[..., Any]) -> None:
    run = denag("label", "-", stdin=stdin)
    assert (run.code, run.rows) == (0, [{"id": "-", "url": None, "blocks": []}])


def parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"text": ["One line."]}), file)
    return file.getvalue()


WARC = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
SKIPPABLE = b"\x50\x2a\x4d\x18\x04\x00\x00\x00size"


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress, lambda data: SKIPPABLE + zstandard.compress(data)])
def test_packed_standard_input(pack: Callable[[bytes], bytes], denag: Callable[..., Any], html_page: str) -> None:
    run = denag("label", "-", stdin=pack(ROWS[:2000]))
    assert (run.code, run.out) == (1, denag("label", "-", stdin=ROWS[:2000]).out)  # the last row is cut off
    assert denag("label", "-", stdin=pack(html_page.encode())).out == denag("label", "-", stdin=html_page.encode()).out
    assert denag("label", "-", stdin=pack(b"")).rows == [{"id": "-", "url": None, "blocks": []}]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_torn_standard_input(share: float, pack: Callable[[bytes], bytes], denag: Callable[..., Any]) -> None:
    packed = pack(ROWS)
    run = denag("label", "-", stdin=packed[: int(len(packed) * share)])
    assert run.code == 2
    assert "denag: standard input: not a whole ." in run.complaint


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (parquet(), "a Parquet file, expected a page or JSON lines: name the file instead of -"),
        (WARC, "a WARC or WET file, expected a page or JSON lines: name the file instead of -"),
        (gzip.compress(WARC), "a WARC or WET file, "),
        (zstandard.compress(gzip.compress(b"text")), "bytes packed twice, "),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF file, expected a page or JSON lines: unpack it first"),
        (b"PK\x03\x04" + b"x" * 20, "a zip archive, "),
        (
            b' \n[{"text": "hi"},\n {"text": "two"}]\n',
            "a JSON array of 2 objects, expected JSON lines, an object a line",
        ),
        (BOM_UTF8 + b'[{"text": "hi"}]', "a JSON array of 1 objects, "),
    ],
)
def test_no_text_on_standard_input(data: bytes, found: str, denag: Callable[..., Any]) -> None:
    for command in ("label", "clean"):
        run = denag(command, "-", stdin=data)
        assert (run.code, run.out) == (2, b"")
        assert run.complaint.startswith(f"denag: standard input: {found}")


@pytest.mark.parametrize(
    "text",
    ["PAR1 is how a file begins.", "WARC/1.0 is a format.", "PK", "[1] A note", "[]", "[1, 2]", '[{"text": "hi"}, 1]'],
)
def test_text_that_looks_like_something_else(text: str, denag: Callable[..., Any]) -> None:
    [row] = denag("label", "-", stdin=text.encode()).rows
    assert [block["text"] for block in row["blocks"]] == [text]


def test_rows_behind_a_byte_order_mark(denag: Callable[..., Any]) -> None:
    row = json.dumps({"id": "x", "text": "One line here."}).encode()
    assert [row["id"] for row in denag("label", "-", stdin=BOM_UTF8 + row).rows] == ["x"]


def test_closed_standard_input(monkeypatch: pytest.MonkeyPatch, denag: Callable[..., Any]) -> None:
    monkeypatch.setattr(io, "TextIOWrapper", lambda _: None)
    run = denag("label", "-")
    assert sys.stdin is None
    assert (run.code, run.complaint) == (2, "denag: standard input: closed, expected a page or JSON lines")


def test_rows_are_read_as_they_come() -> None:
    """The first is there while whoever sends them waits to send more."""
    reading, writing = os.pipe()
    with open(reading, "rb") as stream, open(writing, "wb", buffering=0) as sender:
        watchdog = threading.Timer(20, sender.close)
        watchdog.start()
        rows = read_stdin(stream, Source())
        for text in ("The first row.", "The second row."):
            sender.write(json.dumps({"text": text}).encode() + b"\n")
            document = next(rows)
            assert isinstance(document, Document)
            assert document.content == text
        assert not sender.closed
        watchdog.cancel()
