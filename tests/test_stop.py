"""SIGTERM ends what is under way in order, and no more than that."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from classifier.stop import Terminated, stoppable

LATE = """
import os, signal, sys
from classifier.stop import stoppable
with stoppable(last={last}):
    pass
os.kill(os.getpid(), signal.SIG{name})
print("cleared up")
"""


def test_sigterm_is_an_exception_within_and_as_before_after() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), stoppable():
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize("name", ["TERM", "INT"])
def test_a_stop_that_comes_too_late_is_ignored(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE.format(last=True, name=name)], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "cleared up\n", "")


def test_without_last_the_process_can_be_ended_after() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LATE.format(last=False, name="TERM")], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == -signal.SIGTERM
