"""Packed tables sum what a plain loop sums, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.features import Grams
from classifier.weights import MAX_QUANTUM, LinearTable, PackedTables


def grams_of(rng: np.random.Generator, lengths: list[int], n_buckets: int, n_kinds: int = 4) -> Grams:
    n_tokens = sum(lengths)
    indices = tuple(rng.integers(0, n_buckets + 1, n_tokens) for _ in range(n_kinds))
    return Grams(indices, np.concatenate([[0], np.cumsum(lengths)]).astype(np.intp))


def plain_sums(table: LinearTable, grams: Grams) -> np.ndarray:
    _, n_labels = table.quantised.shape
    weights = np.concatenate([table.quantised.astype(np.int64), np.zeros((1, n_labels), np.int64)])
    sums = np.zeros((len(grams.offsets) - 1, n_labels), np.int64)
    for line in range(len(sums)):
        for indices in grams.indices:
            sums[line] += weights[indices[grams.offsets[line] : grams.offsets[line + 1]]].sum(axis=0)
    return (sums * float(np.float32(table.scale))).astype(np.float32)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    lengths=st.lists(st.integers(1, 200), min_size=1, max_size=12),
    n_labels=st.integers(1, 8),
    n_kinds=st.integers(1, 4),
)
def test_sums_are_those_of_a_plain_loop(seed: int, lengths: list[int], n_labels: int, n_kinds: int) -> None:
    rng = np.random.default_rng(seed)
    quantised = rng.integers(-MAX_QUANTUM, MAX_QUANTUM + 1, (64, n_labels)).astype(np.int16)
    table = LinearTable(quantised, float(rng.uniform(1e-4, 10)), np.zeros(n_labels, np.float32))
    grams = grams_of(rng, lengths, 64, n_kinds)
    np.testing.assert_array_equal(PackedTables.of([table]).sums(grams), plain_sums(table, grams))


@pytest.mark.parametrize("sign", [1, -1, 0])
@pytest.mark.parametrize("lengths", [[64], [65], [63, 64, 65], [10_000], [1, 10_000, 3, 10_000, 1], [1] * 1000])
def test_extreme_weights_and_long_lines(sign: int, lengths: list[int]) -> None:
    signs = np.array([sign, -sign, sign, -1, 1, sign]) if sign else np.array([1, 1, -1, -1, -1, 1])
    quantised = np.tile(signs * MAX_QUANTUM, (8, 1)).astype(np.int16)
    table = LinearTable(quantised, 0.001, np.zeros(6, np.float32))
    n_tokens = sum(lengths)
    grams = Grams((np.zeros(n_tokens, np.intp),) * 4, np.concatenate([[0], np.cumsum(lengths)]).astype(np.intp))
    expected = np.outer(lengths, 4 * signs * MAX_QUANTUM) * float(np.float32(0.001))
    np.testing.assert_array_equal(PackedTables.of([table]).sums(grams), expected.astype(np.float32))


def test_long_random_lines_equal_float64_sums() -> None:
    rng = np.random.default_rng(7)
    table = LinearTable.from_float(rng.normal(size=(1024, 6)), rng.normal(size=6))
    grams = grams_of(rng, [10_000, 1, 777, 64, 10_000], 1024)
    np.testing.assert_array_equal(PackedTables.of([table]).sums(grams), plain_sums(table, grams))


def test_sums_do_not_depend_on_the_lines_around() -> None:
    rng = np.random.default_rng(3)
    table = LinearTable.from_float(rng.normal(size=(256, 6)), np.zeros(6))
    lengths = [3, 5000, 1, 70, 2]
    together = grams_of(rng, lengths, 256)
    sums = PackedTables.of([table]).sums(together)
    for i, (first, last) in enumerate(zip(together.offsets[:-1], together.offsets[1:], strict=True)):
        alone = Grams(tuple(indices[first:last] for indices in together.indices), np.array([0, last - first], np.intp))
        np.testing.assert_array_equal(PackedTables.of([table]).sums(alone)[0], sums[i])


def test_no_ngram_weighs_nothing() -> None:
    table = LinearTable.from_float(np.ones((4, 6)), np.ones(6))
    grams = Grams((np.array([4, 4, 0], np.intp),), np.array([0, 2, 3], np.intp))
    np.testing.assert_allclose(PackedTables.of([table]).sums(grams), [[0] * 6, [1] * 6], rtol=1e-6)


def test_no_lines() -> None:
    table = LinearTable.from_float(np.ones((4, 6)), np.ones(6))
    assert PackedTables.of([table]).sums(Grams((np.zeros(0, np.intp),), np.zeros(1, np.intp))).shape == (0, 6)


def test_quantising_keeps_weights_within_half_a_unit() -> None:
    weights = np.random.default_rng(1).normal(size=(128, 6))
    table = LinearTable.from_float(weights, np.arange(6.0))
    assert np.abs(table.quantised).max() == MAX_QUANTUM
    assert np.abs(table.quantised * table.scale - weights).max() <= table.scale / 2 * (1 + 1e-9)
    assert table.bias.dtype == np.float32
    assert table.bias.tolist() == [0, 1, 2, 3, 4, 5]


def test_weights_of_nothing() -> None:
    table = LinearTable.from_float(np.zeros((4, 6)), np.zeros(6))
    assert table.scale == 1.0
    assert not PackedTables.of([table]).packed.any()
