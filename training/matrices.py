"""Hashed features as the sparse matrices that scikit-learn fits on."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from classifier.features import Grams, LayoutGrams
from classifier.types import IntArray
from classifier.weights import gram_scale, layout_scale


def text_matrix(grams: Grams, n_buckets: int) -> sp.csr_matrix:
    """Counts of each line's n-grams, scaled as serving scales them. Shape (n_lines, n_buckets), float32."""
    return sp.diags(gram_scale(grams)) @ _counts(grams, n_buckets)


def layout_matrix(layout: LayoutGrams, n_buckets: int) -> sp.csr_matrix:
    """Counts of the names of each block's ancestors, scaled as serving does. Shape (n_blocks, n_buckets), float32."""
    n_blocks = layout.ancestors.shape[1]
    total = sp.csr_matrix((n_blocks, n_buckets), dtype=np.float32)
    for group, grams in enumerate(layout.grams):
        elements = _counts(grams, n_buckets)
        levels = layout.levels(group)
        block, element = np.tile(np.arange(n_blocks), len(levels)), levels.ravel()
        inside = element >= 0
        stands_in = sp.csr_matrix(
            (np.ones(inside.sum(), np.float32), (block[inside], element[inside])), shape=(n_blocks, elements.shape[0])
        )
        total = total + stands_in @ elements
    return sp.diags(layout_scale(layout)) @ total


def _counts(grams: Grams, n_buckets: int) -> sp.csr_matrix:
    indices = np.stack(grams.indices, axis=1)[: grams.offsets[-1]].ravel()
    held = indices < n_buckets
    n_before = np.concatenate([[0], np.cumsum(held)])
    return sp.csr_matrix(
        (np.ones(held.sum(), np.float32), indices[held], n_before[grams.offsets * len(grams.indices)]),
        shape=(len(grams.offsets) - 1, n_buckets),
    )


def neighbour_matrix(doc_offsets: IntArray, near: int) -> sp.csr_matrix:
    """Sums each block's neighbours, as `near_sums` does when serving. Shape (n_blocks, n_blocks)."""
    n = int(doc_offsets[-1])
    document = np.repeat(np.arange(len(doc_offsets) - 1), np.diff(doc_offsets))
    blocks, neighbours = [], []
    for distance in range(1, near + 1):
        first = (
            np.flatnonzero(document[: n - distance] == document[distance:]) if distance < n else np.zeros(0, np.intp)
        )
        blocks += [first, first + distance]
        neighbours += [first + distance, first]
    at = np.concatenate(blocks) if blocks else np.zeros(0, np.intp)
    count = np.bincount(at, minlength=n)
    weight = (1 / np.sqrt(np.maximum(count, 1)))[at].astype(np.float32)
    return sp.csr_matrix((weight, (at, np.concatenate(neighbours) if neighbours else at)), shape=(n, n))
