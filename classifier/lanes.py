"""Several counters in one 64-bit number, summed over lines at once.

One running sum over all tokens, and differences of it at the ends of lines, sum every counter of
every line. The idea of packing several numbers into one machine word is that of SIMD within a
register (Lamport 1975).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.types import IntArray

PIECE_TOKENS = 64
"""Longer lines are summed in pieces of so many tokens, so that no counter runs over."""

LaneArray = npt.NDArray[np.int64]


def line_sums(
    values: LaneArray, offsets: IntArray, bits: int, n_lanes: int, *, is_signed: bool = True
) -> list[LaneArray]:
    """Sum of each counter over each line.

    Parameters
    ----------
    values
        One number a token, the first counter in its lowest bits. Shape (n_tokens,).
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    bits, n_lanes
        Bits of a counter, and how many there are; ``PIECE_TOKENS`` values fit into one.
    is_signed
        Whether counters may be negative; below each lies the borrow of those under it.

    Returns
    -------
    For each counter shape (n_lines,).

    Examples
    --------
    >>> ones, tens = line_sums(np.array([3 + (1 << 32), 4, -2]), np.array([0, 2, 3]), 32, 2)
    >>> ones.tolist(), tens.tolist()
    ([7, -2], [1, 0])
    """
    pieces, first = _pieces(offsets)
    running = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=running[1:])
    packed = np.diff(running.take(pieces))
    lanes = []
    for _ in range(n_lanes):
        if is_signed:
            lane = packed << (64 - bits)
            lane >>= 64 - bits
            packed -= lane
        else:
            lane = packed & ((1 << bits) - 1)
        packed >>= bits
        lanes.append(lane if first is None else np.add.reduceat(lane, first))
    return lanes


def _pieces(offsets: IntArray) -> tuple[IntArray, IntArray | None]:
    """Cut lines of more tokens than a lane can sum into pieces.

    Returns
    -------
    pieces
        Boundaries of all pieces.
    first
        First piece of each line; None where no line was cut.
    """
    lengths = np.diff(offsets)
    if len(lengths) == 0 or lengths.max() <= PIECE_TOKENS:
        return offsets, None
    n_pieces = -(-lengths // PIECE_TOKENS)
    first = np.cumsum(n_pieces) - n_pieces
    within = np.arange(int(n_pieces.sum())) - np.repeat(first, n_pieces)
    starts = np.repeat(offsets[:-1], n_pieces) + within * PIECE_TOKENS
    return np.append(starts, offsets[-1]), first
