"""The model: linear emissions, a context step over neighbours, and the best label sequence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.calibration import Calibration
from classifier.context import ContextConfig, context_features, near_sums
from classifier.features import FeatureMatrix, FeaturizerConfig, Grams, LayoutGrams
from classifier.types import VIEWS as VIEWS
from classifier.types import FloatArray
from classifier.types import View as View
from classifier.viterbi import marginals, viterbi
from classifier.weights import LinearTable

_LOWEST_LOG = -13.8
"""Log probabilities are not told apart below one in a million."""
_PRODUCT_ROWS = 1024
"""Rows of one matrix product; products are taken in float64, for in float32 a block's result depends on its row."""


@dataclass(frozen=True, slots=True)
class ContextHead:
    """One hidden layer over context features, and the label chain above it, for one view.

    Parameters
    ----------
    hidden, hidden_bias
        First layer, float32, shapes (n_context, n_hidden) and (n_hidden,); standardisation of the
        features is folded in.
    output, output_bias
        Second layer, shapes (n_hidden, n_labels) and (n_labels,).
    transitions, start
        Log scores of the chain, shapes (n_labels, n_labels) and (n_labels,).
    offsets
        Added to the scores before the best sequence is sought: what balances precision and recall.
        Marginals do without. Shape (n_labels,).
    """

    hidden: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    output_bias: FloatArray
    transitions: FloatArray
    start: FloatArray
    offsets: FloatArray

    def logits(self, features: FloatArray) -> FloatArray:
        """Factored logits, see `log_probabilities`. Shape (n_blocks, n_labels)."""
        hidden, output = self.hidden.astype(np.float64), self.output.astype(np.float64)
        logits = np.empty((len(features), output.shape[1]), np.float32)
        for start in range(0, len(features), _PRODUCT_ROWS):
            rows = slice(start, start + _PRODUCT_ROWS)
            activity = features[rows].astype(np.float64) @ hidden
            activity += self.hidden_bias
            np.maximum(activity, 0, out=activity)
            logits[rows] = activity @ output + self.output_bias
        return logits


@dataclass(frozen=True, slots=True)
class SequenceModel:
    """Labels the blocks of documents.

    Parameters
    ----------
    featurizer
        Sizes of the feature hashing that the tables were trained with.
    context
        How far the context step looks.
    text, layout
        Linear tables over the n-grams of a block's words, and of the names of its elements.
    near_own, near_around
        Linear tables that together judge a block by its words and those of its neighbours: what a
        word says of its own block, and of the blocks around it.
    heads
        The context step of each view: pages with layout, and bare text.
    calibration
        What held-out pages say of the scores; an empty one changes nothing.
    """

    featurizer: FeaturizerConfig
    context: ContextConfig
    text: LinearTable
    near_own: LinearTable
    near_around: LinearTable
    layout: LinearTable
    heads: Mapping[View, ContextHead]
    calibration: Calibration = Calibration()

    def emissions(self, X: FeatureMatrix) -> FloatArray:
        """What each block says by itself.

        Returns
        -------
        Log probabilities by a block's own words, and by them and its neighbours' words, and with
        layout those by the names of its elements. Shape (n_blocks, 2 * n_labels) or (n_blocks, 3 * n_labels).
        """
        parts = [
            text_emissions(self.text, X.text),
            near_emissions(self.near_own, self.near_around, X, self.context.near),
        ]
        if X.layout is not None:
            parts.append(layout_emissions(self.layout, X.layout))
        return np.concatenate(parts, axis=1)

    def features(self, X: FeatureMatrix) -> FloatArray:
        """Input of the context step. Shape (n_blocks, n_context)."""
        return context_features(self.emissions(X), X.dense, X.doc_offsets, X.group, self.context)

    def head(self, X: FeatureMatrix) -> ContextHead:
        return self.heads[_view(X)]

    def scores(self, X: FeatureMatrix) -> FloatArray:
        """Log probabilities of each label in context, before decoding. Shape (n_blocks, n_labels)."""
        return log_probabilities(self.head(X).logits(self.features(X)))

    def decode(self, X: FeatureMatrix, scores: FloatArray) -> npt.NDArray[np.int8]:
        """Best label sequence of each document. Shape (n_blocks,)."""
        head = self.head(X)
        return viterbi(scores + head.offsets, head.transitions, head.start, X.doc_offsets)

    def marginals(self, X: FeatureMatrix, scores: FloatArray) -> FloatArray:
        """Probability of each label, calibrated. Shape (n_blocks, n_labels), rows sum to one."""
        head = self.head(X)
        beliefs = marginals(scores, head.transitions, head.start, X.doc_offsets)
        return self.calibration.apply(beliefs, _view(X))

    def predict(self, X: FeatureMatrix) -> tuple[npt.NDArray[np.int8], FloatArray]:
        """Labels, shape (n_blocks,), and label probabilities, shape (n_blocks, n_labels)."""
        scores = self.scores(X)
        return self.decode(X, scores), self.marginals(X, scores)


def _view(X: FeatureMatrix) -> View:
    return "text" if X.layout is None else "html"


def gram_scale(grams: Grams) -> FloatArray:
    """What each line's summed weights are multiplied by: long lines must not shout. Shape (n_lines,)."""
    return np.asarray(1 / np.sqrt(np.maximum(np.diff(grams.offsets), 1)), np.float32)


def layout_scale(layout: LayoutGrams) -> FloatArray:
    """The same over all names of a block's ancestors. Shape (n_blocks,)."""
    n_tokens = np.zeros(layout.ancestors.shape[1])
    for group, grams in enumerate(layout.grams):
        lengths = np.append(np.diff(grams.offsets), 0)
        n_tokens += lengths[layout.levels(group)].sum(axis=0)
    return np.asarray(1 / np.sqrt(np.maximum(n_tokens, 1)), np.float32)


def text_emissions(table: LinearTable, grams: Grams) -> FloatArray:
    """Log probabilities by a block's words. Shape (n_blocks, n_labels)."""
    return log_probabilities(table.sums(grams) * gram_scale(grams)[:, None] + table.bias)


def near_emissions(own: LinearTable, around: LinearTable, X: FeatureMatrix, near: int) -> FloatArray:
    """Log probabilities by a block's words and those of its neighbours. Shape (n_blocks, n_labels)."""
    scale = gram_scale(X.text)[:, None]
    neighbours = near_sums(around.sums(X.text) * scale, X.doc_offsets, near)
    return log_probabilities(own.sums(X.text) * scale + neighbours + own.bias)


def layout_emissions(table: LinearTable, layout: LayoutGrams) -> FloatArray:
    """Log probabilities by the names of a block's ancestors. Shape (n_blocks, n_labels)."""
    totals = np.zeros((layout.ancestors.shape[1], table.quantised.shape[1]), np.float32)
    for group, grams in enumerate(layout.grams):
        sums = table.sums(grams)
        sums = np.concatenate([sums, np.zeros((1, sums.shape[1]), np.float32)])  # -1: beyond the root
        for ancestors in layout.levels(group):
            totals += sums[ancestors]
    return log_probabilities(totals * layout_scale(layout)[:, None] + table.bias)


def log_probabilities(logits: FloatArray) -> FloatArray:
    """Log probabilities of all labels from factored logits.

    The first column decides between content and the rest, the others which of the rest it is: a
    corpus may know one without the other.

    Parameters
    ----------
    logits
        Shape (n_blocks, n_labels).

    Returns
    -------
    Same shape; not below one in a million.
    """
    content = logits[:, :1]
    rest = logits[:, 1:] - logits[:, 1:].max(axis=1, keepdims=True)
    rest -= np.log(np.exp(rest).sum(axis=1, keepdims=True))
    softplus = np.logaddexp(np.float32(0), content)
    result = np.concatenate([content - softplus, rest - softplus], axis=1)
    return np.asarray(np.maximum(result, np.float32(_LOWEST_LOG)), np.float32)
