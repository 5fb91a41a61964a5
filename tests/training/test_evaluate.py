"""The figures are those of tools/score.py, and what counting by hand gives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from classifier import LABELS, NAGS, Cleaner
from classifier.segment import segment_blocks, segment_html
from training.counts import precision_recall_f1
from training.dataset import UNKNOWN, LabelledPage, read_labelled_pages
from training.evaluate import PageScore, score_pages, summarise

SEEDS = Path(__file__).parents[2] / "seeds"
N = len(LABELS)


class Oracle:
    """Stands in for a cleaner: gives the labels it was told, with the same certainty."""

    labels = LABELS

    def __init__(self, *answers: list[int], certainty: float = 0.9) -> None:
        self.answers = list(answers)
        self.certainty = certainty

    def predict(self, batch: Any, content_log_odds: Any = None) -> tuple[np.ndarray, np.ndarray]:
        labels = np.array(self.answers.pop(0), np.int8)
        assert batch.n_blocks == len(labels)
        probabilities = np.full((len(labels), N), (1 - self.certainty) / (N - 1), np.float32)
        probabilities[np.arange(len(labels)), labels] = self.certainty
        return labels, probabilities


def page_of(
    texts: list[str], labels: list[int], domain: str = "a.example", lang: str = "en", **known: Any
) -> LabelledPage:
    main = np.full(len(texts), UNKNOWN, np.int8)
    batch = segment_blocks([texts])
    return LabelledPage(domain, domain, lang, known.pop("kind", "?"), batch, np.array(labels, np.int8), main, **known)


def score_of(domain: str, confusion: np.ndarray, lang: str = "en") -> PageScore:
    """A page whose judged blocks give a confusion, one word each, at the same certainty."""
    cells = np.repeat(np.arange(N * N), confusion.astype(int).ravel())
    truth, given = np.divmod(cells, N)
    probabilities = np.full((len(cells), N), 0.04, np.float32)
    probabilities[np.arange(len(cells)), given] = 0.8
    index, n_words = np.arange(len(cells)), np.ones(len(cells), int)
    return PageScore(0, domain, lang, "?", index, truth, given, probabilities, n_words, None)


def without_intervals(figures: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in figures.items() if not key.endswith("_interval")}


# by hand


def test_counts_of_one_page() -> None:
    texts = ["One two three", "Ad", "Give us money now", "Menu", "Who knows", "Four five"]
    page = page_of(texts, [0, 1, 2, 5, UNKNOWN, 0])
    [page_score] = score_pages(Oracle([0, 1, 0, 5, 0, 5]), [page], "text")  # type: ignore[arg-type]
    expected = np.zeros((N, N))
    expected[0, 0] = expected[1, 1] = expected[2, 0] = expected[5, 5] = expected[0, 5] = 1
    assert np.array_equal(page_score.counts.confusion, expected)
    figures = summarise([page_score], intervals=False)
    assert (figures["pages"], figures["blocks"]) == (1, 5)
    assert figures["labels"]["content"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert figures["labels"]["ad_notice"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 1}
    assert figures["labels"]["donation_appeal"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 1}
    assert figures["labels"]["boilerplate"] == {"precision": 0.5, "recall": 1.0, "f1": 0.6667, "support": 1}
    assert figures["labels"]["paywall_prompt"]["support"] == 0
    assert figures["nag_macro_f1"] == 0.25
    assert figures["any_nag"] == {"precision": 1.0, "recall": 0.5, "f1": 0.6667, "support": 2}
    assert figures["content_words_kept"] == 0.6
    assert figures["nag_words_removed"] == 0.2
    assert figures["boilerplate_words_removed"] == 1.0
    assert figures["calibration_error"] == pytest.approx(0.3, abs=1e-3)
    assert "main_content" not in figures


def test_nags_taken_for_each_other_are_nags_still() -> None:
    page = page_of(["a", "b"], [1, 2])
    figures = summarise(score_pages(Oracle([2, 1]), [page], "text"), intervals=False)  # type: ignore[arg-type]
    assert figures["nag_macro_f1"] == 0
    assert figures["any_nag"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "support": 2}
    assert figures["nag_words_removed"] == 1.0


def test_languages_stand_apart() -> None:
    pages = [page_of(["a"], [2], lang="en"), page_of(["b"], [2], lang="pt"), page_of(["c"], [2], lang="fi")]
    figures = summarise(score_pages(Oracle([2], [0], [2]), pages, "text"), intervals=False)  # type: ignore[arg-type]
    en, other = figures["by_language"]["en"], figures["by_language"]["other"]
    assert list(figures["by_language"]) == ["en", "other"]
    assert (en["pages"], en["nag_blocks"], en["nag_macro_f1"], en["any_nag_f1"]) == (1, 1, 0.25, 1.0)
    assert (other["pages"], other["nag_blocks"], other["nag_macro_f1"]) == (2, 2, pytest.approx(0.1667))
    assert other["any_nag_f1"] == pytest.approx(0.6667)
    assert other["any_nag_f1_interval"] == [0.6667, 0.6667]
    assert en["f1"] == {label: (1.0 if label == "donation_appeal" else None) for label in LABELS}


def test_views() -> None:
    html = "<p>One two</p><p>Menu</p>"
    batch = segment_html([html])
    labels, main = np.array([0, 5], np.int8), np.full(2, UNKNOWN, np.int8)
    with_layout = LabelledPage("h", "h.example", "en", "article", batch, labels, main, main_content="One two three")
    bare = page_of(["One two", "Menu"], [0, 5], main_content="One two three")
    [only] = score_pages(Oracle([0, 5]), [bare, with_layout], "html")  # type: ignore[arg-type]
    assert only.domain == "h.example"
    assert only.main_f1 == pytest.approx(2 * 2 / 5)
    figures = summarise([only])
    assert figures["main_content"] == {
        "pages": 1,
        "word_f1": 0.8,
        "word_f1_interval": [0.8, 0.8],
        "by_kind": {"article": 0.8},
        "pages_by_kind": {"article": 1},
    }
    assert figures["by_kind"]["article"]["main_content"]["word_f1"] == 0.8
    both = score_pages(Oracle([0, 5], [0, 5]), [bare, with_layout], "text")  # type: ignore[arg-type]
    assert [page_score.main_f1 for page_score in both] == [None, None]


def test_pages_without_blocks_or_judgements() -> None:
    pages = [page_of([], []), page_of(["a", "b"], [UNKNOWN, UNKNOWN])]
    scores = score_pages(Oracle([], [0, 1]), pages, "text")  # type: ignore[arg-type]
    figures = summarise(scores)
    assert (figures["pages"], figures["blocks"], figures["calibration_error"]) == (2, 0, 0)
    assert summarise([])["pages"] == 0
    assert json.dumps(summarise([]))


@given(hnp.arrays(float, (N, N), elements=st.integers(0, 20).map(float)))
def test_precision_recall_f1(confusion: np.ndarray) -> None:
    table = precision_recall_f1(confusion)
    for k in range(N):
        hits, given_k, true_k = confusion[k, k], confusion[:, k].sum(), confusion[k].sum()
        precision = hits / given_k if given_k else 0
        recall = hits / true_k if true_k else 0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
        assert table[:, k] == pytest.approx([precision, recall, f1])


# intervals


@given(hnp.arrays(float, (12, N, N), elements=st.integers(0, 9).map(float)))
@settings(max_examples=15, deadline=None)
def test_intervals_are_in_order(confusions: np.ndarray) -> None:
    figures = summarise([score_of(f"{i}.example", confusion) for i, confusion in enumerate(confusions)])
    for row in figures["labels"].values():
        low, high = row["f1_interval"]
        assert 0 <= low <= high <= 1


@pytest.mark.parametrize("seed", range(5))
def test_intervals_hold_the_point_estimate(seed: int) -> None:
    draw = np.random.default_rng(seed)
    scores = [score_of(f"{i % 40}.example", draw.poisson(np.eye(N) * 5 + 0.4)) for i in range(90)]
    figures = summarise(scores)
    for row in figures["labels"].values():
        low, high = row["f1_interval"]
        assert low <= row["f1"] <= high
        assert high - low < 0.2
    low, high = figures["nag_macro_f1_interval"]
    assert low <= figures["nag_macro_f1"] <= high
    assert summarise(scores) == figures


def test_interval_of_one_domain_is_its_estimate() -> None:
    figures = summarise([score_of("a.example", np.eye(N) + 1), score_of("a.example", np.eye(N))])
    for row in figures["labels"].values():
        assert row["f1_interval"] == [row["f1"], row["f1"]]


def test_domains_count_and_not_pages() -> None:
    draw = np.random.default_rng(3)
    confusions = [draw.poisson(np.eye(N) * 4 + 0.5) for _ in range(60)]
    by_page = summarise([score_of(f"{i}.example", c) for i, c in enumerate(confusions)])
    same = summarise([score_of(f"{i % 2}.example", c) for i, c in enumerate(confusions)])
    assert by_page["nag_macro_f1"] == same["nag_macro_f1"]
    assert by_page["nag_macro_f1_interval"] != same["nag_macro_f1_interval"]


# the same figures as the outside scorer's


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Seed pages as gold, some of their labels wrong on purpose and some unknown."""
    path = tmp_path / "gold.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for i, source in enumerate(sorted(SEEDS.glob("*.labels.jsonl"))):
            blocks = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
            for j, block in enumerate(blocks):
                if (i + j) % 11 == 0:
                    block["label"] = None
                elif (i + j) % 7 == 0:
                    block["label"] = str(LABELS[j % N])
            lang = source.name.split(".")[1]
            row = {"id": source.name, "url": "", "domain": f"{i}.example", "lang": lang, "blocks": blocks}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def test_figures_are_those_of_score(
    gold: Path, score: ModuleType, denag: Callable[..., Any], tmp_path: Path, shared: Path, cleaner: Cleaner
) -> None:
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    handed = [{"id": r["id"], "url": "", "blocks": [b["text"] for b in r["blocks"]]} for r in rows]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in handed))
    assert denag("label", tmp_path / "in.jsonl", "-o", tmp_path / "out.jsonl").code == 0
    expected = score.score("blocks", str(gold), str(tmp_path / "out.jsonl"))
    assert denag("evaluate", gold, "--json", tmp_path / "figures.json").code == 0
    figures = json.loads((tmp_path / "figures.json").read_text())["views"]["text"]
    assert expected["pages_without_answer"] == 0
    assert figures["pages"] == expected["pages"] == len(rows)
    for label in LABELS:
        assert without_intervals(figures["labels"][label]) == pytest.approx(expected["labels"][label], abs=2e-4)
    assert figures["nag_macro_f1"] == pytest.approx(expected["labels"]["nag_macro_f1"], abs=2e-4)
    nag = without_intervals(figures["any_nag"])
    assert nag.pop("support") == sum(expected["labels"][label]["support"] for label in NAGS)
    assert nag == pytest.approx(expected["labels"]["any_nag"], abs=2e-4)
    for share in ("nag_words_removed", "boilerplate_words_removed", "content_words_kept"):
        assert figures[share] == pytest.approx(expected[share], abs=2e-4)
    assert figures["by_language"]["en"]["nag_macro_f1"] == pytest.approx(expected["by_language"]["en"], abs=2e-4)
    assert sum(figures["labels"][label]["support"] for label in NAGS) > 20
    direct = summarise(score_pages(cleaner, read_labelled_pages([gold]), "text"))
    assert direct["labels"] == figures["labels"]


def test_html_figures_are_those_of_score(
    score: ModuleType, denag: Callable[..., Any], write_jsonl: Callable[..., Path], tmp_path: Path, html_page: str
) -> None:
    """Pages handed over as HTML: the scorer matches our blocks to the gold ones, we lay labels on ours."""
    texts = segment_html([html_page]).blocks()
    names = ["boilerplate" if len(text) < 20 else "content" for text in texts]
    names[-1], names[0], names[-2] = "boilerplate", "donation_appeal", "newsletter_prompt"
    blocks = [{"text": text, "label": name} for text, name in zip(texts, names, strict=True)]
    row = {"id": "a", "url": "", "domain": "a.example", "lang": "de", "html": html_page, "blocks": blocks}
    row |= {"main_content": "\n".join(texts[2:5]), "page_type": "article"}
    gold = write_jsonl("gold.jsonl", row)
    handed = write_jsonl("in.jsonl", {"id": "a", "url": "", "html": html_page})
    assert denag("label", handed, "-o", tmp_path / "out.jsonl").code == 0
    expected = score.score("html", str(gold), str(tmp_path / "out.jsonl"))
    assert denag("evaluate", gold, "--json", tmp_path / "figures.json").code == 0
    figures = json.loads((tmp_path / "figures.json").read_text())["views"]["html"]
    for label in LABELS:
        assert without_intervals(figures["labels"][label]) == pytest.approx(expected["labels"][label], abs=2e-4)
    for share in ("nag_words_removed", "boilerplate_words_removed", "content_words_kept"):
        assert figures[share] == pytest.approx(expected[share], abs=2e-4)
    assert figures["main_content"]["word_f1"] == expected["main_content"]["word_f1_precision_recall"][0]
    assert figures["main_content"]["by_kind"] == {"article": expected["main_content"]["article"][0]}


def test_input_of_score_is_read(gold: Path, shared: Path, denag: Callable[..., Any], tmp_path: Path) -> None:
    import subprocess
    import sys

    command = [sys.executable, shared / "tools" / "score.py", "input", "blocks", gold]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    run = denag("label", "-", stdin=done.stdout)
    assert run.code == 0
    rows = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    assert [(row["id"], len(row["blocks"])) for row in run.rows] == [(row["id"], len(row["blocks"])) for row in rows]
