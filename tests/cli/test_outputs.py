"""The name of an output says what is written there, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from .conftest import Denag


@pytest.fixture
def inputs(page: Path, write_jsonl: Callable[..., Path], warc_record: Callable[..., bytes]) -> Path:
    """A folder with an input of each kind."""
    folder = page.parent
    (folder / "b.txt").write_text("The bridge opens on Monday, the council said.")
    write_jsonl("rows.jsonl", {"text": "One line here."})
    (folder / "w.warc").write_bytes(warc_record(page.read_bytes()))
    pq.write_table(pa.table({"text": ["One line here."]}), folder / "rows.parquet")
    return folder


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("label rows.jsonl -o o.parquet", "o.parquet: suffix '.parquet', expected .jsonl for JSON lines, or none"),
        ("label rows.jsonl -o out.csv", "out.csv: suffix '.csv', expected .jsonl for JSON lines"),
        ("label page.html -o out.html.gz", "out.html.gz: suffix '.html', expected .jsonl"),
        ("label - -o out.csv", "out.csv: suffix '.csv', expected .jsonl"),
        ("clean w.warc -o b.warc", "b.warc: suffix '.warc', expected .jsonl for JSON lines"),
        ("clean rows.jsonl -o o.jsonl.xz", "o.jsonl.xz: suffix '.xz', expected .jsonl"),
        ("clean rows.parquet -o o.csv", "o.csv: suffix '.csv', expected .parquet for Parquet"),
        ("clean rows.parquet -o o.parquet.gz", "o.parquet.gz: suffix '.gz', expected .parquet"),
        ("clean page.html -o o.html", "o.html: suffix '.html', expected .txt for text"),
        (
            "clean page.html b.txt -o two.txt",
            "two.txt: suffix '.txt' names a file, but a folder for 2 files is written",
        ),
        ("clean page.html b.txt -o two.gz", "two.gz: suffix '.gz' names a file"),
        ("clean - -o o.pdf", "o.pdf: suffix '.pdf', expected .jsonl or .txt for JSON lines or text"),
        ("clean rows.jsonl --attributes -o o.parquet", "o.parquet: suffix '.parquet', expected .jsonl"),
        ("clean page.html --diff -o o.html", "o.html: suffix '.html', expected .txt for text"),
        ("clean page.html --diff --html -o o.txt", "o.txt: suffix '.txt', expected .html for HTML"),
        ("clean page.html --diff --svg o.png.html", "o.png.html: suffix '.html', expected .svg for SVG"),
    ],
)
def test_suffix_of_another_kind(
    arguments: str, complaint: str, denag: Denag, inputs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(inputs)
    before = sorted(inputs.rglob("*"))
    run = denag(*arguments.split(), stdin=b"One line here.")
    assert (run.code, run.out) == (2, b"")
    assert run.complaint.startswith(f"denag: {complaint}")
    assert sorted(inputs.rglob("*")) == before


@pytest.mark.parametrize("name", ["out", "out.2024", "out.ndjson", "out.json", "out.JSONL"])
def test_other_names_stand(name: str, denag: Denag, inputs: Path) -> None:
    assert denag("label", inputs / "rows.jsonl", "-o", inputs / name).code == 0
    assert json.loads((inputs / name).read_bytes())["blocks"][0]["text"] == "One line here."


def test_folder_that_is_named_like_a_file(denag: Denag, inputs: Path) -> None:
    (inputs / "two.txt").mkdir()
    assert denag("clean", inputs / "page.html", inputs / "b.txt", "-o", inputs / "two.txt").code == 0
    assert sorted(path.name for path in (inputs / "two.txt").iterdir()) == ["b.txt", "page.html.txt"]


@pytest.mark.parametrize("command", [("label",), ("clean",), ("clean", "--tag")])
@pytest.mark.parametrize("names", [("page.html",), ("page.html", "b.txt")])
def test_pages_to_rows(command: tuple[str, ...], names: tuple[str, ...], denag: Denag, inputs: Path) -> None:
    """A page in a file of rows is a row; more of them go there one behind the other."""
    out = inputs / "out.jsonl"
    run = denag(*command, *(inputs / name for name in names), "-o", out)
    assert (run.code, run.err) == (0, "")
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in rows] == [str(inputs / name) for name in names]
    for row in rows:
        assert ("text" in row) == (command[0] == "clean")
        assert ("blocks" in row) == (command != ("clean",))


def test_two_outputs_on_standard_output(denag: Denag, inputs: Path) -> None:
    run = denag("label", inputs / "rows.jsonl", "--report", "-")
    assert (run.code, run.out) == (2, b"")
    assert "--output and --report both go to standard output" in run.complaint
    run = denag("label", "-", "-o", inputs / "o.jsonl", "--report", "-", stdin=b"One line here.")
    assert (run.code, json.loads(run.out)["documents"]) == (0, 1)


@pytest.mark.parametrize("arguments", ["train x.jsonl -o -", "export default -o -", "review x.html --labels -"])
def test_what_can_not_go_to_standard_output(
    arguments: str, denag: Denag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = denag(*arguments.split())
    assert run.code == 2
    assert "expected its name and not standard output" in run.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_rows_of_each_page_go_into_a_file_of_its_own(denag: Denag, tmp_path: Path, workers: int) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.html").write_text(f"<p>The page {name} is about bridges.</p>")
    pages = [tmp_path / f"{name}.html" for name in ("a", "b", "c")]
    assert denag("label", *pages, "-o", tmp_path / "out", "--workers", workers).code == 0
    for name in ("a", "b", "c"):
        (row,) = map(json.loads, (tmp_path / "out" / f"{name}.html.jsonl").read_text().splitlines())
        assert [block["text"] for block in row["blocks"]] == [f"The page {name} is about bridges."]
