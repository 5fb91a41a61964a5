"""Files that claim or hold more than they should: a reject or one clear line, flat memory, and the run goes on."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

import classifier.readers.base
import classifier.readers.files
import classifier.readers.warc
from classifier import Document, InputError
from classifier.readers import Reject, Source, open_reader
from classifier.readers.files import read_stdin
from classifier.readers.jsonl import lines_before, read_jsonl
from classifier.sinks.rows import json_line

LIMIT = 1000
ROW = b'{"id": 1, "text": "short"}\n'


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (classifier.readers.base, classifier.readers.files, classifier.readers.warc):
        monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", LIMIT)


def packed(path: Path, data: bytes) -> Path:
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(data))
    return path


def outcomes(path: Path) -> list[str]:
    return ["reject" if isinstance(item, Reject) else str(item.id) for item in open_reader(path)]


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_long_lines_are_passed_over(suffix: str, tmp_path: Path) -> None:
    long = b'{"id": 2, "text": "' + b"x" * 3 * LIMIT + b'"}\n'
    path = packed(tmp_path / f"rows.jsonl{suffix}", ROW + long + ROW + long[:-1])
    assert outcomes(path) == ["1", "reject", "1", "reject"]
    [_, reject, _, last] = open_reader(path)
    assert reject == Reject(f"{path}/2", "more than 1000 bytes, expected at most that many in one document", len(ROW))
    assert isinstance(last, Reject)
    assert (last.where, last.offset) == (f"{path}/4", len(ROW + long + ROW))


@pytest.mark.usefixtures("low_limit")
def test_long_lines_in_ranges_of_bytes(tmp_path: Path) -> None:
    """Any cut into two ranges gives what the whole file gives, lines and offsets too."""
    long = b'{"id": 2, "text": "' + b"x" * 3 * LIMIT + b'"}\n'
    path = packed(tmp_path / "rows.jsonl", ROW + long + b"{\n" + b'{"text": 1' + b"0" * 5000 + b"}\n" + ROW)
    whole = list(read_jsonl(path, Source()))
    n_bytes = path.stat().st_size
    assert [item.offset if isinstance(item, Reject) else None for item in whole] == [
        None, len(ROW), len(ROW + long), len(ROW + long) + 2, None,
    ]  # fmt: skip
    for cut in (1, len(ROW) - 1, len(ROW), len(ROW) + 1, len(ROW) + 1500, n_bytes - len(ROW), n_bytes - 1):
        first = list(read_jsonl(path, Source(), 0, cut))
        number = lines_before(path, 0, cut) + 2
        assert first + list(read_jsonl(path, Source(), cut, n_bytes, number)) == whole


def test_numbers_of_thousands_of_digits_are_rejects(tmp_path: Path) -> None:
    path = packed(tmp_path / "rows.jsonl", ROW + b'{"text": "x", "n": 1' + b"0" * 5000 + b"}\n" + ROW)
    [_, reject, _] = open_reader(path)
    assert isinstance(reject, Reject)
    assert reject.reason.startswith("not JSON: ")
    assert (reject.where, reject.offset) == (f"{path}/2", len(ROW))


@pytest.mark.parametrize("value", [b"1", b"1e300", b'{"a": 1}'])
@pytest.mark.parametrize("depth", [100, 400, 600, 1000, 1010, 5000])
def test_rows_that_are_nested_deep_are_rejects_or_written(depth: int, value: bytes, tmp_path: Path) -> None:
    row = b'{"text": "x", "n": ' + b"[" * depth + value + b"]" * depth + b"}\n"
    first, second = open_reader(packed(tmp_path / "rows.jsonl", row + ROW))
    assert isinstance(first, Document if depth < 500 else Reject)
    if isinstance(first, Document):
        assert json_line(first.metadata).count(b"[") == depth
    assert isinstance(second, Document)


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("name", ["page.html", "page.html.gz", "page.txt.zst", "page.md"])
def test_long_pages_are_rejected(name: str, tmp_path: Path) -> None:
    assert outcomes(packed(tmp_path / name, b"x" * (LIMIT + 1))) == ["reject"]
    assert outcomes(packed(tmp_path / name, b"x" * LIMIT)) == [str(tmp_path / name)]


@pytest.mark.usefixtures("low_limit")
def test_long_standard_input() -> None:
    def kinds(data: bytes) -> list[str]:
        return [type(item).__name__ for item in read_stdin(io.BytesIO(data), Source())]

    assert kinds(b"x" * (LIMIT + 1)) == ["Reject"]
    assert kinds(b"\n" * (2 * LIMIT)) == ["Reject"]
    assert kinds(b'{"text": "' + b"x" * 2 * LIMIT + b'"}\n' + ROW) == ["Reject", "Document"]
    assert kinds(ROW + b'{"text": "' + b"x" * 2 * LIMIT + b'"}\n' + ROW) == ["Document", "Reject", "Document"]
    one_too_long = b'{"text": "' + b"x" * (LIMIT - 12) + b'"}\n'
    assert kinds(one_too_long + ROW) == ["Reject", "Document"]


@pytest.mark.usefixtures("low_limit")
def test_long_records_are_passed_over(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    bomb = gzip.compress(b"<p>" + b"x" * 100_000)
    records = (
        warc_record(b"<p>one", number=1), warc_record(b"x" * 2 * LIMIT, number=2),
        warc_record(bomb, http_headers="Content-Encoding: gzip\r\n", number=3), warc_record(b"<p>two", number=4),
    )  # fmt: skip
    path = tmp_path / "crawl.warc"
    path.write_bytes(b"".join(records))
    assert ["reject" if isinstance(item, Reject) else item.content for item in open_reader(path)] == [
        "<p>one", "reject", "reject", "<p>two",
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("name", ["page.html", "rows.jsonl"])
def test_bomb_takes_little_memory(name: str, suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """40 MB of zeros in a few kilobytes, read under a bound of 1 MB."""
    for module in (classifier.readers.base, classifier.readers.files):
        monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", 1 << 20)
    path = tmp_path / (name + suffix)
    zeros = b"\0" * (1 << 20)
    with classifier.readers.base.open_bytes(path, "wb") as file:
        for _ in range(40):
            file.write(zeros)
    assert path.stat().st_size < 500_000
    tracemalloc.start()
    assert outcomes(path) == ["reject"]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < (20e6 if suffix == ".gz" else 60e6)


@pytest.mark.parametrize("length", ["2147483648", "99999999999999999999", "-1", "1e9", "", "0x10", "12 13"])
def test_warc_that_lies_about_a_length(length: str, tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    record = warc_record(b"<p>one")
    lie = record.replace(b"Content-Type: application/http; msgtype=response\r\nContent-Length: ", b"X-Was: ", 1)
    lie = lie.replace(b"X-Was: ", b"Content-Length: " + length.encode() + b"\r\nX-Was: ", 1)
    path = tmp_path / "crawl.warc"
    path.write_bytes(lie + record)
    tracemalloc.start()
    with suppress(InputError):
        assert all(isinstance(item, Document | Reject) for item in open_reader(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_http_message_that_lies_about_its_length(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    record = warc_record(b"<p>one", http_headers="Content-Length: 2147483648\r\n")
    path = tmp_path / "crawl.warc"
    path.write_bytes(record)
    [document] = open_reader(path)
    assert isinstance(document, Document)
    assert document.content == "<p>one"


@pytest.mark.parametrize(
    "line",
    [
        b'{"text": "x", "n": 1' + b"0" * 5000 + b"}", b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": "\\ud800"}', b'{"text": "\xff"}', b"\0\0\0", b'{"text": "a\\u0000b"}', b'{"text": NaN}',
        b'{"blocks": [' + b'"x",' * 1000 + b"1]}", b"{" * 100_000,
    ],
)  # fmt: skip
def test_odd_rows(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(line + b"\n" + ROW)
    first, second = open_reader(path)
    assert isinstance(first, Document | Reject)
    assert isinstance(second, Document)


def test_row_with_a_key_named_twice_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "a", "text": "b"}\n')
    [document] = open_reader(path)
    assert isinstance(document, Document)
    assert json.loads(json.dumps(document.content)) == "b"


@pytest.mark.parametrize("command", ["label", "clean"])
@pytest.mark.parametrize("out", ["out.parquet", "out.jsonl", "-"])
def test_parquet_column_whose_name_is_no_utf_8(command: str, out: str, tmp_path: Path, denag: Any) -> None:
    table = pa.table({"text": ["One"], "notes": ["x"]})
    pq.write_table(table, tmp_path / "in.parquet", store_schema=False)
    data = (tmp_path / "in.parquet").read_bytes()
    assert b"notes" in data
    (tmp_path / "in.parquet").write_bytes(data.replace(b"notes", b"n\xffte\x92"))
    run = denag(command, tmp_path / "in.parquet", "-o", out if out == "-" else tmp_path / out)
    assert (run.code, run.out) == (2, b"")
    assert "in.parquet: not a whole Parquet file" in run.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


@pytest.mark.parametrize("twice", ["text", "notes"])
@pytest.mark.parametrize("out", ["out.parquet", "out.jsonl", "-"])
def test_parquet_columns_of_one_name(twice: str, out: str, tmp_path: Path, denag: Any) -> None:
    names = ["text", twice, "notes"]
    pq.write_table(pa.Table.from_arrays([pa.array(["One"])] * 3, names=names), tmp_path / "in.parquet")
    run = denag("clean", tmp_path / "in.parquet", "-o", out if out == "-" else tmp_path / out)
    assert (run.code, run.out) == (2, b"")
    assert f"in.parquet: 2 columns are named {twice!r}, expected a name for each" in run.complaint
    assert [path.name for path in tmp_path.iterdir()] == ["in.parquet"]


def test_memory_that_runs_out_is_no_reject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another machine would read the row."""

    def loads(line: bytes) -> object:
        raise orjson.JSONDecodeError("Not enough memory to allocate buffer for parsing", "", 0)

    path = packed(tmp_path / "rows.jsonl", ROW)
    monkeypatch.setattr(orjson, "loads", loads)
    with pytest.raises(MemoryError):
        list(open_reader(path))
