"""Every container gives the same documents."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import Document
from classifier.cleaner import segment
from classifier.readers import find_inputs

from .conftest import compressed, json_lines, read, read_documents


@pytest.mark.parametrize(
    "name", ["p.html", "p.htm", "p.xhtml", "P.HTML", "p.html.gz", "P.HTML.GZ", "p.html.zst", "p.v2.html"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-8-sig", "utf-16"])
def test_html_file(name: str, encoding: str, tmp_path: Path, html_page: str) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(html_page.encode(encoding), name.lower()))
    [document] = read_documents(path)
    assert document.media_type == "text/html"
    assert document.id == str(path)
    assert segment([document]).blocks() == segment([Document("", html_page, "text/html")]).blocks()


@pytest.mark.parametrize("name", ["p.jsonl", "p.ndjson", "p.jsonl.gz", "p.jsonl.zst"])
@pytest.mark.parametrize("field", ["html", "text", "blocks", "block objects"])
def test_jsonl(name: str, field: str, tmp_path: Path, html_page: str, text_page: str) -> None:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    content = {
        "html": html_page,
        "text": text_page,
        "blocks": blocks,
        "block objects": [{"text": block, "tag": "p"} for block in blocks],
    }[field]
    media_type = {"html": "text/html", "text": "text/plain"}.get(field, "application/x-blocks")
    path = tmp_path / name
    row = {"id": "a", "url": "https://example.org/a", "blocks" if "block" in field else field: content}
    path.write_bytes(compressed(json_lines(row), name))
    [document] = read_documents(path)
    assert (document.id, document.url, document.media_type) == ("a", "https://example.org/a", media_type)
    assert document.metadata == row
    expected = segment([Document("", html_page, "text/html")]).blocks() if field == "html" else blocks
    assert segment([document]).blocks() == expected


@pytest.mark.parametrize("field", ["html", "binary html", "text", "large text", "blocks", "block objects"])
def test_parquet(field: str, tmp_path: Path, html_page: str, text_page: str) -> None:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    columns = {
        "html": ("html", pa.array([html_page])),
        "binary html": ("html", pa.array([html_page.encode("cp1252", "xmlcharrefreplace")])),
        "text": ("text", pa.array([text_page])),
        "large text": ("text", pa.array([text_page], pa.large_string())),
        "blocks": ("blocks", pa.array([blocks])),
        "block objects": ("blocks", pa.array([[{"text": block, "n": i} for i, block in enumerate(blocks)]])),
    }
    name, column = columns[field]
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["a"], "url": ["https://example.org/a"], name: column}), path)
    [document] = read_documents(path)
    assert (document.id, document.url) == ("a", "https://example.org/a")
    expected = segment([Document("", html_page, "text/html")]).blocks() if name == "html" else blocks
    assert segment([document]).blocks() == expected


@pytest.mark.parametrize("name", ["p.txt", "p.md", "p.txt.gz", "p.md.zst", "page.html.txt", "p.TXT"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_file(name: str, encoding: str, tmp_path: Path, text_page: str) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(text_page.encode(encoding), name))
    assert read(path) == [Document(str(path), text_page, "text/plain")]


def test_folder(tmp_path: Path, html_page: str, text_page: str) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "two.txt").write_text(text_page, encoding="utf-8")
    (tmp_path / "b" / "one.html.gz").write_bytes(gzip.compress(html_page.encode()))
    (tmp_path / "a.jsonl").write_bytes(json_lines({"text": text_page}))
    (tmp_path / "ignored.pdf").write_bytes(b"%PDF")
    (tmp_path / "README").write_text("no suffix")
    paths = find_inputs([str(tmp_path)])
    assert paths == [tmp_path / "a.jsonl", tmp_path / "b" / "c" / "two.txt", tmp_path / "b" / "one.html.gz"]
    assert [len(read_documents(path)) for path in paths] == [1, 1, 1]
