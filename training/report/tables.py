"""Figures as lines of text and as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from training.against import measured
from training.counts import RATIOS


def shown(result: dict[str, Any], name: str, form: str) -> str:
    """A figure as a table has it; ``-`` where there is nothing of the kind.

    Examples
    --------
    >>> result = {"nag_words_removed": 0.0, "labels": {"content": {"f1": 0.5}}, "not_measured": ["nag_words_removed"]}
    >>> shown(result, "nag_words_removed", ".1%"), shown(result, "labels.content.f1", ".3f")
    ('-', '0.500')
    """
    value = measured(result, name)
    return "-" if value is None else format(value, form)


def summary_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as lines of text."""
    lines: list[str] = []
    for view, result in figures.items():
        lines += [f"{view} view: {scored_line(result)}"]
        lines += [f"  {'label':18} precision recall     F1  support"]
        for label, row in result["labels"].items():
            precision, recall, f1 = (shown(result, f"labels.{label}.{ratio}", ".3f") for ratio in RATIOS)
            lines += [f"  {label:18} {precision:>9} {recall:>6} {f1:>6} {row['support']:8d}"]
        lines += [
            f"  nag macro-F1 {shown(result, 'nag_macro_f1', '.3f')}, any nag F1 {shown(result, 'any_nag.f1', '.3f')}",
            f"  {_word_shares(result)}",
            f"  calibration error {shown(result, 'calibration_error', '.3f')}; stated and right: "
            f"{_reliability_line(result)}",
            *_language_lines(result["by_language"]),
        ]
        if "main_content" in result:
            main = result["main_content"]
            kinds = ", ".join(f"{kind} {f1:.3f}" for kind, f1 in main["by_kind"].items())
            lines += [f"  main content word F1 {main['word_f1']:.4f} on {main['pages']} pages ({kinds})"]
    return "\n".join(lines) or "no page was scored"


def _word_shares(result: dict[str, Any]) -> str:
    shares = ("content_words_kept", "nag_words_removed", "boilerplate_words_removed")
    return ", ".join(f"{name.replace('_', ' ')} {shown(result, name, '.1%')}" for name in shares)


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
            f"  {name:8} {row['judged_pages']:12d} {row['nag_blocks']:6d} {shown(row, 'nag_macro_f1', '.3f'):>13} "
            f"{shown(row, 'any_nag_f1', '.3f'):>11} {shown(row, 'content_f1', '.3f'):>11} "
            f"{shown(row, 'content_words_kept', '.1%'):>19}"
        )


def markdown_table(figures: dict[str, dict[str, Any]]) -> str:
    """Figures of each view as Markdown tables."""
    parts = []
    for view, result in figures.items():
        rows = []
        for label, row in result["labels"].items():
            ratios = " | ".join(shown(result, f"labels.{label}.{ratio}", ".3f") for ratio in RATIOS)
            interval = _interval(result, f"labels.{label}.f1", row["f1_interval"])
            rows.append(f"| {label} | {ratios} | {interval} | {row['support']} |")
        interval = _interval(result, "nag_macro_f1", result["nag_macro_f1_interval"])
        lines = [
            f"**{view} view**, {scored_line(result)}\n",
            "| label | precision | recall | F1 | 95 % interval | blocks |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            f"Nag macro-F1 {shown(result, 'nag_macro_f1', '.3f')} ({interval}), "
            f"any nag F1 {shown(result, 'any_nag.f1', '.3f')}; {_word_shares(result)}; "
            f"expected calibration error {shown(result, 'calibration_error', '.3f')}.",
        ]
        if "main_content" in result:
            main = result["main_content"]
            lines.append(f"Main content word F1 {main['word_f1']:.3f} on {main['pages']} pages.")
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _interval(result: dict[str, Any], name: str, interval: list[float]) -> str:
    low, high = interval
    return "-" if measured(result, name) is None else f"{low:.3f} to {high:.3f}"
