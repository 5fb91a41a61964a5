"""``denag evaluate``: score, compare, hold against floors, write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast, get_args

from classifier import Cleaner, ConfigError, LabelsError
from classifier.artefact import CONFIG
from classifier.cleaner import default_model
from classifier.model import View
from classifier.readers.standard_input import STANDARD
from classifier.sinks import open_output
from training.against import Comparison, compare
from training.corpora import MatchReport, read_corpora
from training.dataset import (
    UNKNOWN,
    LabelFile,
    LabelledPage,
    LabelRow,
    Split,
    held,
    label_rows,
    read_labelled_pages,
    to_stderr,
)
from training.gate import Check, check, gate_table, read_floors, updated
from training.metrics import Metrics, measure, read_metrics, write_figures, write_json
from training.report.tables import summary_table
from training.worst import KINDS, Kind, WorstBlock, reasons_for, worst_blocks


@dataclass(frozen=True, slots=True)
class Outputs:
    """What an evaluation writes and is held against.

    Parameters
    ----------
    metrics, report
        Files to write; one of them may be ``-``, standard output.
    against
        Metrics of an earlier run.
    gate
        File of the floors.
    update_floors, allow_lower
        Whether floors are raised to what is measured less their margin, and whether they may fall or be
        pinned to other blocks.
    """

    metrics: Path | None = None
    report: Path | None = None
    against: Path | None = None
    gate: Path | None = None
    update_floors: bool = False
    allow_lower: bool = False

    @property
    def on_standard_output(self) -> bool:
        """Whether metrics or report take standard output, so that nothing else may go there."""
        return STANDARD in (self.metrics, self.report)

    def check(self) -> None:
        """Refuse what contradicts itself or could not be finished, before the work begins.

        Raises
        ------
        ConfigError
            Where an option needs another, two outputs go to one place, or the report needs packages that
            are not there.
        """
        if self.metrics == self.report == STANDARD:
            raise ConfigError("--json - and --report - in one run, expected one of them on standard output")
        if self.update_floors and self.gate is None:
            raise ConfigError("--update-floors without a file: expected --gate FLOORS.json")
        if self.allow_lower and not self.update_floors:
            raise ConfigError("--allow-lower without --update-floors: floors are lowered only when they are updated")
        missing = [name for name in ("jinja2", "matplotlib") if find_spec(name) is None]
        if self.report is not None and missing:
            raise ConfigError(f"--report needs {' and '.join(missing)}: pip install 'denag[report]'")


def evaluate_model(
    labels: Sequence[Path],
    corpora: Path | None,
    model: Path | None,
    split: str,
    outputs: Outputs,
    tell: Callable[[str], None],
    site_repeats: bool = False,
) -> tuple[str, bool]:
    """Score a model on label files, and on the domains of one split of the corpora.

    Returns
    -------
    What to print, without the table where other figures go to standard output; and whether all floors hold.

    Raises
    ------
    ConfigError
        Where neither is named, the split is none, or options contradict each other.
    LabelsError
        Where a label file breaks the format, or nothing on the pages is judged.
    """
    if not labels and corpora is None:
        raise ConfigError("nothing to score on: expected label files, or --corpora DIR for its test domains")
    domains = _split(split)
    outputs.check()
    earlier = read_metrics(outputs.against) if outputs.against else None
    folder = default_model() if model is None else model
    cleaner = Cleaner.load(folder)
    there = outputs.gate is not None and (outputs.gate.exists() or not outputs.update_floors)
    floors = read_floors(outputs.gate, cleaner.labels) if outputs.gate and there else None
    pages = _pages(labels, corpora, domains, cleaner.labels, tell)
    metrics, scored = measure(cleaner, pages, split if corpora else None, _digest(folder), tell, site_repeats)
    worst = {view: worst_blocks(scores, pages) for view, scores in scored.items()}
    for view, kinds in worst.items():
        metrics["views"][view]["worst"] = {kind: [block.as_dict() for block in kinds[kind]] for kind in KINDS}
    lines = [] if outputs.on_standard_output else [summary_table(metrics["views"])]
    comparison = None
    if earlier is not None and outputs.against is not None:
        comparison = compare(metrics, earlier, outputs.against)
        metrics["against"] = comparison.as_dict() | {"model": earlier.get("model")}
        if not outputs.on_standard_output:
            lines.append(comparison.table())
    told: list[str] = []
    if outputs.update_floors:
        floors, changes = updated(metrics, floors, outputs.allow_lower)
        told = [f"floors of {outputs.gate}: {len(changes)} changed", *(f"  {change}" for change in changes)]
    checks = check(metrics, floors) if floors else []
    holds = all(one.holds for one in checks)
    if checks:
        metrics["floors"] = [one.as_dict() for one in checks]
        told.append(gate_table(checks))
    if outputs.metrics is not None:
        write_figures(outputs.metrics, metrics)
    if outputs.report is not None:
        tell("writing the report")
        against = (outputs.against.name, earlier, comparison) if outputs.against and earlier and comparison else None
        page = _report(metrics, worst, pages, cleaner, checks, against)
        with open_output(outputs.report) as file:
            file.write(page.encode("utf-8", "replace"))
    if outputs.gate and outputs.update_floors and floors:
        if holds:
            write_json(outputs.gate, floors.as_dict())
        else:
            told.append(
                f"{outputs.gate} not written: --allow-lower sets floors to what was measured, less the margin, "
                "and pins them to what was scored"
            )
    return "\n".join([*lines, *told]), holds


def _report(
    metrics: Metrics,
    worst: dict[View, dict[Kind, list[WorstBlock]]],
    pages: Sequence[LabelledPage],
    cleaner: Cleaner,
    checks: Sequence[Check],
    earlier: tuple[str, Metrics, Comparison] | None,
) -> str:
    """The page of HTML, with reasons for the worst errors."""
    from training.report.page import Against, render_report

    explained = {
        view: {
            kind: list(zip(blocks, reasons_for(blocks, pages, cleaner, view), strict=True))
            for kind, blocks in kinds.items()
        }
        for view, kinds in worst.items()
    }
    return render_report(metrics, explained, checks, Against(*earlier) if earlier else None)


def _pages(
    labels: Sequence[Path], corpora: Path | None, split: Split, known: tuple[str, ...], tell: Callable[[str], None]
) -> list[LabelledPage]:
    files = [_told_of_answers(path, file) for path, file in zip(labels, held(labels), strict=True)]
    pages = read_labelled_pages(files, known=known)
    if corpora is not None:
        tell(f"reading the corpora of {corpora}")
        report = MatchReport()
        pages += read_corpora(corpora, report, split=split)
        if not report.fits:
            to_stderr(f"{corpora}: {report.n_missing} of {report.n_labels} labels found no block of the page's markup")
    judged = any((page.labels != UNKNOWN).any() for page in pages)
    if not judged and not any(page.main_content and page.batch.layout is not None for page in pages):
        where = ", ".join(map(str, [*labels, *([corpora] if corpora else [])]))
        found = "no judged block" if pages else "no page"
        raise LabelsError(f"{where}: {found} in it, nothing to score; docs/label-files.md says what is expected")
    return pages


def _told_of_answers(path: Path, file: LabelFile) -> Iterator[LabelRow]:
    """Rows of a label file; tells at the end where some of them are answers of a model and not judgements."""
    n = n_answers = 0
    for where, row in label_rows(file):
        n += 1
        n_answers += _is_answer(row)
        yield where, row
    if n_answers:
        told = f"{n_answers} of {n} pages have scores beside their labels, as denag label writes them"
        to_stderr(f"warning: {path}: {told}: answers of a model, unless a person corrected them")


def _is_answer(row: dict[str, Any]) -> bool:
    """Whether blocks of a page carry a label together with its score, and nobody said to be done with it."""
    blocks = row.get("blocks")
    return not row.get("reviewed") and any(
        isinstance(block, dict) and block.get("label") is not None and "score" in block
        for block in (blocks if isinstance(blocks, list) else ())
    )


def _split(name: str) -> Split:
    for split in get_args(Split):
        if split == name:
            return cast(Split, split)
    raise ConfigError(f"split is {name!r}, expected train, dev or test")


def _digest(folder: Path) -> str:
    """What names a model: the digest of its settings, which hold the digest of its arrays."""
    return hashlib.sha256((folder / CONFIG).read_bytes()).hexdigest()
