"""Best label sequences and label marginals of many documents at once.

A linear chain over the blocks of each document: per-block scores, label-to-label transitions, and
scores for the first label. The stream of all blocks is cut into windows that are worked on side by
side; each window runs in for some blocks before its core and on for some after it, so that its core
is decided as the whole chain would decide it (Viterbi 1967; Rabiner 1989 for the marginals).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import ceil, log2

import numpy as np
import numpy.typing as npt

from classifier.types import FloatArray, IntArray

CORE, RUN_IN = 64, 16
"""Blocks that a window decides at most, and blocks it looks at before and after them."""
_LEAST_CORE = 8

_UNITS = 1024
"""Scores are compared in whole units of 1/1024: ties break alike on every machine and in every batch."""
_LEAST_INDEX_BITS = 3
_SCORE_LIMIT = 10_000.0
_LARGEST_SUM = 1 << 29
"""Sums of whole scores are taken back to zero before they could be larger."""
_LOWEST_LIKELIHOOD, _LOWEST_WEIGHT = -30.0, -40.0
"""Floors of logarithms: they keep every sum of the marginals above zero, whatever the model says."""
_LEAST_MESSAGE = 24.0
"""Messages are scaled anew before their largest entry could fall below the exponential of minus this."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Where the windows of a stream stand, one block or more.

    Parameters
    ----------
    n_blocks, core
        Blocks of the stream, and of a window's core.
    starts
        For each step of the windows those in which a document starts there; None where there is none.
    """

    n_blocks: int
    core: int
    starts: list[IntArray | None]

    @classmethod
    def over(cls, doc_offsets: IntArray) -> Windows:
        """Windows for all blocks; few blocks get short ones: more side by side, and fewer steps."""
        n_blocks = int(doc_offsets[-1])
        core = int(min(CORE, max(_LEAST_CORE, 2 ** ceil(log2(n_blocks / 20) / 2))))
        steps, n_windows = core + 2 * RUN_IN, -(-n_blocks // core)
        is_start = np.zeros((n_windows - 1) * core + steps, bool)
        is_start[RUN_IN + doc_offsets] = True
        by_step = np.flatnonzero(_side_by_side(is_start[None], steps, core))
        bounds = np.searchsorted(by_step, np.arange(steps + 1) * n_windows).tolist()
        by_step %= n_windows
        starts = [by_step[first:last] if first < last else None for first, last in pairwise(bounds)]
        return cls(n_blocks, core, starts)

    def cut(self, columns: npt.NDArray[np.generic], fill: np.ndarray) -> np.ndarray:
        """Columns of the stream in windows, ``fill`` beyond both ends. Shape (n_steps, n_labels, n_windows)."""
        steps, n_windows = len(self.starts), -(-self.n_blocks // self.core)
        padded = np.empty((len(columns), (n_windows - 1) * self.core + steps), columns.dtype)
        padded[:, :RUN_IN] = fill
        padded[:, RUN_IN : RUN_IN + self.n_blocks] = columns
        padded[:, RUN_IN + self.n_blocks :] = fill
        return np.ascontiguousarray(_side_by_side(padded, steps, self.core))

    def joined(self, cores: np.ndarray) -> np.ndarray:
        """What was found for the cores, as one stream. Shape (..., n_blocks) for (core, ..., n_windows)."""
        stream = np.moveaxis(cores, 0, -1)
        return np.ascontiguousarray(stream).reshape(*stream.shape[:-2], -1)[..., : self.n_blocks]


def _side_by_side(padded: np.ndarray, steps: int, core: int) -> np.ndarray:
    """View of shape (n_steps, n_rows, n_windows) of an array of shape (n_rows, n)."""
    (n_rows, n), (row, place) = padded.shape, padded.strides
    shape, strides = (steps, n_rows, (n - steps) // core + 1), (place, row, core * place)
    return np.ndarray(shape, padded.dtype, padded, strides=strides)


_DECIMALS = 6
"""Decimals of a probability."""


def viterbi(
    emissions: FloatArray, transitions: FloatArray, start: FloatArray, doc_offsets: IntArray
) -> npt.NDArray[np.int8]:
    """Best label of each block under the best sequence of its document.

    Parameters
    ----------
    emissions
        Log scores, shape (n_blocks, n_labels).
    transitions
        Log score of the label in the column after that in the row, shape (n_labels, n_labels).
    start
        Log score of each label for a document's first block, shape (n_labels,).
    doc_offsets
        First block of each document, and the number of blocks. Shape (n_docs + 1,).

    Returns
    -------
    Label indices, shape (n_blocks,), int8.
    """
    if len(emissions) == 0:
        return np.zeros(0, np.int8)
    return Chain.of(transitions, start).labels(emissions, Windows.over(doc_offsets))


def marginals(emissions: FloatArray, transitions: FloatArray, start: FloatArray, doc_offsets: IntArray) -> FloatArray:
    """Probability of each label of each block, by the forward-backward algorithm.

    Parameters are those of `viterbi`; returns shape (n_blocks, n_labels), float32, rows sum to one.
    """
    if len(emissions) == 0:
        return np.zeros(emissions.shape, np.float32)
    return Chain.of(transitions, start).probabilities(emissions, Windows.over(doc_offsets))


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain of `viterbi` and `marginals`, in the units that they work with.

    Parameters
    ----------
    step_scores, start_scores
        Whole scores, int32, shapes (n_labels, n_labels, 1) and (n_labels, 1).
    largest_step, largest_start
        The largest absolute ones.
    onwards, backwards, start_weights
        Weights of at most one, float64, shapes (n_labels, n_labels), by the label before in the column
        and in the row, and (n_labels, 1).
    n_free
        Steps after which messages are scaled anew.
    index_bits
        Lowest bits of a whole score, in which the label it stands for rides.
    """

    step_scores: npt.NDArray[np.int32]
    start_scores: npt.NDArray[np.int32]
    largest_step: int
    largest_start: int
    onwards: npt.NDArray[np.float64]
    backwards: npt.NDArray[np.float64]
    start_weights: npt.NDArray[np.float64]
    n_free: int
    index_bits: int

    @classmethod
    def of(cls, transitions: FloatArray, start: FloatArray) -> Chain:
        bits = max((len(start) - 1).bit_length(), _LEAST_INDEX_BITS)
        step_scores, start_scores = _to_units(transitions, bits)[:, :, None], _to_units(start, bits)[:, None]
        # each at most one, so that messages only fall, and never faster than the least of them
        log_weights, log_start = (
            np.maximum(scores.astype(np.float64) - (scores.max() + np.log(len(start))), _LOWEST_WEIGHT)
            for scores in (transitions, start)
        )
        onwards = np.exp(log_weights.T)
        return cls(
            step_scores,
            start_scores,
            _largest(step_scores),
            _largest(start_scores),
            onwards,
            np.ascontiguousarray(onwards.T),
            np.exp(log_start)[:, None],
            max(int(_LEAST_MESSAGE / -min(log_weights.min(), log_start.min())), 1),
            bits,
        )

    def labels(self, emissions: FloatArray, windows: Windows) -> npt.NDArray[np.int8]:
        """Best labels, see `viterbi`, of one block or more."""
        n_labels = emissions.shape[1]
        index, low_bits = np.arange(n_labels, dtype=np.int32)[:, None], np.int32((1 << self.index_bits) - 1)
        high_bits = np.array(~low_bits)  # an array, for numpy makes one of a number each time
        units = _to_units(emissions.T, self.index_bits)
        n_free = max(_LARGEST_SUM // (max(_largest(units), self.largest_start) + self.largest_step + n_labels), 1)
        step_scores, start_scores = self.step_scores, self.start_scores
        # the label that a score stands for rides in its low bits
        scores = windows.cut(units + index, index)
        steps, _, n_windows = scores.shape
        scores[0] += start_scores
        # a row of it holds, in its low bits, the best label before each label
        tops = np.empty((steps, n_labels, n_windows), np.int32)
        candidates = np.empty((n_labels, n_labels, n_windows), np.int32)
        best = scores[0].copy()
        before = best[:, None]
        for step, (top, own, first) in enumerate(zip(tops[1:], scores[1:], windows.starts[1:], strict=True), 1):
            np.add(before, step_scores, out=candidates)
            np.maximum.reduce(candidates, axis=0, out=top)
            if first is not None:  # a new document does not look back, the one before ends with the best of its own
                top[:, first] = start_scores + (np.maximum.reduce(best.take(first, axis=1), axis=0) & low_bits)
            np.bitwise_and(top, high_bits, out=best)
            best += own
            if step % n_free == 0:
                best -= best.max(axis=0) & high_bits
        # places in a row of labels by windows
        tops &= low_bits
        tops *= np.int32(n_windows)
        tops += np.arange(n_windows, dtype=np.int32)
        places = np.empty((steps, n_windows), np.int32)
        places[-1] = (np.maximum.reduce(best, axis=0) & low_bits) * n_windows + np.arange(n_windows)
        for step in range(steps - 1, RUN_IN, -1):
            tops[step].take(places[step], out=places[step - 1], mode="clip")
        labels = places[RUN_IN : RUN_IN + windows.core] // np.int32(n_windows)
        return np.asarray(windows.joined(labels.astype(np.int8)))

    def probabilities(self, emissions: FloatArray, windows: Windows) -> FloatArray:
        """Probabilities of labels, see `marginals`, of one block or more."""
        # in float64, and told in millionths: what depends on where windows begin is far below that
        columns = np.subtract(emissions.T, np.maximum.reduce(emissions.T, axis=0), dtype=np.float64)
        np.maximum(columns, _LOWEST_LIKELIHOOD, out=columns)
        likelihood = windows.cut(np.exp(columns, out=columns), np.ones((1, 1)))
        onwards, backwards, start_weights, n_free = self.onwards, self.backwards, self.start_weights, self.n_free
        steps, core = len(likelihood), windows.core
        forward = np.empty_like(likelihood)
        np.multiply(likelihood[0], start_weights, out=forward[0])
        last = forward[0]
        by_step = zip(forward[1 : steps - RUN_IN], likelihood[1:], windows.starts[1:], strict=False)
        for step, (message, own, first) in enumerate(by_step, 1):
            np.matmul(onwards, last, out=message)
            if first is not None:
                message[:, first] = start_weights
            message *= own
            if step % n_free == 0:
                message /= np.add.reduce(message, axis=0)
            last = message
        backward = np.ones_like(likelihood[0])
        ahead = np.empty_like(backward)
        beliefs = forward[RUN_IN : RUN_IN + core]
        for step in range(steps - 1, RUN_IN - 1, -1):
            if step < RUN_IN + core:
                beliefs[step - RUN_IN] *= backward
            np.multiply(likelihood[step], backward, out=ahead)
            np.matmul(backwards, ahead, out=backward)
            first = windows.starts[step]
            if first is not None:
                backward[:, first] = 1
            if step % n_free == 0:
                backward /= np.add.reduce(backward, axis=0)
        stream = windows.joined(beliefs)
        stream /= np.add.reduce(stream, axis=0)
        return np.asarray(np.round(stream, _DECIMALS, out=stream).T, np.float32)


def _to_units(scores: FloatArray, bits: int) -> npt.NDArray[np.int32]:
    """Whole scores, room left below for a label's index."""
    units = np.clip(scores, -_SCORE_LIMIT, _SCORE_LIMIT)
    units *= _UNITS
    return np.rint(units, out=units).astype(np.int32) << bits


def _largest(units: npt.NDArray[np.int32]) -> int:
    return max(int(units.max()), -int(units.min()))
