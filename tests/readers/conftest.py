"""Rows, packed bytes, and what is read from files of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import zstandard

from classifier import Document
from classifier.readers import Reject, Source, open_reader


def read(path: Path, source: Source | None = None) -> list[Document | Reject]:
    return list(open_reader(path, source))


def read_documents(path: Path, source: Source | None = None) -> list[Document]:
    items = read(path, source)
    assert not [item for item in items if isinstance(item, Reject)]
    return [item for item in items if isinstance(item, Document)]


def json_lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def compressed(data: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(data)
    return zstandard.compress(data) if name.endswith(".zst") else data


ROWS = b"".join(json_lines({"id": i, "text": f"Row {i} of {i * i * 7919 % 10007}"}) for i in range(400))
