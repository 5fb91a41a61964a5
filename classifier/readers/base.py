"""What readers share: rows to documents, rejects, compressed files."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from classifier.errors import InputError
from classifier.types import Document

_COMPRESSED = (".gz", ".zst")
_ZSTD_CHUNK = 1 << 11
"""Compressed bytes undone at once: each four of them may hold 128 kB."""
_SKIPPED_BYTES = 1 << 20
_GZIP_LEVEL = 6
"""What the command gzip takes; the 9 of Python's module costs three times the time for one per cent of the size."""
_ZSTD_WINDOW = 1 << 31
"""What ``zstd --long=31`` asks for."""


MAX_DOCUMENT_BYTES = 1 << 28
"""A document of more bytes, once decompressed, is rejected: a few kilobytes of ``.gz`` may hold many gigabytes."""


@dataclass(frozen=True, slots=True)
class Source:
    """Names of the fields of a row."""

    html_field: str = "html"
    text_field: str = "text"
    id_field: str = "id"


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that could not be read: where it stands, what was found instead of what, and its byte offset if known."""

    where: str
    reason: str
    offset: int | None = None


def too_long(where: str, offset: int | None = None) -> Reject:
    """The reject of a document that is too long to be read."""
    return Reject(where, f"more than {MAX_DOCUMENT_BYTES} bytes, expected at most that many in one document", offset)


def lines_of(file: IO[bytes], first: bytes = b"") -> Iterator[bytes | int]:
    """Lines of a file; in place of each that is too long to be held, its number of bytes.

    ``first`` is what was read of the first line already, at most one byte more than can be held.
    """
    line = first or file.readline(MAX_DOCUMENT_BYTES + 1)
    while line:
        if len(line) <= MAX_DOCUMENT_BYTES:
            yield line
        else:
            yield len(line) + (0 if line.endswith(b"\n") else skip_line(file))
        line = file.readline(MAX_DOCUMENT_BYTES + 1)


def skip_line(file: IO[bytes]) -> int:
    """Pass over the rest of a line, however long; its number of bytes, that of the line end counted."""
    n = 0
    while piece := file.readline(_SKIPPED_BYTES):
        n += len(piece)
        if piece.endswith(b"\n"):
            break
    return n


def row_to_document(row: object, where: str, source: Source) -> Document | Reject:
    """A JSONL or Parquet row as a document.

    Exactly one of the fields ``html``, ``text`` and ``blocks`` must hold something; blocks are
    strings or objects with ``text``. A page of the label format (``denag review`` writes it) has its
    labelled blocks beside its markup: the markup is the page, as it is in training.
    """
    if not isinstance(row, dict):
        return Reject(where, f"expected an object, found {type(row).__name__}")
    fields = {source.html_field: "text/html", source.text_field: "text/plain", "blocks": "application/x-blocks"}
    held = [name for name in fields if row.get(name) is not None]
    if held == [source.html_field, "blocks"] and _are_labelled(row["blocks"]):
        held = [source.html_field]
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
        id=where if identity is None else identity if type(identity) in (str, int) else str(identity),
        content=content,
        media_type=fields[held[0]],  # type: ignore[arg-type]
        url=url if isinstance(url, str) else None,
        metadata=row,
    )


def _are_labelled(blocks: object) -> bool:
    """Whether blocks are those of the label format: objects with a text and a label, which may be null."""
    return isinstance(blocks, list) and all(
        isinstance(block, Mapping)
        and isinstance(block.get("text"), str)
        and "label" in block
        and isinstance(block["label"], str | None)
        for block in blocks
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


def kind_suffix(path: Path) -> str:
    """The suffix that says what a file holds, in lower case, that of its compression left out.

    Examples
    --------
    >>> kind_suffix(Path("crawl/Page.HTML.gz"))
    '.html'
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def open_bytes(path: Path, mode: str = "rb", name: Path | None = None) -> Iterator[IO[Any]]:
    """Open a file, decompressed by its suffix.

    Parameters
    ----------
    path
        The file.
    mode
        ``rb`` or ``wb``.
    name
        What errors call the file, where not by its path.

    Raises
    ------
    InputError
        Where the file can not be opened, or what is in it is not what its suffix says.
    """
    name = name or path
    try:
        with open(path, mode) as raw, unpacked(raw, path.suffix.lower(), mode, str(name)) as file:
            yield file
    except OSError as error:
        raise InputError(f"{name}: {error.strerror or error}") from error


@contextmanager
def unpacked(raw: IO[Any], suffix: str, mode: str, name: str) -> Iterator[IO[Any]]:
    """An open file as what a suffix says, see `compressed`; ``name`` is what errors call it.

    Raises
    ------
    InputError
        Where what is in it is not that, or not whole.
    """
    try:
        with compressed(raw, suffix, mode) as file:
            yield file
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        where = f"at or before compressed byte {raw.tell()}"
        raise InputError(f"{name}: not a whole {suffix} file: {error} ({where})") from error


@contextmanager
def compressed(raw: IO[Any], suffix: str, mode: str) -> Iterator[IO[Any]]:
    """An open file as what its suffix says: ``.gz``, ``.zst``, or itself."""
    if suffix == ".gz":
        # no name and no time in the head: the same rows give the same bytes
        with gzip.GzipFile("", mode, _GZIP_LEVEL, cast(Any, raw), mtime=0) as zipped:
            yield cast(IO[Any], zipped)
    elif suffix == ".zst":
        with _open_zstd(cast(BinaryIO, raw), mode) as file:
            yield file
    else:
        yield raw


def _open_zstd(raw: BinaryIO, mode: str) -> IO[Any]:
    import zstandard

    if mode == "wb":
        return cast(IO[Any], zstandard.ZstdCompressor().stream_writer(raw, closefd=False))
    return cast(IO[Any], io.BufferedReader(_ZstdFrames(raw), 1 << 16))


class _ZstdFrames(io.RawIOBase):
    """Bytes of all frames of a ``.zst`` file, one after the other.

    The streams of zstandard end quietly after the first frame, and where a frame is cut off.
    """

    def __init__(self, raw: BinaryIO) -> None:
        from zstandard import ZstdDecompressor, ZstdError

        self._raw = raw
        self._new_frame = ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj
        self._error = ZstdError
        self._frame: Any = None
        self._compressed = b""
        self._held = memoryview(b"")
        self._position = 0

    def tell(self) -> int:
        return self._position

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            self._compressed = self._compressed or self._raw.read(_ZSTD_CHUNK)
            if not self._compressed:
                if self._frame is not None:
                    raise EOFError("it ends inside a frame")
                return 0
            self._frame = self._frame or self._new_frame()
            try:
                self._held = memoryview(self._frame.decompress(self._compressed))
            except self._error as error:
                raise EOFError(str(error)) from error
            self._compressed = self._frame.unused_data
            if self._frame.eof:
                self._frame = None
        n = min(len(buffer), len(self._held))
        buffer[:n] = self._held[:n]
        self._held = self._held[n:]
        self._position += n
        return n
