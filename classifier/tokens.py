"""Words of many blocks at once, as 64-bit hashes, by arithmetic on UTF-8 bytes.

No string is ever made: one table lower-cases and classifies the bytes, word starts are found by
comparing neighbours, and the eight bytes from each start on, read as one number, are the word.
Scripts written without spaces (Chinese, Japanese, Thai, Khmer ...) and symbols give one token a
character; the bigrams of those tokens stand in for their words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from classifier.types import ByteArray, IntArray, WordArray

LINE_END, DIGIT = 32, 96
"""Codes of the block separator and of every digit in the canonical bytes."""

_PADDING = b"\0" * 24
_SPACES = re.compile(rb"[\0-\t\v-\x20\x7f]+")
_WORD_BYTES = 16
"""Bytes of a word that its hash sees; longer words are known by their first sixteen."""

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
    lengths
        Bytes of each token. Shape (n_tokens,).
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    canonical
        The bytes in canonical form, padded. Shape (n_bytes + 24,).
    raw
        The bytes as they came, white space folded, padded alike.
    """

    hashes: WordArray
    starts: IntArray
    lengths: IntArray
    offsets: IntArray
    canonical: ByteArray
    raw: ByteArray

    def prefixes(self, n_bytes: int) -> WordArray:
        """First bytes of each token, as one number. Shape (n_tokens,)."""
        return np.asarray(_window(self.canonical, self.starts) & _MASK[n_bytes])

    def suffixes(self, n_bytes: int) -> WordArray:
        """Last bytes of each token, as one number; only meaningful where a token is as long."""
        at = np.maximum(self.starts + self.lengths - n_bytes, 0)
        return np.asarray(_window(self.canonical, at) & _MASK[n_bytes])


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
    folded = text.translate(_TEXT_TABLE)
    if b"\0\0" in folded:
        text = _SPACES.sub(b" ", text)
        folded = text.translate(_TEXT_TABLE)
    canonical = np.frombuffer(bytearray(folded + _PADDING), np.uint8)
    raw = np.frombuffer(text + _PADDING, np.uint8)
    n = len(text)
    octets = canonical[:n]
    in_word = octets >= _FIRST_WORD_BYTE
    starts = octets > 0
    starts[1:] &= ~(in_word[1:] & in_word[:-1])
    if not text.isascii():
        _lower(canonical, n)
        _split_characters(octets, starts)
    return _hash(canonical, np.flatnonzero(starts), octets, raw)


def tokenize_names(names: bytes) -> Tokens:
    """Words of class and id values: letters only, cut at everything else and at camelCase humps.

    Examples
    --------
    >>> tokens = tokenize_names(b"\\nnewsletterSignup\\nnewsletter-signup-2\\n")
    >>> bool((tokens.hashes[1:3] == tokens.hashes[4:6]).all())
    True
    """
    canonical = np.frombuffer(bytearray(names.translate(_NAME_TABLE) + _PADDING), np.uint8)
    octets = canonical[: len(names)]
    raw = np.frombuffer(names + _PADDING, np.uint8)
    in_word = octets >= _FIRST_WORD_BYTE
    is_upper = octets != raw[: len(names)]
    starts = octets > 0
    starts[1:] &= ~(in_word[1:] & in_word[:-1]) | (is_upper[1:] & ~is_upper[:-1])
    return _hash(canonical, np.flatnonzero(starts), octets, raw)


def _lower(canonical: ByteArray, n: int) -> None:
    """Lower-case what is not ASCII, in place: Latin, Greek, Cyrillic, Armenian, Vietnamese."""
    octets = canonical[:n]
    two = np.flatnonzero((octets >= 0xC3) & (octets <= 0xD5))
    if len(two):
        point = ((octets[two].astype(np.intp) & 0x1F) << 6) | (canonical[two + 1] & 0x3F)
        lower = _LOWER_TWO[point - 0x80]
        canonical[two], canonical[two + 1] = lower[:, 0], lower[:, 1]
    three = np.flatnonzero((octets == 0xE1) & (canonical[1 : n + 1] >= 0xB8))
    if len(three):
        point = 0x1000 | ((canonical[three + 1].astype(np.intp) & 0x3F) << 6) | (canonical[three + 2] & 0x3F)
        lower = _LOWER_THREE[np.clip(point - 0x1E00, 0, len(_LOWER_THREE) - 1)]
        for k in range(3):
            canonical[three + k] = lower[:, k]


def _split_characters(octets: ByteArray, starts: np.ndarray) -> None:
    """Make every character of scripts without spaces, and every sign, a token of its own, in place."""
    alone = _ALONE[octets]
    second = octets[1:]
    for pairs in _ALONE_PAIRS:
        for lead, (low, high) in pairs.items():
            alone[:-1] |= (octets[:-1] == lead) & (second >= low) & (second <= high)
    at = np.flatnonzero(alone)
    starts[at] = True
    after = at + _SEQUENCE_LENGTH[octets[at]]
    after = after[after < len(octets)]
    starts[after] |= octets[after] > 0


def _window(canonical: ByteArray, at: IntArray) -> WordArray:
    """The eight bytes from each position on as one little-endian number."""
    windows = np.ndarray((len(canonical) - 7,), "<u8", canonical, strides=(1,))
    return windows[at]


def _hash(canonical: ByteArray, starts: IntArray, octets: ByteArray, raw: ByteArray) -> Tokens:
    """Mix the first sixteen bytes of each token into one number."""
    lengths = _lengths(octets, starts)
    hashes = _window(canonical, starts) & _MASK[np.minimum(lengths, 8)]
    hashes ^= hashes >> np.uint64(31)
    hashes *= K[0]
    long = np.flatnonzero(lengths > 8)
    if len(long):
        tail = _window(canonical, starts[long] + 8) & _MASK[np.minimum(lengths[long], _WORD_BYTES) - 8]
        tail ^= tail >> np.uint64(31)
        tail *= K[1]
        hashes[long] += tail
    hashes ^= hashes >> np.uint64(32)
    line = np.flatnonzero(octets[starts] == LINE_END)
    return Tokens(hashes, starts, lengths, line, canonical, raw)


def _lengths(octets: ByteArray, starts: IntArray) -> IntArray:
    """Bytes of each token: up to the next one, without the white space between."""
    lengths = np.diff(starts, append=len(octets))
    # at most one space stands between two tokens
    space_before_next = octets[starts + lengths - 1] == 0
    return np.asarray(lengths - space_before_next)
