"""Labels that people give, on disk before they are confirmed.

Each change is one line at the end of the journal, followed by fsync; the label file itself is
written anew (beside itself, then renamed over) when nobody labels for a moment and at the end.
A crash at any point leaves the label file whole, and the journal whole up to the last confirmed line.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier.errors import ConfigError, InputError, LabelsError
from classifier.journal import (
    Journal,
    PageChanges,
    Run,
    journal_line,
    journal_of,
    key_of_row,
    read_journal,
    row_line,
)
from classifier.labels import refusal
from classifier.types import LABELS

_MAX_CHANGES = 20_000
"""Changes that other tabs can still ask for one by one; a tab that slept longer loads its page anew."""


@dataclass(frozen=True, slots=True)
class Change:
    """A run of blocks (first and last) of a page, the label it gets and the one it is thought to have."""

    first: int
    last: int
    label: str | None
    expected: str | None


@dataclass(frozen=True, slots=True)
class Given:
    """What came of some changes: their number in the order of all, and blocks that had another label by now."""

    sequence: int
    conflicts: list[tuple[int, str | None]]


class LabelStore:
    """Labels of one label file and the journal beside it; safe to use from several threads.

    Parameters
    ----------
    path
        The label file; made where there is none. Read with its journal, which is laid on it first.
    labels
        The labels there are.

    Raises
    ------
    ConfigError
        Where the file is compressed, or another review holds it.
    LabelsError
        Where a row breaks the label format.
    """

    def __init__(self, path: Path, labels: tuple[str, ...] = LABELS) -> None:
        if path.suffix.lower() in (".gz", ".zst"):
            raise ConfigError(f"{path}: labels are written to a plain .jsonl file, expected one")
        self.path = Path(os.path.realpath(path))
        self.labels = labels
        self._lock = threading.Lock()
        self._pages: dict[str, dict[int, str]] = {}
        self._reviewed: set[str] = set()
        self._changes: deque[tuple[int, str, Run]] = deque(maxlen=_MAX_CHANGES)
        self._sequence = 0
        self.is_folded = True
        try:
            self._file = _open_locked(journal_of(self.path))
        except OSError as error:
            raise InputError(f"{journal_of(path)}: {error.strerror or error}") from error
        try:
            journal = read_journal(journal_of(self.path))
            self._check(journal)
            self._size = journal.n_bytes
            os.ftruncate(self._file, self._size)  # what a crash left unfinished
            self._fold()
        except BaseException:
            os.close(self._file)
            raise

    def given(self, key: str) -> dict[int, str]:
        """Labels of a page by block; blocks that nobody judged are left out."""
        with self._lock:
            return dict(self._pages.get(key, {}))

    def counts(self) -> dict[str, int]:
        """How many blocks are labelled, by page; pages that nobody labelled are left out."""
        with self._lock:
            return {key: len(labels) for key, labels in self._pages.items() if labels}

    def reviewed(self) -> set[str]:
        """Keys of pages that somebody is done with."""
        with self._lock:
            return set(self._reviewed)

    def give(self, key: str, changes: Sequence[Change], row: Callable[[], dict[str, Any]]) -> Given:
        """Put labels on blocks of a page, or take them back; on return they are on disk.

        A block that has another label than the change expects, given in another tab, keeps it.

        Parameters
        ----------
        key
            The page.
        changes
            What to do.
        row
            Makes the page's row for the label file, asked for once a page.

        Raises
        ------
        OSError
            Where the journal can not be written; nothing of the change counts then.
        """
        with self._lock:
            labels = self._pages.get(key, {})
            runs: list[Run] = []
            conflicts: list[tuple[int, str | None]] = []
            for change in changes:
                runs += _applicable(labels, change, conflicts)
            if runs:
                new_row = row() if key not in self._pages else None
                self._append(journal_line(key, runs, new_row, False))
                labels = self._pages.setdefault(key, {})
                for first, last, label in runs:
                    if label is None:
                        for i in range(first, last + 1):
                            labels.pop(i, None)
                    else:
                        labels.update(dict.fromkeys(range(first, last + 1), label))
                    self._sequence += 1
                    self._changes.append((self._sequence, key, (first, last, label)))
            return Given(self._sequence, conflicts)

    def finish(self, key: str) -> None:
        """Note that somebody is done with a page; says nothing of a page without labels."""
        with self._lock:
            if self._pages.get(key) and key not in self._reviewed:
                self._append(journal_line(key, (), None, True))
                self._reviewed.add(key)

    @property
    def sequence(self) -> int:
        """Number of the last change."""
        return self._sequence

    def since(self, sequence: int, key: str) -> list[Run] | None:
        """Changes of a page after a numbered one; None where they are no longer known one by one."""
        with self._lock:
            oldest = self._changes[0][0] if self._changes else self._sequence + 1
            if sequence < oldest - 1 or sequence > self._sequence:
                return None
            return [run for number, page, run in self._changes if number > sequence and page == key]

    def fold(self) -> None:
        """Write the label file with all that the journal holds, and empty the journal."""
        with self._lock:
            self._fold()

    def try_fold(self) -> None:
        """Fold, where the disk lets one; labels are safe in the journal where it does not."""
        with suppress(OSError, LabelsError):
            self.fold()

    @property
    def n_bytes(self) -> int:
        """Size of the label file and its journal."""
        return self._size + (self.path.stat().st_size if self.path.exists() else 0)

    def close(self) -> None:
        """Write the label file and leave no journal."""
        with self._lock:
            try:
                self._fold()
                if not self._size:
                    journal_of(self.path).unlink(missing_ok=True)
            finally:
                os.close(self._file)
                self._file = -1  # a late label must not find another file under this number

    def _append(self, line: bytes) -> None:
        try:
            _write_all(self._file, line)
            os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(line)
        self.is_folded = False

    def _fold(self) -> None:
        journal = read_journal(journal_of(self.path))
        new = self.path.with_name(self.path.name + ".new")
        known: set[str] = set()
        with open(new, "wb") as file:
            for row, line in _label_rows(self.path, self.labels):
                known.add(key := key_of_row(row))
                changed = journal.lay_on(row)
                file.write(row_line(row) if changed else line)
                self._note(key, row)
            for row in journal.new_rows(known):
                known.add(key := key_of_row(row))
                file.write(row_line(row))
                self._note(key, row)
            file.flush()
            os.fsync(file.fileno())
        if self.path.exists():
            shutil.copymode(self.path, new)
        os.replace(new, self.path)
        _sync_folder(self.path.parent)
        # a page whose row somebody took out of the file meanwhile: its labels stay in the journal
        left = {key: page for key, page in journal.pages.items() if key not in known}
        os.ftruncate(self._file, 0)
        _write_all(self._file, b"".join(journal_line(k, _runs(p), None, p.reviewed) for k, p in left.items()))
        os.fsync(self._file)
        self._size = os.fstat(self._file).st_size
        self.is_folded = True

    def _check(self, journal: Journal) -> None:
        for page in journal.pages.values():
            for i, label in page.labels.items():
                if label is not None and label not in self.labels:
                    raise LabelsError(f"{journal_of(self.path)}: block {i}: {_no_label(label, self.labels)}")

    def _note(self, key: str, row: dict[str, Any]) -> None:
        labels = {i: block["label"] for i, block in enumerate(row["blocks"]) if block.get("label") is not None}
        self._pages.setdefault(key, {}).update(labels)
        if row.get("reviewed") is True:
            self._reviewed.add(key)


def _applicable(labels: dict[int, str], change: Change, conflicts: list[tuple[int, str | None]]) -> Iterator[Run]:
    """Runs of a change's blocks that it may change and does; blocks that have another label become conflicts."""
    start: int | None = None
    for i in range(change.first, change.last + 1):
        current = labels.get(i)
        applies = current == change.expected and current != change.label
        if not applies and current not in (change.expected, change.label):
            conflicts.append((i, current))
        if applies and start is None:
            start = i
        elif not applies and start is not None:
            yield start, i - 1, change.label
            start = None
    if start is not None:
        yield start, change.last, change.label


def _label_rows(path: Path, labels: Sequence[str]) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Rows of a label file with their lines, which end in a line end.

    Raises
    ------
    LabelsError
        Where a line is no labelled page.
    """
    if not path.exists():
        return
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise LabelsError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict) or not key_of_row(row):
                raise LabelsError(f"{path}:{number}: expected an object with 'blocks' that have 'text' and 'label'")
            for i, block in enumerate(row["blocks"]):
                label = block.get("label")
                if label is not None and (not isinstance(label, str) or label not in labels):
                    raise LabelsError(f"{path}:{number}: block {i}: {_no_label(label, labels)}")
            yield row, line if line.endswith(b"\n") else line + b"\n"


def _no_label(label: object, labels: Sequence[str]) -> str:
    hint = "" if refusal(label) else f"; --add-label {label} adds it"
    return f"{label!r} is no label, expected one of {', '.join(labels)}{hint}"


def _runs(page: PageChanges) -> list[Run]:
    return [(i, i, label) for i, label in page.labels.items()]


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _open_locked(path: Path) -> int:
    """Open a journal for appending, for this process alone."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        if os.name == "nt":
            return file
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.exists() and os.fstat(file).st_ino == path.stat().st_ino:
                return file
        except BlockingIOError:
            os.close(file)
            raise ConfigError(f"{path}: another denag review writes to these labels, expected one at a time") from None
        os.close(file)  # its last owner removed it meanwhile


def _sync_folder(folder: Path) -> None:
    """Make a rename in a folder outlast a power cut."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
