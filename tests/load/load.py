"""Gigabytes of JSON lines through ``denag clean`` under a limit of memory: ``python tests/load/load.py GIGABYTES``.

The whole process tree is held to the limit by a control group where systemd gives one; else its
memory is sampled, and the run fails where it ever took more. Afterwards every row is accounted
for: as many rows out as in, ids in order, other fields untouched but for ``paywalled``, each cleaned text a
subsequence of its lines, and rows of the same text cleaned to the same text.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LIMIT_BYTES = 1_000_000_000
_SAMPLE_S = 0.1
_N_PAGES = 2000

_NAGS = (
    "Subscribe to our newsletter and never miss a story.", "Advertisement", "Please support us with a donation today.",
    "Subscribe now to read the full article.", "Share this on Facebook", "All rights reserved.", "Home", "Contact us",
)  # fmt: skip
_WORDS = """the ferry council bridge on Monday said river water work old harbour people town year while against
opened closed carried under between island mayor ticket price crew storm winter light stone market""".split()


def pages(chance: random.Random) -> list[str]:
    """Pages of articles between nags, from a few lines to a few hundred."""

    def sentence() -> str:
        return " ".join(chance.choices(_WORDS, k=chance.randint(6, 30))).capitalize() + "."

    def page() -> str:
        n = chance.choice((3, 10, 40, 200))
        lines = [
            chance.choice(_NAGS) if chance.random() < 0.3 else " ".join(sentence() for _ in range(chance.randint(1, 5)))
            for _ in range(n)
        ]
        return "\n\n".join(lines)

    return [page() for _ in range(_N_PAGES)]


def row(i: int, texts: list[str]) -> dict[str, Any]:
    return {"id": i, "text": texts[i * 7919 % len(texts)], "n": i % 97, "tags": ["a", "é"]}


def write_rows(path: Path, size: int, texts: list[str]) -> int:
    """Rows until the file has a size; their number."""
    n = written = 0
    with path.open("wb") as file:
        while written < size:
            written += file.write(json.dumps(row(n, texts), ensure_ascii=False).encode() + b"\n")
            n += 1
    return n


def tree_bytes(root: int) -> int:
    """Resident memory of a process and all below it; pages shared between them count once for each."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    total, level = 0, [root]
    while level:
        for process in level:
            try:
                total += int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except OSError:
                continue
        level = [child for child, parent in parents.items() if parent in level]
    return total


def in_control_group(command: list[str]) -> list[str]:
    """The command held to the limit by systemd, or as it is where there is no user manager."""
    prefix = [
        "systemd-run", "--user", "--scope", "--quiet", "-p", f"MemoryMax={LIMIT_BYTES}", "-p", "MemorySwapMax=0", "--",
    ]  # fmt: skip
    if shutil.which("systemd-run"):
        probe = subprocess.run([*prefix, "true"], capture_output=True, timeout=30, check=False)
        if probe.returncode == 0:
            return prefix + command
    print("no control group to be had: memory is sampled")
    return command


def run(source: Path, target: Path) -> tuple[float, int]:
    """Clean a file; seconds and the most memory that the tree took."""
    command = [sys.executable, "-c", "from classifier.cli import main; main()", "clean", str(source), "-o", str(target)]
    started, peak = time.monotonic(), 0
    process = subprocess.Popen(in_control_group(command))
    try:
        while process.poll() is None:
            peak = max(peak, tree_bytes(process.pid))
            if peak > LIMIT_BYTES:
                raise SystemExit(f"{peak / 1e6:.0f} MB, expected at most {LIMIT_BYTES / 1e6:.0f}")
            time.sleep(_SAMPLE_S)
    finally:
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise SystemExit(f"denag clean ended with {process.returncode}")
    return time.monotonic() - started, peak


def cleaned_rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            yield json.loads(line)


def check(target: Path, n: int, texts: list[str]) -> str:
    """Account for every row; the sha256 of all of the output."""
    known: dict[str, tuple[str, bool]] = {}
    found = 0
    for i, cleaned in enumerate(cleaned_rows(target)):
        expected = row(i, texts)
        text = expected["text"]
        outcome = cleaned["text"], cleaned.pop("paywalled", False)
        if {**cleaned, "text": text} != expected:
            raise SystemExit(f"row {i} came back as {str(cleaned)[:200]}")
        if known.setdefault(text, outcome) != outcome:
            raise SystemExit(f"row {i}: the same text was cleaned in two ways")
        found += 1
    for text, (kept, _) in known.items():
        lines = iter(text.split("\n"))
        if not all(any(line == other for other in lines) for line in kept.split("\n") if line):
            raise SystemExit("a cleaned text is no subsequence of its lines")
    if found != n:
        raise SystemExit(f"{found} rows came back, expected {n}")
    with target.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def main() -> None:
    """Generate, clean, check, tell."""
    size = int(float(sys.argv[1]) * 1e9)
    texts = pages(random.Random(0))
    with tempfile.TemporaryDirectory(dir=sys.argv[2] if len(sys.argv) > 2 else None) as name:
        source, target = Path(name) / "rows.jsonl", Path(name) / "cleaned.jsonl"
        n = write_rows(source, size, texts)
        print(f"{n} rows, {source.stat().st_size / 1e9:.2f} GB", flush=True)
        elapsed_s, peak = run(source, target)
        digest = check(target, n, texts)
    print(f"{elapsed_s:.0f} s, {size / elapsed_s / 1e6:.1f} MB/s, {peak / 1e6:.0f} MB at most, sha256 {digest}")


if __name__ == "__main__":
    main()
