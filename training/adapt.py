"""A model of one's own: what a few labelled pages say, learnt on top of a trained model.

The trained model's tables stay what they are and get a small sum added: weights of the n-grams that the
new pages hold, fitted by logistic regression with the trained model's logits as an offset and a price on
every step away from it. A block that the model has right pulls at next to nothing. What the new pages do
not speak of stays: n-grams they lack, intercepts, context step, label chain. Blocks nobody judged hold
the model to its own answers there (learning without forgetting, Li and Hoiem 2016).

Nothing of what the model was trained on is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax

from classifier import LABELS, Cleaner
from classifier.calibration import Calibration
from classifier.model import VIEWS, SequenceModel, View
from classifier.types import FloatArray
from classifier.weights import LinearTable
from training.added import AddConfig, fit_added, only_the_six
from training.config import FitConfig
from training.counts import Counts, figures_of, not_measured
from training.dataset import UNKNOWN, LabelArray, LabelledPage
from training.emissions import N_LABELS, Blocks, Kind, gather
from training.evaluate import PageScore, score_pages

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AdaptConfig:
    """How far a model may go from what it was.

    Parameters
    ----------
    penalty
        Price of half a squared step of a weight, where a wrong block costs its log loss.
    common_penalty
        What the price of an n-gram that stands in every block is raised by, in units of ``penalty``; one
        that stands in some pays its share. Other sites have the common ones too, only this site its own.
    names_factor
        What the price is multiplied by in the table of element names: few names carry much.
    unjudged_weight
        Weight of a block that nobody judged, which asks for what the trained model says of it.
    n_folds
        Parts of the pages that are held out in turn to see what was gained.
    max_iterations
        Most steps of the fit.
    """

    penalty: float = 0.03
    common_penalty: float = 300.0
    names_factor: float = 10.0
    unjudged_weight: float = 0.1
    n_folds: int = 5
    max_iterations: int = 100


def adapt(
    base: SequenceModel,
    pages: Sequence[LabelledPage],
    config: AdaptConfig = AdaptConfig(),
    labels: tuple[str, ...] | None = None,
) -> SequenceModel:
    """Continue a trained model on labelled pages.

    Parameters
    ----------
    base
        The trained model; it is not changed.
    pages
        Pages with what is known of their blocks. All teach the tables of words, those with layout also
        that of element names.
    labels
        What the numbers of the pages' labels stand for: the base's labels, and any new ones behind them.

    Returns
    -------
    A model with the base's context step and scaling of scores, and with labels beside the six where
    there are any. It has no content-loss dial: the bound was shown for the base.

    Examples
    --------
    >>> from classifier.segment import segment_blocks
    >>> texts = ["The quay was mended in May, the parish said.", "Be a Keeper for three pounds."]
    >>> labels, unknown = np.array([0, 2], np.int8), np.full(2, UNKNOWN, np.int8)
    >>> page = LabelledPage("1", "boxes.example", "en", "?", segment_blocks([texts]), labels, unknown)
    >>> shipped = Cleaner.load().model
    >>> own = adapt(shipped, [page] * 5)
    >>> before, after = (Cleaner(model).label_blocks([texts])[0].probabilities[1, 2] for model in (shipped, own))
    >>> bool(after > before)
    True
    """
    sizes = FitConfig(featurizer=base.featurizer, context=base.context)
    with_own, beside = pages, (labels or base.labels)[len(LABELS) :]
    pages = [only_the_six(page) for page in with_own]
    laid = [page for page in pages if page.batch.layout is not None]
    bare = [page for page in pages if page.batch.layout is None]
    sources = [gather(part, sizes) for part in (laid, bare) if part]
    if not sources:
        return replace(base, calibration=Calibration(scores=base.calibration.scores))
    near, own_and_around = base.context.near, np.concatenate([_weights(base.own), _weights(base.around)])
    words = _correction(sources, "words", near, own_and_around, base.own.bias, config)
    own, around = np.split(own_and_around + words, 2)
    layout = base.layout
    if laid:
        names = _correction(sources[:1], "layout", near, _weights(layout), layout.bias, config)
        layout = LinearTable.from_float(_weights(layout) + names, layout.bias)
    added = fit_added(base, with_own, beside, _add_config(config)) if beside else None
    return replace(
        base,
        added=added,
        own=LinearTable.from_float(own, base.own.bias),
        around=LinearTable.from_float(around, base.around.bias),
        layout=layout,
        calibration=Calibration(scores=base.calibration.scores),
    )


def _add_config(config: AdaptConfig) -> AddConfig:
    return AddConfig(
        config.penalty, config.common_penalty, config.names_factor, config.unjudged_weight, config.max_iterations
    )


def _weights(table: LinearTable) -> Numbers:
    return table.quantised.astype(np.float64) * table.scale


def _correction(
    sources: Sequence[Blocks], kind: Kind, near: int, weights: Numbers, bias: FloatArray, config: AdaptConfig
) -> Numbers:
    """What is added to the weights of one kind of table. Shape (n_features, n_labels)."""
    parts = [blocks.matrix(kind, np.arange(len(blocks.labels)), near) for blocks in sources]
    X = sp.vstack([part for part in parts if part is not None], format="csr", dtype=np.float64)
    labels = np.concatenate([blocks.labels for blocks in sources])
    columns = np.unique(X.indices)
    before = np.asarray(X @ weights + bias, np.float64)
    X = X[:, columns]
    share = np.bincount(X.indices, minlength=len(columns)) / max(X.shape[0], 1)
    least = config.penalty * (config.names_factor if kind == "layout" else 1)
    price = np.repeat(least * (1 + config.common_penalty * share), N_LABELS)
    content, rest, trust, trust_rest = _targets(labels, before, config.unjudged_weight)

    def loss(flat: Numbers) -> tuple[float, Numbers]:
        logits = before + X @ flat.reshape(-1, N_LABELS)
        first, log_rest = logits[:, 0], log_softmax(logits[:, 1:], axis=1)
        value = trust @ (np.logaddexp(0, first) - content * first) - (trust_rest[:, None] * rest * log_rest).sum()
        slopes = np.empty_like(logits)
        slopes[:, 0] = trust * (expit(first) - content)
        slopes[:, 1:] = trust_rest[:, None] * (np.exp(log_rest) - rest)
        return value + (price * flat) @ flat / 2, (X.T @ slopes).ravel() + price * flat

    found = minimize(
        loss, np.zeros(price.size), jac=True, method="L-BFGS-B", options={"maxiter": config.max_iterations}
    )
    step = np.zeros_like(weights)
    step[columns] = found.x.reshape(-1, N_LABELS)
    return step


def _targets(labels: LabelArray, before: Numbers, unjudged_weight: float) -> tuple[Numbers, Numbers, Numbers, Numbers]:
    """What each block should be, in the two factors of `log_probabilities`, and how much it counts.

    Returns
    -------
    Content or not, shape (n_blocks,); which of the others, shape (n_blocks, n_labels - 1); weights of
    the two, each of shape (n_blocks,).
    """
    judged, other = labels != UNKNOWN, labels > 0
    own_content = expit(before[:, 0])
    content = np.where(judged, labels == 0, own_content)
    rest = np.where(other[:, None], np.eye(N_LABELS)[labels][:, 1:], softmax(before[:, 1:], axis=1))
    trust = np.where(judged, 1.0, unjudged_weight)
    trust_rest = np.where(other, 1.0, np.where(judged, 0.0, unjudged_weight * (1 - own_content)))
    return content, rest, trust, trust_rest


HeldOutFigures = dict[View, tuple[dict[str, float], dict[str, float]]]
"""By view, figures of the trained model and of the one that was continued, on the same blocks."""


def held_out_figures(
    base: SequenceModel,
    pages: Sequence[LabelledPage],
    config: AdaptConfig = AdaptConfig(),
    labels: tuple[str, ...] | None = None,
) -> HeldOutFigures:
    """What is gained on pages of the same kind: each part of the pages scored by a model of the others.

    ``labels`` are those of the pages, see `adapt`; a label that the base lacks is one it never gives.

    Returns
    -------
    Empty where there are fewer than two pages with labels; else ``blocks``, ``right`` (share of blocks),
    ``any_nag.f1``, ``content_words_kept``, ``nag_words_removed``, ``boilerplate_words_removed``, and
    ``labels.NAME.f1`` of each label beside the six; NaN where there is nothing of the kind.
    """
    judged = [page for page in pages if (page.labels != UNKNOWN).any()]
    n_folds = min(config.n_folds, len(judged))
    if n_folds < 2:
        return {}
    scores: dict[View, tuple[list[PageScore], list[PageScore]]] = {view: ([], []) for view in VIEWS}
    for fold in range(n_folds):
        held = judged[fold::n_folds]
        own = adapt(base, [page for i, page in enumerate(judged) if i % n_folds != fold], config, labels)
        for view, both in scores.items():
            for model, found in zip((base, own), both, strict=True):
                found += score_pages(Cleaner(model), held, view, labels=labels or base.labels)
    return {view: (_figures(before), _figures(now)) for view, (before, now) in scores.items() if before}


def _figures(scores: Sequence[PageScore]) -> dict[str, float]:
    total = Counts.total([score.counts for score in scores])
    labels = scores[0].labels
    figures, blocks = figures_of(total, labels), total.confusion.sum()
    names = ["any_nag.f1", "content_words_kept", "nag_words_removed", "boilerplate_words_removed"]
    names += [f"labels.{label}.f1" for label in labels[len(LABELS) :]]
    lacking = not_measured(total, labels)
    right = float(np.trace(total.confusion) / max(blocks, 1))
    return {
        "blocks": int(blocks),
        "right": right,
        **{name: np.nan if name in lacking else float(figures[name]) for name in names},
    }
