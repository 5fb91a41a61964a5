"""Runs that are killed at many moments give, when they are let finish, the bytes of a run that was not."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command import MAIN

MOMENTS = int(os.environ.get("DENAG_KILLS", "200"))
PARAGRAPHS = (
    "The bridge opens on Monday, the council said after a meeting of four hours.",
    "Subscribe to our newsletter and get the news in your inbox every morning.",
    "Home | News | Sport | Weather | Contact",
)


def run(*arguments: object, kill_after: float | None = None) -> int | None:
    """Exit code of a run, None where it was killed."""
    process = subprocess.Popen([sys.executable, "-c", MAIN, *map(str, arguments)], stderr=subprocess.DEVNULL)
    try:
        return process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


def digests(path: Path) -> dict[str, str]:
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    return {p.name if p != path else "": hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.faults
@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("kind", ["jsonl.gz", "parquet", "pages"])
def test_kills(kind: str, workers: int, tmp_path: Path) -> None:
    rows = [{"text": "\n\n".join(PARAGRAPHS[(i + k) % 3] for k in range(2 + i % 7)), "n": i} for i in range(3000)]
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
        pq.write_table(pa.Table.from_pylist(rows), source, row_group_size=100)
    elif kind == "pages":
        source, out = tmp_path / "in", tmp_path / "out"
        source.mkdir()
        for row in rows[:300]:
            (source / f"{row['n']}.txt").write_text(str(row["text"]))
    else:
        source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl.gz"
        source.write_text("".join(json.dumps(row) + "\n" for row in rows) + '{"torn')
    arguments = ("clean", source, "--part-size", "0.003" if kind == "pages" else "0.03", "--workers", workers)
    expected = out.with_name(f"expected-{out.name}")
    began = time.monotonic()
    code = run(*arguments, "-o", expected)
    whole_s = time.monotonic() - began
    assert code == (1 if kind == "jsonl.gz" else 0)
    chance = random.Random(f"{kind} {workers}")
    n_kills = n_finished = 0
    while n_kills < MOMENTS // 6 + 1:
        while (ended := run(*arguments, "-o", out, kill_after=chance.uniform(0.1, 1.2) * whole_s)) is None:
            n_kills += 1
            assert n_kills < 20 * MOMENTS
        n_finished += 1
        assert ended == code
        assert digests(out) == digests(expected)
        left = {path.name for path in tmp_path.iterdir()}
        assert left <= {source.name, out.name, expected.name, "rejects.jsonl"}, left
        if out.is_file():
            out.unlink()
        else:
            for path in out.iterdir():
                path.unlink()
    print(f"{kind}, {workers} workers: killed {n_kills} times, finished {n_finished} times")
