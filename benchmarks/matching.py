"""Which blocks of a page stand in a text that somebody extracted from it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from training.main_content import words

_LONG = 4
_MOST = 0.5


def kept_blocks(blocks: Sequence[str], text: str) -> npt.NDArray[np.bool_]:
    """Whether each block of a page is held by a text.

    A block of four words or more is held where at least half of its four-word sequences stand in
    the text; a shorter one where its words stand in a row that no longer block accounts for. A
    text that stands on the page more often than in the extract is held as often as there, nearest
    to what else is held. Blocks without words are not.

    Returns
    -------
    Shape (n_blocks,).

    Examples
    --------
    >>> blocks = ["Home", "The bridge opens on Monday, they said.", "Share", "Home"]
    >>> kept_blocks(blocks, "The bridge opens on Monday, they said.\\nShare").tolist()
    [False, True, True, False]
    """
    stream = words(text)
    starts: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for n in range(1, _LONG + 1):
        for i in range(len(stream) - n + 1):
            starts[tuple(stream[i : i + n])].append(i)
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, block in enumerate(blocks):
        if key := tuple(words(block)):
            places[key].append(i)
    kept = np.zeros(len(blocks), np.bool_)
    free = np.ones(len(stream), np.bool_)
    held = {key: _held_long(key, starts, free) for key in places if len(key) >= _LONG}
    single = [key for key in held if len(places[key]) == 1]
    for key in single:
        kept[places[key][0]] = held[key] > 0
    for key in held:
        if len(places[key]) > 1:
            _keep_nearest(kept, places[key], held[key])
    anchors = kept.copy()
    for key in places:
        if len(key) < _LONG:
            _keep_nearest(kept, places[key], _held_short(key, starts, free), anchors)
    return kept


def _held_long(key: tuple[str, ...], starts: dict[tuple[str, ...], list[int]], free: npt.NDArray[np.bool_]) -> int:
    """How often a long block is held; the words that hold it are taken."""
    sequences = [key[i : i + _LONG] for i in range(len(key) - _LONG + 1)]
    found = [starts[s] for s in sequences if s in starts]
    if len(found) < _MOST * len(sequences):
        return 0
    for positions in found:
        for i in positions:
            free[i : i + _LONG] = False
    return max(1, min(map(len, found)))


def _held_short(key: tuple[str, ...], starts: dict[tuple[str, ...], list[int]], free: npt.NDArray[np.bool_]) -> int:
    return sum(bool(free[i : i + len(key)].all()) for i in starts.get(key, ()))


def _keep_nearest(
    kept: npt.NDArray[np.bool_], places: Sequence[int], n: int, anchors: npt.NDArray[np.bool_] | None = None
) -> None:
    """Keep ``n`` of some equal blocks, nearest to an anchor first, earlier first where equally near."""
    if n < len(places):
        anchored = np.flatnonzero(kept if anchors is None else anchors)
        if len(anchored):
            places = sorted(places, key=lambda i: (int(np.abs(anchored - i).min()), i))
    kept[list(places[:n])] = True
