"""``denag evaluate``: figures of label files, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from .conftest import Denag


def test_evaluate(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    blocks = [{"text": "The bridge opens on Monday, the council said.", "label": "content"}]
    blocks += [{"text": "Subscribe to our newsletter", "label": "newsletter_prompt"}, {"text": "?", "label": None}]
    path = write_jsonl("labels.jsonl", {"id": "a", "lang": "en", "domain": "a.example", "blocks": blocks})
    run = denag("evaluate", path, "--json", tmp_path / "figures.json")
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("text view: 2 judged blocks on 1 of 1 pages\n")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["schema_version"] == 1
    assert list(figures["views"]) == ["text"]
    assert figures["views"]["text"]["labels"]["newsletter_prompt"]["support"] == 1
