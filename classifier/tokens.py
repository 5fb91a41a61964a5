"""Words of many blocks at once, as 64-bit hashes, by arithmetic on UTF-8 bytes.

No string is ever made: one table lower-cases and classifies the bytes, word starts are found by
comparing neighbours, and the eight bytes from each start on, read as one number, are the word.
Scripts written without spaces (Chinese, Japanese, Thai, Khmer ...) and symbols give one token a
character; the bigrams of those tokens stand in for their words.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.types import ByteArray, IntArray, WordArray

LINE_END, DIGIT = 32, 96
"""Codes of the block separator and of every digit in the canonical bytes."""

_PADDING = 24
"""Zeros after the bytes of a text."""

K = tuple(
    np.uint64(k)
    for k in (0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xFF51AFD7ED558CCD)
)
"""Odd multipliers of the hashes (golden ratio, and constants of rrmxmx, xxHash and MurmurHash3)."""

_MASK = np.array([(1 << (8 * k)) - 1 for k in range(9)], np.uint64)


def _canonical_table(punctuation: bool) -> bytes:
    """Byte to code: 0 white space, 32 line end, 34 to 65 punctuation, 96 digit, letters in lower case."""
    table = bytearray(256)
    marks = iter(range(34, 66))
    for c in range(256):
        character = chr(c)
        if c >= 128 or "a" <= character <= "z":
            table[c] = c
        elif "A" <= character <= "Z":
            table[c] = c + 32
        elif character == "\n":
            table[c] = LINE_END
        elif punctuation and character.isdigit():
            table[c] = DIGIT
        elif punctuation and 32 < c < 127:
            table[c] = next(marks)
    return bytes(table)


_TEXT_TABLE = _canonical_table(punctuation=True)
_NAME_TABLE = _canonical_table(punctuation=False)
_FIRST_WORD_BYTE = 66

# first bytes of characters that are a token each: Latin-1 signs, U+2000 to U+DFFF without the
# scripts below U+2000, presentation forms, emoji
_ALONE = np.zeros(256, bool)
_ALONE[0xC2] = _ALONE[0xE2:0xF5] = True
# U+0E00 to U+0EFF (Thai, Lao), U+1000 to U+109F (Burmese), U+1780 to U+17FF (Khmer): first two bytes
_ALONE_PAIRS = {0xE0: (0xB8, 0xBB), 0xE1: (0x80, 0x82)}, {0xE1: (0x9E, 0x9F)}
_SEQUENCE_LENGTH = np.ones(256, np.intp)
_SEQUENCE_LENGTH[0xC2:0xE0], _SEQUENCE_LENGTH[0xE0:0xF0], _SEQUENCE_LENGTH[0xF0:0xF5] = 2, 3, 4


def _lower_table(first: int, last: int, n_bytes: int) -> np.ndarray:
    """UTF-8 bytes of the lower-case form of each code point in a range, where it is as long."""
    table = np.zeros((last - first, n_bytes), np.uint8)
    for point in range(first, last):
        plain = chr(point).encode()
        lower = chr(point).lower().encode()
        table[point - first] = list(lower if len(lower) == n_bytes else plain)
    return table


_LOWER_TWO = _lower_table(0x80, 0x800, 2)
_LOWER_THREE = _lower_table(0x1E00, 0x2000, 3)


@dataclass(frozen=True, slots=True)
class Tokens:
    """Tokens of a run of lines.

    Parameters
    ----------
    hashes
        One hash a token; the line end that starts each line is a token too. Shape (n_tokens,).
    starts
        Byte offset of each token. Shape (n_tokens,).
    strides
        Bytes from each token's start to the next one's: its own, and a space where one follows. Shape (n_tokens,).
    first
        First byte of each token, as it came. Shape (n_tokens,).
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    canonical
        The bytes in canonical form, padded. Shape (n_bytes + 24,).
    raw
        The bytes as they came, of white space in a row the first one, padded alike.
    windows
        The eight canonical bytes from each byte on as one little-endian number. Shape (n_bytes,).
    """

    hashes: WordArray
    starts: IntArray
    strides: IntArray
    first: ByteArray
    offsets: IntArray
    canonical: ByteArray
    raw: ByteArray
    windows: WordArray

    @property
    def lengths(self) -> IntArray:
        """Bytes of each token. Shape (n_tokens,)."""
        return self.spans_of(np.arange(len(self.starts)))[1]

    def spans_of(self, tokens: IntArray) -> tuple[IntArray, IntArray]:
        """Byte offsets and bytes of some tokens; at most one space stands between a token and the next."""
        starts, lengths = self.starts.take(tokens), self.strides.take(tokens)
        last = starts + lengths
        last -= 1
        lengths -= self.canonical.take(last) == 0
        return starts, lengths

    def bytes_at(self, at: IntArray, n_bytes: IntArray) -> WordArray:
        """The canonical bytes from some places on, up to eight, as one number. Shape (n_places,)."""
        words = self.windows.take(at)
        words &= _MASK.take(n_bytes)
        return words


def tokenize(text: bytes) -> Tokens:
    """Tokens of lines of visible text.

    Parameters
    ----------
    text
        UTF-8, a line end before the first line and after each.

    Examples
    --------
    >>> tokens = tokenize(b"\\nSubscribe now!\\nsubscribe\\n")
    >>> tokens.offsets.tolist(), bool(tokens.hashes[1] == tokens.hashes[5])
    ([0, 4, 6], True)
    """
    octets, raw = (np.frombuffer(data, np.uint8) for data in (text.translate(_TEXT_TABLE), text))
    has_ink = octets > 0
    kept = has_ink[1:] | has_ink[:-1]
    if not kept.all():  # of white space in a row the first byte stays
        kept = np.append(True, kept)
        octets, raw, has_ink = octets[kept], raw[kept], has_ink[kept]
    canonical, raw = _padded(octets), _padded(raw)
    octets = canonical[: len(octets)]
    in_word = octets >= _FIRST_WORD_BYTE
    starts = has_ink.copy()
    starts[1:] ^= in_word[1:] & in_word[:-1]  # what is in a word has ink
    if not text.isascii():
        leads = np.flatnonzero(octets >= 0xC2)
        lead = octets.take(leads)
        _split_characters(octets, leads, lead, starts)
        _lower(octets, leads, lead)
    return _hash(canonical, np.flatnonzero(starts), raw)


def tokenize_names(names: bytes) -> Tokens:
    """Words of class and id values: letters only, cut at everything else and at camelCase humps.

    Examples
    --------
    >>> tokens = tokenize_names(b"\\nnewsletterSignup\\nnewsletter-signup-2\\n")
    >>> bool((tokens.hashes[1:3] == tokens.hashes[4:6]).all())
    True
    """
    canonical, raw = (_padded(np.frombuffer(data, np.uint8)) for data in (names.translate(_NAME_TABLE), names))
    octets = canonical[: len(names)]
    in_word = octets >= _FIRST_WORD_BYTE
    is_upper = octets != raw[: len(names)]
    starts = octets > 0
    starts[1:] &= ~(in_word[1:] & in_word[:-1]) | (is_upper[1:] & ~is_upper[:-1])
    return _hash(canonical, np.flatnonzero(starts), raw)


def _padded(octets: ByteArray) -> ByteArray:
    """A copy, and zeros after it for windows to read."""
    padded = np.empty(len(octets) + _PADDING, np.uint8)
    padded[: len(octets)] = octets
    padded[len(octets) :] = 0
    return padded


def _lower(octets: ByteArray, leads: IntArray, lead: ByteArray) -> None:
    """Lower-case what is not ASCII, in place: Latin, Greek, Cyrillic, Armenian, Vietnamese."""
    two = leads[(lead >= 0xC3) & (lead <= 0xD5)]
    if len(two):
        point = ((octets[two].astype(np.intp) & 0x1F) << 6) | (octets[two + 1] & 0x3F)
        lower = _LOWER_TWO[point - 0x80]
        octets[two], octets[two + 1] = lower[:, 0], lower[:, 1]
    three = leads[lead == 0xE1]
    three = three[octets[three + 1] >= 0xB8]
    if len(three):
        point = 0x1000 | ((octets[three + 1].astype(np.intp) & 0x3F) << 6) | (octets[three + 2] & 0x3F)
        lower = _LOWER_THREE[np.clip(point - 0x1E00, 0, len(_LOWER_THREE) - 1)]
        for k in range(3):
            octets[three + k] = lower[:, k]


def _split_characters(octets: ByteArray, leads: IntArray, lead: ByteArray, starts: np.ndarray) -> None:
    """Make every character of scripts without spaces, and every sign, a token of its own, in place."""
    alone = _ALONE[lead]
    paired = np.flatnonzero((lead == 0xE0) | (lead == 0xE1))
    if len(paired):
        first, second = lead[paired], octets[leads[paired] + 1]
        for pairs in _ALONE_PAIRS:
            for of, (low, high) in pairs.items():
                alone[paired] |= (first == of) & (second >= low) & (second <= high)
    at = leads[alone]
    starts[at] = True
    after = at + _SEQUENCE_LENGTH[lead[alone]]
    starts[after] |= octets[after] > 0


def _hash(canonical: ByteArray, starts: IntArray, raw: ByteArray) -> Tokens:
    """Mix the first sixteen bytes of each token into one number; longer words are known by those."""
    n_bytes = len(canonical) - _PADDING
    windows = np.ndarray((n_bytes + 8,), "<u8", canonical, strides=(1,)).astype(np.uint64)
    strides = np.empty_like(starts)
    np.subtract(starts[1:], starts[:-1], out=strides[:-1])
    strides[-1:] = n_bytes - starts[-1:]
    # a space after a token is a zero: it changes no window
    hashes = windows.take(starts)
    hashes &= _MASK.take(strides, mode="clip")
    hashes ^= hashes >> np.uint64(31)
    hashes *= K[0]
    long = np.flatnonzero(strides > 8)
    if len(long):
        tail = windows.take(starts.take(long) + 8)
        tail &= _MASK.take(strides.take(long) - 8, mode="clip")
        tail ^= tail >> np.uint64(31)
        tail *= K[1]
        hashes[long] += tail
    hashes ^= hashes >> np.uint64(32)
    first = raw.take(starts)
    return Tokens(hashes, starts, strides, first, np.flatnonzero(first == ord("\n")), canonical, raw, windows)
