"""Single pages: ``.html``, ``.txt`` and ``.md`` files, and standard input."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from classifier.errors import InputError
from classifier.readers.base import Reject, Source, kind_suffix, open_bytes
from classifier.readers.jsonl import read_lines
from classifier.segment.decode import decode_html, holds_markup
from classifier.types import Document

HTML_SUFFIXES = (".html", ".htm", ".xhtml")
TEXT_SUFFIXES = (".txt", ".md")


def read_page(path: Path) -> Iterator[Document]:
    """The one document of a page file; its id is its path."""
    with open_bytes(path) as file:
        content = file.read()
    if kind_suffix(path) in HTML_SUFFIXES:
        yield Document(str(path), content, "text/html")
    else:
        yield Document(str(path), decode_html(content), "text/plain")


def read_stdin(stream: IO[bytes], source: Source) -> Iterator[Document | Reject]:
    """Standard input: JSONL where it starts with ``{``, else one page, HTML where it holds markup."""
    try:
        empty = []
        first = stream.readline()
        while first and not first.strip():
            empty.append(first)
            first = stream.readline()
        if first.lstrip().startswith(b"{"):
            yield from read_lines([first], "-", source, len(empty) + 1)
            yield from read_lines(stream, "-", source, len(empty) + 2)
            return
        content = b"".join(empty) + first + stream.read()
    except OSError as error:
        raise InputError(f"standard input: {error.strerror or error}") from error
    if holds_markup(content):
        yield Document("-", content, "text/html")
    else:
        yield Document("-", decode_html(content), "text/plain")
