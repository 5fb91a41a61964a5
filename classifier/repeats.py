"""Blocks that a site repeats: on how many of its pages a block stands, and what that says of it.

A block that stands on several pages of a site is seldom what one of them exists for. The first
pass over the documents counts, the second asks; the counts are those of a count-min sketch
(Cormode and Muthukrishnan 2005) with conservative update (Estan and Varghese 2002), so that memory
does not grow with the crawl. A count is never too low; it is too high as often as `collision_rate` says.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt

from classifier.types import BlockBatch, FloatArray, WordArray

REPEATED_LOG_ODDS = -1.5
"""Log odds of content of a block that stands on other pages of its site; DECISIONS.md says where from."""
_LONG_CHARS = 80
_DUPLICATE_SHARE = 0.9
"""A page that shares more than this of the characters of its long blocks is a second copy: that says nothing."""

_SKETCH_BITS = 26
_MULTIPLIERS = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F], np.uint64)
_MOST = 255


class CountMinSketch:
    """Counts of 64-bit keys in a fixed space of four rows of one-byte counters.

    Parameters
    ----------
    bits
        A row has ``2 ** bits`` counters; at 26, the default, the rows take 256 MiB when they are full.

    Examples
    --------
    >>> sketch = CountMinSketch(bits=10)
    >>> sketch.add(np.array([7, 8], np.uint64))
    >>> sketch.add(np.array([8], np.uint64))
    >>> sketch.counts(np.array([7, 8, 9], np.uint64)).tolist()
    [1, 2, 0]
    """

    def __init__(self, bits: int = _SKETCH_BITS) -> None:
        self.bits = bits
        self.n_keys = 0
        self.cells = np.zeros((len(_MULTIPLIERS), 1 << bits), np.uint8)

    def add(self, keys: WordArray) -> None:
        """Count each key once more; keys are distinct. Shape (n_keys,), uint64. Counts end at 255."""
        rows, columns = self._places(keys)
        lowest = self.cells[rows, columns].min(axis=0)
        self.n_keys += int((lowest == 0).sum())
        np.maximum.at(self.cells, (rows, columns), np.minimum(lowest, _MOST - 1) + 1)

    def counts(self, keys: WordArray) -> npt.NDArray[np.uint8]:
        """How often each key was counted, never too low. Shape (n_keys,), uint8."""
        rows, columns = self._places(keys)
        return np.asarray(self.cells[rows, columns].min(axis=0), np.uint8)

    @property
    def collision_rate(self) -> float:
        """Expected share of keys never counted that would be taken for counted ones, in [0, 1]."""
        return float((1 - math.exp(-self.n_keys / (1 << self.bits))) ** len(_MULTIPLIERS))

    def _places(self, keys: WordArray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        columns = (keys[None, :] * _MULTIPLIERS[:, None]) >> np.uint64(64 - self.bits)
        return np.arange(len(_MULTIPLIERS))[:, None], columns.astype(np.intp)


class SiteRepeats:
    """On how many pages of its site each block stands.

    Parameters
    ----------
    sketch
        Holds the counts; its size bounds the memory.

    Examples
    --------
    >>> from classifier.segment import segment_blocks
    >>> repeats = SiteRepeats(CountMinSketch(bits=10))
    >>> pages = segment_blocks([["Share this page", "One"], ["Share this page", "Two"]])
    >>> repeats.add(["a.example", "a.example"], pages)
    >>> repeats.log_odds(["a.example", "a.example"], pages).tolist()
    [-1.5, 0.0, -1.5, 0.0]
    """

    def __init__(self, sketch: CountMinSketch | None = None) -> None:
        self.sketch = CountMinSketch() if sketch is None else sketch
        self.n_pages = 0

    def add(self, sites: Sequence[str | None], batch: BlockBatch) -> None:
        """Count the blocks of each document once; a document that was counted before is passed over.

        Parameters
        ----------
        sites
            Site of each document, see `site_of`; None for one that is not to be counted. Length n_docs.
        batch
            The documents' blocks.
        """
        for d, site in enumerate(sites):
            if site is None:
                continue
            texts = _texts(batch, d)
            whole = np.array([_key(site, "\n".join(texts), b"page")], np.uint64)
            if texts and not self.sketch.counts(whole)[0]:
                keys = {_key(site, text) for text in texts if text}
                self.sketch.add(whole)
                self.sketch.add(np.fromiter(keys, np.uint64, len(keys)))
                self.n_pages += 1

    def log_odds(self, sites: Sequence[str | None], batch: BlockBatch) -> FloatArray:
        """What repetition adds to the log odds of content of each block of documents that were counted.

        Parameters are those of `add`; returns shape (n_blocks,), float32, zero for a block that
        stands on no other page, and for all blocks of a page that is a copy of others as a whole.
        """
        parts = [np.zeros(0, np.float32)]
        for d, site in enumerate(sites):
            texts = _texts(batch, d)
            repeated = np.zeros(len(texts), bool)
            if site is not None and texts:
                keys = np.fromiter((_key(site, text) for text in texts), np.uint64, len(texts))
                repeated = self.sketch.counts(keys) > 1
                chars = np.fromiter((len(t) if len(t) >= _LONG_CHARS else 0 for t in texts), np.intp, len(texts))
                if chars[repeated].sum() > _DUPLICATE_SHARE * chars.sum():
                    repeated[:] = False
            parts.append(np.where(repeated, np.float32(REPEATED_LOG_ODDS), np.float32(0)))
        return np.concatenate(parts)


def site_of(url: str | None) -> str | None:
    """Host of an address, ``www.`` left out; None where there is none.

    Examples
    --------
    >>> site_of("https://www.Example.org:8080/a?b"), site_of("page.html"), site_of("https://[broken")
    ('example.org', None, None)
    """
    try:
        host = urlsplit(url).hostname if url else None
    except ValueError:
        return None
    return host.removeprefix("www.") if host else None


def _texts(batch: BlockBatch, d: int) -> list[str]:
    first, last = batch.doc_offsets[d], batch.doc_offsets[d + 1]
    offsets = batch.block_offsets
    if first == last:
        return []
    return batch.text[offsets[first] : offsets[last] - 1].decode("utf-8").split("\n")


def _key(site: str, text: str, kind: bytes = b"block") -> int:
    """Name of a block of a site; white space does not count."""
    name = f"{site}\n{''.join(text.split())}".encode("utf-8", "replace")
    return int.from_bytes(hashlib.blake2b(name, digest_size=8, person=kind).digest(), "little")
