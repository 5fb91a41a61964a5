"""From labelled pages to a model, in two cross-fitted stages.

Stage one fits the linear tables, stage two the context step on emissions that stage one gave for
pages it had not seen (stacking, Wolpert 1992): trained on emissions of known pages, the context
step would learn to trust them more than it may.

Both stages factor a label into "content or not", on which a corpus with main text has a word for
every block of a page, and "which of the others", on which only judged blocks have.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from classifier.calibration import Calibration
from classifier.model import VIEWS, SequenceModel, View
from training.compose import compose
from training.config import FitConfig
from training.dataset import LabelArray, LabelledPage
from training.emissions import Blocks, cross_fitted, fit_tables, gather, gather_phrases, quantised
from training.excerpts import excerpts, extracted, paired
from training.heads import fit_head
from training.words import word_vectors

Progress = Callable[[str], None]


def fit(
    pages: Sequence[LabelledPage],
    phrases: tuple[Sequence[str], LabelArray] = ((), np.zeros(0, np.int8)),
    config: FitConfig = FitConfig(),
    progress: Progress = lambda stage: None,
) -> SequenceModel:
    """Fit a model.

    Parameters
    ----------
    pages
        Pages with what is known of their blocks; those with layout teach both views, others the text view.
    phrases
        Short texts with their labels, each a document of one block; they teach the text tables only.
    config
        Sizes and strengths.
    progress
        Is told the name of each stage as it begins.
    """
    started = time.perf_counter()

    def stage(name: str) -> None:
        progress(f"{time.perf_counter() - started:6.1f} s  {name}")

    stage(f"features of {len(pages)} pages")
    whole, parts = _sources(pages, config)
    stage("vectors of words")
    own = [page.batch.text for page in pages] + [_lines(phrases[0])]
    n_dims = config.n_word_dims
    words = word_vectors(own, config.featurizer, n_dims, config.word_scale) if n_dims else None
    stage(f"linear tables, {config.n_folds} times without a fold and once on all")
    tables = fit_tables([*whole, gather_phrases(*phrases, config)], words, config)
    stage("emissions of unseen pages")
    emitted = [(blocks, cross_fitted(blocks, tables, config)) for blocks in (*whole, *parts)]
    heads = {}
    for view in VIEWS:
        stage(f"context step of the {view} view")
        heads[view] = fit_head(view, emitted, config)
    stage("done")
    served = quantised(tables)
    return SequenceModel(
        config.featurizer,
        config.context,
        own=served["own"],
        around=served["around"],
        layout=served["layout"],
        heads=heads,
        calibration=Calibration(),
    )


def _sources(pages: Sequence[LabelledPage], config: FitConfig) -> tuple[list[Blocks], list[Blocks]]:
    """Blocks of whole pages, which teach everything, and of parts of them, which teach the context step alone."""
    real = [page for page in pages if page.batch.layout is not None and not page.invented_markup]
    invented = [page for page in pages if page.invented_markup]
    bare = [page for page in pages if page.batch.layout is None]
    laid_out = [replace(page, batch=page.html_batch) for page in pages if page.html_batch is not None]
    composed = compose(pages, config)
    views: tuple[View, ...] = VIEWS if real or invented or laid_out else ("text",)
    whole = [
        gather(real, config),
        gather(invented, config, weight=config.invented_weight),
        gather(bare, config, ("text",)),
        gather(laid_out, config, ("html",)),
        gather(composed, config, ("text",), config.composed_weight),
    ]
    parts = [
        gather([*excerpts(pages, config), *paired(pages, config)], config, views, config.excerpt_weight),
        gather([*excerpts(composed, config)], config, ("text",), config.composed_weight),
        gather([*extracted(pages, config)], config, ("text",), config.composed_weight),
    ]
    return [blocks for blocks in whole if len(blocks.labels)], [blocks for blocks in parts if len(blocks.labels)]


def _lines(texts: Sequence[str]) -> bytes:
    return ("\n" + "".join(f"{' '.join(text.split())}\n" for text in texts)).encode()
