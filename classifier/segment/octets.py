"""Text of canonical markup, byte by byte: its gaps, its characters, its escapes."""

from __future__ import annotations

import numpy as np

from classifier.types import ByteArray, IntArray

SPACE, LINE_END = 32, 10
NBSP = b"&nbsp;"
CUT = 255
"""Stands where text is cut; no byte of UTF-8."""

_LINE = np.array([LINE_END], np.uint8)
_AMPERSAND, _ESCAPE_LENGTHS = 38, {ord("a"): 5, ord("l"): 4, ord("g"): 4, ord("q"): 6}
"""Second byte and length of the escapes of canonical markup: ``&amp; &lt; &gt; &quot;``."""


def folded(octets: ByteArray) -> bytes:
    """Text whose gaps are one octet each, with a line end before and after it.

    Examples
    --------
    >>> folded(np.frombuffer(b"one  two \\n three", np.uint8))
    b'\\none two\\nthree\\n'
    """
    octets = np.concatenate([_LINE, octets, _LINE])
    is_gap = octets <= SPACE
    kept = octets != SPACE
    kept[1:] |= ~is_gap[:-1]
    octets = octets[kept]
    # what is left of a gap is at most one space, and line ends behind it
    is_gap = octets <= SPACE
    kept = ~is_gap
    kept[:-1] |= octets[1:] != LINE_END
    kept[-1] = True
    return octets[kept].tobytes()


def starts_character(octets: ByteArray) -> np.ndarray:
    """Whether each byte begins a character, same shape; an escape is one character.

    Examples
    --------
    >>> starts_character(np.frombuffer(b"x&amp;", np.uint8)).tolist()
    [True, True, False, False, False, False]
    """
    starts = (octets & 0xC0) != 0x80
    escape = np.flatnonzero(octets == _AMPERSAND)
    for octet, length in _ESCAPE_LENGTHS.items():
        such = escape[octets[np.minimum(escape + 1, len(octets) - 1)] == octet]
        for k in range(1, length):
            starts[np.minimum(such + k, len(octets) - 1)] = False
    return np.asarray(starts)


def unescaped(text: bytes) -> bytes:
    """Text without the four escapes that canonical markup has left (``&nbsp;`` became a space before).

    Examples
    --------
    >>> unescaped(b"a &lt; b &amp;amp; c")
    b'a < b &amp; c'
    """
    if b"&" not in text:
        return text
    for escaped, plain in ((b"&lt;", b"<"), (b"&gt;", b">"), (b"&quot;", b'"'), (b"&amp;", b"&")):
        text = text.replace(escaped, plain)
    return text


def ragged(starts: IntArray, lengths: IntArray) -> IntArray:
    """Positions ``starts[i] .. starts[i] + lengths[i]`` of all runs, one after the other."""
    is_some = lengths > 0
    if not is_some.all():
        starts, lengths = starts[is_some], lengths[is_some]
    if len(starts) == 0:
        return np.zeros(0, np.intp)
    ends = np.cumsum(lengths)
    step = np.ones(int(ends[-1]), np.intp)  # one ahead within a run, a leap to the start of the next
    step[0] = starts[0]
    step[ends[:-1]] = starts[1:] - (starts + lengths)[:-1] + 1
    return np.cumsum(step)
