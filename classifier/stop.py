"""SIGTERM stops as Ctrl-C does: by an exception, so that what was begun is put in order."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Terminated(BaseException):
    """SIGTERM asked to stop."""


@contextmanager
def stoppable(last: bool = False) -> Iterator[None]:
    """Raise `Terminated` at SIGTERM; in the main thread alone, where Python takes signals.

    Parameters
    ----------
    last
        Whether the process only ends after this: then a stop that comes too late, while Python and its
        libraries clear up, is ignored.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        if last:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN if last else before)
