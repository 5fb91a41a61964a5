"""Labels given since a label file was last written: an append-only journal beside it.

Writing a whole label file again after every label would make labelling slower with every page;
a journal takes one short line a label. ``FILE.journal`` stands beside ``FILE``, and whoever reads
labelled pages lays it over them, so that no label waits for the file to be written. Its lines are
JSON objects::

    {"page": "5f0c...", "row": {...}, "labels": [[3, 7, "ad_notice"]], "reviewed": true}

``page`` is the `page_key` of the page, ``row`` the page itself where the label file lacks it,
``labels`` runs of blocks (first and last) and the label they got, null where it was taken back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from classifier.errors import LabelsError
from classifier.labels import refusal

Run = tuple[int, int, str | None]


def journal_of(labels: Path) -> Path:
    """The journal that belongs to a label file."""
    return labels.with_name(labels.name + ".journal")


def page_key(texts: Iterable[str]) -> str:
    """Name of a page by its blocks: the same wherever it was read from; white space does not count.

    Examples
    --------
    >>> page_key(["One  block", "two"]) == page_key(["One block ", "two"]) != page_key(["One", "block two"])
    True
    """
    joined = "\n".join("".join(text.split()) for text in texts)
    return blake2b(joined.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(slots=True)
class PageChanges:
    """What a journal says of one page: labels by block, the page's row where the label file lacks it."""

    labels: dict[int, str | None] = field(default_factory=dict)
    row: dict[str, Any] | None = None
    reviewed: bool = False

    def add(self, runs: Iterable[Run]) -> None:
        for first, last, label in runs:
            self.labels.update(dict.fromkeys(range(first, last + 1), label))

    def lay_on(self, row: dict[str, Any]) -> None:
        """Give the blocks of a row their labels."""
        blocks = row["blocks"]
        for i, label in self.labels.items():
            if i < len(blocks):
                blocks[i]["label"] = None if label is None else str(label)
        if self.reviewed:
            row["reviewed"] = True


@dataclass(frozen=True, slots=True)
class Journal:
    """Changes by page, and how many bytes of the journal are whole lines."""

    pages: dict[str, PageChanges]
    n_bytes: int

    def lay_on(self, row: dict[str, Any]) -> bool:
        """Lay the changes of its page on a row; True if there are some."""
        changes = self.pages.get(key_of_row(row)) if self.pages else None
        if changes is not None:
            changes.lay_on(row)
        return changes is not None

    def new_rows(self, known: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Rows, labelled, of the pages whose keys are not among the known ones."""
        known = set(known)
        for key, changes in self.pages.items():
            if key not in known and changes.row is not None:
                changes.lay_on(changes.row)
                yield changes.row


def key_of_row(row: dict[str, Any]) -> str:
    """Key of a labelled page; empty for what is none."""
    blocks = row.get("blocks")
    if not isinstance(blocks, list):
        return ""
    texts = [block.get("text") if isinstance(block, dict) else None for block in blocks]
    return page_key(texts) if all(isinstance(text, str) for text in texts) else ""  # type: ignore[arg-type]


def read_journal(path: Path) -> Journal:
    """Changes that a journal holds; none where there is no journal.

    What a crash left unfinished at its end was never confirmed to anybody and does not count.

    Raises
    ------
    LabelsError
        Where a line that whole lines follow can not be read: file, line, what was found.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        content = b""
    pages: dict[str, PageChanges] = {}
    n_bytes = at = 0
    torn = ""
    for number, line in enumerate(content.split(b"\n")[:-1], 1):
        at += len(line) + 1
        try:
            key, runs, row, reviewed = _read_line(line)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            torn = torn or f"{path}:{number}: expected a line of a journal of labels: {error}"
            continue
        if torn:
            raise LabelsError(torn)
        n_bytes = at
        page = pages.setdefault(key, PageChanges())
        page.row = page.row or row
        page.reviewed |= reviewed
        page.add(runs)
    return Journal(pages, n_bytes)


def _read_line(line: bytes) -> tuple[str, list[Run], dict[str, Any] | None, bool]:
    entry = json.loads(line)
    runs: list[Run] = []
    for first, last, label in entry.get("labels", ()):
        if not (type(first) is type(last) is int and 0 <= first <= last):
            raise ValueError(f"found the blocks {first!r} to {last!r}")
        if label is not None and (reason := refusal(label)):
            raise ValueError(reason)
        runs.append((first, last, label))
    row = entry.get("row")
    if row is not None and key_of_row(row) != entry["page"]:
        raise ValueError("found a row that is not its page")
    return entry["page"], runs, row, bool(entry.get("reviewed"))


def journal_line(key: str, runs: Iterable[Run], row: dict[str, Any] | None, reviewed: bool) -> bytes:
    """One line of a journal."""
    entry: dict[str, Any] = {"page": key}
    if row is not None:
        entry["row"] = row
    if labels := [[first, last, label] for first, last, label in runs]:
        entry["labels"] = labels
    if reviewed:
        entry["reviewed"] = True
    return row_line(entry)


def row_line(row: dict[str, Any]) -> bytes:
    """A row as a line of a JSONL file; whole numbers of any size stay what they are."""
    try:
        return json.dumps(row, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(row).encode() + b"\n"
