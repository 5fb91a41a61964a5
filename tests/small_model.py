"""A sequence model of random weights, small enough to be written and read hundreds of times."""

from __future__ import annotations

import numpy as np

from classifier.context import ContextConfig, n_context_features, n_dense
from classifier.features import FeaturizerConfig
from classifier.model import VIEWS, ContextHead, SequenceModel, View
from classifier.types import N_LABELS
from classifier.weights import LinearTable


def small_model(seed: int = 0) -> SequenceModel:
    rng = np.random.default_rng(seed)
    context = ContextConfig(window=1, stretches=(2,), near=2)

    def table(n_buckets: int) -> LinearTable:
        return LinearTable.from_float(rng.normal(size=(n_buckets, N_LABELS)), rng.normal(size=N_LABELS))

    def array(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def head(view: View) -> ContextHead:
        n_context, n_hidden, dense = n_context_features(view == "html", context), 5, n_dense(view == "html")
        return ContextHead(
            dense_shift=array(dense),
            dense_scale=1 + np.abs(array(dense)),
            hidden=rng.integers(-99, 100, (n_context, n_hidden)).astype(np.int16),
            hidden_scale=np.full(n_hidden, 1e-3, np.float32),
            hidden_bias=array(n_hidden),
            output=array(n_hidden, N_LABELS),
            output_bias=array(N_LABELS),
            transitions=array(N_LABELS, N_LABELS),
            start=array(N_LABELS),
        )

    config = FeaturizerConfig(word_bits=6, text_bits=5, layout_bits=5)
    return SequenceModel(
        featurizer=config,
        context=context,
        own=table(config.n_text),
        around=table(config.n_text),
        layout=table(config.n_layout),
        heads={view: head(view) for view in VIEWS},
    )
