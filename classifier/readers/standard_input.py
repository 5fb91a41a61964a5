"""Standard input as bytes: it has no suffix, so its first bytes tell whether it is compressed or no text at all."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from classifier.errors import InputError
from classifier.readers.base import open_bytes, unpacked

STANDARD = Path("-")
_HEAD_BYTES = 12
_BUFFER_BYTES = 1 << 16
_PACKED = {".gz": re.compile(rb"\x1f\x8b\x08"), ".zst": re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18")}
"""By suffix; the second of ``.zst`` is a frame that is to be skipped."""
_FILES = {
    "a Parquet file": re.compile(rb"PAR1\x15|PARE"),
    "a WARC or WET file": re.compile(rb"WARC/\d\.\d+\r?\n"),
    "a PDF file": re.compile(rb"%PDF-\d"),
    "a zip archive": re.compile(rb"PK\x03\x04"),
    "bytes packed by xz": re.compile(rb"\xfd7zXZ\0"),
    "bytes packed by bzip2": re.compile(rb"BZh\d1AY&SY"),
    "bytes packed twice": re.compile(b"|".join(pattern.pattern for pattern in _PACKED.values())),
}
"""What is neither a page nor rows; the first two can be read from a file that is named."""


@contextmanager
def open_input(path: Path) -> Iterator[IO[bytes]]:
    """Open a file to read, decompressed by its suffix, or standard input where the path is ``-``.

    Raises
    ------
    InputError
        Where it can not be opened, or what is in it is not what it should be.
    """
    if path == STANDARD:
        with open_stream(standard_input()) as file:
            yield file
    else:
        with open_bytes(path) as file:
            yield file


def standard_input() -> IO[bytes]:
    """Standard input as it is.

    Raises
    ------
    InputError
        Where it is closed.
    """
    if sys.stdin is None:
        raise InputError("standard input: closed, expected a page or JSON lines")
    return sys.stdin.buffer


def check_once(paths: Iterable[Path | str]) -> None:
    """Refuse to read standard input more than once: the second time there is nothing in it.

    Raises
    ------
    InputError
        Where ``-`` is named twice.
    """
    n = sum(str(path) == "-" for path in paths)
    if n > 1:
        raise InputError(f"-: standard input is named {n} times, expected once: it can be read but once")


@contextmanager
def open_stream(stream: IO[bytes]) -> Iterator[IO[bytes]]:
    """Standard input as text, decompressed where it is gzip or zstd.

    Raises
    ------
    InputError
        Where its first bytes are those of a file that is no text, or it can not be read.
    """
    try:
        ahead = _Ahead(stream)
        suffix = next((suffix for suffix, pattern in _PACKED.items() if pattern.match(ahead.head)), "")
        if not suffix:
            _check_text(ahead.head)
            yield io.BufferedReader(ahead, _BUFFER_BYTES)
            return
        with unpacked(cast(IO[Any], ahead), suffix, "rb", "standard input") as file:
            inside = _Ahead(file)
            _check_text(inside.head)
            yield io.BufferedReader(inside, _BUFFER_BYTES)
    except OSError as error:
        raise InputError(f"standard input: {error.strerror or error}") from error


def _check_text(head: bytes) -> None:
    for number, (found, pattern) in enumerate(_FILES.items()):
        if pattern.match(head):
            advice = "name the file instead of -" if number < 2 else "unpack it first"
            raise InputError(f"standard input: {found}, expected a page or JSON lines: {advice}")


class _Ahead(io.RawIOBase):
    """A stream whose first bytes were looked at."""

    def __init__(self, stream: IO[Any]) -> None:
        self.head = stream.read(_HEAD_BYTES)
        self._stream = stream
        self._held = self.head
        self._has_more = len(self.head) == _HEAD_BYTES  # on a terminal the end is asked for but once
        self._position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        data = self._held[: len(buffer)]
        if data:
            self._held = self._held[len(data) :]
        elif self._has_more:
            # what is there, not as much as there is room for: rows are done as they come
            data = self._stream.read1(len(buffer))  # type: ignore[attr-defined]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
