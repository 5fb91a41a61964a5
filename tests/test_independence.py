"""Labels depend on the document alone: not on hash seeds, locale, threads, time zone, or what stands beside it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Cleaner, Document

SEEDS = sorted((Path(__file__).parents[1] / "seeds").glob("*.html"))
LINES = st.sampled_from((
    "Subscribe to our newsletter", "The bridge opens on Monday, the council said.", "Advertisement", "Home", "€ 5",
    "Подписка на новости", "日本語の文章です。",
    "", "Please donate today, every gift counts.", "sub\u00adscribe", "x" * 300,
))  # fmt: skip
pages_of_lines = st.lists(st.lists(LINES, max_size=12), min_size=1, max_size=6)


def labels_under(environment: dict[str, str]) -> bytes:
    command = [sys.executable, "-c", "from classifier.cli import main; main()", "label", *map(str, SEEDS)]
    done = subprocess.run(command, env=dict(os.environ) | environment, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def expected() -> bytes:
    return labels_under({"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"})


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "12345", "OMP_NUM_THREADS": "4", "OPENBLAS_NUM_THREADS": "4", "TZ": "Asia/Tokyo"},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONHASHSEED": "random"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "COLUMNS": "20", "PYTHONOPTIMIZE": "2"},
    ],
)
def test_surroundings_do_not_matter(environment: dict[str, str], expected: bytes) -> None:
    assert len(expected.splitlines()) == len(SEEDS) > 0
    found = labels_under(environment)
    # probabilities may differ in their last bits with the number of threads; labels and texts may not
    for line, line_before in zip(found.splitlines(), expected.splitlines(), strict=True):
        blocks, blocks_before = json.loads(line)["blocks"], json.loads(line_before)["blocks"]
        assert [{**block, "score": 0} for block in blocks] == [{**block, "score": 0} for block in blocks_before]
        assert [block["score"] for block in blocks] == pytest.approx([b["score"] for b in blocks_before], abs=1e-5)


@settings(max_examples=60, deadline=None)
@given(pages_of_lines, st.randoms(use_true_random=False))
def test_neighbours_in_the_batch_do_not_matter(cleaner: Cleaner, pages: list[list[str]], chance) -> None:
    alone = [cleaner.label_blocks([page])[0].labels for page in pages]
    order = list(range(len(pages)))
    chance.shuffle(order)
    together = cleaner.label_blocks([pages[i] for i in order])
    assert [result.labels for result in together] == [alone[i] for i in order]


@settings(max_examples=60, deadline=None)
@given(st.lists(LINES, max_size=30))
def test_cleaned_blocks_are_a_subsequence(cleaner: Cleaner, lines: list[str]) -> None:
    text = "\n\n".join(lines)
    for document in (Document("x", text, "text/plain"), Document("x", lines, "application/x-blocks")):
        blocks = iter([block.text for block in cleaner.label(document)])
        cleaned = cleaner.clean(document)
        assert all(any(line == block for block in blocks) for line in cleaned.split("\n") if line)
