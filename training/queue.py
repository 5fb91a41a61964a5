"""A queue of pages to read next: blocks nobody judged on which weak votes disagree, donation and paywall first.

Three vote: the class and id words around a block, the text view of a model and its html view. A block
that all agree on teaches little; one that is a donation box by its names and content by its words
teaches much (query by committee, Seung et al. 1992).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier import LABELS, NAGS, Cleaner
from classifier.errors import LabelsError
from classifier.readers.standard_input import check_once
from classifier.types import FloatArray
from training.corpora import STANDOFF, MatchReport, read_corpora, to_standoff
from training.dataset import LABEL_NUMBER, UNKNOWN, LabelArray, LabelledPage, read_rows
from training.votes import layout_votes

NEIGHBOURS = 5
"""Blocks shown on either side of one to read."""

MAX_OF_PAGE = 16
"""Blocks asked about on one page."""

_DIGITS = re.compile(r"\d+")
_RARE = np.isin(LABELS, ("donation_appeal", "paywall_prompt"))
_NAG = np.isin(LABELS, NAGS)
_NAMES_TRUST = 0.5
"""Weight of the names' disagreement beside that of the two views."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A block to read: its page, its place there, what each voter says, and how urgent it is.

    ``urgency`` orders first by whether any voter says donation or paywall, then by whether any says
    another nag, then by disagreement.
    """

    page: LabelledPage
    index: int
    votes: dict[str, str | None]
    urgency: tuple[int, float]


def reading_queue(folder: Path, cleaner: Cleaner, n_blocks: int, standoff: Path = STANDOFF) -> Iterator[dict[str, Any]]:
    """Rows of windows around the most urgent blocks, most urgent window first.

    Blocks that carry a stand-off label and pages of test domains stay out, and a text that recurs on a
    domain is asked once.

    Raises
    ------
    InputError
        Where the folder holds no corpora.
    """
    candidates: list[Candidate] = []
    for page in read_corpora(folder, MatchReport(), standoff):
        if page.split != "test" and page.batch.n_blocks:
            candidates += page_candidates(page, cleaner)
    candidates.sort(key=lambda candidate: candidate.urgency, reverse=True)
    yield from _windows(_worth_reading(candidates, n_blocks))


def page_candidates(page: LabelledPage, cleaner: Cleaner) -> list[Candidate]:
    """Blocks of one page that nobody judged and that some voter takes for a nag."""
    names = layout_votes(page.batch)
    labels = {"html": cleaner.predict(page.batch), "text": cleaner.predict(page.bare.batch)}
    says = np.stack([_one_hot(names), *(_one_hot(given) for given, _ in labels.values())])
    urgency = disagreement(names, labels["html"][1], labels["text"][1])
    rank = np.where((says[:, :, _RARE]).any(axis=(0, 2)), 2, np.where(says[:, :, _NAG].any(axis=(0, 2)), 1, 0))
    return [
        Candidate(
            page,
            int(i),
            {
                "names": _name(names[i], LABELS),
                **{view: _name(given[i], cleaner.labels) for view, (given, _) in labels.items()},
            },
            (int(rank[i]), float(urgency[i])),
        )
        for i in np.flatnonzero((page.labels == UNKNOWN) & (rank > 0))
    ]


def disagreement(names: LabelArray, html: FloatArray, text: FloatArray) -> npt.NDArray[np.float64]:
    """How far the voters are apart, in [0, 1]. Shape (n_blocks,).

    Jensen-Shannon divergence (in bits) of the two views' probabilities, averaged with the probability
    that both views give to other labels than the names speak for, where names speak.
    """
    p, q = html.astype(np.float64), text.astype(np.float64)
    views = _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2
    speaks = names != UNKNOWN
    against = 1 - ((p + q) / 2)[np.arange(len(names)), np.where(speaks, names, 0)]
    together = (1 - _NAMES_TRUST) * views + _NAMES_TRUST * against
    return np.clip(np.where(speaks, together, views), 0, 1)


def _entropy(p: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    bits: npt.NDArray[np.float64] = -(p * np.log2(np.maximum(p, 1e-12))).sum(axis=1)
    return bits


def _one_hot(labels: LabelArray) -> npt.NDArray[np.bool_]:
    return np.equal(labels[:, None], np.arange(len(LABELS)))


def _name(label: int, labels: Sequence[str]) -> str | None:
    return None if label == UNKNOWN else str(labels[label])


def _worth_reading(candidates: Iterable[Candidate], n: int) -> list[Candidate]:
    """The first ``n`` that are not more of the same.

    Lists of sizes, countries and hours fool all voters at once: texts without letters stay out, texts
    that differ in digits only count as one on their domain, and no page gives more than its share.
    """
    seen: set[tuple[str, str]] = set()
    by_page: Counter[str] = Counter()
    kept: list[Candidate] = []
    for candidate in candidates:
        text = candidate.page.batch.block(candidate.index)
        key = (candidate.page.domain, _DIGITS.sub("0", "".join(text.split())))
        if key in seen or by_page[candidate.page.id] >= MAX_OF_PAGE or not any(map(str.isalpha, text)):
            continue
        seen.add(key)
        by_page[candidate.page.id] += 1
        kept.append(candidate)
        if len(kept) >= n:
            break
    return kept


def _windows(candidates: Sequence[Candidate]) -> Iterator[dict[str, Any]]:
    """One row for the blocks of a page that stand near each other."""
    by_page: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        by_page.setdefault(candidate.page.id, []).append(candidate)
    windows: list[list[Candidate]] = []
    for group in by_page.values():
        group.sort(key=lambda candidate: candidate.index)
        start = 0
        for k in range(1, len(group) + 1):
            if k == len(group) or group[k].index - group[k - 1].index > 2 * NEIGHBOURS:
                windows.append(group[start:k])
                start = k
    windows.sort(key=lambda window: max(candidate.urgency for candidate in window), reverse=True)
    for window in windows:
        yield _row(window)


def _row(window: Sequence[Candidate]) -> dict[str, Any]:
    page = window[0].page
    texts = page.batch.blocks()
    first, last = max(window[0].index - NEIGHBOURS, 0), min(window[-1].index + NEIGHBOURS + 1, len(texts))
    asked = {candidate.index: candidate for candidate in window}
    blocks: list[dict[str, Any]] = []
    for i in range(first, last):
        block = {"index": i, "text": texts[i], "label": _name(page.labels[i], LABELS)}
        if i in asked:
            block |= {"votes": asked[i].votes, "disagreement": round(asked[i].urgency[1], 3)}
        blocks.append(block)
    return {"id": page.id, "domain": page.domain, "lang": page.lang, "split": page.split, "blocks": blocks}


def standoff_rows(labelled: Sequence[Path], folder: Path) -> Iterator[dict[str, Any]]:
    """Stand-off rows of the blocks of a queue that were asked about and labelled.

    Parameters
    ----------
    labelled
        Files of rows as `reading_queue` gives them, ``label`` filled in where somebody judged.
    folder
        The corpora, to count blocks of the same text.

    Raises
    ------
    LabelsError
        Where a row breaks the format, names a block its page does not hold, or no page of the corpora.
    """
    check_once(labelled)
    given = _given_labels(labelled)
    for page in read_corpora(folder, MatchReport()):
        if page.id in given:
            texts, labels = page.batch.blocks(), np.full(page.batch.n_blocks, UNKNOWN, np.int8)
            for index, (text, label, where) in given.pop(page.id).items():
                if not 0 <= index < len(texts) or texts[index] != text:
                    raise LabelsError(f"{where}: block {index} of {page.id} is not {text[:40]!r}")
                labels[index] = label
            yield {"page": page.id, "domain": page.domain, "lang": page.lang, "labels": to_standoff(texts, labels)}
    if given:
        raise LabelsError(f"{folder}: no page {sorted(given)[0]} ({len(given)} labelled pages in all are not there)")


def _given_labels(paths: Sequence[Path]) -> dict[str, dict[int, tuple[str, int, str]]]:
    given: dict[str, dict[int, tuple[str, int, str]]] = {}
    for path in paths:
        for number, row in read_rows(path):
            where = f"{path}:{number}"
            if not isinstance(row.get("id"), str) or not isinstance(row.get("blocks"), list):
                raise LabelsError(f"{where}: expected 'id' (a string) and 'blocks' (a list)")
            for block in row["blocks"]:
                if not (isinstance(block, dict) and isinstance(block.get("index"), int) and "text" in block):
                    raise LabelsError(f"{where}: expected blocks with 'index' and 'text', found {block!r}"[:200])
                label = block.get("label")
                if "votes" not in block or label is None:
                    continue
                if label not in LABEL_NUMBER:
                    raise LabelsError(f"{where}: {label!r} is no label, expected one of {', '.join(LABELS)} or null")
                given.setdefault(row["id"], {})[block["index"]] = (block["text"], LABEL_NUMBER[label], where)
    return given
