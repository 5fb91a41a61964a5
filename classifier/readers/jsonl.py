"""JSON lines: a document a line."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from classifier.readers.base import Reject, Source, lines_of, open_bytes, row_to_document, too_long
from classifier.types import Document


def read_jsonl(path: Path, source: Source) -> Iterator[Document | Reject]:
    """Documents of a ``.jsonl`` file (``.gz``, ``.zst``); ids default to ``path/line``."""
    with open_bytes(path) as file:
        yield from read_lines(lines_of(file), str(path), source, 1)


def read_lines(lines: Iterable[bytes | None], name: str, source: Source, number: int) -> Iterator[Document | Reject]:
    """Documents of lines that are counted from ``number`` on; empty lines are passed over, None is too long a line."""
    for line in lines:
        where = f"{name}/{number}"
        if line is None:
            number += 1
            yield too_long(where)
            continue
        if number == 1:
            line = line.removeprefix(BOM_UTF8)
        number += 1
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield Reject(where, f"not JSON: {error}")
            continue
        if _holds_huge_number(row):
            try:
                row = json.loads(line)  # orjson made a float of a whole number that does not fit 64 bits
            except ValueError as error:  # a number of thousands of digits
                yield Reject(where, f"not JSON: {error}")
                continue
        yield row_to_document(row, where, source)


def _holds_huge_number(row: object) -> bool:
    values = [row]
    while values:
        value = values.pop()
        if isinstance(value, dict):
            values += value.values()
        elif isinstance(value, list):
            values += value
        elif isinstance(value, float) and abs(value) >= 2**63:
            return True
    return False
