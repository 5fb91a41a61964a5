"""Labelled pages: the project's own, and real ones of public corpora, as one kind of thing."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from classifier import LABELS, BlockBatch, ConfigError, LabelsError
from classifier.journal import journal_of, key_of_row, read_journal
from classifier.labels import refusal, with_added
from classifier.printable import printable
from classifier.readers.standard_input import STANDARD, check_once, open_input
from classifier.segment import segment_blocks, segment_html, segment_text
from training.layout import laid_out

Split = Literal["train", "dev", "test"]
LabelArray = npt.NDArray[np.int8]
LabelRow = tuple[str, dict[str, Any]]
"""Where a page of a label file stands, and the page."""
LabelFile = Path | Iterable[LabelRow]
"""A label file, ``-`` for standard input, or its rows where they were read already."""

UNKNOWN = -1
LEAST_OF_OWN = 5
"""Blocks of a label of one's own that are needed to learn it."""
LABEL_NUMBER = {str(label): i for i, label in enumerate(LABELS)}


@dataclass(frozen=True, slots=True)
class LabelledPage:
    """One page with what is known of its blocks.

    Parameters
    ----------
    id, domain, lang, kind
        ``domain`` is the registered domain by which data is split; ``kind`` the page or publisher type.
    batch
        The page's blocks, with layout where it came as HTML. One document.
    labels
        Index of each block's label, ``UNKNOWN`` where nobody judged it. Shape (n_blocks,).
    main
        1 where the block belongs to the page's main content, 0 where not, ``UNKNOWN`` where the
        corpus does not say. Shape (n_blocks,).
    main_content
        The corpus's own main text, where it has one.
    written
        Whether the page was written for this project.
    """

    id: str
    domain: str
    lang: str
    kind: str
    batch: BlockBatch
    labels: LabelArray
    main: LabelArray
    main_content: str | None = None
    written: bool = False
    html_batch: BlockBatch | None = None
    """A written page's blocks once more, laid out for the html view."""
    n_unplaced: int = 0
    """Judged blocks of the label file, or stand-off labels, that are no block of the page as it is cut here."""

    @property
    def invented_markup(self) -> bool:
        """Whether the page was written as HTML for this project, on a domain that cannot be (RFC 2606)."""
        has_markup = self.batch.layout is not None and self.html_batch is None
        return self.written and has_markup and self.domain.endswith(".example")

    @property
    def split(self) -> Split:
        """Written pages train; real pages fall by their domain."""
        return "train" if self.written else split_of(self.domain)

    @property
    def bare(self) -> LabelledPage:
        """The same page without layout."""
        text = BlockBatch(self.batch.text, self.batch.doc_offsets)
        return LabelledPage(
            self.id, self.domain, self.lang, self.kind, text, self.labels, self.main, self.main_content, self.written
        )


def split_of(domain: str) -> Split:
    """Train 80, dev 10, test 10 of a hundred registered domains, fixed by hash.

    Examples
    --------
    >>> split_of("example.org") == split_of("example.org")
    True
    """
    share = _hash_share(domain)
    return "train" if share < 0.8 else "dev" if share < 0.9 else "test"


def fold_of(domain: str, n_folds: int, purpose: str = "fold") -> int:
    """Fold of a domain in cross-validation; independent of its split, and of its fold for another purpose."""
    return int(_hash_share(f"{purpose} of {domain}") * n_folds)


def _hash_share(name: str) -> float:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") / 2**64


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Objects of a JSONL file, ``-`` for standard input, with their line numbers.

    Raises
    ------
    LabelsError
        Where a line is not an object.
    """
    with open_input(path) as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise LabelsError(f"{path}:{number}: not JSON: {error}") from error
                if not isinstance(row, dict):
                    raise LabelsError(f"{path}:{number}: expected an object, found {type(row).__name__}")
                yield number, row


def to_stderr(line: str) -> None:
    """Tell a person what a run does not stop at."""
    print(printable(f"denag: {line}"), file=sys.stderr)


def read_labelled_pages(
    paths: Iterable[LabelFile],
    written: bool = True,
    known: Sequence[str] = LABELS,
    warn: Callable[[str], None] = to_stderr,
) -> list[LabelledPage]:
    """Pages in the label format: ``id``, ``blocks`` of ``{"text", "label"}``; ``domain``, ``lang``, ``html`` if known.

    A page with ``html`` is cut anew, and its labels are laid on the blocks that hold their words, see `lay_on`;
    ``label`` null stands for a block nobody judged. Labels that ``denag review`` holds in the journal beside a
    file count. ``known`` are the labels there are, in the order of their numbers; ``warn`` is told of each file
    how many of its labels found no block.

    Raises
    ------
    LabelsError
        Where a row breaks the format: file, line, what was found, what was expected; where there are labels and
        none of them found its block.
    """
    pages: list[LabelledPage] = []
    complaints: list[str] = []
    for path in paths:
        n_labels = n_unplaced = 0
        where = ""
        for where, row in label_rows(path):
            texts, labels = _checked_blocks(row, where, known)
            pages.append(_page_of(row, where, texts, labels, written))
            n_labels += int((labels != UNKNOWN).sum())
            n_unplaced += pages[-1].n_unplaced
        if n_unplaced:
            file = where.rpartition(":")[0]
            complaints.append(f"{file}: {n_unplaced} of {n_labels} labels found no block of the page's markup")
    if complaints and not any((page.labels != UNKNOWN).any() for page in pages):
        raise LabelsError(f"{'; '.join(complaints)}; expected 'blocks' as denag label cuts the page")
    for complaint in complaints:
        warn(complaint)
    return pages


def _page_of(row: dict[str, Any], where: str, texts: list[str], labels: LabelArray, written: bool) -> LabelledPage:
    html_batch, n_unplaced = None, 0
    page_id = str(row.get("id", where))
    main_content = row.get("main_content")
    if isinstance(row.get("html"), str):
        batch = segment_html([row["html"]])
        labels, n_unplaced = lay_on(texts, labels, batch.blocks())
    else:
        batch = segment_blocks([texts])
        if all("tag" in block for block in row["blocks"]):
            boxes = [block.get("group", 0) for block in row["blocks"]]
            html_batch = laid_out(texts, [block["tag"] for block in row["blocks"]], boxes)
    return LabelledPage(
        id=page_id,
        domain=str(row.get("domain") or page_id),
        lang=str(row.get("lang") or "?"),
        kind=str(row.get("kind") or row.get("page_type") or "?"),
        batch=batch,
        labels=labels,
        main=np.full(batch.n_blocks, UNKNOWN, np.int8),
        main_content=main_content if isinstance(main_content, str) else None,
        written=written,
        html_batch=html_batch,
        n_unplaced=n_unplaced,
    )


def labels_with_own(found: Iterable[tuple[str, object]], known: tuple[str, ...]) -> tuple[str, ...]:
    """Known labels, and behind them those of one's own among the labels of some blocks, as they come.

    Parameters
    ----------
    found
        Where each judged block stands, and its label; see `labels_in_files`.
    known
        Those of the model.

    Raises
    ------
    LabelsError
        Where a name can be none, there are too many of them, or one stands on so few blocks that it is
        rather a slip of the pen.

    Examples
    --------
    >>> labels_with_own([("a:1", "consent_notice")] * 5, LABELS)[6:]
    ('consent_notice',)
    """
    own: dict[str, tuple[str, int]] = {}
    for where, label in found:
        if label in known:
            continue
        if not isinstance(label, str) or (reason := refusal(label)):
            reason = reason if isinstance(label, str) else f"{label!r} is no label"
            raise LabelsError(f"{where}: {reason}, expected one of {', '.join(known)}")
        first, n = own.get(label, (where, 0))
        own[label] = first, n + 1
    for label, (first, n) in own.items():
        if n < LEAST_OF_OWN:
            blocks = f"{n} {'block' if n == 1 else 'blocks'}"
            expected = f"expected at least {LEAST_OF_OWN} to learn it, or one of {', '.join(known)}"
            raise LabelsError(f"{first}: {label!r} is no label of the model and stands on {blocks}, {expected}")
    try:
        return with_added(known, own)
    except ConfigError as error:
        raise LabelsError(str(error)) from error


def labels_in_files(paths: Iterable[LabelFile]) -> Iterator[tuple[str, object]]:
    """Where each judged block of label files stands, and its label as it is written."""
    for path in paths:
        for where, row in label_rows(path):
            blocks = row.get("blocks")
            for i, block in enumerate(blocks if isinstance(blocks, list) else ()):
                if isinstance(block, dict) and block.get("label") is not None:
                    yield f"{where}: block {i}", block["label"]


def held(paths: Iterable[Path]) -> list[LabelFile]:
    """Label files that can be read more than once: the rows of standard input are held.

    Raises
    ------
    InputError
        Where standard input is named twice, or can not be read.
    """
    paths = list(paths)
    check_once(paths)
    return [list(label_rows(path)) if path == STANDARD else path for path in paths]


def label_rows(path: LabelFile) -> Iterator[LabelRow]:
    """Rows of a label file with where they stand, the labels of the journal beside it laid on them."""
    if not isinstance(path, Path):
        yield from path
        return
    if path == STANDARD:
        yield from ((f"{path}:{number}", row) for number, row in read_rows(path))
        return
    beside = journal_of(path)
    journal = read_journal(beside)
    known = set()
    for number, row in read_rows(path):
        if journal.pages:
            known.add(key_of_row(row))
            journal.lay_on(row)
        yield f"{path}:{number}", row
    for number, row in enumerate(journal.new_rows(known), 1):
        yield f"{beside}: page {number}", row


def read_seeds(folder: Path) -> list[LabelledPage]:
    """Seed pages: ``NAME.LANG.txt`` or ``.html``, and ``NAME.LANG.labels.jsonl`` with a line for each of their blocks.

    Raises
    ------
    LabelsError
        Where the labels are not those of the page's blocks.
    """
    pages = []
    for path in sorted(folder.glob("*.labels.jsonl")):
        name = path.name.removesuffix(".labels.jsonl")
        markup, text = folder / f"{name}.html", folder / f"{name}.txt"
        if markup.exists():
            batch = segment_html([markup.read_bytes()])
        else:
            batch = segment_text([text.read_text(encoding="utf-8")])
        rows = [row for _, row in read_rows(path)]
        texts, labels = _checked_blocks({"blocks": rows}, str(path))
        if texts != batch.blocks():
            raise LabelsError(f"{path}: {len(texts)} labelled blocks are not the {batch.n_blocks} blocks of {name}")
        main = np.full(batch.n_blocks, UNKNOWN, np.int8)
        lang = name.rsplit(".", 1)[-1]
        pages.append(LabelledPage(name, f"{name}.example", lang, "seed", batch, labels, main, written=True))
    return pages


def _checked_blocks(row: dict[str, Any], where: str, known: Sequence[str] = LABELS) -> tuple[list[str], LabelArray]:
    blocks = row.get("blocks")
    if not isinstance(blocks, list):
        raise LabelsError(f"{where}: expected 'blocks' to be a list, found {type(blocks).__name__}")
    texts, labels = [], []
    for i, block in enumerate(blocks):
        if not isinstance(block, dict) or not isinstance(block.get("text"), str):
            raise LabelsError(f"{where}: block {i}: expected an object with 'text' and 'label'")
        label = block.get("label")
        if label is not None and label not in known:
            hint = "" if refusal(label) else "; denag train --from teaches a model a label of your own"
            expected = f"expected one of {', '.join(known)} or null"
            raise LabelsError(f"{where}: block {i}: {label!r} is no label, {expected}{hint}")
        texts.append(block["text"])
        labels.append(UNKNOWN if label is None else known.index(label))
    return texts, np.array(labels, np.int8)


def lay_on(texts: Sequence[str], labels: LabelArray, blocks: Sequence[str]) -> tuple[LabelArray, int]:
    """Lay the labels of some blocks on blocks that were cut anew, by text and order.

    White space does not count. A text that stands several times answers in its order. What is left over may be
    cut otherwise: a text that is several blocks in a row labels them all, and several texts of one label that
    are one block label it.

    Returns
    -------
    Label of each block, shape (n_blocks,), and how many labels found no block.

    Examples
    --------
    >>> lay_on(["One two", "Gone"], np.array([0, 5], np.int8), ["One", "two", "Three"])
    (array([ 0,  0, -1], dtype=int8), 1)
    """
    wanted, found = ["".join(text.split()) for text in texts], ["".join(block.split()) for block in blocks]
    result = np.full(len(blocks), UNKNOWN, np.int8)
    places: dict[str, list[int]] = {}
    for i in reversed(range(len(found))):
        places.setdefault(found[i], []).append(i)
    left, free = set(range(len(wanted))), set(range(len(found)))
    for j, text in enumerate(wanted):
        if places.get(text):
            i = places[text].pop()
            result[i] = labels[j]
            left.remove(j)
            free.remove(i)
    for j, run in _runs(wanted, left, found, free):
        result[run] = labels[j]
        left.remove(j)
    for i, run in _runs(found, free, wanted, left):
        if len(set(labels[run].tolist())) == 1:
            result[i] = labels[run[0]]
        else:
            left.update(run)
    return result, int((labels[sorted(left)] != UNKNOWN).sum())


def _runs(
    wholes: Sequence[str], open_wholes: Iterable[int], parts: Sequence[str], open_parts: set[int]
) -> Iterator[tuple[int, list[int]]]:
    """Each open whole that open parts in a row make up, with these; they are open no more."""
    starts: dict[str, list[int]] = {}
    for i in sorted(open_parts):
        starts.setdefault(parts[i][:1], []).append(i)
    for whole in sorted(open_wholes):
        text = wholes[whole]
        for first in starts.get(text[:1], ()) if text else ():
            at, end = 0, first
            while end in open_parts and parts[end] and text.startswith(parts[end], at):
                at += len(parts[end])
                end += 1
            if at == len(text):
                run = list(range(first, end))
                open_parts.difference_update(run)
                yield whole, run
                break
