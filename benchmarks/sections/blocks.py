"""Blocks already cut, many documents a call: ``Cleaner.label_blocks`` beside classifiers of single blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.block_peers import FastText, HashedWords
from benchmarks.pages import Corpora
from benchmarks.peers import absent, missing
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, ratio, row
from classifier import Cleaner

OURS = "denag, label_blocks"
WORD2 = "fastText, word 1-2"
CHAR = "fastText, word 1-2 + char 2-4"
SMALL = "fastText, word 1-2, 16 dimensions"
HASHED = "scikit-learn, hashed word 1-2 + linear"
LOWER = "str.lower"


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Time all on the same blocks; fastText and scikit-learn are given them as one list, which is their fastest way."""
    pages = [page.batch.blocks() for page in corpora.sample(80 if quick else 400)]
    blocks = [block for page in pages for block in page]
    cleaner = Cleaner.load()
    contestants: dict[str, Callable[[], object]] = {
        OURS: lambda: cleaner.label_blocks(pages),
        LOWER: lambda: [block.lower() for block in blocks],
    }
    absences = []
    texts, labels = corpora.training_blocks(["train"])
    labelled = {OURS: np.concatenate([page.indices for page in cleaner.label_blocks(pages)])}
    if lacking := missing("fasttext-numpy2"):
        absences = [absent(name, *lacking) for name in (WORD2, SMALL, CHAR)]
    else:
        epochs = 2 if quick else 5
        for name, settings in {
            WORD2: {},
            SMALL: {"dim": 16},
            CHAR: {"minn": 2, "maxn": 4},
        }.items():
            model = FastText(texts, labels, {"epoch": epochs, "lr": 0.5, "wordNgrams": 2} | settings)
            contestants[name] = lambda model=model: model.model.predict(blocks)  # type: ignore[misc]
            labelled[name] = model.predict(blocks)
    hashed = HashedWords(texts, labels, max_iter=20)
    contestants[HASHED] = lambda: hashed.predict(blocks)
    labelled[HASHED] = hashed.predict(blocks)
    _check(labelled, len(blocks))
    times = interleaved(contestants, 3 if quick else 7)
    n_bytes = sum(len(block.encode("utf-8", "replace")) for block in blocks)
    rows = [_row(times, name, len(blocks), n_bytes) for name in contestants]
    return {
        "pages": len(pages),
        "blocks": len(blocks),
        "median_block_chars": int(np.median([len(block) for block in blocks])),
        "megabytes": round(n_bytes / 1e6, 1),
        "rows": rows + absences,
        "targets": [
            _target("time of fastText, word 1-2, in ours", "at least", 5).verdict(_ratio(times, WORD2, OURS)),
            _target("time of fastText with char 2-4, in ours", "at least", 9).verdict(_ratio(times, CHAR, OURS)),
            _target("our time, in str.lower", "at most", 5).verdict(_ratio(times, OURS, LOWER)),
        ],
    }


def _target(name: str, sense: Any, bound: float) -> Target:
    return Target(name, sense, bound, "x")


def _ratio(times: Times, name: str, to: str) -> float | None:
    return round(ratio(times, name, to), 2) if name in times and to in times else None


def _row(times: Times, name: str, n_blocks: int, n_bytes: int) -> dict[str, Any]:
    result = row(times, name, OURS)
    return result | {
        "ns_per_block": round(result["median_s"] / n_blocks * 1e9),
        "blocks_per_s": round(n_blocks / result["median_s"]),
        "mb_per_s": round(n_bytes / 1e6 / result["median_s"], 1),
    }


def _check(labelled: dict[str, Any], n_blocks: int) -> None:
    """Nobody is timed at doing nothing: one answer a block, and at least three labels among them."""
    for name, answers in labelled.items():
        if len(answers) != n_blocks or len(np.unique(answers)) < 3:
            raise AssertionError(
                f"{name}: {len(answers)} answers of {len(np.unique(answers))} labels, not worth timing"
            )
