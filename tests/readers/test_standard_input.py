"""Standard input is a page or rows, whichever it looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from classifier import Document
from classifier.cleaner import segment


@pytest.mark.parametrize("kind", ["html", "text"])
def test_page_on_standard_input(kind: str, denag: Callable[..., Any], html_page: str, text_page: str) -> None:
    page = html_page if kind == "html" else text_page
    run = denag("label", "-", stdin=page.encode())
    assert run.code == 0
    [row] = run.rows
    media_type = "text/html" if kind == "html" else "text/plain"
    assert [block["text"] for block in row["blocks"]] == segment([Document("-", page, media_type)]).blocks()
    assert row["id"] == "-"


def test_rows_on_standard_input(denag: Callable[..., Any]) -> None:
    lines = b'\n\n{"text": "One line here."}\nnot a row\n{"id": "x", "blocks": ["One", "two"]}\n'
    run = denag("label", "-", stdin=lines)
    assert run.code == 1
    assert [row["id"] for row in run.rows] == ["-/3", "x"]
    assert "rejected -/4: not JSON" in run.err


def test_offsets_on_standard_input_count_empty_lines(denag: Callable[..., Any]) -> None:
    text = "\n \nFirst line.\n\nSecond line.\n"
    [row] = denag("label", "-", stdin=text.encode()).rows
    assert [text[block["start"] : block["end"]] for block in row["blocks"]] == ["First line.", "Second line."]


@pytest.mark.parametrize("stdin", [b"", b"\n\n", b"   "])
def test_nothing_on_standard_input(stdin: bytes, denag: Callable[..., Any]) -> None:
    run = denag("label", "-", stdin=stdin)
    assert (run.code, run.rows) == (0, [{"id": "-", "url": None, "blocks": []}])
