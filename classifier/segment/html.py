"""HTML to blocks: parse with Lexbor, write the tree back in canonical form, scan that once.

Canonical markup (the HTML Standard's fragment serialisation) has every attribute in double
quotes and every ``<`` and ``>`` outside of tags escaped, so ``>`` ends a tag and nothing else.
Finding tags, text runs, nesting and attributes is then arithmetic on byte positions; the element
tree is never walked in Python, and many pages are cut in one go.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from selectolax.lexbor import LexborHTMLParser

from classifier.segment.bound import bounded
from classifier.segment.decode import decode_html
from classifier.segment.spaces import visible
from classifier.types import BlockBatch, ByteArray, IntArray, Layout, WordArray

BLOCK_TAGS = """address article aside blockquote body br button caption center dd details dialog dir div dl dt
fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr html legend li main menu nav
ol optgroup option p pre search section select summary table tbody td textarea tfoot th thead tr ul""".split()
VOID_TAGS = """area base basefont bgsound br col embed frame hr img input keygen link meta param source track
wbr""".split()
INLINE_TAGS = "a abbr b cite code em font i label small span strong sub sup time u".split()
TAGS: tuple[str, ...] = ("?", *sorted({*BLOCK_TAGS, *VOID_TAGS, *INLINE_TAGS}))
"""Element names by index; 0 stands for every other element, which counts as inline."""

STRIPPED = "head script style template noscript svg iframe noembed noframes xmp plaintext object".split()
NAMING_ATTRIBUTES = ("class", "id", "role", "itemprop", "aria-label")
ANCESTOR_LEVELS = 12
"""How many elements, from the innermost outwards, a block's layout may speak of."""

_LT, _GT, _QUOTE, _SPACE, _LINE_END = 60, 62, 34, 32, 10
_AMPERSAND, _ESCAPE_LENGTHS = 38, {ord("a"): 5, ord("l"): 4, ord("g"): 4, ord("q"): 6}
"""Second byte and length of the escapes of canonical markup: ``&amp; &lt; &gt; &quot;``."""
_FIELD = re.compile(rb' (type|value|placeholder)="([^"]*)"')
_PADDING = b" " * 16


def _key(name: str) -> int:
    """First eight bytes of a name as one number."""
    return int.from_bytes(name.encode()[:8].ljust(8, b"\0"), "little")


_TAG_BY_KEY = {_key(name): i for i, name in enumerate(TAGS) if i}
_KEYS = np.array(sorted(_TAG_BY_KEY), np.uint64)
_TAG_OF_KEY = np.array([_TAG_BY_KEY[int(k)] for k in _KEYS], np.uint8)
_REST_OF_KEY = np.array([_key(TAGS[tag][8:]) for tag in _TAG_OF_KEY], np.uint64)
_IS_BLOCK = np.isin(TAGS, BLOCK_TAGS)
_IS_VOID = np.isin(TAGS, VOID_TAGS)
_A, _INPUT, _TEXTAREA = (TAGS.index(name) for name in ("a", "input", "textarea"))
_TO_SPACE = bytes(c if c > 32 and c != 127 else 32 for c in range(256))


def segment_html(pages: Sequence[str | bytes]) -> BlockBatch:
    """Cut pages into their visible blocks.

    Text is cut at the start and end of block-level elements and at ``<br>``; values of buttons and
    placeholders of fields are blocks of their own inside their box. Script, style, template,
    noscript and svg are left out; hidden elements stay, for nags hide in them. White space is
    folded to single spaces.

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
    bodies = [_canonical_body(page) for page in pages]
    page_ends = np.cumsum([len(body) for body in bodies], dtype=np.intp)
    markup = b"".join(bodies)
    scan = _scan(markup)
    text, block_tag, link_chars = _cut(markup, scan)
    element, parent, tags = _ancestry(scan, block_tag)
    layout = Layout(element, link_chars, scan.tag[tags], parent, _names(markup, scan, tags))
    starts = scan.end[block_tag % max(len(scan.end), 1)] if len(block_tag) else np.zeros(0, np.intp)
    doc_offsets = np.concatenate([[0], np.searchsorted(starts, page_ends)]).astype(np.intp)
    return BlockBatch(text, doc_offsets, layout)


def _canonical_body(page: str | bytes) -> bytes:
    """Canonical markup of one page's body, without what is never visible."""
    parser = LexborHTMLParser(bounded(decode_html(page).encode("utf-8", "ignore")), scripting=True)
    parser.strip_tags(STRIPPED, recursive=True)
    node = parser.body or parser.root
    html = (node.html if node is not None else None) or ""
    markup = html.replace("&nbsp;", " ").encode("utf-8", "replace")
    return _without_comments(markup)


def _without_comments(markup: bytes) -> bytes:
    """Canonical markup without comments; what looks like one inside a tag belongs to a name and stays."""
    kept = []
    end, start = 0, markup.find(b"<!--")
    while start >= 0:
        if markup.rfind(b"<", end, start) > markup.rfind(b">", end, start):
            start = markup.find(b"<!--", markup.find(b">", start))
            continue
        kept.append(markup[end:start])
        end = markup.find(b"-->", start) + 3
        start = markup.find(b"<!--", end)
    return b"".join((*kept, markup[end:]))


@dataclass(frozen=True, slots=True)
class _Scan:
    """Every tag of the canonical markup, in order. All arrays have shape (n_tags,)."""

    start: IntArray  # position of "<"
    end: IntArray  # one past ">"
    tag: ByteArray  # index in TAGS
    is_close: np.ndarray  # bool
    depth: IntArray  # open elements before the tag
    depth_after: IntArray


def _scan(markup: bytes) -> _Scan:
    raw = np.frombuffer(markup + _PADDING, np.uint8)
    end = np.flatnonzero(raw == _GT) + 1
    lt = np.flatnonzero(raw == _LT)
    # names of elements and attributes may hold "<": a tag starts at the first one after the last ">"
    start = lt[np.searchsorted(lt, np.concatenate([[0], end[:-1]]))] if len(end) else end
    is_close = raw[start + 1] == ord("/")
    tag = _tag_of(_windows(raw), start + 1 + is_close)
    # processing instructions are never closed, MathML's namesakes of void elements are: neither nests
    is_void = _IS_VOID[tag] | (raw[start + 1] == ord("?"))
    opens, closes = ~(is_close | is_void), is_close & ~is_void
    depth_after = np.cumsum(opens.astype(np.intp) - closes)
    return _Scan(start, end, tag, is_close, depth_after - opens + closes, depth_after)


def _windows(raw: ByteArray) -> WordArray:
    """The eight bytes from every position on, as one little-endian number each (a view)."""
    return np.ndarray((len(raw) - 7,), "<u8", raw, strides=(1,))


def _tag_of(windows: WordArray, at: IntArray) -> ByteArray:
    """Index in TAGS of the element name at each position."""
    keys = _name_bytes(windows[at])
    slot = np.minimum(np.searchsorted(_KEYS, keys), len(_KEYS) - 1)
    known = _KEYS[slot] == keys
    full = np.flatnonzero(known & (keys >> np.uint64(56) > 0))
    known[full] = _name_bytes(windows[at[full] + 8]) == _REST_OF_KEY[slot[full]]
    return np.where(known, _TAG_OF_KEY[slot], np.uint8(0))


def _name_bytes(window: WordArray) -> WordArray:
    """Windows without what stands behind the end of a name."""
    octets = window.astype("<u8").view(np.uint8).reshape(-1, 8)
    ended = np.logical_or.accumulate((octets == _SPACE) | (octets == _GT), axis=1)
    return np.where(ended, np.uint8(0), octets).view("<u8").ravel()


def ragged(starts: IntArray, lengths: IntArray) -> IntArray:
    """Positions ``starts[i] .. starts[i] + lengths[i]`` of all runs, one after the other."""
    before = np.cumsum(lengths) - lengths
    return np.repeat(starts - before, lengths) + np.arange(int(lengths.sum()), dtype=np.intp)


def _cut(markup: bytes, scan: _Scan) -> tuple[bytes, IntArray, IntArray]:
    """Text of all blocks, and for each block the tag before it and its characters inside links.

    The value or placeholder of a form field names its tag plus the number of tags.
    """
    n_tags = len(scan.start)
    if n_tags == 0:
        return b"\n", np.zeros(0, np.intp), np.zeros(0, np.intp)
    raw = np.frombuffer(markup.translate(_TO_SPACE), np.uint8).copy()
    is_field = (scan.tag == _INPUT) | ((scan.tag == _TEXTAREA) & ~scan.is_close)
    cuts = _IS_BLOCK[scan.tag] | is_field
    between_links = np.zeros(n_tags, bool)
    between_links[1:] = (scan.tag[1:] == _A) & (scan.tag[:-1] == _A) & scan.is_close[:-1] & ~scan.is_close[1:]
    between_links[1:] &= scan.start[1:] == scan.end[:-1]
    # the last byte of a tag that separates words becomes the separator, in front of the run after it
    raw[scan.end[cuts] - 1] = _LINE_END
    raw[scan.end[between_links] - 1] = _SPACE
    marked = cuts | between_links
    run_start = scan.end - marked
    run_length = np.append(scan.start[1:], scan.start[-1:] + 0) - scan.end + marked
    run_length[-1] = marked[-1]
    run_tag = np.arange(n_tags)
    run_start, run_length, run_tag = _insert_fields(markup, raw, scan, is_field, run_start, run_length, run_tag)
    position = ragged(run_start, run_length)
    owner = np.repeat(run_tag, run_length)
    return _fold(raw[position], owner, np.tile(_in_link(scan), 2))


def _insert_fields(
    markup: bytes,
    raw: ByteArray,
    scan: _Scan,
    is_field: np.ndarray,
    run_start: IntArray,
    run_length: IntArray,
    run_tag: IntArray,
) -> tuple[IntArray, IntArray, IntArray]:
    """Add the visible value or placeholder of each form field as a run before the one after its tag."""
    at, starts, lengths = [], [], []
    for i in np.flatnonzero(is_field).tolist():
        found = {m[1]: m.span(2) for m in _FIELD.finditer(markup, scan.start[i], scan.end[i])}
        kind = markup[slice(*found[b"type"])].lower() if b"type" in found else b"text"
        if kind in (b"submit", b"button", b"reset"):
            span = found.get(b"value")
        else:
            span = found.get(b"placeholder") if kind not in (b"hidden", b"checkbox", b"radio") else None
        if span and span[0] < span[1]:
            raw[span[0] - 1] = _LINE_END  # the opening quote
            at.append(i)
            starts.append(span[0] - 1)
            lengths.append(span[1] - span[0] + 1)
    return (
        np.insert(run_start, at, starts),
        np.insert(run_length, at, lengths),
        np.insert(run_tag, at, np.array(at, np.intp) + len(scan.start)),
    )


def _in_link(scan: _Scan) -> np.ndarray:
    """Whether the text after each tag stands inside ``<a>``. Shape (n_tags,), bool."""
    is_a = scan.tag == _A
    return np.cumsum(np.where(is_a, np.where(scan.is_close, -1, 1), 0)) > 0


def _fold(octets: ByteArray, owner: IntArray, in_link: np.ndarray) -> tuple[bytes, IntArray, IntArray]:
    """Fold white space: a gap that holds a line end becomes one line end, any other one space."""
    octets, is_seen = visible(octets)
    ink = np.flatnonzero(octets > _SPACE)
    if len(ink) == 0:
        return b"\n", np.zeros(0, np.intp), np.zeros(0, np.intp)
    n_line_ends = np.cumsum(octets == _LINE_END)[ink]
    if is_seen is not None:  # blocks in which nothing is seen are none
        holds_seen = np.bincount(n_line_ends, is_seen[ink]) > 0
        ink = ink[holds_seen[n_line_ends]]
        if len(ink) == 0:
            return b"\n", np.zeros(0, np.intp), np.zeros(0, np.intp)
        n_line_ends = np.cumsum(octets == _LINE_END)[ink]
    starts_block = np.ones(len(ink), bool)
    starts_block[1:] = n_line_ends[1:] > n_line_ends[:-1]
    starts_word = starts_block.copy()
    starts_word[1:] |= ink[1:] - ink[:-1] > 1
    target = np.arange(len(ink)) + np.cumsum(starts_word)
    text = np.full(target[-1] + 2, _SPACE, np.uint8)
    text[target] = octets[ink]
    first = np.flatnonzero(starts_block)
    text[target[first] - 1] = _LINE_END
    text[-1] = _LINE_END
    is_char = _starts_character(octets)[ink]
    linked = np.concatenate([[0], np.cumsum(is_char & in_link[owner[ink]])])
    link_chars = np.diff(linked[np.append(first, len(ink))])
    return _unescape(text.tobytes()), owner[ink[first]], link_chars


def _starts_character(octets: ByteArray) -> np.ndarray:
    """Whether each byte begins a character; an escape is one character."""
    starts = (octets & 0xC0) != 0x80
    escape = np.flatnonzero(octets == _AMPERSAND)
    for octet, length in _ESCAPE_LENGTHS.items():
        such = escape[octets[np.minimum(escape + 1, len(octets) - 1)] == octet]
        for k in range(1, length):
            starts[np.minimum(such + k, len(octets) - 1)] = False
    return np.asarray(starts)


def _unescape(text: bytes) -> bytes:
    """Undo the four escapes that canonical markup has left (``&nbsp;`` became a space before)."""
    if b"&" not in text:
        return text
    for escaped, plain in ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&amp;", b"&")):
        text = text.replace(escaped, plain)
    return text


def _ancestry(scan: _Scan, block_tag: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """Innermost element of each block, and the parents of all elements near a block.

    An element is named by its start tag. The parent of what stands at depth ``d`` is the last
    start tag before it at depth ``d - 1``: one search among start tags sorted by (depth, position).

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

    def enclosing(depth: IntArray, before: IntArray) -> IntArray:
        at = np.searchsorted(keys, (depth - 1) * n_tags + before, side="right") - 1
        found = keys[np.maximum(at, 0)] if len(keys) else at
        return np.where((at >= 0) & (found // max(n_tags, 1) == depth - 1), found % max(n_tags, 1), -1)

    is_field, before = block_tag >= n_tags, block_tag % max(n_tags, 1)
    innermost = np.where(is_field, before, enclosing(scan.depth_after[before], before))
    used = np.zeros(n_tags + 1, bool)  # the last row stands for "no parent"
    level = innermost
    for _ in range(ANCESTOR_LEVELS):
        level = np.unique(level[level >= 0])
        level = level[~used[level]]
        if len(level) == 0:
            break
        used[level] = True
        level = enclosing(scan.depth[level], level - 1)
    tags = np.flatnonzero(used)
    number = np.full(n_tags + 1, -1, np.intp)
    number[tags] = np.arange(len(tags))
    return number[innermost], number[enclosing(scan.depth[tags], tags - 1)], tags


def _names(markup: bytes, scan: _Scan, tags: IntArray) -> bytes:
    """One line for each kept element: the values of its naming attributes."""
    if len(tags) == 0:
        return b"\n"
    raw = np.frombuffer(markup, np.uint8)
    quote = np.flatnonzero(raw == _QUOTE)
    quote = quote[quote >= 7]
    windows = _windows(raw)
    names = np.zeros(len(quote), bool)
    for attribute in NAMING_ATTRIBUTES:
        opening = f' {attribute}="'.encode()
        tail = opening[-8:]
        found = windows[quote - 7] >> np.uint64(8 * (8 - len(tail))) == int.from_bytes(tail, "little")
        if len(opening) > 8:
            found &= windows[np.maximum(quote - len(opening) + 1, 0)] == int.from_bytes(opening[:8], "little")
        names |= found
    at = np.flatnonzero(names[:-1])
    owner = np.searchsorted(scan.start, quote[at], side="right") - 1
    kept = np.full(len(scan.start), -1, np.intp)
    kept[tags] = np.arange(len(tags))
    inside = (quote[at] < scan.end[owner]) & (owner >= 0) & (kept[owner] >= 0)
    at, line = at[inside], kept[owner[inside]]
    # each line is its values, each behind a space, and a line end: cut them out of the markup by position
    first_of_line = np.searchsorted(line, np.arange(len(tags) + 1))
    lengths = quote[at + 1] - quote[at]
    octets = raw[ragged(quote[at], lengths)]
    is_value_start = np.zeros(len(octets), bool)
    value_offsets = np.concatenate([[0], np.cumsum(lengths)])
    is_value_start[value_offsets[:-1]] = True
    octets = np.where(is_value_start | (octets <= _SPACE), np.uint8(_SPACE), octets)
    line_ends = value_offsets[first_of_line]
    return np.insert(octets, line_ends, np.uint8(_LINE_END)).tobytes()


def tag_path(layout: Layout, elements: IntArray) -> list[tuple[str, tuple[str, ...]]]:
    """For people: the tag path of each element, and its and its ancestors' class and id words, innermost first."""
    names = layout.names.decode("utf-8", "replace").split("\n")[1:-1]
    parent = layout.parent.tolist()
    seen: dict[int, tuple[str, tuple[str, ...]]] = {}
    for element in set(elements.tolist()):
        tags: list[str] = []
        words: list[str] = []
        at = element
        while at >= 0 and len(tags) < ANCESTOR_LEVELS:
            tags.append(TAGS[layout.tag[at]])
            words += names[at].split()
            at = parent[at]
        seen[element] = "/".join(reversed(tags)), tuple(words)
    return [seen[element] for element in elements.tolist()]
