"""Counts add up, come back from JSON, and give the figures that counting by hand gives."""

from __future__ import annotations

import json

import numpy as np
import pytest

from classifier import LABELS
from training.counts import N_BINS, N_LABELS, Counts, any_nag, figures_of, intervals_of, is_nag, not_measured


def made_up(seed: int, *leading: int) -> Counts:
    draw = np.random.default_rng(seed)
    shapes = (N_LABELS, N_LABELS), (N_LABELS, 2), (3, N_BINS), (2,)
    return Counts(*(draw.integers(0, 9, (*leading, *shape)).astype(float) for shape in shapes))


def test_by_key_and_total() -> None:
    parts = [made_up(i) for i in range(4)]
    grouped = Counts.by_key(["b", "a", "b", "c"], parts)
    assert len(grouped) == 3
    assert np.array_equal(grouped[1].confusion, parts[0].confusion + parts[2].confusion)
    assert np.array_equal(grouped[0].kept_words, parts[1].kept_words)
    total = Counts.total(parts)
    assert np.array_equal(total.calibration, sum(part.calibration for part in parts))
    assert np.array_equal(total.main_content, grouped.main_content.sum(axis=0))
    assert Counts.total([]).confusion.sum() == 0


def test_counts_come_back_from_json() -> None:
    counts = made_up(7)
    again = Counts.from_lists(json.loads(json.dumps(counts.as_lists())))
    for name in ("confusion", "kept_words", "calibration", "main_content"):
        assert np.array_equal(getattr(again, name), getattr(counts, name))


@pytest.mark.parametrize("lists", [{}, {"confusion": [[1]]}, Counts.zeros().as_lists() | {"main_content": [1]}])
def test_other_lists(lists: dict[str, object]) -> None:
    with pytest.raises((KeyError, ValueError)):
        Counts.from_lists(lists)


def test_figures_of_draws_are_those_of_each() -> None:
    counts = made_up(3, 5)
    many = figures_of(counts)
    for i in range(5):
        for name, value in figures_of(counts[i]).items():
            assert many[name][i] == pytest.approx(float(value)), name


def test_figures_by_hand() -> None:
    counts = Counts.zeros()
    counts.confusion[0, 0] = counts.confusion[1, 2] = counts.confusion[1, 5] = 2
    counts.kept_words[0] = 1, 3
    counts.kept_words[1] = 4, 0
    counts.calibration[:, 9] = 4, 3.8, 2
    counts.calibration[:, 5] = 2, 1.1, 2
    counts.main_content[:] = 1.5, 2
    figures = figures_of(counts)
    assert figures["labels.content.f1"] == 1
    assert figures["labels.ad_notice.f1"] == 0
    assert (figures["any_nag.precision"], figures["any_nag.recall"]) == (1, 0.5)
    assert (figures["content_words_kept"], figures["nag_words_removed"]) == (0.75, 1)
    assert figures["calibration_error"] == pytest.approx((1.8 + 0.9) / 6)
    assert figures["main_content.word_f1"] == 0.75
    assert any_nag(counts.confusion)[2] == pytest.approx(2 / 3)
    assert is_nag().tolist() == [label not in ("content", "boilerplate") for label in LABELS]


def test_intervals_narrow_with_domains() -> None:
    few, many = intervals_of(made_up(0, 5)), intervals_of(made_up(0, 500))
    for name, (low, high) in many.items():
        assert high - low <= few[name][1] - few[name][0]


def test_what_says_nothing_is_named() -> None:
    assert set(not_measured(Counts.zeros())) == set(figures_of(Counts.zeros())) - {"main_content.word_f1"}
    counts = Counts.zeros()
    counts.confusion[0, 0], counts.confusion[0, 1], counts.confusion[5, 0] = 3, 1, 2
    counts.kept_words[0] = 1, 3
    counts.kept_words[5] = 0, 2
    counts.calibration[0, 9] = 6
    expected = {"any_nag.recall", "labels.ad_notice.recall", "labels.boilerplate.precision", "nag_words_removed"}
    absent = ("donation_appeal", "newsletter_prompt", "paywall_prompt")
    expected |= {f"labels.{label}.{ratio}" for label in absent for ratio in ("precision", "recall", "f1")}
    assert set(not_measured(counts)) == expected
    assert all(figures_of(counts)[name] == 0 for name in expected)
    assert not_measured(made_up(1)) == []
