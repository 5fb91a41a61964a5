"""Linear weights in packed tables: one look-up and one running sum for three labels at a time.

Quantised weights of three labels share one ``int64`` (21 bits each), so that a token costs two
look-ups for six labels, and the scores of all lines are differences of one running sum. The idea
of packing several counters into one machine word is that of SIMD within a register (Lamport 1975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.features import Grams
from classifier.types import FloatArray, IntArray

_LANE_BITS = 21
_LANES = 3
MAX_QUANTUM = 4095
"""Largest absolute quantised weight: four n-grams a token, 64 tokens a piece stay within a lane."""
_PIECE_TOKENS = 64

QuantisedArray = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class LinearTable:
    """Weights of hashed n-grams for every label.

    Parameters
    ----------
    quantised
        Weights in units of ``scale``, int16, shape (n_buckets, n_labels).
    scale
        Size of one unit.
    bias
        Intercepts, float32, shape (n_labels,).
    packed
        The same weights, three labels a word, int64, shape (n_words, n_buckets + 1); the last
        bucket weighs nothing and stands for "no n-gram here".
    """

    quantised: QuantisedArray
    scale: float
    bias: FloatArray
    packed: npt.NDArray[np.int64]

    @classmethod
    def from_quantised(cls, quantised: QuantisedArray, scale: float, bias: FloatArray) -> LinearTable:
        n_buckets, n_labels = quantised.shape
        n_words = -(-n_labels // _LANES)
        packed = np.zeros((n_words, n_buckets + 1), np.int64)
        for label in range(n_labels):
            word, lane = divmod(label, _LANES)
            packed[word, :-1] += quantised[:, label].astype(np.int64) << (_LANE_BITS * lane)
        return cls(quantised, scale, bias, packed)

    @classmethod
    def from_float(cls, weights: npt.NDArray[np.floating], bias: npt.NDArray[np.floating]) -> LinearTable:
        """Quantise float weights of shape (n_buckets, n_labels); the largest becomes ``MAX_QUANTUM``."""
        scale = float(np.abs(weights).max()) / MAX_QUANTUM or 1.0
        quantised = np.clip(np.rint(weights / scale), -MAX_QUANTUM, MAX_QUANTUM).astype(np.int16)
        return cls.from_quantised(quantised, scale, bias.astype(np.float32))

    def sums(self, grams: Grams) -> FloatArray:
        """Summed weights of the n-grams of each line, without bias. Shape (n_lines, n_labels), float32."""
        offsets = grams.offsets
        pieces, first = _cut_long_lines(offsets)
        totals = np.empty((len(offsets) - 1, self.quantised.shape[1]), np.float32)
        for word, table in enumerate(self.packed):
            values = table.take(grams.indices[0])
            for indices in grams.indices[1:]:
                values += table.take(indices)
            running = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
            packed = running[pieces[1:]] - running[pieces[:-1]]
            for label in range(word * _LANES, min((word + 1) * _LANES, totals.shape[1])):
                lane = (packed << (64 - _LANE_BITS)) >> (64 - _LANE_BITS)
                packed = (packed - lane) >> _LANE_BITS
                lane = lane if first is None else np.add.reduceat(lane, first)
                totals[:, label] = lane * np.float32(self.scale)
        return totals


def _cut_long_lines(offsets: IntArray) -> tuple[IntArray, IntArray | None]:
    """Cut lines of more tokens than a lane can sum into pieces.

    Returns
    -------
    pieces
        Boundaries of all pieces.
    first
        First piece of each line; None where no line was cut.
    """
    lengths = np.diff(offsets)
    if len(lengths) == 0 or lengths.max() <= _PIECE_TOKENS:
        return offsets, None
    n_pieces = -(-lengths // _PIECE_TOKENS)
    first = np.cumsum(n_pieces) - n_pieces
    within = np.arange(int(n_pieces.sum())) - np.repeat(first, n_pieces)
    starts = np.repeat(offsets[:-1], n_pieces) + within * _PIECE_TOKENS
    return np.append(starts, offsets[-1]), first
