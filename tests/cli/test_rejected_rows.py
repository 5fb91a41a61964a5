"""Rows that can not be read are told, all others are done, and the exit code is 1."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Denag


@pytest.mark.parametrize("command", ["label", "clean"])
def test_rejected_rows(command: str, denag: Denag, tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"text": "one", "id": 1}\n{"text": "two"\n{"id": 3}\n{"blocks": ["four"], "id": 4}\n')
    run = denag(command, path, "-o", out)
    assert run.code == 1
    lines = run.err.splitlines()
    assert lines[0].startswith(f"denag: rejected {path}/2: not JSON: ")
    assert lines[1] == f"denag: rejected {path}/3: expected exactly one of 'html', 'text', 'blocks', found none"
    assert lines[2] == "denag: 2 rows rejected, all others done"
    assert len(lines) == 3
    assert [str(json.loads(line)["id"]) for line in out.read_text().splitlines()] == ["1", "4"]


@pytest.mark.parametrize("command", ["explain", "demo"])
def test_rejected_rows_for_people(command: str, denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    run = denag(command, write_jsonl("in.jsonl", {"no": "text"}, {"text": "The bridge opens on Monday."}))
    assert run.code == 1
    assert "rejected" in run.err
    assert "The bridge opens on Monday." in run.text


def test_rejected_parquet_rows(denag: Denag, tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2, 3], "text": ["a", None, "c"]}), tmp_path / "in.parquet")
    run = denag("clean", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert run.code == 1
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist() == [1, 3]
