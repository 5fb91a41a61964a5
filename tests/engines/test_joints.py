"""Runs over files with what other parts bring: site repeats, diffs, documents that are too long."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import classifier.readers.base
import classifier.readers.files

Denag = Callable[..., Any]
SHARED = "Open daily from nine to five, closed on Mondays and on public holidays, dogs on a lead are welcome."
LIMIT = 2000


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A JSONL file of 40 pages of two hosts that share a paragraph, one line of it torn."""
    story = "Story number {} of the ferry, of the mill by the brook, and of what the council made of both of them {}."
    texts = [f"{story.format(i, 'that year ' * 9)}\n\n{SHARED}\n" for i in range(40)]
    lines = [json.dumps({"text": text, "url": f"https://{i % 2}.example/{i}"}) for i, text in enumerate(texts)]
    lines[3] = "{"
    path = tmp_path / "site.jsonl"
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("command", ["clean", "label"])
def test_site_repeats_in_parts(command: str, denag: Denag, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    streamed = denag(command, site, "--site-repeats")
    run = denag(command, site, "--site-repeats", "-o", out, "--part-size", "0.002")
    assert (run.code, run.err) == (1, streamed.err)
    assert out.read_bytes() == streamed.out
    if command == "label":
        assert streamed.out != denag(command, site).out


def test_site_repeats_take_one_worker(denag: Denag, site: Path, tmp_path: Path) -> None:
    for command in ("clean", "label"):
        run = denag(command, site, "--site-repeats", "--workers", "2", "-o", tmp_path / "out.jsonl")
        assert run.code == 2
        assert run.complaint.startswith("denag: --site-repeats and --workers 2 in one run, expected one worker")
        assert not (tmp_path / "out.jsonl").exists()


def test_stopped_run_with_site_repeats_goes_on_with_the_same_inputs_alone(
    denag: Denag, site: Path, tmp_path: Path
) -> None:
    torn, out = tmp_path / "torn.jsonl.gz", tmp_path / "out.jsonl"
    torn.write_bytes(subprocess.run(["gzip", "-c", site], capture_output=True, check=True).stdout)
    arguments = ("clean", "--site-repeats", "-o", out, "--part-size", "0.001", torn, site)
    kept = out.with_name(f".{out.name}.denag")
    assert denag(*arguments).code == 1
    expected = out.read_bytes()
    out.unlink()
    (tmp_path / "lost").mkdir()  # where the report can not go: all parts are done, the run fails
    assert denag(*arguments, "--report", tmp_path / "lost").code == 1
    assert kept.exists()
    assert "going on" in denag(*arguments, "--report", tmp_path / "report.json").err
    assert out.read_bytes() == expected

    assert denag(*arguments, "--report", tmp_path / "lost").code == 1
    os.utime(site, ns=(1, 1))
    run = denag(*arguments, "--report", tmp_path / "lost")
    assert run.code == 2
    assert "parts of a run with other site_repeats" in run.complaint


@pytest.mark.parametrize("option", ["--tag", "--attributes", "--tag-only=ad_notice"])
def test_diff_shows_cleaning_alone(option: str, denag: Denag, site: Path) -> None:
    run = denag("clean", site, "--diff", option)
    assert run.code == 2
    assert "expected no --tag, --tag-only or --attributes with it" in run.complaint


@pytest.mark.parametrize("option", ["--workers=2", "--restart", "--report=r.json", "--rejects=r.jsonl"])
def test_diff_streams(option: str, denag: Denag, site: Path, tmp_path: Path) -> None:
    run = denag("clean", site, "--diff", option, "-o", tmp_path / "diff.txt")
    assert run.code == 2
    assert "expected no --workers, --report, --rejects or --restart with it" in run.complaint
    assert not (tmp_path / "diff.txt").exists()


def test_diff_to_a_file(denag: Denag, site: Path, tmp_path: Path) -> None:
    run = denag("clean", site, "--diff", "--site-repeats", "-o", tmp_path / "diff.txt")
    assert run.code == 1
    assert (tmp_path / "diff.txt").read_text().count("Story number") == 39


@pytest.fixture
def low_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (classifier.readers.base, classifier.readers.files):
        monkeypatch.setattr(module, "MAX_DOCUMENT_BYTES", LIMIT)


@pytest.mark.usefixtures("low_limit")
@pytest.mark.parametrize("part_size", ["16", "0.001"])
def test_lines_too_long_are_counted(part_size: str, denag: Denag, site: Path, tmp_path: Path) -> None:
    lines = site.read_bytes().splitlines(keepends=True)
    lines[10:10] = [b'{"text": "' + b"x" * 3 * LIMIT + b'"}\n', b'{"text": 1' + b"0" * 5000 + b"}\n"]
    site.write_bytes(b"".join(lines))
    streamed = denag("clean", site)
    run = denag("clean", site, "-o", tmp_path / "out.jsonl", "--part-size", part_size)
    assert (run.code, run.err) == (1, streamed.err)
    assert (tmp_path / "out.jsonl").read_bytes() == streamed.out
    rejects = [json.loads(line) for line in (tmp_path / "rejects.jsonl").read_text().splitlines()]
    offsets = [len(b"".join(lines[:n])) for n in (3, 10, 11)]
    assert [(row["line"], row["offset"]) for row in rejects] == list(zip((4, 11, 12), offsets, strict=True))


@pytest.mark.usefixtures("low_limit")
def test_pages_too_long_are_counted(denag: Denag, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.txt").write_text("The bridge opens on Monday, the council said after a meeting of four hours.")
    (folder / "b.txt").write_text("x" * (LIMIT + 1))
    run = denag("clean", folder, "-o", tmp_path / "out")
    assert run.code == 1
    assert run.err == denag("clean", folder).err
    assert f"denag: rejected {folder}/b.txt: more than {LIMIT} bytes" in run.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.txt", "rejects.jsonl"]
    [row] = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert row["file"] == str(folder / "b.txt")
