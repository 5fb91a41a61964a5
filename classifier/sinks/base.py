"""What sinks share: the protocol, and output files that are whole or not there."""

from __future__ import annotations

import errno
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Protocol

from classifier.errors import InputError
from classifier.readers.base import open_bytes
from classifier.types import Document


class Sink(Protocol):
    """Takes documents in order, each with its row or with what is set in it, see `classifier.edits`."""

    def write(self, document: Document, row: Mapping[str, Any]) -> None: ...


def move(unfinished: Path, path: Path) -> None:
    """Give a whole file its name, at once even where it comes from another file system."""
    try:
        os.replace(unfinished, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = path.with_name(f".{os.getpid()}.{path.name}"[:255])
        shutil.copyfile(unfinished, beside)
        os.replace(beside, path)
        unfinished.unlink()


@contextmanager
def open_output(path: Path | None) -> Iterator[IO[Any]]:
    """Binary output: standard output for None and ``-``, else a file that appears when it is whole.

    Where the reader of standard output went away, as ``head`` does, writing ends without an error.

    Raises
    ------
    InputError
        Where the file can not be written.
    """
    if path is None or str(path) == "-":
        try:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        except OSError as error:
            # point standard output elsewhere so that closing it does not fail too
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if not isinstance(error, BrokenPipeError):
                raise InputError(f"standard output: {error.strerror or error}") from error
        return
    if path.is_dir():
        raise InputError(f"{path}: a folder, expected a file to write to")
    # the suffix stays last: it says how the bytes are compressed
    unfinished = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        with open_bytes(unfinished, "wb", path) as file:
            yield file
        os.replace(unfinished, path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
