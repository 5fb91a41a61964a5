"""Short pages, read as if they stood between copies of themselves.

The model learnt from pages of dozens of blocks; of two paragraphs alone it has seen too few to know what
the missing neighbours mean. Between copies of itself a page has neighbours that speak of what it speaks
of (the periodic boundary of signal processing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.types import BlockBatch, IntArray, Layout

LEAST_BLOCKS = 9
"""Pages of fewer blocks are short."""


@dataclass(frozen=True, slots=True)
class Lengthened:
    """A batch in which no page is short.

    Parameters
    ----------
    batch
        The pages, the short ones an odd number of times over.
    source
        For each of its blocks, the block of the batch as it was. Shape (n_blocks of ``batch``,).
    rows
        For each block of the batch as it was, its place in the middle copy. Shape (n_blocks,).
    """

    batch: BlockBatch
    source: IntArray
    rows: IntArray


def lengthened(batch: BlockBatch) -> Lengthened | None:
    """Lengthen the short pages of a batch; None where there is none.

    Examples
    --------
    >>> long = lengthened(BlockBatch(b"\\nOne\\nTwo\\n", np.array([0, 2])))
    >>> long.batch.n_blocks, long.rows.tolist(), long.batch.block(long.rows[1])
    (10, [4, 5], 'Two')
    """
    sizes = batch.doc_offsets[1:] - batch.doc_offsets[:-1]
    if sizes.min(initial=LEAST_BLOCKS) == LEAST_BLOCKS:
        return None
    short = (sizes > 0) & (sizes < LEAST_BLOCKS)
    if not short.any():
        return None
    copies = np.where(short, -(-LEAST_BLOCKS // np.maximum(sizes, 1)), 1)
    copies += 1 - copies % 2
    first = batch.doc_offsets[:-1]
    doc_offsets = np.concatenate([[0], np.cumsum(sizes * copies)]).astype(np.intp)
    within = np.arange(doc_offsets[-1]) - np.repeat(doc_offsets[:-1], sizes * copies)
    source = np.repeat(first, sizes * copies) + within % np.repeat(sizes, sizes * copies)
    rows = np.repeat(doc_offsets[:-1] + copies // 2 * sizes - first, sizes) + np.arange(batch.n_blocks)
    bounds = batch.block_offsets[batch.doc_offsets].tolist()
    pages = (batch.text[a:z] * n for a, z, n in zip(bounds[:-1], bounds[1:], copies.tolist(), strict=True))
    layout = batch.layout
    if layout is not None:
        layout = Layout(layout.element[source], layout.link_chars[source], layout.tag, layout.parent, layout.names)
    return Lengthened(BlockBatch(b"\n" + b"".join(pages), doc_offsets, layout), source, rows)
