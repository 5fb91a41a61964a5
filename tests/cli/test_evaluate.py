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


MARKUP = "<article><h1>The bridge</h1><p>It opens on Monday.</p></article><div><p>Subscribe to our newsletter</p></div>"


def page(*blocks: tuple[str, str | None]) -> dict[str, object]:
    labelled = [{"text": text, "label": label} for text, label in blocks]
    return {"id": "a", "lang": "en", "domain": "a.example", "html": MARKUP, "blocks": labelled}


def test_labels_that_find_no_block(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    texts = "The bridge, open", "It opens", "on Tuesday."
    row = page(*((text, "content") for text in texts), ("Subscribe to our newsletter", "newsletter_prompt"))
    gold, figures = write_jsonl("gold.jsonl", row), tmp_path / "figures.json"
    run = denag("evaluate", gold, "--json", figures)
    assert (run.code, run.complaint) == (0, f"denag: {gold}: 3 of 4 labels found no block of the page's markup")
    assert run.text.startswith("html view: 1 judged blocks on 1 of 1 pages\n")
    corpus = json.loads(figures.read_text())["corpus"]
    assert (corpus["judged_blocks"], corpus["labels_without_block"]) == (1, 3)


@pytest.mark.parametrize(
    "command", [("evaluate",), ("train", "-o", "model"), ("train", "--from", "default", "-o", "model")]
)
def test_no_label_finds_its_block(
    command: tuple[str, ...],
    denag: Denag,
    write_jsonl: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    gold = write_jsonl("gold.jsonl", page(("The", "content"), ("bridge opens", "content")))
    run = denag(*command, gold)
    assert (run.code, run.text) == (2, "")
    assert "gold.jsonl: 2 of 2 labels found no block of the page's markup" in run.complaint
    assert not (tmp_path / "model").exists()


def test_block_cut_otherwise_is_scored(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    row = page(("The bridge\nIt opens on Monday.", "content"), ("Subscribe to", "newsletter_prompt"))
    row["blocks"].append({"text": "our newsletter", "label": "newsletter_prompt"})  # type: ignore[attr-defined]
    run = denag("evaluate", write_jsonl("gold.jsonl", row))
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("html view: 3 judged blocks on 1 of 1 pages\n")


def test_figures_of_nothing(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    text = "The bridge opens on Monday, the council said, and the old ferry stays where it is for the summer."
    gold = write_jsonl("gold.jsonl", {"id": "a", "lang": "en", "blocks": [{"text": text, "label": "content"}] * 3})
    run = denag("evaluate", gold, "--json", tmp_path / "figures.json")
    lines = [line.split() for line in run.text.splitlines()]
    assert ["content", "1.000", "1.000", "1.000", "3"] in lines
    assert ["donation_appeal", "-", "-", "-", "0"] in lines
    assert ["en", "1", "0", "-", "-", "1.000", "100.0%"] in lines
    assert "nag macro-F1 -, any nag F1 -" in run.text
    assert "content words kept 100.0%, nag words removed -, boilerplate words removed -" in run.text
    view = json.loads((tmp_path / "figures.json").read_text())["views"]["text"]
    assert (view["nag_words_removed"], view["labels"]["donation_appeal"]["f1"], view["nag_macro_f1"]) == (0, 0, 0)
    assert {"nag_words_removed", "labels.donation_appeal.f1", "nag_macro_f1"} <= set(view["not_measured"])
    assert "labels.content.f1" not in view["not_measured"]
    assert view["by_language"]["en"]["not_measured"] == [
        "nag_macro_f1", "nag_words_removed", "boilerplate_words_removed", "any_nag_f1"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "found"),
    [([], "no page"), ([page(("The bridge", None))], "no judged block"), ([{"blocks": []}], "no judged block")],
)
def test_nothing_to_score(rows: list[object], found: str, denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    gold = write_jsonl("gold.jsonl", *rows)
    run = denag("evaluate", gold)
    assert (run.code, run.text) == (2, "")
    assert run.complaint.startswith(f"denag: {gold}: {found} in it, nothing to score")


def test_main_text_alone_is_scored(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    row = page(("The bridge", None)) | {"main_content": "The bridge"}
    run = denag("evaluate", write_jsonl("gold.jsonl", row))
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("html view: 0 judged blocks on 0 of 1 pages\n")
    assert "calibration error -" in run.text
    assert "main content word F1" in run.text
