"""Labels for blocks that nobody read: what a model of the read ones is sure of.

Self-training (Yarowsky 1995; Lee 2013, "pseudo-label"): pages are read in windows, so that most of
their blocks teach the linear tables at most "content or not". A first model, both stages of it, says
what it is sure of there, and the tables are fitted again with that; the context step is not, for it
would be told its own opinion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from classifier.model import log_probabilities
from classifier.types import LABELS
from training.config import FitConfig
from training.dataset import UNKNOWN
from training.emissions import Blocks, cross_fitted, fit_tables
from training.heads import teacher_logits

_FOLDS = 3
_CONTENT, _BOILERPLATE = 0, len(LABELS) - 1


def with_sure_labels(read: Blocks, others: Sequence[Blocks], config: FitConfig) -> Blocks:
    """Blocks of pages with layout, with labels where nobody judged and a first model is sure.

    Parameters
    ----------
    read
        Blocks of real pages, some of them judged.
    others
        What the first model also learns from.
    """
    unread = read.labels == UNKNOWN
    if not unread.any() or not config.sure_weight:
        return read
    first = replace(config, n_folds=min(config.n_folds, _FOLDS), n_members=1, max_iter=config.max_iter // 2)
    n_folds = first.n_folds  # blocks of no fold stay so
    learnt = [replace(part, fold=np.where(part.fold < 0, part.fold, part.fold % n_folds)) for part in (read, *others)]
    tables = fit_tables(learnt, None, first, served=False)
    emitted = [(blocks, cross_fitted(blocks, tables, first)) for blocks in learnt if "html" in blocks.views]
    probabilities = np.exp(log_probabilities(teacher_logits("html", emitted, first)[: len(unread)]))
    likeliest, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    is_nag = (likeliest != _CONTENT) & (likeliest != _BOILERPLATE)
    # nags are rare, and of the others a part says as much as all
    drawn = np.random.default_rng(config.seed).random(len(unread)) < config.unjudged_share
    sure = np.where(is_nag, sureness > config.sure_nag, drawn & (sureness > config.sure_other))
    # what the page's main text says of a block stands above it
    agrees = (read.is_content == UNKNOWN) | ((likeliest == _CONTENT) == (read.is_content == 1))
    rows = np.flatnonzero(unread & sure & agrees)
    labels, is_content, weights = read.labels.copy(), read.is_content.copy(), read.weights.copy()
    labels[rows] = likeliest[rows]
    is_content[rows] = likeliest[rows] == _CONTENT
    weights[rows] = config.sure_weight
    return replace(read, labels=labels, is_content=is_content, weights=weights)
