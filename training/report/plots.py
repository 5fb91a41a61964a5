"""Curves as SVG that is set into the page: text stays text, colours are those of the page's style."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from classifier import LABELS
from classifier.labels import MAX_ADDED

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
}
_INK, _GRID = "#010101", "#020202"
_SERIES = {str(label): f"#1000{i:02x}" for i, label in enumerate(LABELS)}
_ADDED = {f"added-{i}": f"#2000{i:02x}" for i in range(1, MAX_ADDED + 1)}
_COLOURS = (
    {_INK: "currentColor", _GRID: "var(--rule)"}
    | {colour: f"var(--{label.replace('_', '-')})" for label, colour in _SERIES.items()}
    | {colour: f"var(--{name})" for name, colour in _ADDED.items()}
)
"""Stand-ins that matplotlib draws with, and what the page's style calls them."""
_DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)), (0, (8, 2, 2, 2)), (0, (4, 4)))
"""Lines differ by dash too: colour alone tells some readers nothing."""


def variable(label: str, labels: Sequence[str]) -> str:
    """What the page's style calls the colour of a label: those beside the six go by their place.

    Examples
    --------
    >>> variable("ad_notice", LABELS), variable("consent_notice", [*LABELS, "consent_notice"])
    ('ad-notice', 'added-1')
    """
    at = list(labels).index(label) if label in labels else 0
    return label.replace("_", "-") if at < len(LABELS) else f"added-{at - len(LABELS) + 1}"


def precision_recall_svg(
    curves: dict[str, dict[str, Any]], name: str, labels: Sequence[str] = tuple(map(str, LABELS))
) -> str:
    """Precision against recall, a line a label; ``name`` keeps the ids of one page's drawings apart."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes("recall", "precision")
        for label, dash in zip(labels, _DASHES, strict=False):
            if label in curves:
                colour = _SERIES.get(label) or _ADDED[variable(label, labels)]
                curve = curves[label]
                text = f"{label.replace('_', ' ')}  {curve['average_precision']:.2f}"
                axes.plot(curve["recall"], curve["precision"], color=colour, linestyle=dash, label=text)
        _legend(axes, "label, average precision")
        return _svg(figure, name, "Precision against recall by label")


def reliability_svg(reliability: dict[str, list[dict[str, Any]]], name: str) -> str:
    """Share of right answers by stated probability; points grow with the number of blocks."""
    with matplotlib.rc_context(_STYLE):
        figure, axes = _axes("stated probability", "share that was right")
        axes.plot([0, 1], [0, 1], color=_GRID, linewidth=1)
        kinds = (("given", "label given", "content", "-"), ("content", "content", "newsletter_prompt", "--"))
        for key, text, colour, dash in kinds:
            bins = reliability[key]
            most = max((row["blocks"] for row in bins), default=1)
            stated, right = [row["stated"] for row in bins], [row["right"] for row in bins]
            sizes = [12 + 120 * row["blocks"] / most for row in bins]
            axes.plot(stated, right, color=_SERIES[colour], linestyle=dash, label=text)
            axes.scatter(stated, right, s=sizes, color=_SERIES[colour], linewidths=0)
        _legend(axes, "probability of")
        return _svg(figure, name, "Reliability: share of right answers by stated probability")


def _axes(x: str, y: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.4, 3.6))
    axes = figure.add_axes((0.09, 0.14, 0.55, 0.82))
    axes.set(xlim=(0, 1.02), ylim=(0, 1.02), xlabel=x, ylabel=y)
    axes.patch.set_visible(False)
    figure.patch.set_visible(False)
    axes.grid(color=_GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, length=3)
    for spine in axes.spines.values():
        spine.set_color(_INK)
    axes.xaxis.label.set_color(_INK)
    axes.yaxis.label.set_color(_INK)
    return figure, axes


def _legend(axes: Axes, title: str) -> None:
    legend = axes.legend(
        loc="upper left",
        bbox_to_anchor=(1.01, 1),
        labelcolor=_INK,
        title=title,
        fontsize=9,
        title_fontsize=9,
        alignment="left",
        handlelength=3,
    )
    legend.get_title().set_color(_INK)


def _svg(figure: Figure, name: str, title: str) -> str:
    """The drawing's SVG element; the same figures give the same bytes."""
    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    for stand_in, colour in _COLOURS.items():
        svg = svg.replace(stand_in, colour)
    # of its attributes the root keeps the box: its size is the page's business
    box = re.search(r'viewBox="[^"]*"', svg)
    start = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" {box[0] if box else ""} role="img" aria-label="{title}">'
    return start + svg[svg.index(">") + 1 :]
