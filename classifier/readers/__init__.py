"""Inputs of every kind as a stream of documents; `open_reader` picks by suffix.

A reader is an iterable of `Document`; a row that can not be read comes out as a `Reject` in its
place, so that it is counted and the run goes on. A file that can not be read at all raises
`InputError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from classifier.errors import InputError
from classifier.readers.base import Reject, Source, kind_suffix
from classifier.readers.files import HTML_SUFFIXES, TEXT_SUFFIXES, read_page, read_stdin
from classifier.readers.jsonl import read_jsonl
from classifier.readers.standard_input import STANDARD, check_once, standard_input
from classifier.types import Document

__all__ = ["Reject", "Source", "container_of", "find_inputs", "open_reader"]

_CONTAINERS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".warc": "warc", ".wet": "warc"}
_CONTAINERS.update(dict.fromkeys((*HTML_SUFFIXES, *TEXT_SUFFIXES), "page"))


def container_of(path: Path) -> str | None:
    """What kind of file a path names: ``page``, ``jsonl``, ``parquet``, ``warc``; None for none of them."""
    return _CONTAINERS.get(kind_suffix(path))


def find_inputs(inputs: Iterable[str]) -> list[Path]:
    """Files that the inputs name, folders walked and patterns matched in sorted order; ``-`` stays as it is.

    A name with ``*``, ``?`` or ``[`` that is no file is a pattern, ``**`` any number of folders.
    Hidden files and folders are passed over, in folders as in patterns.

    Raises
    ------
    InputError
        Where a path is empty, does not exist or is of no known kind, a folder holds no input file, or
        standard input is named twice.
    """
    inputs = list(inputs)
    check_once(inputs)
    paths: list[Path] = []
    for name in inputs:
        path = Path(name)
        if not name:  # it would be the current folder
            raise InputError("an empty path, expected a file, a folder, or - for standard input")
        if name == "-":
            paths.append(path)
        elif path.is_dir():
            found = sorted(p for p in path.rglob("*") if _is_input(p, path))
            if not found:
                raise InputError(f"{path}: no .html, .txt, .md, .jsonl, .parquet, .warc or .wet file in this folder")
            paths += found
        elif not path.exists() and has_magic(name):
            matched = [Path(match) for match in glob(name, recursive=True)]
            found = sorted(p for p in matched if p.is_file() and container_of(p))
            if not found:
                raise InputError(f"{path}: no .html, .txt, .md, .jsonl, .parquet, .warc or .wet file matches")
            paths += found
        elif not path.exists():
            raise InputError(f"{path}: no such file or folder")
        elif container_of(path) is None:
            expected = "one of .html .txt .md .jsonl .parquet .warc .wet (.gz and .zst too) or a folder"
            raise InputError(f"{path}: suffix {path.suffix!r} names no input kind, expected {expected}")
        else:
            paths.append(path)
    return paths


def _is_input(path: Path, root: Path) -> bool:
    if any(part.startswith(".") for part in path.relative_to(root).parts):
        return False
    return path.is_file() and container_of(path) is not None


def open_reader(path: Path, source: Source | None = None) -> Iterator[Document | Reject]:
    """Documents of one file, read as they are asked for."""
    source = source or Source()
    if path == STANDARD:
        return read_stdin(standard_input(), source)
    container = container_of(path)
    if container == "jsonl":
        return read_jsonl(path, source)
    if container == "parquet":
        from classifier.readers.parquet import read_parquet

        return read_parquet(path, source)
    if container == "warc":
        from classifier.readers.warc import read_warc

        return read_warc(path)
    return read_page(path)
