"""Single pages: ``.html``, ``.txt`` and ``.md`` files, and standard input."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import orjson

from classifier.errors import InputError
from classifier.readers.base import (
    MAX_DOCUMENT_BYTES,
    Reject,
    Source,
    kind_suffix,
    lines_of,
    open_bytes,
    too_long,
)
from classifier.readers.jsonl import read_lines
from classifier.readers.standard_input import open_stream
from classifier.segment.decode import decode_html, holds_markup
from classifier.types import Document

HTML_SUFFIXES = (".html", ".htm", ".xhtml")
TEXT_SUFFIXES = (".txt", ".md")
_PART_BYTES = 1 << 20


def read_page(path: Path) -> Iterator[Document | Reject]:
    """The one document of a page file; its id is its path."""
    with open_bytes(path) as file:
        content = read_bounded(file)
    if len(content) > MAX_DOCUMENT_BYTES:
        yield too_long(str(path))
    elif kind_suffix(path) in HTML_SUFFIXES:
        yield Document(str(path), content, "text/html")
    else:
        yield Document(str(path), decode_html(content), "text/plain")


def read_bounded(file: IO[bytes], held: bytes = b"") -> bytes:
    """What is left of a file behind what was read of it; one byte too much where it is too long."""
    parts, size = [held], len(held)
    while size <= MAX_DOCUMENT_BYTES and (part := file.read(min(_PART_BYTES, MAX_DOCUMENT_BYTES + 1 - size))):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def read_stdin(stream: IO[bytes], source: Source) -> Iterator[Document | Reject]:
    """Standard input: JSONL where it starts with ``{``, else one page, HTML where it holds markup.

    What gzip or zstd packed is unpacked first.

    Raises
    ------
    InputError
        Where it is no text, can not be read, or is an array of JSON objects.
    """
    with open_stream(stream) as file:
        empty: list[bytes] = []
        n_empty_bytes = 0
        first = file.readline(MAX_DOCUMENT_BYTES + 1)
        while first and not first.strip() and n_empty_bytes <= MAX_DOCUMENT_BYTES:
            empty.append(first)
            n_empty_bytes += len(first)
            first = file.readline(MAX_DOCUMENT_BYTES + 1)
        beginning = first.removeprefix(BOM_UTF8).lstrip()
        if beginning.startswith(b"{"):
            yield from read_lines(lines_of(file, first), "-", source, len(empty) + 1, n_empty_bytes)
            return
        content = read_bounded(file, b"".join(empty) + first)
    if len(content) > MAX_DOCUMENT_BYTES:
        yield too_long("-")
        return
    if beginning.startswith(b"["):
        _check_no_array(content)
    if holds_markup(content):
        yield Document("-", content, "text/html")
    else:
        yield Document("-", decode_html(content), "text/plain")


def _check_no_array(content: bytes) -> None:
    """Raise where a text is an array of JSON objects: rows, but not a line each."""
    try:
        rows = orjson.loads(content.removeprefix(BOM_UTF8))
    except ValueError:
        return
    if rows and all(isinstance(row, dict) for row in rows):
        raise InputError(
            f"standard input: a JSON array of {len(rows)} objects, expected JSON lines, an object a line (jq -c '.[]')"
        )
