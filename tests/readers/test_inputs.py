"""Names of files and folders tell what is read from them, and what is none is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from classifier import InputError
from classifier.readers import container_of, find_inputs

from .conftest import read


@pytest.mark.parametrize(
    ("name", "container"),
    [
        ("a.html", "page"), ("a.HTM", "page"), ("a.txt", "page"), ("a.md.gz", "page"), ("a.jsonl", "jsonl"),
        ("a.ndjson.zst", "jsonl"), ("a.parquet", "parquet"), ("a.warc.gz", "warc"), ("a.warc.wet.gz", "warc"),
        ("a.wet", "warc"), ("a.pdf", None), ("a", None), (".html", None), ("a.gz", None), ("a.html.bak", None),
    ],
)  # fmt: skip
def test_container_of(name: str, container: str | None) -> None:
    assert container_of(Path("folder.jsonl") / name) == container


def test_find_inputs_keeps_order_and_dash(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    inputs = [str(tmp_path / "b.txt"), "-", str(tmp_path / "a.txt")]
    assert [str(path) for path in find_inputs(inputs)] == inputs


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("missing.html", "missing.html: no such file or folder"),
        ("page.pdf", "page.pdf: suffix '.pdf' names no input kind"),
        ("empty", "empty: no .html"),
    ],
)
def test_inputs_that_are_none(name: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "page.pdf").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        find_inputs([str(tmp_path / name)])
    assert complaint in str(caught.value)


def test_empty_path_is_not_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "page.html").touch()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="an empty path, expected a file"):
        find_inputs([""])
    assert find_inputs(["."]) == [Path("page.html")]


def test_standard_input_is_read_once() -> None:
    with pytest.raises(InputError, match="standard input is named 2 times, expected once"):
        find_inputs(["-", "-"])


def test_file_that_vanished(tmp_path: Path) -> None:
    for name in ("gone.html", "gone.jsonl", "gone.jsonl.gz", "gone.html.zst", "gone.parquet", "gone.warc"):
        with pytest.raises(InputError, match=name):
            read(tmp_path / name)
