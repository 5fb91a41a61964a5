"""The commands under ``denag corpora``, from folders to exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from training.dataset import split_of
from training.tables import label_tables

TRAIN = next(name for i in range(1000) if split_of(name := f"site{i}.example") == "train")
PAGE = """<article><h1>The bridge opens on Monday</h1>
<p>Four years after the flood the new bridge carries cars again, the council said on Thursday evening.</p>
<p>Drivers had gone round by the ferry, which took them an hour in summer and two when the river was high.</p>
<div class="donate-box"><p>The choir sang at the old pier.</p></div>
<p>The first bus leaves the market at six in the morning, and the mayor, who lives across, will be on it.</p>
</article>"""


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    pq.write_table(pa.table({"id": ["a"], "domain": [TRAIN], "html": [PAGE]}), folder / "x.parquet")
    return folder


@pytest.mark.parametrize("command", ["build", "check", "queue", "take", "doubt", "table"])
def test_help_shows_an_example(command: str, denag: Callable) -> None:
    run = denag("corpora", command, "--help")
    assert run.code == 0
    assert f"Example: denag corpora {command}" in " ".join(run.text.split())


def test_build_from_a_checkout(denag: Callable, tmp_path: Path) -> None:
    page = tmp_path / "checkouts" / "postlight" / "parser" / "fixtures" / "247sports.com.html"
    page.parent.mkdir(parents=True)
    page.write_text(PAGE)
    run = denag("corpora", "build", "--from", tmp_path / "checkouts", "-o", tmp_path / "out")
    assert run.code == 1  # labelled pages of the other repositories are missing
    assert "postlight.parquet: 1 pages" in run.text
    assert "no checkout of Murrough-Foley/web-content-extraction-benchmark" in run.text
    assert (
        "denag: warning: postlight/parser: the checkout is at no known commit, the labels were made at e8ba7ece"
        in run.err
    )
    (row,) = pq.read_table(tmp_path / "out" / "postlight.parquet").to_pylist()
    assert (row["id"], row["domain"], row["html"]) == ("postlight/247sports.com.html", "247sports.com", PAGE)


def test_build_from_parquet(denag: Callable, corpora: Path, tmp_path: Path) -> None:
    run = denag("corpora", "build", "--from", corpora, "-o", tmp_path / "out")
    assert "x.parquet: 1 pages" in run.text
    assert "1 pages, 0 labels" in run.text
    assert (tmp_path / "out" / "x.parquet").read_bytes() == (corpora / "x.parquet").read_bytes()


def test_build_from_nothing(denag: Callable, tmp_path: Path) -> None:
    run = denag("corpora", "build", "--from", tmp_path, "-o", tmp_path / "out")
    assert run.code == 2
    assert "neither a .parquet file nor a checkout of" in run.complaint
    assert not (tmp_path / "out").exists()


def test_queue_and_take(denag: Callable, corpora: Path, tmp_path: Path) -> None:
    queue, answers = tmp_path / "queue.jsonl", tmp_path / "labels.jsonl"
    run = denag("corpora", "queue", "--corpora", corpora, "-o", queue, "--n", 5)
    assert (run.code, run.err) == (0, "denag: 1 rows\n")
    row = json.loads(queue.read_text())
    asked = next(block for block in row["blocks"] if "votes" in block)
    assert asked["text"] == "The choir sang at the old pier."
    assert asked["votes"]["names"] == "donation_appeal"
    asked["label"] = "content"
    queue.write_text(json.dumps(row))
    run = denag("corpora", "take", queue, "--corpora", corpora, "-o", answers)
    assert run.code == 0
    assert json.loads(answers.read_text())["labels"][0][1:] == [0, "content"]
    assert "choir" not in answers.read_text()


def test_take_what_is_no_queue(
    denag: Callable, corpora: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    path = write_jsonl("answers.jsonl", {"page": "a"})
    run = denag("corpora", "take", path, "--corpora", corpora, "-o", tmp_path / "out.jsonl")
    assert run.code == 2
    assert "answers.jsonl:1: expected 'id'" in run.complaint
    assert not (tmp_path / "out.jsonl").exists()


def test_table(denag: Callable) -> None:
    assert denag("corpora", "table").text.strip() == label_tables()


def test_doubt_without_cleanlab(denag: Callable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import training.doubt as doubt

    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    monkeypatch.setattr(doubt, "out_of_fold", lambda parts, config: pytest.fail("fitted for nothing"))
    run = denag("corpora", "doubt", "--corpora", tmp_path, "-o", tmp_path / "doubtful.jsonl")
    assert run.code == 2
    assert "pip install 'denag[labels]'" in run.complaint
