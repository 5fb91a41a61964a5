"""Every table says on how many pages blocks were judged: pages without any must not count as scored."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.artefact import read_model
from classifier.cleaner import default_model
from training.card import model_card
from training.config import FitConfig
from training.report import markdown_table


def test_pages_without_judged_blocks_are_told_apart(denag: Callable[..., Any], tmp_path: Path) -> None:
    rows = []
    for i, lang in enumerate(("en", "en", "de")):
        label = "newsletter_prompt" if i == 0 else None
        blocks = [{"text": f"The bridge of town {i} opens.", "label": None}, {"text": "Subscribe", "label": label}]
        html = "".join(f"<p>{block['text']}</p>" for block in blocks)
        row = {"id": f"p{i}", "domain": f"{i}.example", "lang": lang, "html": html, "blocks": blocks}
        rows.append(row | {"main_content": f"The bridge of town {i} opens."})
    labels, metrics, report = (tmp_path / name for name in ("labels.jsonl", "metrics.json", "report.html"))
    labels.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    told = denag("evaluate", labels, "--json", metrics, "--report", report).text
    for view in ("html", "text"):
        assert f"{view} view: 1 judged blocks on 1 of 3 pages\n" in told
    languages = [line.split() for line in told.splitlines() if line.split()[:1] in (["en"], ["de"])]
    assert [(name, n) for name, n, *_ in languages] == [("de", "0"), ("en", "1")] * 2

    views = json.loads(metrics.read_text(encoding="utf-8"))["views"]
    for view in views.values():
        assert {name: (row["pages"], row["judged_pages"]) for name, row in view["by_language"].items()} == {
            "de": (1, 0),
            "en": (2, 1),
        }
    page = report.read_text(encoding="utf-8")
    assert "1 judged blocks on 1 of 3 pages, 3 domains" in page
    assert len(re.findall(r"1 judged blocks on 1 of 3 pages</span>", page)) == 2
    assert page.count('<th scope="col">judged pages</th><th scope="col">judged blocks</th>') == 2

    assert "**html view**, 1 judged blocks on 1 of 3 pages" in markdown_table(views)
    data = {"pages": 3, "phrases": 0, "corpora": "none", "blocks": {}}
    card = model_card(read_model(default_model()), FitConfig(), data, views)
    assert "**text view**, 1 judged blocks on 1 of 3 pages" in card
