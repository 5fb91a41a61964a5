"""Linear weights in packed tables: one look-up an n-gram for all labels of several tables at a time.

Quantised weights of three labels share one ``int64`` (21 bits each), and those of all labels lie
side by side: an n-gram's weights are one read from memory, and the scores of all lines are
differences of one running sum a number, see `classifier.lanes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.features import Grams, LayoutGrams
from classifier.lanes import line_sums
from classifier.types import FloatArray

_LANE_BITS = 21
_LANES = 3
_PIECE_TOKENS = 64
_CACHE_LINE = 64
"""Bytes that memory is read by."""
MAX_QUANTUM = 4095
"""Largest absolute quantised weight: four n-grams a token, 64 tokens a piece stay within a lane."""

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
    """

    quantised: QuantisedArray
    scale: float
    bias: FloatArray

    @classmethod
    def from_float(cls, weights: npt.NDArray[np.floating], bias: npt.NDArray[np.floating]) -> LinearTable:
        """Quantise float weights of shape (n_buckets, n_labels); the largest becomes ``MAX_QUANTUM``."""
        scale = float(np.abs(weights).max()) / MAX_QUANTUM or 1.0
        quantised = np.clip(np.rint(weights / scale), -MAX_QUANTUM, MAX_QUANTUM).astype(np.int16)
        return cls(quantised, scale, bias.astype(np.float32))


@dataclass(frozen=True, slots=True)
class PackedTables:
    """Linear tables over the same n-grams, laid out for summing.

    Parameters
    ----------
    scales
        Size of one unit of each label of each table. Float32, shape (n_tables * n_labels,).
    packed
        Weights, three labels a number, int64, shape (n_buckets + 1, n_numbers); the last bucket
        weighs nothing and stands for "no n-gram here".
    """

    scales: FloatArray
    packed: npt.NDArray[np.int64]

    @classmethod
    def of(cls, tables: Sequence[LinearTable]) -> PackedTables:
        """Lay out tables of the same number of buckets.

        Examples
        --------
        >>> table = LinearTable(np.array([[1, -2]], np.int16), 0.5, np.zeros(2, np.float32))
        >>> line = Grams((np.array([0, 0, 1]),), np.array([0, 3]))
        >>> PackedTables.of([table, table]).sums(line).tolist()
        [[1.0, -2.0, 1.0, -2.0]]
        """
        columns = [column for table in tables for column in table.quantised.T]
        scales = np.repeat(np.array([t.scale for t in tables], np.float32), [t.quantised.shape[1] for t in tables])
        n_rows, n_numbers = len(columns[0]) + 1, -(-len(columns) // _LANES)
        room = np.zeros(n_rows * n_numbers + _CACHE_LINE // 8, np.int64)
        # a row of four numbers that starts where a cache line does is read from one line, not from two
        first = -room.__array_interface__["data"][0] % _CACHE_LINE // 8
        packed = room[first : first + n_rows * n_numbers].reshape(n_rows, n_numbers)
        for k, column in enumerate(columns):
            number, lane = divmod(k, _LANES)
            packed[:-1, number] += column.astype(np.int64) << (_LANE_BITS * lane)
        return cls(scales, packed)

    def sums(self, grams: Grams) -> FloatArray:
        """Summed weights of the n-grams of each line, without bias. Shape (n_lines, n_tables * n_labels), float32."""
        first, *rest = grams.indices
        values = self.packed.take(first, axis=0)
        more = np.empty_like(values)
        for indices in rest:
            values += self.packed.take(indices, axis=0, out=more, mode="clip")
        n = len(self.scales)
        totals = line_sums(values, grams.offsets, _LANE_BITS, min(_LANES, n), _PIECE_TOKENS)[:n]
        totals *= self.scales[:, None]
        return totals.T


def gram_scale(grams: Grams) -> FloatArray:
    """What each line's summed weights are multiplied by: long lines must not shout. Shape (n_lines,)."""
    n_tokens = grams.offsets[1:] - grams.offsets[:-1]
    return np.asarray(1 / np.sqrt(np.maximum(n_tokens, 1)), np.float32)


def layout_scale(layout: LayoutGrams) -> FloatArray:
    """The same over all names of a block's ancestors. Shape (n_blocks,)."""
    n_tokens = np.zeros(layout.ancestors.shape[1])
    for group, grams in enumerate(layout.grams):
        lengths = np.append(np.diff(grams.offsets), 0)
        n_tokens += lengths[layout.levels(group)].sum(axis=0)
    return np.asarray(1 / np.sqrt(np.maximum(n_tokens, 1)), np.float32)


def layout_sums(tables: PackedTables, layout: LayoutGrams) -> FloatArray:
    """Summed weights of the names of each block's ancestors, scaled, without bias.

    Shape (n_blocks, n_tables * n_labels), float32.
    """
    totals = np.zeros((layout.ancestors.shape[1], len(tables.scales)), np.float32)
    for group, grams in enumerate(layout.grams):
        sums = tables.sums(grams)
        sums = np.concatenate([sums, np.zeros((1, sums.shape[1]), np.float32)])  # -1: beyond the root
        for ancestors in layout.levels(group):
            totals += sums[ancestors]
    return totals * layout_scale(layout)[:, None]
