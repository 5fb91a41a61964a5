"""What of a run is done: a folder beside the output with finished parts, and a list of them on disk."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from classifier.errors import ConfigError

LOCK, _MANIFEST = "lock", "manifest.jsonl"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder for this run alone; the system lets go of it whatever ends the process.

    Raises
    ------
    ConfigError
        Where another run holds it.
    """
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        except FileNotFoundError:  # a run that ended has just taken the folder away
            continue
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigError(f"{folder}: another run is writing this output, expected it to end first") from None
            if _still_there(folder / LOCK, lock):
                yield
                return
        finally:
            os.close(lock)


def _still_there(path: Path, lock: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(lock))
    except FileNotFoundError:
        return False


class Manifest:
    """Finished parts, one JSON line each behind a line that says what the run is.

    Parameters
    ----------
    folder
        Where the parts are.
    run
        What must be the same for a run to go on: model and options.

    Raises
    ------
    ConfigError
        Where the folder holds parts of another run.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.path = folder / _MANIFEST
        self.done: dict[str, dict[str, Any]] = {}
        lines, n_whole = _whole_lines(self.path)
        if lines and lines[0] != run:
            differ = sorted(name for name in {*lines[0], *run} if lines[0].get(name) != run.get(name))
            raise ConfigError(
                f"{folder}: holds parts of a run with other {', '.join(differ)}; "
                "expected the same command to go on with it, or --restart to start anew"
            )
        for line in lines[1:]:
            self.done[line["part"]] = line
        self.file = open(self.path, "ab")  # noqa: SIM115 - closed by close()
        self.file.truncate(n_whole)
        if not lines:
            self._append(run)

    def add(self, key: str, facts: Mapping[str, Any]) -> None:
        """Say on disk that a part is done."""
        self.done[key] = {"part": key, **facts}
        self._append(self.done[key])

    def close(self) -> None:
        self.file.close()

    def _append(self, line: Mapping[str, Any]) -> None:
        self.file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        self.file.flush()
        os.fsync(self.file.fileno())


def _whole_lines(path: Path) -> tuple[list[dict[str, Any]], int]:
    """Lines of a manifest up to one that was not written to its end, and their number of bytes."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    lines, n = [], 0
    for line in data.splitlines(keepends=True):
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            break
        if not line.endswith(b"\n") or not isinstance(row, dict):
            break
        lines.append(row)
        n += len(line)
    return lines, n
