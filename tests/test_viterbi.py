"""Windowed decoding finds the best label sequences and the marginals that full decoding finds."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Cleaner
from classifier.model import VIEWS, View
from classifier.types import N_LABELS
from classifier.viterbi import CORE, RUN_IN, marginals, viterbi

UNITS, LARGEST = 1024, 14.0
Chain = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Emissions, transitions, start."""


def offsets_of(sizes: list[int]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp)


def random_chain(seed: int, n_blocks: int, n_labels: int, scale: float) -> Chain:
    rng = np.random.default_rng(seed)

    def scores(*shape: int) -> np.ndarray:
        values = np.clip(rng.normal(0, scale, shape), -LARGEST, LARGEST)
        return (np.rint(values * UNITS) / UNITS).astype(np.float32)

    return scores(n_blocks, n_labels), scores(n_labels, n_labels), scores(n_labels)


def path_score(emissions: np.ndarray, transitions: np.ndarray, start: np.ndarray, labels: np.ndarray) -> int:
    """Score of one document's labels in whole units."""
    units = [np.rint(scores.astype(np.float64) * UNITS).astype(np.int64) for scores in (emissions, transitions, start)]
    labels = labels.astype(np.intp)
    steps = units[1][labels[:-1], labels[1:]].sum()
    return int(units[0][np.arange(len(labels)), labels].sum() + steps + units[2][labels[0]])


def all_paths(n_blocks: int, n_labels: int) -> np.ndarray:
    return np.array(list(product(range(n_labels), repeat=n_blocks)), np.intp)


def brute_force(emissions: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> tuple[int, np.ndarray]:
    """Best score over all sequences, and marginals, of one document."""
    paths = all_paths(*emissions.shape)
    scores = np.array([path_score(emissions, transitions, start, path) for path in paths])
    weights = np.exp((scores - scores.max()) / UNITS)
    weights /= weights.sum()
    chances = np.stack([weights @ (paths == label) for label in range(emissions.shape[1])], axis=1)
    return int(scores.max()), chances


def full_viterbi(emissions: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> int:
    """Best score of one document, by the textbook's recursion over all of its blocks."""
    units = [np.rint(scores.astype(np.float64) * UNITS).astype(np.int64) for scores in (emissions, transitions, start)]
    best = units[0][0] + units[2]
    for row in units[0][1:]:
        best = (best[:, None] + units[1]).max(axis=0) + row
    return int(best.max())


def full_marginals(emissions: np.ndarray, transitions: np.ndarray, start: np.ndarray) -> np.ndarray:
    forward, backward = np.empty(emissions.shape), np.zeros(emissions.shape)
    forward[0] = emissions[0] + start
    for i in range(1, len(emissions)):
        forward[i] = np.logaddexp.reduce(forward[i - 1][:, None] + transitions, axis=0) + emissions[i]
    for i in range(len(emissions) - 2, -1, -1):
        backward[i] = np.logaddexp.reduce(transitions + emissions[i + 1] + backward[i + 1], axis=1)
    beliefs = forward + backward
    return np.exp(beliefs - np.logaddexp.reduce(beliefs, axis=1, keepdims=True))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.integers(1, 5),
    n_labels=st.integers(2, 4),
    scale=st.sampled_from([0.001, 0.3, 2.0, 8.0]),
)
def test_one_small_document_by_brute_force(seed: int, size: int, n_labels: int, scale: float) -> None:
    chain = random_chain(seed, size, n_labels, scale)
    best, chances = brute_force(*chain)
    assert path_score(*chain, viterbi(*chain, offsets_of([size]))) == best
    np.testing.assert_allclose(marginals(*chain, offsets_of([size])), chances, atol=1e-4)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=60),
    scale=st.sampled_from([0.001, 0.3, 2.0, 8.0]),
)
def test_many_small_documents_by_brute_force(seed: int, sizes: list[int], scale: float) -> None:
    emissions, transitions, start = random_chain(seed, sum(sizes), 3, scale)
    offsets = offsets_of(sizes)
    labels, chances = (decode(emissions, transitions, start, offsets) for decode in (viterbi, marginals))
    assert labels.shape == (sum(sizes),)
    for first, last in pairwise(offsets):
        if first == last:
            continue
        best, expected = brute_force(emissions[first:last], transitions, start)
        assert path_score(emissions[first:last], transitions, start, labels[first:last]) == best
        np.testing.assert_allclose(chances[first:last], expected, atol=1e-4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    sizes=st.lists(st.integers(1, RUN_IN), min_size=1, max_size=20),
    scale=st.sampled_from([0.3, 2.0, 8.0]),
)
def test_documents_do_not_influence_one_another(seed: int, sizes: list[int], scale: float) -> None:
    emissions, transitions, start = random_chain(seed, sum(sizes), N_LABELS, scale)
    offsets = offsets_of(sizes)
    labels, chances = (decode(emissions, transitions, start, offsets) for decode in (viterbi, marginals))
    for first, last in pairwise(offsets):
        alone = emissions[first:last], transitions, start, offsets_of([last - first])
        np.testing.assert_array_equal(labels[first:last], viterbi(*alone))
        np.testing.assert_allclose(chances[first:last], marginals(*alone), atol=1e-5)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_long_document_under_the_shipped_chain(cleaner: Cleaner, view: View, scale: float) -> None:
    head = cleaner.model.heads[view]
    emissions, _, _ = random_chain(11, 5000, N_LABELS, scale)
    chain = emissions, head.transitions, head.start
    labels = viterbi(*chain, offsets_of([5000]))
    assert path_score(*chain, labels) == full_viterbi(*chain)
    np.testing.assert_allclose(marginals(*chain, offsets_of([5000])), full_marginals(*chain), atol=1e-4)


@pytest.mark.parametrize("size", [1, RUN_IN, CORE - 1, CORE, CORE + 1, CORE + RUN_IN, 2 * CORE, 5000])
def test_sizes_about_the_windows(size: int) -> None:
    chain = random_chain(size, size, N_LABELS, 1.0)
    assert path_score(*chain, viterbi(*chain, offsets_of([size]))) == full_viterbi(*chain)
    np.testing.assert_allclose(marginals(*chain, offsets_of([size])), full_marginals(*chain), atol=2e-4)


@pytest.mark.parametrize("n_labels", [7, 8, 9])
def test_labels_beside_the_six(n_labels: int) -> None:
    chain = random_chain(n_labels, 1000, n_labels, 1.0)
    labels = viterbi(*chain, offsets_of([1000]))
    assert n_labels - 1 in labels
    assert path_score(*chain, labels) == full_viterbi(*chain)
    np.testing.assert_allclose(marginals(*chain, offsets_of([1000])), full_marginals(*chain), atol=2e-4)


@pytest.mark.parametrize("n_labels", [N_LABELS, 9])
@pytest.mark.parametrize("limit", [1e4, 1e9, 3e38])
def test_scores_beyond_all_measure(limit: float, n_labels: int) -> None:
    emissions = np.zeros((200, n_labels), np.float32)
    emissions[np.arange(200), np.arange(200) % n_labels] = limit
    flat = np.zeros((n_labels, n_labels), np.float32)
    labels = viterbi(emissions, flat, flat[0], offsets_of([150, 50]))
    np.testing.assert_array_equal(labels, np.arange(200) % n_labels)
    rows = marginals(emissions, flat, flat[0], offsets_of([150, 50]))
    np.testing.assert_allclose(rows[np.arange(200), labels], 1, atol=1e-6)


def test_rows_sum_to_one() -> None:
    rows = marginals(*random_chain(5, 1000, N_LABELS, 4.0), offsets_of([1, 0, 499, 500]))
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("sizes", [[], [0], [0, 0, 0]])
def test_no_blocks(sizes: list[int]) -> None:
    chain = random_chain(0, 0, N_LABELS, 1.0)
    assert viterbi(*chain, offsets_of(sizes)).shape == (0,)
    assert marginals(*chain, offsets_of(sizes)).shape == (0, N_LABELS)
