"""``denag evaluate``: figures of label files, for people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Denag

PAGE = {
    "id": "a",
    "domain": "a.example",
    "blocks": [
        {"text": "The bridge opens on Monday, the council said.", "label": "content"},
        {"text": "Subscribe to our newsletter", "label": "newsletter_prompt"},
    ],
}


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


def test_labels_on_standard_input(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("labels.jsonl", PAGE)
    run = denag("evaluate", "-", stdin=path.read_bytes())
    assert (run.code, run.out) == (0, denag("evaluate", path).out)
    run = denag("evaluate", "-", stdin=b'{"blocks": 5}')
    assert (run.code, run.complaint) == (2, "denag: -:1: expected 'blocks' to be a list, found int")
    run = denag("evaluate", "-", "-", stdin=path.read_bytes())
    assert run.code == 2
    assert "standard input is named 2 times" in run.complaint


def test_figures_on_standard_output(
    denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write_jsonl("labels.jsonl", PAGE)
    denag("evaluate", path, "--json", "figures.json")
    run = denag("evaluate", path, "--json", "-", "--against", "figures.json")
    assert (run.code, run.err) == (0, "")
    figures, earlier = json.loads(run.out), json.loads((tmp_path / "figures.json").read_text())
    assert figures["views"] == earlier["views"]
    run = denag("evaluate", path, "--report", "-")
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("<!doctype html>")
    assert run.text.rstrip().endswith("</html>")
    run = denag("evaluate", path, "--json", "-", "--report", "-")
    assert (run.code, run.out) == (2, b"")
    assert "--json - and --report - in one run" in run.complaint
    assert sorted(file.name for file in tmp_path.iterdir()) == ["figures.json", "labels.jsonl"]


def test_floors_are_told_beside_figures(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    path, floors = write_jsonl("labels.jsonl", PAGE), tmp_path / "floors.json"
    run = denag("evaluate", path, "--json", "-", "--gate", floors, "--update-floors")
    assert run.code == 0
    assert json.loads(run.out)["floors"]
    assert f"floors of {floors}" in run.err


def test_answers_are_no_judgements(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    texts = write_jsonl("texts.jsonl", *({"text": "The bridge opens on Monday.\n\nSubscribe to our newsletter"},) * 2)
    answers = tmp_path / "answers.jsonl"
    assert denag("label", texts, "-o", answers).code == 0
    gold = write_jsonl("gold.jsonl", PAGE)
    for run in (denag("evaluate", gold, answers), denag("evaluate", gold, "-", stdin=answers.read_bytes())):
        assert run.code == 0
        assert run.text.startswith("text view: 6 judged blocks on 3 of 3 pages\n")
        assert "2 of 2 pages have scores beside their labels" in run.complaint
    assert f"denag: warning: {answers}: " in denag("evaluate", answers).complaint
    reviewed = [json.loads(line) | {"reviewed": True} for line in answers.read_text().splitlines()]
    assert denag("evaluate", write_jsonl("reviewed.jsonl", *reviewed)).err == ""
