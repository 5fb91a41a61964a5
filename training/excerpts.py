"""Parts of pages as documents of their own, for the context step.

Labelled pages are whole. What people hand in is not: a sentence, a card or a box by itself, or what
an extractor left of a page, in which a nag stands between paragraphs and its furniture is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

import numpy as np
import numpy.typing as npt

from classifier.segment import segment_blocks, segment_html
from classifier.types import BlockBatch
from training.config import FitConfig
from training.counts import is_nag
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of

_MOST_BLOCKS = 8
_KEPT_NAGS = 0.7
_KEPT_FURNITURE = (0.02, 0.1, 0.3)
_LEAST_CONTENT = 3
_PAIRS = 4
_MOST_OF_A_PAIR = 3
_FIRST_SENTENCES = 0.5
_SENTENCE = re.compile(r".{12,}?(?:[.!?؟।](?=\s)|[。！？])")

Rows = npt.NDArray[np.intp]


def excerpts(pages: Sequence[LabelledPage], config: FitConfig) -> Iterator[LabelledPage]:
    """Up to three excerpts of each page: one around a judged block, one around a nag, one around content.

    An excerpt is one to eight blocks in a row, in plain paragraphs.
    """
    draw = np.random.default_rng(config.seed)
    for page in pages:
        judged = page.labels != UNKNOWN
        for held in (judged, _is_nag(page), _is_content(page)):
            if held.any():
                size = int(draw.integers(1, _MOST_BLOCKS + 1))
                first = max(int(draw.choice(np.flatnonzero(held))) - int(draw.integers(size)), 0)
                rows = np.arange(first, min(first + size, page.batch.n_blocks))
                texts = [page.batch.block(row) for row in rows.tolist()]
                batch = _paragraphs(texts)
                if batch is not None:
                    yield _part(page, batch, page.labels[rows], page.main[rows])


def extracted(pages: Sequence[LabelledPage], config: FitConfig) -> Iterator[LabelledPage]:
    """What an extractor leaves of real pages: main text, most nags, and more or less furniture."""
    draw = np.random.default_rng(config.seed)
    for page in pages:
        content = _is_content(page)
        if page.written or content.sum() < _LEAST_CONTENT or (page.labels == UNKNOWN).all():
            continue
        other = ~content & ((page.labels != UNKNOWN) | (page.main != UNKNOWN))
        share = np.where(_is_nag(page), _KEPT_NAGS, draw.choice(_KEPT_FURNITURE))
        rows = np.flatnonzero(content | (other & (draw.random(len(share)) < share)))
        batch = segment_blocks([[page.batch.block(row) for row in rows.tolist()]])
        yield _part(page, batch, page.labels[rows], page.main[rows])


def paired(pages: Sequence[LabelledPage], config: FitConfig) -> Iterator[LabelledPage]:
    """One to three paragraphs of a page, and one to three blocks of a nag of its language among them.

    An excerpt around a nag is mostly nag: by those alone, whatever stands in a short document passes
    for one. Both pages lie in one fold, so that cross-fitting stays honest.
    """
    draw = np.random.default_rng(config.seed)
    nags: dict[tuple[str, int], list[tuple[LabelledPage, Rows]]] = {}
    for page in pages:
        fold = fold_of(page.domain, config.n_folds)
        nags.setdefault((page.lang, fold), []).extend((page, rows) for rows in _runs(_is_nag(page)))
    for page in pages:
        offered = nags[page.lang, fold_of(page.domain, config.n_folds)]
        paragraphs = _runs(_is_content(page))
        for _ in range(_PAIRS if offered and paragraphs else 0):
            rows = paragraphs[int(draw.integers(len(paragraphs)))]
            other, box = offered[int(draw.integers(len(offered)))]
            rows, box = _piece(rows, draw), _piece(box, draw)
            at = int(draw.integers(len(rows) + 1))
            cut = draw.random(len(rows)) < _FIRST_SENTENCES
            texts = [_beginning(page.batch.block(row), short) for row, short in zip(rows.tolist(), cut, strict=True)]
            texts[at:at] = [other.batch.block(row) for row in box.tolist()]
            batch = _paragraphs(texts)
            if batch is not None:
                labels = np.insert(page.labels[rows], at, other.labels[box])
                main = np.insert(page.main[rows], at, other.main[box])
                yield _part(page, batch, labels, main)


def _is_content(page: LabelledPage) -> npt.NDArray[np.bool_]:
    """Whether a block is judged to be content or, not judged, stands in the main text. Shape (n_blocks,)."""
    return np.asarray(np.where(page.labels == UNKNOWN, page.main == 1, page.labels == 0))


def _is_nag(page: LabelledPage) -> npt.NDArray[np.bool_]:
    """Whether a block is judged to be a nag. Shape (n_blocks,)."""
    return np.asarray((page.labels != UNKNOWN) & is_nag()[page.labels])


def _runs(held: npt.NDArray[np.bool_]) -> list[Rows]:
    """Rows that are held, cut where some between them are not."""
    rows = np.flatnonzero(held)
    return np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []


def _piece(rows: Rows, draw: np.random.Generator) -> Rows:
    """One to three rows in a row."""
    size = int(draw.integers(1, min(_MOST_OF_A_PAIR, len(rows)) + 1))
    first = int(draw.integers(len(rows) - size + 1))
    return rows[first : first + size]


def _beginning(text: str, short: bool) -> str:
    """The first sentence of a paragraph, where it is to be short and has one, or all of it."""
    sentence = _SENTENCE.match(text) if short else None
    return sentence[0] if sentence else text


def _paragraphs(texts: Sequence[str]) -> BlockBatch | None:
    """A page of plain paragraphs; None where they do not come back, as a block of white space does not."""
    batch = segment_html(["<body>" + "".join(f"<p>{escape(text)}</p>" for text in texts)])
    return batch if batch.blocks() == texts else None


def _part(page: LabelledPage, batch: BlockBatch, labels: LabelArray, main: LabelArray) -> LabelledPage:
    return replace(page, batch=batch, labels=labels, main=main, main_content=None, html_batch=None)
