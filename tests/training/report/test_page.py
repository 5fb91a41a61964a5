"""The page of HTML: everything in it, nothing from outside, and no text of others taken for markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from classifier import LABELS
from training.gate import updated
from training.metrics import Metrics, write_json
from training.report.run import Outputs, evaluate_model

Denag = Callable[..., Any]


@pytest.fixture(scope="module")
def report(label_file: Path, metrics: Metrics, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A report with everything in it."""
    folder = tmp_path_factory.mktemp("report")
    floors, earlier, page = folder / "floors.json", folder / "earlier.json", folder / "report.html"
    write_json(earlier, metrics)
    write_json(floors, updated(metrics, None, allow_lower=False)[0].as_dict())
    outputs = Outputs(report=page, against=earlier, gate=floors)
    _, holds = evaluate_model([label_file], None, None, "test", outputs, lambda stage: None)
    assert holds
    return page.read_text(encoding="utf-8")


def test_sections_tables_and_drawings(report: str) -> None:
    tree = LexborHTMLParser(report)
    ids = [node.attributes["id"] for node in tree.css("h2[id]")]
    assert ids == ["html", "text", "floors", "against", "languages", "kinds", "worst-html", "worst-text", "notes"]
    for link in tree.css("nav a"):
        assert (link.attributes["href"] or "")[1:] in ids
    assert len(tree.css("svg[role=img][aria-label]")) == 4
    for table in tree.css("table"):
        assert table.css_first("caption") is not None
        assert table.css("thead th[scope=col]")
        assert table.css("tbody th[scope=row], tbody th[scope=rowgroup]")
    text = tree.body.text(separator=" ") if tree.body else ""
    for label in LABELS:
        assert label.replace("_", " ") in text
    assert "all 24 hold" not in text
    assert re.search(r"all \d+ hold", text)


def test_nothing_from_outside(report: str) -> None:
    tree = LexborHTMLParser(report)
    assert not tree.css("script, link, img, iframe, object, embed, form, base")
    for node in tree.css("*"):
        for name, value in node.attributes.items():
            assert not name.startswith("on"), f"{node.tag} {name}"
            if name in ("href", "src", "xlink:href"):
                assert (value or "").startswith("#"), value
    assert not re.search(r"url\((?!#)", report)
    assert "@import" not in report


def test_ids_are_unique(report: str) -> None:
    counts = Counter(node.attributes["id"] for node in LexborHTMLParser(report).css("[id]"))
    assert [name for name, n in counts.items() if n > 1] == []


def test_drawings_take_the_colours_of_the_page(report: str) -> None:
    drawings = "".join(re.findall(r"<svg.*?</svg>", report, re.DOTALL))
    assert "var(--content)" in drawings
    assert "currentColor" in drawings
    assert set(re.findall(r"#[0-9a-f]{6}\b", drawings)) == set()


def test_text_of_others_stays_text(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    nasty = (
        "<img src=x onerror=alert(1)> Subscribe to our newsletter </blockquote><script>alert(2)</script> {{ 7 * 7 }}"
    )
    row = {"id": "<b>id</b>", "domain": "<i>x</i>", "lang": '"><u>', "page_type": "<s>t</s>"}
    # whatever the model says of it, one of the two judgements makes it an error that is shown
    rows = [row | {"blocks": [{"text": nasty, "label": label}]} for label in ("content", "newsletter_prompt")]
    path, page = write_jsonl("labels.jsonl", *rows), tmp_path / "report.html"
    assert denag("evaluate", path, "--report", page).code == 0
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    assert not tree.css("script, img, u, s, blockquote *, header i, td s, th s")
    text = tree.body.text(separator=" ") if tree.body else ""
    assert "<b>id</b>" in text
    assert "<s>t</s>" in text
    assert nasty in text


def test_the_same_bytes_twice(report: str, label_file: Path, metrics: Metrics, tmp_path: Path) -> None:
    page, earlier, floors = tmp_path / "report.html", tmp_path / "earlier.json", tmp_path / "floors.json"
    write_json(earlier, metrics)
    write_json(floors, updated(metrics, None, allow_lower=False)[0].as_dict())
    evaluate_model([label_file], None, None, "test", Outputs(None, page, earlier, floors), lambda stage: None)
    assert page.read_text(encoding="utf-8") == report


def test_other_blocks_and_failed_floors_are_told(
    denag: Denag, label_file: Path, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    earlier, floors, page = tmp_path / "earlier.json", tmp_path / "floors.json", tmp_path / "report.html"
    other = write_jsonl("other.jsonl", {"id": "x", "blocks": [{"text": "The bridge opens.", "label": "content"}]})
    assert denag("evaluate", other, "--json", earlier, "--gate", floors, "--update-floors").code == 0
    assert denag("evaluate", label_file, "--report", page, "--against", earlier, "--gate", floors).code == 1
    text = page.read_text(encoding="utf-8")
    assert "The earlier run scored other blocks" in text
    assert "the floors speak of other blocks" in text
    assert 'class="verdict fails"' in text


def test_nothing_to_score_makes_no_report(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    run = denag("evaluate", write_jsonl("none.jsonl"), "--report", page)
    assert (run.code, run.text) == (2, "")
    assert "no page in it, nothing to score" in run.complaint
    assert not page.exists()


def test_packages_are_named_where_they_are_missing(
    denag: Denag, label_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("training.report.run.find_spec", lambda name: None)
    run = denag("evaluate", label_file, "--report", tmp_path / "report.html")
    assert run.code == 2
    assert run.complaint == "denag: --report needs jinja2 and matplotlib: pip install 'denag[report]'"


def test_what_says_nothing_is_a_dash(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    blocks = [
        {"text": f"The bridge of town {i} opens on Monday, the council said.", "label": "content"} for i in range(3)
    ]
    gold, page = write_jsonl("gold.jsonl", {"id": "a", "blocks": blocks}), tmp_path / "report.html"
    assert denag("evaluate", gold, "--report", page).code == 0
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    tiles = {tile.css("dt")[0].text(): tile.css("dd")[0].text() for tile in tree.css("dl.tiles .tile")}
    assert (tiles["nag words removed"], tiles["nag macro-F1"], tiles["any nag F1"]) == ("–", "–", "–")
    assert tiles["content words kept"].endswith("%")
    rows = {row.css("th")[0].text(strip=True): row for row in tree.css("table.wide tbody tr") if row.css("th")}
    assert [cell.text(strip=True) for cell in rows["paywall prompt"].css("td")] == ["–", "–", "–", "", "–", "0"]
    assert not rows["paywall prompt"].css(".range, .interval")
