"""From counts to figures: precision, recall, F1, shares of words, calibration, and bootstrap intervals over domains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier import LABELS, Label

N_LABELS = len(LABELS)
_BOILERPLATE = LABELS.index(Label.BOILERPLATE)
N_BINS = 10
RATIOS = ("precision", "recall", "f1")
_ROUNDS = 1000

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """What is counted; every figure that has an interval comes of these alone.

    Any leading axes (pages, domains, draws) are those of all four.

    Parameters
    ----------
    confusion
        Judged blocks by label (row) and answer (column). Shape (..., n_labels, n_labels).
    kept_words
        Words of judged blocks by label (row), removed and kept (column). Shape (..., n_labels, 2).
    calibration
        By bin of the given label's probability: blocks, sum of probabilities, right ones. Shape (..., 3, n_bins).
    main_content
        Sum of main content word F1, and pages it was measured on. Shape (..., 2).
    """

    confusion: FloatArray
    kept_words: FloatArray
    calibration: FloatArray
    main_content: FloatArray

    @classmethod
    def zeros(cls, *leading: int, n_labels: int = N_LABELS) -> Counts:
        shapes = (n_labels, n_labels), (n_labels, 2), (3, N_BINS), (2,)
        return cls(*(np.zeros((*leading, *shape)) for shape in shapes))

    @classmethod
    def total(cls, parts: Sequence[Counts]) -> Counts:
        """Sum of counts; all nought where there are none."""
        return cls.by_key([""] * len(parts), parts)[0] if parts else cls.zeros()

    @classmethod
    def by_key(cls, keys: Sequence[str], parts: Sequence[Counts]) -> Counts:
        """Sum of the counts of each key, keys in order of name along the first axis."""
        number = {key: i for i, key in enumerate(sorted(set(keys)))}
        result = cls.zeros(len(number), n_labels=parts[0].n_labels if parts else N_LABELS)
        for field in fields(cls):
            for key, part in zip(keys, parts, strict=True):
                getattr(result, field.name)[number[key]] += getattr(part, field.name)
        return result

    @classmethod
    def from_lists(cls, lists: dict[str, Any]) -> Counts:
        """Counts of what `as_lists` gave.

        Raises
        ------
        KeyError, TypeError, ValueError
            Where something is missing or has another shape.
        """
        counts = cls(*(np.array(lists[field.name], float) for field in fields(cls)))
        for field in fields(cls):
            found = getattr(counts, field.name).shape
            expected = getattr(cls.zeros(n_labels=max(counts.n_labels, N_LABELS)), field.name).shape
            if found != expected:
                raise ValueError(f"{field.name} has shape {found}, expected {expected}")
        return counts

    def as_lists(self) -> dict[str, Any]:
        """Counts as JSON holds them, whole numbers as such."""
        return {
            "confusion": self.confusion.astype(int).tolist(),
            "kept_words": self.kept_words.astype(int).tolist(),
            "calibration": np.round(self.calibration, 6).tolist(),
            "main_content": np.round(self.main_content, 6).tolist(),
        }

    @property
    def n_labels(self) -> int:
        return int(self.confusion.shape[-1])

    def __getitem__(self, place: int) -> Counts:
        return Counts(*(getattr(self, field.name)[place] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.confusion)

    def drawn(self, draws: npt.NDArray[np.int64]) -> Counts:
        """Counts of each draw of domains. Leading axis (n_draws,) for (n_domains,)."""
        return Counts(*(np.tensordot(draws, getattr(self, field.name), axes=1) for field in fields(self)))


def rounded(value: float | np.floating[Any] | FloatArray) -> float:
    """Four decimals, as all figures are stated."""
    return round(float(value), 4)


def precision_recall_f1(confusion: FloatArray) -> FloatArray:
    """Precision, recall and F1 of each label; 0 where a ratio has nothing below it. Shape (3, ..., n_labels)."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratios(hits, confusion.sum(axis=-2), confusion.sum(axis=-1))


def is_nag(n_labels: int = N_LABELS) -> npt.NDArray[np.bool_]:
    """Which columns are nags: all but content and boilerplate, labels beside the six too. Shape (n_labels,).

    Examples
    --------
    >>> is_nag(7).tolist()
    [False, True, True, True, True, False, True]
    """
    return ~np.isin(np.arange(n_labels), [LABELS.index(Label.CONTENT), _BOILERPLATE])


def any_nag(confusion: FloatArray) -> FloatArray:
    """The same of all nags as one label. Shape (3, ...)."""
    nag = is_nag(confusion.shape[-1])
    given, true = confusion[..., nag].sum(axis=(-2, -1)), confusion[..., nag, :].sum(axis=(-2, -1))
    return _ratios(confusion[..., nag, :][..., nag].sum(axis=(-2, -1)), given, true)


def _ratios(hits: FloatArray, given: FloatArray, true: FloatArray) -> FloatArray:
    return np.stack([hits / np.maximum(given, 1), hits / np.maximum(true, 1), 2 * hits / np.maximum(given + true, 1)])


def figures_of(counts: Counts, labels: Sequence[str] = LABELS) -> dict[str, FloatArray]:
    """Every figure by its dotted name in the metrics, one value for each place of the leading axes."""
    table, nag, nags = precision_recall_f1(counts.confusion), any_nag(counts.confusion), is_nag(counts.n_labels)
    content, boilerplate = (np.arange(counts.n_labels) == k for k in (0, _BOILERPLATE))
    n, stated, right = np.moveaxis(counts.calibration, -2, 0)
    figures = {
        "nag_macro_f1": table[2][..., nags].mean(axis=-1),
        **{f"any_nag.{ratio}": nag[row] for row, ratio in enumerate(RATIOS)},
        "content_words_kept": _word_share(counts, content, 1),
        "nag_words_removed": _word_share(counts, nags, 0),
        "boilerplate_words_removed": _word_share(counts, boilerplate, 0),
        # expected calibration error of the given label's probability (Naeini et al. 2015)
        "calibration_error": np.abs(stated - right).sum(axis=-1) / np.maximum(n.sum(axis=-1), 1),
        "main_content.word_f1": counts.main_content[..., 0] / np.maximum(counts.main_content[..., 1], 1),
    }
    for k, label in enumerate(labels):
        figures |= {f"labels.{label}.{ratio}": table[row][..., k] for row, ratio in enumerate(RATIOS)}
    return figures


def not_measured(counts: Counts, labels: Sequence[str] = LABELS) -> list[str]:
    """Figures of `figures_of` that are 0 because there is nothing they could speak of.

    Precision of a label that was never given, recall of one that no block has, F1 where both hold; macro-F1 of the
    nags where this is so of all of them; shares of words there are none of.

    Parameters
    ----------
    counts
        Without leading axes.

    Examples
    --------
    >>> names = not_measured(Counts.zeros())
    >>> "nag_words_removed" in names, "labels.content.f1" in names
    (True, True)
    """
    nags, words = is_nag(counts.n_labels), counts.kept_words.sum(axis=-1)
    given, true = counts.confusion.sum(axis=-2), counts.confusion.sum(axis=-1)
    rows = [("any_nag", given[nags].sum(), true[nags].sum())]
    rows += [(f"labels.{label}", given[k], true[k]) for k, label in enumerate(labels)]
    below = {"nag_macro_f1": given[nags].sum() + true[nags].sum()}
    for name, n_given, n_true in rows:
        below |= {f"{name}.precision": n_given, f"{name}.recall": n_true, f"{name}.f1": n_given + n_true}
    below |= {
        "content_words_kept": words[0],
        "nag_words_removed": words[nags].sum(),
        "boilerplate_words_removed": words[_BOILERPLATE],
        "calibration_error": counts.calibration[0].sum(),
    }
    return [name for name, n in below.items() if not n]


def _word_share(counts: Counts, rows: npt.NDArray[np.bool_], column: int) -> FloatArray:
    chosen = counts.kept_words[..., rows, :]
    return np.asarray(chosen[..., column].sum(axis=-1) / np.maximum(chosen.sum(axis=(-2, -1)), 1))


def resampled(n_domains: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """How often each draw takes each domain, drawn with replacement (Efron 1979). Shape (n_draws, n_domains)."""
    return np.random.default_rng(seed).multinomial(n_domains, np.full(n_domains, 1 / n_domains), _ROUNDS)


def bounds(values: FloatArray) -> list[float]:
    """The interval that holds 95 % of the draws."""
    return [rounded(bound) for bound in np.quantile(values, [0.025, 0.975])]


def intervals_of(by_domain: Counts, labels: Sequence[str] = LABELS) -> dict[str, list[float]]:
    """95 % bootstrap intervals of every figure, from the counts of each domain, leading axis (n_domains,)."""
    drawn = figures_of(by_domain.drawn(resampled(len(by_domain))), labels)
    return {name: bounds(v) for name, v in drawn.items()}
