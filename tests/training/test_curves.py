"""Reliability bins and precision-recall curves, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import LABELS
from training.curves import precision_recall_curves, reliability


def probabilities_of(*content: float) -> np.ndarray:
    """Probabilities of content, the rest on boilerplate."""
    result = np.zeros((len(content), len(LABELS)), np.float32)
    result[:, 0], result[:, 5] = content, 1 - np.array(content)
    return result


def test_reliability() -> None:
    truth, given = np.array([0, 0, 5, 5]), np.array([0, 0, 0, 5])
    bins = reliability(truth, given, probabilities_of(0.95, 0.91, 0.55, 0.2))
    assert [(row["from"], row["to"], row["blocks"], row["right"]) for row in bins["given"]] == [
        (0.5, 0.6, 1, 0.0), (0.8, 0.9, 1, 1.0), (0.9, 1.0, 2, 1.0),
    ]  # fmt: skip
    assert bins["given"][2]["stated"] == pytest.approx(0.93)
    assert [(row["from"], row["right"]) for row in bins["content"]] == [(0.2, 0.0), (0.5, 0.0), (0.9, 1.0)]


def test_certain_blocks_fall_into_the_last_bin() -> None:
    [only] = reliability(np.array([0]), np.array([0]), probabilities_of(1.0))["given"]
    assert (only["from"], only["to"], only["stated"]) == (0.9, 1.0, 1.0)


def test_precision_recall() -> None:
    curves = precision_recall_curves(np.array([0, 5, 0, 5]), probabilities_of(0.9, 0.8, 0.7, 0.1))
    assert list(curves) == ["content", "boilerplate"]
    content = curves["content"]
    assert content["average_precision"] == pytest.approx(0.5 + 0.5 * 2 / 3, abs=1e-4)
    assert content["recall"] == sorted(content["recall"])
    assert (content["recall"][0], content["precision"][0], content["threshold"][0]) == (0.5, 1.0, 0.9)
    assert content["recall"][-1] == 1.0
    at = content["recall"].index(1.0)
    assert (content["precision"][at], content["threshold"][at]) == (0.6667, 0.7)


def test_long_curves_are_thinned() -> None:
    draw = np.random.default_rng(0)
    truth = draw.integers(0, 2, 5000) * 5
    curve = precision_recall_curves(truth, probabilities_of(*draw.random(5000)))["content"]
    assert 50 <= len(curve["recall"]) <= 60
    assert curve["recall"][-1] == 1.0


def test_nothing() -> None:
    none = np.zeros(0, int)
    assert precision_recall_curves(none, probabilities_of()) == {}
    assert reliability(none, none, probabilities_of()) == {"given": [], "content": []}
