"""Writes the seed corpora of the fuzzers: small inputs of every kind, the same bytes each time."""

from __future__ import annotations

import gzip
import io
import json
import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from safetensors.numpy import save

FOLDER = Path(__file__).with_name("corpus")
PAGE = (
    b"<!doctype html><title>x</title><nav><a href=/>Home</a></nav><p class=a>One &amp; <b>two</b><br>three"
    b"<form><input placeholder=q></form>"
)
ROWS = b'{"id": 1, "text": "One\\n\\nTwo"}\n{"html": "<p>x"}\n{"blocks": ["a", {"text": "b"}]}\n'


def warc() -> bytes:
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%b" % (len(PAGE), PAGE)
    head = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    return head + body + b"\r\n\r\n"


def parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"id": [1, 2], "text": ["One", "Two"]}), buffer)
    return buffer.getvalue()


def zipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def main() -> None:
    table = {"x": json.dumps({"a": 1}).encode(), "t": save({"text.bias": np.zeros(6, np.float32)})}
    corpora = {
        "html": [PAGE, b"<table><tr><td>x<td>y</table><svg><desc><p>z</svg>", b"<p><b id=1></p>" * 5,
                 b"\xff\xfe<\0p\0>\0", b"<p>One<b id=0>" * 9],
        "text": [b"One line.\n\nSubscribe to our newsletter\n", "日本語\u3000の\u200b文章\r\nsubscr\u0456be".encode(),
                 b"\0\0One\n\3\xdb~\xff"],
        "readers": [
            bytes([kind]) + data
            for kind, data in enumerate((
                ROWS, zipped(ROWS), zstandard.compress(ROWS), warc(), zipped(warc()), warc(), parquet(), PAGE,
                zipped(PAGE), b"One\n\nTwo", zstandard.compress(b"One"),
            ))
        ] + [bytes([6]) + parquet().replace(b"text", b"te\xfft")],
        "artefact": [b"\0" + table["x"], b"\xff" + table["t"], b"\xff" + struct.pack("<Q", 2) + b"{}"],
    }  # fmt: skip
    for name, inputs in corpora.items():
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
        for i, data in enumerate(inputs):
            (FOLDER / name / f"{i:02}").write_bytes(data)


if __name__ == "__main__":
    main()
