"""Tables from a small results file, and the command that writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.__main__ import main
from benchmarks.peers import absent, missing
from benchmarks.report import TABLES, TITLES, markdown

MACHINE = {
    "when": "2026-11-25T10:00:00+00:00",
    "cpu": "Sample CPU",
    "cores": 2,
    "load_at_start": 0.1,
    "memory_gb": 8.0,
    "system": "Linux x86_64",
    "python": "3.11.7",
    "blas": "openblas 0.3 (SkylakeX)",
    "threads": 1,
    "garbage_collector": "off while timing",
    "versions": {"numpy": "2.4.6", "jusText": None},
}
BLOCKS = {
    "pages": 3,
    "blocks": 12_345,
    "median_block_chars": 17,
    "rows": [
        {"name": "denag", "ns_per_block": 800, "blocks_per_s": 1_250_000, "mb_per_s": 66.02,
         "times_ours": 1.0, "spread": 0.05},
        absent("fastText, word 1-2", "fasttext-numpy2"),
    ],
    "targets": [
        {"target": "time of fastText", "bound": "at least 5 x", "found": None, "met": None},
        {"target": "our time", "bound": "at most 5 x", "found": 6.5, "met": False},
    ],
}  # fmt: skip
SECOND_PASS = {
    "pages": 2,
    "rows": [
        {"name": "trafilatura", "policy": "default", "nag_blocks_leaked": 0.4, "nag_blocks_left": 0.1,
         "content_words_lost": None},
        {"name": "trafilatura", "policy": "max_content_loss=0.005", "skipped": "not installed: no such policy"},
    ],
}  # fmt: skip


def results(**sections: dict[str, Any]) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"quick": False, "machine": MACHINE, "result": result}
        for name, result in sections.items()
    }


def test_tables_of_a_results_file() -> None:
    text = markdown(results(blocks=BLOCKS, second_pass=SECOND_PASS))
    lines = text.splitlines()
    assert "## Blocks already cut, many documents a call" in lines
    assert "3 pages, 12,345 blocks, median 17 characters; all given the same blocks." in lines
    assert "|  | ns/block | blocks/s | MB/s | time, ours = 1 | spread |" in lines
    assert "| denag | 800 | 1,250,000 | 66.02 | 1 | ±5% |" in lines
    assert "| fastText, word 1-2 | not installed: fasttext-numpy2 | - | - | - | - |" in lines
    assert "- time of fastText: target at least 5 x: not measured" in lines
    assert "- our time: 6.5, target at most 5 x: **not met**" in lines
    # columns that nobody filled are left out
    assert "| extractor | policy | nag blocks leaked | left |" in lines
    assert "| trafilatura | default | 40.0% | 10.0% |" in lines
    assert "| trafilatura | max_content_loss=0.005 | not installed: no such policy | - |" in lines
    assert "Sample CPU, 2 cores" in text
    assert "numpy 2.4.6, jusText not installed" in text


def test_quick_figures_are_marked() -> None:
    kept = results(blocks=BLOCKS)
    kept["blocks"]["quick"] = True
    assert "**Quick run" in markdown(kept)
    assert "**Quick run" not in markdown(results(blocks=BLOCKS))


def test_a_table_of_absent_peers_says_so() -> None:
    text = markdown(results(second_pass={"pages": 1, "rows": [absent("trafilatura", "trafilatura")]}))
    assert "| trafilatura | not installed: trafilatura |" in text


def test_every_section_has_tables_and_a_module() -> None:
    folder = Path(__file__).parents[2] / "benchmarks" / "sections"
    assert set(TABLES) == set(TITLES)
    assert {name.replace("-", "_") for name in TITLES} == {path.stem for path in folder.glob("[a-z]*.py")}


def test_table_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "results.json"
    assert main(["--table", "--results", str(path)]) == 2
    assert "no figures there" in capsys.readouterr().err
    path.write_text(json.dumps(results(blocks=BLOCKS)), encoding="utf-8")
    assert main(["--table", "--results", str(path)]) == 0
    assert (tmp_path / "RESULTS.md").read_text(encoding="utf-8") == markdown(results(blocks=BLOCKS))


def test_wrong_use_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spead", "--corpora", str(tmp_path), "--results", str(tmp_path / "r.json")]) == 2
    assert capsys.readouterr().err.startswith("benchmarks: no section spead, expected some of blocks,")
    assert main(["blocks", "--results", str(tmp_path / "r.json")]) == 2
    assert capsys.readouterr().err == "benchmarks: --corpora is None, expected a folder of pages\n"


def test_missing_distributions() -> None:
    assert missing("numpy") == []
    assert absent("x", *missing("no-such-thing")) == {"name": "x", "skipped": "not installed: no-such-thing"}
