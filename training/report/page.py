"""The evaluation as one page of HTML: no script, no network, printable; every text of others is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from classifier import LABELS
from classifier.model import VIEWS, View
from training.against import Comparison, measured
from training.gate import Check
from training.metrics import Metrics
from training.report.plots import precision_recall_svg, reliability_svg, variable
from training.worst import Kind, Reasons, WorstBlock

_MINUS = "\N{MINUS SIGN}"
_NONE = "\N{EN DASH}"
_SHOWN_CHARS = 600
_MARKS = {
    "better": " \N{BLACK UP-POINTING TRIANGLE}",
    "worse": " \N{BLACK DOWN-POINTING TRIANGLE}",
    "same": "",
    "unknown": "",
}
_SHORT = dict(zip(map(str, LABELS), ("content", "ad", "donation", "newsletter", "paywall", "boilerplate"), strict=True))
_FORMATS = {"ratio": ".3f", "exact": ".4f", "share": ".1%", "percent": ".0%", "tenth": ".1f", "odds": ".1f"}
_TILES = (
    ("nag_macro_f1", "nag macro-F1", "ratio"),
    ("any_nag.f1", "any nag F1", "ratio"),
    ("content_words_kept", "content words kept", "share"),
    ("nag_words_removed", "nag words removed", "share"),
    ("boilerplate_words_removed", "boilerplate words removed", "share"),
    ("main_content.word_f1", "main content word F1", "ratio"),
    ("calibration_error", "calibration error", "ratio"),
)

Worst = Mapping[View, Mapping[Kind, Sequence[tuple[WorstBlock, Reasons]]]]


@dataclass(frozen=True, slots=True)
class Against:
    """An earlier evaluation, and what changed since."""

    name: str
    metrics: Metrics
    comparison: Comparison


def render_report(metrics: Metrics, worst: Worst, checks: Sequence[Check], against: Against | None) -> str:
    """The page.

    Parameters
    ----------
    worst
        By view, the worst errors with their reasons.
    checks
        Floors with what was found; empty where there are none.
    """
    environment = Environment(
        loader=PackageLoader("training.report", ""), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"figure": _figure, "signed": _signed, "shortened": _shortened, "named": _named}
    views = metrics["views"]
    return environment.get_template("report.html.j2").render(
        metrics=metrics,
        drawings={view: _drawings(view, result, metrics["labels"]) for view, result in views.items()},
        worst=worst,
        checks=checks,
        checks_by_view={view: [c for c in checks if c.name.startswith(f"{view}.")] for view in VIEWS},
        failed=sum(not check.holds for check in checks),
        comparison=against.comparison if against else None,
        against_name=against.name if against else None,
        earlier=against.metrics if against else None,
        changes=_changes(against) if against else {},
        by_language=_groups(views, "by_language"),
        by_kind=_groups(views, "by_kind"),
        rows_of=_rows,
        tiles=_tiles,
        marks=_MARKS,
        variables={label: variable(label, metrics["labels"]) for label in (*metrics["labels"], "any_nag")},
        short={label: _SHORT.get(label, label.replace("_", " ")) for label in metrics["labels"]},
    )


def _drawings(view: str, result: dict[str, Any], labels: Sequence[str]) -> dict[str, Markup]:
    """Our own SVG, the one thing that is not escaped: it holds figures and the names of labels."""
    return {
        "precision_recall": Markup(precision_recall_svg(result["precision_recall"], f"{view}-pr", labels)),
        "reliability": Markup(reliability_svg(result["reliability"], f"{view}-rel")),
    }


def _rows(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Labels, then all nags as one; None in place of figures of which there is nothing."""
    rows = [(label, f"labels.{label}", row) for label, row in result["labels"].items()]
    rows.append(("any_nag", "any_nag", result["any_nag"]))
    lacking = set(result.get("not_measured", ()))
    return [
        (label, {key: None if f"{name}.{key.removesuffix('_interval')}" in lacking else row[key] for key in row})
        for label, name, row in rows
    ]


def _tiles(result: dict[str, Any]) -> list[dict[str, Any]]:
    tiles = []
    for name, title, form in _TILES:
        holder, _, key = name.rpartition(".")
        row = result.get(holder) if holder else result
        if row is not None:
            value = measured(result, name)
            interval = None if value is None else row.get(f"{key}_interval")
            tiles.append({"name": name, "title": title, "as": form, "value": value, "interval": interval})
    return tiles


def _changes(against: Against) -> dict[str, dict[str, Any]]:
    names = [name for name, _, _ in _TILES]
    deltas = against.comparison.deltas
    return {
        view: {name: next((d for d in deltas if (d.view, d.name) == (view, name)), None) for name in names}
        for view in VIEWS
    }


def _groups(views: dict[str, Any], key: str) -> list[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Each language or kind with its rows by view: those with most nags first."""
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for view, result in views.items():
        for group, row in result[key].items():
            groups.setdefault(group, []).append((view, row))
    return sorted(groups.items(), key=lambda item: (-max(row["nag_blocks"] for _, row in item[1]), item[0]))


def _named(name: str) -> str:
    """A figure's name as people say it.

    Examples
    --------
    >>> _named("html.labels.ad_notice.f1"), _named("nag_macro_f1")
    ('ad notice F1', 'nag macro-F1')
    """
    parts = [part for part in name.split(".") if part not in (*VIEWS, "labels")]
    return " ".join(parts).replace("_", " ").replace("macro f1", "macro-F1").replace("f1", "F1")


def _figure(value: float | None, form: str) -> str:
    """A figure as it is printed; a dash where there is nothing it could speak of.

    Examples
    --------
    >>> _figure(0.93251, "share"), _figure(0.5, "ratio"), _figure(None, "ratio") == _NONE
    ('93.3%', '0.500', True)
    """
    return _NONE if value is None else format(value, _FORMATS[form])


def _signed(value: float, form: str) -> str:
    """A difference with its sign; one that rounds to nought has none.

    Examples
    --------
    >>> _signed(0.0123, "ratio"), _signed(-0.00001, "ratio")
    ('+0.012', '0.000')
    """
    text = format(abs(value), _FORMATS[form])
    if not any(digit in text for digit in "123456789"):
        return text
    return ("+" if value > 0 else _MINUS) + text


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[:_SHOWN_CHARS].rsplit(" ", 1)[0] + " …"
