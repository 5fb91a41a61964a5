"""Several counters in one 64-bit number, summed over lines at once.

One running sum over all tokens, and differences of it at the ends of lines, sum every counter of
every line. The idea of packing several numbers into one machine word is that of SIMD within a
register (Lamport 1975).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.types import FloatArray, IntArray

LaneArray = npt.NDArray[np.int64]


def line_sums(values: LaneArray, offsets: IntArray, bits: int, n_lanes: int, piece_tokens: int) -> FloatArray:
    """Sum of each counter over each line.

    Parameters
    ----------
    values
        Numbers of each token, the first counter in the lowest bits of the first. Shape (n_tokens, n_numbers).
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    bits, n_lanes
        Bits of a counter, and how many counters there are in a number.
    piece_tokens
        Longer lines are summed in pieces of so many tokens: the sums of their values, which may be
        negative, must fit into the counters.

    Returns
    -------
    Shape (n_numbers * n_lanes, n_lines), float32: exact up to 2^24.

    Examples
    --------
    >>> line_sums(np.array([[3 + (1 << 31)], [4], [-2]]), np.array([0, 2, 3]), 31, 2, 9).tolist()
    [[7.0, -2.0], [1.0, 0.0]]
    """
    long = np.flatnonzero(offsets[1:] - offsets[:-1] > piece_tokens)
    running = np.zeros(len(values) + 1, np.int64)
    packed = np.empty((values.shape[1], len(offsets) - 1), np.int64)
    if len(long):
        starts, ends, first = _pieces(offsets[long], offsets[long + 1], piece_tokens)
        parts = np.empty((values.shape[1], len(starts)), np.int64)
    for number in range(values.shape[1]):
        np.cumsum(values[:, number], out=running[1:])
        at_bounds = running.take(offsets)
        np.subtract(at_bounds[1:], at_bounds[:-1], out=packed[number])
        if len(long):
            np.subtract(running.take(ends), running.take(starts), out=parts[number])
    lanes = _lanes(packed, bits, n_lanes)
    if len(long):
        lanes[:, long] = np.add.reduceat(_lanes(parts, bits, n_lanes), first, axis=1, dtype=np.float64)
    return lanes


def _lanes(packed: LaneArray, bits: int, n_lanes: int) -> FloatArray:
    """The counters of numbers, which are used up. Shape (n_numbers * n_lanes, n) for (n_numbers, n)."""
    half = 1 << (bits - 1)
    # no counter is negative then, and none borrows from the one above it
    packed += sum(half << (bits * lane) for lane in range(n_lanes))
    counters = packed[:, None] >> np.arange(0, bits * n_lanes, bits)[:, None]
    counters &= (1 << bits) - 1
    counters -= half
    return counters.astype(np.float32).reshape(len(packed) * n_lanes, packed.shape[1])


def _pieces(starts: IntArray, ends: IntArray, n_tokens: int) -> tuple[IntArray, IntArray, IntArray]:
    """Cut lines of more tokens than a lane can sum: start and end of each piece, and first piece of each line."""
    n_pieces = -(-(ends - starts) // n_tokens)
    first = np.cumsum(n_pieces) - n_pieces
    within = np.arange(int(n_pieces.sum())) - np.repeat(first, n_pieces)
    piece_starts = np.repeat(starts, n_pieces) + within * n_tokens
    return piece_starts, np.minimum(piece_starts + n_tokens, np.repeat(ends, n_pieces)), first
