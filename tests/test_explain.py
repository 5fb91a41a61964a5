"""Explanations add up to what they explain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from classifier import LABELS, Cleaner, Explanation
from classifier.context import context_names
from classifier.explain import explain
from classifier.features import BlockFeaturizer
from classifier.segment import segment_blocks, segment_html, segment_text
from classifier.types import BlockBatch
from classifier.weights import PackedTables, gram_scale

SEEDS = Path(__file__).parents[1] / "seeds"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
MARKUP = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.html"))]
BATCHES = {"html": segment_html(MARKUP), "text": segment_text(TEXTS)}
SHORT = ["Subscribe", "Sign up", "Donate now!", "Home", "Hi", "", "広告", "Anzeige", "12"]


def log_odds(logits: np.ndarray, why: Explanation) -> float:
    """Log odds of a label over its rival, or of being content, by factored logits."""
    label, rival = LABELS.index(why.label), LABELS.index(why.rival)
    if label == 0:
        return float(logits[0])
    if rival == 0:
        return -float(logits[0])
    return float(logits[label] - logits[rival])


@pytest.mark.parametrize("view", BATCHES)
def test_parts_add_up_to_the_margin(cleaner: Cleaner, view: str) -> None:
    batch, model = BATCHES[view], cleaner.model
    X = BlockFeaturizer(model.featurizer).transform(batch)
    logits = model.head(X).logits(model.features(X))
    whys = explain(model, batch)
    assert len(whys) == batch.n_blocks > 20
    for why, row in zip(whys, logits, strict=True):
        assert why.base + sum(why.context.values()) == pytest.approx(why.margin, abs=1e-3)
        assert why.margin == pytest.approx(log_odds(row, why), abs=1e-3)


@pytest.mark.parametrize("view", BATCHES)
def test_labels_and_scores_are_those_given(cleaner: Cleaner, view: str) -> None:
    batch = BATCHES[view]
    labels, probabilities = cleaner.predict(batch)
    whys = explain(cleaner.model, batch)
    assert [why.text for why in whys] == batch.blocks()
    assert [why.label for why in whys] == [LABELS[i] for i in labels]
    expected = probabilities[np.arange(batch.n_blocks), labels]
    np.testing.assert_allclose([why.score for why in whys], expected, atol=1e-5)
    assert all(why.rival != why.label for why in whys)


@pytest.mark.parametrize("view", BATCHES)
def test_parts_are_named_as_the_columns_are(cleaner: Cleaner, view: str) -> None:
    batch = BATCHES[view]
    X = BlockFeaturizer(cleaner.model.featurizer).transform(batch)
    assert list(explain(cleaner.model, batch)[0].context) == list(
        dict.fromkeys(context_names(X, cleaner.model.context))
    )


@pytest.mark.parametrize("batch", [segment_blocks([SHORT]), segment_html(["".join(f"<p>{text}" for text in SHORT)])])
def test_words_of_a_short_block_add_up_to_its_emission(cleaner: Cleaner, batch: BlockBatch) -> None:
    model = cleaner.model
    X = BlockFeaturizer(model.featurizer).transform(batch)
    sums = PackedTables.of([model.own]).sums(X.text) * gram_scale(X.text)[:, None]
    for why, row in zip(explain(model, batch), sums, strict=True):
        assert len(why.words) < 12
        words = sum(value for _, value in why.words)
        assert words == pytest.approx(log_odds(row, why), abs=1e-3)
        assert words + log_odds(model.own.bias, why) == pytest.approx(log_odds(row + model.own.bias, why), abs=1e-3)


def test_words_are_shown_as_they_stand_strongest_first(cleaner: Cleaner) -> None:
    why = cleaner.explain("Subscribe NOW")[0]
    assert {name for name, _ in why.words} <= {
        "Subscribe", "NOW", "⏎", "⏎ Subscribe", "Subscribe NOW", "NOW ⏎", "Subsc-", "-ribe",
    }  # fmt: skip
    sizes = [abs(value) for _, value in why.words]
    assert sizes == sorted(sizes, reverse=True)
    assert why.names == []


def test_names_are_those_of_the_elements_around(cleaner: Cleaner) -> None:
    why = cleaner.explain("<div class='newsletter box' id=signUp><p>Get our letter every Friday</p></div>")[0]
    assert {name for name, _ in why.names} <= {"newsletter", "box", "sign", "Up", "<element>"}
    assert {"newsletter", "<element>"} <= {name for name, _ in why.names}


def test_long_blocks_show_their_strongest_words(cleaner: Cleaner) -> None:
    text = " ".join(f"word{i} and another" for i in range(50)) + " subscribe to our newsletter"
    words = cleaner.explain(text)[0].words
    assert len(words) == 12
    assert all(value for _, value in words)


@pytest.mark.parametrize(
    "batch", [segment_text([]), segment_text([""]), segment_html(["", "<p>"]), segment_blocks([[]])]
)
def test_nothing_to_explain(cleaner: Cleaner, batch: BlockBatch) -> None:
    assert explain(cleaner.model, batch) == []
