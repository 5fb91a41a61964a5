"""What stands around a block, in whole numbers: neighbours, averages over stretches, blocks of the same kind.

The second of the two passes that jusText (Pomikálek 2011) made the field's habit: the first judges
each block by itself, this one by its surroundings.

Every feature is a whole number of bounded size, so that the first layer of the context step sums
whole numbers: exact in float32, and the same in any batch, on any machine, in any order of summing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.features import LAYOUT_DENSE, TEXT_DENSE, FeatureMatrix
from classifier.types import N_LABELS, FloatArray, IntArray

EMISSION_UNITS = 16
"""Log probabilities are told in sixteenths."""
_LOWEST_EMISSION = -6 * EMISSION_UNITS
"""Log probabilities below -6 (one in four hundred) are all alike to the context step."""
DENSE_BOUND = 127
"""Dense features are scaled to whole numbers up to this."""
_PROBABILITY_UNITS = 1023
_COUNT_UNITS = 16
_PROBABILITIES = np.rint(np.exp(np.arange(_LOWEST_EMISSION, 1) / EMISSION_UNITS) * _PROBABILITY_UNITS).astype(np.int64)
_UNIT = 2.0**20
"""Sums of emission scores over blocks are taken in units of a millionth."""
_NEIGHBOUR_DENSE = ("log_chars", "ends_sentence", "link_density", "is_heading")
"""Dense features that are also looked at in the neighbours, where the view has them."""
LARGEST_FEATURE = _PROBABILITY_UNITS
"""No context feature is larger."""


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


def dense_units(dense: FloatArray, shift: FloatArray, scale: FloatArray) -> FloatArray:
    """Dense features as whole numbers. Shape (n_blocks, n_dense), float32.

    Parameters
    ----------
    shift, scale
        Taken from each feature, and what it is then multiplied by. Shape (n_dense,).
    """
    units = dense.T - shift[:, None]
    units *= scale[:, None]
    np.rint(units, out=units)
    # of two rows the larger is found faster than of a row and a number
    bound = np.full(units.shape[1], DENSE_BOUND, np.float32)
    np.minimum(units, bound, out=units)
    np.negative(bound, out=bound)
    return np.asarray(np.maximum(units, bound, out=units).T)


def context_features(
    emissions: FloatArray,
    dense: FloatArray,
    doc_offsets: IntArray,
    group: IntArray | None,
    config: ContextConfig,
    n_own: int = N_LABELS,
) -> FloatArray:
    """Features of the context step.

    Parameters
    ----------
    emissions
        Log probabilities, see `SequenceModel.emissions`, shape (n_blocks, n_tables * n_labels); the last
        ``n_own``, by a block's own words, are not averaged.
    dense
        Dense features as whole numbers, see `dense_units`, shape (n_blocks, n_dense).
    doc_offsets
        First block of each document, and the number of blocks.
    group
        Blocks of one kind, see `FeatureMatrix.group`; None without layout.

    Returns
    -------
    Shape (n_blocks, n_context), float32, whole numbers up to `LARGEST_FEATURE`; neighbours beyond the
    document's ends are zero.
    """
    n, n_emissions = emissions.shape
    n_averaged = n_emissions - n_own
    names = (TEXT_DENSE + LAYOUT_DENSE)[: dense.shape[1]]
    near_dense = [names.index(name) for name in _NEIGHBOUR_DENSE if name in names]
    n_seen = n_emissions + len(near_dense)
    # a column of the result is a row here: what is worked on lies together in memory
    n_columns = _n_columns(n_emissions, n_averaged, len(names), n_seen, group is not None, config)
    result = np.empty((n_columns, n), np.float32)
    steps = emission_units(emissions.T, result[:n_emissions])
    at = n_emissions + len(names)
    result[n_emissions:at] = dense.T
    seen = np.concatenate([steps, result[[n_emissions + k for k in near_dense]]])
    last = at + 2 * config.window * n_seen
    _neighbours(seen, doc_offsets, result[at:last].reshape(config.window, 2, n_seen, n))
    at = last

    probabilities = _PROBABILITIES.take(steps[:n_averaged].astype(np.intp) - _LOWEST_EMISSION)
    running = _running(probabilities)
    places = _places(doc_offsets)
    for half_width in config.stretches:
        result[at : at + n_averaged] = _means(running, *_stretches(places, half_width))
        at += n_averaged
    of_documents = _means(running, doc_offsets[:-1], doc_offsets[1:])
    result[at : at + n_averaged] = of_documents.repeat(np.diff(doc_offsets), axis=1)
    at += n_averaged
    if group is not None and n:
        result[at:] = _group_means(probabilities.T, group).T
    return result.T


def emission_units(columns: FloatArray, out: FloatArray | None = None) -> FloatArray:
    """Log probabilities in whole sixteenths, those below -6 alike. Shape (n, n_blocks) in and out."""
    floor = np.full(columns.shape[1], _LOWEST_EMISSION / EMISSION_UNITS, np.float32)
    steps = np.maximum(columns, floor, out=out)
    steps *= np.float32(EMISSION_UNITS)
    return np.rint(steps, out=steps)


def _neighbours(seen: FloatArray, doc_offsets: IntArray, out: FloatArray) -> None:
    """What is seen of each block's neighbours, zero beyond its document's ends.

    ``out`` has the shape (window, 2, n_seen, n_blocks): the blocks one place on and one back, two on and so forth.
    """
    n = seen.shape[1]
    ahead = np.arange(min(len(out), n))[:, None]
    # A document that is shorter than the step leads into others, and there beyond their ends too; where
    # there are none, into a place that is beyond an end as well.
    last, first = doc_offsets[1:] - 1 - ahead, doc_offsets[:-1] + ahead
    last[last < 0], first[first >= n] = n - 1, 0
    for distance, (on, back) in enumerate(out, 1):
        near = min(distance, n)
        on[:, : n - near] = seen[:, near:]
        on[:, last[:near].ravel()] = 0
        back[:, near:] = seen[:, : n - near]
        back[:, first[:near].ravel()] = 0


def near_sums(rows: FloatArray, doc_offsets: IntArray, near: int) -> FloatArray:
    """Sum of the rows of a block's neighbours, itself left out, over the square root of their number.

    Parameters
    ----------
    rows
        Shape (n_blocks, n).
    near
        Neighbours on each side; those beyond the document's ends are not there.
    """
    start, end = _stretches(_places(doc_offsets), near)
    # in whole units sums are exact: they do not depend on what came before in the batch
    units = np.rint(rows.T * np.float64(_UNIT)).astype(np.int64)
    running = _running(units)
    others = running.take(end, axis=1)
    others -= running.take(start, axis=1)
    others -= units
    n_neighbours = np.maximum(end - start - 1, 1)
    return np.asarray(others / (_UNIT * np.sqrt(n_neighbours)), np.float32).T


def _places(doc_offsets: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Index of each block, that of its document's first block, and that after its last."""
    lengths = doc_offsets[1:] - doc_offsets[:-1]
    return np.arange(doc_offsets[-1]), doc_offsets[:-1].repeat(lengths), doc_offsets[1:].repeat(lengths)


def _stretches(places: tuple[IntArray, IntArray, IntArray], half_width: int) -> tuple[IntArray, IntArray]:
    """First block, and the one after the last, of the stretch around each block within its document."""
    index, first, last = places
    return np.maximum(index - half_width, first), np.minimum(index + (half_width + 1), last)


def _running(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sum of all columns before each. Shape (n, n_blocks + 1) for (n, n_blocks)."""
    running = np.zeros((len(values), values.shape[1] + 1), np.int64)
    np.cumsum(values, axis=1, out=running[:, 1:])
    return running


def _means(running: npt.NDArray[np.int64], start: IntArray, end: IntArray) -> npt.NDArray[np.float64]:
    """Mean of each stretch in whole numbers. Shape (n, n_stretches)."""
    sums = running.take(end, axis=1)
    sums -= running.take(start, axis=1)
    means = sums / np.maximum(end - start, 1)
    return np.asarray(np.rint(means, out=means))


def _group_means(probabilities: npt.NDArray[np.int64], group: IntArray) -> npt.NDArray[np.float64]:
    """Mean probabilities over the blocks of the same kind, and how many there are."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    counts = np.diff(np.append(starts, len(group)))
    sums = np.add.reduceat(probabilities[order], starts, axis=0)
    rows = np.empty((len(starts), probabilities.shape[1] + 1))
    rows[:, :-1] = np.rint(sums / counts[:, None])
    rows[:, -1] = np.rint(np.log(counts) * _COUNT_UNITS)
    number = np.empty(len(group), np.intp)
    number[order] = np.repeat(np.arange(len(starts)), counts)
    return np.asarray(rows[number])


def context_names(X: FeatureMatrix, config: ContextConfig) -> list[str]:
    """What each column of the context features speaks of, for explanations."""
    tables = ["words"] if X.layout is None else ["words", "layout"]
    own = [name for name in [*tables, "own words"] for _ in range(N_LABELS)]
    n_averaged = len(tables) * N_LABELS
    dense = (TEXT_DENSE + LAYOUT_DENSE)[: X.dense.shape[1]]
    n_seen = len(own) + sum(name in dense for name in _NEIGHBOUR_DENSE)
    names = own + ["position" if "position" in n or "log_from" in n else "shape" for n in dense]
    for distance in range(1, config.window + 1):
        for step in (distance, -distance):
            names += [f"neighbour {step:+d}"] * n_seen
    for half_width in config.stretches:
        names += [f"stretch ±{half_width}"] * n_averaged
    names += ["whole document"] * n_averaged
    if X.group is not None:
        names += ["blocks of the same kind"] * (n_averaged + 1)
    return names


def n_context_features(has_layout: bool, config: ContextConfig) -> int:
    """Number of columns of the context features of one view."""
    n_emissions = (3 if has_layout else 2) * N_LABELS
    dense = n_dense(has_layout)
    names = (TEXT_DENSE + LAYOUT_DENSE)[:dense]
    n_seen = n_emissions + sum(name in names for name in _NEIGHBOUR_DENSE)
    return _n_columns(n_emissions, n_emissions - N_LABELS, dense, n_seen, has_layout, config)


def n_dense(has_layout: bool) -> int:
    """Number of dense features of one view."""
    return len(TEXT_DENSE) + (len(LAYOUT_DENSE) if has_layout else 0)


def _n_columns(
    n_emissions: int, n_averaged: int, n_dense: int, n_seen: int, has_group: bool, config: ContextConfig
) -> int:
    n = n_emissions + n_dense + 2 * config.window * n_seen + (len(config.stretches) + 1) * n_averaged
    return n + (n_averaged + 1 if has_group else 0)
