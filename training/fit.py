"""From labelled pages to a model, in two cross-fitted stages.

Stage one fits the linear tables, stage two the context step on emissions that stage one gave for
pages it had not seen (stacking, Wolpert 1992): trained on emissions of known pages, the context
step would learn to trust them more than it may.

Both stages factor a label into "content or not", on which a corpus with main text has a word for
every block of a page, and "which of the others", on which only judged blocks have.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from joblib import Parallel, delayed
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from classifier.context import ContextConfig, context_features
from classifier.features import BlockFeaturizer, FeaturizerConfig
from classifier.model import ContextHead, SequenceModel, View, log_probabilities
from classifier.segment import segment_blocks
from classifier.types import LABELS, BlockBatch, FloatArray, IntArray
from classifier.weights import LinearTable
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of
from training.matrices import layout_matrix, text_matrix

Progress = Callable[[str], None]

N_LABELS = len(LABELS)


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Everything that training can be told; the shipped model uses the defaults.

    Parameters
    ----------
    n_folds
        Folds of the cross-fitting, by registered domain.
    C_content, C_other
        Inverse regularisation of the linear tables' two factors.
    n_hidden, n_members
        Hidden units of each network, and networks of different seeds whose scores are averaged.
    epochs_content, epochs_other
        Passes over the data of the two networks.
    main_weight, phrase_weight
        Weight of a block that only its page's main text speaks of, and of a typed phrase, where a
        judged block weighs 1.
    transition_strength
        Exponent of the label chain's transition ratios.
    n_jobs, seed
        Parallel fits, and the seed of everything random.
    """

    featurizer: FeaturizerConfig = FeaturizerConfig()
    context: ContextConfig = ContextConfig()
    n_folds: int = 5
    C_content: float = 2.0
    C_other: float = 3.0
    n_hidden: int = 48
    n_members: int = 2
    epochs_content: int = 8
    epochs_other: int = 10
    main_weight: float = 0.3
    phrase_weight: float = 0.2
    transition_strength: float = 0.2
    n_jobs: int = 2
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Data:
    """Blocks of many pages, as training sees them; all arrays have one row a block."""

    text: sp.csr_matrix
    layout: sp.csr_matrix | None
    dense: FloatArray
    group: IntArray | None
    doc_offsets: IntArray
    labels: LabelArray
    is_content: LabelArray  # 1, 0, UNKNOWN
    weights: FloatArray
    fold: IntArray


def fit(
    pages: Sequence[LabelledPage],
    phrases: tuple[Sequence[str], LabelArray] = ((), np.zeros(0, np.int8)),
    config: FitConfig = FitConfig(),
    progress: Progress = lambda stage: None,
) -> SequenceModel:
    """Fit a model.

    Parameters
    ----------
    pages
        Pages with what is known of their blocks; those with layout teach both views, others the text view.
    phrases
        Short texts with their labels, each a document of one block; they teach the text table only.
    config
        Sizes and strengths.
    progress
        Is told the name of each stage as it begins.
    """
    started = time.perf_counter()

    def stage(name: str) -> None:
        progress(f"{time.perf_counter() - started:6.1f} s  {name}")

    stage(f"features of {len(pages)} pages")
    real = [page for page in pages if page.batch.layout is not None]
    bare = [page for page in pages if page.batch.layout is None]
    html, text = _gather(real, config), _gather(bare, config)
    typed = _phrases(phrases, config)
    folds = [*range(config.n_folds), None]
    stage(f"linear tables: {len(folds)} fits of text and of layout")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        jobs = [(kind, fold) for fold in folds for kind in ("text", "layout")]
        fitted = Parallel(config.n_jobs, max_nbytes=None)(
            delayed(_fit_table)(kind, html, text, typed, fold, config) for kind, fold in jobs
        )
    tables = dict(zip(jobs, fitted, strict=True))
    emissions = {("html", kind): _cross_fitted(kind, html, tables, config.n_folds) for kind in ("text", "layout")}
    emissions["bare", "text"] = _cross_fitted("text", text, tables, config.n_folds)
    heads: dict[View, ContextHead] = {}
    for view in ("html", "text"):
        stage(f"context step of the {view} view")
        heads[view] = _fit_head(view, html, text, emissions, config)
    stage("done")
    return SequenceModel(config.featurizer, config.context, tables["text", None], tables["layout", None], heads)


def _gather(pages: Sequence[LabelledPage], config: FitConfig) -> _Data:
    featurizer = BlockFeaturizer(config.featurizer)
    n_text, n_layout = 1 << config.featurizer.text_bits, 1 << config.featurizer.layout_bits
    text, layout, dense, group, n_groups = [], [], [], [], 0
    for page in pages:
        X = featurizer.transform(page.batch)
        text.append(text_matrix(X.text, n_text))
        dense.append(X.dense)
        if X.layout is not None and X.group is not None:
            layout.append(layout_matrix(X.layout, n_layout))
            group.append(X.group + n_groups)
            n_groups += int(X.group.max(initial=-1)) + 1
    sizes = [page.batch.n_blocks for page in pages]
    labels = np.concatenate([page.labels for page in pages] or [np.zeros(0, np.int8)])
    main = np.concatenate([page.main for page in pages] or [np.zeros(0, np.int8)])
    judged = labels != UNKNOWN
    return _Data(
        text=sp.vstack(text, format="csr") if text else sp.csr_matrix((0, n_text), dtype=np.float32),
        layout=sp.vstack(layout, format="csr") if layout else None,
        dense=np.concatenate(dense) if dense else np.zeros((0, 0), np.float32),
        group=np.concatenate(group) if group else None,
        doc_offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.intp),
        labels=labels,
        is_content=np.where(judged, labels == 0, main).astype(np.int8),
        weights=np.where(judged, 1, config.main_weight).astype(np.float32),
        fold=np.repeat([fold_of(page.domain, config.n_folds) for page in pages], sizes).astype(np.intp),
    )


def _phrases(phrases: tuple[Sequence[str], LabelArray], config: FitConfig) -> tuple[sp.csr_matrix, LabelArray]:
    batch: BlockBatch = segment_blocks([[text] for text in phrases[0]])
    X = BlockFeaturizer(config.featurizer).transform(batch)
    return text_matrix(X.text, 1 << config.featurizer.text_bits), phrases[1]


def _fit_table(
    kind: str,
    html: _Data,
    text: _Data,
    typed: tuple[sp.csr_matrix, LabelArray],
    fold: int | None,
    config: FitConfig,
) -> LinearTable:
    """Fit one linear table on all pages outside a fold (None: on all)."""
    rows, labels, content, weights = [], [], [], []
    for data in (html, text) if kind == "text" else (html,):
        matrix = data.text if kind == "text" else data.layout
        if matrix is None or matrix.shape[0] == 0:
            continue
        used = (data.is_content != UNKNOWN) & (data.fold != fold)
        rows.append(matrix[used])
        labels.append(data.labels[used])
        content.append(data.is_content[used])
        weights.append(data.weights[used])
    if kind == "text":
        rows.append(typed[0])
        labels.append(typed[1])
        content.append(typed[1] == 0)
        weights.append(np.full(len(typed[1]), config.phrase_weight, np.float32))
    n_buckets = 1 << (config.featurizer.text_bits if kind == "text" else config.featurizer.layout_bits)
    if not rows:
        return LinearTable.from_float(np.zeros((n_buckets, N_LABELS)), np.zeros(N_LABELS))
    X = sp.vstack(rows, format="csr")
    y, is_content, w = np.concatenate(labels), np.concatenate(content), np.concatenate(weights)
    coefficients, bias = np.zeros((n_buckets, N_LABELS)), np.zeros(N_LABELS)
    if len(np.unique(is_content)) == 2:
        model = LogisticRegression(C=config.C_content, max_iter=40).fit(X, is_content, sample_weight=w)
        coefficients[:, 0], bias[0] = model.coef_[0], model.intercept_[0]
    other = y > 0
    classes = np.unique(y[other])
    bias[1:] = np.where(np.isin(np.arange(1, N_LABELS), classes), 0, -8.0)
    if len(classes) >= 2:
        model = LogisticRegression(C=config.C_other, max_iter=60).fit(X[other], y[other], sample_weight=w[other])
        two = len(classes) == 2
        coefficients[:, classes] = (np.stack([-model.coef_[0], model.coef_[0]]) / 2 if two else model.coef_).T
        bias[classes] = np.stack([-model.intercept_[0], model.intercept_[0]]) / 2 if two else model.intercept_
    return LinearTable.from_float(coefficients, bias)


def _cross_fitted(
    kind: str, data: _Data, tables: dict[tuple[str, int | None], LinearTable], n_folds: int
) -> FloatArray:
    """Emissions of each block by the table that was fitted without its fold. Shape (n_blocks, n_labels)."""
    matrix = data.text if kind == "text" else data.layout
    result = np.zeros((len(data.labels), N_LABELS), np.float32)
    if matrix is None:
        return result
    for fold in range(n_folds):
        rows, table = data.fold == fold, tables[kind, fold]
        logits = matrix[rows] @ (table.quantised * np.float32(table.scale)) + table.bias
        result[rows] = log_probabilities(logits.astype(np.float32))
    return result


def _fit_head(
    view: View, html: _Data, text: _Data, emissions: dict[tuple[str, str], FloatArray], config: FitConfig
) -> ContextHead:
    n_text_dense = text.dense.shape[1] or html.dense.shape[1] - _N_LAYOUT_DENSE
    sources = []
    if view == "html":
        if html.layout is not None:
            both = np.concatenate([emissions["html", "text"], emissions["html", "layout"]], axis=1)
            sources.append((html, context_features(both, html.dense, html.doc_offsets, html.group, config.context)))
    else:
        for data, name in ((html, "html"), (text, "bare")):
            if len(data.labels):
                dense = data.dense[:, :n_text_dense]
                features = context_features(emissions[name, "text"], dense, data.doc_offsets, None, config.context)
                sources.append((data, features))
    X = np.concatenate([features for _, features in sources])
    labels = np.concatenate([data.labels for data, _ in sources])
    is_content = np.concatenate([data.is_content for data, _ in sources])
    weights = np.concatenate([data.weights for data, _ in sources])
    known = is_content != UNKNOWN
    mean, deviation = X[known].mean(axis=0), X[known].std(axis=0) + 1e-3
    Z = (X - mean) / deviation
    members = Parallel(config.n_jobs, max_nbytes=None)(
        delayed(_fit_network)(Z[rows], target, w, epochs, alpha, config.n_hidden, config.seed + member)
        for member in range(config.n_members)
        for rows, target, w, epochs, alpha in (
            (known, is_content[known], weights[known], config.epochs_content, 1e-4),
            (labels > 0, labels[labels > 0], weights[labels > 0], config.epochs_other, 0.03),
        )
    )
    transitions = _transitions(sources, config.transition_strength)
    return _assemble(members, mean, deviation, transitions)


_N_LAYOUT_DENSE = 9


def _fit_network(
    X: FloatArray, y: LabelArray, weights: FloatArray, epochs: int, alpha: float, n_hidden: int, seed: int
) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network = MLPClassifier(
            (n_hidden,),
            alpha=alpha,
            batch_size=min(1024 if len(y) > 100_000 else 512, len(y)),
            learning_rate_init=2e-3,
            max_iter=epochs,
            n_iter_no_change=epochs,
            random_state=seed,
        )
        return network.fit(X, y, sample_weight=weights / weights.mean())


def _transitions(sources: Sequence[tuple[_Data, FloatArray]], strength: float) -> FloatArray:
    """Log ratio of how often a label follows another to how often it stands at all, weakened."""
    counts = np.ones((N_LABELS, N_LABELS))
    for data, _ in sources:
        first = np.zeros(len(data.labels) + 1, bool)
        first[data.doc_offsets] = True
        pairs = (data.labels[:-1] != UNKNOWN) & (data.labels[1:] != UNKNOWN) & ~first[1:-1]
        np.add.at(counts, (data.labels[:-1][pairs], data.labels[1:][pairs]), 1)
    prior = counts.sum(axis=0) / counts.sum()
    return np.asarray(strength * np.log(counts / counts.sum(axis=1, keepdims=True) / prior), np.float32)


def _assemble(
    networks: Sequence[MLPClassifier], mean: FloatArray, deviation: FloatArray, transitions: FloatArray
) -> ContextHead:
    """One wide layer out of all networks: standardisation folded in, scores of the members averaged."""
    n_members = len(networks) // 2
    hidden, hidden_bias, output = [], [], []
    output_bias = np.zeros(N_LABELS)
    for network in networks:
        first, second = network.coefs_
        weights = first / deviation[:, None]
        hidden.append(weights)
        hidden_bias.append(network.intercepts_[0] - mean @ weights)
        columns = np.zeros((first.shape[1], N_LABELS))
        classes = network.classes_.astype(int)
        if second.shape[1] == 1:  # two classes: one logit
            logits, bias = second[:, 0], network.intercepts_[1][0]
            if classes.max() == 1 and classes.min() == 0:
                columns[:, 0] += logits
                output_bias[0] += bias / n_members
            else:
                columns[:, classes] += np.stack([-logits, logits], axis=1) / 2
                output_bias[classes] += np.array([-bias, bias]) / 2 / n_members
        else:
            columns[:, classes] += second
            output_bias[classes] += network.intercepts_[1] / n_members
            missing = np.setdiff1d(np.arange(1, N_LABELS), classes)
            output_bias[missing] = -12.0
        output.append(columns / n_members)

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
