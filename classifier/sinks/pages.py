"""Cleaned pages as text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from classifier.sinks.base import move
from classifier.types import Document


class PageTexts:
    """The text of each page on one stream; with several pages, each under a line with its id, as ``head`` does."""

    def __init__(self, file: IO[Any], text_field: str = "text", with_ids: bool = False) -> None:
        self.file = file
        self.text_field = text_field
        self.with_ids = with_ids

    def write(self, document: Document, row: Mapping[str, Any]) -> None:
        if self.with_ids:
            self.file.write(f"==> {document.id} <==\n".encode("utf-8", "replace"))
        self.file.write(page_bytes(row[self.text_field]))


class PageFiles:
    """The text of each page as a file of its own, which appears when it is whole.

    Parameters
    ----------
    targets
        File of each page, by the id of its document.
    unfinished
        Where each is written first.
    """

    def __init__(self, targets: Mapping[str | int, Path], unfinished: Path, text_field: str = "text") -> None:
        self.targets = targets
        self.unfinished = unfinished
        self.text_field = text_field

    def write(self, document: Document, row: Mapping[str, Any]) -> None:
        target = self.targets[document.id]
        target.parent.mkdir(parents=True, exist_ok=True)
        self.unfinished.write_bytes(page_bytes(row[self.text_field]))
        move(self.unfinished, target)


def page_bytes(text: str) -> bytes:
    """A page's text as it is written: nothing, or ended by one line end."""
    return text.rstrip("\n").encode("utf-8", "replace") + b"\n" if text else b""
