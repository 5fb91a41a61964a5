"""Figures as lines of text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def summary_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as lines of text."""
    lines: list[str] = []
    for view, result in figures.items():
        lines += [f"{view} view: {scored_line(result)}"]
        lines += [f"  {'label':18} precision recall     F1  support"]
        for label, row in result["labels"].items():
            lines += [f"  {label:18} {row['precision']:9.3f} {row['recall']:6.3f} {row['f1']:6.3f} {row['support']:8d}"]
        nag = result["any_nag"]
        lines += [
            f"  nag macro-F1 {result['nag_macro_f1']:.3f}, any nag F1 {nag['f1']:.3f}",
            f"  content words kept {result['content_words_kept']:.1%}, nag words removed "
            f"{result['nag_words_removed']:.1%}, boilerplate words removed {result['boilerplate_words_removed']:.1%}",
            f"  calibration error {result['calibration_error']:.3f}; stated and right: {_reliability_line(result)}",
            *_language_lines(result["by_language"]),
        ]
        if "main_content" in result:
            main = result["main_content"]
            kinds = ", ".join(f"{kind} {f1:.3f}" for kind, f1 in main["by_kind"].items())
            lines += [f"  main content word F1 {main['word_f1']:.4f} on {main['pages']} pages ({kinds})"]
    return "\n".join(lines) or "no page was scored"


def scored_line(result: dict[str, Any]) -> str:
    """How many blocks of how many pages were judged; pages without any count for main content alone."""
    return f"{result['blocks']} judged blocks on {result['judged_pages']} of {result['pages']} pages"


def _reliability_line(result: dict[str, Any]) -> str:
    bins = result["reliability"]["given"]
    return ", ".join(f"{row['stated']:.2f} {row['right']:.2f} ({row['blocks']})" for row in bins) or "no block"


def _language_lines(languages: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield f"  {'language':8} judged pages   nags  nag macro-F1  any nag F1  content F1  content words kept"
    for name, row in languages.items():
        yield (
            f"  {name:8} {row['judged_pages']:12d} {row['nag_blocks']:6d} {row['nag_macro_f1']:13.3f} "
            f"{row['any_nag_f1']:11.3f} {row['content_f1']:11.3f} {row['content_words_kept']:19.1%}"
        )


def markdown_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as Markdown tables."""
    parts = []
    for view, result in figures.items():
        rows = []
        for label, row in result["labels"].items():
            low, high = row["f1_interval"]
            rows.append(
                f"| {label} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} "
                f"| {low:.3f} to {high:.3f} | {row['support']} |"
            )
        low, high = result["nag_macro_f1_interval"]
        lines = [
            f"**{view} view**, {scored_line(result)}\n",
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
