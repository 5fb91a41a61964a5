"""Two evaluations side by side: what each figure gained or lost, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier import LABELS, ConfigError
from classifier.model import VIEWS
from training.counts import RATIOS, Counts, FloatArray, bounds, figures_of, resampled, rounded
from training.metrics import Metrics

LOWER_IS_BETTER = frozenset({"calibration_error"})


@dataclass(frozen=True, slots=True)
class Delta:
    """What one figure was and is.

    Parameters
    ----------
    name
        Place of the figure in its view, such as ``labels.content.f1``.
    interval
        95 % interval of ``now - before`` over domains, where it could be drawn.
    """

    view: str
    name: str
    before: float
    now: float
    interval: tuple[float, float] | None

    @property
    def change(self) -> float:
        return rounded(self.now - self.before)

    @property
    def verdict(self) -> str:
        """``better`` or ``worse`` where the interval lies on one side of nought, else ``same``."""
        if self.change == 0 or (self.interval is not None and self.interval[0] <= 0 <= self.interval[1]):
            return "same"
        if self.interval is None:
            return "unknown"
        return "better" if (self.change > 0) != (self.name in LOWER_IS_BETTER) else "worse"

    def as_dict(self) -> dict[str, Any]:
        return {
            "figure": f"{self.view}.{self.name}",
            "before": self.before,
            "now": self.now,
            "change": self.change,
            "interval": list(self.interval) if self.interval else None,
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Comparison:
    """All figures that two evaluations share.

    Parameters
    ----------
    is_paired
        Whether both scored the same blocks: domains are then drawn alike for both, which makes
        intervals of the difference narrow.
    """

    is_paired: bool
    deltas: tuple[Delta, ...]

    def of_view(self, view: str) -> list[Delta]:
        return [delta for delta in self.deltas if delta.view == view]

    def as_dict(self) -> dict[str, Any]:
        return {"is_paired": self.is_paired, "deltas": [delta.as_dict() for delta in self.deltas]}

    def table(self) -> str:
        """What changed beyond chance, and the figures over all labels, as lines of text."""
        lines = ["change" if self.is_paired else "change, from a run that scored other blocks"]
        for delta in self.deltas:
            if delta.verdict in ("better", "worse") or not delta.name.startswith("labels."):
                interval = f" ({delta.interval[0]:+.3f} to {delta.interval[1]:+.3f})" if delta.interval else ""
                lines.append(
                    f"  {delta.verdict:7} {delta.view + '.' + delta.name:36} "
                    f"{delta.before:.3f} to {delta.now:.3f}, {delta.change:+.3f}{interval}"
                )
        return "\n".join(lines)


def figure(view: dict[str, Any], name: str) -> float | None:
    """A figure by its dotted name; None where it was not measured.

    Examples
    --------
    >>> figure({"labels": {"content": {"f1": 0.5}}}, "labels.content.f1")
    0.5
    """
    value: Any = view
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return float(value) if isinstance(value, int | float) else None


def measured(view: dict[str, Any], name: str) -> float | None:
    """The same; None too where it is 0 because there is nothing of the kind.

    Examples
    --------
    >>> measured({"nag_words_removed": 0.0, "not_measured": ["nag_words_removed"]}, "nag_words_removed") is None
    True
    """
    return None if name in view.get("not_measured", ()) else figure(view, name)


def figure_names(labels: Sequence[str] = LABELS) -> Iterator[str]:
    """Every figure that is compared, in the order in which it is shown."""
    yield from ("nag_macro_f1", *(f"any_nag.{ratio}" for ratio in RATIOS))
    yield from ("content_words_kept", "nag_words_removed", "boilerplate_words_removed")
    yield from (f"labels.{label}.{ratio}" for label in labels for ratio in RATIOS)
    yield from ("calibration_error", "main_content.word_f1")


def compare(now: Metrics, before: Metrics, where: Path) -> Comparison:
    """What changed from an earlier evaluation.

    Parameters
    ----------
    where
        File of the earlier metrics, for the message.

    Raises
    ------
    ConfigError
        Where the earlier metrics share no view with these.
    """
    is_paired = now["corpus"].get("hash") == before["corpus"].get("hash")
    deltas: list[Delta] = []
    views = [view for view in VIEWS if view in now["views"] and view in before["views"]]
    if not views:
        found = ", ".join(before["views"]) or "no view"
        raise ConfigError(f"{where}: {found} in it, expected one of {', '.join(now['views']) or 'html, text'}")
    for view in views:
        new, old = now["views"][view], before["views"][view]
        drawn = _drawn_differences(new, old, is_paired, where)
        for name in figure_names(now.get("labels", LABELS)):
            value, earlier = measured(new, name), measured(old, name)
            if value is not None and earlier is not None:
                interval = bounds(drawn[name]) if name in drawn else None
                deltas.append(Delta(view, name, earlier, value, (interval[0], interval[1]) if interval else None))
    return Comparison(is_paired, tuple(deltas))


def _drawn_differences(new: dict[str, Any], old: dict[str, Any], is_paired: bool, where: Path) -> dict[str, FloatArray]:
    """What each draw gained on the earlier run, by figure; empty where one of them counted fewer than two domains.

    A single domain can only be drawn as it is: an interval of no width would call any change certain.
    """
    now, before = _domain_counts(new, where), _domain_counts(old, where)
    if len(now) < 2 or len(before) < 2:
        return {}
    draws = resampled(len(now))
    other = draws if is_paired and len(now) == len(before) else resampled(len(before), seed=1)
    # a view tells its labels in the order of its counts
    later = figures_of(now.drawn(draws), list(new.get("labels", LABELS)))
    earlier = figures_of(before.drawn(other), list(old.get("labels", LABELS)))
    return {name: later[name] - earlier[name] for name in later if name in earlier}


def _domain_counts(view: dict[str, Any], where: Path) -> Counts:
    """Counts of each domain in order of name."""
    domains = view.get("by_domain", {})
    try:
        return Counts.by_key(sorted(domains), [Counts.from_lists(domains[name]) for name in sorted(domains)])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{where}: by_domain: not the counts that denag evaluate --json writes: {error}") from error
