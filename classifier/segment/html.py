"""HTML to blocks: pages in canonical markup are scanned as bytes, many in one go.

Finding tags, text runs, nesting and attributes is arithmetic on byte positions; the element tree
is never walked in Python. Where there is something for every byte, the arrays hold bytes: what
takes eight times the memory is kept for every tag or run of text alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from classifier.segment.canonical import canonical_body
from classifier.segment.octets import CUT, LINE_END, NBSP, SPACE, folded, ragged, starts_character, unescaped
from classifier.segment.preformatted import preformatted
from classifier.segment.spaces import visible
from classifier.types import ANCESTOR_LEVELS, BlockBatch, ByteArray, IntArray, Layout, Outline, WordArray

BLOCK_TAGS = """address article aside blockquote body br button caption center dd details dialog dir div dl dt
fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav
ol optgroup option p pre search section select summary table tbody td textarea tfoot th thead tr ul""".split()
VOID_TAGS = """area base basefont bgsound br col embed frame hr img input keygen link meta param source track
wbr""".split()
INLINE_TAGS = "a abbr b cite code em font i label small span strong sub sup time u".split()
TAGS: tuple[str, ...] = ("?", *sorted({*BLOCK_TAGS, *VOID_TAGS, *INLINE_TAGS}))
"""Element names by index; 0 stands for every other element, which counts as inline."""

NAMING_ATTRIBUTES = ("class", "id", "role", "itemprop", "aria-label")

_LT, _GT, _QUOTE, _EQUALS = 60, 62, 34, 61
_FIELD = re.compile(rb' (type|value|placeholder)="([^"]*)"')
_GROUP_BYTES = 1 << 19
"""Canonical markup that is cut at once: its arrays stay in the cache."""
_PADDING = b" " * 16


def _key(name: str) -> int:
    """First eight bytes of a name as one number."""
    return int.from_bytes(name.encode()[:8].ljust(8, b"\0"), "little")


_KEY_OF_TAG = np.array([0, *map(_key, TAGS[1:])], np.uint64)
_REST_OF_TAG = np.array([_key(name[8:]) for name in TAGS], np.uint64)
_ONES, _SPACES, _GTS, _TOP_BITS = (np.uint64(octet * 0x0101010101010101) for octet in (1, SPACE, _GT, 128))
_SEVEN_BYTES = np.uint64((1 << 56) - 1)


_HASH_SHIFT = np.uint64(64 - 12)
_MULTIPLIER = np.uint64(0x9E3779B97F4C0E29)
"""An odd number by which no two names of ``TAGS`` share a hash of twelve bits; found by trying, a test holds it."""
_TAG_OF_HASH = np.zeros(1 << 12, np.uint8)
_TAG_OF_HASH[_KEY_OF_TAG[1:] * _MULTIPLIER >> _HASH_SHIFT] = np.arange(1, len(TAGS))
_IS_BLOCK = np.array([tag in BLOCK_TAGS for tag in TAGS])
_IS_VOID = np.array([tag in VOID_TAGS for tag in TAGS])
_A, _INPUT, _PRE, _TEXTAREA = (TAGS.index(name) for name in ("a", "input", "pre", "textarea"))
_TO_NAMES = bytes(LINE_END if c == CUT else SPACE if c <= SPACE or c == _QUOTE else c for c in range(256))
_TO_SPACE = bytes(LINE_END if c == CUT else c if c > 32 and c != 127 else SPACE for c in range(256))


def segment_html(pages: Sequence[str | bytes]) -> BlockBatch:
    """Cut pages into their visible blocks.

    Text is cut at the start and end of block-level elements and at ``<br>``; values of buttons and
    placeholders of fields are blocks of their own inside their box. Script, style, template,
    noscript and svg are left out; hidden elements stay, for nags hide in them. White space is
    folded to single spaces; that of ``<pre>`` is told beside the text.

    Parameters
    ----------
    pages
        Markup of each page; bytes are decoded after their mark, their declaration or as
        Windows-1252, whichever fits first.

    Returns
    -------
    BlockBatch
        Blocks in document order, with layout.

    Examples
    --------
    >>> segment_html(["<p>One <b>block</b></p><ul><li>two<li>three</ul>"]).blocks()
    ['One block', 'two', 'three']
    """
    batches = [_segment_bodies(bodies) for bodies in _grouped_bodies(pages)]
    return batches[0] if len(batches) == 1 else _joined(batches)


def _grouped_bodies(pages: Sequence[str | bytes]) -> Iterator[list[bytes]]:
    """Canonical markup of the pages in groups that stay in the cache; no pages are one group of none."""
    bodies: list[bytes] = []
    size = 0
    for page in pages:
        if size >= _GROUP_BYTES:
            yield bodies
            bodies, size = [], 0
        bodies.append(canonical_body(page))
        size += len(bodies[-1])
    yield bodies


def _joined(batches: Sequence[BlockBatch]) -> BlockBatch:
    """Batches of pages one after the other as one."""
    layouts = [batch.layout for batch in batches if batch.layout is not None]
    n_blocks = np.cumsum([0, *(batch.n_blocks for batch in batches)])
    n_elements = np.cumsum([0, *(len(layout.tag) for layout in layouts)])

    def numbered(groups: list[IntArray]) -> IntArray:
        return np.concatenate([np.where(e < 0, -1, e + n) for e, n in zip(groups, n_elements[:-1], strict=True)])

    layout = Layout(
        numbered([layout.element for layout in layouts]),
        np.concatenate([layout.link_chars for layout in layouts]),
        np.concatenate([layout.tag for layout in layouts]),
        numbered([layout.parent for layout in layouts]),
        b"\n" + b"".join(memoryview(layout.names)[1:] for layout in layouts),
    )
    doc_offsets = np.concatenate([[0], *(b.doc_offsets[1:] + n for b, n in zip(batches, n_blocks[:-1], strict=True))])
    shown = {
        i + n: text for b, n in zip(batches, n_blocks.tolist(), strict=False) for i, text in b.preformatted.items()
    }
    text = b"\n" + b"".join(memoryview(batch.text)[1:] for batch in batches)
    return BlockBatch(text, doc_offsets, layout, preformatted=shown)


def _segment_bodies(bodies: Sequence[bytes]) -> BlockBatch:
    """The blocks of some pages in canonical markup."""
    page_ends = np.cumsum([len(body) for body in bodies], dtype=np.intp)
    raw = np.frombuffer(bytearray().join((*bodies, _PADDING)), np.uint8)
    scan = _scan(raw)
    quote = np.flatnonzero(raw == _QUOTE)
    text, block_tag, link_chars = _cut(raw, scan)
    is_pre = scan.tag == _PRE
    shown = preformatted(raw, scan.start, scan.end, _within(is_pre, scan), block_tag) if is_pre.any() else {}
    element, parent, tags = _ancestry(scan, block_tag)
    layout = Layout(element, link_chars, scan.tag[tags], parent, _names(raw, quote, scan, tags))
    starts = scan.end[block_tag % max(len(scan.end), 1)] if len(block_tag) else np.zeros(0, np.intp)
    doc_offsets = np.concatenate([[0], np.searchsorted(starts, page_ends)]).astype(np.intp)
    return BlockBatch(text, doc_offsets, layout, preformatted=shown)


@dataclass(frozen=True, slots=True)
class _Scan:
    """Every tag of the canonical markup, in order. All arrays have shape (n_tags,)."""

    start: IntArray  # position of "<"
    end: IntArray  # one past ">"
    tag: ByteArray  # index in TAGS
    is_close: np.ndarray  # bool
    depth: IntArray  # open elements before the tag
    depth_after: IntArray


def _scan(raw: ByteArray) -> _Scan:
    bounds = np.flatnonzero(raw & ~np.uint8(_LT ^ _GT) == _LT & _GT)  # they differ in one bit
    is_start = raw[bounds] == _LT
    start, end = bounds[::2].copy(), bounds[1::2] + 1
    if len(start) != len(end) or not is_start[::2].all() or is_start[1::2].any():
        # names of elements and attributes may hold "<": a tag starts at the first one after the last ">"
        start, end = bounds[is_start], bounds[~is_start] + 1
        start = start[np.searchsorted(start, np.concatenate([[0], end[:-1]]))] if len(end) else end
    second = raw[start + 1]
    is_close = second == ord("/")
    tag = _tag_of(_windows(raw), start + 1 + is_close)
    # processing instructions are never closed, MathML's namesakes of void elements are: neither nests
    is_void = _IS_VOID[tag] | (second == ord("?"))
    opens, closes = ~(is_close | is_void), is_close & ~is_void
    depth_after = np.cumsum(opens.view(np.int8) - closes.view(np.int8), dtype=np.intp)
    return _Scan(start, end, tag, is_close, depth_after - opens + closes, depth_after)


def _windows(raw: ByteArray) -> WordArray:
    """The eight bytes from every position on, as one little-endian number each (a view)."""
    return np.ndarray((len(raw) - 7,), "<u8", raw, strides=(1,))


def _tag_of(windows: WordArray, at: IntArray) -> ByteArray:
    """Index in TAGS of the element name at each position."""
    keys = _name_bytes(windows[at])
    tag = _TAG_OF_HASH[keys * _MULTIPLIER >> _HASH_SHIFT]
    tag[_KEY_OF_TAG[tag] != keys] = 0
    full = np.flatnonzero((keys > _SEVEN_BYTES) & (tag > 0))
    tag[full[_name_bytes(windows[at[full] + 8]) != _REST_OF_TAG[tag[full]]]] = 0
    return np.asarray(tag)


def _name_bytes(window: WordArray) -> WordArray:
    """Windows without the end of a name, a space or ">", and what stands behind it.

    A byte is zero where subtracting one borrows from its top bit; above the lowest such byte that may be
    wrong, but all from there on goes.
    """
    after_space, after_gt = window ^ _SPACES, window ^ _GTS
    ends = ((after_space - _ONES) & ~after_space | (after_gt - _ONES) & ~after_gt) & _TOP_BITS
    return np.asarray(window & (((ends & -ends) >> np.uint64(7)) - np.uint64(1)))


def _cut(raw: ByteArray, scan: _Scan) -> tuple[bytes, IntArray, IntArray]:
    """Text of all blocks, and for each block the tag before it and its characters inside links.

    The value or placeholder of a form field names its tag plus the number of tags. Where the text is cut
    is written into ``raw``: the last byte of a tag that separates words is the separator before the run after it.
    """
    n_tags = len(scan.start)
    if n_tags == 0:
        return b"\n", np.zeros(0, np.intp), np.zeros(0, np.intp)
    is_a = scan.tag == _A
    is_field = (scan.tag == _INPUT) | ((scan.tag == _TEXTAREA) & ~scan.is_close)
    marked = _IS_BLOCK[scan.tag] | is_field
    raw[scan.end[marked] - 1] = CUT
    link_end = np.flatnonzero(is_a & scan.is_close)
    link_end = link_end[link_end < n_tags - 1]
    link_end = link_end[
        is_a[link_end + 1] & ~scan.is_close[link_end + 1] & (scan.start[link_end + 1] == scan.end[link_end])
    ]
    raw[scan.end[link_end] - 1] = SPACE
    marked[link_end] = True
    start = scan.end - marked
    length = np.append(scan.start[1:], scan.end[-1:]) - start
    tag = np.flatnonzero(length)
    runs = _with_fields(raw, scan, np.flatnonzero(is_field), _Runs(start[tag], length[tag], tag))
    return _fold(raw, runs, _within(is_a, scan))


def _within(such: np.ndarray, scan: _Scan) -> np.ndarray:
    """Whether the text behind each tag is inside an element of some kind. Shape (n_tags,), bool."""
    return np.cumsum(np.where(such, 1 - 2 * scan.is_close.view(np.int8), 0)) > 0


@dataclass(frozen=True, slots=True)
class _Runs:
    """Pieces of text between tags, none of them empty. All arrays have shape (n_runs,)."""

    start: IntArray
    length: IntArray
    tag: IntArray  # the tag before


def _with_fields(raw: ByteArray, scan: _Scan, fields: IntArray, runs: _Runs) -> _Runs:
    """Add the visible value or placeholder of each form field as a run before the one after its tag."""
    tags, starts, lengths = [], [], []
    for i, start, end in zip(fields.tolist(), scan.start[fields].tolist(), scan.end[fields].tolist(), strict=True):
        values = dict(_FIELD.findall(raw.data, start, end))
        kind = values.get(b"type", b"text").lower()
        if kind in (b"hidden", b"checkbox", b"radio"):
            continue
        shown = b"value" if kind in (b"submit", b"button", b"reset") else b"placeholder"
        if values.get(shown):
            tags.append(i)
            starts.append(start + raw[start:end].tobytes().index(b' %b="' % shown) + len(shown) + 2)
            lengths.append(len(values[shown]) + 1)
    if not tags:
        return runs
    raw[starts] = CUT  # the opening quotes
    at = np.searchsorted(runs.tag, tags)
    return _Runs(
        np.insert(runs.start, at, starts),
        np.insert(runs.length, at, lengths),
        np.insert(runs.tag, at, np.array(tags, np.intp) + len(scan.start)),
    )


def _fold(raw: ByteArray, runs: _Runs, in_link: np.ndarray) -> tuple[bytes, IntArray, IntArray]:
    """Fold white space: a gap that holds a cut becomes one line end, any other one space."""
    text = raw[ragged(runs.start, runs.length)].tobytes()
    text = text.replace(NBSP, b" " * len(NBSP)).translate(_TO_SPACE)  # as long as before: offsets hold
    octets, is_seen = visible(np.frombuffer(text, np.uint8))
    last = np.cumsum(runs.length) - 1
    is_ink = octets > SPACE
    n_chars = _counts(is_ink & starts_character(octets), last)
    line = np.cumsum(raw[runs.start] == CUT)
    if is_seen is not None:  # lines in which nothing is seen are none
        is_blank = (np.bincount(line, _counts(is_ink & is_seen, last)) == 0)[line] & (n_chars > 0)
        if is_blank.any():
            n_chars[is_blank] = 0
            octets = np.where(np.repeat(is_blank, runs.length) & is_ink, np.uint8(SPACE), octets)
    inked = np.flatnonzero(n_chars)
    if len(inked) == 0:
        return b"\n", np.zeros(0, np.intp), np.zeros(0, np.intp)
    starts_line = np.diff(line[inked], prepend=-1) > 0
    first = np.flatnonzero(starts_line)
    tag = runs.tag[inked]
    linked = n_chars[inked] * in_link[tag % len(in_link)]
    return unescaped(folded(octets)), tag[first], np.add.reduceat(linked, first, dtype=np.intp)


def _counts(such: np.ndarray, last: IntArray) -> IntArray:
    """How many such bytes each run has, of runs that end at ``last``, one after the other."""
    return np.diff(np.cumsum(such, dtype=np.int32)[last], prepend=np.int32(0))


def _ancestry(scan: _Scan, block_tag: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Innermost element of each block, and the parents of all elements near a block.

    An element is named by its start tag. What stands at depth ``d`` is enclosed by the last start
    tag before it at depth ``d - 1``: one search among start tags sorted by (depth, position).

    Returns
    -------
    element, parent
        Indices into the kept elements; -1 where there is none.
    tags
        Tag index of each kept element, in document order.
    """
    n_tags = len(scan.start)
    opens = np.flatnonzero(~(scan.is_close | _IS_VOID[scan.tag]))
    keys = np.sort(scan.depth[opens] * n_tags + opens)
    opens = keys % max(n_tags, 1)
    depth = scan.depth[opens]

    def enclosing(inner: IntArray, before: IntArray) -> IntArray:
        """What encloses things of some depths that stand before some tags; quickest where they are sorted."""
        at = np.searchsorted(keys, (inner - 1) * n_tags + before) - 1
        if len(keys) == 0:
            return at
        return np.where((at >= 0) & (depth[at] == inner - 1), opens[at], -1)

    is_field, before = block_tag >= n_tags, block_tag % max(n_tags, 1)
    fields = before[is_field]
    innermost = np.where(is_field, before, enclosing(scan.depth_after[before], before + 1))
    parent = np.full(n_tags + 1, -1, np.intp)  # the last row stands for "no parent"
    parent[opens] = enclosing(depth, opens)
    parent[fields] = enclosing(scan.depth[fields], fields)
    used = np.zeros(n_tags + 1, bool)
    level = innermost
    for _ in range(ANCESTOR_LEVELS):
        level = level[(level >= 0) & ~used[level]]
        if len(level) == 0:
            break
        used[level] = True
        level = parent[level]
    tags = np.flatnonzero(used)
    number = np.full(n_tags + 1, -1, np.intp)
    number[tags] = np.arange(len(tags))
    return number[innermost], number[parent[tags]], tags


def _names(raw: ByteArray, quote: IntArray, scan: _Scan, tags: IntArray) -> bytes:
    """One line for each kept element: the values of its naming attributes."""
    if len(tags) == 0:
        return b"\n"
    tag_start, tag_end = scan.start[tags], scan.end[tags]
    quote = quote[quote >= 7]
    at = np.flatnonzero(raw[quote[:-1] - 1] == _EQUALS)
    windows = _windows(raw)
    window = windows[quote[at] - 7]
    names = np.zeros(len(at), bool)
    for attribute in NAMING_ATTRIBUTES:
        opening = f' {attribute}="'.encode()
        tail = opening[-8:]
        found = np.flatnonzero(window >> np.uint64(8 * (8 - len(tail))) == int.from_bytes(tail, "little"))
        if len(opening) > 8:
            head = windows[np.maximum(quote[at[found]] - len(opening) + 1, 0)]
            found = found[head == int.from_bytes(opening[:8], "little")]
        names[found] = True
    at = at[names]
    owner = np.searchsorted(tag_start, quote[at], side="right") - 1
    at = at[(owner >= 0) & (quote[at] < tag_end[owner])]
    # each line is a line end, where its tag starts, and its values, each behind a space, where its quote opens
    raw[tag_start] = CUT
    starts = np.concatenate([tag_start, quote[at]])
    lengths = np.concatenate([np.ones(len(tags), np.intp), quote[at + 1] - quote[at]])
    order = np.argsort(starts, kind="stable")
    return raw[ragged(starts[order], lengths[order])].tobytes().translate(_TO_NAMES).replace(NBSP, b" ") + b"\n"


def outline(layout: Layout) -> Outline:
    """For people: the elements of a layout as lists."""
    names = layout.names.decode("utf-8", "replace").split("\n")[1:-1]
    return Outline([TAGS[tag] for tag in layout.tag.tolist()], layout.parent.tolist(), names)
