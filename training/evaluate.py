"""How well a model does on labelled pages: the serving call, page by page, then counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier import LABELS, NAGS, Cleaner
from classifier.model import View
from classifier.repeats import SiteRepeats
from training.dataset import UNKNOWN, LabelledPage
from training.main_content import word_f1, words

N_LABELS = len(LABELS)
_NAG = np.isin(LABELS, NAGS)
_BOOTSTRAP_ROUNDS = 1000
_CALIBRATION_BINS = 10

Counts = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PageScore:
    """What one page adds to the figures.

    Parameters
    ----------
    confusion
        Judged blocks by label (row) and prediction (column). Shape (n_labels, n_labels).
    kept_words
        Words of judged blocks by label (row), removed and kept (column). Shape (n_labels, 2).
    calibration
        By bin of the given label's probability: blocks, sum of probabilities, right ones. Shape (3, n_bins).
    main_f1
        Word F1 of the blocks labelled content against the page's main text, None where it has none.
    """

    domain: str
    lang: str
    kind: str
    confusion: Counts
    kept_words: Counts
    calibration: Counts
    main_f1: float | None


def score_pages(
    cleaner: Cleaner, pages: Sequence[LabelledPage], view: View, site_repeats: bool = False
) -> list[PageScore]:
    """Label pages through the serving call and count.

    Parameters
    ----------
    view
        ``html`` scores pages that have layout; ``text`` scores all of them without it.
    site_repeats
        Whether blocks count as evidence that stand on several of the pages of a domain.
    """
    scores = []
    repeats = SiteRepeats()
    if site_repeats:
        for page in pages:
            repeats.add([page.domain], page.batch)
    for page in pages:
        if view == "html" and page.batch.layout is None:
            continue
        batch = page.batch if view == "html" else page.bare.batch
        evidence = repeats.log_odds([page.domain], batch) if site_repeats else None
        predicted, probabilities = cleaner.predict(batch, evidence)
        scores.append(_page_score(page, predicted.astype(np.intp), probabilities, view))
    return scores


def _page_score(
    page: LabelledPage, predicted: npt.NDArray[np.intp], probabilities: npt.NDArray[np.float32], view: View
) -> PageScore:
    judged = page.labels != UNKNOWN
    truth, given = page.labels[judged].astype(np.intp), predicted[judged]
    confusion = np.zeros((N_LABELS, N_LABELS))
    np.add.at(confusion, (truth, given), 1)
    kept_words = np.zeros((N_LABELS, 2))
    blocks = page.batch.blocks() if judged.any() or page.main_content else []
    n_words = np.array([len(words(blocks[i])) for i in np.flatnonzero(judged)], float)
    np.add.at(kept_words, (truth, (given == 0).astype(np.intp)), n_words)
    confidence = probabilities[judged, given]
    bins = np.minimum((confidence * _CALIBRATION_BINS).astype(np.intp), _CALIBRATION_BINS - 1)
    calibration = np.zeros((3, _CALIBRATION_BINS))
    for row, values in enumerate((np.ones(len(bins)), confidence, truth == given)):
        np.add.at(calibration[row], bins, values)
    main_f1 = None
    if view == "html" and page.main_content:
        main_f1 = word_f1("\n".join(blocks[i] for i in np.flatnonzero(predicted == 0)), page.main_content)
    return PageScore(page.domain, page.lang, page.kind, confusion, kept_words, calibration, main_f1)


def summarise(scores: Sequence[PageScore], intervals: bool = True) -> dict[str, Any]:
    """Figures of many pages.

    Returns
    -------
    ``labels`` (precision, recall, f1, support and, with ``intervals``, 95 % bootstrap intervals of
    F1 over domains), ``nag_macro_f1``, ``any_nag``, ``content_words_kept``, ``nag_words_removed``,
    ``boilerplate_words_removed``, ``by_language`` (nag macro-F1), ``calibration_error``, ``main_content``.
    """
    confusion = np.sum([score.confusion for score in scores], axis=0) if scores else np.zeros((N_LABELS, N_LABELS))
    table = precision_recall_f1(confusion)
    result: dict[str, Any] = {
        "pages": len(scores),
        "blocks": int(confusion.sum()),
        "labels": {
            str(label): {
                "precision": round(float(table[0, k]), 4),
                "recall": round(float(table[1, k]), 4),
                "f1": round(float(table[2, k]), 4),
                "support": int(confusion[k].sum()),
            }
            for k, label in enumerate(LABELS)
        },
        "nag_macro_f1": round(float(table[2][_NAG].mean()), 4),
        "any_nag": _any_nag(confusion),
    }
    if intervals and scores:
        low, high, macro = _bootstrap(scores)
        for k, label in enumerate(LABELS):
            result["labels"][str(label)]["f1_interval"] = [round(float(low[k]), 4), round(float(high[k]), 4)]
        result["nag_macro_f1_interval"] = macro
    result.update(_words(scores))
    result["by_language"] = _by_language(scores)
    result["calibration_error"] = _calibration_error(scores)
    main = [(score.kind, score.main_f1) for score in scores if score.main_f1 is not None]
    if main:
        kinds = sorted({kind for kind, _ in main})
        result["main_content"] = {
            "pages": len(main),
            "word_f1": round(float(np.mean([f1 for _, f1 in main])), 4),
            "by_kind": {k: round(float(np.mean([f1 for kind, f1 in main if kind == k])), 4) for k in kinds},
        }
    return result


def precision_recall_f1(confusion: Counts) -> Counts:
    """Precision, recall and F1 of each label; 0 where a ratio has nothing below it. Shape (3, n_labels)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    given, true = confusion.sum(axis=-2), confusion.sum(axis=-1)
    precision, recall = hits / np.maximum(given, 1), hits / np.maximum(true, 1)
    return np.stack([precision, recall, 2 * hits / np.maximum(given + true, 1)])


def _any_nag(confusion: Counts) -> dict[str, float]:
    hits = confusion[np.ix_(_NAG, _NAG)].sum()
    given, true = confusion[:, _NAG].sum(), confusion[_NAG].sum()
    return {
        "precision": round(float(hits / max(given, 1)), 4),
        "recall": round(float(hits / max(true, 1)), 4),
        "f1": round(float(2 * hits / max(given + true, 1)), 4),
    }


def _bootstrap(scores: Sequence[PageScore]) -> tuple[Counts, Counts, list[float]]:
    """95 % intervals of F1 by label and of the nag macro-F1, domains drawn with replacement (Efron 1979)."""
    domains = sorted({score.domain for score in scores})
    number = {domain: i for i, domain in enumerate(domains)}
    by_domain = np.zeros((len(domains), N_LABELS, N_LABELS))
    for score in scores:
        by_domain[number[score.domain]] += score.confusion
    draws = np.random.default_rng(0).multinomial(
        len(domains), np.full(len(domains), 1 / len(domains)), _BOOTSTRAP_ROUNDS
    )
    f1 = precision_recall_f1(np.tensordot(draws, by_domain, axes=1))[2]
    low, high = np.quantile(f1, [0.025, 0.975], axis=0)
    macro = np.quantile(f1[:, _NAG].mean(axis=1), [0.025, 0.975])
    return low, high, [round(float(bound), 4) for bound in macro]


def _words(scores: Sequence[PageScore]) -> dict[str, float]:
    total = np.sum([score.kept_words for score in scores], axis=0) if scores else np.zeros((N_LABELS, 2))

    def share(rows: npt.NDArray[np.bool_], column: int) -> float:
        return round(float(total[rows, column].sum() / max(total[rows].sum(), 1)), 4)

    content, boilerplate = np.arange(N_LABELS) == 0, np.arange(N_LABELS) == N_LABELS - 1
    return {
        "content_words_kept": share(content, 1),
        "nag_words_removed": share(_NAG, 0),
        "boilerplate_words_removed": share(boilerplate, 0),
    }


def _by_language(scores: Sequence[PageScore]) -> dict[str, dict[str, float]]:
    groups: dict[str, Counts] = {}
    for score in scores:
        lang = score.lang if score.lang in ("en", "de", "fr", "es") else "other"
        groups[lang] = groups.get(lang, np.zeros((N_LABELS, N_LABELS))) + score.confusion
    return {
        lang: {
            "nag_macro_f1": round(float(precision_recall_f1(confusion)[2][_NAG].mean()), 4),
            "any_nag_f1": _any_nag(confusion)["f1"],
            "nag_blocks": int(confusion[_NAG].sum()),
        }
        for lang, confusion in sorted(groups.items())
    }


def _calibration_error(scores: Sequence[PageScore]) -> float:
    """Expected calibration error of the given label's probability, ten bins (Naeini et al. 2015)."""
    if not scores:
        return 0.0
    n, confidence, right = np.sum([score.calibration for score in scores], axis=0)
    return round(float(np.abs(confidence - right).sum() / max(n.sum(), 1)), 4)
