"""Files to files: any number of workers gives the same bytes, and a run that was stopped goes on."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import start

from classifier import Cleaner
from classifier.engines.manifest import Manifest, locked
from classifier.errors import ConfigError

Denag = Callable[..., Any]
SMALL = ("--part-size", "0.01")


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def wait_for_parts(folder: Path, n: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until the manifest tells of some finished parts, or the run has ended."""
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        manifest = folder / "manifest.jsonl"
        if manifest.exists() and manifest.read_bytes().count(b"\n") > n:
            return
        time.sleep(0.005)


def work(path: Path) -> Path:
    return path.with_name(f".{path.name}.denag")


@pytest.mark.parametrize("command", ["clean", "label"])
def test_parts_and_workers_give_the_same_bytes(command: str, denag: Denag, corpus: Path, tmp_path: Path) -> None:
    streamed = denag(command, corpus)
    outs = {name: tmp_path / f"{name}.jsonl" for name in ("whole", "parts", "workers")}
    runs = [
        denag(command, corpus, "-o", outs["whole"], "--report", tmp_path / "r1.json"),
        denag(command, corpus, "-o", outs["parts"], *SMALL, "--report", tmp_path / "r2.json"),
        denag(command, corpus, "-o", outs["workers"], *SMALL, "--workers", "2", "--report", tmp_path / "r3.json"),
    ]
    assert [run.code for run in runs] == [1, 1, 1]
    for out in outs.values():
        assert out.read_bytes() == streamed.out
    assert {run.err for run in runs} == {streamed.err}
    reports = [json.loads((tmp_path / f"r{n}.json").read_text()) for n in (1, 2, 3)]
    for report in reports:
        assert report.pop("elapsed_s") > 0
    assert reports[0] == reports[1] == reports[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "in.jsonl", "parts.jsonl", "r1.json", "r2.json", "r3.json", "rejects.jsonl", "whole.jsonl", "workers.jsonl",
    ]  # fmt: skip


def test_rejects_and_report(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    run = denag("clean", corpus, "-o", tmp_path / "out.jsonl", *SMALL, "--report", tmp_path / "report.json")
    assert run.code == 1
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    assert [(row["file"], row["line"]) for row in rejects] == [(str(corpus), 8), (str(corpus), 251)]
    lines = corpus.read_bytes().splitlines(keepends=True)
    assert [row["offset"] for row in rejects] == [sum(map(len, lines[:7])), sum(map(len, lines[:250]))]
    report = json.loads((tmp_path / "report.json").read_text())
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert report["documents"] == len(written) == 398
    assert report["rejects"]["total"] == 2
    assert sum(report["rejects"]["by_reason"].values()) == 2
    assert report["paywalled"] == sum(row.get("paywalled", False) for row in written) > 0
    assert set(report["languages"]) == {"de", "en", "unknown"}
    assert set(report["domains"]) == {"b.example.org", "c.example.org", "unknown"}
    for groups in (report["languages"], report["domains"]):
        for name in ("blocks_kept", "chars_removed"):
            assert sum(counts[name] for group in groups.values() for counts in group.values()) == report["total"][name]
    kept = "".join(row["text"].replace("\n", "") for row in written)
    assert report["total"]["chars_kept"] == len(kept)


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_and_started_again(workers: int, denag: Denag, corpus: Path, tmp_path: Path) -> None:
    expected, out = tmp_path / "expected.jsonl", tmp_path / "out.jsonl"
    denag("clean", corpus, "-o", expected)
    arguments = ("clean", corpus, "-o", out, *SMALL, "--workers", workers)
    for n in (1, 5, 9) if workers == 1 else (3,):
        process = start(*arguments)
        wait_for_parts(work(out), n, process)
        process.kill()
        process.communicate(timeout=60)
        assert not out.exists()
    run = denag(*arguments)
    assert run.code == 1
    assert "going on: " in run.err
    assert digest(out) == digest(expected)
    assert not work(out).exists()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_cleanly(number: int, code: int, denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    process = start("clean", corpus, "-o", out, *SMALL)
    wait_for_parts(work(out), 2, process)
    process.send_signal(number)
    told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == code
    assert len(told.splitlines()) == 1
    assert "finished parts are kept, the same command goes on" in told
    assert denag("clean", corpus, "-o", out, *SMALL).code == 1
    assert out.read_bytes() == denag("clean", corpus).out


def test_two_runs_at_once(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    with locked(work(out)):
        run = denag("clean", corpus, "-o", out)
        assert run.code == 2
        assert "another run is writing this output" in run.complaint
        assert work(out).exists()
    assert denag("clean", corpus, "-o", out).code == 1


def stopped_run(corpus: Path, out: Path, *options: object) -> int:
    """Leave a run with some finished parts; gives their number."""
    process = start("clean", corpus, "-o", out, *SMALL, *options)
    wait_for_parts(work(out), 4, process)
    process.kill()
    process.communicate(timeout=60)
    return (work(out) / "manifest.jsonl").read_bytes().count(b"\n") - 1


def test_changed_options_refuse(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stopped_run(corpus, out)
    run = denag("clean", corpus, "-o", out, *SMALL, "--keep", "ad_notice")
    assert run.code == 2
    assert "parts of a run with other keep; expected the same command to go on with it, or --restart" in run.complaint
    run = denag("clean", corpus, "-o", out, *SMALL, "--keep", "ad_notice", "--restart")
    assert run.code == 1
    assert "going on" not in run.err
    assert out.read_bytes() == denag("clean", corpus, "--keep", "ad_notice").out


def test_changed_input_is_done_again(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    n = stopped_run(corpus, out)
    with open(corpus, "ab") as file:
        file.write(b'{"text": "One more line."}\n')
    run = denag("clean", corpus, "-o", out, *SMALL)
    assert run.code == 1
    assert f"{n} finished parts are of inputs that have changed since: not used" in run.err
    assert out.read_bytes() == denag("clean", corpus).out


@pytest.mark.parametrize("damage", ["torn line", "no part", "no manifest"])
def test_torn_remains_are_done_again(damage: str, denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    stopped_run(corpus, out)
    manifest = work(out) / "manifest.jsonl"
    if damage == "torn line":
        manifest.write_bytes(manifest.read_bytes()[:-20])
    elif damage == "no part":
        done = [json.loads(line)["part"] for line in manifest.read_bytes().splitlines()[1:]]
        (work(out) / done[0]).unlink()
    else:
        manifest.unlink()
    assert denag("clean", corpus, "-o", out, *SMALL).code == 1
    assert out.read_bytes() == denag("clean", corpus).out


def test_manifest_of_another_run(tmp_path: Path) -> None:
    manifest = Manifest(tmp_path, {"a": 1, "b": 2})
    manifest.add("k", {"tally": {}})
    manifest.close()
    with pytest.raises(ConfigError, match="other b, c;"):
        Manifest(tmp_path, {"a": 1, "b": 3, "c": 1})
    again = Manifest(tmp_path, {"a": 1, "b": 2})
    again.close()
    assert list(again.done) == ["k"]


def test_disk_that_is_full(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))

    # parts fit, the output does not
    process = start("clean", corpus, "-o", out, *SMALL, preexec_fn=no_large_files)
    told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert "File too large" in told.splitlines()[-1]
    assert "finished parts are kept, the same command goes on" in told
    assert "Traceback" not in told
    assert not out.exists()
    run = denag("clean", corpus, "-o", out, *SMALL)
    assert "going on" in run.err
    assert out.read_bytes() == denag("clean", corpus).out
    # not even a part fits
    process = start("clean", corpus, "-o", tmp_path / "b.jsonl", preexec_fn=no_large_files)
    told = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert told.startswith("denag: ")
    assert "File too large" in told
    assert "Traceback" not in told
    assert not work(tmp_path / "b.jsonl").exists()


def test_disk_that_is_full_and_gets_room(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=80k", "tmpfs", disk], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    try:
        run = denag("clean", corpus, "-o", disk / "out.jsonl", *SMALL)
        assert run.code == 1
        assert "No space left on device; " in run.complaint
        assert "finished parts are kept" in run.complaint
        subprocess.run(["mount", "-o", "remount,size=4m", disk], check=True)
        run = denag("clean", corpus, "-o", disk / "out.jsonl", *SMALL)
        assert "going on" in run.err
        assert (disk / "out.jsonl").read_bytes() == denag("clean", corpus).out
    finally:
        subprocess.run(["umount", disk], check=True)


def test_memory_that_runs_out(denag: Denag, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.jsonl"
    label, calls = Cleaner.label_group, iter(range(100))

    def no_memory(*arguments: Any, **options: Any) -> Any:
        if next(calls) == 3:
            raise MemoryError
        return label(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Cleaner, "label_group", no_memory)
        run = denag("clean", corpus, "-o", out, *SMALL)
        assert run.code == 1
        assert run.complaint == (
            f"denag: {corpus}: memory ran out; 3 finished parts are kept, the same command goes on"
        )
        calls = iter([3])
        run = denag("clean", corpus)
        assert (run.code, run.err.splitlines()[-1]) == (1, "denag: memory ran out")
    assert "going on" in denag("clean", corpus, "-o", out, *SMALL).err
    assert out.read_bytes() == denag("clean", corpus).out


def test_torn_input_keeps_what_is_done(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    torn, out = tmp_path / "torn.jsonl.gz", tmp_path / "out.jsonl"
    whole = gzip.compress(corpus.read_bytes())
    torn.write_bytes(whole[:-1000])
    run = denag("clean", corpus, torn, "-o", out, *SMALL)
    assert run.code == 2
    assert f"{torn}: not a whole .gz file: " in run.complaint
    assert f"compressed byte {len(whole) - 1000}" in run.complaint
    assert "finished parts are kept" in run.complaint
    assert not out.exists()
    torn.write_bytes(whole)
    run = denag("clean", corpus, torn, "-o", out, *SMALL)
    assert run.code == 1
    assert "going on" in run.err
    assert out.read_bytes() == denag("clean", corpus, torn).out


def test_torn_input_alone_leaves_nothing(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    torn = tmp_path / "torn.jsonl.gz"
    torn.write_bytes(gzip.compress(corpus.read_bytes())[:-9])
    run = denag("clean", torn, "-o", tmp_path / "out.jsonl.gz")
    assert run.code == 2
    assert f"{torn}: not a whole .gz file: " in run.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "torn.jsonl.gz"]


def test_input_that_is_the_output(denag: Denag, corpus: Path) -> None:
    before = corpus.read_bytes()
    for arguments in ((corpus, "-o", corpus), (corpus, "-o", corpus.parent)):
        run = denag("clean", *arguments)
        assert run.code == 2
        assert "would be written over its own input" in run.complaint
    assert corpus.read_bytes() == before
    assert os.listdir(corpus.parent) == ["in.jsonl"]


def test_report_and_rejects_on_standard_output(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    run = denag("clean", corpus, "-o", out, "--report", "-")
    assert json.loads(run.out)["rejects"]["total"] == 2
    (tmp_path / "rejects.jsonl").unlink()
    run = denag("clean", corpus, "-o", out, "--rejects", "-")
    assert [row["file"] for row in run.rows] == [str(corpus)] * 2
    assert run.err == "denag: 2 rows rejected, all others done\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]
    run = denag("clean", corpus, "-o", out, "--rejects", "-", "--report", "-")
    assert run.code == 2
    assert "--report and --rejects both go to standard output" in run.complaint


def test_rejects_go_where_they_are_told(denag: Denag, corpus: Path, tmp_path: Path) -> None:
    out, rejects = tmp_path / "out.jsonl", tmp_path / "bad.jsonl"
    assert denag("clean", corpus, "-o", out, "--rejects", rejects).code == 1
    assert rejects.read_bytes().count(b"\n") == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.jsonl", "in.jsonl", "out.jsonl"]


def test_streams_refuse_what_needs_files(denag: Denag, corpus: Path) -> None:
    run = denag("clean", corpus, "--workers", "2")
    assert run.code == 2
    assert "need files in and a file or folder out" in run.complaint


def test_relative_paths_after_a_change_of_folder(denag: Denag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        Path("in.jsonl").write_text('{"text": "The bridge opens on Monday, the council said."}\n' * 400)
        assert denag("clean", "in.jsonl", "-o", "out.jsonl", *SMALL, "--workers", 2).code == 0
        assert len(Path("out.jsonl").read_text().splitlines()) == 400
