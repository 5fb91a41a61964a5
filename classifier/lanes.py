"""Several counters in one 64-bit number, summed over lines at once.

One running sum over all tokens, and differences of it at the ends of lines, sum every counter of
every line. The idea of packing several numbers into one machine word is that of SIMD within a
register (Lamport 1975).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from classifier.types import IntArray

PIECE_TOKENS = 64
"""Longer lines are summed in pieces of so many tokens, so that no counter runs over."""

LaneArray = npt.NDArray[np.int64]


def line_sums(
    values: LaneArray, offsets: IntArray, bits: int, n_lanes: int
) -> Iterator[LaneArray]:
    """Sum of each counter over each line.

    Parameters
    ----------
    values
        Numbers of each token, the first counter in the lowest bits of the first. Shape (n_tokens, n_numbers).
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    bits, n_lanes
        Bits of a counter, and how many counters there are in a number. Sums of ``PIECE_TOKENS``
        values, which may be negative, fit into one.

    Yields
    ------
    For each number and each of its counters shape (n_lines,).

    Examples
    --------
    >>> ones, tens = line_sums(np.array([[3 + (1 << 31)], [4], [-2]]), np.array([0, 2, 3]), 31, 2)
    >>> ones.tolist(), tens.tolist()
    ([7, -2], [1, 0])
    """
    long = np.flatnonzero(np.diff(offsets) > PIECE_TOKENS)
    starts, ends, first = _pieces(offsets[long], offsets[long + 1])
    running = np.zeros(len(values) + 1, np.int64)
    for number in range(values.shape[1]):
        np.cumsum(values[:, number], out=running[1:])
        at_bounds = running.take(offsets)
        lanes = _lanes(at_bounds[1:] - at_bounds[:-1], bits, n_lanes)
        if len(long) == 0:
            yield from lanes
            continue
        parts = _lanes(running.take(ends) - running.take(starts), bits, n_lanes)
        for lane, part in zip(lanes, parts, strict=True):
            lane[long] = np.add.reduceat(part, first)
            yield lane


def _lanes(packed: LaneArray, bits: int, n_lanes: int) -> Iterator[LaneArray]:
    """The counters of numbers, which are used up."""
    half = 1 << (bits - 1)
    # no counter is negative then, and none borrows from the one above it
    packed += sum(half << (bits * lane) for lane in range(n_lanes))
    for lane in range(n_lanes):
        if lane:
            packed >>= bits
        counter = packed & ((1 << bits) - 1)
        counter -= half
        yield counter


def _pieces(starts: IntArray, ends: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Cut lines of more tokens than a lane can sum: start and end of each piece, and first piece of each line."""
    n_pieces = -(-(ends - starts) // PIECE_TOKENS)
    first = np.cumsum(n_pieces) - n_pieces
    within = np.arange(int(n_pieces.sum())) - np.repeat(first, n_pieces)
    piece_starts = np.repeat(starts, n_pieces) + within * PIECE_TOKENS
    return piece_starts, np.minimum(piece_starts + PIECE_TOKENS, np.repeat(ends, n_pieces)), first
