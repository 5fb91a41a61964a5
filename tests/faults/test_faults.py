"""What else ends or hinders a run: signals, killed workers, disks that fill or lock up, clocks that jump, rivals.

Each gives one clear line, leaves no half output, and when the run is let finish the bytes of one that was not hindered.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from command import start

pytestmark = pytest.mark.faults

MOMENTS = int(os.environ.get("DENAG_KILLS", "200")) // 4
PARAGRAPHS = (
    "The bridge opens on Monday, the council said after a meeting of four hours.",
    "Subscribe to our newsletter and get the news in your inbox every morning.",
    "Home | News | Sport | Weather | Contact",
)
SMALL = ("--part-size", "0.03")


def ended(process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """Exit code and what was told; never a traceback."""
    told = process.communicate(timeout=120)[1].decode()
    assert "Traceback" not in told, told
    assert "Exception ignored" not in told, told
    return process.returncode, told


def run(*arguments: object, **options: Any) -> tuple[int, str]:
    return ended(start(*arguments, **options))


def children(parent: int) -> list[int]:
    """Processes right below one, and the commands they run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
                is_worker = b"LokyProcess" in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if is_worker and int(stat.rpartition(")")[2].split()[1]) == parent:
                found.append(int(entry.name))
    return found


def wait_until_gone(processes: list[int], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while left := [p for p in processes if Path(f"/proc/{p}/cmdline").exists() and _is_worker(p)]:
        assert time.monotonic() < until, left
        time.sleep(0.05)


def _is_worker(process: int) -> bool:
    try:
        return b"LokyProcess" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "in.jsonl"
    rows = [{"text": "\n\n".join(PARAGRAPHS[(i + k) % 3] for k in range(2 + i % 7)), "n": i} for i in range(3000)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture(scope="module")
def expected(source: Path) -> str:
    out = source.with_name("expected.jsonl")
    assert run("clean", source, "-o", out) == (0, "")
    return digest(out)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 4 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", path], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        yield path
    finally:
        subprocess.run(["umount", path], check=True)


def remount(disk: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", disk], check=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("workers", [1, 2])
def test_stopped_at_many_moments(
    workers: int, number: signal.Signals, source: Path, expected: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    arguments = ("clean", source, "-o", out, *SMALL, "--workers", workers)
    chance = random.Random(f"{number} {workers}")
    n_stopped = n_runs = 0
    while n_stopped < MOMENTS:
        n_runs += 1
        assert n_runs < 20 * MOMENTS
        process = start(*arguments)
        time.sleep(chance.uniform(0.05, 2.5))
        below = children(process.pid)
        process.send_signal(number)
        told = process.communicate(timeout=120)[1].decode()
        code = process.returncode
        wait_until_gone(below)
        if code == 0:
            assert digest(out) == expected
            out.unlink()
            continue
        n_stopped += 1
        if not told.startswith("denag") and told:  # Python was still starting, and says so in its own way
            assert "KeyboardInterrupt" in told
            assert number == signal.SIGINT
            assert code in (1, 128 + number, -number)
        else:
            assert "Traceback" not in told, told
            assert "Exception ignored" not in told, told
            assert len(told.splitlines()) <= 2, told
            assert code in (128 + number, -number)
        if out.exists():  # it was done, and about to end
            assert digest(out) == expected
            out.unlink()
        assert names(tmp_path) <= {".out.jsonl.denag"}
    assert run(*arguments)[0] == 0
    assert digest(out) == expected
    assert names(tmp_path) == {"out.jsonl"}


@pytest.mark.parametrize("moment", range(max(MOMENTS // 5, 3)))
def test_killed_worker(moment: int, source: Path, expected: str, tmp_path: Path) -> None:
    """As the kernel kills one when memory runs out."""
    out = tmp_path / "out.jsonl"
    arguments = ("clean", source, "-o", out, *SMALL, "--workers", "2")
    process = start(*arguments)
    until = time.monotonic() + 60
    while not (below := children(process.pid)) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.002)
    chance = random.Random(moment)
    time.sleep(chance.uniform(0, 1.5))
    if process.poll() is None:
        with suppress(ProcessLookupError):  # the run is over, and its workers are gone
            os.kill(chance.choice(below), signal.SIGKILL)
    code, told = ended(process)
    wait_until_gone(below)
    if code == 0:  # it was done, or had been given all of its work
        assert digest(out) == expected
        return
    assert code == 1
    assert "a worker process was killed, perhaps because memory ran out" in told.splitlines()[-1]
    assert not out.exists()
    assert run(*arguments)[0] == 0
    assert digest(out) == expected
    assert names(tmp_path) == {"out.jsonl"}


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_runs_out(workers: int, source: Path, tmp_path: Path) -> None:
    """One document too large for the memory there is: a clear line, and what is done stays."""
    import resource

    large, out = tmp_path / "large.jsonl", tmp_path / "out.jsonl"
    huge = json.dumps({"text": "word " * 40_000_000})
    large.write_bytes(source.read_bytes() + huge.encode() + b"\n")

    def little_memory() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    arguments = ("clean", large, "-o", out, "--part-size", "0.2", "--workers", workers)
    code, told = run(*arguments, preexec_fn=little_memory, env=environment)
    assert code == 1
    assert "memory ran out" in told.splitlines()[-1]
    assert not out.exists()
    code, told = run("label", large, preexec_fn=little_memory, env=environment)
    assert code == 1
    assert "memory ran out" in told.splitlines()[-1]


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("size", ["20k", "60k", "100k"])
def test_disk_that_fills(size: str, workers: int, disk: Path, source: Path, expected: str) -> None:
    remount(disk, f"size={size}")
    arguments = ("clean", source, "-o", disk / "out.jsonl", *SMALL, "--workers", workers)
    code, told = run(*arguments)
    assert code in (1, 2)
    assert "No space left on device" in told.splitlines()[-1]
    assert names(disk) <= {".out.jsonl.denag"}
    remount(disk, "size=8m")
    assert run(*arguments)[0] == 0
    assert digest(disk / "out.jsonl") == expected
    assert names(disk) == {"out.jsonl"}


@pytest.mark.parametrize("workers", [1, 2])
def test_disk_that_is_read_only(workers: int, disk: Path, source: Path, expected: str) -> None:
    arguments = ("clean", source, "-o", disk / "out.jsonl", *SMALL, "--workers", workers)
    remount(disk, "ro")
    code, told = run(*arguments)
    assert code in (1, 2)
    [line] = told.splitlines()
    assert line.startswith("denag: ")
    assert "Read-only file system" in line
    remount(disk, "rw")
    process = start(*arguments)
    time.sleep(1.5 if workers == 1 else 3)
    process.kill()
    process.communicate()
    done = names(disk)
    if done == {".out.jsonl.denag"}:
        wait_for_no_writer(disk)
        remount(disk, "ro")
        code, told = run(*arguments)
        assert code in (1, 2)
        assert "Read-only file system" in told.splitlines()[-1]
        remount(disk, "rw")
        assert run(*arguments)[0] == 0
    assert digest(disk / "out.jsonl") == expected
    assert names(disk) == {"out.jsonl"}


def wait_for_no_writer(disk: Path) -> None:
    """Workers of a killed run notice within a second or so that it is gone."""
    until = time.monotonic() + 20
    while True:
        busy = subprocess.run(["mount", "-o", "remount,ro", disk], capture_output=True, check=False).returncode
        if not busy:
            return
        assert time.monotonic() < until
        time.sleep(0.1)


LINES = "label,label --probabilities,clean,clean --tag,clean --attributes,clean --diff,explain,--help"


@pytest.mark.parametrize("line", LINES.split(","))
def test_reader_that_goes_away_at_any_byte(line: str, source: Path, tmp_path: Path) -> None:
    command = line.split()
    page = tmp_path / "page.txt"
    page.write_text("\n\n".join(PARAGRAPHS) * 2000)
    given = [] if command[0] == "--help" else [page if command[0] == "explain" or "--diff" in command else source]
    chance = random.Random(line)
    for n in (0, 1, 100, chance.randrange(70_000)):
        with start(*command, *given) as process:
            assert process.stdout is not None
            process.stdout.read(n)
            process.stdout.close()
            assert process.stderr is not None
            told = process.stderr.read().decode()
        assert (process.returncode, told) == (0, ""), n


CLOCK = """
import random, time
now, chance = time.time, random.Random()
time.time = lambda: now() + chance.choice((-2e9, -86400, 0, 3600, 2e9))
time.time_ns = lambda: int(time.time() * 1e9)
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_clock_that_jumps(workers: int, source: Path, expected: str, tmp_path: Path) -> None:
    """In all processes of the run; inputs from 1970 and from the next century."""
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(CLOCK)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(clock), *filter(None, sys.path)])}
    for changed in (0, 2**32):
        mine, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        shutil.copy(source, mine)
        os.utime(mine, (changed, changed))
        report = tmp_path / "report.json"
        arguments = ("clean", mine, "-o", out, *SMALL, "--workers", workers, "--report", report)
        process = start(*arguments, env=environment)
        time.sleep(1.5)
        process.kill()
        process.communicate()
        assert run(*arguments, env=environment)[0] == 0
        assert digest(out) == expected
        assert 0 < json.loads(report.read_text())["elapsed_s"] < 120
        out.unlink()


@pytest.mark.parametrize("into", ["file", "folder"])
def test_two_runs_on_one_output(into: str, source: Path, expected: str, tmp_path: Path) -> None:
    """Whoever comes second is told so, or finds all done; nothing is mixed up."""
    chance = random.Random(into)
    n_refused = 0
    for _ in range(max(MOMENTS // 5, 3)):
        out = tmp_path / "out" if into == "folder" else tmp_path / "out.jsonl"
        if into == "folder":
            out.mkdir()
        runs = []
        for _ in range(2):
            runs.append(start("clean", source, "-o", out, *SMALL))
            time.sleep(chance.uniform(0, 0.5))
        ends = [ended(process) for process in runs]
        assert {code for code, _ in ends} <= {0, 2}
        assert 0 in {code for code, _ in ends}
        for code, told in ends:
            if code:
                n_refused += 1
                assert "another run is writing this output" in told
        made = out / "in.jsonl" if into == "folder" else out
        assert digest(made) == expected
        assert names(made.parent) <= {"in.jsonl", "out.jsonl"}
        made.unlink()
        if into == "folder":
            out.rmdir()
    assert n_refused > 0
