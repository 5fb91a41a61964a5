"""Floors below which no figure of a model may fall, and the blocks they were measured on.

The file pins the hash of what was scored: floors over other blocks say nothing. Content words kept
has the smallest margin, for a nag that stays is a nuisance and content that goes is a loss.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier import LABELS
from classifier.errors import ConfigError
from classifier.model import VIEWS
from training.against import figure, measured
from training.metrics import SCHEMA_VERSION, Metrics, read_versioned

MARGINS = {"content_words_kept": 0.005, "main_content.word_f1": 0.01, "labels.*.f1": 0.03, "*": 0.02}
"""How far below what was measured a floor is set; a single label is less certain than all of them."""
_CORPUS_KEYS = ("hash", "split", "pages", "judged_pages", "judged_blocks")


@dataclass(frozen=True, slots=True)
class Floors:
    """Smallest figures allowed, by view and name.

    Parameters
    ----------
    corpus
        ``hash`` of what was scored, and ``split``, ``judged_blocks`` and the like for people.
    margins
        How far below what was measured floors were set, by name; ``labels.*.f1`` and ``*`` stand for many.
    """

    corpus: dict[str, Any]
    views: dict[str, dict[str, float]]
    margins: dict[str, float]

    def as_dict(self) -> dict[str, Any]:
        return {
            "schema_version": SCHEMA_VERSION,
            "corpus": self.corpus,
            "margins": self.margins,
            "views": self.views,
        }


@dataclass(frozen=True, slots=True)
class Check:
    """One floor with what was found; ``found`` is None where the figure was not measured."""

    name: str
    found: float | str | None
    expected: float | str

    @property
    def holds(self) -> bool:
        if isinstance(self.expected, str):
            return self.found == self.expected
        return isinstance(self.found, float) and self.found >= self.expected

    def as_dict(self) -> dict[str, Any]:
        return {"figure": self.name, "found": self.found, "floor": self.expected, "holds": self.holds}


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one floor, or of the corpus hash, in an update; ``old`` is None where it is new."""

    name: str
    old: float | str | None
    new: float | str

    def __str__(self) -> str:
        if isinstance(self.old, str) or isinstance(self.new, str):
            return f"{self.name}: {self.new}" + (f", was {self.old}" if self.old else "")
        if self.old is None:
            return f"{self.name}: set to {self.new:.4f}"
        verb = "raised" if self.new > self.old else "lowered"
        return f"{self.name}: {verb} from {self.old:.4f} to {self.new:.4f}"


def floor_names(labels: Sequence[str] = LABELS) -> Iterator[str]:
    """Figures that have floors, the strictest first."""
    yield from ("content_words_kept", "nag_words_removed", "boilerplate_words_removed", "nag_macro_f1", "any_nag.f1")
    yield from (f"labels.{label}.f1" for label in labels)
    yield "main_content.word_f1"


def read_floors(path: Path, labels: Sequence[str] = LABELS) -> Floors:
    """Floors of a file, for a model of these labels.

    Raises
    ------
    ConfigError
        Where it holds something else.
    """
    data = read_versioned(path, "floors of denag evaluate --update-floors", ("corpus", "views", "margins"))
    if not isinstance(data["corpus"].get("hash"), str):
        raise ConfigError(f"{path}: corpus: hash is {data['corpus'].get('hash')!r}, expected a string")
    views = {}
    for view, floors in data["views"].items():
        if view not in VIEWS or not isinstance(floors, dict):
            raise ConfigError(f"{path}: views: {view!r} found, expected {' or '.join(VIEWS)} with a floor by name")
        views[view] = {name: _number(value, f"{path}: {view}.{name}") for name, value in floors.items()}
        if unknown := sorted(set(floors) - set(floor_names(labels))):
            raise ConfigError(f"{path}: {view}: {', '.join(unknown)}: no such figure; see docs/evaluate.md")
    margins = {name: _number(value, f"{path}: margins: {name}") for name, value in data["margins"].items()}
    return Floors(data["corpus"], views, margins)


def _number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(f"{where} is {value!r}, expected a number from 0 to 1")
    return float(value)


def check(metrics: Metrics, floors: Floors) -> list[Check]:
    """Each floor against what was measured; the hash of what was scored comes first."""
    checks = [Check("corpus hash", metrics["corpus"]["hash"], floors.corpus["hash"])]
    for view, expected in floors.views.items():
        result = metrics["views"].get(view, {})
        checks += [Check(f"{view}.{name}", figure(result, name), floor) for name, floor in expected.items()]
    return checks


def updated(metrics: Metrics, floors: Floors | None, allow_lower: bool) -> tuple[Floors, list[Change]]:
    """Floors raised to what was measured less the margin; the first ones are pinned to what was scored.

    Parameters
    ----------
    floors
        Those that stand; None where there are none yet.
    allow_lower
        Whether a floor may also be lowered, or go where its figure was not measured, and whether floors may be
        pinned to other blocks: over easier ones any floor holds. Else each stays as it was.
    """
    margins = {**MARGINS, **(floors.margins if floors else {})}
    old_views = floors.views if floors else {}
    views = {} if allow_lower else {view: dict(known) for view, known in old_views.items()}
    changes: list[Change] = []
    for view, result in metrics["views"].items():
        standing = views.setdefault(view, {})
        for name in floor_names(metrics.get("labels", LABELS)):
            value = measured(result, name)
            if value is None or _has_no_block(result, name):
                continue
            old, new = old_views.get(view, {}).get(name), _floor(value, _margin(margins, name))
            if old is not None and not allow_lower:
                new = max(old, new)
            standing[name] = new
            if new != old:
                changes.append(Change(f"{view}.{name}", old, new))
    pinned = floors.corpus["hash"] if floors else None
    if floors is not None and pinned != metrics["corpus"]["hash"] and not allow_lower:
        return Floors(floors.corpus, views, margins), changes
    if pinned != metrics["corpus"]["hash"]:
        changes.insert(0, Change("corpus hash", pinned, metrics["corpus"]["hash"]))
    corpus = {key: metrics["corpus"].get(key) for key in _CORPUS_KEYS}
    return Floors(corpus, views, margins), changes


def _has_no_block(view: dict[str, Any], name: str) -> bool:
    """Whether a figure is the F1 of a label that no block has: it can only be 0."""
    return name.startswith("labels.") and figure(view, f"{name.rpartition('.')[0]}.support") == 0


def _floor(value: float, margin: float) -> float:
    return math.floor(max(value - margin, 0) * 10_000 + 1e-6) / 10_000


def _margin(margins: dict[str, float], name: str) -> float:
    if name in margins:
        return margins[name]
    return margins["labels.*.f1"] if name.startswith("labels.") else margins["*"]


def gate_table(checks: list[Check]) -> str:
    """Checks as lines of text, found and expected of each."""
    lines = ["floors"]
    for one in checks:
        found = "none" if one.found is None else one.found if isinstance(one.found, str) else f"{one.found:.4f}"
        expected = one.expected if isinstance(one.expected, str) else f"at least {one.expected:.4f}"
        lines.append(f"  {'holds' if one.holds else 'FAILS'}  {one.name:34} found {found}, expected {expected}")
    failed = sum(not one.holds for one in checks)
    lines.append(f"  {failed} of {len(checks)} fail" if failed else f"  all {len(checks)} hold")
    return "\n".join(lines)
