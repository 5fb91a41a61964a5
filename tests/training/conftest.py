"""Labelled pages, and runs of the evaluation on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier import Cleaner
from training.dataset import LabelledPage, read_labelled_pages
from training.metrics import Metrics, measure

NASTY = "<script>alert(1)</script> & \"Subscribe\" to our <b>newsletter</b> '{{ 7 * 7 }}' 日本 ⟨עברית⟩"
LANGS = ("en", "de", "fr", "es", "it", "ja")


def label_rows(n: int = 6) -> list[dict[str, Any]]:
    """Pages of domains of their own, in languages in turn; every other one has markup, some labels are wrong."""
    rows: list[dict[str, Any]] = []
    for i in range(n):
        blocks = [
            {"text": "Home", "label": "boilerplate"},
            {"text": f"The council of town {i} said on Monday that the bridge opens in May.", "label": "content"},
            {"text": "Sign up for our newsletter and get it in your inbox every Friday.", "label": "newsletter_prompt"},
            {"text": f"Town {i} council voted on nothing, so the old ferry sails on.", "label": "paywall_prompt"},
            {"text": "Sign up for our weekly letter", "label": "content"},
            {"text": NASTY, "label": "content"},
            {"text": "Nobody judged this.", "label": None},
        ]
        kind = "article" if i % 2 else "forum"
        row = {"id": f"p{i}", "domain": f"{i}.example", "lang": LANGS[i % 6], "page_type": kind, "blocks": blocks}
        if i % 2:
            parts = (block["text"].replace("&", "&amp;").replace("<", "&lt;") for block in blocks)  # type: ignore[attr-defined]
            row["html"] = "".join(f"<div class='box'><p>{part}</p></div>" for part in parts)
            row["main_content"] = blocks[1]["text"]
        rows.append(row)
    return rows


@pytest.fixture(scope="session")
def label_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labels") / "labels.jsonl"
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in label_rows()]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def labelled(label_file: Path) -> list[LabelledPage]:
    return read_labelled_pages([label_file])


@pytest.fixture(scope="session")
def metrics(labelled: list[LabelledPage], cleaner: Cleaner) -> Metrics:
    """Metrics of the shipped model on the labelled pages, as they come back from JSON."""
    measured, _ = measure(cleaner, labelled, None, "model", lambda stage: None)
    again: Metrics = json.loads(json.dumps(measured))
    return again
