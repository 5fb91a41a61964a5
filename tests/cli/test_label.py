"""``denag label``: a line for each document, a label for each block."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier import LABELS, Cleaner

from .conftest import Denag


def test_label_lines(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    run = denag("label", write_jsonl("in.jsonl", *rows))
    assert (run.code, run.err) == (0, "")
    assert [row["id"] for row in run.rows] == list("abcde")
    assert [row["url"] for row in run.rows] == ["https://example.org/a", None, None, None, None]
    for row in run.rows:
        assert list(row) == ["id", "url", "blocks"]
        for block in row["blocks"]:
            assert list(block) == ["text", "label", "score", "start", "end"]
            assert block["label"] in list(LABELS)
            assert 0 < block["score"] <= 1
            assert type(block["start"]) is type(block["end"]) is int


def test_label_offsets(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    answers = denag("label", write_jsonl("in.jsonl", *rows)).rows
    text = rows[0]["text"]
    assert [text[block["start"] : block["end"]] for block in answers[0]["blocks"]] == rows[2]["blocks"]
    for answer in answers[1:]:
        visible = "\n".join(block["text"] for block in answer["blocks"])
        for block in answer["blocks"]:
            assert visible[block["start"] : block["end"]] == block["text"]


def test_label_probabilities(denag: Denag, page: Path) -> None:
    [row] = denag("label", page, "--probabilities").rows
    [plain] = denag("label", page).rows
    for block, without in zip(row["blocks"], plain["blocks"], strict=True):
        probabilities = block.pop("probabilities")
        assert list(probabilities) == list(LABELS)
        assert sum(probabilities.values()) == pytest.approx(1, abs=5e-6)
        assert probabilities[block["label"]] == block["score"]
        assert block == without


def test_blocks_come_back_one_for_one(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    pages = [
        ["One line.", "", "  ", "two\nlines", "One line.", "\t"],
        [""],
        [],
        ["", "", ""],
        ["\u2028", "a\r\nb", "\x00"],
    ]
    path = write_jsonl("in.jsonl", *({"blocks": blocks} for blocks in pages))
    answers = denag("label", path).rows
    assert [len(answer["blocks"]) for answer in answers] == [len(blocks) for blocks in pages]
    assert [answer["id"] for answer in answers] == [f"{path}/{n}" for n in range(1, 6)]
    assert [[block["text"] for block in answer["blocks"]] for answer in answers] == pages


def test_label_is_what_python_says(denag: Denag, page: Path, cleaner: Cleaner, html_page: str) -> None:
    [row] = denag("label", page).rows
    labelled = cleaner.label(html_page)
    assert [(b["text"], b["label"], b["start"], b["end"]) for b in row["blocks"]] == [
        (b.text, b.label, b.start, b.end) for b in labelled
    ]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"])
def test_label_to_a_file(name: str, denag: Denag, page: Path, tmp_path: Path) -> None:
    expected = denag("label", page).out
    run = denag("label", page, "-o", tmp_path / name)
    assert (run.code, run.out, run.err) == (0, b"", "")
    data = (tmp_path / name).read_bytes()
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    elif name.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    assert data == expected
    assert denag("label", page, "-o", "-").out == expected


def test_label_of_many_containers(
    denag: Denag, page: Path, write_jsonl: Callable[..., Path], tmp_path: Path, warc_record: Callable[..., bytes]
) -> None:
    text = "The bridge opens on Monday, the council said.\nSubscribe to our newsletter\n"
    write_jsonl("rows.jsonl", {"id": "row", "text": text})
    pq.write_table(pa.table({"id": ["column"], "text": [text]}), tmp_path / "rows.parquet")
    (tmp_path / "w.wet").write_bytes(warc_record(text.encode(), kind="conversion"))
    (tmp_path / "z.txt").write_text(text)
    run = denag("label", tmp_path)
    assert run.code == 0
    ids = [row["id"] for row in run.rows]
    assert ids == [
        str(page),
        "row",
        "column",
        "<urn:uuid:00000000-0000-0000-0000-000000000001>",
        str(tmp_path / "z.txt"),
    ]
    assert len({json.dumps(row["blocks"]) for row in run.rows[1:]}) == 1


def test_fields_by_other_names(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    line = "The council said on Monday that the bridge, shut since the flood, is open again."
    path = write_jsonl("in.jsonl", {"name": "x", "body": line, "text": 5}, {"name": "y", "markup": f"<p>{line}</p>"})
    options = ("--text-field", "body", "--html-field", "markup", "--id-field", "name")
    run = denag("label", path, *options)
    assert [(row["id"], row["blocks"][0]["text"]) for row in run.rows] == [("x", line), ("y", line)]
    first, second = denag("clean", path, *options, *(word for label in LABELS for word in ("--keep", label))).rows
    assert first == {"name": "x", "body": line, "text": 5}
    assert second == {"name": "y", "markup": f"<p>{line}</p>", "body": line}
