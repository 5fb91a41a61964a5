"""Single pages: ``.html``, ``.txt`` and ``.md`` files, and standard input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

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
    """Standard input: JSONL where it starts with ``{``, else one page, HTML where it holds markup."""
    try:
        empty: list[bytes] = []
        n_empty_bytes = 0
        first = stream.readline(MAX_DOCUMENT_BYTES + 1)
        while first and not first.strip() and n_empty_bytes <= MAX_DOCUMENT_BYTES:
            empty.append(first)
            n_empty_bytes += len(first)
            first = stream.readline(MAX_DOCUMENT_BYTES + 1)
        if first.lstrip().startswith(b"{"):
            yield from read_lines(lines_of(stream, first), "-", source, len(empty) + 1, n_empty_bytes)
            return
        content = read_bounded(stream, b"".join(empty) + first)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror or error}") from error
    if len(content) > MAX_DOCUMENT_BYTES:
        yield too_long("-")
    elif holds_markup(content):
        yield Document("-", content, "text/html")
    else:
        yield Document("-", decode_html(content), "text/plain")
