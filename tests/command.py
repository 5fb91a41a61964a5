"""The command line as a process that runs beside the test."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

MAIN = "from classifier.cli import main; main()"


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell sets it for what it runs in the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [sys.executable, "-c", MAIN, *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
