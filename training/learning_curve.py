"""Would more labelled pages help? The model trained on growing shares of them, scored on the same test domains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from classifier import LABELS, Cleaner, ConfigError
from classifier.model import VIEWS
from training.config import FitConfig
from training.corpora import MatchReport, read_corpora
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of, held, read_labelled_pages, read_seeds
from training.evaluate import score_pages, summarise
from training.fit import fit
from training.metrics import SCHEMA_VERSION, corpus_hash
from training.phrases import read_phrases
from training.report.tables import shown
from training.train import OWN_LABELS, SEEDS

SHARES = (10, 25, 50, 100)


@dataclass(frozen=True, slots=True)
class CurveData:
    """What the model learns from and is scored on.

    Parameters
    ----------
    always
        Written pages: in every training.
    real
        Pages of train and dev domains, of which a share is taken.
    test
        Pages of test domains.
    phrases
        Typed phrases with their labels; in every training.
    """

    always: list[LabelledPage]
    real: list[LabelledPage]
    test: list[LabelledPage]
    phrases: tuple[list[str], LabelArray]


def read_curve_data(corpora: Path, labels: Sequence[Path] | None, tell: Callable[[str], None]) -> CurveData:
    """Corpora of a folder; label files, or the project's own where none are named.

    Raises
    ------
    ConfigError
        Where no page of the corpora falls into the test domains, or none into the others.
    """
    own = [*sorted(OWN_LABELS.glob("pages/*.jsonl")), *sorted(OWN_LABELS.glob("counter/*.jsonl"))]
    always = read_labelled_pages(held(labels or own))
    if not labels:
        always += read_seeds(SEEDS)
    tell(f"reading the corpora of {corpora}")
    real: list[LabelledPage] = []
    test: list[LabelledPage] = []
    for page in read_corpora(corpora, MatchReport()):
        (test if page.split == "test" else real).append(page)
    if not real or not test:
        raise ConfigError(f"{corpora}: {len(real)} pages to learn from and {len(test)} to score, expected some of both")
    return CurveData(always, real, test, read_phrases(corpora))


def in_share(domain: str, percent: int) -> bool:
    """Whether a domain is among the share that is learnt from; every smaller share lies within a larger one.

    Examples
    --------
    >>> in_share("example.org", 100)
    True
    """
    return fold_of(f"learning curve: {domain}", 100) < percent


def learning_curve(
    data: CurveData, shares: Sequence[int], config: FitConfig, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Train on each share of the real pages, score the test domains.

    Returns
    -------
    ``schema_version``, ``corpus_hash`` of the test pages, ``seed``, and ``points``: each has
    ``percent``, ``domains``, ``pages`` and ``judged_blocks`` that were learnt from (real ones),
    and ``views`` with figures and intervals.

    Raises
    ------
    ConfigError
        Where a share is no whole percentage from 1 to 100.
    """
    for percent in shares:
        if not 1 <= percent <= 100:
            raise ConfigError(f"a share of {percent} %, expected a whole number from 1 to 100")
    points = []
    for percent in sorted(set(shares)):
        taken = [page for page in data.real if in_share(page.domain, percent)]
        tell(f"{percent} %: training on {len(taken)} real and {len(data.always)} written pages")
        model = fit([*data.always, *taken], data.phrases, config, _under(f"{percent} %", tell))
        cleaner = Cleaner(model)
        views = {
            view: _figures(summarise(scores)) for view in VIEWS if (scores := score_pages(cleaner, data.test, view))
        }
        points.append(
            {
                "percent": percent,
                "domains": len({page.domain for page in taken}),
                "pages": len(taken),
                "judged_blocks": sum(int(np.sum(page.labels != UNKNOWN)) for page in taken),
                "views": views,
            }
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "corpus_hash": corpus_hash(data.test),
        "seed": config.seed,
        "points": points,
    }


def _under(heading: str, tell: Callable[[str], None]) -> Callable[[str], None]:
    return lambda stage: tell(f"{heading}: {stage}")


def _figures(result: dict[str, Any]) -> dict[str, Any]:
    """What a point of the curve keeps of an evaluation."""
    names = ("nag_macro_f1", "content_words_kept", "nag_words_removed", "boilerplate_words_removed")
    kept = {key: result[key] for name in names for key in (name, f"{name}_interval")}
    kept |= {key: result[key] for key in ("labels", "any_nag", "not_measured")}
    return kept | ({"main_content": result["main_content"]} if "main_content" in result else {})


def markdown_curve(curve: dict[str, Any]) -> str:
    """A table for each view: a row a share, F1 by label."""
    parts = []
    for view in VIEWS:
        points = [point for point in curve["points"] if view in point["views"]]
        if not points:
            continue
        lines = [
            f"**{view} view**\n",
            "| real pages | judged blocks | "
            + " | ".join(LABELS)
            + " | nag macro-F1 | 95 % interval | content words kept |",
            "|---" * (len(LABELS) + 5) + "|",
        ]
        for point in points:
            result = point["views"][view]
            low, high = result["nag_macro_f1_interval"]
            f1 = " | ".join(shown(result, f"labels.{label}.f1", ".3f") for label in LABELS)
            lines.append(
                f"| {point['percent']} % ({point['pages']}) | {point['judged_blocks']} | {f1} "
                f"| {result['nag_macro_f1']:.3f} | {low:.3f} to {high:.3f} | {result['content_words_kept']:.1%} |"
            )
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
