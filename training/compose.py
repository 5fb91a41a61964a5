"""More text pages out of the ones there are: nag boxes set between the paragraphs of other pages.

Real labelled pages are read only in windows, and rarely show what a reader meets all the time: a
box in the middle of an article. Boxes of written pages are set into articles with known main text
and into other written pages of the same language, so that a paragraph next to a box is known for
what it is, and a box in whatever company.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifier.segment import segment_blocks
from training.config import FitConfig
from training.counts import is_nag
from training.dataset import UNKNOWN, LabelledPage, fold_of

_MAX_BOX_BLOCKS = 16
_MAX_ARTICLE_BLOCKS = 60
_MARGIN_BLOCKS = 8
_BOXES = (1, 4)

Box = tuple[list[str], int]


def compose(pages: Sequence[LabelledPage], config: FitConfig) -> list[LabelledPage]:
    """Composed pages: one of each article, two of each written page.

    A page takes boxes of pages in its own fold only, so that cross-fitting stays honest.
    """
    draw = np.random.default_rng(config.seed)
    boxes: dict[tuple[str, int], list[Box]] = {}
    for page in pages:
        if page.written:
            boxes.setdefault((page.lang, fold_of(page.domain, config.n_folds)), []).extend(_boxes(page))
    composed = []
    for page in pages:
        offered = boxes.get((page.lang, fold_of(page.domain, config.n_folds)), [])
        if not offered:
            continue
        if page.written:
            composed += [_with_boxes(page, np.arange(page.batch.n_blocks), offered, draw) for _ in range(2)]
        elif page.kind == "article" and (page.main == 1).sum() >= 5:
            inside = np.flatnonzero(page.main == 1)
            first, last = max(inside[0] - _MARGIN_BLOCKS, 0), min(inside[-1] + _MARGIN_BLOCKS, page.batch.n_blocks)
            rows = np.arange(first, min(last, first + _MAX_ARTICLE_BLOCKS))
            composed.append(_with_boxes(page, rows, offered, draw))
    return composed


def _boxes(page: LabelledPage) -> list[Box]:
    """Runs of one nag label."""
    texts, labels, nag = page.batch.blocks(), page.labels.tolist(), is_nag()
    boxes: list[Box] = []
    for text, label, before in zip(texts, labels, [UNKNOWN, *labels[:-1]], strict=True):
        if label == UNKNOWN or not nag[label]:
            continue
        if label == before and len(boxes[-1][0]) < _MAX_BOX_BLOCKS:
            boxes[-1][0].append(text)
        else:
            boxes.append(([text], label))
    return boxes


def _with_boxes(
    page: LabelledPage, rows: np.ndarray, offered: Sequence[Box], draw: np.random.Generator
) -> LabelledPage:
    """Some blocks of a page with boxes set before random ones of its content blocks."""
    all_texts = page.batch.blocks()
    labels = np.where(page.labels[rows] == UNKNOWN, np.where(page.main[rows] == 1, 0, UNKNOWN), page.labels[rows])
    content = np.flatnonzero(labels == 0)
    n_boxes = min(int(draw.integers(*_BOXES)), len(content))
    at = draw.choice(content, n_boxes, replace=False) if n_boxes else content
    chosen = {int(place): offered[int(draw.integers(len(offered)))] for place in at}
    texts: list[str] = []
    new_labels: list[int] = []
    main: list[int] = []
    for i, row in enumerate(rows):
        if i in chosen:
            box, label = chosen[i]
            texts += box
            new_labels += [label] * len(box)
            main += [0] * len(box)
        texts.append(all_texts[row])
        new_labels.append(int(labels[i]))
        main.append(int(page.main[row]))
    return LabelledPage(
        id=f"{page.id}/composed",
        domain=page.domain,
        lang=page.lang,
        kind=page.kind,
        batch=segment_blocks([texts]),
        labels=np.array(new_labels, np.int8),
        main=np.array(main, np.int8),
        written=page.written,
    )
