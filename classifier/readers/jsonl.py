"""JSON lines: a document a line."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from classifier.readers.base import Reject, Source, lines_of, open_bytes, row_to_document, skip_line, too_long
from classifier.types import Document

_CHUNK = 1 << 20
_NO_MEMORY = "Not enough memory"
"""How orjson says so; another machine would read that row."""
_MAX_DEPTH = 500
"""Python's json gives up somewhat below 1,000."""


def read_jsonl(
    path: Path, source: Source, start: int = 0, end: int | None = None, number: int = 1
) -> Iterator[Document | Reject]:
    """Documents of a ``.jsonl`` file (``.gz``, ``.zst``), or of those of its lines that begin in a range of bytes.

    Parameters
    ----------
    path
        The file; ids default to ``path/line``.
    source
        Names of the fields.
    start, end
        Range of bytes, for a file that is not compressed.
    number
        What the first line is counted as.
    """
    with open_bytes(path) as file:
        lines: Iterable[bytes | int] = lines_of(file)
        if start or end is not None:
            start, lines = _lines_of_range(file, start, end)
        yield from read_lines(lines, str(path), source, number, start)


def read_lines(
    lines: Iterable[bytes | int], name: str, source: Source, number: int, offset: int = 0
) -> Iterator[Document | Reject]:
    """Documents of lines that are counted from ``number`` and byte ``offset`` on, see `lines_of`.

    Empty lines are passed over.
    """
    following = offset
    for line in lines:
        where = f"{name}/{number}"
        offset, following = following, following + (line if isinstance(line, int) else len(line))
        number += 1
        if isinstance(line, int):
            yield too_long(where, offset)
            continue
        if offset == 0:
            line = line.removeprefix(BOM_UTF8)
        if line.isspace() or not line:
            continue
        try:
            row = orjson.loads(line)
            if isinstance(row, dict) and _holds_huge_number(row.values()):
                row = json.loads(line)  # orjson made a float of a whole number that does not fit 64 bits
        except ValueError as error:
            if _NO_MEMORY in str(error):
                raise MemoryError(str(error)) from error
            # also a number of thousands of digits, or a row that is nested too deep
            yield Reject(where, f"not JSON: {error}", offset)
            continue
        item = row_to_document(row, where, source)
        yield Reject(where, item.reason, offset) if isinstance(item, Reject) else item


def lines_before(path: Path, start: int, end: int) -> int:
    """Line ends from the byte before ``start`` to the byte before the last of a range.

    Summed over the ranges before a later one, this is the number of lines that end before the byte
    at which `read_jsonl` starts to look for its first line.
    """
    begin, n = max(start - 1, 0), 0
    left = end - 1 - begin
    with open_bytes(path) as file:
        file.seek(begin)
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            n += chunk.count(b"\n")
            left -= len(chunk)
    return n


def _lines_of_range(file: Any, start: int, end: int | None) -> tuple[int, Iterator[bytes | int]]:
    """Offset of the first line that begins in a range of bytes, and these lines."""
    if start:
        file.seek(start - 1)
        start += skip_line(file) - 1

    def lines() -> Iterator[bytes | int]:
        at, following = start, lines_of(file)
        while end is None or at < end:
            line = next(following, None)
            if line is None:
                return
            at += line if isinstance(line, int) else len(line)
            yield line

    return start, lines()


def _holds_huge_number(values: Iterable[object]) -> bool:
    """Whether a whole number beyond 64 bits may be among values, at any depth; strings cost next to nothing.

    Raises
    ------
    ValueError
        Where they are nested so deep that the row could not be written again.
    """
    is_huge = False
    level = list(values)
    for _ in range(_MAX_DEPTH):
        below: list[object] = []
        for value in level:
            kind = type(value)
            if kind is float:
                is_huge = is_huge or abs(value) >= 2**63  # type: ignore[arg-type]
            elif kind is dict:
                below += value.values()  # type: ignore[attr-defined]
            elif kind is list:
                below += value  # type: ignore[arg-type]
        if not below:
            return is_huge
        level = below
    raise ValueError(f"nested more than {_MAX_DEPTH} deep, expected at most that")
