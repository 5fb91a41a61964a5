"""Documents as JSON lines, fields that were not set untouched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import orjson

from classifier.sinks.pages import PageTexts
from classifier.types import Document


class JsonLines:
    """One line a row, whatever document it is of."""

    def __init__(self, file: IO[Any]) -> None:
        self.file = file

    def write(self, document: Document, row: Mapping[str, Any]) -> None:
        self.file.write(json_line(row))


class JsonRows:
    """One line a document: its row with some fields set.

    Documents that did not come from rows get ``id``, ``url`` and those fields, or with ``pages``
    are written there.
    """

    def __init__(self, file: IO[Any], pages: PageTexts | None = None) -> None:
        self.file = file
        self.pages = pages

    def write(self, document: Document, row: Mapping[str, Any]) -> None:
        if self.pages is not None and not document.metadata:
            self.pages.write(document, row)
        else:
            self.file.write(json_line({**(document.metadata or {"id": document.id, "url": document.url}), **row}))


def json_line(row: Mapping[str, Any]) -> bytes:
    """A row as a line of JSON."""
    try:
        return orjson.dumps(row, _plain, orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # keys that are no strings, or a whole number that does not fit 64 bits
        pass
    try:
        return orjson.dumps(row, _plain, orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError:
        line = json.dumps(row, default=_plain, ensure_ascii=False, separators=(",", ":"))
        return line.encode("utf-8", "replace") + b"\n"


def _plain(value: object) -> str:
    """What JSON has no word for, as a Parquet file may hold it."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
