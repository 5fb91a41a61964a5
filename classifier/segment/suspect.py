"""Which markup could be slow to parse, judged by its tags at a glance: what `bound` has to look into.

A page passes where the work that its nesting, its formatting elements and its attributes can make
for a parser is bounded by counts that arithmetic on its bytes gives.
"""

from __future__ import annotations

import re

import numpy as np

from classifier.types import ByteArray, IntArray, WordArray

FOLLOWED_TAGS = 1 << 15
"""Beyond so many the stack of open elements is followed whatever the tags look like: about a second at worst."""
_FREE_STEPS = 1 << 24
"""So many tags times their depth, or attributes compared, are parsed as they come: it takes tens of milliseconds."""
_FREE_FORMATS = 800_000
"""Likewise formatting elements with attributes, times tags: they can be multiplied to a sixth as many elements."""
_FREE_ATTRIBUTES = 1 << 14
"""So many attributes of long tags are looked at before a page is followed."""
_FREE_BYTES, _LONG_TAG = 1 << 20, 1 << 15
"""In longer pages equals signs are counted, and behind ``<`` without another in so many bytes attributes are."""

ATTRIBUTE = re.compile(
    rb"""([^\t\n\f\r\x20/>][^\t\n\f\r\x20/=>]*)
    (?:[\t\n\f\r\x20]*=[\t\n\f\r\x20]*(?:"[^"]*(?:"|\Z)|'[^']*(?:'|\Z)|[^\t\n\f\r\x20>"'][^\t\n\f\r\x20>]*)?)?""",
    re.VERBOSE,
)
_CLOSED_FORMAT = re.compile(
    rb"""<([a-z]+) (?:[\t\n\f\r\x20]+[a-z-]+(?:="[^"<>]*"|='[^'<>]*')?)*[\t\n\f\r\x20]*> [^<]*+
    (?:<(?!/?\1[>\t\n\f\r\x20])/?(?:span|br|img|sub|sup|kbd|var|b|code|em|i|small|strong|tt|u)
     (?:[\t\n\f\r\x20]+[a-z-]+(?:="[^"<>]*"|='[^'<>]*')?)*[\t\n\f\r\x20]*/?> [^<]*+){0,8} </\1>""",
    re.VERBOSE | re.IGNORECASE,
)
"""A formatting element that its own end tag surely closes: it holds nothing but text and a few tags that cut none.

No group is repeated possessively, which Python before 3.11.5 matches wrongly (gh-106052), nor need be: what follows a
group begins with another character.
"""
_LADEN_TAG = re.compile(
    rb"""<[a-z/][^\t\n\f\r\x20/>]*(?>[\t\n\f\r\x20/]*[^\t\n\f\r\x20/>][^\t\n\f\r\x20/=>]*
    (?>[\t\n\f\r\x20]*=[\t\n\f\r\x20]*(?:"[^"]*"|'[^']*'|[^\t\n\f\r\x20>"'][^\t\n\f\r\x20>]*)?)?){1024,16384}""",
    re.VERBOSE | re.IGNORECASE,
)


def tag_starts(markup: bytes) -> IntArray:
    """Where tags, and whatever looks like one, start: each ``<`` with two bytes behind it."""
    lt = np.flatnonzero(np.frombuffer(markup, np.uint8) == ord("<"))
    return lt[: np.searchsorted(lt, len(markup) - 2)]


def tag_initials(markup: bytes, lt: IntArray) -> WordArray:
    """The two bytes behind the start of each tag as one number, the first one the low byte."""
    return np.ndarray((max(len(markup) - 1, 0),), "<u2", markup, strides=(1,))[lt + 1]


def is_suspect(markup: bytes, lt: IntArray | None = None) -> bool:
    """Whether a page could be slow to parse, judged by its tags at a glance."""
    raw = np.frombuffer(markup, np.uint8)
    lt = tag_starts(markup) if lt is None else lt
    n_tags = len(lt)
    if n_tags > FOLLOWED_TAGS or (n_tags**2 > _FREE_STEPS and n_tags * _apparent_depth(raw, lt) > _FREE_STEPS):
        return True
    formats = _formats(markup, lt)
    if n_tags * len(formats) > _FREE_FORMATS:
        n_left_open = sum(not _CLOSED_FORMAT.match(markup, at) for at in formats.tolist())
        if n_tags * n_left_open > _FREE_FORMATS:
            return True
    if len(markup) > _FREE_BYTES and np.count_nonzero(raw == ord("=")) > 2 * FOLLOWED_TAGS:
        return True
    long = lt[np.append(lt[1:], len(markup)) - lt > _LONG_TAG]
    return _are_laden(markup, long)


def _are_laden(markup: bytes, tags: IntArray) -> bool:
    """Whether the attributes of some tags take long to compare, each with all different ones before it in its tag."""
    n_attributes = n_steps = 0
    for start in tags.tolist():
        if tag := _LADEN_TAG.match(markup, start):
            names = ATTRIBUTE.findall(markup, start + 1, tag.end())
            n_attributes += len(names)
            n_steps += len(names) * len(set(names)) // 2
            if n_attributes > _FREE_ATTRIBUTES or n_steps > _FREE_STEPS:
                return True
    return False


def _apparent_depth(raw: ByteArray, lt: IntArray) -> int:
    """How deep the tags nest at most if every end tag closes something; only good for pages of few tags."""
    second = raw[lt + 1]
    starts = _IS_LETTER[second] & ~_IS_VOID[second | 0x20, raw[lt + 2] | 0x20]
    depth = _deepest(starts, second == ord("/"))
    if len(lt) * depth > _FREE_STEPS:  # tags may close themselves
        gt = np.flatnonzero(raw == ord(">"))
        end = np.append(gt, len(raw) - 1)[np.searchsorted(gt, lt)]
        depth = _deepest(starts & (raw[end - 1] != ord("/")), second == ord("/"))
    return depth


def _deepest(starts: np.ndarray, ends: np.ndarray) -> int:
    """How far the starts lead over the ends at most; an end that nothing precedes counts for nothing."""
    level = np.cumsum(starts.view(np.int8) - ends.view(np.int8), dtype=np.int32)
    return int((level - np.minimum.accumulate(np.minimum(level, 0))).max())


def _formats(markup: bytes, lt: IntArray) -> IntArray:
    """Where formatting elements with attributes start; links do not pile up."""
    raw = np.frombuffer(markup, np.uint8)
    lt = lt[: np.searchsorted(lt, len(raw) - len("<strong "))]  # behind these nothing is left to format
    length = _FORMAT_LENGTH.take(tag_initials(markup, lt))
    found = np.flatnonzero(length)
    lt, length = lt[found], length[found]
    is_form = (length == len("font")) & (raw[lt + 3] | 0x20 == ord("r"))  # begins like <font>
    return np.asarray(lt[_ENDS_NAME[raw[lt + 1 + length]] & ~is_form])


_IS_LETTER = np.isin(np.arange(256) | 0x20, np.arange(ord("a"), ord("z") + 1))
_IS_VOID = np.zeros((256, 256), bool)
_IS_VOID[tuple(np.frombuffer(b"imbrinmehrwb", np.uint8).reshape(-1, 2).T)] = True  # img, br, input, meta, hr, wbr
_ENDS_NAME = np.isin(np.arange(256), [*b"\t\n\f\r /"])


def _format_lengths() -> ByteArray:
    """Length of the formatting element's name whose first two bytes are such `tag_initials`, 0 where there is none."""
    lengths = np.zeros((256, 256), np.uint8)
    for name in ("big", "code", "em", "font", "nobr", "small", "strike", "strong", "tt"):
        for first in (name[0], name[0].upper()):
            for second in (name[1], name[1].upper()):
                lengths[ord(second), ord(first)] = len(name)
    for letter in b"bisuBISU":
        lengths[_ENDS_NAME, letter] = 1
    return lengths.ravel()


_FORMAT_LENGTH = _format_lengths()
