"""Text of ``<pre>`` with its lines and spaces: code, poems, tables drawn with characters."""

from __future__ import annotations

import numpy as np

from classifier.segment.octets import CUT, LINE_END, NBSP, SPACE, ragged, unescaped
from classifier.types import ByteArray, IntArray

_TAB = 9
_TO_LINES = bytes(c if c in (_TAB, LINE_END) or (c > SPACE and c != 127) else SPACE for c in range(256))


def preformatted(
    raw: ByteArray, start: IntArray, end: IntArray, in_pre: np.ndarray, block_tag: IntArray
) -> dict[int, str]:
    """Texts of the blocks in ``<pre>`` whose white space is more than single spaces between words.

    Empty lines before the first and behind the last line are left out, and white space that ends the last one.

    Parameters
    ----------
    raw
        Canonical markup; the last byte of every tag that cuts is ``CUT``.
    start, end
        Position of each tag, and one past it. Shape (n_tags,).
    in_pre
        Whether the text behind each tag is preformatted. Shape (n_tags,).
    block_tag
        Tag before the first visible text of each block; what has no such tag names a number beyond them.
        Shape (n_blocks,).

    Returns
    -------
    By index of the block.
    """
    n_tags = len(start)
    blocks = np.flatnonzero(block_tag < n_tags)
    blocks = blocks[in_pre[block_tag[blocks]]]
    if len(blocks) == 0:
        return {}
    cuts = np.append(np.flatnonzero(raw[end - 1] == CUT), n_tags)
    at = np.searchsorted(cuts, block_tag[blocks], side="right")
    first, n_runs = cuts[at - 1], cuts[at] - cuts[at - 1]
    tags = ragged(first, n_runs)
    lengths = np.append(start[1:], end[-1:])[tags] - end[tags]
    octets = raw[ragged(end[tags], lengths)].tobytes()
    ends = np.cumsum(np.add.reduceat(lengths, np.cumsum(n_runs) - n_runs)).tolist()
    found = {}
    begin = 0
    for block, stop in zip(blocks.tolist(), ends, strict=True):
        text = _lines(octets[begin:stop])
        if text != " ".join(text.split()):
            found[block] = text
        begin = stop
    return found


def _lines(octets: bytes) -> str:
    """Characters of canonical markup as they stand, without empty lines around them.

    Examples
    --------
    >>> _lines(b"\\n  a &lt; b\\n\\n\\tc&nbsp;\\n")
    '  a < b\\n\\n\\tc'
    """
    text = unescaped(octets.replace(NBSP, b" ").translate(_TO_LINES)).decode("utf-8").rstrip()
    n_before = len(text) - len(text.lstrip())
    return text[text.rfind("\n", 0, n_before) + 1 :]
