"""Plain text to blocks: a block a line, hard-wrapped paragraphs joined."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate

import numpy as np

from classifier.errors import InputError
from classifier.segment.lines import block_spans, cut_at_once
from classifier.types import BlockBatch, IntArray

_SPACES = re.compile(r"\s+|\x00+")


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
    cut = [_cut(text) if quick is None else quick for text, quick in zip(texts, cut_at_once(texts), strict=True)]
    counts = np.fromiter(accumulate((len(spans) for _, spans in cut), initial=0), np.intp, len(cut) + 1)
    spans = np.concatenate([spans for _, spans in cut] or [np.zeros((0, 2), np.intp)])
    return BlockBatch(b"\n" + b"".join([blocks for blocks, _ in cut]), counts, spans=spans)


def _cut(text: str) -> tuple[bytes, IntArray]:
    """Blocks of a text that is not plain, as `cut_at_once` gives them."""
    spans = block_spans(text)
    blocks = _joined(_spaced(text[start:end]) for start, end in spans)
    return blocks[1:], np.array(spans, np.intp).reshape(-1, 2)


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

    Raises
    ------
    InputError
        Where a page is a string, or holds anything else than strings.

    Examples
    --------
    >>> [batch.blocks() for batch in segment_block_groups([["One", "two"], ["Three"], ["4"]], n_chars=7)]
    [['One', 'two'], ['Three', '4']]
    """
    first = size = 0
    texts: list[str] = []
    for last, page in enumerate(pages, 1):
        if isinstance(page, str):  # its letters would pass for blocks
            raise _refusal(page, last - 1)
        try:
            text = "\n".join(page)
        except TypeError as error:
            raise _refusal(page, last - 1) from error
        texts.append(text)
        size += len(text) + 1
        if size >= n_chars or last == len(pages):
            yield _packed(pages[first:last], texts)
            first, size, texts = last, 0, []


def _refusal(page: object, number: int) -> InputError:
    """What is wrong with a page that is no list of strings."""
    if isinstance(page, list | tuple):
        for i, block in enumerate(page):
            if not isinstance(block, str):
                return InputError(f"page {number}, block {i}: found {type(block).__name__}, expected str")
    return InputError(f"page {number}: found {type(page).__name__}, expected a list of its blocks")


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
