"""Which blocks of a page its main content consists of, found from the main text alone.

A corpus such as WCXB gives a page and its main text, no blocks. A long block is content where most
of its four-word sequences stand in the main text; a short one where its words do and its long
neighbours are content, for short texts stand everywhere.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from training.dataset import UNKNOWN, LabelArray

_WORD = re.compile(r"\w+")
_LONG = 4
_MOST = 0.5
_NEAR = 12
_BETWEEN = 16


def main_labels(blocks: Sequence[str], main_content: str) -> LabelArray:
    """1 for blocks of the main content, 0 for others, unknown for blocks without words. Shape (n_blocks,).

    Examples
    --------
    >>> main_labels(["Home", "The bridge opens on Monday", "Share"], "The bridge opens on Monday").tolist()
    [0, 1, 0]
    """
    main = words(main_content)
    sequences = {n: Counter(zip(*(main[k:] for k in range(n)), strict=False)) for n in range(1, _LONG + 1)}
    lines = {" ".join(words(line)) for line in main_content.split("\n")}
    block_words = [words(block) for block in blocks]
    result = np.zeros(len(blocks), np.int8)
    long = []
    for i, w in enumerate(block_words):
        if len(w) >= _LONG:
            inside = sum(tuple(w[j : j + _LONG]) in sequences[_LONG] for j in range(len(w) - _LONG + 1))
            result[i] = inside / (len(w) - _LONG + 1) >= _MOST
            long.append(i)
    after = np.searchsorted(long, np.arange(len(blocks)))
    seen: Counter[tuple[str, ...]] = Counter()
    for i, w in enumerate(block_words):
        if not w:
            result[i] = UNKNOWN
        elif len(w) < _LONG and tuple(w) in sequences[len(w)]:
            left = long[after[i] - 1] if after[i] > 0 else None
            right = long[after[i]] if after[i] < len(long) else None
            near = [k for k in (left, right) if k is not None and abs(k - i) <= _NEAR and result[k] == 1]
            between = len(near) == 2 and near[1] - near[0] <= _BETWEEN
            if between or (near and " ".join(w) in lines):
                # a text that stands more often on the page than in the main text is furniture from then on
                seen[tuple(w)] += 1
                result[i] = seen[tuple(w)] <= sequences[len(w)][tuple(w)]
    return result


def words(text: str) -> list[str]:
    """Words of a text, as ``tools/score.py`` counts them."""
    return _WORD.findall(text.casefold())


def word_f1(predicted: str, reference: str) -> float:
    """F1 of the bags of words of two texts: the measure of the WCXB benchmark."""
    p, r = Counter(words(predicted)), Counter(words(reference))
    if not p or not r:
        return float(not p and not r)
    shared = (p & r).total()
    return 2 * shared / (p.total() + r.total())
