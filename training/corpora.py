"""Public corpora: real pages the user has, and the project's stand-off labels for them.

A stand-off label names a page, a block by the hash of its words, and the label; no text of anybody
else's page is in this repository.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from classifier import LABELS, InputError, LabelsError
from classifier.segment import segment_html
from training.dataset import LABEL_NUMBER, UNKNOWN, LabelArray, LabelledPage, Split, read_rows, split_of
from training.main_content import main_labels

STANDOFF = Path(__file__).parents[1] / "labels" / "standoff"
_MAX_MISSING = 0.01
_COLUMNS = {"id", "domain", "html"}
_MORE_COLUMNS = {"lang", "page_type", "main_content"}


@dataclass(slots=True)
class MatchReport:
    """How many stand-off labels found their block."""

    n_pages: int = 0
    n_labels: int = 0
    missing_pages: list[str] = field(default_factory=list)
    missing_blocks: Counter[str] = field(default_factory=Counter)

    @property
    def n_missing(self) -> int:
        return self.missing_blocks.total()

    @property
    def missing_share(self) -> float:
        """Labels without a block, of all labels of pages that are there."""
        return self.n_missing / max(self.n_labels, 1)

    @property
    def fits(self) -> bool:
        """Whether at most one label in a hundred found no block."""
        return self.missing_share <= _MAX_MISSING

    @property
    def is_sound(self) -> bool:
        """Whether all labelled pages are there and the labels fit."""
        return not self.missing_pages and self.fits

    def __str__(self) -> str:
        return (
            f"{self.n_pages} pages, {self.n_labels} labels, {self.n_missing} without a block "
            f"({self.missing_share:.2%}), {len(self.missing_pages)} labelled pages not in the corpora"
        )


def block_hash(text: str) -> str:
    """Twelve hex digits that name a block's text, white space left out.

    Examples
    --------
    >>> block_hash("Sign up") == block_hash(" Sign  up")
    True
    """
    return hashlib.blake2b("".join(text.split()).encode("utf-8", "replace"), digest_size=6).hexdigest()


def to_standoff(blocks: Sequence[str], labels: LabelArray, names: Sequence[str] = LABELS) -> list[list[str | int]]:
    """Judged blocks of a page as ``[hash, n, label]``: the ``n``-th block with that hash, counted from 0."""
    seen: Counter[str] = Counter()
    rows: list[list[str | int]] = []
    for text, label in zip(blocks, labels.tolist(), strict=True):
        key = block_hash(text)
        if label != UNKNOWN:
            rows.append([key, seen[key], str(names[label])])
        seen[key] += 1
    return rows


def from_standoff(blocks: Sequence[str], rows: Sequence[Sequence[Any]], page: str, report: MatchReport) -> LabelArray:
    """Labels of a page's blocks; those without a block are counted in the report. Shape (n_blocks,)."""
    labels = np.full(len(blocks), UNKNOWN, np.int8)
    places: dict[str, list[int]] = {}
    for i, text in enumerate(blocks):
        places.setdefault(block_hash(text), []).append(i)
    for key, n, label in rows:
        found = places.get(key, [])
        report.n_labels += 1
        if n < len(found):
            labels[found[n]] = LABEL_NUMBER[label]
        else:
            report.missing_blocks[page] += 1
    return labels


def read_standoff(folder: Path = STANDOFF) -> dict[str, list[list[Any]]]:
    """Stand-off labels by page.

    Raises
    ------
    LabelsError
        Where a row breaks the format.
    """
    pages: dict[str, list[list[Any]]] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, row in read_rows(path):
            labels = row.get("labels")
            if not isinstance(row.get("page"), str) or not isinstance(labels, list):
                raise LabelsError(f"{path}:{number}: expected 'page' (a string) and 'labels' (a list)")
            for entry in labels:
                if not (isinstance(entry, list) and len(entry) == 3 and entry[2] in LABEL_NUMBER):
                    raise LabelsError(f"{path}:{number}: expected [hash, number, label], found {entry!r}")
            pages.setdefault(row["page"], []).extend(labels)
    return pages


def read_corpora(
    folder: Path, report: MatchReport, standoff: Path = STANDOFF, split: Split | None = None
) -> Iterator[LabelledPage]:
    """Real pages of the Parquet files of a folder, with what stand-off labels and main text say of their blocks.

    Parameters
    ----------
    folder
        Holds ``*.parquet`` with the columns ``id, domain, html`` and, where known, ``lang, page_type,
        main_content``.
    report
        Is filled while pages are read.
    split
        Only pages of these domains, which spares cutting the others; None reads all.

    Raises
    ------
    InputError
        Where the folder holds no such file, or one that is torn or lacks a column.
    """
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise InputError(f"{folder}: no .parquet file in it, expected the corpora that labels/README.md names")
    labels_of = read_standoff(standoff)
    for path in paths:
        for row in _parquet_rows(path):
            labels = labels_of.pop(row["id"], [])
            if split is None or split_of(row["domain"]) == split:
                report.n_pages += 1
                yield _corpus_page(row, labels, report)
    report.missing_pages = sorted(labels_of)


def check_match(folder: Path, standoff: Path = STANDOFF) -> MatchReport:
    """How well the stand-off labels match the corpora of a folder."""
    report = MatchReport()
    for _ in read_corpora(folder, report, standoff):
        pass
    return report


def parquet_size(path: Path) -> int:
    """Rows of a corpus file that has the columns it needs."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, set(file.schema_arrow.names))
            return int(file.metadata.num_rows)
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file: {error}") from error


def _check_columns(path: Path, names: set[str]) -> None:
    if missing := sorted(_COLUMNS - names):
        raise InputError(f"{path}: no column {', '.join(missing)}, expected {', '.join(sorted(_COLUMNS))}")


def _parquet_rows(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            _check_columns(path, names)
            for batch in file.iter_batches(64, columns=sorted((_COLUMNS | _MORE_COLUMNS) & names)):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: not a whole Parquet file: {error}") from error


def _corpus_page(row: dict[str, Any], standoff: list[list[Any]], report: MatchReport) -> LabelledPage:
    batch = segment_html([row["html"]])
    blocks = batch.blocks()
    labels = from_standoff(blocks, standoff, row["id"], report)
    main_content = row.get("main_content")
    return LabelledPage(
        id=row["id"],
        domain=row["domain"],
        lang=row.get("lang") or "?",
        kind=row.get("page_type") or "?",
        batch=batch,
        labels=labels,
        main=main_labels(blocks, main_content) if main_content else np.full(len(blocks), UNKNOWN, np.int8),
        main_content=main_content,
        n_unplaced=report.missing_blocks[row["id"]],
    )
