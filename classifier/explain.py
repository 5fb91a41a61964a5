"""Why a block got its label: exact contributions of its n-grams, its place and its neighbours.

The linear tables are sums over n-grams, and the context step is linear wherever its hidden units
keep their sign, so the score of a label over that of the strongest other label splits into parts
that add up, without sampling or approximation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.context import context_names
from classifier.features import BlockFeaturizer, FeatureMatrix
from classifier.model import SequenceModel, gram_scale, layout_scale
from classifier.normalize import normalized
from classifier.tokens import Tokens, tokenize, tokenize_names
from classifier.types import LABELS, BlockBatch, FloatArray, Label


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one block got its label rather than another.

    Parameters
    ----------
    text, label, score
        The block, its label and that label's probability.
    rival
        The strongest other label by score.
    margin
        Log odds of ``label`` over ``rival`` before decoding, or over everything that is not
        content where either of them is; may be negative where the sequence decided. It is the sum
        of ``context`` and ``base``.
    base
        What the model says of any block.
    context
        Contribution of each part of the context step: the block's own emissions by text and by
        layout, its shape, each neighbour, the stretches around it, blocks of the same kind.
    words, names
        Contribution of each n-gram of the block's text, and of each name of its elements, to the
        emission of ``label`` over ``rival``, strongest first.
    """

    text: str
    label: Label
    score: float
    rival: Label
    margin: float
    base: float
    context: dict[str, float]
    words: list[tuple[str, float]]
    names: list[tuple[str, float]]


def explain(model: SequenceModel, batch: BlockBatch) -> list[Explanation]:
    """Explanations of all blocks of a batch, in order.

    Examples
    --------
    >>> from classifier import Cleaner
    >>> why = Cleaner.load().explain("Subscribe to our newsletter")[0]
    >>> abs(why.base + sum(why.context.values()) - why.margin) < 1e-3
    True
    """
    if batch.n_blocks == 0:
        return []
    X = BlockFeaturizer(model.featurizer).transform(batch)
    scores = model.scores(X)
    labels, probabilities = model.decode(X, scores).astype(np.intp), model.marginals(X, scores)
    others = scores.copy()
    rows = np.arange(batch.n_blocks)
    others[rows, labels] = -np.inf
    rivals = others.argmax(axis=1)
    parts, bases = _context_parts(model, X, labels, rivals)
    words, names = _word_parts(model, batch, X, labels, rivals), _name_parts(model, batch, X, labels, rivals)
    return [
        Explanation(
            text=text,
            label=LABELS[labels[i]],
            score=float(probabilities[i, labels[i]]),
            rival=LABELS[rivals[i]],
            margin=float(bases[i] + sum(parts[i].values())),
            base=float(bases[i]),
            context=parts[i],
            words=words[i],
            names=names[i],
        )
        for i, text in enumerate(batch.blocks())
    ]


def _context_parts(
    model: SequenceModel, X: FeatureMatrix, labels: np.ndarray, rivals: np.ndarray
) -> tuple[list[dict[str, float]], FloatArray]:
    head, features = model.head(X), model.features(X)
    active = (features @ head.hidden + head.hidden_bias) > 0
    towards = _directions(labels, rivals)
    slope = np.where(active, towards @ head.output.T, np.float32(0))
    contributions = features * (slope @ head.hidden.T)
    base = slope @ head.hidden_bias + towards @ head.output_bias
    names = np.array(context_names(X, model.context))
    groups = list(dict.fromkeys(names.tolist()))
    sums = {group: contributions[:, names == group].sum(axis=1) for group in groups}
    return [{group: float(sums[group][i]) for group in groups} for i in range(len(features))], base


def _directions(labels: np.ndarray, rivals: np.ndarray) -> FloatArray:
    """What to multiply factored logits by to get the log odds of a label over its rival. Shape (n_blocks, n_labels)."""
    rows = np.arange(len(labels))
    towards = np.zeros((len(labels), len(LABELS)), np.float32)
    towards[rows, labels] += 1
    towards[rows, rivals] -= 1
    content = (labels == 0) | (rivals == 0)
    towards[content, 1:] = 0
    return towards


def _word_parts(
    model: SequenceModel, batch: BlockBatch, X: FeatureMatrix, labels: np.ndarray, rivals: np.ndarray
) -> list[list[tuple[str, float]]]:
    tokens = tokenize(normalized(batch.text))
    scale = gram_scale(X.text) * np.float32(model.text.scale)
    towards = _directions(labels, rivals)
    result = []
    for i in range(batch.n_blocks):
        first, last = int(tokens.offsets[i]), int(tokens.offsets[i + 1])
        shown = _shown(tokens, first, last + 1)
        parts: dict[str, float] = {}
        for kind, indices in enumerate(X.text.indices):
            for t in range(first, last):
                if indices[t] < len(model.text.quantised):
                    weight = float(towards[i] @ model.text.quantised[indices[t]])
                    name = _gram_name(kind, shown[t - first], shown[t - first + 1], model)
                    parts[name] = parts.get(name, 0.0) + weight * float(scale[i])
        result.append(_strongest(parts))
    return result


def _name_parts(
    model: SequenceModel, batch: BlockBatch, X: FeatureMatrix, labels: np.ndarray, rivals: np.ndarray
) -> list[list[tuple[str, float]]]:
    if batch.layout is None or X.layout is None:
        return [[] for _ in range(batch.n_blocks)]
    tokens = tokenize_names(batch.layout.names)
    scale = layout_scale(X.layout) * np.float32(model.layout.scale)
    towards = _directions(labels, rivals)
    result = []
    for i in range(batch.n_blocks):
        parts: dict[str, float] = {}
        for group, grams in enumerate(X.layout.grams):
            for element in X.layout.levels(group)[:, i]:
                if element < 0:
                    continue
                first, last = int(tokens.offsets[element]), int(tokens.offsets[element + 1])
                shown = _shown(tokens, first, last)
                for indices in grams.indices:
                    for t in range(first, last):
                        weight = float(towards[i] @ model.layout.quantised[indices[t]])
                        name = shown[t - first].replace("⏎", "<element>")
                        parts[name] = parts.get(name, 0.0) + weight * float(scale[i])
        result.append(_strongest(parts))
    return result


def _shown(tokens: Tokens, first: int, last: int) -> list[str]:
    """Tokens as a person reads them."""
    spans = zip(tokens.starts[first:last].tolist(), tokens.lengths[first:last].tolist(), strict=True)
    return [tokens.raw[start : start + n].tobytes().decode("utf-8", "replace").replace("\n", "⏎") for start, n in spans]


def _gram_name(kind: int, token: str, following: str, model: SequenceModel) -> str:
    config = model.featurizer
    if kind == 0:
        return token
    if kind == 1:
        return f"{token} {following}"
    n_ascii = config.prefix_bytes if kind == 2 else config.suffix_bytes
    return f"{token[:n_ascii]}-" if kind == 2 else f"-{token[-n_ascii:]}"


def _strongest(parts: dict[str, float], n: int = 12) -> list[tuple[str, float]]:
    return sorted(((k, v) for k, v in parts.items() if v), key=lambda item: -abs(item[1]))[:n]
