"""One page gives the same blocks and labels through every container, and comes back in the one it came in."""

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

from classifier import Cleaner

Denag = Callable[..., Any]
Record = Callable[..., bytes]


def write_everywhere(folder: Path, text_page: str, html_page: str, warc_record: Record) -> list[Path]:
    """The same two pages in every container."""
    rows = [{"id": "t", "text": text_page}, {"id": "h", "html": html_page}]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    records = warc_record(text_page.encode(), "text/plain") + warc_record(html_page.encode(), number=2)
    contents = {
        "rows.jsonl": lines,
        "rows.jsonl.gz": gzip.compress(lines),
        "rows.jsonl.zst": zstandard.compress(lines),
        "rows.warc": records,
        "rows.warc.gz": gzip.compress(records),
    }
    folder.mkdir()
    for name, data in contents.items():
        (folder / name).write_bytes(data)
    columns = {"id": ["t", "h"], "text": [text_page, None], "html": [None, html_page], "more": [[1], None]}
    pq.write_table(pa.table(columns), folder / "rows.parquet", row_group_size=1)
    return sorted(folder.iterdir())


@pytest.mark.parametrize("workers", [1, 2])
def test_every_container_is_labelled_alike(
    workers: int, denag: Denag, tmp_path: Path, text_page: str, html_page: str, warc_record: Record, cleaner: Cleaner
) -> None:
    paths = write_everywhere(tmp_path / "in", text_page, html_page, warc_record)
    (tmp_path / "a.txt").write_text(text_page, encoding="utf-8")
    (tmp_path / "b.html").write_text(html_page, encoding="utf-8")
    out = tmp_path / "out.jsonl"
    options = ("-o", out, "--workers", workers)
    assert denag("label", tmp_path / "in" / "*", tmp_path / "a.txt", tmp_path / "b.html", *options).code == 0
    blocks = [json.loads(line)["blocks"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert len(blocks) == 2 * (len(paths) + 1)
    for given, page in ((blocks[::2], text_page), (blocks[1::2], html_page)):
        assert all(answer == given[0] for answer in given)
        assert [block["label"] for block in given[0]] == [block.label for block in cleaner.label(page)]


def test_every_container_comes_back(
    denag: Denag, tmp_path: Path, text_page: str, html_page: str, warc_record: Record, cleaner: Cleaner
) -> None:
    write_everywhere(tmp_path / "in", text_page, html_page, warc_record)
    out = tmp_path / "out"
    assert denag("clean", tmp_path / "in", "-o", out).code == 0
    cleaned = [cleaner.clean(text_page), cleaner.clean(html_page)]
    assert sorted(path.name for path in out.iterdir()) == [
        "rows.jsonl", "rows.jsonl.gz", "rows.jsonl.zst", "rows.parquet", "rows.warc.jsonl", "rows.warc.jsonl.gz",
    ]  # fmt: skip
    read = {
        "": Path.read_bytes,
        ".gz": lambda path: gzip.decompress(path.read_bytes()),
        ".zst": lambda path: zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes()),
    }
    for name in ("rows.jsonl", "rows.warc.jsonl"):
        for suffix, content in read.items():
            path = out / f"{name}{suffix}"
            if path.exists():
                assert [json.loads(line)["text"] for line in content(path).splitlines()] == cleaned
    table = pq.read_table(out / "rows.parquet")
    source = pq.read_table(tmp_path / "in" / "rows.parquet")
    assert table.schema.equals(source.schema, check_metadata=True)
    assert table["text"].to_pylist() == cleaned
    assert table.drop_columns(["text"]).equals(source.drop_columns(["text"]))


@pytest.mark.parametrize("workers", [1, 2])
def test_parquet_by_row_groups(workers: int, denag: Denag, corpus_rows: Denag, tmp_path: Path) -> None:
    rows = corpus_rows(600)
    rows[40] = {"n": 40}
    columns = {name: [row.get(name) for row in rows] for name in ("n", "id", "text", "url")}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet", row_group_size=50)
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    arguments = ("--part-size", "0.03", "--workers", workers)
    assert denag("clean", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet", *arguments).code == 1
    assert json.loads((tmp_path / "rejects.jsonl").read_text())["row"] == 41
    assert denag("clean", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl").code == 1
    expected = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column_names == ["n", "id", "text", "url", "paywalled"]
    for name in table.column_names:
        assert table[name].to_pylist() == [row.get(name) for row in expected]


def test_parquet_to_json_lines_and_tags(denag: Denag, corpus_rows: Denag, tmp_path: Path) -> None:
    rows = corpus_rows(20)
    source = tmp_path / "in.parquet"
    pq.write_table(pa.table({"n": [row["n"] for row in rows], "text": [row["text"] for row in rows]}), source)
    assert denag("clean", source, "-o", tmp_path / "out.jsonl").code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == denag("clean", source).out
    assert denag("clean", source, "--tag", "-o", tmp_path / "tagged.parquet").code == 0
    tagged = pq.read_table(tmp_path / "tagged.parquet").to_pylist()
    for row, labelled in zip(tagged, denag("label", source).rows, strict=True):
        assert [row["text"][block["start"] : block["end"]] for block in row["blocks"]] == [
            block["text"] for block in labelled["blocks"]
        ]
        assert [block["label"] for block in row["blocks"]] == [block["label"] for block in labelled["blocks"]]
    assert denag("clean", source, "--tag-only", "newsletter_prompt", "-o", tmp_path / "only.parquet").code == 0
    told = pq.read_table(tmp_path / "only.parquet").to_pylist()
    spans = [row["text"][tag["start"] : tag["end"]] for row in told for tag in row["tagged"]]
    blocks = [block for labelled in denag("label", source).rows for block in labelled["blocks"]]
    assert spans == [block["text"] for block in blocks if block["label"] == "newsletter_prompt"]
    assert spans


def test_parquet_blocks_are_tagged_in_their_column(denag: Denag, tmp_path: Path) -> None:
    given = [[{"text": "The bridge opens on Monday, the council said.", "x": 1}], [{"text": "Advertisement", "x": 2}]]
    pq.write_table(pa.table({"blocks": given}), tmp_path / "in.parquet")
    assert denag("clean", tmp_path / "in.parquet", "--tag", "-o", tmp_path / "out.parquet").code == 0
    written = pq.read_table(tmp_path / "out.parquet")["blocks"].to_pylist()
    assert [[(block["text"], block["x"]) for block in blocks] for blocks in written] == [
        [(block["text"], block["x"]) for block in blocks] for blocks in given
    ]
    assert all(block["label"] for blocks in written for block in blocks)


def test_many_pages_to_a_folder_by_workers(denag: Denag, corpus_rows: Denag, tmp_path: Path, cleaner: Cleaner) -> None:
    texts = {f"{i % 7}/page {i}.txt": str(row["text"]) for i, row in enumerate(corpus_rows(60))}
    for name, text in texts.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    run = denag("clean", tmp_path / "in", "-o", out, "--workers", "2", "--part-size", "0.003")
    assert (run.code, run.err) == (0, "")
    files = {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file()}
    assert files == {name: cleaner.clean(text) for name, text in texts.items()}


def test_patterns(denag: Denag, tmp_path: Path) -> None:
    for name in ("a/x.txt", "a/b/y.txt", "a/b/z.html", "a/.hidden/x.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("<p>One line.")
    ids = [row["id"] for row in denag("label", tmp_path / "a" / "**" / "*.txt").rows]
    assert ids == [str(tmp_path / "a/b/y.txt"), str(tmp_path / "a/x.txt")]
    run = denag("label", tmp_path / "*.txt")
    assert run.code == 2
    assert "*.txt: no .html, .txt" in run.complaint
