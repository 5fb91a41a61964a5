"""How well a model does on labelled pages: the serving call, page by page, then counts and figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier import LABELS, Cleaner
from classifier.model import View
from classifier.repeats import SiteRepeats
from training.counts import N_BINS, RATIOS, Counts, figures_of, intervals_of, is_nag, not_measured, rounded
from training.curves import precision_recall_curves, reliability
from training.dataset import UNKNOWN, LabelledPage
from training.main_content import word_f1, words

LANGUAGES = ("en", "de", "fr", "es")
"""Languages with rows of their own; all others count as ``other``."""
_GROUP_FIGURES = {
    "nag_macro_f1": "nag_macro_f1",
    "nag_words_removed": "nag_words_removed",
    "boilerplate_words_removed": "boilerplate_words_removed",
    "any_nag_f1": "any_nag.f1",
    "content_f1": "labels.content.f1",
    "content_words_kept": "content_words_kept",
    "calibration_error": "calibration_error",
}
"""Figures of a language or kind, and what they are called over all pages."""


@dataclass(frozen=True, slots=True)
class PageScore:
    """What the model said of the judged blocks of one page.

    Parameters
    ----------
    number
        Place of the page among those that were scored.
    index
        Number of each judged block on its page, from 0. Shape (n_judged,).
    truth, given
        Label by judgement and by the model. Shape (n_judged,).
    probabilities
        Of each label. Shape (n_judged, n_labels), float32.
    n_words
        Words of each judged block. Shape (n_judged,).
    main_f1
        Word F1 of the blocks labelled content against the page's main text, None where it has none.
    labels
        What the columns are.
    """

    number: int
    domain: str
    lang: str
    kind: str
    index: npt.NDArray[np.intp]
    truth: npt.NDArray[np.intp]
    given: npt.NDArray[np.intp]
    probabilities: npt.NDArray[np.float32]
    n_words: npt.NDArray[np.intp]
    main_f1: float | None
    labels: tuple[str, ...] = LABELS

    @property
    def scores(self) -> npt.NDArray[np.float32]:
        """Probability of the label given. Shape (n_judged,)."""
        return self.probabilities[np.arange(len(self.given)), self.given]

    @property
    def counts(self) -> Counts:
        """The page's counts, without leading axes."""
        counts = Counts.zeros(n_labels=len(self.labels))
        np.add.at(counts.confusion, (self.truth, self.given), 1)
        np.add.at(counts.kept_words, (self.truth, (self.given == 0).astype(np.intp)), self.n_words)
        bins = np.minimum((self.scores * N_BINS).astype(np.intp), N_BINS - 1)
        for row, values in enumerate((np.ones(len(bins)), self.scores, self.truth == self.given)):
            np.add.at(counts.calibration[row], bins, values)
        if self.main_f1 is not None:
            counts.main_content[:] = self.main_f1, 1
        return counts


def score_pages(
    cleaner: Cleaner,
    pages: Sequence[LabelledPage],
    view: View,
    site_repeats: bool = False,
    labels: tuple[str, ...] | None = None,
) -> list[PageScore]:
    """Label pages through the serving call.

    Parameters
    ----------
    view
        ``html`` scores pages that have layout; ``text`` scores all of them without it.
    site_repeats
        Whether blocks count as evidence that stand on several of the pages of a domain.
    labels
        Labels of the pages, where there are others behind those of the model: it never gives them.
    """
    labels = labels or cleaner.labels
    scores = []
    repeats = SiteRepeats()
    if site_repeats:
        for page in pages:
            repeats.add([page.domain], page.batch)
    for number, page in enumerate(pages):
        if view == "html" and page.batch.layout is None:
            continue
        batch = page.batch if view == "html" else page.bare.batch
        evidence = repeats.log_odds([page.domain], batch) if site_repeats else None
        predicted, probabilities = cleaner.predict(batch, evidence)
        judged = np.flatnonzero(page.labels != UNKNOWN)
        n_lacking = len(labels) - probabilities.shape[1]
        blocks = page.batch.blocks() if len(judged) or page.main_content else []
        main_f1 = None
        if view == "html" and page.main_content:
            main_f1 = word_f1("\n".join(blocks[i] for i in np.flatnonzero(predicted == 0)), page.main_content)
        scores.append(
            PageScore(
                number=number,
                domain=page.domain,
                lang=page.lang,
                kind=page.kind,
                index=judged,
                truth=page.labels[judged].astype(np.intp),
                given=predicted[judged].astype(np.intp),
                probabilities=np.pad(probabilities[judged], ((0, 0), (0, n_lacking))),
                n_words=np.array([len(words(blocks[i])) for i in judged], np.intp),
                main_f1=main_f1,
                labels=labels,
            )
        )
    return scores


def summarise(scores: Sequence[PageScore], intervals: bool = True) -> dict[str, Any]:
    """Figures of many pages.

    Returns
    -------
    ``labels`` (precision, recall, f1, support), ``nag_macro_f1``, ``any_nag``,
    ``content_words_kept``, ``nag_words_removed``, ``boilerplate_words_removed``,
    ``calibration_error`` and, where a page has main text, ``main_content``; ``not_measured``, names of
    figures that are 0 because there is nothing of the kind; with ``intervals``
    also 95 % bootstrap intervals of these over domains, named ``*_interval``; ``confusion``,
    ``by_language``, ``by_kind``, ``reliability``, ``precision_recall``.
    """
    counts = [score.counts for score in scores]
    total, labels = Counts.total(counts), labels_of(scores)
    found = {name: rounded(value) for name, value in figures_of(total, labels).items()}
    bounds = intervals_of(by_domain(scores), labels) if intervals and scores else {}
    support = total.confusion.sum(axis=1).astype(int)
    result: dict[str, Any] = {
        "pages": len(scores),
        "judged_pages": _n_judged_pages(scores),
        "domains": len({score.domain for score in scores}),
        "blocks": int(support.sum()),
        "labels": {
            str(label): _ratios(f"labels.{label}", found, bounds) | {"support": int(support[k])}
            for k, label in enumerate(labels)
        },
        "any_nag": _ratios("any_nag", found, bounds) | {"support": int(support[is_nag(len(labels))].sum())},
    }
    for name in (
        "nag_macro_f1",
        "content_words_kept",
        "nag_words_removed",
        "boilerplate_words_removed",
        "calibration_error",
    ):
        result |= _with_interval(name, name, found, bounds)
    result["not_measured"] = not_measured(total, labels)
    truth, given, probabilities = joined(scores)
    result["confusion"] = total.confusion.astype(int).tolist()
    result["by_language"] = _by_group(scores, language_group)
    result["by_kind"] = _by_group(scores, lambda score: score.kind)
    result["reliability"] = reliability(truth, given, probabilities)
    result["precision_recall"] = precision_recall_curves(truth, probabilities, labels)
    if total.main_content[1]:
        main = _with_interval("word_f1", "main_content.word_f1", found, bounds)
        result["main_content"] = {"pages": int(total.main_content[1]), **main, **_main_by_kind(result["by_kind"])}
    return result


def labels_of(scores: Sequence[PageScore]) -> tuple[str, ...]:
    """What the columns of some scores are."""
    return scores[0].labels if scores else LABELS


def joined(
    scores: Sequence[PageScore],
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Truth, answers and probabilities of the judged blocks of all pages."""
    none = np.zeros(0, np.intp)
    return (
        np.concatenate([none, *(score.truth for score in scores)]),
        np.concatenate([none, *(score.given for score in scores)]),
        np.concatenate([np.zeros((0, len(labels_of(scores))), np.float32), *(score.probabilities for score in scores)]),
    )


def by_domain(scores: Sequence[PageScore]) -> Counts:
    """Counts of each domain in order of name, leading axis (n_domains,)."""
    return Counts.by_key([score.domain for score in scores], [score.counts for score in scores])


def language_group(score: PageScore) -> str:
    """``en``, ``de``, ``fr``, ``es`` or ``other``."""
    return score.lang if score.lang in LANGUAGES else "other"


def _with_interval(key: str, name: str, found: dict[str, float], bounds: dict[str, list[float]]) -> dict[str, Any]:
    """A figure, and its interval where there is one."""
    return {key: found[name]} | ({f"{key}_interval": bounds[name]} if name in bounds else {})


def _ratios(prefix: str, found: dict[str, float], bounds: dict[str, list[float]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for ratio in RATIOS:
        result |= _with_interval(ratio, f"{prefix}.{ratio}", found, bounds)
    return result


def _by_group(scores: Sequence[PageScore], group: Callable[[PageScore], str]) -> dict[str, dict[str, Any]]:
    """Figures of the pages of each language or kind."""
    groups: dict[str, list[PageScore]] = {}
    for score in scores:
        groups.setdefault(group(score), []).append(score)
    return {name: _group_figures(groups[name]) for name in sorted(groups)}


def _group_figures(scores: Sequence[PageScore]) -> dict[str, Any]:
    total, labels = Counts.total([score.counts for score in scores]), labels_of(scores)
    found = {name: rounded(value) for name, value in figures_of(total, labels).items()}
    bounds = intervals_of(by_domain(scores), labels)
    support = total.confusion.sum(axis=1)
    lacking = not_measured(total, labels)
    result: dict[str, Any] = {
        "pages": len(scores),
        "judged_pages": _n_judged_pages(scores),
        "domains": len({score.domain for score in scores}),
        "blocks": int(support.sum()),
        "nag_blocks": int(support[is_nag(len(labels))].sum()),
        "content_blocks": int(support[0]),
        **{name: found[name] for name in ("nag_macro_f1", "nag_words_removed", "boilerplate_words_removed")},
        **_with_interval("any_nag_f1", "any_nag.f1", found, bounds),
        **_with_interval("content_f1", "labels.content.f1", found, bounds),
        **_with_interval("content_words_kept", "content_words_kept", found, bounds),
        "calibration_error": found["calibration_error"],
        "f1": {str(label): found[f"labels.{label}.f1"] if support[k] else None for k, label in enumerate(labels)},
        "not_measured": [name for name, figure in _GROUP_FIGURES.items() if figure in lacking],
    }
    if total.main_content[1]:
        main = _with_interval("word_f1", "main_content.word_f1", found, bounds)
        result["main_content"] = {"pages": int(total.main_content[1])} | main
    return result


def _n_judged_pages(scores: Sequence[PageScore]) -> int:
    """How many pages hold judged blocks: the others are there for their main text alone."""
    return sum(len(score.truth) > 0 for score in scores)


def _main_by_kind(by_kind: dict[str, dict[str, Any]]) -> dict[str, Any]:
    kinds = {kind: row["main_content"] for kind, row in by_kind.items() if "main_content" in row}
    return {
        "by_kind": {kind: row["word_f1"] for kind, row in kinds.items()},
        "pages_by_kind": {kind: row["pages"] for kind, row in kinds.items()},
    }
