"""``results.json`` as Markdown, and as lines for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Cell = Callable[[Any], str]


def _text(value: Any) -> str:
    return str(value)


def _whole(value: Any) -> str:
    return f"{value:,.0f}"


def _short(value: Any) -> str:
    return f"{value:,.4g}"


def _f1(value: Any) -> str:
    return f"{value:.3f}"


def _percent(value: Any) -> str:
    return f"{value:.1%}"


def _plus_minus(value: Any) -> str:
    return f"±{value:.0%}"


def _list(value: Any) -> str:
    return ", ".join(f"{v:,}" for v in value) or "-"


def _settings(value: Any) -> str:
    return ", ".join(f"{key} {v}" for key, v in value.items()) or "-"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a section: the key of its rows in the section's result, a caption, its columns."""

    key: str
    caption: str
    columns: tuple[tuple[str, str, Cell], ...]


_TIMED = (("time, ours = 1", "times_ours", _short), ("spread", "spread", _plus_minus))

TITLES: dict[str, str] = {
    "blocks": "Blocks already cut, many documents a call",
    "single": "One short document a call",
    "html": "HTML to labels",
    "clean": "denag clean, whole process",
    "start": "Cold start",
    "scaling": "Cost against size",
    "accuracy": "Accuracy beside peers",
    "second-pass": "Second pass behind an extractor",
}
"""Sections in the order in which they run and are shown."""

TABLES: dict[str, tuple[Table, ...]] = {
    "blocks": (
        Table(
            "rows",
            "{pages} pages, {blocks:,} blocks, median {median_block_chars} characters; all given the same blocks.",
            (
                ("", "name", _text),
                ("ns/block", "ns_per_block", _whole),
                ("blocks/s", "blocks_per_s", _whole),
                ("MB/s", "mb_per_s", _short),
                *_TIMED,
            ),
        ),
    ),
    "single": (
        Table(
            "rows",
            "{documents} documents of {blocks_a_document} blocks, one a call.",
            (
                ("", "name", _text),
                ("ms/document", "ms_per_document", _short),
                ("blocks/s", "blocks_per_s", _whole),
                *_TIMED,
            ),
        ),
    ),
    "html": (
        Table(
            "rows",
            "{pages} pages, {megabytes} MB of markup, {blocks:,} blocks. Extractors give text, denag labels.",
            (
                ("", "name", _text),
                ("ms/page", "ms_per_page", _short),
                ("pages/s", "pages_per_s", _short),
                ("MB/s", "mb_per_s", _short),
                *_TIMED,
            ),
        ),
    ),
    "clean": (
        Table(
            "rows",
            "JSONL of {megabytes} MB, {rows_in_file:,} documents; {text_kept:.0%} of the text is left.",
            (
                ("", "name", _text),
                ("MB/s", "mb_per_s", _short),
                ("documents/s", "documents_per_s", _whole),
                ("times as fast as denag clean", "times_as_fast", _short),
                ("peak MB of each process", "peak_mb", _list),
                ("spread", "spread", _plus_minus),
            ),
        ),
        Table(
            "memory",
            "Peak memory by file size, one run each.",
            (
                ("MB of JSONL", "megabytes", _whole),
                ("workers", "workers", _text),
                ("peak MB, main process", "main_mb", _whole),
                ("peak MB, others", "others_mb", _list),
                ("MB/s, single run", "mb_per_s", _short),
            ),
        ),
        Table(
            "containers",
            "The same rows in other containers; MB/s counts the plain JSONL.",
            (
                ("", "name", _text),
                ("MB on disk", "mb_on_disk", _short),
                ("MB/s", "mb_per_s", _short),
                ("time, JSONL = 1", "times_ours", _short),
                ("spread", "spread", _plus_minus),
            ),
        ),
    ),
    "start": (
        Table(
            "rows",
            "Whole processes. {modules} modules are loaded by a label run.",
            (("", "name", _text), ("ms", "ms", _short), *_TIMED),
        ),
    ),
    "scaling": (
        Table(
            "slopes",
            "Log-log slopes from size {from_size:,} on; 1 is linear.",
            (("", "name", _text), ("slope", "slope", _f1)),
        ),
        Table(
            "rows",
            "Cost by size.",
            (
                ("", "name", _text),
                ("n", "size", _whole),
                ("s a call", "median_s", _short),
                ("ns a unit", "ns_per_unit", _short),
            ),
        ),
    ),
    "accuracy": (
        Table(
            "rows",
            "{pages} pages of test domains, {judged_blocks:,} judged blocks; main content on {main_content_pages} of "
            "them. Extractors say content or not, no kinds of nag; their main content is scored on the text they give.",
            (
                ("", "name", _text),
                ("nag macro-F1", "nag_macro_f1", _f1),
                ("any-nag F1", "any_nag_f1", _f1),
                ("content words kept", "content_words_kept", _percent),
                ("nag words removed", "nag_words_removed", _percent),
                ("boilerplate words removed", "boilerplate_words_removed", _percent),
                ("main-content word F1", "main_content_f1", _f1),
                ("blocks/s", "blocks_per_s", _whole),
                ("pages/s", "pages_per_s", _short),
                ("failed pages", "failed_pages", _text),
                ("settings chosen on dev domains", "settings", _settings),
            ),
        ),
    ),
    "second-pass": (
        Table(
            "rows",
            "{pages} labelled pages of test domains. Leaked and left: share of the page's nags in the extract, and "
            "after denag; removed and lost: share of what was in the extract.",
            (
                ("extractor", "name", _text),
                ("policy", "policy", _text),
                ("nag blocks on the pages", "nag_blocks", _whole),
                ("nag blocks leaked", "nag_blocks_leaked", _percent),
                ("left", "nag_blocks_left", _percent),
                ("nag words leaked", "nag_words_leaked", _percent),
                ("left", "nag_words_left", _percent),
                ("nag blocks removed", "nag_blocks_removed", _percent),
                ("nag words removed", "nag_words_removed", _percent),
                ("boilerplate words removed", "boilerplate_words_removed", _percent),
                ("content words extracted", "content_words_extracted", _percent),
                ("content words lost", "content_words_lost", _percent),
            ),
        ),
    ),
}


def markdown(results: Mapping[str, Any]) -> str:
    """All sections of a results file as Markdown, with machine facts and targets.

    Parameters
    ----------
    results
        What ``benchmarks/results.json`` holds: by section, its ``result``, ``machine`` and whether it was ``quick``.
    """
    parts = ["# Benchmarks\n\nMade by `python -m benchmarks --table` from `results.json`."]
    runs: dict[str, list[str]] = {}
    for section in TITLES:
        if section in results:
            runs.setdefault(_machine(results[section]), []).append(section)
    for machine, sections in runs.items():
        which = "" if len(runs) == 1 else f"{', '.join(sections)}: "
        parts.append(which + machine)
    parts += [section_markdown(section, results[section]) for section in TITLES if section in results]
    return "\n\n".join(parts) + "\n"


def section_markdown(section: str, entry: Mapping[str, Any]) -> str:
    """One section: its tables, then its targets."""
    result = entry["result"]
    parts = [f"## {TITLES[section]}"]
    if entry["quick"]:
        parts.append("**Quick run: fewer pages and rounds than the figures that may be quoted.**")
    for table in TABLES[section]:
        if rows := result.get(table.key):
            parts.append(table.caption.format(**result))
            parts.append(_markdown_table(table.columns, rows))
    if section == "start":
        heavy = ", ".join(result["heavy_modules"]) or "none"
        parts.append(f"Heavy modules loaded: {heavy} (watched for: {', '.join(result['watched_for'])}).")
    if section == "scaling" and result["plot"].endswith(".svg"):
        parts.append(f"![cost against size]({result['plot']})")
    if targets := result.get("targets"):
        parts.append("\n".join(_target(target) for target in targets))
    return "\n\n".join(parts)


def _markdown_table(columns: Sequence[tuple[str, str, Cell]], rows: Sequence[Mapping[str, Any]]) -> str:
    used = [column for column in columns if any(row.get(column[1]) is not None for row in rows)]
    if all(row.get("skipped") for row in rows):
        used.append(("", "", _text))  # nobody was measured: a column to say so
    lines = ["| " + " | ".join(head for head, _, _ in used) + " |", "|" + "---|" * len(used)]
    for row in rows:
        cells = ["-" if row.get(key) is None else cell(row[key]) for _, key, cell in used]
        if why := row.get("skipped"):
            cells[cells.index("-")] = str(why)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _target(target: Mapping[str, Any]) -> str:
    verdict = {True: "met", False: "**not met**", None: "not measured"}[target["met"]]
    found = "" if target["found"] is None else f"{target['found']:,}, "
    return f"- {target['target']}: {found}target {target['bound']}: {verdict}"


def _machine(entry: Mapping[str, Any]) -> str:
    machine = entry["machine"]
    versions = ", ".join(f"{name} {number or 'not installed'}" for name, number in machine["versions"].items())
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, {machine['system']}, "
        f"Python {machine['python']}, BLAS {machine['blas']}; one thread, garbage collector "
        f"{machine['garbage_collector']}; load {machine['load_at_start']} at the start, {machine['when'][:10]}. "
        f"{versions}. "
        "Times are medians of rounds in which all take their turn; a ratio is the median of the rounds' ratios; "
        "spread is half the distance from the fastest to the slowest round."
    )
