"""Cleaned pages as text."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from classifier.errors import InputError
from classifier.policy import Policy
from classifier.types import LabelledDocument


class PageTexts:
    """The text of each page on one stream; with several pages, each under a line with its id, as ``head`` does."""

    def __init__(self, file: IO[Any], policy: Policy, with_ids: bool) -> None:
        self.file = file
        self.policy = policy
        self.with_ids = with_ids

    def write(self, labelled: LabelledDocument) -> None:
        if self.with_ids:
            self.file.write(f"==> {labelled.document.id} <==\n".encode("utf-8", "replace"))
        text = self.policy.apply(labelled)
        if text:
            self.file.write(text.rstrip("\n").encode("utf-8", "replace") + b"\n")


class PageFiles:
    """The text of each page as ``NAME.txt`` in a folder, in the sub-folder its source stood in."""

    def __init__(self, folder: Path, roots: list[Path], policy: Policy) -> None:
        self.folder = folder
        self.roots = roots
        self.policy = policy
        self.sources: dict[Path, Path] = {}

    def write(self, labelled: LabelledDocument) -> None:
        source = Path(str(labelled.document.id))
        root = next((root for root in self.roots if root.is_dir() and source.is_relative_to(root)), source.parent)
        target = self.folder / source.relative_to(root)
        target = target.with_name(target.name + ".txt") if target.suffix != ".txt" else target
        if self.sources.setdefault(target, source) != source:
            raise InputError(f"{target}: both {self.sources[target]} and {source} would go there")
        text = self.policy.apply(labelled)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((text.rstrip("\n") + "\n" if text else "").encode("utf-8", "replace"))
        except OSError as error:
            raise InputError(f"{target}: {error.strerror or error}") from error
