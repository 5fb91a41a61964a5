"""``denag evaluate``: figures as tables for people, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from classifier import LABELS, Cleaner, ConfigError
from classifier.model import VIEWS
from training.corpora import MatchReport, read_corpora
from training.dataset import LabelledPage, read_labelled_pages
from training.evaluate import score_pages, summarise


def evaluate_model(
    labels: Sequence[Path],
    corpora: Path | None,
    cleaner: Cleaner,
    json_file: Path | None,
    split: str,
    tell: Callable[[str], None],
    site_repeats: bool = False,
) -> str:
    """Score a model on label files, and on the domains of one split of the corpora.

    Raises
    ------
    ConfigError
        Where neither is named, or the split is none.
    """
    if not labels and corpora is None:
        raise ConfigError("nothing to score on: expected label files, or --corpora DIR for its test domains")
    if split not in ("train", "dev", "test"):
        raise ConfigError(f"split is {split!r}, expected train, dev or test")
    pages: list[LabelledPage] = read_labelled_pages(labels)
    if corpora is not None:
        tell(f"reading the corpora of {corpora}")
        pages += [page for page in read_corpora(corpora, MatchReport()) if page.split == split]
    figures: dict[str, dict[str, Any]] = {}
    for view in VIEWS:
        tell(f"scoring {len(pages)} pages, {view} view")
        scores = score_pages(cleaner, pages, view, site_repeats)
        if scores:
            figures[view] = summarise(scores)
    if json_file is not None:
        json_file.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return summary_table(figures)


def summary_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as lines of text."""
    lines = []
    for view, result in figures.items():
        lines += [f"{view} view: {result['pages']} pages, {result['blocks']} judged blocks"]
        lines += [f"  {'label':18} precision recall     F1  support"]
        for label in LABELS:
            row = result["labels"][label]
            lines += [f"  {label:18} {row['precision']:9.3f} {row['recall']:6.3f} {row['f1']:6.3f} {row['support']:8d}"]
        nag = result["any_nag"]
        languages = ", ".join(
            f"{lang} {row['nag_macro_f1']:.3f} ({row['nag_blocks']} nags)"
            for lang, row in result["by_language"].items()
        )
        lines += [
            f"  nag macro-F1 {result['nag_macro_f1']:.3f}, any nag F1 {nag['f1']:.3f}",
            f"  content words kept {result['content_words_kept']:.1%}, nag words removed "
            f"{result['nag_words_removed']:.1%}, boilerplate words removed {result['boilerplate_words_removed']:.1%}",
            f"  calibration error {result['calibration_error']:.3f}",
            f"  by language: {languages}",
        ]
        if "main_content" in result:
            main = result["main_content"]
            kinds = ", ".join(f"{kind} {f1:.3f}" for kind, f1 in main["by_kind"].items())
            lines += [f"  main content word F1 {main['word_f1']:.4f} on {main['pages']} pages ({kinds})"]
    return "\n".join(lines) or "no page was scored"


def markdown_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as Markdown tables."""
    parts = []
    for view, result in figures.items():
        rows = []
        for label in LABELS:
            row = result["labels"][label]
            low, high = row["f1_interval"]
            rows.append(
                f"| {label} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} "
                f"| {low:.3f} to {high:.3f} | {row['support']} |"
            )
        low, high = result["nag_macro_f1_interval"]
        lines = [
            f"**{view} view**, {result['pages']} pages, {result['blocks']} judged blocks\n",
            "| label | precision | recall | F1 | 95 % interval | blocks |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Nag macro-F1 {result['nag_macro_f1']:.3f} ({low:.3f} to {high:.3f}), "
            f"any nag F1 {result['any_nag']['f1']:.3f}; content words kept {result['content_words_kept']:.1%}, "
            f"nag words removed {result['nag_words_removed']:.1%}, boilerplate words removed "
            f"{result['boilerplate_words_removed']:.1%}; expected calibration error {result['calibration_error']:.3f}.",
        ]
        if "main_content" in result:
            main = result["main_content"]
            lines.append(f"Main content word F1 {main['word_f1']:.3f} on {main['pages']} pages.")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)
