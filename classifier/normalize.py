"""Words as they look: what hides a word from a hash table without hiding it from a reader is undone.

Soft hyphens, zero-width and direction characters inside Latin, Greek and Cyrillic words, letters
of one script that look like those of another ("Subscr\u0456be"), and white space of other scripts.
Only blocks that hold such characters are touched, only for the features: texts are given back as
they came. Which letters look alike follows Unicode's confusables (UTS 39).
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from classifier.segment.spaces import INVISIBLE
from classifier.types import ByteArray, IntArray

_LETTER = "A-Za-z\u00c0-\u024f\u0370-\u03ff\u0400-\u052f\u1e00-\u1fff"
_HIDDEN = re.compile(f"(?<=[{_LETTER}])[{INVISIBLE}]+|(?<![{INVISIBLE}])[{INVISIBLE}]++(?=[{_LETTER}])")
_SPACE = re.compile("[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
# anchored at the start of a word, or a long word would be read from each of its letters on
_MIXED = re.compile(
    "(?<![A-Za-z\u00c0-\u024f])[A-Za-z\u00c0-\u024f]*+[\u0370-\u052f][A-Za-z\u00c0-\u024f\u0370-\u052f]*"
)
_GREEK_OR_CYRILLIC = re.compile("[\u0370-\u052f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")

_LOOK_ALIKE = dict(
    zip(
        "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443\u0501\u04bb\u051b\u051d\u0410\u0412\u0421\u0415\u041d\u0406\u0408\u041a\u041c\u041e\u0420\u0405\u0422\u0425\u0423"
        "\u03bf\u03b1\u03b9\u03bd\u03c1\u03c5\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a7\u03a5",
        "aceijopsxydhqwABCEHIJKMOPSTXYoaivpuABEZHIKMNOPTXY",
        strict=True,
    )
)
_TO_LATIN = str.maketrans(_LOOK_ALIKE)
_TO_CYRILLIC = str.maketrans({latin: other for other, latin in reversed(_LOOK_ALIKE.items()) if other >= "\u0400"})
_TO_GREEK = str.maketrans({latin: other for other, latin in reversed(_LOOK_ALIKE.items()) if other < "\u0400"})


def normalized(text: bytes) -> bytes:
    """The blocks of a batch, joined by line ends, in a form fit for tokens.

    Parameters
    ----------
    text
        UTF-8.

    Returns
    -------
    UTF-8 of as many lines, the very same object where there is nothing to do.

    Examples
    --------
    >>> normalized("\\nSubscr\u0456be, sub\u00adscribe, \u200bsubscribe\\n".encode())
    b'\\nSubscribe, subscribe, subscribe\\n'
    >>> normalized("\\nПодписка\\n".encode()).decode().strip()
    'Подписка'
    """
    if text.isascii():
        return text
    octets = np.frombuffer(text, np.uint8)
    at = np.flatnonzero(octets >= 0xC2)
    at = at[_SUSPECT.take(octets.take(at))]
    hidden = at[_is_hidden(octets, at)]
    is_space = (octets.take(hidden) == 0xC2) & (octets.take(hidden + 1) == 0xA0)
    hits = np.concatenate([hidden[~is_space], at[_is_mixed(octets, at)]])
    if len(spaces := hidden[is_space]):  # the most frequent by far, and the simplest: two bytes become one
        hits -= np.searchsorted(spaces, hits)
        text = text.replace(b"\xc2\xa0", b" ")
    if len(hits) == 0:
        return text
    parts: list[bytes] = []
    done = 0
    for hit in np.sort(hits).tolist():
        if hit >= done:
            start, end = text.rfind(b"\n", 0, hit) + 1, text.index(b"\n", hit)
            parts += text[done:start], _line(text[start:end])
            done = end
    return b"".join((*parts, text[done:]))


def _is_hidden(octets: ByteArray, at: IntArray) -> npt.NDArray[np.bool_]:
    """Which characters are invisible, or white space beyond ASCII."""
    lead, second, third = octets.take(at), octets.take(at + 1), octets.take(at + 2, mode="clip")
    general = (second == 0x80) & _GENERAL[0].take(third) | (second == 0x81) & _GENERAL[1].take(third)
    mark = (lead == 0xEF) & (second == 0xBB) & (third == 0xBF)
    return np.asarray((lead == 0xE2) & general | (lead == 0xC2) & _LATIN_1.take(second) | mark)


def _is_mixed(octets: ByteArray, at: IntArray) -> npt.NDArray[np.bool_]:
    """Which characters are Greek or Cyrillic letters beside an ASCII one."""
    lead = octets.take(at)
    beside = _ASCII_LETTER.take(octets.take(at - 1)) | _ASCII_LETTER.take(octets.take(at + 2, mode="clip"))
    return np.asarray((lead >= 0xCD) & (lead <= 0xD4) & beside)


_SUSPECT = np.isin(np.arange(256), [0xC2, 0xE2, 0xEF, *range(0xCD, 0xD5)])
"""First bytes of what may be hidden, and of Greek and Cyrillic letters."""
_ASCII_LETTER = np.isin(np.arange(256) | 0x20, np.arange(ord("a"), ord("z") + 1)) & (np.arange(256) < 128)
_LATIN_1 = np.isin(np.arange(256), [0x85, 0xA0, 0xAD])
_GENERAL = tuple(
    np.array([re.fullmatch(f"[\\s{INVISIBLE}]", bytes((0xE2, second, third)).decode("utf-8", "replace")) is not None
              for third in range(256)])
    for second in (0x80, 0x81)
)  # fmt: skip
"""Third bytes of what shows nothing among U+2000 to U+203F and U+2040 to U+207F."""


def _line(line: bytes) -> bytes:
    text = _SPACE.sub(" ", line.decode("utf-8", "replace"))
    text = _HIDDEN.sub("", text)
    if _GREEK_OR_CYRILLIC.search(text):
        text = _MIXED.sub(_of_one_script, text)
    return text.encode()


def _of_one_script(found: re.Match[str]) -> str:
    """A word of letters of two scripts in the one that most of its letters are of."""
    word = found[0]
    n_latin = len(_LATIN.findall(word))
    if n_latin == 0 or n_latin == len(word):
        return word
    if 2 * n_latin >= len(word):
        folded = word.translate(_TO_LATIN)
        return folded if _MIXED.search(folded) is None else word
    folded = word.translate(_TO_CYRILLIC if any(c >= "\u0400" for c in word) else _TO_GREEK)
    return folded if _LATIN.search(folded) is None else word
