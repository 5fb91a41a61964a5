"""Stage one: linear tables on hashed features, and what each says of pages it was not fitted on."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from classifier.features import BlockFeaturizer
from classifier.model import VIEWS, View, log_probabilities
from classifier.segment import segment_blocks
from classifier.types import LABELS, FloatArray, IntArray
from classifier.weights import LinearTable
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of
from training.matrices import layout_matrix, neighbour_matrix, text_matrix
from training.words import WordVectors

N_LABELS = len(LABELS)
_ABSENT = -8.0
"""Bias of a label that the data does not hold."""

Kind = Literal["words", "layout"]
KINDS: tuple[Kind, ...] = ("words", "layout")
"""Words of a block and of its neighbours; names of its elements."""

Emission = Literal["words", "layout", "own"]
"""What emissions go by; ``own``: the words of a block, by the table that was fitted with its neighbours' beside it."""

Linear = tuple[FloatArray, FloatArray]
"""Coefficients, shape (n_features, n_labels), and intercepts, shape (n_labels,)."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """Blocks of many pages, as training sees them; all arrays have one row a block.

    Parameters
    ----------
    text, layout
        Scaled counts of n-grams; ``layout`` is None for pages without it.
    dense, group, doc_offsets
        As in `FeatureMatrix`.
    labels
        Judged label or ``UNKNOWN``.
    is_content
        1, 0, or ``UNKNOWN`` where neither a judgement nor main text tells.
    weights
        Weight in fitting.
    fold
        Fold of the page's domain.
    views
        Views whose context step learns from the pages.
    """

    text: sp.csr_matrix
    layout: sp.csr_matrix | None
    dense: FloatArray
    group: IntArray | None
    doc_offsets: IntArray
    labels: LabelArray
    is_content: LabelArray
    weights: FloatArray
    fold: IntArray
    views: tuple[View, ...] = VIEWS

    def matrix(self, kind: Kind, rows: IntArray, near: int) -> sp.csr_matrix | None:
        """Features of some blocks that the tables of one kind are fitted on; None where there are none."""
        if kind == "layout":
            return None if self.layout is None else self.layout[rows]
        neighbours = neighbour_matrix(self.doc_offsets, near)[rows] @ self.text
        return sp.hstack([self.text[rows], neighbours], format="csr")


def gather(
    pages: Sequence[LabelledPage], config: FitConfig, views: tuple[View, ...] = VIEWS, weight: float = 1.0
) -> Blocks:
    """Features and targets of the blocks of some pages, all of them with layout or all without.

    ``weight`` is that of a judged block.
    """
    featurizer = BlockFeaturizer(config.featurizer)
    n_text, n_layout = config.featurizer.n_text, config.featurizer.n_layout
    text, layout, dense, group, n_groups = [], [], [], [], 0
    for page in pages:
        X = featurizer.transform(page.batch)
        text.append(text_matrix(X.text, n_text))
        dense.append(X.dense)
        if X.layout is not None and X.group is not None:
            layout.append(layout_matrix(X.layout, n_layout))
            group.append(X.group + n_groups)
            n_groups += int(X.group.max(initial=-1)) + 1
    sizes = [page.batch.n_blocks for page in pages]
    labels = np.concatenate([page.labels for page in pages] or [np.zeros(0, np.int8)])
    main = np.concatenate([page.main for page in pages] or [np.zeros(0, np.int8)])
    judged = labels != UNKNOWN
    return Blocks(
        text=sp.vstack(text, format="csr") if text else sp.csr_matrix((0, n_text), dtype=np.float32),
        layout=sp.vstack(layout, format="csr") if layout else None,
        dense=np.concatenate(dense) if dense else np.zeros((0, 0), np.float32),
        group=np.concatenate(group) if group else None,
        doc_offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
        labels=labels,
        is_content=np.where(judged, labels == 0, main).astype(np.int8),
        weights=(np.where(judged, 1, config.main_weight) * weight).astype(np.float32),
        fold=np.repeat([fold_of(page.domain, config.n_folds) for page in pages], sizes).astype(np.intp),
        views=views,
    )


def gather_phrases(texts: Sequence[str], labels: LabelArray, config: FitConfig) -> Blocks:
    """Typed phrases, each a page of one block that every fold may learn from."""
    X = BlockFeaturizer(config.featurizer).transform(segment_blocks([[text] for text in texts]))
    n = len(labels)
    return Blocks(
        text=text_matrix(X.text, config.featurizer.n_text),
        layout=None,
        dense=X.dense,
        group=None,
        doc_offsets=np.arange(n + 1),
        labels=labels,
        is_content=(labels == 0).astype(np.int8),
        weights=np.full(n, config.phrase_weight, np.float32),
        fold=np.full(n, -1),
        views=("text",),
    )


def fit_tables(
    sources: Sequence[Blocks], words: WordVectors | None, config: FitConfig
) -> dict[tuple[Kind, int | None], Linear]:
    """Fit the tables of each kind, once without each fold, and once (None) on everything."""
    jobs = [(kind, fold) for fold in (*range(config.n_folds), None) for kind in KINDS]
    fitted = Parallel(config.n_jobs, max_nbytes=None, pre_dispatch=config.n_jobs)(
        _table_jobs(sources, jobs, words, config)
    )
    return {job: folded(job[0], linear, words, config) for job, linear in zip(jobs, fitted, strict=True)}


def _table_jobs(
    sources: Sequence[Blocks], jobs: Sequence[tuple[Kind, int | None]], words: WordVectors | None, config: FitConfig
) -> Iterator[object]:
    for kind, fold in jobs:  # nothing of a job is kept here: its matrix takes a gigabyte
        yield delayed(_fit_linear)(*_table_data(sources, kind, fold, words, config), config)


def _table_data(
    sources: Sequence[Blocks], kind: Kind, fold: int | None, words: WordVectors | None, config: FitConfig
) -> tuple[sp.csr_matrix, LabelArray, LabelArray, FloatArray]:
    """Features, labels, content or not, and weights of the blocks that one table is fitted on."""
    draw = np.random.default_rng(config.seed)
    n_features = config.featurizer.n_layout if kind == "layout" else 2 * config.featurizer.n_text
    matrices = [sp.csr_matrix((0, n_features), dtype=np.float32)]
    labels, is_content, weights = [np.zeros(0, np.int8)], [np.zeros(0, np.int8)], [np.zeros(0, np.float32)]
    for blocks in sources:
        if kind != "layout" and "text" not in blocks.views:
            continue
        used = (blocks.is_content != UNKNOWN) & (blocks.fold != fold)
        scale = np.ones(len(used), np.float32)
        if kind != "layout":  # rows of words are long: a part of those nobody judged must do
            unjudged = blocks.labels == UNKNOWN
            used &= ~unjudged | (draw.random(len(used)) < config.unjudged_share)
            scale[unjudged] = 1 / config.unjudged_share
        rows = np.flatnonzero(used)
        matrix = blocks.matrix(kind, rows, config.context.near)
        if matrix is not None and len(rows):
            matrices.append(matrix)
            labels.append(blocks.labels[rows])
            is_content.append(blocks.is_content[rows])
            weights.append(blocks.weights[rows] * scale[rows])
    X = sp.vstack(matrices, format="csr")
    matrices.clear()
    if kind != "layout" and words is not None:
        X = with_meaning(X, words, config)
    return X, np.concatenate(labels), np.concatenate(is_content), np.concatenate(weights)


def with_meaning(X: sp.csr_matrix, words: WordVectors, config: FitConfig) -> sp.csr_matrix:
    """Features of a block's words and its neighbours', and beside them the sums of the words' vectors."""
    n = config.featurizer.n_text
    sums = [X[:, at : at + len(words)] @ words for at in range(0, X.shape[1], n)]
    return sp.hstack([X, *map(sp.csr_matrix, sums)], format="csr")


def folded(kind: Kind, linear: Linear, words: WordVectors | None, config: FitConfig) -> Linear:
    """One weight a bucket: its own and what its word's vector gives."""
    coefficients, bias = linear
    if kind == "layout" or words is None:
        return linear
    n = 2 * config.featurizer.n_text
    own, of_meaning = coefficients[:n], coefficients[n:]
    for part, weights in zip(np.split(own, 2), np.split(of_meaning, 2), strict=True):
        part[: len(words)] += words @ weights
    return own, bias


def _fit_linear(
    X: sp.csr_matrix, labels: LabelArray, is_content: LabelArray, weights: FloatArray, config: FitConfig
) -> Linear:
    """Both factors of one table; factors the data says nothing of stay zero."""
    coefficients, bias = np.zeros((X.shape[1], N_LABELS), np.float32), np.zeros(N_LABELS, np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        if len(np.unique(is_content)) == 2:
            model = LogisticRegression(C=config.C_content, max_iter=config.max_iter)
            model.fit(X, is_content, sample_weight=weights)
            coefficients[:, 0], bias[0] = model.coef_[0], model.intercept_[0]
        elif len(is_content):
            bias[0] = -_ABSENT if is_content[0] else _ABSENT
        other = labels > 0
        classes = np.unique(labels[other]).astype(int)
        bias[1:] = np.where(np.isin(np.arange(1, N_LABELS), classes), 0, _ABSENT)
        if len(classes) >= 2:
            model = LogisticRegression(C=config.C_other, max_iter=config.max_iter)
            model.fit(X[other], labels[other], sample_weight=weights[other])
            two = len(classes) == 2  # scikit-learn then keeps one row, the odds of the second
            coefficients[:, classes] = (np.stack([-model.coef_[0], model.coef_[0]]) / 2 if two else model.coef_).T
            bias[classes] = np.stack([-model.intercept_[0], model.intercept_[0]]) / 2 if two else model.intercept_
    return coefficients, bias


def cross_fitted(
    blocks: Blocks, tables: dict[tuple[Kind, int | None], Linear], config: FitConfig
) -> dict[Emission, FloatArray]:
    """Emissions of every block by the tables that were fitted without its fold. Each of shape (n_blocks, n_labels)."""
    kinds: tuple[Emission, ...] = ("words", "own") if blocks.layout is None else ("words", "own", "layout")
    result = {kind: np.zeros((len(blocks.labels), N_LABELS), np.float32) for kind in kinds}
    for fold in range(config.n_folds):
        rows = np.flatnonzero(blocks.fold == fold)
        for kind in KINDS:
            matrix = blocks.matrix(kind, rows, config.context.near)
            if matrix is None:
                continue
            coefficients, bias = tables[kind, fold]
            result[kind][rows] = log_probabilities(np.asarray(matrix @ coefficients + bias, np.float32))
            if kind == "words":
                alone = blocks.text[rows] @ coefficients[: config.featurizer.n_text] + bias
                result["own"][rows] = log_probabilities(np.asarray(alone, np.float32))
    return result


def quantised(tables: dict[tuple[Kind, int | None], Linear]) -> dict[str, LinearTable]:
    """The tables fitted on everything, as they are served."""
    words, bias = tables["words", None]
    own, around = np.split(words, 2)
    return {
        "own": LinearTable.from_float(own, bias),
        "around": LinearTable.from_float(around, np.zeros(N_LABELS, np.float32)),
        "layout": LinearTable.from_float(*tables["layout", None]),
    }
