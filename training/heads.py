"""Stage two: the context step of one view, on emissions of pages that stage one had not seen."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier, MLPRegressor

from classifier.context import (
    DENSE_BOUND,
    LARGEST_FEATURE,
    context_features,
    dense_units,
    n_context_features,
    n_dense,
)
from classifier.model import EXACT_LIMIT, ContextHead, View
from classifier.types import FloatArray
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray
from training.emissions import N_LABELS, Blocks, Emission

Emitted = tuple[Blocks, dict[Emission, FloatArray]]
"""Blocks and their cross-fitted emissions."""

_ABSENT = -12.0
_BATCH_ROWS = (512, 1024)
_MANY_ROWS = 100_000
_LARGEST_WEIGHT = 511
"""Largest whole weight of the first layer."""
_LARGEST_LOGIT = 8.0
"""The student need not tell apart odds beyond one in three thousand."""


def view_features(view: View, emitted: Emitted, head: ContextHead, config: FitConfig) -> FloatArray:
    """Input of the context step as one view sees it. Shape (n_blocks, n_context)."""
    blocks, by_kind = emitted
    dense = dense_units(blocks.dense[:, : len(head.dense_shift)], head.dense_shift, head.dense_scale)
    names: tuple[Emission, ...] = ("words", "layout", "own") if view == "html" else ("words", "own")
    emissions = np.concatenate([by_kind[name] for name in names], axis=1)
    group = blocks.group if view == "html" else None
    return context_features(emissions, dense, blocks.doc_offsets, group, config.context)


def fit_head(view: View, sources: Sequence[Emitted], config: FitConfig) -> ContextHead:
    """Fit the context step of one view; the html view learns from pages with layout only.

    Several networks a factor, of different seeds, are the teachers; what is served is one small
    network that was fitted to the mean of their logits (distillation, Hinton et al. 2015).
    """
    sources = [source for source in sources if view in source[0].views]
    head = empty_head(view, config)
    if not sources:
        return head
    labels, is_content, weights = (
        np.concatenate([getattr(blocks, name) for blocks, _ in sources]) for name in ("labels", "is_content", "weights")
    )
    if view == "text":
        bare = np.concatenate([np.full(len(blocks.labels), blocks.layout is None) for blocks, _ in sources])
        weights = np.where(bare, weights * np.float32(config.bare_factor), weights)
    known = is_content != UNKNOWN
    head = scaled(head, np.concatenate([blocks.dense[:, : len(head.dense_shift)] for blocks, _ in sources])[known])
    X = np.concatenate([view_features(view, source, head, config) for source in sources])
    mean, deviation = X[known].mean(axis=0), X[known].std(axis=0) + np.float32(1e-2)
    Z = (X - mean) / deviation
    targets = _teach(Z, labels, is_content, weights, config)
    student = _learn(Z[known], targets[known], weights[known], config)
    transitions = label_transitions([blocks for blocks, _ in sources], config.transition_strength)
    layers = _whole_layers(student, mean, deviation)
    layers["output_bias"][0] += np.float32(config.content_bias)
    return replace(head, **layers, transitions=transitions)


def empty_head(view: View, config: FitConfig) -> ContextHead:
    """A head that takes every block for content: nothing was there to learn this view from."""
    n, dense = n_context_features(view == "html", config.context), n_dense(view == "html")
    return ContextHead(
        dense_shift=np.zeros(dense, np.float32),
        dense_scale=np.ones(dense, np.float32),
        hidden=np.zeros((n, 1), np.int16),
        hidden_scale=np.ones(1, np.float32),
        hidden_bias=np.zeros(1, np.float32),
        output=np.zeros((1, N_LABELS), np.float32),
        output_bias=np.array([8.0] + [0.0] * (N_LABELS - 1), np.float32),
        transitions=np.zeros((N_LABELS, N_LABELS), np.float32),
        start=np.zeros(N_LABELS, np.float32),
    )


def scaled(head: ContextHead, dense: FloatArray) -> ContextHead:
    """A head for which dense features up to four deviations from their mean fill the range of whole numbers."""
    scale = (DENSE_BOUND / (4 * dense.std(axis=0) + 1e-3)).astype(np.float32)
    return replace(head, dense_shift=dense.mean(axis=0).astype(np.float32), dense_scale=scale)


def _teach(
    Z: FloatArray, labels: LabelArray, is_content: LabelArray, weights: FloatArray, config: FitConfig
) -> FloatArray:
    """Mean factored logits of the teachers. Shape (n_blocks, n_labels)."""
    factors = (
        (is_content != UNKNOWN, is_content, config.epochs_content, 1e-4),
        (labels > 0, labels, config.epochs_other, 0.03),
    )
    members = Parallel(config.n_jobs, max_nbytes=None)(
        delayed(_fit_network)(
            Z[rows], target[rows], weights[rows], epochs, alpha, config.n_teacher, config.seed + member
        )
        for member in range(config.n_members)
        for rows, target, epochs, alpha in factors
    )
    logits = np.tile(_base_bias(labels, is_content), (len(Z), 1))
    for network in members:
        if network is not None:
            first, second = network.coefs_
            columns, bias = _columns(network, second, network.intercepts_[1])
            hidden = np.maximum(Z @ first.astype(np.float32) + network.intercepts_[0].astype(np.float32), 0)
            logits += (hidden @ columns + bias) / config.n_members
    present = logits[:, 1:] > _ABSENT / 2
    mean = (logits[:, 1:] * present).sum(axis=1, keepdims=True) / np.maximum(present.sum(axis=1, keepdims=True), 1)
    logits[:, 1:] -= mean
    return np.clip(logits, -_LARGEST_LOGIT, _LARGEST_LOGIT).astype(np.float32)


def _learn(Z: FloatArray, targets: FloatArray, weights: FloatArray, config: FitConfig) -> MLPRegressor:
    """One network that gives the teachers' logits; few pages are passed over more often."""
    batch = min(_BATCH_ROWS[0], len(Z))
    epochs = max(config.epochs_student, config.least_steps * batch // len(Z))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network = MLPRegressor(
            hidden_layer_sizes=(config.n_hidden,),
            alpha=1e-5,
            batch_size=batch,
            learning_rate_init=2e-3,
            max_iter=epochs,
            n_iter_no_change=epochs,
            random_state=config.seed,
        )
        network.fit(Z, targets, sample_weight=weights / weights.mean())
        # a last pass in small steps settles what large steps keep stirring
        network.set_params(warm_start=True, learning_rate_init=2e-4, max_iter=max(epochs // 4, 1))
        return network.fit(Z, targets, sample_weight=weights / weights.mean())


def _whole_layers(network: MLPRegressor, mean: FloatArray, deviation: FloatArray) -> dict[str, np.ndarray]:
    """Layers as they are served: standardisation folded in, first-layer weights whole numbers a unit's scale apart."""
    first, second = network.coefs_
    weights = first.astype(np.float64) / deviation[:, None]
    magnitudes = np.abs(weights)
    scale = np.maximum(magnitudes.max(axis=0) / _LARGEST_WEIGHT, 1e-12)
    # rounding adds at most a half to each weight of a sum that must stay exact
    room = EXACT_LIMIT / LARGEST_FEATURE - len(weights)
    scale = np.maximum(scale, magnitudes.sum(axis=0) / room)
    return {
        "hidden": np.rint(weights / scale).astype(np.int16),
        "hidden_scale": scale.astype(np.float32),
        "hidden_bias": (network.intercepts_[0] - mean @ weights).astype(np.float32),
        "output": second.astype(np.float32),
        "output_bias": network.intercepts_[1].astype(np.float32),
    }


def _fit_network(
    X: FloatArray, y: LabelArray, weights: FloatArray, epochs: int, alpha: float, n_hidden: int, seed: int
) -> MLPClassifier | None:
    if len(np.unique(y)) < 2:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network = MLPClassifier(
            (n_hidden,),
            alpha=alpha,
            batch_size=min(_BATCH_ROWS[len(y) > _MANY_ROWS], len(y)),
            learning_rate_init=2e-3,
            max_iter=epochs,
            n_iter_no_change=epochs,
            random_state=seed,
        )
        return network.fit(X, y, sample_weight=weights / weights.mean())


def label_transitions(sources: Sequence[Blocks], strength: float) -> FloatArray:
    """Log ratio of how often a label follows another to how often it stands at all, weakened."""
    counts = np.ones((N_LABELS, N_LABELS))
    for blocks in sources:
        starts = np.zeros(len(blocks.labels) + 1, bool)
        starts[blocks.doc_offsets] = True
        before, after = blocks.labels[:-1], blocks.labels[1:]
        pairs = (before != UNKNOWN) & (after != UNKNOWN) & ~starts[1:-1]
        np.add.at(counts, (before[pairs], after[pairs]), 1)
    prior = counts.sum(axis=0) / counts.sum()
    return np.asarray(strength * np.log(counts / counts.sum(axis=1, keepdims=True) / prior), np.float32)


def _base_bias(labels: LabelArray, is_content: LabelArray) -> npt.NDArray[np.float64]:
    """Output bias for what no network is there to tell: labels that never stand, a factor with one value."""
    bias = np.where(np.isin(np.arange(N_LABELS), labels), 0.0, _ABSENT)
    told = np.unique(is_content[is_content != UNKNOWN]).tolist()
    bias[0] = {(0,): _ABSENT, (1,): -_ABSENT}.get(tuple(told), 0.0)
    return bias


def _columns(
    network: MLPClassifier, weights: npt.NDArray[np.float64], bias: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Output layer of a network, spread over the columns of its labels."""
    classes = network.classes_.astype(int)
    columns, column_bias = np.zeros((len(weights), N_LABELS)), np.zeros(N_LABELS)
    if len(classes) > 2:
        columns[:, classes], column_bias[classes] = weights, bias
    elif classes.tolist() == [0, 1]:  # content or not: one logit
        columns[:, 0], column_bias[0] = weights[:, 0], bias[0]
    else:
        columns[:, classes] = np.stack([-weights[:, 0], weights[:, 0]], axis=1) / 2
        column_bias[classes] = np.array([-bias[0], bias[0]]) / 2
    return columns, column_bias
