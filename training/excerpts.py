"""Parts of pages as documents of their own, for the context step.

Labelled pages are whole. What people hand in is not: a sentence, a card or a box by itself, or what
an extractor left of a page, in which a nag stands between paragraphs and its furniture is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

import numpy as np
import numpy.typing as npt

from classifier.segment import segment_blocks, segment_html
from classifier.types import BlockBatch
from training.config import FitConfig
from training.counts import is_nag
from training.dataset import UNKNOWN, LabelledPage

_MOST_BLOCKS = 8
_KEPT_NAGS = 0.7
_KEPT_FURNITURE = (0.02, 0.1, 0.3)
_LEAST_CONTENT = 3


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
                batch = segment_html(["<body>" + "".join(f"<p>{escape(text)}</p>" for text in texts)])
                if batch.blocks() == texts:  # a block of white space, say, does not come back
                    yield _part(page, rows, batch)


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
        yield _part(page, rows, segment_blocks([[page.batch.block(row) for row in rows.tolist()]]))


def _is_content(page: LabelledPage) -> npt.NDArray[np.bool_]:
    """Whether a block is judged to be content or, not judged, stands in the main text. Shape (n_blocks,)."""
    return np.asarray(np.where(page.labels == UNKNOWN, page.main == 1, page.labels == 0))


def _is_nag(page: LabelledPage) -> npt.NDArray[np.bool_]:
    """Whether a block is judged to be a nag. Shape (n_blocks,)."""
    return np.asarray((page.labels != UNKNOWN) & is_nag()[page.labels])


def _part(page: LabelledPage, rows: npt.NDArray[np.intp], batch: BlockBatch) -> LabelledPage:
    labels, main = page.labels[rows], page.main[rows]
    return replace(page, batch=batch, labels=labels, main=main, main_content=None, html_batch=None)
