"""WARC and WET: a document a response or conversion record."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from classifier.errors import InputError
from classifier.readers.base import MAX_DOCUMENT_BYTES, Reject, open_bytes, too_long
from classifier.segment.decode import decode_html, holds_markup
from classifier.types import Document, MediaType

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_RECORD_TYPES = (WarcRecordType.response, WarcRecordType.conversion)
_HTTP_RECORD = b"WARC/1.0\r\nWARC-Type: response\r\nContent-Type: application/http\r\nContent-Length: %d\r\n\r\n"


def read_warc(path: Path) -> Iterator[Document | Reject]:
    """HTML and plain-text documents of a ``.warc`` or ``.wet`` file (``.gz``, ``.zst``).

    The charset of the HTTP header counts, chunked and compressed bodies are undone; records of
    other media types are passed over.
    """
    with open_bytes(path) as file:
        n_records = n_documents = 0
        try:
            for record in ArchiveIterator(file, parse_http=False):
                n_records += 1
                n_bytes = record.content_length
                known = record.record_type in _RECORD_TYPES
                content = record.reader.read(MAX_DOCUMENT_BYTES + 1) if known else b""
                if len(content) > MAX_DOCUMENT_BYTES:
                    record.reader.consume()
                    n_documents += 1
                    yield too_long(f"{path}/{n_records}")
                    continue
                whole = (len(content) if known else record.consume()) >= n_bytes
                if not whole or not (record.headers.get("Content-Length") or "").strip().isdigit():
                    at = f"at byte {record.stream_pos} of what is in it"
                    raise InputError(f"{path}: record {n_records}: the file ends inside of it ({at})")
                if known:
                    n_documents += 1
                    document = _document(record, content, f"{path}/{n_records}")
                    if document is not None:
                        yield document
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path}: record {n_records + 1}: {error}") from error
    if n_documents == 0:
        raise InputError(f"{path}: no response or conversion record in it, expected a WARC or WET file")


def _document(record: WarcRecord, content: bytes, where: str) -> Document | Reject | None:
    url = record.headers.get("WARC-Target-URI")
    charset = None
    media_type: MediaType = "text/plain"
    if record.record_type == WarcRecordType.response:
        if not record.is_http:
            return None
        try:
            message = _http_message(content, "none")
            content_type = (message.http_content_type or "").lower()
            if content_type.startswith(_HTML_TYPES):
                media_type = "text/html"
            elif not content_type.startswith("text/plain"):
                return None
            charset = message.http_charset
            content = _body(content, message.reader.read())
            if len(content) > MAX_DOCUMENT_BYTES:
                return too_long(where)
        except (OSError, ValueError) as error:
            return Reject(where, f"HTTP message: {error}")
    return Document(record.record_id or url or "", decode_html(content, charset), media_type, url)


def _http_message(content: bytes, decode: Literal["none", "all"]) -> WarcRecord:
    """The parsed message of a response, as a record of its own: one that fails must not stop the reading of others."""
    return next(iter(ArchiveIterator(io.BytesIO(_HTTP_RECORD % len(content) + content), auto_decode=decode)))


def _body(content: bytes, sent: bytes) -> bytes:
    """Body of a message, transfer and content encoding undone."""
    try:
        return bytes(_http_message(content, "all").reader.read(MAX_DOCUMENT_BYTES + 1))
    except OSError:
        if holds_markup(sent):  # the crawler undid the encoding and left the header, or the header names none
            return sent
        raise
