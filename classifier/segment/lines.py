"""Lines of plain text, and which of them a margin broke.

Most texts are plain: no white space but single spaces within lines and line feeds. Many are cut at
once by arithmetic on UTF-8 bytes; those that are not plain go line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from classifier.segment.spaces import INVISIBLE, special
from classifier.types import ByteArray, IntArray

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NO_INK = re.compile(rf"[\s\x00-\x1f\x7f{INVISIBLE}]*")
_CONTINUES = re.compile(r"[^\W\d_]")
_TERMINAL = frozenset(".!?:;…。！？；：।؟۔\"”»“'’)]}*•|")
_LEAST_COLUMNS, _MOST_COLUMNS = 45, 120
"""A line shorter than the first was not broken by a margin; nobody wraps beyond the second."""
_FULL_LINE = 0.75
"""A line that reaches this share of its paragraph's widest line was broken by the margin."""
_LEAST_LINES = 3

_LF, _SPACE, _DELETE = 10, 32, 127
_MAY_END = np.array([c >= 128 or chr(c) not in _TERMINAL for c in range(256)])
_MAY_GO_ON = np.array([c >= 128 or chr(c).islower() for c in range(256)])
_IS_ASCII = np.arange(256) < 128

Bools = npt.NDArray[np.bool_]


def cut_at_once(texts: Sequence[str]) -> Iterator[tuple[bytes, IntArray] | None]:
    """Blocks of each of some texts; None for one that is not plain.

    Yields
    ------
    blocks
        UTF-8, a line end after each block.
    spans
        Offsets in the text, in characters. Shape (n_blocks, 2).

    Examples
    --------
    >>> [cut and (cut[0], cut[1].tolist()) for cut in cut_at_once(["One\\n\\ntwo", "é", "a\\tb"])]
    [(b'One\\ntwo\\n', [[0, 3], [5, 8]]), (b'\\xc3\\xa9\\n', [[0, 1]]), None]
    """
    if not texts:
        return
    encoded = [_encoded(text) for text in texts]
    # an empty line between two texts, for their paragraphs not to touch
    raw = np.frombuffer(bytearray().join((b"\n", b"\n\n".join(encoded), b"\n\n")), np.uint8)
    sizes = np.fromiter(map(len, encoded), np.intp, len(encoded))
    text_starts = 1 + np.concatenate([[0], np.cumsum(sizes + 2)])
    plain = _are_plain(raw, text_starts)
    line_ends = np.flatnonzero(raw == _LF)
    starts, ends = line_ends[:-1] + 1, line_ends[1:]
    columns = ends - starts
    if int(sizes.sum()) != sum(map(len, texts)):
        continuation = np.flatnonzero(raw & np.uint8(0xC0) == np.uint8(0x80))
        columns -= np.diff(np.searchsorted(continuation, line_ends))
    at = np.cumsum(columns + 1) - (columns + 1)
    first_lines = np.searchsorted(starts, text_starts)
    lines = np.flatnonzero(columns)
    joins = _broken(raw, starts[lines], ends[lines], columns[lines])
    opens, closes = np.append(True, ~joins)[: len(lines)], np.append(~joins, True)[: len(lines)]
    spans = np.stack([at[lines[opens]], (at + columns)[lines[closes]]], axis=1)
    block_counts = np.searchsorted(lines[opens], first_lines)
    raw[ends[lines[~closes]]] = _SPACE
    # all bytes stay but the first, and the line ends behind another one
    dropped = np.append(0, ends[raw[ends - 1] == _LF])
    bounds = text_starts - np.searchsorted(dropped, text_starts)
    blocks = np.delete(raw, dropped).tobytes()
    origin = at[np.minimum(first_lines, len(at) - 1)]
    for t, is_plain in enumerate(plain.tolist()):
        first, last = block_counts[t : t + 2]
        yield (blocks[bounds[t] : bounds[t + 1]], spans[first:last] - origin[t]) if is_plain else None


def _encoded(text: str) -> bytes:
    """UTF-8; of a text with a lone surrogate, which is not plain, a NUL for each character."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return b"\0" * len(text)


def _are_plain(raw: ByteArray, text_starts: IntArray) -> Bools:
    """Whether each text has no white space but single spaces within lines and line feeds, and ink first in each line.

    Shape (n_texts,).
    """
    low = np.flatnonzero((raw <= _SPACE) | (raw == _DELETE))
    octet = raw[low]
    odd = (octet != _SPACE) & (octet != _LF)
    odd[1:] |= (low[1:] == low[:-1] + 1) & ((octet[1:] != _LF) | (octet[:-1] != _LF))
    at, kind = special(raw)
    odd_at = np.concatenate([low[odd], at[(kind == 1) | (raw[at - 1] == _LF)]])
    plain = np.ones(len(text_starts) - 1, bool)
    # a space that begins or ends a text is found beside the line end that stands between two
    plain[np.searchsorted(text_starts, odd_at, side="right") - 1] = False
    return plain


def _broken(raw: ByteArray, starts: IntArray, ends: IntArray, columns: IntArray) -> Bools:
    """Whether a margin broke each line but the last from the next one. Shape (n_lines - 1,)."""
    if len(starts) < 2:
        return np.zeros(0, bool)
    adjacent = starts[1:] == ends[:-1] + 1
    joins = adjacent & (columns[:-1] >= _LEAST_COLUMNS) & (columns[:-1] <= _MOST_COLUMNS)
    last, first = raw[ends[:-1] - 1], raw[starts[1:]]
    joins &= _MAY_END[last] & _MAY_GO_ON[first]
    for i in np.flatnonzero(joins & ~(_IS_ASCII[last] & _IS_ASCII[first])).tolist():
        before = raw[max(ends[i] - 4, starts[i]) : ends[i]].tobytes().decode("utf-8", "ignore")
        after = raw[starts[i + 1] : starts[i + 1] + 4].tobytes().decode("utf-8", "ignore")
        joins[i] = _runs_on(before[-1], after[0])
    paragraph = np.flatnonzero(np.append(True, ~adjacent))
    n_lines = np.diff(np.append(paragraph, len(starts)))
    widest = np.maximum.reduceat(columns, paragraph)
    but_last = columns.copy()
    but_last[paragraph + n_lines - 1] = _MOST_COLUMNS
    full = np.minimum.reduceat(but_last, paragraph) >= _FULL_LINE * widest
    wrapped = (n_lines >= _LEAST_LINES) & (widest >= _LEAST_COLUMNS) & (widest <= _MOST_COLUMNS) & full
    return np.asarray(joins | (np.repeat(wrapped, n_lines)[:-1] & adjacent))


def _runs_on(before: str, after: str) -> bool:
    """Whether a sentence may go on from the last character of a line to the first of the next."""
    return before not in _TERMINAL and after.islower() and _CONTINUES.match(after) is not None


def block_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the blocks of any text: lines without their outer white space, broken ones joined."""
    lines: list[tuple[int, int]] = []
    for match in _LINE.finditer(text):
        line = match[0]
        blank = _NO_INK.match(line)
        ink = blank.end() if blank else 0
        if ink < len(line):
            lines.append((match.start() + ink, match.start() + len(line.rstrip())))
    blocks: list[tuple[int, int]] = []
    first = 0
    while first < len(lines):
        last = first
        while last + 1 < len(lines) and _adjacent(text, lines[last], lines[last + 1]):
            last += 1
        blocks += _unwrap(text, lines[first : last + 1])
        first = last + 1
    return blocks


def _adjacent(text: str, line: tuple[int, int], following: tuple[int, int]) -> bool:
    """Whether no empty line stands between two lines."""
    gap = text[line[1] : following[0]]
    return gap.count("\n") == 1 or (gap.count("\r") == 1 and "\n" not in gap)


def _unwrap(text: str, lines: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join those of some adjacent lines that a margin broke; `_broken` does the same by arrays."""
    if len(lines) == 1:
        return lines
    widths = [end - start for start, end in lines]
    widest = max(widths)
    low, high = _LEAST_COLUMNS, _MOST_COLUMNS
    if len(lines) >= _LEAST_LINES and low <= widest <= high and min(widths[:-1]) >= _FULL_LINE * widest:
        return [(lines[0][0], lines[-1][1])]
    blocks = [lines[0]]
    for width, before, line in zip(widths, lines, lines[1:], strict=False):
        if low <= width <= high and _runs_on(text[before[1] - 1], text[line[0]]):
            blocks[-1] = (blocks[-1][0], line[1])
        else:
            blocks.append(line)
    return blocks
