"""Whole processes: how long they take, and how much memory each of their processes took at most."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Usage:
    """What one command used.

    Parameters
    ----------
    elapsed_s
        From start to end.
    peak_bytes
        Peak resident memory (VmHWM) of the process and of each of its descendants, the first first.
    """

    elapsed_s: float
    peak_bytes: tuple[int, ...]


def run_process(command: Sequence[str], timeout_s: float = 1200) -> Usage:
    """Run a command to its end and watch its memory.

    Raises
    ------
    RuntimeError
        Where it fails, with the end of what it said.
    """
    peaks: dict[int, int] = {}
    done = threading.Event()
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
        watcher.start()
        try:
            _, said = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        finally:
            elapsed = time.perf_counter() - start
            done.set()
            watcher.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:4])}...: exit {process.returncode}: {said.decode()[-500:]}")
    return Usage(elapsed, tuple(peaks.values()))


def _watch(pid: int, peaks: dict[int, int], done: threading.Event) -> None:
    while True:
        for member in _family(pid):
            peaks[member] = max(peaks.get(member, 0), _peak(member))
        if done.wait(_POLL_S):
            return


def _family(pid: int) -> list[int]:
    """A process and all its descendants that are alive."""
    family = [pid]
    for member in family:  # grows while it is read
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                family += map(int, children.read_text().split())
            except OSError:
                continue
    return family


def _peak(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
