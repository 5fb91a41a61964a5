"""Files that end too early or hold something else are refused by name."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier import InputError

from .conftest import ROWS, read


def parquet_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": [f"Row {i} of {i * i * 7919 % 10007}" for i in range(400)]}), sink)
    return sink.getvalue().to_pybytes()


WHOLE = {
    "p.jsonl.gz": gzip.compress(ROWS),
    "p.jsonl.zst": zstandard.compress(ROWS),
    "p.html.gz": gzip.compress(ROWS),
    "p.html.zst": zstandard.compress(ROWS),
    "p.txt.zst": zstandard.compress(ROWS),
    "p.warc.gz": gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 5000\r\n\r\n" + ROWS[:5000]),
    "p.parquet": parquet_bytes(),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.999])
def test_torn_file(name: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name][: int(len(WHOLE[name]) * share)])
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "not a whole" in str(caught.value)


@pytest.mark.parametrize("name", WHOLE)
def test_file_of_something_else(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"<p>This is no such file.</p>\n" * 9)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_torn_warc_at_every_place(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    first, second = warc_record(b"<p>one</p>"), warc_record(b"<p>two</p>", number=2)
    path = tmp_path / "p.warc"
    for cut in range(1, len(second) - 4):
        path.write_bytes(first + second[:cut])
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_torn_conversion_record(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.wet"
    path.write_bytes(warc_record(b"one two three", kind="conversion")[:-8])
    with pytest.raises(InputError, match="record 1: the file ends inside of it"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"no WARC at all\r\n\r\n"])
def test_no_warc(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.warc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"p\.warc"):
        read(path)
