"""Cut inputs into parts: ranges that a worker reads for itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from classifier.errors import InputError
from classifier.readers import container_of
from classifier.readers.jsonl import lines_before

Container = Literal["jsonl", "parquet", "warc", "page"]
_PAGES = 256


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the input that one worker reads, and one manifest line tells to be done.

    Parameters
    ----------
    key
        Hash of the files (name, size, time of change) and the range: a changed file has other parts.
    container
        What the files are.
    paths
        One file; of single pages several.
    start, end
        Range of bytes of a JSONL file, of row groups of a Parquet file; 0 and 0: whole files.
    number
        What the first row is counted as.
    n_bytes
        Share of the input, for the progress bar.
    """

    key: str
    container: Container
    paths: tuple[Path, ...]
    start: int
    end: int
    number: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file as it was when the run was planned."""

    path: Path
    n_bytes: int
    changed_ns: int

    @classmethod
    def of(cls, path: Path) -> InputFile:
        try:
            status = path.stat()
        except OSError as error:
            raise InputError(f"{path}: {error.strerror or error}") from error
        return cls(path, status.st_size, status.st_mtime_ns)


def fingerprint(files: Sequence[InputFile], start: int = 0, end: int = 0) -> str:
    """Hash of some files' names, sizes and times of change, and of a range."""
    told = repr([(str(f.path), f.n_bytes, f.changed_ns) for f in files] + [(start, end)])
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:20]


def plan(files: Sequence[InputFile], part_bytes: int, pages_apart: bool = False) -> list[list[Part]]:
    """Parts of each file in order; a part of several pages stands with the first of them, unless they stay apart.

    Plain JSONL is cut by bytes, Parquet by row groups. Compressed files and archives can only be read
    from their beginning: each is one part. Cuts depend on the inputs alone, not on the number of workers.
    Rows are not counted yet, see `numbered`.
    """
    parts: list[list[Part]] = []
    pages: list[InputFile] = []
    for file in files:
        container = container_of(file.path)
        is_full = pages_apart or len(pages) == _PAGES or sum(p.n_bytes for p in pages) >= part_bytes
        if pages and (container != "page" or is_full):
            parts[-len(pages)].append(_part("page", pages))
            pages = []
        parts.append([])
        if container == "page":
            pages.append(file)
        elif container == "parquet":
            parts[-1] += _row_groups(file, part_bytes)
        elif container == "jsonl" and file.path.suffix.lower() not in (".gz", ".zst"):
            starts = range(0, max(file.n_bytes, 1), part_bytes)
            parts[-1] += [_part("jsonl", [file], start, min(start + part_bytes, file.n_bytes)) for start in starts]
        else:
            parts[-1].append(_part("warc" if container == "warc" else "jsonl", [file]))
    if pages:
        parts[-len(pages)].append(_part("page", pages))
    return parts


def numbered(parts: list[Part], count: Callable[[list[Part]], Iterable[int]]) -> list[Part]:
    """Parts of a JSONL file that know their first line; ``count`` gives `line_ends` of each, maybe in parallel."""
    if len(parts) < 2 or parts[0].container != "jsonl":
        return parts
    done, n = [], 0
    for part, n_lines in zip(parts, count(parts), strict=True):
        done.append(replace(part, number=n + 2) if part.start else part)
        n += n_lines
    return done


def line_ends(part: Part) -> int:
    """See `classifier.readers.jsonl.lines_before`."""
    return lines_before(part.paths[0], part.start, part.end)


def _row_groups(file: InputFile, part_bytes: int) -> list[Part]:
    from classifier.readers.parquet import row_group_rows

    n_rows, sizes, _ = row_group_rows(file.path)
    total = max(sum(sizes), 1)
    parts: list[Part] = []
    start = size = n = 0
    number = 1
    for i, (rows, n_bytes) in enumerate(zip(n_rows, sizes, strict=True)):
        size += n_bytes
        n += rows
        if size >= part_bytes or i == len(sizes) - 1:
            share = file.n_bytes * size // total
            parts.append(_part("parquet", [file], start, i + 1, number, share))
            start, number, size, n = i + 1, number + n, 0, 0
    return parts or [_part("parquet", [file], 0, 0, 1, 0)]


def _part(
    container: Container,
    files: Sequence[InputFile],
    start: int = 0,
    end: int = 0,
    number: int = 1,
    n_bytes: int | None = None,
) -> Part:
    key = fingerprint(files, start, end)
    if n_bytes is None:
        n_bytes = end - start if end else sum(f.n_bytes for f in files)
    return Part(key, container, tuple(f.path for f in files), start, end, number, n_bytes)
