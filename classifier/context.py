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
    units = dense - shift
    units *= scale
    np.rint(units, out=units)
    return np.clip(units, -DENSE_BOUND, DENSE_BOUND, out=units)


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
        Log probabilities, see `SequenceModel.emissions`, shape (n_blocks, n_tables * n_labels); the last
        ones, by a block's own words, are not averaged.
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
    n_averaged = n_emissions - N_LABELS
    steps = np.rint(np.maximum(emissions, _LOWEST_EMISSION / EMISSION_UNITS) * np.float32(EMISSION_UNITS))
    probabilities = _PROBABILITIES[steps[:, :n_averaged].astype(np.intp) - _LOWEST_EMISSION]
    names = (TEXT_DENSE + LAYOUT_DENSE)[: dense.shape[1]]
    near_dense = [names.index(name) for name in _NEIGHBOUR_DENSE if name in names]
    n_seen = n_emissions + len(near_dense)
    lengths = np.diff(doc_offsets)
    document = np.repeat(np.arange(len(lengths)), lengths)
    result = np.empty((n, _n_columns(n_emissions, dense.shape[1], n_seen, group is not None, config)), np.float32)
    result[:, :n_emissions] = steps
    at = n_emissions + dense.shape[1]
    result[:, n_emissions:at] = dense

    # documents stand apart by the window's width, so that a neighbour beyond an end is a row of zeros
    place = np.arange(n) + config.window * (document + 1)
    seen = np.zeros((n + config.window * (len(lengths) + 1), n_seen), np.float32)
    seen[place, :n_emissions] = steps
    seen[place, n_emissions:] = dense[:, near_dense]
    for distance in range(1, config.window + 1):
        for step in (distance, -distance):
            result[:, at : at + n_seen] = seen.take(place + step, axis=0)
            at += n_seen

    first, last = doc_offsets[:-1][document], doc_offsets[1:][document]
    running = np.zeros((n + 1, n_averaged), np.int64)
    np.cumsum(probabilities, axis=0, out=running[1:])
    index = np.arange(n)
    for half_width in config.stretches:
        start, end = np.maximum(index - half_width, first), np.minimum(index + half_width + 1, last)
        result[:, at : at + n_averaged] = _means(running, start, end)
        at += n_averaged
    result[:, at : at + n_averaged] = _means(running, doc_offsets[:-1], doc_offsets[1:])[document]
    at += n_averaged
    if group is not None and n:
        result[:, at:] = _group_means(probabilities, group)
    return result


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
    # in whole units sums are exact: they do not depend on what came before in the batch
    units = np.rint(rows * np.float64(_UNIT))
    running = np.zeros((len(rows) + 1, rows.shape[1]))
    np.cumsum(units, axis=0, out=running[1:])
    others = running[end] - running[start] - units
    n_neighbours = np.maximum(end - start - 1, 1)
    return np.asarray(others / (_UNIT * np.sqrt(n_neighbours)[:, None]), np.float32)


def _means(running: npt.NDArray[np.int64], start: IntArray, end: IntArray) -> npt.NDArray[np.float64]:
    sums = running[end] - running[start]
    return np.asarray(np.rint(sums / np.maximum(end - start, 1)[:, None]))


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
    return _n_columns(
        n_emissions, dense, n_emissions + sum(name in names for name in _NEIGHBOUR_DENSE), has_layout, config
    )


def n_dense(has_layout: bool) -> int:
    """Number of dense features of one view."""
    return len(TEXT_DENSE) + (len(LAYOUT_DENSE) if has_layout else 0)


def _n_columns(n_emissions: int, n_dense: int, n_seen: int, has_group: bool, config: ContextConfig) -> int:
    n_averaged = n_emissions - N_LABELS
    n = n_emissions + n_dense + 2 * config.window * n_seen + (len(config.stretches) + 1) * n_averaged
    return n + (n_averaged + 1 if has_group else 0)
