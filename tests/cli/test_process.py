"""The command line as a process: its streams, readers that go away, full disks and interrupts."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from classifier import Cleaner

from .conftest import Denag

MAIN = "from classifier.cli import main; main()"


def test_process_label(denag_process: Denag, denag: Denag, page: Path) -> None:
    run = denag_process("label", page)
    assert (run.code, run.err) == (0, "")
    assert run.out == denag("label", page).out


def test_process_clean_standard_input(denag_process: Denag, denag: Denag, page: Path) -> None:
    run = denag_process("clean", "-", stdin=page.read_bytes())
    assert (run.code, run.err) == (0, "")
    assert run.out == denag("clean", page).out


def test_process_failures(denag_process: Denag, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "one"}\n[]\n')
    run = denag_process("label", path)
    assert (run.code, len(run.rows), len(run.err.splitlines())) == (1, 1, 2)
    run = denag_process("clean", tmp_path / "no.html")
    assert (run.code, run.out) == (2, b"")
    assert "no.html: no such file or folder" in run.complaint


def test_interrupt(denag: Denag, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Cleaner, "predict", interrupt)
    run = denag("label", page, "-o", tmp_path / "out.jsonl")
    assert run.code == 130
    assert "Traceback" not in run.err
    assert not list(tmp_path.glob("*out.jsonl"))


def test_reader_that_goes_away(tmp_path: Path, text_page: str) -> None:
    path = tmp_path / "big.jsonl"
    path.write_text((json.dumps({"text": text_page}) + "\n") * 1500)
    for command in ("label", "clean"):
        line = f'set -o pipefail; "{sys.executable}" -c "{MAIN}" {command} "{path}" | head -n 1'
        done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.count(b"\n") == 1
        json.loads(done.stdout)


@pytest.mark.parametrize("command", ["explain", "clean --diff"])
def test_reader_of_a_table_that_goes_away(command: str, tmp_path: Path, text_page: str) -> None:
    path = tmp_path / "big.txt"
    path.write_text(text_page * 100)
    line = f'set -o pipefail; "{sys.executable}" -c "{MAIN}" {command} "{path}" | head -c 1'
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, b"", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_disk_that_is_full(page: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "label", page], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"denag: standard output: No space left on device\n")
