"""Doubtful labels are found by cleanlab on probabilities of models that never saw the domain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import LABELS, ConfigError
from classifier.features import FeaturizerConfig
from classifier.segment import segment_blocks, segment_html
from training import doubt
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelledPage
from training.doubt import Doubt, find_doubts, label_issues, out_of_fold
from training.tables import LABEL_FOLDER

pytest.importorskip("cleanlab")

CONTENT, NEWSLETTER, BOILERPLATE = (LABELS.index(name) for name in ("content", "newsletter_prompt", "boilerplate"))
CONFIG = replace(
    FitConfig(), featurizer=FeaturizerConfig(word_bits=12, text_bits=12, layout_bits=10), n_jobs=1, n_folds=3
)
LINES = [
    ("The ferry sailed to the island at noon, the harbour office said on Tuesday.", CONTENT),
    ("The crew of seven lives on board all year and paints the hull in spring.", CONTENT),
    ("Sign up for our newsletter", NEWSLETTER),
    ("Your e-mail address", NEWSLETTER),
    ("Home", BOILERPLATE),
    ("All rights reserved", BOILERPLATE),
]


def page(number: int, html: bool = False, **changed: int) -> LabelledPage:
    texts = [f"{text}" for text, _ in LINES]
    labels = np.array([label for _, label in LINES], np.int8)
    for index, label in changed.items():
        labels[int(index[1:])] = label
    markup = "".join(f"<p>{text}</p>" for text in texts)
    batch = segment_html([markup]) if html else segment_blocks([texts])
    main = np.full(len(texts), UNKNOWN, np.int8)
    return LabelledPage(f"p{number}", f"site{number}.example", "en", "?", batch, labels, main)


def test_wrong_labels_are_found_and_told_with_neighbours() -> None:
    pages = [page(i, html=i % 2 == 0) for i in range(40)]
    wrong = (7, 9, 12, 14, 21, 30)
    for number in wrong:
        pages[number] = page(number, html=number % 2 == 0, _2=CONTENT)
    doubts = find_doubts(pages, CONFIG)
    assert (doubts[0].page.id, doubts[0].index) in [(f"p{number}", 2) for number in wrong]
    row = doubts[0].row()
    assert (row["label"], row["text"]) == ("content", "Sign up for our newsletter")
    assert row["likely"] != "content"
    assert row["before"] == [text for text, _ in LINES[:2]]
    assert row["after"][0] == "Your e-mail address"
    assert row["self_confidence"] < 0.5
    assert len(doubts) < 20


def test_unjudged_blocks_are_never_doubted() -> None:
    pages = [page(i) for i in range(30)]
    pages[3] = page(3, _2=UNKNOWN)
    assert not any(doubt.page.id == "p3" and doubt.index == 2 for doubt in find_doubts(pages, CONFIG))


def test_out_of_fold_rows_are_probabilities() -> None:
    pages = [page(i) for i in range(12)]
    pages[0] = page(0, _0=UNKNOWN)
    (probabilities,) = out_of_fold([pages], CONFIG)
    assert probabilities.shape == (12 * len(LINES), len(LABELS))
    assert probabilities[0].sum() == 0
    assert probabilities[1:].sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_one_fold_is_too_little() -> None:
    with pytest.raises(ConfigError, match="expected pages of more domains"):
        out_of_fold([[page(1)]], CONFIG)


def test_label_issues() -> None:
    labels = np.array([0] * 50 + [3] * 50, np.int8)
    probabilities = np.full((100, len(LABELS)), 0.02, np.float32)
    probabilities[:50, 0] = probabilities[50:, 3] = 0.9
    probabilities[10] = np.roll(probabilities[10], 3)
    assert label_issues(labels, probabilities).tolist() == [10]
    assert label_issues(labels[:50], probabilities[:50]).tolist() == []


def test_rows_cover_written_pages_and_judged_pages_of_the_corpora(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a judged page whose labels find no block here carries no label, and stays out like one nobody judged
    own = LABEL_FOLDER / "standoff" / "postlight.jsonl"
    judged = json.loads(own.read_text().splitlines()[0])["page"]
    html = "<p>The ferry sails.</p>"
    table = pa.table({"id": [judged, "nobody/judged"], "domain": ["a.example", "b.example"], "html": [html, html]})
    pq.write_table(table, tmp_path / "x.parquet")
    seen: list[str] = []

    def find_doubts(pages: Sequence[LabelledPage], config: FitConfig) -> list[Doubt]:
        seen.extend(page.id for page in pages)
        return [Doubt(pages[0], 1, "content", "boilerplate", 0.01)]

    monkeypatch.setattr(doubt, "find_doubts", find_doubts)
    (row,) = doubt.doubtful_rows(tmp_path, lambda stage: None)
    assert (row["written"], row["index"], row["likely"]) == (True, 1, "boilerplate")
    assert "nobody/judged" not in seen
    written = [path for part in ("pages", "counter") for path in (LABEL_FOLDER / part).glob("*.jsonl")]
    n_written = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in written)
    assert len(seen) == len(set(seen)) == n_written
