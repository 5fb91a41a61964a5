"""Parts of the sections that need no corpora: files, processes, peers on a written page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson
import pytest

from benchmarks.block_peers import FastText, HashedWords, KeywordRules, Predictions
from benchmarks.extractors import JUSTEXT, READABILITY, RESILIPARSE, TRAFILATURA, Extractor
from benchmarks.matching import kept_blocks
from benchmarks.pages import Corpora
from benchmarks.peers import missing
from benchmarks.processes import run_process
from benchmarks.sections.accuracy import _peer, figures
from benchmarks.sections.clean import write_jsonl
from classifier import LABELS
from classifier.segment import segment_html
from training.dataset import LabelledPage

NAMES = [str(label) for label in LABELS]
PARAGRAPH = (
    "The harbour office said on Tuesday that the old ferry is back between the islands after two years in the yard, "
    "and that the crew of seven, who had been waiting for it since the spring, will live on board all the year."
)
HTML = (
    "<html><head><title>Ferry</title></head><body><nav><a href='/'>Home</a> <a href='/n'>News</a></nav><article>"
    "<h1>The old ferry sails again</h1>"
    + "".join(f"<p>Part {n}. {PARAGRAPH}</p>" for n in range(4))
    + "</article><footer><a href='/c'>Contact</a></footer></body></html>"
)


def test_jsonl_of_a_size(tmp_path: Path) -> None:
    n_rows = write_jsonl(tmp_path / "a.jsonl", ["one", "two", "three"], 1000)
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines()
    assert len(lines) == n_rows
    assert 1000 <= sum(len(line) + 1 for line in lines) < 1100
    rows = [orjson.loads(line) for line in lines]
    assert len({row["id"] for row in rows}) == n_rows
    assert {row["text"] for row in rows[:3]} == {"one", "two", "three"}


def test_memory_of_a_process_and_of_its_children() -> None:
    child = "import time; x = bytearray(60_000_000); time.sleep(0.5)"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    usage = run_process([sys.executable, "-c", code])
    assert len(usage.peak_bytes) == 2
    main, other = usage.peak_bytes
    assert main < 60_000_000 <= other
    assert usage.elapsed_s > 0.5


def test_process_that_fails_is_told() -> None:
    with pytest.raises(RuntimeError, match=r"exit 3: gone"):
        run_process([sys.executable, "-c", "import sys; print('gone', file=sys.stderr); sys.exit(3)"])


@pytest.mark.parametrize("extractor", [TRAFILATURA, RESILIPARSE, JUSTEXT, READABILITY], ids=lambda e: e.name)
def test_extractors_find_an_article(extractor: Extractor) -> None:
    if lacking := missing(extractor.distribution):
        pytest.skip(f"not installed: {lacking[0]}")
    blocks = segment_html([HTML]).blocks()
    text = extractor.text(f'<?xml version="1.0" encoding="utf-8"?>{HTML}', "en")
    assert text is not None
    kept = [block for block, is_kept in zip(blocks, kept_blocks(blocks, text), strict=True) if is_kept]
    assert [f"Part {n}. {PARAGRAPH}" for n in range(4)] == [block for block in kept if block.startswith("Part")]
    assert "Contact" not in kept


def test_extractor_that_fails_gives_none() -> None:
    def fails(html: str, lang: str) -> str:
        raise ValueError("no")

    assert Extractor("x", "x", fails).text("<p>x</p>", "en") is None


@pytest.mark.parametrize(
    ("block", "label"),
    [
        ("Advertisement", "ad_notice"),
        ("Please disable your ad blocker", "ad_notice"),
        ("Donate now", "donation_appeal"),
        ("Jetzt spenden", "donation_appeal"),
        ("Sign up for our weekly newsletter", "newsletter_prompt"),
        ("Already a subscriber? Log in", "paywall_prompt"),
        ("Subscribe to continue reading", "paywall_prompt"),
        (PARAGRAPH, "content"),
        ("Contact", "boilerplate"),
    ],
)
def test_keyword_rules(block: str, label: str) -> None:
    assert NAMES[KeywordRules().predict([block])[0]] == label


TEXTS = ["Sign up for our letter", "Get our letter by mail", "Contact", "Imprint", PARAGRAPH, PARAGRAPH[:90]] * 5
LABEL_INDICES = np.array([3, 3, 5, 5, 0, 0] * 5, np.int8)


def test_hashed_words_learn() -> None:
    model = HashedWords(TEXTS, LABEL_INDICES, n_features=1 << 10)
    assert model.predict(TEXTS[:6]).tolist() == [3, 3, 5, 5, 0, 0]
    assert model.predict([]).tolist() == []


def test_fasttext_learns() -> None:
    if missing("fasttext-numpy2"):
        pytest.skip("not installed: fasttext-numpy2")
    model = FastText(
        TEXTS, LABEL_INDICES, {"epoch": 100, "lr": 0.1, "dim": 8, "wordNgrams": 2, "bucket": 1000}, prepare=True
    )
    assert model.predict(["Sign up for our\nletter", "Contact"]).tolist() == [3, 5]
    assert model.predict([]).tolist() == []


def test_figures_use_the_projects_scorer() -> None:
    batch = segment_html([HTML])
    n = batch.n_blocks
    labels = np.full(n, 5, np.int8)
    labels[[i for i, block in enumerate(batch.blocks()) if block.startswith("Part")]] = 0
    page = LabelledPage("1", "example.org", "en", "news", batch, labels, np.full(n, -1, np.int8), PARAGRAPH)
    right = figures("right", [page], [labels])
    assert right["judged_blocks"] == n
    assert right["content_words_kept"] == right["boilerplate_words_removed"] == 1
    nothing = figures("nothing", [page], [np.full(n, 5, np.int8)], tells_kinds=False)
    assert nothing["content_words_kept"] == 0
    assert nothing["nag_macro_f1"] is None
    assert nothing["main_content_f1"] == 0
    with pytest.raises(AssertionError, match=r"1 answers"):
        figures("short", [page], [labels[:1]])


def test_slow_peer_is_asked_for_judged_blocks_only() -> None:
    batch = segment_html([HTML])
    labels = np.full(batch.n_blocks, -1, np.int8)
    labels[[i for i, block in enumerate(batch.blocks()) if block.startswith("Part")]] = 0
    page = LabelledPage("1", "example.org", "en", "news", batch, labels, labels, PARAGRAPH)
    asked: list[str] = []

    class Peer:
        def predict(self, blocks: Sequence[str]) -> Predictions:
            asked[:] = blocks
            return np.zeros(len(blocks), np.int8)

    row = _peer("slow", Peer(), [page], {}, judged_only=True)
    assert len(asked) == row["judged_blocks"] == 4
    assert row["content_words_kept"] == 1
    assert row["main_content_f1"] is None
    assert _peer("fast", Peer(), [page], {})["main_content_f1"] > 0
    assert len(asked) == batch.n_blocks


def test_corpora_without_pages_of_the_speed_corpus(tmp_path: Path) -> None:
    corpora = Corpora(tmp_path)
    corpora.__dict__["pages"] = []
    with pytest.raises(ValueError, match="no page whose id begins with 'wcxb-dev/'"):
        corpora.sample(1)
