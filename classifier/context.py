"""What stands around a block, as numbers: neighbours, averages over stretches, blocks of the same kind.

The second of the two passes that jusText (Pomikálek 2011) made the field's habit: the first judges
each block by itself, this one by its surroundings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.features import LAYOUT_DENSE, TEXT_DENSE, FeatureMatrix
from classifier.types import N_LABELS, FloatArray, IntArray

_LOWEST_EMISSION = -6.0
"""Log probabilities below this (one in four hundred) are all alike to the context step."""
_UNIT = 2.0**20
"""Sums over blocks are taken in units of a millionth."""
_NEIGHBOUR_DENSE = ("log_chars", "ends_sentence", "link_density", "is_heading")
"""Dense features that are also looked at in the neighbours, where the view has them."""


@dataclass(frozen=True, slots=True)
class ContextConfig:
    """How far a block looks around; stored in the artefact.

    Parameters
    ----------
    window
        Neighbours on each side whose emissions are seen one by one.
    stretches
        Half-widths, in blocks, of the stretches whose mean emissions are seen.
    near
        Neighbours on each side whose words count in the emissions of a block's surroundings.
    """

    window: int = 3
    stretches: tuple[int, ...] = (2, 8)
    near: int = 3


def context_features(
    emissions: FloatArray,
    dense: FloatArray,
    doc_offsets: IntArray,
    group: IntArray | None,
    config: ContextConfig,
) -> FloatArray:
    """Features of the context step.

    Parameters
    ----------
    emissions
        Log probabilities by each table, see `SequenceModel.emissions`, shape (n_blocks, n_tables * n_labels).
    dense
        Dense features, shape (n_blocks, n_dense).
    doc_offsets
        First block of each document, and the number of blocks.
    group
        Blocks of one kind, see `FeatureMatrix.group`; None without layout.

    Returns
    -------
    Shape (n_blocks, n_context), float32; neighbours beyond the document's ends are zero.
    """
    emissions = np.maximum(emissions, np.float32(_LOWEST_EMISSION))
    probabilities = np.exp(emissions)
    names = (TEXT_DENSE + LAYOUT_DENSE)[: dense.shape[1]]
    seen = np.concatenate([emissions, dense[:, [names.index(n) for n in _NEIGHBOUR_DENSE if n in names]]], axis=1)
    lengths = np.diff(doc_offsets)
    first = np.repeat(doc_offsets[:-1], lengths)
    last = np.repeat(doc_offsets[1:], lengths)
    columns = [emissions, dense]
    for distance in range(1, config.window + 1):
        for step in (distance, -distance):
            columns.append(_shifted(seen, step, first, last))
    running = _running(probabilities)
    index = np.arange(len(emissions))
    for half_width in config.stretches:
        columns.append(_mean(running, np.maximum(index - half_width, first), np.minimum(index + half_width + 1, last)))
    columns.append(_mean(running, first, last))
    if group is not None:
        columns += _group_means(probabilities, group)
    return np.concatenate(columns, axis=1)


def near_sums(rows: FloatArray, doc_offsets: IntArray, near: int) -> FloatArray:
    """Sum of the rows of a block's neighbours, itself left out, over the square root of their number.

    Parameters
    ----------
    rows
        Shape (n_blocks, n).
    near
        Neighbours on each side; those beyond the document's ends are not there.
    """
    lengths = np.diff(doc_offsets)
    first, last = np.repeat(doc_offsets[:-1], lengths), np.repeat(doc_offsets[1:], lengths)
    index = np.arange(len(rows))
    start, end = np.maximum(index - near, first), np.minimum(index + near + 1, last)
    running = _running(rows)
    others = running[end] - running[start] - (running[index + 1] - running[index])
    n_neighbours = np.maximum(end - start - 1, 1)
    return np.asarray(others / (_UNIT * np.sqrt(n_neighbours)[:, None]), np.float32)


def _running(rows: FloatArray) -> npt.NDArray[np.float64]:
    """Running sums in whole units: exact, so that a stretch's sum does not depend on what came before it."""
    sums = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(np.rint(rows * np.float64(_UNIT)), axis=0, out=sums[1:])
    return sums


def _shifted(rows: FloatArray, step: int, first: IntArray, last: IntArray) -> FloatArray:
    at = np.arange(len(rows)) + step
    inside = (at >= first) & (at < last)
    return np.where(inside[:, None], rows[np.where(inside, at, 0)], np.float32(0))


def _mean(running: np.ndarray, start: IntArray, end: IntArray) -> FloatArray:
    return np.asarray((running[end] - running[start]) / (_UNIT * (end - start)[:, None]), np.float32)


def _group_means(probabilities: FloatArray, group: IntArray) -> list[FloatArray]:
    """Mean probabilities over the blocks of the same kind, and how many there are."""
    if len(group) == 0:
        return [probabilities, np.zeros((0, 1), np.float32)]
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    counts = np.diff(np.append(starts, len(group)))
    sums = np.add.reduceat(probabilities[order].astype(np.float64), starts, axis=0)
    number = np.repeat(np.arange(len(starts)), counts)
    means = np.empty_like(probabilities)
    means[order] = (sums / counts[:, None])[number]
    sizes = np.empty((len(group), 1), np.float32)
    sizes[order, 0] = np.log(counts)[number]
    return [means, sizes]


def context_names(X: FeatureMatrix, config: ContextConfig) -> list[str]:
    """What each column of the context features speaks of, for explanations."""
    tables = ["text", "surroundings"] if X.layout is None else ["text", "surroundings", "layout"]
    own = [name for name in tables for _ in range(N_LABELS)]
    dense = (TEXT_DENSE + LAYOUT_DENSE)[: X.dense.shape[1]]
    n_seen = len(own) + sum(name in dense for name in _NEIGHBOUR_DENSE)
    names = own + ["position" if "position" in n or "log_from" in n else "shape" for n in dense]
    for distance in range(1, config.window + 1):
        for step in (distance, -distance):
            names += [f"neighbour {step:+d}"] * n_seen
    for half_width in config.stretches:
        names += [f"stretch ±{half_width}"] * len(own)
    names += ["whole document"] * len(own)
    if X.group is not None:
        names += ["blocks of the same kind"] * (len(own) + 1)
    return names


def n_context_features(has_layout: bool, config: ContextConfig) -> int:
    """Number of columns of the context features of one view."""
    n_emissions = (3 if has_layout else 2) * N_LABELS
    dense = TEXT_DENSE + LAYOUT_DENSE if has_layout else TEXT_DENSE
    n_seen = n_emissions + sum(name in dense for name in _NEIGHBOUR_DENSE)
    n = n_emissions + len(dense) + 2 * config.window * n_seen + (len(config.stretches) + 1) * n_emissions
    return n + (n_emissions + 1 if has_layout else 0)
