"""What readers share: rows to documents, rejects, compressed files."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from classifier.errors import InputError
from classifier.types import Document


@dataclass(frozen=True, slots=True)
class Source:
    """Names of the fields of a row."""

    html_field: str = "html"
    text_field: str = "text"
    id_field: str = "id"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: where it stands, and what was found instead of what."""

    where: str
    reason: str


def row_to_document(row: object, where: str, source: Source) -> Document | Reject:
    """A JSONL or Parquet row as a document.

    Exactly one of the fields ``html``, ``text`` and ``blocks`` must hold something; blocks are
    strings or objects with ``text``.
    """
    if not isinstance(row, Mapping):
        return Reject(where, f"expected an object, found {type(row).__name__}")
    fields = {source.html_field: "text/html", source.text_field: "text/plain", "blocks": "application/x-blocks"}
    held = [name for name in fields if row.get(name) is not None]
    if len(held) != 1:
        found = " and ".join(map(repr, held)) or "none"
        return Reject(where, f"expected exactly one of {', '.join(map(repr, fields))}, found {found}")
    content = row[held[0]]
    if held[0] == "blocks":
        blocks = _block_texts(content)
        if blocks is None:
            return Reject(where, "expected 'blocks' to be a list of strings or of objects with 'text'")
        content = blocks
    elif not isinstance(content, str | bytes):
        return Reject(where, f"expected {held[0]!r} to be a string, found {type(content).__name__}")
    elif isinstance(content, bytes) and held[0] == source.text_field:
        content = content.decode("utf-8", "replace")
    identity, url = row.get(source.id_field), row.get("url")
    return Document(
        id=where if identity is None else str(identity),
        content=content,
        media_type=fields[held[0]],  # type: ignore[arg-type]
        url=url if isinstance(url, str) else None,
        metadata=row,
    )


def _block_texts(content: object) -> list[str] | None:
    if not isinstance(content, list):
        return None
    texts = []
    for block in content:
        text = block.get("text") if isinstance(block, Mapping) else block
        if not isinstance(text, str):
            return None
        texts.append(text)
    return texts


@contextmanager
def open_bytes(path: Path, mode: str = "rb") -> Iterator[IO[Any]]:
    """Open a file, decompressed by its suffix.

    Raises
    ------
    InputError
        Where the file can not be opened, or what is in it is not what its suffix says.
    """
    try:
        if path.suffix == ".gz":
            with gzip.GzipFile(path, mode, mtime=0) as zipped:
                yield cast(IO[Any], zipped)
        elif path.suffix == ".zst":
            import zstandard

            with zstandard.open(path, mode) as file:
                yield file
        else:
            with open(path, mode) as file:
                yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{path}: not a whole {path.suffix} file: {error}") from error
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
