"""A model with labels beside the six comes back from disk as it was, and what is damaged is refused by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from classifier import LABELS, ArtefactError, Cleaner
from classifier.added import AddedHead, AddedLabels, added_feature_names
from classifier.artefact import CONFIG, TENSORS, read_model, write_model
from classifier.context import ContextConfig
from classifier.features import FeaturizerConfig
from classifier.model import VIEWS, ContextHead, SequenceModel
from classifier.segment import segment_html, segment_text
from classifier.weights import MAX_QUANTUM, LinearTable

N = len(LABELS)
Tensors = dict[str, np.ndarray]


def small_added(model: SequenceModel, names: tuple[str, ...] = ("consent_notice", "age_gate")) -> AddedLabels:
    """Labels of random weights, of the sizes of a model."""
    rng, n = np.random.default_rng(5), len(names)

    def table(n_buckets: int) -> LinearTable:
        return LinearTable.from_float(rng.normal(size=(n_buckets, n)), rng.normal(size=n))

    def array(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.002, shape).astype(np.float32)

    n_text, n_layout = model.featurizer.n_text, model.featurizer.n_layout
    heads = {
        view: AddedHead(array(len(added_feature_names(view == "html", model.context)), n), array(n)) for view in VIEWS
    }
    tables = table(n_text), table(n_text), table(n_layout)
    return AddedLabels(names, *tables, heads, into=array(N + n, n), onward=array(n, N), start=array(n))


@pytest.fixture(scope="module")
def model(cleaner: Cleaner) -> SequenceModel:
    """A small model, in the sizes that the shipped one has where they matter."""
    rng, sizes = np.random.default_rng(4), FeaturizerConfig(word_bits=6, text_bits=5, layout_bits=5)

    def table(n_buckets: int) -> LinearTable:
        return LinearTable.from_float(rng.normal(size=(n_buckets, N)), rng.normal(size=N))

    heads: dict[Any, ContextHead] = dict(cleaner.model.heads)
    small = SequenceModel(
        sizes, ContextConfig(), table(sizes.n_text), table(sizes.n_text), table(sizes.n_layout), heads
    )
    return replace(small, context=cleaner.model.context, added=small_added(small))


@pytest.fixture
def folder(model: SequenceModel, tmp_path: Path) -> Path:
    write_model(model, tmp_path / "model", {}, "")
    return tmp_path / "model"


def change(folder: Path, tensors: Callable[[Tensors], object], config: Callable[[Any], object] = lambda c: None) -> str:
    """Change a model folder, make its digest right, and give the reader's complaint."""
    arrays = {name: array.copy() for name, array in load((folder / TENSORS).read_bytes()).items()}
    tensors(arrays)
    data = save(arrays)
    (folder / TENSORS).write_bytes(data)
    settings = json.loads((folder / CONFIG).read_bytes())
    settings["tensors_sha256"] = hashlib.sha256(data).hexdigest()
    config(settings)
    (folder / CONFIG).write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(ArtefactError) as caught:
        read_model(folder)
    return str(caught.value)


def test_round_trip(model: SequenceModel, folder: Path, tmp_path: Path) -> None:
    read = read_model(folder)
    assert read.labels == (*LABELS, "consent_notice", "age_gate")
    write_model(read, tmp_path / "again", {}, "")
    for name in (TENSORS, CONFIG):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    for batch in (segment_html(["<nav>Home</nav><p>The ferry is back."]), segment_text(["One\n\nTwo"])):
        for found, expected in zip(Cleaner(read).predict(batch), Cleaner(model).predict(batch), strict=True):
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_any_number_of_labels(n: int, model: SequenceModel) -> None:
    names = ("consent_notice", "age_gate", "cookie_wall")[:n]
    own = replace(model, added=small_added(model, names))
    batch = segment_text(["One\n\nTwo\n\n" * 30, "Three"])
    labels, probabilities = Cleaner(own).predict(batch)
    assert probabilities.shape == (batch.n_blocks, N + n)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
    assert labels.max() < N + n
    X = Cleaner(own).featurizer.transform(batch)
    scores, six = own.scores(X), replace(own, added=None).scores(X)
    np.testing.assert_allclose(np.exp(scores).sum(axis=1), 1, atol=1e-4)
    # the six share what the added labels leave as they do without them
    left = np.log1p(-np.exp(scores[:, N:].astype(float)).sum(axis=1))
    np.testing.assert_allclose(scores[:, :N], np.maximum(six + left[:, None], -13.8), atol=1e-3)


@pytest.mark.parametrize(
    ("name", "array", "complaint"),
    [
        ("added.own.weights", None, "added.own.weights is missing"),
        ("added.own.weights", np.zeros((1, 2), np.int16), "added.own.weights is int16(1, 2), expected int16"),
        ("added.layout.bias", np.zeros(2), "added.layout.bias is float64(2,), expected float32(2,)"),
        ("added.around.bias", np.full(2, np.nan, np.float32), "added.around.bias holds values that are not finite"),
        ("added.text.weights", np.zeros((3, 2), np.float32), "added.text.weights is float32(3, 2), expected float32"),
        ("added.html.bias", np.full(2, 1e7, np.float32), "added.html.bias holds values beyond"),
        ("added.into", np.zeros((8, 3), np.float32), "added.into is float32(8, 3), expected float32(8, 2)"),
        ("added.onward", np.zeros((2, 8), np.float32), "added.onward is float32(2, 8), expected float32(2, 6)"),
        ("added.start", None, "added.start is missing"),
        ("added.middle", np.zeros(1, np.float32), "'added.middle', expected no such array"),
    ],
)
def test_damaged_arrays(name: str, array: np.ndarray | None, complaint: str, folder: Path) -> None:
    assert complaint in change(folder, lambda t: t.pop(name) if array is None else t.update({name: array}))


def test_weights_that_would_run_over(folder: Path) -> None:
    too_large = MAX_QUANTUM + 1
    complaint = change(folder, lambda t: t["added.around.weights"].__setitem__((0, 0), too_large))
    assert f"added.around.weights holds values beyond ±{MAX_QUANTUM}" in complaint


@pytest.mark.parametrize(
    ("labels", "complaint"),
    [
        (["consent_notice"], "expected float32(18, 1)"),
        ([], "expected no such table"),
        (["consent_notice", "consent_notice"], "expected each name once"),
        (["consent_notice", "content"], "expected each name once"),
        (["consent_notice", "<b>"], "'<b>' is no name for a label"),
        (["consent_notice", 7], "7 is no name for a label"),
        (["consent_notice", ["a"]], "['a'] is no name for a label"),
        (["consent_notice", "not_content"], "'not_content' stands for something else"),
        (["a", "b", "c", "d"], "expected at most 3 beside"),
    ],
)
def test_names(labels: list[Any], complaint: str, folder: Path) -> None:
    six = [str(label) for label in LABELS]
    assert complaint in change(folder, lambda t: None, lambda c: c.update(labels=six + labels))


def test_labels_in_another_order(folder: Path) -> None:
    assert "labels is [" in change(folder, lambda t: None, lambda c: c["labels"].reverse())
    assert "labels is None" in change(folder, lambda t: None, lambda c: c.pop("labels"))


def test_scales(folder: Path) -> None:
    complaint = change(folder, lambda t: None, lambda c: c["scales"].update({"added.own": -1.0}))
    assert "scale of added.own is -1.0" in complaint
    assert "KeyError" in change(folder, lambda t: None, lambda c: c["scales"].pop("added.own"))


def test_a_scale_of_nothing(folder: Path) -> None:
    assert "'other', expected no such table" in change(folder, lambda t: None, lambda c: c["scales"].update(other=1.0))
