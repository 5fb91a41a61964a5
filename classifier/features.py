"""What a block looks like, as numbers: hashed n-grams of its words and of its place, and dense features.

Everything here is stateless: the same bytes give the same features on every machine, so that one
object serves training and inference. Hashing instead of a vocabulary follows Weinberger et al.
(2009) and scikit-learn's ``HashingVectorizer``; collisions are its price.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from classifier.lanes import line_sums
from classifier.normalize import normalized
from classifier.segment.html import TAGS
from classifier.tokens import K, Tokens, tokenize, tokenize_names
from classifier.types import ANCESTOR_LEVELS, BlockBatch, FloatArray, IntArray, Layout, WordArray

TEXT_DENSE = (
    "log_chars", "log_tokens", "capital_density", "all_caps_density", "digit_density", "sentence_mark_density",
    "other_mark_density", "symbol_density", "ends_sentence", "mean_token_bytes", "position", "log_from_start",
    "log_from_end", "log_document_blocks",
)  # fmt: skip
LAYOUT_DENSE = (
    "link_density", "is_heading", "is_paragraph", "is_list_item", "is_control", "is_field", "is_cell", "is_container",
    "depth",
)  # fmt: skip

_ROLE_TAGS = {
    "is_heading": "h1 h2 h3 h4 h5 h6 legend summary caption",
    "is_paragraph": "p blockquote pre figcaption",
    "is_list_item": "li dt dd option",
    "is_control": "button",
    "is_field": "input textarea select label",
    "is_cell": "td th",
    "is_container": "div section article form span",
}
_LEVEL_GROUPS = ((0, 1), (1, 3), (3, ANCESTOR_LEVELS))
"""Ancestors that share weights: the element itself, its two parents, the rest."""

_OTHER_PREFIX_BYTES, _OTHER_SUFFIX_BYTES = 8, 6
"""Bytes of prefixes and suffixes of words that do not start with an ASCII letter."""
_SENTENCE_MARKS = b".!?,;:"
_LAST_BYTES = np.isin(np.arange(256), [*b'.!?:"\x9d\x82'])
"""Last bytes of what closes a sentence; 9d ends the UTF-8 of a closing curly quote, 82 that of an ideographic stop."""


@dataclass(frozen=True, slots=True)
class FeaturizerConfig:
    """Sizes of the hash tables, as powers of two; stored in the artefact.

    Parameters
    ----------
    word_bits, text_bits, layout_bits
        Logarithm of the number of buckets for single words, for all other n-grams of text, and for
        names. Single words have room of their own: what a word means must not be blurred by pairs.
    prefix_bytes, suffix_bytes
        Bytes of an ASCII word's prefix and suffix; words in other scripts take two to three bytes more.
    """

    word_bits: int = 18
    text_bits: int = 17
    layout_bits: int = 16
    prefix_bytes: int = 5
    suffix_bytes: int = 4

    @property
    def n_words(self) -> int:
        """Buckets of single words: the first ones."""
        return 1 << self.word_bits

    @property
    def n_text(self) -> int:
        """Buckets of all n-grams of text."""
        return (1 << self.word_bits) + (1 << self.text_bits)

    @property
    def n_layout(self) -> int:
        return 1 << self.layout_bits


@dataclass(frozen=True, slots=True)
class Grams:
    """Hashed n-grams of lines.

    Parameters
    ----------
    indices
        One array a kind of n-gram, each of shape (n_tokens,): a bucket, or ``n_buckets`` for none.
    offsets
        Line ``i`` owns the tokens ``offsets[i]`` to ``offsets[i + 1]``. Shape (n_lines + 1,).
    """

    indices: tuple[IntArray, ...]
    offsets: IntArray


@dataclass(frozen=True, slots=True)
class LayoutGrams:
    """Hashed n-grams of element names, and the elements that each block stands in.

    Parameters
    ----------
    grams
        One ``Grams`` for each group of ancestor levels, over elements.
    ancestors
        Element of each block at each level, -1 beyond the root. Shape (n_levels, n_blocks).
    """

    grams: tuple[Grams, ...]
    ancestors: IntArray

    def levels(self, group: int) -> IntArray:
        """Ancestors of the levels that share the weights of ``group``."""
        first, last = _LEVEL_GROUPS[group]
        return self.ancestors[first:last]


@dataclass(frozen=True, slots=True)
class FeatureMatrix:
    """Features of a batch: hashed text, hashed layout (or None), dense of shape (n_blocks, n_dense)."""

    text: Grams
    layout: LayoutGrams | None
    dense: FloatArray
    doc_offsets: IntArray
    group: IntArray | None
    """Blocks of one document with the same element and parent names share a number. Shape (n_blocks,)."""


class BlockFeaturizer:
    """Turns a batch of blocks into features.

    Parameters
    ----------
    config
        Sizes; the one in a model's artefact for that model.

    Examples
    --------
    >>> from classifier.segment import segment_blocks
    >>> X = BlockFeaturizer(FeaturizerConfig()).transform(segment_blocks([["Sign up", "News"]]))
    >>> X.dense.shape[0], len(X.text.offsets)
    (2, 3)
    """

    def __init__(self, config: FeaturizerConfig) -> None:
        self.config = config

    def transform(self, batch: BlockBatch) -> FeatureMatrix:
        """Features of every block of a batch."""
        tokens = tokenize(normalized(batch.text))
        text = Grams(self._text_indices(tokens), tokens.offsets)
        dense = [*_text_dense(tokens), *_position_dense(batch.doc_offsets)]
        if batch.layout is None:
            return FeatureMatrix(text, None, _columns(dense), batch.doc_offsets, None)
        layout, group = self._layout(batch.layout, batch.doc_offsets)
        dense += _layout_dense(batch.layout, layout.ancestors, tokens)
        return FeatureMatrix(text, layout, _columns(dense), batch.doc_offsets, group)

    def _text_indices(self, tokens: Tokens) -> tuple[IntArray, ...]:
        config, h = self.config, tokens.hashes
        indices = [word_buckets(h, config), _bucket(_bigrams(h, h), config.text_bits, config.n_words)]
        # most tokens are no longer than a prefix or suffix, and have none
        long = np.flatnonzero(tokens.strides > min(config.prefix_bytes, config.suffix_bytes, _OTHER_SUFFIX_BYTES))
        starts, lengths = tokens.spans_of(long)
        is_ascii = tokens.canonical.take(starts) < 0x80
        for k, n_ascii, n_other, is_prefix in (
            (3, config.prefix_bytes, _OTHER_PREFIX_BYTES, True),
            (4, config.suffix_bytes, _OTHER_SUFFIX_BYTES, False),
        ):
            n_bytes = np.where(is_ascii, n_ascii, n_other)
            longer = np.flatnonzero(lengths > n_bytes)
            n_bytes = n_bytes.take(longer)
            at = starts.take(longer)
            if not is_prefix:
                at += lengths.take(longer)
                at -= n_bytes
            hashes = tokens.bytes_at(at, n_bytes)
            hashes *= K[k]
            hashes ^= hashes >> np.uint64(32)
            hashes *= K[0]
            bucket = np.full(len(h), config.n_text, np.intp)
            bucket[long.take(longer)] = _bucket(hashes, config.text_bits, config.n_words)
            indices.append(bucket)
        return tuple(indices)

    def _layout(self, layout: Layout, doc_offsets: IntArray) -> tuple[LayoutGrams, IntArray]:
        tokens = tokenize_names(layout.names)
        at = tokens.offsets
        tag_hash = (layout.tag.astype(np.uint64) + np.uint64(1)) * K[1]
        left, right = tokens.hashes.copy(), tokens.hashes
        left[at[:-1]] = tag_hash
        mixed = tuple(h ^ (h >> np.uint64(29)) for h in (left * K[2], _bigrams(left, right)))
        salts = (K[0] + np.uint64(2 * group) for group in range(len(_LEVEL_GROUPS)))
        bits = self.config.layout_bits
        grams = tuple(Grams(tuple(_bucket(h * salt, bits) for h in mixed), at) for salt in salts)
        ancestors = np.empty((ANCESTOR_LEVELS, len(layout.element)), np.intp)
        parent = np.append(layout.parent, -1)
        ancestors[0] = layout.element
        for level in range(1, ANCESTOR_LEVELS):
            ancestors[level] = parent[ancestors[level - 1]]
        # an element is known by its tag and all of its name words; a block by its element and the one around it
        sums = np.zeros(len(left) + 1, np.uint64)
        np.cumsum(left * K[3], out=sums[1:])
        known = np.append(np.diff(sums[at]), np.uint64(0))
        key = known[ancestors[0]] * K[0] + known[ancestors[1]] * K[4]
        document = np.repeat(np.arange(len(doc_offsets) - 1, dtype=np.uint64), np.diff(doc_offsets))
        group = np.unique(key + document * K[2], return_inverse=True)[1]
        return LayoutGrams(grams, ancestors), group.astype(np.intp)


def _columns(columns: list[FloatArray]) -> FloatArray:
    return np.concatenate(columns).reshape(len(columns), -1).T


def word_buckets(hashes: WordArray, config: FeaturizerConfig) -> IntArray:
    """Bucket of single words by their hashes, see `tokens.Tokens`. Shape (n_tokens,)."""
    return _bucket(hashes * K[2], config.word_bits)


def _bigrams(left: WordArray, right: WordArray) -> WordArray:
    """Hash of each token with the one after it; the last token, a line end, has none and stands alone."""
    hashes = left * K[3]
    hashes[:-1] += right[1:]
    hashes *= K[4]
    return hashes


def _bucket(hashes: WordArray, bits: int, first: int = 0) -> IntArray:
    """Buckets of hashes, from the first one on, in their place."""
    hashes >>= np.uint64(64 - bits)
    if first:
        hashes += np.uint64(first)
    return hashes.view(np.int64)  # below 2**63: the same numbers


_COUNT_BITS, _COUNT_TOKENS = 10, 511
"""Six counters share a number, see `_token_lanes`: bits of a counter, and tokens that it can hold."""
_COUNTED = ("capital", "all_caps", "digit", "sentence_mark", "other_mark", "symbol")
_CAPITAL, _ALL_CAPS = (1 << (_COUNT_BITS * _COUNTED.index(name)) for name in ("capital", "all_caps"))


def _token_lanes() -> npt.NDArray[np.int64]:
    """By a token's first byte a one in the counter of its kind; words in lower case are not counted.

    From 256 on the same where the second byte is a capital letter.
    """
    kinds = np.full(256, len(_COUNTED))
    for byte in range(128):
        character = chr(byte)
        if character.isupper():
            kinds[byte] = _COUNTED.index("capital")
        elif character.isdigit():
            kinds[byte] = _COUNTED.index("digit")
        elif byte in _SENTENCE_MARKS:
            kinds[byte] = _COUNTED.index("sentence_mark")
        elif not character.islower():
            kinds[byte] = _COUNTED.index("other_mark")
    kinds[[*b"$%#@", 0xC2]] = _COUNTED.index("symbol")
    lanes = np.where(kinds < len(_COUNTED), np.int64(1) << (_COUNT_BITS * kinds), 0)
    return np.concatenate([lanes, np.where(kinds == _COUNTED.index("capital"), lanes + _ALL_CAPS, lanes)])


_TOKEN_LANES = _token_lanes()


def _text_dense(tokens: Tokens) -> list[FloatArray]:
    raw, starts, offsets = tokens.raw, tokens.starts, tokens.offsets
    first = tokens.first
    goes_on = raw[1:].take(starts) - np.uint8(ord("A")) < 26
    lanes = _TOKEN_LANES.take(first + goes_on * np.uint16(256))
    beyond = np.flatnonzero(first >= 0xC3)
    if len(beyond):
        at = starts[beyond]
        lowered = (raw[at] != tokens.canonical[at]) | (raw[at + 1] != tokens.canonical[at + 1])
        lanes[beyond[lowered]] += _CAPITAL
    counts = line_sums(lanes[:, None], offsets, _COUNT_BITS, len(_COUNTED), _COUNT_TOKENS)
    n_tokens = np.diff(offsets).astype(np.float32)
    byte_offsets = starts.take(offsets)
    n_bytes = np.diff(byte_offsets).astype(np.float32)
    last = raw.take(np.maximum(byte_offsets[1:] - 1, 0))
    return [
        np.log(n_bytes),
        np.log(n_tokens),
        *(counts / n_tokens),
        _LAST_BYTES.take(last).astype(np.float32),
        n_bytes / n_tokens * np.float32(0.1),
    ]


def _position_dense(doc_offsets: IntArray) -> list[FloatArray]:
    sizes = np.diff(doc_offsets)
    n, longest = int(doc_offsets[-1]), int(sizes.max(initial=0))
    index = np.arange(n) - np.repeat(doc_offsets[:-1], sizes)
    size = np.repeat(sizes, sizes)
    log_count = np.asarray(np.log1p(np.arange(longest)) / 5, np.float32)
    log_size = np.asarray(np.log(np.maximum(sizes, 1)) / 5, np.float32)
    return [
        np.asarray(index / size, np.float32),
        log_count.take(index),
        log_count.take(size - 1 - index),
        np.repeat(log_size, sizes),
    ]


def _layout_dense(layout: Layout, ancestors: IntArray, tokens: Tokens) -> list[FloatArray]:
    tag = layout.tag[layout.element]
    is_start = (tokens.raw & 0xC0) != 0x80
    ink = np.concatenate([[0], np.cumsum(is_start & (tokens.canonical > 0))])
    at = tokens.starts[tokens.offsets]
    n_chars = ink[at[1:]] - ink[at[:-1]] - 1
    columns = [layout.link_chars / np.maximum(n_chars, 1)]
    columns += [_IS_ROLE[role][tag] for role in LAYOUT_DENSE[1:-1]]
    columns.append((ancestors >= 0).sum(axis=0) / ANCESTOR_LEVELS)
    return [column.astype(np.float32) for column in columns]


_IS_ROLE = {role: np.array([tag in names.split() for tag in TAGS]) for role, names in _ROLE_TAGS.items()}
