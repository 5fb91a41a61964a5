"""What is done with each label: keep or drop, and the document that is left."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import inf

import numpy as np
import numpy.typing as npt

from classifier.calibration import Thresholds
from classifier.errors import ConfigError
from classifier.types import LABELS, Label, LabelledDocument, MediaType, view_of

_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Policy:
    """Which blocks stay in a cleaned document.

    Parameters
    ----------
    keep
        Labels whose blocks always stay.
    thresholds
        By view and label given, the least score at which a block is dropped; the score is the
        probability that it is no content, for two nags that are mistaken for each other cost
        nothing. Without an entry a block is dropped at any score.

    Examples
    --------
    >>> Policy.of(keep=["boilerplate"]).keep == {Label.CONTENT, Label.BOILERPLATE}
    True
    >>> careful = Policy(thresholds={"text": {Label.AD_NOTICE: 0.9}})
    >>> careful.drops(Label.AD_NOTICE, 0.8, "text/plain"), careful.drops(Label.AD_NOTICE, 0.8, "text/html")
    (False, True)
    """

    keep: frozenset[str] = frozenset({Label.CONTENT})
    thresholds: Thresholds = field(default_factory=dict, hash=False)

    @classmethod
    def of(
        cls,
        keep: Iterable[str] = (),
        drop: Iterable[str] = (),
        thresholds: Thresholds | None = None,
        labels: Sequence[str] = LABELS,
    ) -> Policy:
        """Policy that also keeps some labels, and drops others; `Cleaner.policy` finds the thresholds.

        ``labels`` are the names there are: those of the model.

        Raises
        ------
        ConfigError
            Where a name is no label, or is to be kept and dropped.
        """
        kept, dropped = labels_of(keep, labels), labels_of(drop, labels)
        if both := kept & dropped:
            raise ConfigError(f"{', '.join(sorted(both))}: both to be kept and to be dropped")
        return cls((cls().keep | kept) - dropped, thresholds or {})

    def least_scores(self, media_type: MediaType, names: Sequence[str] = LABELS) -> npt.NDArray[np.float64]:
        """Least score at which a block of each label is dropped; infinity: never. Shape (n_labels,)."""
        thresholds = self.thresholds.get(view_of(media_type), {})
        return np.array([inf if label in self.keep else thresholds.get(label, 0.0) for label in names])

    def drops(self, label: str, score: float, media_type: MediaType) -> bool:
        """Whether a block with this label and this probability of being no content is dropped.

        The probability of the label itself is a safe stand-in: it is never higher, and drops no more.
        """
        if label in self.keep:
            return False
        return score >= self.thresholds.get(view_of(media_type), {}).get(label, 0.0)

    def dropped(
        self,
        labels: npt.NDArray[np.int8],
        scores: npt.NDArray[np.floating],
        media_type: MediaType,
        names: Sequence[str] = LABELS,
    ) -> npt.NDArray[np.bool_]:
        """`drops` for many blocks at once.

        Parameters
        ----------
        labels
            Indices into ``names``. Shape (n_blocks,), int8.
        scores
            Probability that a block is no content (`LabelledBlocks.not_content`), or that of the label
            given, which drops no more. Shape (n_blocks,).
        media_type
            That of the documents the blocks are from.
        names
            The model's labels.

        Returns
        -------
        Shape (n_blocks,), bool.

        Examples
        --------
        >>> careful = Policy(thresholds={"text": {Label.AD_NOTICE: 0.9}})
        >>> careful.dropped(np.array([0, 1, 1], np.int8), np.array([0.9, 0.8, 0.9]), "text/plain").tolist()
        [False, False, True]
        """
        return np.asarray(scores >= self.least_scores(media_type, names)[labels])

    def apply(self, labelled: LabelledDocument) -> str:
        """Text of the document without what is dropped.

        Plain text keeps the line ends it had between blocks that stay together; where something
        was cut out, an empty line stays if there was one. Other documents give a line a block.
        """
        content, media_type = labelled.document.content, labelled.document.media_type
        if media_type != "text/plain" or not isinstance(content, str):
            kept = (b.text for b in labelled.blocks if not self.drops(b.label, b.not_content, media_type))
            return "\n".join(kept)
        parts: list[str] = []
        previous_end: int | None = None
        dropped = False
        for block in labelled.blocks:
            if self.drops(block.label, block.not_content, media_type):
                dropped = True
                continue
            if previous_end is not None:
                gap = content[previous_end : block.start]
                parts.append(("\n\n" if _EMPTY_LINE.search(gap) else "\n") if dropped else gap)
            parts.append(content[block.start : block.end])
            previous_end, dropped = block.end, False
        return "".join(parts) + ("\n" if parts and content.endswith("\n") else "")


def labels_of(names: Iterable[str], labels: Sequence[str] = LABELS) -> frozenset[str]:
    """Those of some labels that have these names.

    Raises
    ------
    ConfigError
        Where a name is no label.
    """
    found = frozenset(names)
    if unknown := sorted(found.difference(labels)):
        raise ConfigError(f"{unknown[0]!r} is no label, expected one of {', '.join(labels)}")
    return found
