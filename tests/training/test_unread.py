"""Labels of blocks that nobody read: only there, only where a first model is sure, never against the main text."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.training.test_fit import CONFIG, made_up_page
from training.dataset import UNKNOWN, LabelledPage
from training.emissions import Blocks, gather
from training.unread import with_sure_labels

LABELS = (0, 1, 3, 5)


def pages_read_in_part(n: int) -> tuple[list[LabelledPage], np.ndarray]:
    """Made-up pages of which every second block is judged, and the labels of all blocks."""
    whole = [made_up_page(number, LABELS, html=True) for number in range(n)]
    truth = np.concatenate([page.labels for page in whole])
    pages = []
    for page in whole:
        labels = page.labels.copy()
        labels[1::2] = UNKNOWN
        pages.append(replace(page, labels=labels))
    return pages, truth


def sure(pages: list[LabelledPage]) -> tuple[Blocks, Blocks]:
    read = gather(pages, CONFIG)
    return read, with_sure_labels(read, [], CONFIG)


def test_sure_labels_are_right_and_leave_judgements_alone() -> None:
    pages, truth = pages_read_in_part(60)
    read, taught = sure(pages)
    judged = read.labels != UNKNOWN
    added = ~judged & (taught.labels != UNKNOWN)
    assert (taught.labels[judged] == read.labels[judged]).all()
    assert (taught.weights[judged] == read.weights[judged]).all()
    assert added.sum() > 20
    assert (taught.labels[added] == truth[added]).mean() > 0.95
    assert (taught.weights[added] == np.float32(CONFIG.sure_weight)).all()
    assert (taught.is_content[added] == (taught.labels[added] == 0)).all()


def test_the_main_text_stands_above_the_first_model() -> None:
    pages, truth = pages_read_in_part(60)
    n = pages[0].batch.n_blocks
    turned = replace(pages[0], main=(truth[:n] != 0).astype(np.int8))
    read, taught = sure([turned, *pages[1:]])
    assert (taught.labels[:n] == read.labels[:n]).all()


def test_nothing_is_added_where_all_blocks_are_judged_or_the_weight_is_zero() -> None:
    pages, _ = pages_read_in_part(6)
    read = gather(pages, CONFIG)
    assert with_sure_labels(read, [], replace(CONFIG, sure_weight=0.0)) is read
    whole = gather([made_up_page(number, LABELS, html=True) for number in range(6)], CONFIG)
    assert with_sure_labels(whole, [], CONFIG) is whole
