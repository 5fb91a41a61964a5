"""``denag evaluate``: score, compare, hold against floors, write."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import cast, get_args

from classifier import Cleaner, ConfigError
from classifier.artefact import CONFIG
from classifier.cleaner import default_model
from training.against import compare
from training.corpora import MatchReport, read_corpora
from training.dataset import LabelledPage, Split, read_labelled_pages
from training.gate import Check, Floors, check, gate_table, read_floors, updated
from training.metrics import Metrics, measure, read_metrics, write_json
from training.report.tables import summary_table
from training.worst import KINDS, reasons_for, worst_blocks


@dataclass(frozen=True, slots=True)
class Outputs:
    """What an evaluation writes and is held against.

    Parameters
    ----------
    metrics, report
        Files to write.
    against
        Metrics of an earlier run.
    gate
        File of the floors.
    update_floors, allow_lower
        Whether floors are raised to what is measured less their margin, and whether they may fall.
    """

    metrics: Path | None = None
    report: Path | None = None
    against: Path | None = None
    gate: Path | None = None
    update_floors: bool = False
    allow_lower: bool = False

    def check(self) -> None:
        """Refuse what contradicts itself or could not be finished, before the work begins.

        Raises
        ------
        ConfigError
            Where an option needs another, or the report needs packages that are not there.
        """
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
) -> tuple[str, bool]:
    """Score a model on label files, and on the domains of one split of the corpora.

    Returns
    -------
    What to print, and whether all floors hold.

    Raises
    ------
    ConfigError
        Where neither is named, the split is none, or options contradict each other.
    """
    if not labels and corpora is None:
        raise ConfigError("nothing to score on: expected label files, or --corpora DIR for its test domains")
    domains = _split(split)
    outputs.check()
    earlier = read_metrics(outputs.against) if outputs.against else None
    floors = (
        read_floors(outputs.gate) if outputs.gate and (outputs.gate.exists() or not outputs.update_floors) else None
    )
    folder = default_model() if model is None else model
    cleaner = Cleaner.load(folder)
    pages = _pages(labels, corpora, domains, tell)
    metrics, scored = measure(cleaner, pages, split if corpora else None, _digest(folder), tell)
    worst = {view: worst_blocks(scores, pages) for view, scores in scored.items()}
    for view, kinds in worst.items():
        metrics["views"][view]["worst"] = {kind: [block.as_dict() for block in kinds[kind]] for kind in KINDS}
    lines = [summary_table(metrics["views"])]
    comparison = None
    if earlier is not None and outputs.against is not None:
        comparison = compare(metrics, earlier, outputs.against)
        metrics["against"] = comparison.as_dict() | {"model": earlier.get("model")}
        lines.append(comparison.table())
    checks, told = _gate(metrics, floors, outputs)
    if checks:
        metrics["floors"] = [one.as_dict() for one in checks]
    if outputs.metrics is not None:
        write_json(outputs.metrics, metrics)
    if outputs.report is not None:
        from training.report.page import Against, render_report

        tell("writing the report")
        explained = {
            view: {
                kind: list(zip(blocks, reasons_for(blocks, pages, cleaner, view), strict=True))
                for kind, blocks in kinds.items()
            }
            for view, kinds in worst.items()
        }
        against = None
        if comparison is not None and earlier is not None and outputs.against is not None:
            against = Against(outputs.against.name, earlier, comparison)
        outputs.report.write_text(render_report(metrics, explained, checks, against), encoding="utf-8")
    return "\n".join(lines + told), all(one.holds for one in checks)


def _gate(metrics: Metrics, floors: Floors | None, outputs: Outputs) -> tuple[list[Check], list[str]]:
    """Each floor with what was found, and what to print; floors are updated first where that was asked."""
    if outputs.gate is None:
        return [], []
    told: list[str] = []
    if outputs.update_floors:
        floors, changes = updated(metrics, floors, outputs.allow_lower)
        told = [f"floors of {outputs.gate}: {len(changes)} changed", *(f"  {change}" for change in changes)]
    if floors is None:
        return [], told
    checks = check(metrics, floors)
    told.append(gate_table(checks))
    if outputs.update_floors:
        if all(one.holds for one in checks):
            write_json(outputs.gate, floors.as_dict())
        else:
            told.append(
                f"{outputs.gate} was not written: --allow-lower sets floors to what was measured, less the margin"
            )
    return checks, told


def _pages(
    labels: Sequence[Path], corpora: Path | None, split: Split, tell: Callable[[str], None]
) -> list[LabelledPage]:
    pages = read_labelled_pages(labels)
    if corpora is not None:
        tell(f"reading the corpora of {corpora}")
        pages += read_corpora(corpora, MatchReport(), split=split)
    return pages


def _split(name: str) -> Split:
    for split in get_args(Split):
        if split == name:
            return cast(Split, split)
    raise ConfigError(f"split is {name!r}, expected train, dev or test")


def _digest(folder: Path) -> str:
    """What names a model: the digest of its settings, which hold the digest of its arrays."""
    return hashlib.sha256((folder / CONFIG).read_bytes()).hexdigest()
