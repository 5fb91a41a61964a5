"""Long blocks, read by their beginning: what a block is shows there, and features take many times its size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.types import BlockBatch

MAX_BLOCK_BYTES = 1 << 18
"""No more of a block is read to label it: some 40,000 words."""


def excerpted(batch: BlockBatch) -> BlockBatch:
    """A batch whose blocks are no longer than is read of them; almost always the batch itself.

    Parameters
    ----------
    batch
        The blocks as they are.

    Returns
    -------
    As many blocks, cut between characters, without spans. Characters inside links go down in proportion.

    Examples
    --------
    >>> excerpt = excerpted(BlockBatch(b"\\nOne\\n" + b"two " * 10**6 + b"\\n", np.array([0, 2])))
    >>> [len(block) for block in excerpt.blocks()]
    [3, 262144]
    """
    if len(batch.text) <= MAX_BLOCK_BYTES:
        return batch
    text, offsets = batch.text, batch.block_offsets
    long = np.flatnonzero(np.diff(offsets) - 1 > MAX_BLOCK_BYTES)
    if len(long) == 0:
        return batch
    parts, lengths, done = [], [], 0
    starts, ends = offsets[long], offsets[long + 1] - 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        cut = start + MAX_BLOCK_BYTES
        while text[cut] & 0xC0 == 0x80:  # inside of a character
            cut -= 1
        parts.append(text[done:cut])
        lengths.append(cut - start)
        done = end
    layout = batch.layout
    if layout is not None:
        link_chars = layout.link_chars.copy()
        link_chars[long] = link_chars[long] * np.array(lengths) // (ends - starts)
        layout = replace(layout, link_chars=link_chars)
    return BlockBatch(b"".join((*parts, text[done:])), batch.doc_offsets, layout)
