"""Why a block got its label: exact contributions of its n-grams, its place and its neighbours.

The linear tables are sums over n-grams, and the context step is linear wherever its hidden units
keep their sign, so the score of a label over that of the strongest other label splits into parts
that add up, without sampling or approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from classifier.added import added_feature_names
from classifier.context import context_names
from classifier.excerpt import excerpted
from classifier.features import BlockFeaturizer, FeatureMatrix
from classifier.model import SequenceModel, log_probabilities
from classifier.normalize import normalized
from classifier.tokens import Tokens, tokenize, tokenize_names
from classifier.types import N_LABELS, BlockBatch, FloatArray, IntArray, Label
from classifier.weights import LinearTable, gram_scale, layout_scale


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
        content where either of them is, or over all of the six labels where either is one beside them;
        may be negative where the sequence decided. It is the sum of ``context`` and ``base``.
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
    label: str
    score: float
    rival: str
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
    return Explainer(model, batch).explain(range(batch.n_blocks))


@dataclass(frozen=True)
class Explainer:
    """Explains blocks of one batch as they are asked for; what all of them share is computed once.

    Parameters
    ----------
    model, batch
        The model, and the blocks that it judged.

    Examples
    --------
    >>> from classifier import Cleaner
    >>> explainer = Cleaner.load().explainer("The ferry sails again.\\n\\nSubscribe to our newsletter")
    >>> [why.text for why in explainer.explain([1])]
    ['Subscribe to our newsletter']
    """

    model: SequenceModel
    batch: BlockBatch

    @cached_property
    def _read(self) -> BlockBatch:
        """What the model reads: the beginning of long blocks."""
        return excerpted(self.batch)

    @cached_property
    def X(self) -> FeatureMatrix:  # noqa: N802
        """Features of what the model reads, as are all arrays here."""
        return BlockFeaturizer(self.model.featurizer).transform(self._read)

    @cached_property
    def features(self) -> FloatArray:
        """Input of the context step. Shape (n_blocks, n_context)."""
        return self.model.features(self.X)

    @cached_property
    def scores(self) -> FloatArray:
        """Log probabilities before decoding. Shape (n_blocks, n_labels)."""
        six = log_probabilities(self.model.head(self.X).logits(self.features))
        added = self.model.added
        return six if added is None else added.scores(self.X, self.model.context, six)

    @cached_property
    def labels(self) -> IntArray:
        """Index of each block's label. Shape (n_blocks,)."""
        return self.model.decode(self.X, self.scores).astype(np.intp)

    @cached_property
    def probabilities(self) -> FloatArray:
        """Shape (n_blocks, n_labels), rows sum to one."""
        return self.model.marginals(self.X, self.scores)

    @cached_property
    def _words(self) -> Tokens:
        return tokenize(normalized(self._read.text))

    @cached_property
    def _names(self) -> Tokens | None:
        return None if self.batch.layout is None else tokenize_names(self.batch.layout.names)

    @cached_property
    def _scales(self) -> tuple[FloatArray, FloatArray | None]:
        layout = self.X.layout
        return gram_scale(self.X.text), None if layout is None else layout_scale(layout)

    def explain(self, blocks: Sequence[int]) -> list[Explanation]:
        """Explanations of some blocks, in the order asked for."""
        if self.batch.n_blocks == 0:
            return []
        rows = np.asarray(blocks, np.intp)
        labels = self.labels[rows]
        others = self.scores[rows]
        others[np.arange(len(rows)), labels] = -np.inf
        rivals = others.argmax(axis=1)
        names = self.model.labels
        towards = _directions(labels, rivals, len(names))
        parts, bases = self._context_parts(rows, towards)
        return [
            Explanation(
                text=self.batch.block(i),
                label=names[labels[k]],
                score=float(self.probabilities[i, labels[k]]),
                rival=names[rivals[k]],
                margin=float(bases[k] + sum(parts[k].values())),
                base=float(bases[k]),
                context=parts[k],
                words=self._word_parts(i, towards[k]),
                names=self._name_parts(i, towards[k]),
            )
            for k, i in enumerate(rows.tolist())
        ]

    def _context_parts(self, rows: IntArray, towards: FloatArray) -> tuple[list[dict[str, float]], FloatArray]:
        parts, bases = self._six_parts(rows, towards[:, :N_LABELS])
        of_added = np.flatnonzero(towards[:, N_LABELS:].any(axis=1))
        if len(of_added):
            found, base = self._added_parts(rows[of_added], towards[of_added, N_LABELS:])
            bases[of_added] = base
            for k, part in zip(of_added.tolist(), found, strict=True):
                parts[k] = part
        return parts, bases

    def _added_parts(self, rows: IntArray, towards: FloatArray) -> tuple[list[dict[str, float]], FloatArray]:
        """Parts of the log odds of an added label over the six, or over another added one."""
        added, has_layout = self.model.added, self.X.layout is not None
        assert added is not None
        head = added.heads["html" if has_layout else "text"]
        # each added label goes by features of its own
        weights = towards.T[:, :, None] * head.weights.T[:, None]
        contributions = (self._added_features[:, rows] * weights).sum(axis=0)
        names = added_feature_names(has_layout, self.model.context)
        return _grouped(contributions, names), np.asarray(towards @ head.bias, np.float32)

    @cached_property
    def _added_features(self) -> FloatArray:
        assert self.model.added is not None
        return self.model.added.features(self.X, self.model.context)

    def _six_parts(self, rows: IntArray, towards: FloatArray) -> tuple[list[dict[str, float]], FloatArray]:
        head, features = self.model.head(self.X), self.features[rows]
        hidden = head.hidden * head.hidden_scale
        active = (features @ hidden + head.hidden_bias) > 0
        slope = np.where(active, towards @ head.output.T, np.float32(0))
        contributions = features * (slope @ hidden.T)
        base = slope @ head.hidden_bias + towards @ head.output_bias
        return _grouped(contributions, context_names(self.X, self.model.context)), base

    def _table(self, kind: Literal["own", "layout"], towards: FloatArray) -> tuple[LinearTable, FloatArray]:
        """The table that speaks of what a direction is about, and the direction in its columns."""
        added = self.model.added
        if added is not None and towards[N_LABELS:].any():
            table: LinearTable = getattr(added, kind)
            return table, towards[N_LABELS:]
        table = getattr(self.model, kind)
        return table, towards[:N_LABELS]

    def _word_parts(self, i: int, towards: FloatArray) -> list[tuple[str, float]]:
        tokens = self._words
        table, towards = self._table("own", towards)
        scale = float(self._scales[0][i] * np.float32(table.scale))
        first, last = int(tokens.offsets[i]), int(tokens.offsets[i + 1])
        shown = _shown(tokens, first, last + 1)
        parts: dict[str, float] = {}
        for kind, indices in enumerate(self.X.text.indices):
            for t in range(first, last):
                if indices[t] < len(table.quantised):
                    weight = float(towards @ table.quantised[indices[t]])
                    name = _gram_name(kind, shown[t - first], shown[t - first + 1], self.model)
                    parts[name] = parts.get(name, 0.0) + weight * scale
        return _strongest(parts)

    def _name_parts(self, i: int, towards: FloatArray) -> list[tuple[str, float]]:
        layout, tokens, scales = self.X.layout, self._names, self._scales[1]
        if layout is None or tokens is None or scales is None:
            return []
        table, towards = self._table("layout", towards)
        scale = float(scales[i] * np.float32(table.scale))
        parts: dict[str, float] = {}
        for group, grams in enumerate(layout.grams):
            for element in layout.levels(group)[:, i]:
                if element < 0:
                    continue
                first, last = int(tokens.offsets[element]), int(tokens.offsets[element + 1])
                shown = _shown(tokens, first, last)
                for indices in grams.indices:
                    for t in range(first, last):
                        weight = float(towards @ table.quantised[indices[t]])
                        name = shown[t - first].replace("⏎", "<element>")
                        parts[name] = parts.get(name, 0.0) + weight * scale
        return _strongest(parts)


def _directions(labels: IntArray, rivals: IntArray, n_labels: int) -> FloatArray:
    """What to multiply logits by to get the log odds of a label over its rival. Shape (n_blocks, n_labels).

    Logits of the six are factored, those of added labels are log odds over all of the six.
    """
    rows = np.arange(len(labels))
    towards = np.zeros((len(labels), n_labels), np.float32)
    towards[rows, labels] += 1
    towards[rows, rivals] -= 1
    content = (labels == 0) | (rivals == 0)
    towards[content, 1:N_LABELS] = 0
    added = (labels >= N_LABELS) | (rivals >= N_LABELS)
    towards[added, :N_LABELS] = 0
    return towards


def _grouped(contributions: FloatArray, names: Sequence[str]) -> list[dict[str, float]]:
    """Contributions of each block, summed over the columns of one name. Shape (n_blocks, n) comes in."""
    of_column = np.array(names)
    groups = list(dict.fromkeys(names))
    sums = {group: contributions[:, of_column == group].sum(axis=1) for group in groups}
    return [{group: float(sums[group][k]) for group in groups} for k in range(len(contributions))]


def over(explanation: Explanation) -> str:
    """What the log odds of an explanation are over, in words.

    Examples
    --------
    >>> over(Explanation("", "consent_notice", 0.9, Label.CONTENT, 2.0, 0.0, {}, [], []))
    'the six'
    """
    if explanation.label not in set(Label):
        return "the six" if explanation.rival in set(Label) else explanation.rival
    if explanation.label == Label.CONTENT and explanation.rival in set(Label):
        return "not content"
    return explanation.rival


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
