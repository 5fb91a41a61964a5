"""metrics.json says what was scored, and reads as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from classifier import LABELS, ConfigError
from training.dataset import LabelledPage, read_labelled_pages
from training.metrics import Metrics, corpus_hash, read_metrics, write_json


def test_all_figures_are_there(metrics: Metrics) -> None:
    assert metrics["schema_version"] == 1
    assert metrics["corpus"] | {"hash": ""} == {
        "hash": "", "split": None, "pages": 6, "judged_pages": 6, "judged_blocks": 36,
        "labels_without_block": 0, "domains": 6,
    }  # fmt: skip
    assert list(metrics["views"]) == ["html", "text"]
    for view, n_pages in (("html", 3), ("text", 6)):
        result = metrics["views"][view]
        assert (result["pages"], result["blocks"]) == (n_pages, 6 * n_pages)
        assert sum(map(sum, result["confusion"])) == 6 * n_pages
        assert len(result["by_domain"]) == n_pages
        assert set(result["precision_recall"]) == {"content", "newsletter_prompt", "paywall_prompt", "boilerplate"}
        assert sum(row["blocks"] for row in result["reliability"]["given"]) == 6 * n_pages
    assert list(metrics["views"]["text"]["by_language"]) == ["de", "en", "es", "fr", "other"]
    assert metrics["views"]["text"]["by_language"]["other"]["pages"] == 2
    assert list(metrics["views"]["text"]["by_kind"]) == ["article", "forum"]
    assert metrics["views"]["html"]["main_content"]["pages_by_kind"] == {"article": 3}


def test_docs_name_every_figure(metrics: Metrics) -> None:
    docs = (Path(__file__).parents[2] / "docs" / "evaluate.md").read_text(encoding="utf-8")
    html = metrics["views"]["html"]
    for part in (metrics, metrics["corpus"], html, html["labels"]["content"], html["main_content"]):
        for name in part:
            assert name.removesuffix("_interval") in docs, name


def test_corpus_hash_names_what_is_scored(
    labelled: list[LabelledPage], write_jsonl: Callable[..., Path], label_file: Path
) -> None:
    name = corpus_hash(labelled)
    assert corpus_hash(labelled[::-1]) == name
    assert corpus_hash(labelled[:-1]) != name
    assert corpus_hash([*labelled[:-1], replace(labelled[-1], main_content="other")]) != name
    rows = [json.loads(line) for line in label_file.read_text(encoding="utf-8").splitlines()]
    for change in ({"label": "content"}, {"text": "Homepage"}):
        changed = [{**rows[0], "blocks": [rows[0]["blocks"][0] | change, *rows[0]["blocks"][1:]]}, *rows[1:]]
        assert corpus_hash(read_labelled_pages([write_jsonl("changed.jsonl", *changed)])) != name
    spaced = [{**rows[0], "blocks": [rows[0]["blocks"][0] | {"text": " Home  "}, *rows[0]["blocks"][1:]]}, *rows[1:]]
    assert corpus_hash(read_labelled_pages([write_jsonl("spaced.jsonl", *spaced)])) == name


def test_corpus_hash_never_moves(write_jsonl: Callable[..., Path]) -> None:
    row = {"id": "a", "domain": "a.example", "blocks": [{"text": "Grüße", "label": "content"}]}
    pages = read_labelled_pages([write_jsonl("one.jsonl", row)])
    assert corpus_hash(pages) == "d79221e5c44c07f0d00c1e57f5db4ec9"


@pytest.mark.parametrize(
    "data",
    [
        {"schema_version": 1, "rows": [[1, -2.5, 3e-07], []], "text": "[\n 1, 2 ] [ 3 ]", "n": [{"x": [1]}], "e": {}},
        {"labels": list(LABELS), "nested": [[0.5, 1.0], [True, None]]},
    ],
)
def test_json_comes_back(data: dict[str, Any], tmp_path: Path) -> None:
    write_json(tmp_path / "x.json", data)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert json.loads(text) == data
    if "rows" in data:
        assert "[1, -2.5, 3e-07]" in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not JSON"),
        ("[]", "no schema_version in it"),
        ('{"html": {}}', "no schema_version in it"),
        ('{"schema_version": 2}', "schema_version is 2, expected 1"),
        ('{"schema_version": 1, "views": {}}', "no corpus in it"),
        ('{"schema_version": 1, "views": [], "corpus": {}}', "no views in it"),
    ],
)
def test_other_files(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_metrics(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")
