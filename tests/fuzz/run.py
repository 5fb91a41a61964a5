"""Run fuzzers one after the other, each for so many seconds: ``python tests/fuzz/run.py SECONDS NAME ...``.

Each runs in rounds, every one a process of its own: atheris keeps the result of each comparison of
arrays that it watches, about 20 kB an input, and would reach any limit of memory. What a round
finds worth keeping is the corpus of the next. An input that breaks something is left in build/fuzz;
the other rounds and fuzzers go on all the same, and the exit code is 1 in the end.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
FOUND = Path("build/fuzz")
_ROUND_S = 60
_TIMEOUT_S, _MEMORY_MB = 60, 2048
_MAX_BROKEN = 20
"""A fuzzer that broke in so many rounds has told enough."""


def run_round(name: str, seconds: int) -> tuple[int, str]:
    """Exit code and report of one round of a fuzzer."""
    command = [
        sys.executable, HERE / f"fuzz_{name}.py", f"-max_total_time={seconds}", f"-timeout={_TIMEOUT_S}",
        f"-rss_limit_mb={_MEMORY_MB}", "-print_final_stats=1", f"-artifact_prefix={FOUND}/{name}-",
        FOUND / name, HERE / "corpus" / name,
    ]  # fmt: skip
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def told(pattern: str, report: str) -> int:
    """The last number that a report tells behind a pattern, 0 where there is none."""
    return int((re.findall(pattern, report) or [0])[-1])


def run(name: str, seconds: int) -> int:
    """Run a fuzzer, tell what it did, and give the number of rounds that broke."""
    (FOUND / name).mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + seconds
    n_inputs = n_new = n_broken = 0
    covered = 0
    while (left := int(end - time.monotonic())) > 0 and n_broken < _MAX_BROKEN:
        code, report = run_round(name, min(left, _ROUND_S))
        n_inputs += told(r"number_of_executed_units: (\d+)", report)
        n_new += told(r"new_units_added: *(\d+)", report)
        covered = max(covered, told(r" cov: (\d+)", report))
        if code:
            n_broken += 1
            lines = [line for line in report.splitlines() if not re.match(r"(#\d|INFO|WARNING)", line)]
            print("\n".join(lines), flush=True)
    print(f"{name}: {n_inputs} inputs, {n_new} kept, {covered} places reached, {n_broken} rounds broke", flush=True)
    return n_broken


def main() -> None:
    seconds, names = int(sys.argv[1]), sys.argv[2:]
    if sum([run(name, seconds) for name in names]):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
