"""What the shipped model says of a page is said of that page alone, and is what it said when it was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Cleaner
from classifier.artefact import read_config
from classifier.cleaner import default_model
from classifier.context import context_names
from classifier.features import BlockFeaturizer
from classifier.model import VIEWS, SequenceModel, View, log_probabilities
from classifier.segment import segment_blocks, segment_html, segment_text
from classifier.types import N_LABELS, BlockBatch

SEEDS = Path(__file__).parents[1] / "seeds"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.txt"))]
MARKUP = [path.read_text(encoding="utf-8") for path in sorted(SEEDS.glob("*.html"))]

PHRASES = [
    "The ferry is back between the islands, the harbour office said on Tuesday.", "Subscribe to our newsletter",
    "Advertisement", "Support our journalism with $5 a month.", "This article is for subscribers only.", "Home", "",
    "Подпишитесь на рассылку", "購読する", "© 2024 Harbour Post", "E-mail", "!", "word " * 200, "x" * 300,
]  # fmt: skip
blocks_of_page = st.lists(st.sampled_from(PHRASES), max_size=12)
TAGS = [
    "<p>",
    "<div class='newsletter'>",
    "</div>",
    "<li><a href=x>",
    "</a>",
    "<h2>",
    "<footer>",
    "<input placeholder=Mail>",
]
markup_of_page = st.lists(st.sampled_from([*PHRASES, *TAGS, *TAGS]), max_size=16).map("".join)

Result = tuple[np.ndarray, np.ndarray]


def predict(model: SequenceModel, batch: BlockBatch) -> Result:
    return model.predict(BlockFeaturizer(model.featurizer).transform(batch))


def assert_same(result: Result, expected: Result) -> None:
    np.testing.assert_array_equal(result[0], expected[0])
    np.testing.assert_allclose(result[1], expected[1], atol=1e-5, rtol=0)


def by_page(result: Result, batch: BlockBatch) -> list[Result]:
    bounds = batch.doc_offsets[1:-1]
    return list(zip(np.split(result[0], bounds), np.split(result[1], bounds), strict=True))


@pytest.mark.parametrize("view", VIEWS)
def test_page_among_others_and_alone(cleaner: Cleaner, view: View) -> None:
    cut, pages = (segment_html, MARKUP) if view == "html" else (segment_text, TEXTS)
    pages = [*pages, "", "<p>One" if view == "html" else "One", "\n".join(pages), *reversed(pages)]
    batch = cut(pages)
    for page, result in zip(pages, by_page(predict(cleaner.model, batch), batch), strict=True):
        alone = cut([page])
        if alone.n_blocks:
            assert_same(result, predict(cleaner.model, alone))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(blocks_of_page, min_size=1, max_size=8))
def test_any_blocks_among_others_and_alone(cleaner: Cleaner, pages: list[list[str]]) -> None:
    batch = segment_blocks(pages)
    for page, result in zip(pages, by_page(predict(cleaner.model, batch), batch), strict=True):
        assert_same(result, predict(cleaner.model, segment_blocks([page])))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.lists(markup_of_page, min_size=1, max_size=6))
def test_any_markup_among_others_and_alone(cleaner: Cleaner, pages: list[str]) -> None:
    batch = segment_html(pages)
    for page, result in zip(pages, by_page(predict(cleaner.model, batch), batch), strict=True):
        assert_same(result, predict(cleaner.model, segment_html([page])))


@pytest.mark.parametrize("n_pages", [1, 3, 40, 300])
def test_size_of_the_batch_does_not_matter(cleaner: Cleaner, n_pages: int) -> None:
    alone = predict(cleaner.model, segment_text(TEXTS[:1]))
    batch = segment_text([*TEXTS[1:] * 20, *TEXTS[:1]][-n_pages:])
    assert_same(by_page(predict(cleaner.model, batch), batch)[-1], alone)


@pytest.mark.parametrize("view", VIEWS)
def test_rows_are_probabilities(cleaner: Cleaner, view: View) -> None:
    batch = segment_html(MARKUP) if view == "html" else segment_text(TEXTS)
    labels, probabilities = predict(cleaner.model, batch)
    assert labels.shape == (batch.n_blocks,)
    assert probabilities.shape == (batch.n_blocks, N_LABELS)
    assert set(labels.tolist()) <= set(range(N_LABELS))
    assert ((probabilities >= 0) & (probabilities <= 1)).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    "batch", [segment_text([]), segment_text(["", ""]), segment_html([]), segment_html(["", "<p>"])]
)
def test_empty_batches(cleaner: Cleaner, batch: BlockBatch) -> None:
    labels, probabilities = predict(cleaner.model, batch)
    assert labels.shape == (0,)
    assert probabilities.shape == (0, N_LABELS)


def test_the_same_twice(cleaner: Cleaner) -> None:
    first, second = (predict(cleaner.model, segment_html(MARKUP)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])


@pytest.mark.parametrize("view", VIEWS)
def test_context_has_the_columns_that_the_head_expects(cleaner: Cleaner, view: View) -> None:
    model = cleaner.model
    batch = segment_html(MARKUP[:1]) if view == "html" else segment_text(TEXTS[:1])
    X = BlockFeaturizer(model.featurizer).transform(batch)
    features = model.features(X)
    assert features.shape == (batch.n_blocks, len(model.heads[view].hidden))
    assert len(context_names(X, model.context)) == features.shape[1]
    assert np.isfinite(features).all()


@pytest.mark.parametrize("view", VIEWS)
def test_probe(cleaner: Cleaner, view: View) -> None:
    probe = read_config(default_model())["probe"][view]
    batch = segment_html([probe["page"]]) if view == "html" else segment_text([probe["page"]])
    scores = cleaner.model.scores(BlockFeaturizer(cleaner.model.featurizer).transform(batch))
    np.testing.assert_allclose(scores, probe["scores"], atol=2e-3, rtol=0)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.floats(-60, 60, width=32), min_size=6, max_size=6), min_size=1, max_size=4))
def test_log_probabilities(rows: list[list[float]]) -> None:
    logits = np.array(rows, np.float32)
    found = log_probabilities(logits)
    content = 1 / (1 + np.exp(-logits[:, :1].astype(np.float64)))
    rest = np.exp(logits[:, 1:].astype(np.float64) - logits[:, 1:].max(axis=1, keepdims=True))
    expected = np.concatenate([content, (1 - content) * rest / rest.sum(axis=1, keepdims=True)], axis=1)
    np.testing.assert_allclose(np.exp(found), np.maximum(expected, np.exp(-13.8)), atol=2e-6)
    assert found.dtype == np.float32
