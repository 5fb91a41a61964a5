"""White space and invisible characters beyond ASCII, found in UTF-8 bytes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.types import ByteArray, IntArray

INVISIBLE = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
"""Characters that show nothing, as the inside of a regular expression's set: soft hyphen, zero width, direction."""
_SPACES = (
    "\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_UNSEEN = (
    "\u00ad\u034f\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
    "\u2066\u2067\u2068\u2069\u206a\u206b\u206c\u206d\u206e\u206f\ufeff"
)


def _kinds() -> tuple[npt.NDArray[np.uint32], ByteArray]:
    """The first three bytes of each such character as one number, sorted, and 1 for white space, 2 for unseen."""
    kinds = {}
    for kind, characters in ((1, _SPACES), (2, _UNSEEN)):
        for character in characters:
            kinds[int.from_bytes(character.encode().ljust(3, b"\0"), "big")] = kind
    keys = sorted(kinds)
    return np.array(keys, np.uint32), np.array([kinds[key] for key in keys], np.uint8)


_KEYS, _KIND = _kinds()
_LEADS = np.isin(np.arange(256), _KEYS >> 16)
_FIRST_LEAD = np.flatnonzero(_LEADS)[0]


def visible(octets: ByteArray) -> tuple[ByteArray, npt.NDArray[np.bool_] | None]:
    """White space of every script as plain spaces, and which bytes show something.

    Parameters
    ----------
    octets
        Whole characters in UTF-8.

    Returns
    -------
    octets
        The same bytes, those of white space beyond ASCII replaced by spaces. Same shape.
    is_seen
        False for bytes of invisible characters, same shape; None where there are none.

    Examples
    --------
    >>> octets, is_seen = visible(np.frombuffer("a\\u3000b\\u200b".encode(), np.uint8))
    >>> octets.tobytes()[:5], is_seen.tolist()[-3:]
    (b'a   b', [False, False, False])
    """
    at, kind = special(octets)
    if len(at) == 0:
        return octets, None
    is_long = octets[at] >= 0xE0
    kinds = np.zeros(len(octets), np.uint8)
    for k, these in ((0, slice(None)), (1, slice(None)), (2, is_long)):
        kinds[at[these] + k] = kind[these]
    octets = np.where(kinds == 1, np.uint8(ord(" ")), octets)
    return octets, kinds != 2 if (kind == 2).any() else None


def special(octets: ByteArray) -> tuple[IntArray, ByteArray]:
    """Positions of white space (1) and of invisible characters (2) beyond ASCII, and which each is."""
    at = np.flatnonzero(octets >= _FIRST_LEAD)
    at = at[_LEADS[octets[at]]]
    last = len(octets) - 1
    key = octets[at].astype(np.uint32) << 16 | octets[np.minimum(at + 1, last)].astype(np.uint32) << 8
    is_long = octets[at] >= 0xE0
    key = np.where(is_long, key | octets[np.minimum(at + 2, last)], key)
    slot = np.minimum(np.searchsorted(_KEYS, key), len(_KEYS) - 1)
    kind = np.where(_KEYS[slot] == key, _KIND[slot], np.uint8(0))
    found = np.flatnonzero(kind)
    return at[found], kind[found]
