"""Best label sequences and label marginals of many documents at once.

A linear chain over the blocks of each document: per-block scores, label-to-label transitions, and
scores for the first label. The stream of all blocks is cut into windows that are worked on side by
side; each window runs in for some blocks before its core and on for some after it, so that its core
is decided as the whole chain would decide it (Viterbi 1967; Rabiner 1989 for the marginals).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.types import FloatArray, IntArray

CORE, RUN_IN = 64, 16
"""Blocks that a window decides, and blocks it looks at before and after them."""

_UNITS = 1024
"""Scores are compared in whole units of 1/1024: ties break alike on every machine and in every batch."""
_INDEX_BITS = 3
_SCORE_LIMIT = 10_000.0


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
    n_blocks, n_labels = emissions.shape
    if n_blocks == 0:
        return np.zeros(0, np.int8)
    scores, starts = _windows(_to_units(emissions), doc_offsets)
    steps, _, n_windows = scores.shape
    step_scores = _to_units(transitions)[:, :, None]
    start_scores = _to_units(start)[:, None]
    low_bits, index = np.int32((1 << _INDEX_BITS) - 1), np.arange(n_labels, dtype=np.int32)[:, None]
    back = np.zeros((steps, n_labels, n_windows), np.int32)
    best = scores[0] + start_scores + index
    candidates = np.empty((n_labels, n_labels, n_windows), np.int32)
    for step in range(1, steps):
        np.add(best[:, None, :], step_scores, out=candidates)
        top = np.maximum.reduce(candidates, axis=0)
        first = starts[step]
        if first.any():  # a new document: its first block does not look back, the one before is the last of its own
            last_best = np.maximum.reduce(best, axis=0)
            top = np.where(first, start_scores + (last_best & low_bits), top)
        np.bitwise_and(top, low_bits, out=back[step])
        best = (top & ~low_bits) + scores[step] + index
        best -= best.max(axis=0) & ~low_bits
    labels = np.empty((steps, n_windows), np.int8)
    state = (np.maximum.reduce(best, axis=0) & low_bits).astype(np.intp)
    windows = np.arange(n_windows)
    for step in range(steps - 1, RUN_IN - 1, -1):
        labels[step] = state
        state = back[step][state, windows]
    return np.ascontiguousarray(labels[RUN_IN : RUN_IN + CORE].T).ravel()[:n_blocks]


def marginals(emissions: FloatArray, transitions: FloatArray, start: FloatArray, doc_offsets: IntArray) -> FloatArray:
    """Probability of each label of each block, by the forward-backward algorithm.

    Parameters are those of `viterbi`; returns shape (n_blocks, n_labels), float32, rows sum to one.
    """
    n_blocks, n_labels = emissions.shape
    if n_blocks == 0:
        return np.zeros((0, n_labels), np.float32)
    shifted = emissions - emissions.max(axis=1, keepdims=True)
    likelihood, starts = _windows(np.exp(np.maximum(shifted, -30.0)).astype(np.float32), doc_offsets, fill=1)
    steps = len(likelihood)
    # the floors keep every sum above zero, whatever the model says
    step_weights = np.exp(np.maximum(transitions - transitions.max(), -40.0)).astype(np.float32)
    start_weights = np.exp(np.maximum(start - start.max(), -40.0)).astype(np.float32)[:, None]
    forward = np.empty_like(likelihood)
    message = likelihood[0] * start_weights
    for step in range(steps):
        if step:
            message = np.where(starts[step], start_weights, step_weights.T @ message) * likelihood[step]
        message /= message.sum(axis=0)
        forward[step] = message
    backward = np.ones_like(likelihood[0])
    result = np.empty_like(likelihood)
    for step in range(steps - 1, -1, -1):
        belief = forward[step] * backward
        result[step] = belief / belief.sum(axis=0)
        backward = np.where(starts[step], np.float32(1), step_weights @ (likelihood[step] * backward))
        backward /= backward.sum(axis=0)
    core = result[RUN_IN : RUN_IN + CORE].transpose(2, 0, 1)
    return np.ascontiguousarray(core).reshape(-1, n_labels)[:n_blocks]


def _to_units(scores: FloatArray) -> npt.NDArray[np.int32]:
    limited = np.clip(scores, -_SCORE_LIMIT, _SCORE_LIMIT)
    return np.rint(limited * _UNITS).astype(np.int32) << _INDEX_BITS


def _windows(rows: npt.NDArray[np.generic], doc_offsets: IntArray, fill: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Overlapping windows of a stream, side by side.

    Returns
    -------
    windows
        Shape (RUN_IN + CORE + RUN_IN, n_labels, n_windows); beyond both ends stands ``fill``.
    starts
        Whether the row is the first of a document. Shape (RUN_IN + CORE + RUN_IN, n_windows), bool.
    """
    n_rows, n_labels = rows.shape
    n_windows = -(-n_rows // CORE)
    padded = np.full((n_windows * CORE + 2 * RUN_IN, n_labels), fill, rows.dtype)
    padded[RUN_IN : RUN_IN + n_rows] = rows
    is_start = np.zeros(len(padded), bool)
    is_start[RUN_IN + doc_offsets[doc_offsets <= n_rows]] = True
    at = np.arange(CORE + 2 * RUN_IN)[:, None] + np.arange(n_windows) * CORE
    return np.ascontiguousarray(padded[at].transpose(0, 2, 1)), is_start[at]
