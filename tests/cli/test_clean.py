"""``denag clean``: documents come back in the form they came in, without the nags."""

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

from classifier import LABELS, Cleaner, Document

from .conftest import Denag


def test_clean_rows(
    denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]], cleaner: Cleaner
) -> None:
    run = denag("clean", write_jsonl("in.jsonl", *rows))
    assert (run.code, run.err) == (0, "")
    assert [list(row) for row in run.rows] == [list(row) if "text" in row else [*row, "text"] for row in rows]
    for written, row in zip(run.rows, rows, strict=True):
        assert {k: v for k, v in written.items() if k != "text"} == {k: v for k, v in row.items() if k != "text"}
    assert run.rows[0]["text"] == cleaner.clean(Document("a", rows[0]["text"], "text/plain"))
    assert run.rows[1]["text"] == cleaner.clean(Document("b", rows[1]["html"], "text/html"))
    assert "the ferry is back" in run.rows[0]["text"]
    assert "Advertisement" not in run.rows[0]["text"]
    assert run.rows[4]["text"] == ""


def test_clean_keeps_the_order_of_rows(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    kinds = ("text", "html", "text", "html", "html", "text") * 50
    given = [{"id": i, kind: f"<p>Row {i}</p>"} for i, kind in enumerate(kinds)]
    run = denag("clean", write_jsonl("in.jsonl", *given))
    assert [row["id"] for row in run.rows] == list(range(300))


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_clean_compressed_rows(suffix: str, denag: Denag, tmp_path: Path, text_page: str) -> None:
    data = (json.dumps({"id": 1, "text": text_page}) + "\n").encode()
    source, out = tmp_path / f"in.jsonl{suffix}", tmp_path / f"out.jsonl{suffix}"
    if suffix == ".gz":
        data = gzip.compress(data)
    source.write_bytes(zstandard.compress(data) if suffix == ".zst" else data)
    assert denag("clean", source, "-o", out).code == 0
    written = out.read_bytes()
    if suffix == ".gz":
        written = gzip.decompress(written)
    elif suffix == ".zst":
        written = zstandard.ZstdDecompressor().decompressobj().decompress(written)
    assert written == denag("clean", source).out


def test_clean_parquet(denag: Denag, tmp_path: Path, text_page: str, html_page: str) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table(
        {
            "n": pa.array([3, 1, 2], pa.int8()),
            "text": [text_page, None, "Subscribe to our newsletter"],
            "html": [None, html_page, None],
            "tags": [["a"], [], None],
        }
    )
    pq.write_table(table, source)
    run = denag("clean", source, "-o", out)
    assert (run.code, run.out, run.err) == (0, b"", "")
    written = pq.read_table(out)
    assert written.schema == table.schema
    assert written.drop_columns(["text"]).equals(table.drop_columns(["text"]))
    assert "the ferry is back" in written["text"][0].as_py()
    assert "the ferry is back" in written["text"][1].as_py()
    assert [row["text"] for row in denag("clean", source).rows] == written["text"].to_pylist()


def test_clean_two_parquet_files_to_one(denag: Denag, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"text": ["x"]}), tmp_path / f"{name}.parquet")
    run = denag("clean", tmp_path / "a.parquet", tmp_path / "b.parquet", "-o", tmp_path / "out.parquet")
    assert run.code == 2
    assert "2 Parquet files in" in run.complaint
    assert not (tmp_path / "out.parquet").exists()


def test_parquet_times_beyond_datetime(denag: Denag, tmp_path: Path) -> None:
    moments = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["One line."], "when": moments}), tmp_path / "in.parquet")
    run = denag("clean", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert run.code in (0, 2)  # 0 where pandas is there
    if run.code:
        assert "in.parquet" in run.complaint


def test_clean_a_page(denag: Denag, page: Path, cleaner: Cleaner, html_page: str, tmp_path: Path) -> None:
    expected = cleaner.clean(html_page) + "\n"
    run = denag("clean", page)
    assert (run.code, run.text, run.err) == (0, expected, "")
    assert denag("clean", page, "-o", tmp_path / "out.txt").out == b""
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == expected
    assert denag("clean", "-", stdin=html_page.encode()).text == expected


def test_clean_rows_on_standard_input(denag: Denag, text_page: str, cleaner: Cleaner) -> None:
    run = denag("clean", "-", stdin=json.dumps({"a": 1, "text": text_page, "b": 2}).encode())
    assert run.rows == [{"a": 1, "text": cleaner.clean(text_page), "b": 2}]
    assert list(run.rows[0]) == ["a", "text", "b"]


def test_clean_pages_one_after_the_other(denag: Denag, page: Path, tmp_path: Path, text_page: str) -> None:
    (tmp_path / "b.txt").write_text(text_page, encoding="utf-8")
    run = denag("clean", page, tmp_path / "b.txt")
    parts = run.text.split("==> ")
    assert parts[0] == ""
    assert parts[1] == f"{page} <==\n" + denag("clean", page).text
    assert parts[2] == f"{tmp_path / 'b.txt'} <==\n" + denag("clean", tmp_path / "b.txt").text


@pytest.mark.parametrize("count", [1, 3])
def test_clean_folder_to_folder(count: int, denag: Denag, tmp_path: Path, html_page: str, cleaner: Cleaner) -> None:
    names = ["a.html", "sub/b.html", "sub/deep/c.htm"][:count]
    for name in names:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html_page, encoding="utf-8")
    out = tmp_path / "out"
    run = denag("clean", tmp_path / "in", "-o", out)
    assert (run.code, run.out, run.err) == (0, b"", "")
    files = {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file()}
    assert files == {f"{name}.txt": cleaner.clean(html_page) + "\n" for name in names}
    assert denag("label", out).code == 0


def test_clean_pages_and_rows(denag: Denag, page: Path, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    run = denag("clean", page, write_jsonl("in.jsonl", {"text": "x"}), "-o", tmp_path / "out")
    assert run.code == 2
    assert "expected inputs of one kind" in run.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "page.html"]


def test_clean_warc(
    denag: Denag, tmp_path: Path, html_page: str, warc_record: Callable[..., bytes], cleaner: Cleaner
) -> None:
    (tmp_path / "in.warc").write_bytes(warc_record(html_page.encode()))
    [row] = denag("clean", tmp_path / "in.warc").rows
    assert row["url"] == "https://example.org/page"
    assert row["text"] == cleaner.clean(html_page)


def test_keep_and_drop(denag: Denag, page: Path, cleaner: Cleaner, html_page: str) -> None:
    blocks = {block.text: block.label for block in cleaner.label(html_page)}
    assert len(set(blocks.values())) >= 3
    keep_all = [word for label in LABELS for word in ("--keep", label)]
    assert denag("clean", page, *keep_all).text.splitlines() == list(blocks)
    assert denag("clean", page, "--drop", "content").out == b""
    nags = denag("clean", page, "--drop", "content", "--keep", "newsletter_prompt").text.splitlines()
    assert nags == [text for text, label in blocks.items() if label == "newsletter_prompt"]
    assert nags


def test_blocks_and_code_keep_their_lines(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    code = "def f():\n    return 1\nprint(2)"
    path = write_jsonl("in.jsonl", {"blocks": [code, "a\r\nb"]}, {"html": f"<p>One<pre>{code}</pre>"})
    keep_all = [word for label in LABELS for word in ("--keep", label)]
    assert [row["text"] for row in denag("clean", path, *keep_all).rows] == [f"{code}\na\r\nb", f"One\n{code}"]
    spans = path.with_name("spans.jsonl")
    assert denag("clean", path, "--attributes", "-o", spans).code == 0
    assert denag("apply", spans, path, *keep_all).out == denag("clean", path, *keep_all).out


def test_labels_of_their_own_are_not_lost(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    block = {"text": "Advertisement", "label": "content"}
    tagged = denag("clean", write_jsonl("in.jsonl", {"blocks": [block]}), "--tag").rows[0]["blocks"][0]
    assert (tagged["label"], tagged["denag_label"]) == ("content", "ad_notice")
    pq.write_table(pa.table({"blocks": [[block]]}), tmp_path / "in.parquet")
    assert denag("clean", tmp_path / "in.parquet", "--tag", "-o", tmp_path / "out.parquet").code == 0
    assert pq.read_table(tmp_path / "out.parquet")["blocks"][0][0].as_py().items() >= {
        ("label", "content"), ("denag_label", "ad_notice"),
    }  # fmt: skip
    gold = write_jsonl("gold.jsonl", {"html": "<p>One", "blocks": [block]})
    for output in ((), ("-o", tmp_path / "out.jsonl")):
        run = denag("clean", gold, "--tag", *output)
        assert (run.code, run.out) == (2, b"")
        assert "found labelled 'blocks' beside the markup" in run.complaint


def test_runs_are_the_same_bytes(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    path = write_jsonl("in.jsonl", *rows)
    for command in ("label", "clean"):
        for suffix in (".jsonl", ".jsonl.gz", ".jsonl.zst"):
            outs = [path.with_name(f"{n}{suffix}") for n in (1, 2)]
            for out in outs:
                assert denag(command, path, "-o", out).code == 0
            assert outs[0].read_bytes() == outs[1].read_bytes()
