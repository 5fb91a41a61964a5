"""The model: linear emissions, a context step over neighbours, and the best label sequence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifier.added import AddedLabels
from classifier.calibration import Calibration
from classifier.context import ContextConfig, context_features, dense_units, near_sums
from classifier.features import FeatureMatrix, FeaturizerConfig, LayoutGrams
from classifier.types import LABELS, FloatArray
from classifier.types import VIEWS as VIEWS
from classifier.types import View as View
from classifier.viterbi import Chain, Windows, marginals, viterbi
from classifier.weights import LinearTable, PackedTables, gram_scale, layout_sums

_LOWEST_LOG = -13.8
"""Log probabilities are not told apart below one in a million."""
_PRODUCT_BLOCKS = 512
"""Blocks of one matrix product: what stays in the cache."""
EXACT_LIMIT = 2**24
"""Whole numbers up to this are exact in float32."""


@dataclass(frozen=True, slots=True)
class ContextHead:
    """One hidden layer over context features, and the label chain above it, for one view.

    The first layer has whole weights and sums whole numbers, all below ``EXACT_LIMIT``: a product in
    float32 is exact, so that a block's result does not depend on its place in the batch.

    Parameters
    ----------
    dense_shift, dense_scale
        Make whole numbers of the dense features, see `context.dense_units`. Float32, shape (n_dense,).
    hidden
        First layer, int16, shape (n_context, n_hidden).
    hidden_scale, hidden_bias
        What a unit's sum is multiplied by, and what is then added, float32, shape (n_hidden,).
    output, output_bias
        Second layer, float32, shapes (n_hidden, n_labels) and (n_labels,).
    transitions, start
        Log scores of the chain, float32, shapes (n_labels, n_labels) and (n_labels,).

    Both layers are laid out once as they are multiplied.
    """

    dense_shift: FloatArray
    dense_scale: FloatArray
    hidden: npt.NDArray[np.int16]
    hidden_scale: FloatArray
    hidden_bias: FloatArray
    output: FloatArray
    output_bias: FloatArray
    transitions: FloatArray
    start: FloatArray
    _hidden: FloatArray = field(init=False, repr=False, compare=False)
    _output: npt.NDArray[np.float64] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n_hidden, n_labels = self.output.shape
        # products of eight rows take less time than those of six
        output = np.zeros((-(-n_labels // 8) * 8, n_hidden))
        output[:n_labels] = self.output.T
        object.__setattr__(self, "_hidden", self.hidden.T.astype(np.float32))
        object.__setattr__(self, "_output", output)

    def logits(self, features: FloatArray) -> FloatArray:
        """Factored logits, see `log_probabilities`. Shape (n_blocks, n_labels)."""
        scale, bias, output_bias = self.hidden_scale[:, None], self.hidden_bias[:, None], self.output_bias[:, None]
        columns, n_labels = features.T, self.output.shape[1]
        logits = np.empty((n_labels, columns.shape[1]), np.float32)
        # of two rows the larger is found faster than of a row and a number
        zeros = np.zeros(_PRODUCT_BLOCKS, np.float32)
        for start in range(0, columns.shape[1], _PRODUCT_BLOCKS):
            blocks = slice(start, start + _PRODUCT_BLOCKS)
            activity = self._hidden @ columns[:, blocks]
            activity *= scale
            activity += bias
            np.maximum(activity, zeros[: activity.shape[1]], out=activity)
            # in float64 a sum's rounding to float32 does not show the order it was taken in
            logits[:, blocks] = (self._output @ activity.astype(np.float64))[:n_labels] + output_bias
        return logits.T


@dataclass(frozen=True, slots=True)
class SequenceModel:
    """Labels the blocks of documents.

    Parameters
    ----------
    featurizer
        Sizes of the feature hashing that the tables were trained with.
    context
        How far the context step looks.
    own, around
        Linear tables that together judge a block by its words and those of its neighbours: what an
        n-gram says of its own block, and of the blocks around it.
    layout
        Linear table over the names of a block's elements.
    heads
        The context step of each view: pages with layout, and bare text.
    calibration
        What held-out pages say of the scores; an empty one changes nothing.
    added
        Labels beside the six; None where there are none.
    """

    featurizer: FeaturizerConfig
    context: ContextConfig
    own: LinearTable
    around: LinearTable
    layout: LinearTable
    heads: Mapping[View, ContextHead]
    calibration: Calibration = Calibration()
    added: AddedLabels | None = None
    _words: PackedTables = field(init=False, repr=False, compare=False)
    _names: PackedTables = field(init=False, repr=False, compare=False)
    _chains: Mapping[View, Chain] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_words", PackedTables.of([self.own, self.around]))
        object.__setattr__(self, "_names", PackedTables.of([self.layout]))
        object.__setattr__(self, "_chains", {view: Chain.of(*self.chain(view)) for view in self.heads})

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns: the six, and behind them the added ones."""
        return LABELS if self.added is None else LABELS + self.added.names

    def emissions(self, X: FeatureMatrix) -> FloatArray:
        """What a block's words and those of its neighbours say together, its elements, and its own words alone.

        Returns
        -------
        Log probabilities by words, with layout those by the names of elements, and those by the
        block's own words. Shape (n_blocks, 2 * n_labels) or (n_blocks, 3 * n_labels).
        """
        words, own = self._word_emissions(X)
        layout = [] if X.layout is None else [self._layout_emissions(X.layout).T]
        return np.concatenate([words.T, *layout, own.T]).T

    def _word_emissions(self, X: FeatureMatrix) -> tuple[FloatArray, FloatArray]:
        """Log probabilities by a block's words and those of its neighbours, and by its own alone.

        The second tell where a box ends. Shapes (n_blocks, n_labels).
        """
        columns = self._words.sums(X.text).T
        columns *= gram_scale(X.text)
        n_labels, n_blocks = len(self.own.bias), columns.shape[1]
        logits = np.empty((n_labels, 2, n_blocks), np.float32)
        together, alone = logits[:, 0], logits[:, 1]
        np.add(columns[:n_labels], self.own.bias[:, None], out=alone)
        np.add(alone, near_sums(columns[n_labels:].T, X.doc_offsets, self.context.near).T, out=together)
        both = log_probabilities(logits.reshape(n_labels, -1).T).T.reshape(logits.shape)
        return both[:, 0].T, both[:, 1].T

    def _layout_emissions(self, layout: LayoutGrams) -> FloatArray:
        """Log probabilities by the names of a block's ancestors. Shape (n_blocks, n_labels)."""
        return log_probabilities(layout_sums(self._names, layout) + self.layout.bias)

    def features(self, X: FeatureMatrix, emissions: FloatArray | None = None) -> FloatArray:
        """Input of the context step, given the emissions where they are at hand. Shape (n_blocks, n_context)."""
        head = self.head(X)
        dense = dense_units(X.dense, head.dense_shift, head.dense_scale)
        emissions = self.emissions(X) if emissions is None else emissions
        return context_features(emissions, dense, X.doc_offsets, X.group, self.context)

    def head(self, X: FeatureMatrix) -> ContextHead:
        return self.heads[_view(X)]

    def scores(self, X: FeatureMatrix, emissions: FloatArray | None = None) -> FloatArray:
        """Log probabilities of each label in context, before decoding. Shape (n_blocks, n_labels)."""
        six = log_probabilities(self.head(X).logits(self.features(X, emissions)))
        return six if self.added is None else self.added.scores(X, self.context, six)

    def chain(self, view: View) -> tuple[FloatArray, FloatArray]:
        """Transitions and start scores of all labels. Shapes (n_labels, n_labels) and (n_labels,)."""
        head = self.heads[view]
        six = head.transitions, head.start
        return six if self.added is None else self.added.chain(*six)

    def decode(self, X: FeatureMatrix, scores: FloatArray) -> npt.NDArray[np.int8]:
        """Best label sequence of each document. Shape (n_blocks,)."""
        return viterbi(scores, *self.chain(_view(X)), X.doc_offsets)

    def marginals(self, X: FeatureMatrix, scores: FloatArray) -> FloatArray:
        """Probability of each label, calibrated. Shape (n_blocks, n_labels), rows sum to one."""
        beliefs = marginals(scores, *self.chain(_view(X)), X.doc_offsets)
        return self.calibration.apply(beliefs, _view(X))

    def predict(
        self, X: FeatureMatrix, content_log_odds: FloatArray | None = None
    ) -> tuple[npt.NDArray[np.int8], FloatArray]:
        """Labels, shape (n_blocks,), and label probabilities, shape (n_blocks, n_labels).

        ``content_log_odds``, shape (n_blocks,), is what other evidence says of content against the rest.
        """
        return self.predict_all([X], content_log_odds)

    def predict_all(
        self, pieces: Sequence[FeatureMatrix], content_log_odds: FloatArray | None = None
    ) -> tuple[npt.NDArray[np.int8], FloatArray]:
        """The same for a batch whose documents come in pieces, at least one, all with layout or all without."""
        columns, doc_offsets, view = [], [np.zeros(1, np.intp)], _view(pieces[0])
        # one step for all before the next: the weights that words share then stay in the cache
        for X, emissions in zip(pieces, list(map(self.emissions, pieces)), strict=True):
            columns.append(self.scores(X, emissions).T)
            doc_offsets.append(X.doc_offsets[1:] + doc_offsets[-1][-1])
        scores = columns[0].T if len(columns) == 1 else np.concatenate(columns, axis=1).T
        if content_log_odds is not None:
            scores = with_content_evidence(scores, content_log_odds)
        if len(scores) == 0:
            return np.zeros(0, np.int8), scores
        chain, windows = self._chains[view], Windows.over(np.concatenate(doc_offsets))
        return chain.labels(scores, windows), self.calibration.apply(chain.probabilities(scores, windows), view)


def _view(X: FeatureMatrix) -> View:
    return "text" if X.layout is None else "html"


def with_content_evidence(scores: FloatArray, log_odds: FloatArray) -> FloatArray:
    """Log probabilities after evidence for or against content; the rest keep their proportions.

    Parameters
    ----------
    scores
        Log probabilities, shape (n_blocks, n_labels).
    log_odds
        Added to the log odds of content, shape (n_blocks,); a row of zero stays as it is.
    """
    shifted = scores.copy()
    shifted[:, 0] += log_odds
    shifted -= np.logaddexp.reduce(shifted, axis=1, keepdims=True)
    shifted = np.maximum(shifted, np.float32(_LOWEST_LOG))
    return np.where(log_odds[:, None] == 0, scores, shifted)


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
    columns = np.ascontiguousarray(logits.T, np.float32)
    result = np.empty_like(columns)
    rest = np.subtract(columns[1:], np.maximum.reduce(columns[1:], axis=0), out=result[1:])
    total = np.add.reduce(np.exp(rest), axis=0)
    rest -= np.log(total, out=total)
    # softplus, the logarithm of 1 + exp(content)
    content = columns[0]
    softplus = np.exp(-np.abs(content))
    np.log1p(softplus, out=softplus)
    softplus += np.maximum(content, 0)
    np.subtract(content, softplus, out=result[0])
    rest -= softplus
    total.fill(_LOWEST_LOG)
    return np.maximum(result, total, out=result).T
