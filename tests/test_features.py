"""A block's features depend on its own page alone, and are finite whatever stands in it."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.features import (
    LAYOUT_DENSE,
    TEXT_DENSE,
    BlockFeaturizer,
    FeatureMatrix,
    FeaturizerConfig,
    Grams,
    LayoutGrams,
)
from classifier.segment import segment_blocks, segment_html
from classifier.types import BlockBatch

CONFIG = FeaturizerConfig(word_bits=11, text_bits=12, layout_bits=10)
FEATURIZER = BlockFeaturizer(CONFIG)

WORDS = [
    "Subscribe",
    "NOW",
    "newsletter",
    "2024",
    "$5",
    "!",
    "Подписка",
    "été",
    "購読する",
    "สมัคร",
    "👍",
    "x" * 40,
    ".",
]
block_texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join) | st.text(max_size=30)
text_pages = st.lists(st.lists(block_texts, max_size=5), min_size=1, max_size=4)

ELEMENTS = [
    "<p>",
    "<div class='newsletter signup'>",
    "<ul><li>",
    "<h2 id=title>",
    "<a href=x>",
    "</a>",
    "</div>",
    "</ul>",
]
html_page = st.lists(st.sampled_from([*ELEMENTS, *WORDS, " ", "<br>", "<input placeholder=mail>"]), max_size=14)
html_pages = st.lists(html_page.map("".join), min_size=1, max_size=4)


def lines_of(grams: Grams) -> list[list[list[int]]]:
    bounds = zip(grams.offsets[:-1].tolist(), grams.offsets[1:].tolist(), strict=True)
    return [[indices[a:b].tolist() for indices in grams.indices] for a, b in bounds]


def layout_of(layout: LayoutGrams) -> list[list[list[list[int]]]]:
    """For each block and group of levels the n-grams of its ancestors."""
    rows: list[list[list[list[int]]]] = []
    for block in range(layout.ancestors.shape[1]):
        row: list[list[list[int]]] = []
        for group, grams in enumerate(layout.grams):
            lines = lines_of(grams)
            row.append(
                [
                    functools.reduce(operator.iadd, lines[element], [])
                    for element in layout.levels(group)[:, block].tolist()
                    if element >= 0
                ]
            )
        rows.append(row)
    return rows


def partition(group: np.ndarray) -> list[int]:
    """The same numbers for the same partition: each block's first companion."""
    return [group.tolist().index(number) for number in group.tolist()]


def assert_rows(whole: FeatureMatrix, part: FeatureMatrix, first: int) -> None:
    last = first + len(part.dense)
    np.testing.assert_allclose(whole.dense[first:last], part.dense, rtol=1e-6, atol=1e-7)
    a, b = whole.text.offsets[first], whole.text.offsets[last]
    assert lines_of(part.text) == lines_of(Grams(whole.text.indices, whole.text.offsets[first : last + 1]))
    assert b - a == part.text.offsets[-1] - part.text.offsets[0]


@settings(max_examples=150, deadline=None, derandomize=True)
@given(text_pages)
def test_text_features_do_not_depend_on_the_batch(pages: list[list[str]]) -> None:
    together = FEATURIZER.transform(segment_blocks(pages))
    for page, first in zip(pages, together.doc_offsets.tolist(), strict=False):
        assert_rows(together, FEATURIZER.transform(segment_blocks([page])), first)


@settings(max_examples=120, deadline=None, derandomize=True)
@given(html_pages)
def test_html_features_do_not_depend_on_the_batch(pages: list[str]) -> None:
    together = FEATURIZER.transform(segment_html(pages))
    assert together.layout is not None
    assert together.group is not None
    layout = layout_of(together.layout)
    for page, first in zip(pages, together.doc_offsets.tolist(), strict=False):
        alone = FEATURIZER.transform(segment_html([page]))
        assert_rows(together, alone, first)
        assert alone.layout is not None
        assert alone.group is not None
        last = first + len(alone.dense)
        assert layout[first:last] == layout_of(alone.layout)
        assert partition(together.group[first:last]) == partition(alone.group)
        assert not set(together.group[first:last].tolist()) & set(together.group[last:].tolist())


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text_pages, html_pages)
def test_values_are_finite_and_buckets_exist(pages: list[list[str]], markup: list[str]) -> None:
    for batch in (segment_blocks(pages), segment_html(markup)):
        X = FEATURIZER.transform(batch)
        names = TEXT_DENSE if batch.layout is None else TEXT_DENSE + LAYOUT_DENSE
        assert X.dense.shape == (batch.n_blocks, len(names))
        assert X.dense.dtype == np.float32
        assert np.isfinite(X.dense).all()
        shares = [i for i, name in enumerate(names) if name.endswith("_density") or name.startswith(("is_", "ends_"))]
        assert ((X.dense[:, shares] >= 0) & (X.dense[:, shares] <= 1)).all()
        assert len(X.text.offsets) == batch.n_blocks + 1
        assert (np.diff(X.text.offsets) >= 1).all()
        for indices in X.text.indices:
            assert ((indices >= 0) & (indices <= CONFIG.n_text)).all()
        for grams in X.layout.grams if X.layout else ():
            assert all(((indices >= 0) & (indices < 1 << CONFIG.layout_bits)).all() for indices in grams.indices)


def column(batch: BlockBatch, name: str) -> list[float]:
    names = TEXT_DENSE + LAYOUT_DENSE
    return [round(float(value), 4) for value in FEATURIZER.transform(batch).dense[:, names.index(name)]]


@pytest.mark.parametrize(
    ("name", "blocks", "expected"),
    [
        ("capital_density", ["One two", "Été Où", "ПОДПИСКА да", "42"], [1 / 3, 2 / 3, 1 / 3, 0]),
        ("all_caps_density", ["SIGN up", "Sign UP now"], [1 / 3, 1 / 4]),
        ("digit_density", ["in 2024", "none"], [1 / 3, 0]),
        ("sentence_mark_density", ["Yes, sir.", "none"], [2 / 5, 0]),
        ("symbol_density", ["$5 a@b", "none"], [2 / 6, 0]),
        ("other_mark_density", ["(a)", "none"], [2 / 4, 0]),
        ("ends_sentence", ["Yes.", "Yes", "“Yes”", "はい。", ""], [1, 0, 1, 1, 0]),
        ("position", ["a", "b", "c", "d"], [0, 0.25, 0.5, 0.75]),
    ],
)
def test_text_columns(name: str, blocks: list[str], expected: list[float]) -> None:
    found = column(segment_blocks([blocks]), name)
    if name == "other_mark_density":
        found = [value - other for value, other in zip(found, [0.25, 0.5], strict=True)]
    assert found == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "page", "expected"),
    [
        ("link_density", "<p><a>all</a><p>none<p>half <a>link</a>", [1, 0, 0.5]),
        ("link_density", "<p><a>R&amp;D</a> &amp;&amp;&amp;", [0.5]),
        ("is_heading", "<h1>a</h1><h6>b</h6><p>c", [1, 1, 0]),
        ("is_paragraph", "<h1>a</h1><p>c", [0, 1]),
        ("is_list_item", "<li>a</li>b", [1, 0]),
        ("is_control", "<button>a</button>b", [1, 0]),
        ("is_field", "<input placeholder=a>b<textarea>c", [1, 0, 1]),
        ("is_cell", "<table><td>a</table>b", [1, 0]),
        ("is_container", "<div>a</div>b", [1, 0]),
        ("depth", "a<div><p>b", [1 / 12, 3 / 12]),
    ],
)
def test_layout_columns(name: str, page: str, expected: list[float]) -> None:
    assert column(segment_html([page]), name) == pytest.approx(expected, abs=1e-3)


def test_blocks_of_one_kind_share_a_group() -> None:
    item = "<li class=x><a>one</a></li>"
    group = FEATURIZER.transform(segment_html([f"<ul>{item * 3}</ul><p>two<p class=x>three", f"<ul>{item}</ul>"])).group
    assert group is not None
    assert partition(group) == [0, 0, 0, 3, 4, 5]


def test_words_count_wherever_they_stand() -> None:
    left, right = (lines_of(FEATURIZER.transform(segment_blocks([[text]])).text)[0] for text in ("b a", "c  A"))
    assert left[0][2] == right[0][2]
    assert left[0][1] != right[0][1]


def test_affixes_only_of_words_that_are_longer() -> None:
    none = CONFIG.n_text
    _, _, prefixes, suffixes = lines_of(FEATURIZER.transform(segment_blocks([["scribe scrib crib subscribe"]])).text)[0]
    assert [index == none for index in prefixes] == [True, False, True, True, False]
    assert [index == none for index in suffixes] == [True, False, False, True, False]
    assert suffixes[1] == suffixes[4]


@pytest.mark.parametrize("bits", [1, 8, 22])
def test_table_sizes(bits: int) -> None:
    config = FeaturizerConfig(word_bits=bits, text_bits=bits, layout_bits=bits)
    X = BlockFeaturizer(config).transform(segment_html(["<p class=box>Subscribe to our newsletter"]))
    assert max(int(indices.max()) for indices in X.text.indices) <= config.n_text
    assert X.layout is not None
    assert max(int(indices.max()) for grams in X.layout.grams for indices in grams.indices) < 1 << bits


def test_empty_batches() -> None:
    for batch in (segment_blocks([]), segment_blocks([[], []]), segment_html([]), segment_html(["", ""])):
        X = FEATURIZER.transform(batch)
        assert len(X.dense) == 0
        assert len(X.text.offsets) == 1
