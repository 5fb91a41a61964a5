"""Cleaned documents as JSON lines, other fields untouched."""

from __future__ import annotations

import json
from typing import IO, Any

import orjson

from classifier.policy import Policy
from classifier.sinks.pages import PageTexts
from classifier.types import LabelledDocument


class JsonRows:
    """One line a document: its row with ``text`` replaced by what is left of it.

    Documents that did not come from rows get ``id``, ``url`` and ``text``, or with
    ``pages_as_text`` their text alone.
    """

    def __init__(self, file: IO[Any], policy: Policy, text_field: str = "text", pages_as_text: bool = False) -> None:
        self.file = file
        self.policy = policy
        self.text_field = text_field
        self.pages_as_text = pages_as_text

    def write(self, labelled: LabelledDocument) -> None:
        document = labelled.document
        if self.pages_as_text and not document.metadata:
            PageTexts(self.file, self.policy, with_ids=False).write(labelled)
            return
        row = dict(document.metadata) or {"id": document.id, "url": document.url}
        row[self.text_field] = self.policy.apply(labelled)
        try:
            line = orjson.dumps(row, default=_plain, option=orjson.OPT_NON_STR_KEYS)
        except orjson.JSONEncodeError:  # a whole number that does not fit 64 bits
            line = json.dumps(row, default=_plain, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        self.file.write(line + b"\n")


def _plain(value: object) -> str:
    """What JSON has no word for, as a Parquet file may hold it."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
