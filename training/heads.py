"""Stage two: the context step of one view, on emissions of pages that stage one had not seen."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from classifier.context import context_features, n_context_features
from classifier.features import TEXT_DENSE
from classifier.model import ContextHead, View
from classifier.types import FloatArray
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray
from training.emissions import N_LABELS, Blocks, Kind

Emitted = tuple[Blocks, dict[Kind, FloatArray]]
"""Blocks and their cross-fitted emissions."""

_ABSENT = -12.0
_BATCH_ROWS = (512, 1024)
_MANY_ROWS = 100_000


def view_features(view: View, emitted: Emitted, config: FitConfig) -> FloatArray:
    """Input of the context step as one view sees it. Shape (n_blocks, n_context)."""
    blocks, by_kind = emitted
    if view == "html":
        emissions = np.concatenate([by_kind["text"], by_kind["near"], by_kind["layout"]], axis=1)
        return context_features(emissions, blocks.dense, blocks.doc_offsets, blocks.group, config.context)
    emissions = np.concatenate([by_kind["text"], by_kind["near"]], axis=1)
    dense = blocks.dense[:, : len(TEXT_DENSE)]
    return context_features(emissions, dense, blocks.doc_offsets, None, config.context)


def fit_head(view: View, sources: Sequence[Emitted], config: FitConfig) -> ContextHead:
    """Fit the context step of one view; the html view learns from pages with layout only."""
    sources = [source for source in sources if view in source[0].views]
    if not sources:
        return empty_head(view, config)
    X = np.concatenate([view_features(view, source, config) for source in sources])
    labels, is_content, weights = (
        np.concatenate([getattr(blocks, name) for blocks, _ in sources]) for name in ("labels", "is_content", "weights")
    )
    if view == "text":
        bare = np.concatenate([np.full(len(blocks.labels), blocks.layout is None) for blocks, _ in sources])
        weights = np.where(bare, weights * np.float32(config.bare_factor), weights)
    known = is_content != UNKNOWN
    mean, deviation = X[known].mean(axis=0), X[known].std(axis=0) + np.float32(1e-3)
    Z = (X - mean) / deviation
    factors = (
        (known, is_content, config.epochs_content, 1e-4),
        (labels > 0, labels, config.epochs_other, 0.03),
    )
    members = Parallel(config.n_jobs, max_nbytes=None)(
        delayed(_fit_network)(
            Z[rows], target[rows], weights[rows], epochs, alpha, config.n_hidden, config.seed + member
        )
        for member in range(config.n_members)
        for rows, target, epochs, alpha in factors
    )
    transitions = label_transitions([blocks for blocks, _ in sources], config.transition_strength)
    networks = [network for network in members if network]
    return _assemble(networks, config.n_members, mean, deviation, transitions, _base_bias(labels, is_content))


def empty_head(view: View, config: FitConfig) -> ContextHead:
    """A head that takes every block for content: nothing was there to learn this view from."""
    n = n_context_features(view == "html", config.context)
    bias = np.array([8.0] + [0.0] * (N_LABELS - 1), np.float32)
    zeros = np.zeros(N_LABELS, np.float32)
    return ContextHead(
        hidden=np.zeros((n, 1), np.float32),
        hidden_bias=np.zeros(1, np.float32),
        output=np.zeros((1, N_LABELS), np.float32),
        output_bias=bias,
        transitions=np.zeros((N_LABELS, N_LABELS), np.float32),
        start=zeros,
        offsets=zeros,
    )


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


def _assemble(
    networks: Sequence[MLPClassifier],
    n_members: int,
    mean: FloatArray,
    deviation: FloatArray,
    transitions: FloatArray,
    base_bias: npt.NDArray[np.float64],
) -> ContextHead:
    """One wide layer out of all networks: standardisation folded in, scores of the members averaged."""
    hidden, hidden_bias, output = [], [], []
    output_bias = base_bias
    for network in networks:
        first, second = network.coefs_
        weights = first / deviation[:, None]
        hidden.append(weights)
        hidden_bias.append(network.intercepts_[0] - mean @ weights)
        columns, bias = _columns(network, second, network.intercepts_[1])
        output.append(columns / n_members)
        output_bias += bias / n_members

    def packed(array: npt.NDArray[np.float64]) -> FloatArray:
        return np.ascontiguousarray(array, np.float32)

    return ContextHead(
        hidden=packed(np.concatenate(hidden, axis=1)),
        hidden_bias=packed(np.concatenate(hidden_bias)),
        output=packed(np.concatenate(output)),
        output_bias=packed(output_bias),
        transitions=transitions,
        start=np.zeros(N_LABELS, np.float32),
        offsets=np.zeros(N_LABELS, np.float32),
    )


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
