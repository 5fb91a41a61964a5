"""Plain text to blocks: a block a line, hard-wrapped paragraphs joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

import numpy as np

from classifier.segment.spaces import INVISIBLE
from classifier.types import BlockBatch, IntArray

_LINE = re.compile(r"[^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+")
_NO_INK = re.compile(rf"[\s\x00-\x1f\x7f{INVISIBLE}]*")
_SPACES = re.compile(r"\s+|\x00+")
_CONTINUES = re.compile(r"[^\W\d_]")
_TERMINAL = frozenset(".!?:;…。！？；：।؟۔\"”»“'’)]}*•|")
_WRAP_COLUMNS = (45, 120)
"""A line shorter than the first was not broken by a margin; nobody wraps beyond the second."""
_FULL_LINE = 0.75
"""A line that reaches this share of its paragraph's widest line was broken by the margin."""


def segment_text(texts: Sequence[str]) -> BlockBatch:
    """Cut plain texts into blocks at line ends.

    Lines that a margin broke are joined again: a long line without closing punctuation before one
    that goes on in lower case, and paragraphs of at least three adjacent lines whose lines, all
    but the last, are of nearly the same width.

    Parameters
    ----------
    texts
        The documents.

    Returns
    -------
    BlockBatch
        Blocks in order, without layout; ``spans`` point into the texts.

    Examples
    --------
    >>> segment_text(["A headline\\n\\nA line that ran into the margin of its page and\\nwent on.\\nEnd"]).blocks()
    ['A headline', 'A line that ran into the margin of its page and went on.', 'End']
    """
    spans: list[tuple[int, int]] = []
    blocks: list[str] = []
    counts = [0]
    for text in texts:
        plain = _is_plain(text)
        cut = _plain_spans(text) if plain else _block_spans(text)
        spans += cut
        cuts = [text[start:end] for start, end in cut]
        if plain:
            blocks += [_SPACES.sub(" ", block) if "\n" in block else block for block in cuts]
        else:
            blocks += map(_spaced, cuts)
        counts.append(len(spans))
    return BlockBatch(_joined(blocks), np.array(counts, np.intp), spans=_pairs(spans))


def segment_blocks(pages: Sequence[Sequence[str]]) -> BlockBatch:
    """Pack pages that are already cut; every string is one block, even an empty one.

    Line ends inside a block count as spaces.

    Examples
    --------
    >>> segment_blocks([["One", "two\\nlines"], [], [""]]).doc_offsets.tolist()
    [0, 2, 2, 3]
    """
    return _packed(pages, ["\n".join(page) for page in pages])


def segment_block_groups(pages: Sequence[Sequence[str]], n_chars: int) -> Iterator[BlockBatch]:
    """The same in several batches: each is closed as soon as it holds so many characters.

    Examples
    --------
    >>> [batch.blocks() for batch in segment_block_groups([["One", "two"], ["Three"], ["4"]], n_chars=7)]
    [['One', 'two'], ['Three', '4']]
    """
    first = size = 0
    texts: list[str] = []
    for last, page in enumerate(pages, 1):
        text = "\n".join(page)
        texts.append(text)
        size += len(text) + 1
        if size >= n_chars or last == len(pages):
            yield _packed(pages[first:last], texts)
            first, size, texts = last, 0, []


def _packed(pages: Sequence[Sequence[str]], texts: list[str]) -> BlockBatch:
    """A batch of pages, of which ``texts`` are the blocks joined by line ends."""
    counts = list(map(len, pages))
    doc_offsets = np.fromiter(accumulate(counts, initial=0), np.intp, len(pages) + 1)
    lines = [_encoded(text) + b"\n" if n else b"" for text, n in zip(texts, counts, strict=True)]
    bounds = np.fromiter(accumulate(map(len, lines), initial=1), np.intp, len(pages) + 1)
    text = b"".join((b"\n", *lines))
    if np.count_nonzero(np.frombuffer(text, np.uint8) == ord("\n")) != doc_offsets[-1] + 1:
        # spaces are as long as line ends: the bounds stay
        text = _joined(block.replace("\n", " ") for page in pages for block in page)
    return BlockBatch(text, doc_offsets, bounds=bounds)


def _pairs(spans: list[tuple[int, int]]) -> IntArray:
    return np.fromiter(chain.from_iterable(spans), np.intp, 2 * len(spans)).reshape(-1, 2)


def _spaced(block: str) -> str:
    """A block with a space for each stretch of white space or of NULs."""
    if block.isprintable() and "  " not in block:
        return block
    return _SPACES.sub(" ", block) if "\0" in block else " ".join(block.split())


def _joined(texts: Iterable[str]) -> bytes:
    """UTF-8 with a line end before the first text and after each."""
    # each by itself: one letter beyond Latin-1 would make a long string of wide characters
    return b"\n".join((b"", *map(_encoded, texts), b""))


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _is_plain(text: str) -> bool:
    """Whether a text holds no white space but single spaces within lines and line feeds, and nothing without ink.

    Most texts are so, and are cut many times faster than the rest. What is not printable holds all
    white space but the space, all other line ends, and all that `_NO_INK` knows.
    """
    return (
        "  " not in text
        and " \n" not in text
        and "\n " not in text
        and not text.startswith(" ")
        and not text.endswith(" ")
        and "\u034f" not in text  # shows nothing, though it counts as printable
        and text.replace("\n", "").isprintable()
    )


def _plain_spans(text: str) -> list[tuple[int, int]]:
    """`_block_spans` of a text that is plain."""
    blocks: list[tuple[int, int]] = []
    paragraph: list[tuple[int, int]] = []
    at = 0
    for n in map(len, text.split("\n")):
        if n:
            paragraph.append((at, at + n))
        elif paragraph:
            blocks += _unwrap(text, paragraph)
            paragraph = []
        at += n + 1
    return blocks + _unwrap(text, paragraph) if paragraph else blocks


def _block_spans(text: str) -> list[tuple[int, int]]:
    """Offsets of the blocks of one text: lines without their outer white space, wrapped ones joined."""
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
    """Join those of some adjacent lines that a margin broke."""
    if len(lines) == 1:
        return lines
    widths = [end - start for start, end in lines]
    widest = max(widths)
    low, high = _WRAP_COLUMNS
    wrapped = len(lines) >= 3 and low <= widest <= high and min(widths[:-1]) >= _FULL_LINE * widest
    if wrapped:
        return [(lines[0][0], lines[-1][1])]
    blocks = [lines[0]]
    for width, before, line in zip(widths, lines, lines[1:], strict=False):
        if (
            low <= width <= high
            and text[before[1] - 1] not in _TERMINAL
            and text[line[0]].islower()
            and _CONTINUES.match(text, line[0])
        ):
            blocks[-1] = (blocks[-1][0], line[1])
        else:
            blocks.append(line)
    return blocks
