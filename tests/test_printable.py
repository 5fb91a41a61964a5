"""Page text on a terminal is shown, never obeyed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.printable import printable

Denag = Callable[..., Any]
NASTY = "\x1b]0;owned\x07\x1b[31mred\x9b2J\u202egnol ton\u2066 \u200f\u061c\x7f \u2028 line"
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def test_everything_that_steers_is_spelled_out() -> None:
    for code in [*range(0x3000), 0xFEFF, 0xD800, 0xDFFF, 0xFFFF]:
        shown = printable(chr(code))
        steers = unicodedata.category(chr(code)) == "Cc" or unicodedata.bidirectional(chr(code)) in {
            "LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI", "B",
        }  # fmt: skip
        if chr(code) in "\t\n":
            assert shown == chr(code)
        elif steers:
            assert shown.startswith("\\"), hex(code)
            assert shown.isascii()


def test_letters_stay() -> None:
    for text in ("Größe", "שלום עולם", "مرحبا", "日本語", "a\tb\nc", "👩‍🚀", "\\x1b"):
        assert printable(text) == text


@pytest.mark.parametrize("command", [("explain",), ("demo",), ("clean", "--diff")])
def test_commands_that_show_pages(command: tuple[str, ...], denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    rows = [{"id": f"name {NASTY}", "text": f"The bridge opens {NASTY}\n\nSubscribe {NASTY} now"}]
    run = denag(*command, write_jsonl("in.jsonl", *rows))
    assert run.code == 0
    assert not STEERS.search(run.text + run.err)
    assert "\\x1b[31mred\\x9b2J\\u202e" in run.text


def test_names_of_elements(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    page = f'<div class="newsletter {NASTY}"><p>Subscribe to our newsletter</p></div><p>The ferry is back.</p>'
    run = denag("explain", write_jsonl("in.jsonl", {"id": "x", "html": page}))
    assert run.code == 0
    assert not STEERS.search(run.text)


def test_figures_and_complaints(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    blocks = [{"text": "The bridge opens.", "label": "content"}]
    row = {"id": NASTY, "domain": NASTY, "lang": NASTY, "kind": NASTY, "blocks": blocks, "html": "<p>The bridge opens."}
    run = denag("evaluate", write_jsonl("labels.jsonl", {**row, "main_content": "The bridge opens."}))
    assert run.code == 0
    assert not STEERS.search(run.text)
    wrong = write_jsonl("wrong\u202e.jsonl", {**row, "blocks": [{"text": "x", "label": NASTY}]})
    refused = denag("evaluate", wrong)
    assert refused.code == 2
    assert not STEERS.search(refused.err)
    rejected = denag("label", write_jsonl("odd\x1b[31m.jsonl", {"id": "x"}))
    assert not STEERS.search(rejected.err)
