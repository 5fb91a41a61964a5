"""The errors that cost readers most: content that is lost, nags that stay; and why the model made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from classifier import Cleaner
from classifier.explain import Explanation, explain
from classifier.model import View
from training.corpora import block_hash
from training.counts import is_nag
from training.dataset import LabelledPage
from training.evaluate import PageScore

Kind = Literal["false_removals", "misses"]
KINDS: tuple[Kind, ...] = ("false_removals", "misses")
_SHOWN = 15
_FROM_ONE_DOMAIN = 3
_PARTS, _WORDS, _NAMES = 4, 6, 4


@dataclass(frozen=True, slots=True)
class WorstBlock:
    """A judged block with the wrong answer.

    Parameters
    ----------
    page_number, block
        Place of the page among those scored, and of the block on its page.
    score
        Probability of the label given.
    """

    page_number: int
    page: str
    domain: str
    lang: str
    block: int
    text: str
    truth: str
    given: str
    score: float
    n_words: int

    @property
    def cost(self) -> float:
        """Words lost or left, times how sure the model was."""
        return self.score * self.n_words

    def as_dict(self) -> dict[str, Any]:
        """Everything but the text, which is not ours to pass on."""
        return {
            "page": self.page,
            "block": self.block,
            "hash": block_hash(self.text),
            "label": str(self.truth),
            "given": str(self.given),
            "score": round(self.score, 4),
            "words": self.n_words,
        }


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a decision: what, and by how much it spoke for the label given (in log odds)."""

    what: str
    value: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """What spoke loudest for and against the label given over its rival."""

    rival: str
    margin: float
    parts: tuple[Reason, ...]
    words: tuple[Reason, ...]
    names: tuple[Reason, ...]


def worst_blocks(
    scores: Sequence[PageScore], pages: Sequence[LabelledPage], n: int = _SHOWN
) -> dict[Kind, list[WorstBlock]]:
    """The costliest errors of each kind.

    A text counts once, and a domain with at most three: one template would fill the list.

    Returns
    -------
    ``false_removals``, content taken for anything else, and ``misses``, nags taken for content.
    """
    wrong: dict[Kind, list[WorstBlock]] = {kind: [] for kind in KINDS}
    for score in scores:
        lost, left = (
            (score.truth == 0) & (score.given != 0),
            is_nag(len(score.labels))[score.truth] & (score.given == 0),
        )
        for kind, rows in zip(KINDS, (lost, left), strict=True):
            if rows.any():
                wrong[kind] += _blocks(score, pages[score.number], np.flatnonzero(rows))
    return {kind: _costliest(blocks, n) for kind, blocks in wrong.items()}


def _blocks(score: PageScore, page: LabelledPage, rows: np.ndarray) -> Iterator[WorstBlock]:
    texts = page.batch.blocks()
    for i in rows.tolist():
        block = int(score.index[i])
        yield WorstBlock(
            page_number=score.number,
            page=page.id,
            domain=page.domain,
            lang=page.lang,
            block=block,
            text=texts[block],
            truth=score.labels[score.truth[i]],
            given=score.labels[score.given[i]],
            score=float(score.scores[i]),
            n_words=int(score.n_words[i]),
        )


def _costliest(blocks: Sequence[WorstBlock], n: int) -> list[WorstBlock]:
    chosen: list[WorstBlock] = []
    domains: Counter[str] = Counter()
    texts: set[str] = set()
    for block in sorted(blocks, key=lambda block: (-block.cost, block.page, block.block)):
        if len(chosen) == n:
            break
        text = block_hash(block.text)
        if text not in texts and domains[block.domain] < _FROM_ONE_DOMAIN:
            chosen.append(block)
            texts.add(text)
            domains[block.domain] += 1
    return chosen


def reasons_for(
    blocks: Sequence[WorstBlock], pages: Sequence[LabelledPage], cleaner: Cleaner, view: View
) -> list[Reasons]:
    """Why each block got its label, in order; a page is explained once."""
    explained: dict[int, list[Explanation]] = {}
    for number in dict.fromkeys(block.page_number for block in blocks):
        page = pages[number]
        explained[number] = explain(cleaner.model, page.batch if view == "html" else page.bare.batch)
    return [_reasons(explained[block.page_number][block.block]) for block in blocks]


def _reasons(why: Explanation) -> Reasons:
    parts = sorted(why.context.items(), key=lambda item: -abs(item[1]))
    return Reasons(
        rival=why.rival,
        margin=why.margin,
        parts=tuple(Reason(*part) for part in parts[:_PARTS]),
        words=tuple(Reason(*part) for part in why.words[:_WORDS]),
        names=tuple(Reason(*part) for part in why.names[:_NAMES]),
    )
