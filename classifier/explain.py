"""Why a block got its label: exact contributions of its n-grams, its place and its neighbours.

The linear tables are sums over n-grams, and the context step is linear wherever its hidden units
keep their sign, so the score of a label over that of the strongest other label splits into parts
that add up, without sampling or approximation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from classifier.context import context_names
from classifier.excerpt import excerpted
from classifier.features import BlockFeaturizer, FeatureMatrix
from classifier.model import SequenceModel, gram_scale, layout_scale, log_probabilities
from classifier.normalize import normalized
from classifier.short import Lengthened, lengthened
from classifier.tokens import Tokens, tokenize, tokenize_names
from classifier.types import LABELS, BlockBatch, FloatArray, IntArray, Label


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
    def _excerpt(self) -> BlockBatch:
        return excerpted(self.batch)

    @cached_property
    def _long(self) -> Lengthened | None:
        return lengthened(self._excerpt)

    @cached_property
    def _read(self) -> BlockBatch:
        """What the model reads: the beginning of long blocks; short pages stand between copies of themselves."""
        return self._excerpt if self._long is None else self._long.batch

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
        return log_probabilities(self.model.head(self.X).logits(self.features))

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
        if self._long is not None:
            rows = self._long.rows[rows]
        labels = self.labels[rows]
        others = self.scores[rows]
        others[np.arange(len(rows)), labels] = -np.inf
        rivals = others.argmax(axis=1)
        parts, bases = self._context_parts(rows, labels, rivals)
        towards = _directions(labels, rivals)
        return [
            Explanation(
                text=self.batch.block(block),
                label=LABELS[labels[k]],
                score=float(self.probabilities[i, labels[k]]),
                rival=LABELS[rivals[k]],
                margin=float(bases[k] + sum(parts[k].values())),
                base=float(bases[k]),
                context=parts[k],
                words=self._word_parts(i, towards[k]),
                names=self._name_parts(i, towards[k]),
            )
            for k, (block, i) in enumerate(zip(blocks, rows.tolist(), strict=True))
        ]

    def _context_parts(
        self, rows: IntArray, labels: IntArray, rivals: IntArray
    ) -> tuple[list[dict[str, float]], FloatArray]:
        head, features = self.model.head(self.X), self.features[rows]
        hidden = head.hidden * head.hidden_scale
        active = (features @ hidden + head.hidden_bias) > 0
        towards = _directions(labels, rivals)
        slope = np.where(active, towards @ head.output.T, np.float32(0))
        contributions = features * (slope @ hidden.T)
        base = slope @ head.hidden_bias + towards @ head.output_bias
        names = np.array(context_names(self.X, self.model.context))
        groups = list(dict.fromkeys(names.tolist()))
        sums = {group: contributions[:, names == group].sum(axis=1) for group in groups}
        return [{group: float(sums[group][k]) for group in groups} for k in range(len(rows))], base

    def _word_parts(self, i: int, towards: FloatArray) -> list[tuple[str, float]]:
        tokens, scale = self._words, float(self._scales[0][i] * np.float32(self.model.own.scale))
        first, last = int(tokens.offsets[i]), int(tokens.offsets[i + 1])
        shown = _shown(tokens, first, last + 1)
        parts: dict[str, float] = {}
        for kind, indices in enumerate(self.X.text.indices):
            for t in range(first, last):
                if indices[t] < len(self.model.own.quantised):
                    weight = float(towards @ self.model.own.quantised[indices[t]])
                    name = _gram_name(kind, shown[t - first], shown[t - first + 1], self.model)
                    parts[name] = parts.get(name, 0.0) + weight * scale
        return _strongest(parts)

    def _name_parts(self, i: int, towards: FloatArray) -> list[tuple[str, float]]:
        layout, tokens, scales = self.X.layout, self._names, self._scales[1]
        if layout is None or tokens is None or scales is None:
            return []
        scale = float(scales[i] * np.float32(self.model.layout.scale))
        parts: dict[str, float] = {}
        for group, grams in enumerate(layout.grams):
            for element in layout.levels(group)[:, i]:
                if element < 0:
                    continue
                first, last = int(tokens.offsets[element]), int(tokens.offsets[element + 1])
                shown = _shown(tokens, first, last)
                for indices in grams.indices:
                    for t in range(first, last):
                        weight = float(towards @ self.model.layout.quantised[indices[t]])
                        name = shown[t - first].replace("⏎", "<element>")
                        parts[name] = parts.get(name, 0.0) + weight * scale
        return _strongest(parts)


def _directions(labels: IntArray, rivals: IntArray) -> FloatArray:
    """What to multiply factored logits by to get the log odds of a label over its rival. Shape (n_blocks, n_labels)."""
    rows = np.arange(len(labels))
    towards = np.zeros((len(labels), len(LABELS)), np.float32)
    towards[rows, labels] += 1
    towards[rows, rivals] -= 1
    content = (labels == 0) | (rivals == 0)
    towards[content, 1:] = 0
    return towards


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
