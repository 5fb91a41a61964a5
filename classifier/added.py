"""Labels of one's own beside the six: what says that a block is one of them, or none.

They stand before the six, not among them: a block is one of the added labels or it is none, and if
none, one of the six as the model of the six has it. So nothing of that model changes where no added
label stands, and what it knows of the six is never taken from blocks that are none of them.

The two steps are those of the six: linear tables over n-grams, then a look at the surroundings, here
linear as well, for it is learnt from few pages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from classifier.context import ContextConfig, context_features, emission_units, near_sums
from classifier.features import FeatureMatrix
from classifier.types import FloatArray, View
from classifier.weights import LinearTable, PackedTables, gram_scale, layout_sums

_LOWEST_LOG = -13.8
"""Log probabilities are not told apart below one in a million."""


@dataclass(frozen=True, slots=True)
class AddedHead:
    """What the surroundings say of each added label in one view.

    Parameters
    ----------
    weights
        Of each label's own features, see `AddedLabels.features`. Float32, shape (n_features, n_added).
    bias
        Float32, shape (n_added,).
    """

    weights: FloatArray
    bias: FloatArray

    def logits(self, features: FloatArray) -> FloatArray:
        """Log odds of each added label over all of the six.

        Parameters
        ----------
        features
            Shape (n_added, n_blocks, n_features).

        Returns
        -------
        Shape (n_blocks, n_added).
        """
        # in float64 a sum's rounding to float32 does not show the order it was taken in
        sums = [f.astype(np.float64) @ w for f, w in zip(features, self.weights.T.astype(np.float64), strict=True)]
        return np.asarray(np.stack(sums, axis=1) + self.bias, np.float32)


@dataclass(frozen=True, slots=True)
class AddedLabels:
    """Labels beside the six, and how they are told.

    Parameters
    ----------
    names
        In the order of their columns, which follow those of the six.
    own, around, layout
        Linear tables as those of `SequenceModel`, with a column an added label: log odds over the six.
    heads
        The look at the surroundings, by view.
    into
        Log scores of the label chain from each label to each added one. Float32, shape (n_labels, n_added).
    onward
        The same from each added label to each of the six. Float32, shape (n_added, 6).
    start
        Log scores of the added labels for a document's first block. Float32, shape (n_added,).
    """

    names: tuple[str, ...]
    own: LinearTable
    around: LinearTable
    layout: LinearTable
    heads: Mapping[View, AddedHead]
    into: FloatArray
    onward: FloatArray
    start: FloatArray
    _words: PackedTables = field(init=False, repr=False, compare=False)
    _names: PackedTables = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_words", PackedTables.of([self.own, self.around]))
        object.__setattr__(self, "_names", PackedTables.of([self.layout]))

    def emissions(self, X: FeatureMatrix, near: int) -> FloatArray:
        """Log probabilities by words and neighbours' words, by own words, and with layout by names of elements.

        Returns
        -------
        Shape (n_added, n_blocks, 2) or (n_added, n_blocks, 3).
        """
        sums = self._words.sums(X.text)
        sums *= gram_scale(X.text)[:, None]
        alone, around = sums[:, : len(self.names)] + self.own.bias, sums[:, len(self.names) :]
        parts = [alone + near_sums(around, X.doc_offsets, near), alone]
        if X.layout is not None:
            parts.append(layout_sums(self._names, X.layout) + self.layout.bias)
        return np.stack([added_log_probabilities(part)[:, 1:] for part in parts], axis=2).transpose(1, 0, 2)

    def features(self, X: FeatureMatrix, context: ContextConfig) -> FloatArray:
        """Input of `AddedHead`: for each label its own emissions here and around. Shape (n_added, n_blocks, n)."""
        emissions = self.emissions(X, context.near)
        return np.stack([added_features(rows, X.doc_offsets, context) for rows in emissions])

    def scores(self, X: FeatureMatrix, context: ContextConfig, six: FloatArray) -> FloatArray:
        """Log probabilities of all labels in context.

        Parameters
        ----------
        six
            Those of the six, given that a block is one of them. Shape (n_blocks, 6).

        Returns
        -------
        Shape (n_blocks, n_labels), not below one in a million.
        """
        head = self.heads["text" if X.layout is None else "html"]
        added = added_log_probabilities(head.logits(self.features(X, context)))
        joined = np.concatenate([six.T + added.T[:1], added.T[1:]])
        return np.asarray(np.maximum(joined, np.float32(_LOWEST_LOG), out=joined).T)

    def chain(self, transitions: FloatArray, start: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The chain of the six with the added labels in it. Shapes (n_labels, n_labels) and (n_labels,)."""
        six = np.concatenate([transitions, self.onward])
        return np.concatenate([six, self.into], axis=1), np.concatenate([start, self.start])


def added_log_probabilities(logits: npt.NDArray[np.floating]) -> FloatArray:
    """Log probabilities from log odds over "none of them".

    Returns
    -------
    Shape (n_blocks, 1 + n_added) for (n_blocks, n_added); first that of none.

    Examples
    --------
    >>> np.exp(added_log_probabilities(np.array([[0.0], [-9.0]], np.float32))).round(3).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    columns = np.concatenate([np.zeros((1, len(logits)), np.float32), logits.T.astype(np.float32)])
    columns -= columns.max(axis=0)
    columns -= np.log(np.add.reduce(np.exp(columns), axis=0))
    return np.ascontiguousarray(columns.T)


def added_features(emissions: FloatArray, doc_offsets: npt.NDArray[np.intp], context: ContextConfig) -> FloatArray:
    """Whole numbers that say what one label's emissions are here and around, see `context_features`.

    Parameters
    ----------
    emissions
        Of one label: by words, by own words, and with layout by names. Shape (n_blocks, 2) or (n_blocks, 3).

    Returns
    -------
    Shape (n_blocks, n_added_features).
    """
    dense = np.zeros((len(emissions), 0), np.float32)
    around = context_features(emissions[:, :2], dense, doc_offsets, None, context, n_own=1)
    return np.concatenate([around, emission_units(emissions[:, 2:])], axis=1)


def added_feature_names(has_layout: bool, context: ContextConfig) -> list[str]:
    """What each column of `added_features` speaks of.

    Examples
    --------
    >>> added_feature_names(True, ContextConfig(window=0, stretches=()))
    ['words', 'own words', 'whole document', 'layout']
    """
    names = ["words", "own words"]
    for distance in range(1, context.window + 1):
        names += [f"neighbour {distance:+d}"] * 2 + [f"neighbour {-distance:+d}"] * 2
    names += [f"stretch ±{half_width}" for half_width in context.stretches]
    return [*names, "whole document", *(["layout"] if has_layout else [])]
