"""The tables of labels/README.md: what is labelled, by language and by source."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from classifier import LABELS
from training.corpora import STANDOFF
from training.dataset import read_rows

LABEL_FOLDER = STANDOFF.parent

_HEADS = ("content", "ad", "donation", "newsletter", "paywall", "boilerplate")
_LEAST_PAGES = 5
"""Languages with fewer pages share a row."""

Entry = tuple[str, str, str, Counter[str]]
"""Source, language and name of a page, and its blocks by label."""


def label_tables(folder: Path = LABEL_FOLDER) -> str:
    """Both tables as Markdown, the larger rows first."""
    entries = list(_entries(folder))
    by_page: Counter[str] = Counter()
    for lang, _ in {(lang, page) for _, lang, page, _ in entries}:
        by_page[lang] += 1
    languages = [
        (lang if by_page[lang] >= _LEAST_PAGES else "others", page, counts) for _, lang, page, counts in entries
    ]
    sources = [(source, page, counts) for source, _, page, counts in entries]
    return f"{_table('language', languages)}\n\n{_table('source', sources)}"


def _entries(folder: Path) -> Iterator[Entry]:
    for source in ("pages", "counter"):
        for path in sorted((folder / source).glob("*.jsonl")):
            for _, row in read_rows(path):
                counts = Counter(block["label"] for block in row["blocks"])
                yield f"`{source}/`", row["lang"], row["id"], counts
    for path in sorted((folder / "standoff").glob("*.jsonl")):
        for _, row in read_rows(path):
            counts = Counter(label for *_, label in row["labels"])
            yield f"`standoff/`, {row['page'].split('/', 1)[0]}", str(row["lang"]), row["page"], counts


def _table(head: str, entries: Iterable[tuple[str, str, Counter[str]]]) -> str:
    pages: dict[str, set[str]] = {}
    blocks: dict[str, Counter[str]] = {}
    for name, page, counts in entries:
        pages.setdefault(name, set()).add(page)
        blocks.setdefault(name, Counter()).update(counts)
    order = sorted(blocks, key=lambda name: (name == "others", -blocks[name].total(), name))
    total: Counter[str] = sum(blocks.values(), Counter())
    rows = [_row(name, len(pages[name]), blocks[name]) for name in order]
    rows.append(_row("**all**", len(set().union(*pages.values())), total))
    return "\n".join([f"| {head} | pages | blocks | {' | '.join(_HEADS)} |", "|---" * (3 + len(_HEADS)) + "|", *rows])


def _row(name: str, n_pages: int, counts: Counter[str]) -> str:
    cells = [name, f"{n_pages:,}", f"{counts.total():,}", *(f"{counts[str(label)]:,}" for label in LABELS)]
    return f"| {' | '.join(cells)} |"
