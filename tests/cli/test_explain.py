"""``denag explain`` and ``denag demo``: what people read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from classifier import Document
from classifier.cleaner import segment

from .conftest import Denag


def test_explain(denag: Denag, page: Path, html_page: str) -> None:
    run = denag("explain", page)
    assert (run.code, run.err) == (0, "")
    for block in segment([Document("", html_page, "text/html")]).blocks():
        assert block[:60] in run.text
    assert run.text.count("log odds against") == len(segment([Document("", html_page, "text/html")]).blocks())
    for word in ("context: ", "words: ", "element names: "):
        assert word in run.text
    assert "newsletter" in run.text


def test_explain_one_label(denag: Denag, page: Path) -> None:
    run = denag("explain", page, "--label", "newsletter_prompt")
    assert run.code == 0
    assert "Sign up for our newsletter" in run.text
    assert "the ferry is back" not in run.text
    assert denag("explain", page, "--label", "paywall_prompt").out == b""


def test_demo(denag: Denag, page: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    run = denag("demo", tmp_path)
    assert (run.code, run.err) == (0, "")
    for part in (str(page), "newsletter_prompt", "the ferry is back", "removed 0 of 0 blocks, 0 characters: nothing"):
        assert part in run.text
    assert re.search(r"removed .*: .*[1-9] newsletter_prompt", run.text)


@pytest.mark.parametrize("text", ["[bold]", "[/b] closed", "[link=x]", ":smile:", "a \x1b[31mred\x1b[0m", "\\[a]"])
@pytest.mark.parametrize("command", ["explain", "demo"])
def test_words_that_look_like_console_markup(text: str, command: str, denag: Denag, write_jsonl: Denag) -> None:
    run = denag(command, write_jsonl("in.jsonl", {"id": "x", "text": text}))
    assert run.code == 0
    assert text.replace("\x1b", "\\x1b") in run.text


def test_name_that_looks_like_console_markup(denag: Denag, write_jsonl: Denag) -> None:
    run = denag("demo", write_jsonl("in.jsonl", {"id": "a[/b].html", "text": "One line."}))
    assert run.code == 0
    assert "a[/b].html" in run.text
