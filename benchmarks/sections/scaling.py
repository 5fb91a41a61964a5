"""Cost against size: one page of more and more blocks, one block of more and more characters, one page of HTML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pages import Corpora
from benchmarks.targets import Target
from benchmarks.timing import interleaved, log_log_slope
from classifier import Cleaner, Document

PLOT = Path(__file__).parents[1] / "scaling.svg"
_SETTLED = 1000
"""Slopes are taken from this size on: below it a call costs what it costs."""
_CURVES = {
    "blocks": "one page of n blocks (label_blocks)",
    "chars": "one block of n characters (label_blocks)",
    "paragraphs": "one HTML page of n paragraphs (label)",
}


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Time calls of growing size; blocks are those of corpora pages, one after another."""
    blocks = [block for page in corpora.sample(1500) for block in page.batch.blocks()]
    cleaner = Cleaner.load()
    most_blocks, most_chars = (100_000, 5_000_000) if quick else (1_000_000, 50_000_000)
    blocks = (blocks * (most_blocks // len(blocks) + 1))[:most_blocks]
    prose = _prose(blocks, most_chars)
    rounds = 3 if quick else 7
    curves = {
        "blocks": _curve(lambda n: partial(cleaner.label_blocks, [blocks[:n]]), _sizes(most_blocks), rounds),
        "chars": _curve(lambda n: partial(cleaner.label_blocks, [[prose[:n]]]), _sizes(most_chars), rounds),
        "paragraphs": _curve(
            lambda n: partial(cleaner.label, _page(blocks[:n])), _sizes(min(most_blocks, 100_000)), rounds
        ),
    }
    result: dict[str, Any] = {
        "rows": [
            {"name": _CURVES[curve], "size": size, "median_s": seconds, "ns_per_unit": round(seconds / size * 1e9, 1)}
            for curve, points in curves.items()
            for size, seconds in points.items()
        ],
        "slopes": [
            {"name": _CURVES[curve], "slope": round(log_log_slope([*points], [*points.values()], _SETTLED), 3)}
            for curve, points in curves.items()
        ],
        "from_size": _SETTLED,
        "plot": _plot(curves),
    }
    result["targets"] = [
        Target(f"slope, {row['name']}", "at most", 1.1, "").verdict(row["slope"]) for row in result["slopes"]
    ]
    return result


def _sizes(most: int) -> list[int]:
    """1, 3, 10, 30, ... up to a size.

    Examples
    --------
    >>> _sizes(50)
    [1, 3, 10, 30, 50]
    """
    sizes = [s for k in range(len(str(most))) for s in (10**k, 3 * 10**k) if s < most]
    return [*sizes, most]


def _prose(blocks: Sequence[str], n_chars: int) -> str:
    once = " ".join(blocks)
    return (once * (n_chars // len(once) + 1))[:n_chars]


def _page(blocks: Sequence[str]) -> Document:
    from html import escape

    return Document("-", f"<body>{''.join(f'<p>{escape(block)}</p>' for block in blocks)}</body>", "text/html")


def _curve(call: Callable[[int], Callable[[], object]], sizes: Sequence[int], rounds: int) -> dict[int, float]:
    """Median seconds by size; small calls are repeated within a round until they fill about ten thousand units."""
    repeats = {size: max(1, min(100, 10_000 // size)) for size in sizes}

    def contestant(size: int) -> Callable[[], object]:
        once = call(size)

        def repeated() -> None:
            for _ in range(repeats[size]):
                once()

        return repeated

    times = interleaved({str(size): contestant(size) for size in sizes}, rounds)
    return {size: median(times[str(size)]) / repeats[size] for size in sizes}


def _plot(curves: Mapping[str, Mapping[int, float]]) -> str:
    """Draw the curves; name of the file, or why there is none."""
    try:
        import matplotlib
    except ImportError:
        return "no plot: matplotlib is not installed"
    matplotlib.use("svg")
    from matplotlib import pyplot

    with pyplot.rc_context({"svg.hashsalt": "denag", "svg.fonttype": "none"}):
        figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
        for (curve, points), marker in zip(curves.items(), "os^", strict=True):
            axes.loglog([*points], [*points.values()], marker=marker, markersize=4, label=_CURVES[curve])
        longest = max(size for points in curves.values() for size in points)
        axes.loglog([1000, longest], [1e-3, longest * 1e-6], "k:", linewidth=1, label="1 µs a unit")
        axes.set(xlabel="n", ylabel="seconds a call", title="denag: cost against size, one thread")
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
        figure.savefig(PLOT, metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    return PLOT.name
