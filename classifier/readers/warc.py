"""WARC and WET: a document a response or conversion record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from classifier.errors import InputError
from classifier.readers.base import Reject, open_bytes
from classifier.segment.decode import decode_html
from classifier.types import Document, MediaType

_HTML_TYPES = ("text/html", "application/xhtml+xml")
_RECORD_TYPES = WarcRecordType.response | WarcRecordType.conversion


def read_warc(path: Path) -> Iterator[Document | Reject]:
    """HTML and plain-text documents of a ``.warc`` or ``.wet`` file (``.gz``, ``.zst``).

    The charset of the HTTP header counts; records of other media types are passed over.
    """
    with open_bytes(path) as file:
        n_records = 0
        try:
            for record in ArchiveIterator(file, record_types=_RECORD_TYPES):
                n_records += 1
                document = _document(record)
                if document is not None:
                    yield document
        except (ValueError, RuntimeError) as error:
            raise InputError(f"{path}: record {n_records + 1}: {error}") from error
    if n_records == 0:
        raise InputError(f"{path}: no response or conversion record in it, expected a WARC or WET file")


def _document(record: WarcRecord) -> Document | None:
    url = record.headers.get("WARC-Target-URI")
    charset = None
    media_type: MediaType
    if record.record_type == WarcRecordType.conversion:
        media_type = "text/plain"
    else:
        content_type = (record.http_content_type or "").lower()
        charset = record.http_charset
        if content_type.startswith(_HTML_TYPES):
            media_type = "text/html"
        elif content_type.startswith("text/plain"):
            media_type = "text/plain"
        else:
            return None
    content = decode_html(record.reader.read(), charset)
    return Document(record.record_id or url or "", content, media_type, url)
