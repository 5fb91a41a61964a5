"""Labels beside the six, learnt from a few pages: see `classifier.added` for what is served.

Stage one fits the linear tables, stage two the look at the surroundings on emissions of pages that
stage one had not seen, as for the six. Both are logistic regressions of "one of these, or none", with
what the model says already as an offset and a price on every step away from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize

from classifier.added import AddedHead, AddedLabels, added_feature_names, added_features, added_log_probabilities
from classifier.model import VIEWS, SequenceModel, View
from classifier.types import N_LABELS, FloatArray, IntArray
from classifier.weights import LinearTable
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray, LabelledPage
from training.emissions import Blocks, Kind, gather

Numbers = npt.NDArray[np.float64]
Step = tuple[Numbers, Numbers]
"""What is added to weights, shape (n_features, n_added), and to a bias, shape (n_added,)."""

_RARE = -4.0
"""Log odds of a new label before anything is known of a block."""
_NEUTRAL = 5.0
"""Blocks that are thought to have been seen behind each label, with labels as often as any block has them."""


@dataclass(frozen=True, slots=True)
class AddConfig:
    """How labels beside the six are learnt.

    Parameters
    ----------
    penalty, common_penalty, names_factor, unjudged_weight, max_iterations
        See `training.adapt.AdaptConfig`.
    context_penalty
        Price of half a squared step of a weight of the look at the surroundings, for a feature of
        deviation one.
    n_folds
        Parts of the pages that stage one leaves out in turn.
    """

    penalty: float = 0.03
    common_penalty: float = 300.0
    names_factor: float = 10.0
    unjudged_weight: float = 0.1
    max_iterations: int = 100
    context_penalty: float = 1.0
    n_folds: int = 5


def fit_added(
    model: SequenceModel, pages: Sequence[LabelledPage], names: tuple[str, ...], config: AddConfig = AddConfig()
) -> AddedLabels:
    """Learn labels beside the six.

    Parameters
    ----------
    model
        The model; what it knows of added labels is where the fit begins.
    pages
        Pages as serving reads them, at least one; labels from 6 on are the added ones.
    names
        All added labels, those of the model first.
    """
    sizes = FitConfig(featurizer=model.featurizer, context=model.context)
    laid = [page for page in pages if page.batch.layout is not None]
    bare = [page for page in pages if page.batch.layout is None]
    sources = [gather(part, sizes) for part in (laid, bare) if part]
    labels = np.concatenate([blocks.labels for blocks in sources])
    sizes_of_pages = [page.batch.n_blocks for page in [*laid, *bare]]
    fold = np.repeat(np.arange(len(pages)) % config.n_folds, sizes_of_pages)
    doc_offsets = np.concatenate([[0], np.cumsum(sizes_of_pages)]).astype(np.intp)
    known, context = _widened(model, names), model.context
    n_known = len(model.added.names) if model.added else 0

    words = _Tables.of(sources, "words", known, n_known, context.near, config)
    text = words.unseen(labels, fold)
    features = np.stack([added_features(rows, doc_offsets, context) for rows in text])
    heads: dict[View, AddedHead] = {"text": _head(features, labels, known.heads["text"], n_known, config)}
    own, around = words.tables(labels)
    layout = known.layout
    if laid:
        n = len(sources[0].labels)
        elements = _Tables.of(sources[:1], "layout", known, n_known, context.near, config)
        html = np.concatenate([text[:, :n], elements.unseen(labels[:n], fold[:n])], axis=2)
        features = np.stack([added_features(rows, sources[0].doc_offsets, context) for rows in html])
        heads["html"] = _head(features, labels[:n], known.heads["html"], n_known, config)
        [layout] = elements.tables(labels[:n])
    else:  # nobody said what elements mean: the html view goes by words too
        of_names = known.heads["html"].weights[len(added_feature_names(False, context)) :]
        heads["html"] = AddedHead(np.concatenate([heads["text"].weights, of_names]), heads["text"].bias)
    chain = _chain(labels, doc_offsets, len(names), sizes.transition_strength)
    into, onward, start = (_kept(new, old, n_known) for new, old in zip(chain, _chain_of(known), strict=True))
    return AddedLabels(names, own, around, layout, {view: heads[view] for view in VIEWS}, into.T, onward, start)


def _widened(model: SequenceModel, names: tuple[str, ...]) -> AddedLabels:
    """What a model knows of added labels, with columns of nothing for those that are new to it."""
    n, known = len(names), model.added
    n_old = len(known.names) if known else 0

    def table(old: LinearTable | None, n_buckets: int, bias: float) -> LinearTable:
        weights, biases = np.zeros((n_buckets, n), np.int16), np.full(n, bias, np.float32)
        if old is not None:
            weights[:, :n_old], biases[:n_old] = old.quantised, old.bias
        return LinearTable(weights, old.scale if old else 1.0, biases)

    def head(view: View) -> AddedHead:
        n_features = len(added_feature_names(view == "html", model.context))
        weights, biases = np.zeros((n_features, n), np.float32), np.full(n, _RARE, np.float32)
        if known:
            weights[:, :n_old], biases[:n_old] = known.heads[view].weights, known.heads[view].bias
        return AddedHead(weights, biases)

    into, onward, start = np.zeros((N_LABELS + n, n)), np.zeros((n, N_LABELS)), np.zeros(n)
    if known:
        into[: N_LABELS + n_old, :n_old], onward[:n_old], start[:n_old] = known.into, known.onward, known.start
    n_text, n_layout = model.featurizer.n_text, model.featurizer.n_layout
    return AddedLabels(
        names,
        table(known.own if known else None, n_text, _RARE),
        table(known.around if known else None, n_text, 0.0),
        table(known.layout if known else None, n_layout, _RARE),
        {view: head(view) for view in VIEWS},
        into.astype(np.float32),
        onward.astype(np.float32),
        start.astype(np.float32),
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """The fit of the tables of one kind.

    Parameters
    ----------
    X
        N-grams of the blocks, those that stand in none left out. Shape (n_blocks, n_columns).
    columns
        What was kept of the features. Shape (n_columns,).
    n_own
        How many of the columns are of a block's own words; the others are of its neighbours'.
    weights, bias
        Where the fit begins, all features in it. Shapes (n_features, n_added) and (n_added,).
    price
        Of each column. Shape (n_columns,).
    n_known
        Labels the model knew before.
    """

    X: sp.csr_matrix
    columns: IntArray
    n_own: int
    weights: Numbers
    bias: Numbers
    price: Numbers
    n_known: int
    kind: Kind
    config: AddConfig

    @classmethod
    def of(
        cls,
        sources: Sequence[Blocks],
        kind: Kind,
        known: AddedLabels,
        n_known: int,
        near: int,
        config: AddConfig,
    ) -> _Tables:
        parts = [blocks.matrix(kind, np.arange(len(blocks.labels)), near) for blocks in sources]
        X = sp.vstack([part for part in parts if part is not None], format="csr", dtype=np.float64)
        columns = np.unique(X.indices).astype(np.intp)
        X = X[:, columns]
        tables = [known.own, known.around] if kind == "words" else [known.layout]
        weights = np.concatenate([table.quantised * np.float64(table.scale) for table in tables])
        n_own = int(np.searchsorted(columns, len(known.own.quantised))) if kind == "words" else len(columns)
        share = np.bincount(X.indices, minlength=len(columns)) / max(X.shape[0], 1)
        least = config.penalty * (config.names_factor if kind == "layout" else 1)
        price = least * (1 + config.common_penalty * share)
        return cls(X, columns, n_own, weights, tables[0].bias.astype(np.float64), price, n_known, kind, config)

    def _step(self, labels: LabelArray, rows: IntArray) -> Step:
        X = self.X[rows]
        before = X @ self.weights[self.columns] + self.bias
        return _fitted(X, before, labels[rows], self.price, self.n_known, self.config)

    def unseen(self, labels: LabelArray, fold: IntArray) -> FloatArray:
        """What tables that were fitted without a block's fold say of it.

        Returns
        -------
        Log probabilities, shape (n_added, n_blocks, 2) by words and by own words, or (n_added, n_blocks, 1).
        """
        n_parts = 2 if self.kind == "words" else 1
        result = np.zeros((len(self.bias), len(labels), n_parts), np.float32)
        for held in np.unique(fold):
            seen = np.flatnonzero(fold != held)  # of a single page nothing can be left out
            step, bias_step = self._step(labels, seen if len(seen) else np.arange(len(labels)))
            weights, bias = self.weights[self.columns] + step, self.bias + bias_step
            rows = np.flatnonzero(fold == held)
            logits = [self.X[rows] @ weights + bias]
            if self.kind == "words":
                logits.append(self.X[rows][:, : self.n_own] @ weights[: self.n_own] + bias)
            for part, found in enumerate(logits):
                result[:, rows, part] = added_log_probabilities(found)[:, 1:].T
        return result

    def tables(self, labels: LabelArray) -> list[LinearTable]:
        """Tables fitted on everything."""
        step, bias_step = self._step(labels, np.arange(len(labels)))
        weights, bias = self.weights.copy(), self.bias + bias_step
        weights[self.columns] += step
        if self.kind == "layout":
            return [LinearTable.from_float(weights, bias)]
        own, around = np.split(weights, 2)
        return [LinearTable.from_float(own, bias), LinearTable.from_float(around, np.zeros_like(bias))]


def _head(features: FloatArray, labels: LabelArray, known: AddedHead, n_known: int, config: AddConfig) -> AddedHead:
    """The look at the surroundings. ``features`` has the shape (n_added, n_blocks, n_features)."""
    before = known.logits(features).astype(np.float64)
    mean, deviation = features.mean(axis=1, dtype=np.float64), features.std(axis=1, dtype=np.float64) + 1
    mean[:n_known] = 0  # the bias of a label that was known stays
    Z = (features - mean[:, None]) / deviation[:, None]
    price = np.full(features.shape[2], config.context_penalty)
    step, bias = _fitted(Z, before, labels, price, n_known, config)
    step = step / deviation.T
    weights = known.weights + step
    return AddedHead(weights.astype(np.float32), (known.bias + bias - (mean.T * step).sum(axis=0)).astype(np.float32))


def _fitted(
    X: sp.csr_matrix | Numbers, before: Numbers, labels: LabelArray, price: Numbers, n_known: int, config: AddConfig
) -> Step:
    """Logistic regression of "one of the added labels, or none" with an offset.

    Parameters
    ----------
    X
        Features, shape (n_blocks, n_features), or those of each label, shape (n_added, n_blocks, n_features).
    before
        Log odds that the model gives already, shape (n_blocks, n_added).
    price
        Of half a squared step of a weight, shape (n_features,).
    n_known
        Labels the model knew: their bias stays, that of new ones is free.
    """
    n_added = before.shape[1]
    judged = labels != UNKNOWN
    shares = np.exp(added_log_probabilities(before)).astype(np.float64)
    shares[judged] = np.eye(1 + n_added)[np.maximum(labels[judged].astype(np.intp) - N_LABELS + 1, 0)]
    trust = np.where(judged, 1.0, config.unjudged_weight)
    n_features, free = len(price), np.arange(n_added) >= n_known

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        steps = flat.reshape(n_features + 1, n_added)
        logits = before + _product(X, steps[:-1]) + steps[-1]
        logs = _with_none(logits)
        slopes = trust[:, None] * (np.exp(logs) - shares)[:, 1:]
        value = -(trust[:, None] * shares * logs).sum() + (price[:, None] * steps[:-1] ** 2).sum() / 2
        of_weights = _product_back(X, slopes) + price[:, None] * steps[:-1]
        return value, np.concatenate([of_weights, (slopes.sum(axis=0) * free)[None]]).ravel()

    start = np.zeros((n_features + 1) * n_added)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": config.max_iterations})
    steps = found.x.reshape(n_features + 1, n_added)
    return steps[:-1], steps[-1]


def _with_none(logits: Numbers) -> Numbers:
    """Log probabilities of none and each added label. Shape (n_blocks, 1 + n_added)."""
    full = np.concatenate([np.zeros((len(logits), 1)), logits], axis=1)
    return np.asarray(full - np.logaddexp.reduce(full, axis=1, keepdims=True))


def _product(X: sp.csr_matrix | Numbers, weights: Numbers) -> Numbers:
    if X.ndim == 2:
        return np.asarray(X @ weights)
    return np.stack([x @ w for x, w in zip(X, weights.T, strict=True)], axis=1)


def _product_back(X: sp.csr_matrix | Numbers, slopes: Numbers) -> Numbers:
    if X.ndim == 2:
        return np.asarray(X.T @ slopes)
    return np.stack([x.T @ s for x, s in zip(X, slopes.T, strict=True)], axis=1)


def _chain(
    labels: LabelArray, doc_offsets: IntArray, n_added: int, strength: float
) -> tuple[Numbers, Numbers, Numbers]:
    """Log scores of the label chain into, onward from and at the start of added labels, as `label_transitions` has it.

    Few pages show few pairs: what they do not show is neither likely nor unlikely.

    Returns
    -------
    Shapes (n_added, n_labels), (n_added, 6) and (n_added,).
    """
    n = N_LABELS + n_added
    starts = np.zeros(len(labels) + 1, bool)
    starts[doc_offsets] = True
    counts = np.zeros((n + 1, n))  # the last row: a document begins
    before, after = labels[:-1], labels[1:]
    pairs = (before != UNKNOWN) & (after != UNKNOWN) & ~starts[1:-1]
    np.add.at(counts, (before[pairs], after[pairs]), 1)
    first = labels[np.flatnonzero(starts[:-1])]
    np.add.at(counts[n], first[first != UNKNOWN], 1)
    prior = np.bincount(labels[labels != UNKNOWN], minlength=n) + 1.0
    prior /= prior.sum()
    share = (counts + _NEUTRAL * prior) / (counts.sum(axis=1, keepdims=True) + _NEUTRAL)
    scores = strength * np.log(share / prior)
    return scores[:n, N_LABELS:].T, scores[N_LABELS:n, :N_LABELS], scores[n, N_LABELS:]


def _chain_of(known: AddedLabels) -> tuple[Numbers, Numbers, Numbers]:
    return known.into.T.astype(np.float64), known.onward.astype(np.float64), known.start.astype(np.float64)


def _kept(new: Numbers, old: Numbers, n_known: int) -> FloatArray:
    """Rows of labels that the model knew stay as they were."""
    return np.concatenate([old[:n_known], new[n_known:]]).astype(np.float32)


def only_the_six(page: LabelledPage) -> LabelledPage:
    """A page on which blocks of added labels count as not judged: of the six they say nothing."""
    return replace(page, labels=np.where(page.labels >= N_LABELS, UNKNOWN, page.labels).astype(np.int8))
