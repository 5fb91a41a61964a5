"""The fast path gives the labels that the plain definitions give, whatever the script."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import SCRIPTS

from classifier import Cleaner
from classifier.features import BlockFeaturizer
from classifier.segment import segment_blocks, segment_text

SEEDS = Path(__file__).parents[1] / "seeds"
NAGS = ["Subscribe to our newsletter", "ADVERTISEMENT", "Donate $5 today!", "© 2024 The Harbour Post.", "x" * 300, ""]
words = st.sampled_from([word for text in SCRIPTS.values() for word in text.split()])
blocks = st.lists(words, min_size=1, max_size=12).map(" ".join) | st.sampled_from([*SCRIPTS.values(), *NAGS])
pages = st.lists(st.lists(blocks, max_size=14), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(pages)
def test_labels_in_all_scripts(cleaner: Cleaner, pages: list[list[str]]) -> None:
    found = cleaner.label_blocks(pages)
    assert [result.indices.tolist() for result in found] == [reference.labels(page, cleaner.model) for page in pages]


@pytest.mark.parametrize("script", SCRIPTS)
def test_emissions_and_features_of_a_script(cleaner: Cleaner, script: str) -> None:
    page = [SCRIPTS[script], *SCRIPTS[script].split(), "News", SCRIPTS[script] * 30]
    batch = segment_blocks([["before"], page, ["after"]])
    X = BlockFeaturizer(cleaner.model.featurizer).transform(batch)
    rows, dense = reference.emissions(
        reference.normalized(segment_blocks([page]).text).split(b"\n")[1:-1], cleaner.model
    )
    np.testing.assert_allclose(X.dense[1:-1], dense, rtol=2e-6, atol=1e-7)
    np.testing.assert_allclose(cleaner.model.emissions(X)[1:-1], rows, rtol=0, atol=2e-5)


def test_labels_of_pages(cleaner: Cleaner) -> None:
    pages = [segment_text([path.read_text(encoding="utf-8")]).blocks() for path in sorted(SEEDS.glob("*.txt"))]
    found = np.concatenate([result.indices for result in cleaner.label_blocks(pages)])
    expected = np.concatenate([reference.labels(page, cleaner.model) for page in pages])
    assert len(found) == len(expected) > 0
    assert (found == expected).mean() >= 0.9999
