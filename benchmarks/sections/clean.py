"""``denag clean`` as a whole process over large files: throughput, two workers, memory, containers."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.pages import Corpora
from benchmarks.peers import NOT_INSTALLED
from benchmarks.processes import Usage, run_process
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, ratio, row

ONE = "denag clean"
TWO = "denag clean, two workers"
ORJSON = "orjson: read, lower, write"
MB = 1_000_000
_LONGEST_S = 300.0
_FORMATS = (".jsonl", ".jsonl.zst", ".parquet")
_LOWER = """
import sys, orjson
with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as sink:
    for line in source:
        row = orjson.loads(line)
        row["text"] = row["text"].lower()
        sink.write(orjson.dumps(row) + b"\\n")
"""


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Measure on texts of corpora pages, repeated in shuffled order; every file is deleted after."""
    texts = ["\n".join(page.batch.blocks()) for page in corpora.sample(1500)]
    with tempfile.TemporaryDirectory(prefix="denag-bench-") as name:
        folder = Path(name)
        result = _throughput(folder, texts, 100, 3 if quick else 7)
        rate = result["rows"][0]["mb_per_s"]
        result["memory"] = _memory(folder, texts, (100,) if quick else (100, 1000, 2000), rate)
        result["containers"] = _containers(folder, texts, 20 if quick else 50, 3 if quick else 7)
    result["targets"] = _targets(result)
    return result


def _targets(result: dict[str, Any]) -> list[dict[str, object]]:
    """Verdicts; two workers are held against one on a file that makes their start a small part, by single runs."""
    lower = next(each for each in result["rows"] if each["name"] == ORJSON)
    measured = [each for each in result["memory"] if "main_mb" in each]
    peaks = [each["main_mb"] for each in measured if each["workers"] == 1]
    highest = max((mb for each in measured for mb in (each["main_mb"], *each["others_mb"])), default=None)
    rates = {(each["megabytes"], each["workers"]): each["mb_per_s"] for each in measured}
    size = max((megabytes for megabytes, workers in rates if workers == 2), default=None)
    gain = None if size is None else round(rates[size, 2] / rates[size, 1], 2)
    return [
        Target("speed of one worker, in the orjson loop's", "at least", 0.35, "x").verdict(
            round(1 / lower["times_as_fast"], 3)
        ),
        Target(f"two workers against one, {size} MB", "at least", 1.8, "x").verdict(gain),
        Target("peak memory of a process", "at most", 400, "MB").verdict(highest),
        Target("peak memory at the largest file, in that at the smallest", "at most", 1.5, "x").verdict(
            round(peaks[-1] / peaks[0], 2) if len(peaks) > 1 else None
        ),
    ]


def write_jsonl(path: Path, texts: Sequence[str], n_bytes: int) -> int:
    """Rows of ``id``, ``url`` and ``text`` until a size is reached; number of rows."""
    import orjson

    size = n_rows = 0
    with path.open("wb") as file:
        for i in islice(shuffled_forever(len(texts)), 1 << 40):
            line = orjson.dumps({"id": n_rows, "url": f"https://example.org/{n_rows}", "text": texts[i]}) + b"\n"
            file.write(line)
            n_rows += 1
            size += len(line)
            if size >= n_bytes:
                return n_rows
    raise AssertionError("unreachable: the order never ends")


def shuffled_forever(n: int, seed: int = 7) -> Iterator[int]:
    """Numbers below ``n``, all of them once before any twice, in new order each time.

    Examples
    --------
    >>> sorted(islice(shuffled_forever(3), 6))
    [0, 0, 1, 1, 2, 2]
    """
    draw = np.random.default_rng(seed)
    while True:
        yield from draw.permutation(n).tolist()


def _throughput(folder: Path, texts: list[str], megabytes: int, rounds: int) -> dict[str, Any]:
    source, sink = folder / "in.jsonl", folder / "out.jsonl"
    n_rows = write_jsonl(source, texts, megabytes * MB)
    commands = {ONE: _clean(source, sink), ORJSON: [sys.executable, "-c", _LOWER, str(source), str(sink)]}
    absences = []
    if _has_workers():
        commands[TWO] = [*_clean(source, sink), "--workers", "2"]
    else:
        absences.append({"name": TWO, "skipped": f"{NOT_INSTALLED}: denag clean has no option --workers"})
    usages: dict[str, list[Usage]] = {name: [] for name in commands}

    def contestant(name: str) -> Callable[[], object]:
        return lambda: usages[name].append(run_process(commands[name]))

    run_process(commands[ONE])
    cleaned = _check(source, sink, n_rows)
    times = interleaved({name: contestant(name) for name in commands}, rounds)
    rows = [_row(times, name, source.stat().st_size, n_rows, usages[name]) for name in commands]
    source.unlink()
    sink.unlink()
    return {"megabytes": megabytes, "rows_in_file": n_rows, "text_kept": cleaned, "rows": rows + absences}


def _row(times: Times, name: str, n_bytes: int, n_rows: int, usages: list[Usage]) -> dict[str, Any]:
    result = row(times, name, ONE)
    return result | {
        "times_as_fast": round(ratio(times, ONE, name), 2),
        "mb_per_s": round(n_bytes / MB / result["median_s"], 1),
        "documents_per_s": round(n_rows / result["median_s"]),
        "peak_mb": [round(b / MB) for b in max((u.peak_bytes for u in usages), key=sum)],
    }


def _memory(folder: Path, texts: list[str], sizes: Sequence[int], rate: float) -> list[dict[str, Any]]:
    """One run a size and number of workers: peaks of memory, and the throughput of that single run.

    What would take too long at ``rate`` megabytes a second is told, not run.
    """
    rows: list[dict[str, Any]] = []
    for megabytes in sizes:
        if megabytes / rate > _LONGEST_S:
            why = f"not run: {megabytes / rate:.0f} s at {rate} MB/s, more than {_LONGEST_S:.0f}"
            rows.append({"megabytes": megabytes, "workers": 1, "skipped": why})
            continue
        source, sink = folder / "in.jsonl", folder / "out.jsonl"
        write_jsonl(source, texts, megabytes * MB)
        for workers in (1, 2) if _has_workers() and megabytes < 2000 else (1,):
            usage = run_process(_clean(source, sink) + (["--workers", str(workers)] if workers > 1 else []))
            peaks = [round(b / MB) for b in usage.peak_bytes]
            rows.append(
                {
                    "megabytes": megabytes,
                    "workers": workers,
                    "main_mb": peaks[0],
                    "others_mb": peaks[1:],
                    "mb_per_s": round(megabytes / usage.elapsed_s, 1),
                }
            )
            sink.unlink()
        source.unlink()
    return rows


def _containers(folder: Path, texts: list[str], megabytes: int, rounds: int) -> list[dict[str, Any]]:
    """The same rows as JSONL, as compressed JSONL and as Parquet; speed counts the bytes of the plain JSONL."""
    plain = folder / f"rows{_FORMATS[0]}"
    write_jsonl(plain, texts, megabytes * MB)
    _compressed(plain, folder / f"rows{_FORMATS[1]}")
    _as_parquet(plain, folder / f"rows{_FORMATS[2]}")
    contestants: dict[str, Callable[[], object]] = {}
    for suffix in _FORMATS:
        command = _clean(folder / f"rows{suffix}", folder / f"out{suffix}")
        contestants[suffix] = lambda command=command: run_process(command)  # type: ignore[misc]
    times = interleaved(contestants, rounds)
    size = plain.stat().st_size
    rows = []
    for suffix in _FORMATS:
        result = row(times, suffix, _FORMATS[0])
        seconds = median(times[suffix])
        on_disk = (folder / f"rows{suffix}").stat().st_size
        rows.append(result | {"mb_on_disk": round(on_disk / MB, 1), "mb_per_s": round(size / MB / seconds, 1)})
        for path in (folder / f"rows{suffix}", folder / f"out{suffix}"):
            path.unlink()
    return rows


def _compressed(source: Path, target: Path) -> None:
    import zstandard

    with source.open("rb") as plain, target.open("wb") as packed:
        zstandard.ZstdCompressor().copy_stream(plain, packed)


def _as_parquet(source: Path, target: Path) -> None:
    import pyarrow.json
    import pyarrow.parquet

    options = pyarrow.json.ReadOptions(block_size=32 * MB)
    pyarrow.parquet.write_table(pyarrow.json.read_json(source, options), target, row_group_size=2000)


def _clean(source: Path, sink: Path) -> list[str]:
    return [str(Path(sys.executable).with_name("denag")), "clean", str(source), "-o", str(sink)]


def _has_workers() -> bool:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("denag")), "clean", "--help"], capture_output=True, check=True, timeout=60
    )
    return b"--workers" in done.stdout


def _check(source: Path, sink: Path, n_rows: int) -> float:
    """Share of the text that is left; every row must be there, and some of the text but not all."""
    import orjson

    with source.open("rb") as before, sink.open("rb") as after:
        pairs = [
            (len(orjson.loads(a)["text"]), len(orjson.loads(b)["text"])) for a, b in zip(before, after, strict=True)
        ]
    share = sum(b for _, b in pairs) / sum(a for a, _ in pairs)
    if len(pairs) != n_rows or not 0.05 < share < 0.99:
        raise AssertionError(f"{len(pairs)} of {n_rows} rows with {share:.0%} of their text: not a cleaned file")
    return round(share, 3)
