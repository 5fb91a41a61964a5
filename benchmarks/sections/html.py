"""HTML to labels, beside extractors and beside the parse alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.extractors import (
    BOILERPY3,
    JUSTEXT,
    READABILITY,
    RESILIPARSE,
    TRAFILATURA,
    TRAFILATURA_FAST,
    Extractor,
    without_declaration,
)
from benchmarks.pages import Corpora
from benchmarks.peers import absent, missing
from benchmarks.targets import Target
from benchmarks.timing import Times, interleaved, ratio, row
from classifier import Cleaner, Document
from classifier.segment import segment_html

OURS = "denag, label_batch: objects a block"
ARRAYS = "denag, segment_html and predict: arrays"
PARSE = "selectolax (Lexbor), parse alone"
EXTRACTORS = (RESILIPARSE, TRAFILATURA_FAST, TRAFILATURA, JUSTEXT, READABILITY, BOILERPY3)


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Time the same pages through all; targets are judged by ``label_batch``, the slower of our two doors."""
    from selectolax.lexbor import LexborHTMLParser

    sample = corpora.sample(12 if quick else 60)
    htmls = [without_declaration(html) for html in corpora.html(sample)]
    documents = [Document(page.id, html, "text/html") for page, html in zip(sample, htmls, strict=True)]
    cleaner = Cleaner.load()

    def parse() -> None:
        for html in htmls:
            if LexborHTMLParser(html).body is None:
                raise AssertionError("a page without a body")

    contestants: dict[str, Callable[[], object]] = {
        OURS: lambda: cleaner.label_batch(documents),
        ARRAYS: lambda: cleaner.predict(segment_html(htmls)),
        PARSE: parse,
    }
    absences = []
    failures: dict[str, int] = {}
    for extractor in EXTRACTORS:
        if lacking := missing(extractor.distribution):
            absences.append(absent(extractor.name, *lacking))
        else:
            good = _usable(extractor, htmls)
            failures[extractor.name] = len(htmls) - len(good)
            contestants[extractor.name] = _all_of(extractor, good)
    if not any(block.label == "content" for document in cleaner.label_batch(documents) for block in document):
        raise AssertionError("no content found: not worth timing")
    times = interleaved(contestants, 3 if quick else 7)
    return {
        "pages": len(htmls),
        "megabytes": round(sum(map(len, htmls)) / 1e6, 1),
        "blocks": sum(page.batch.n_blocks for page in sample),
        "failed_pages": failures,
        "rows": [_row(times, name, len(htmls), sum(map(len, htmls))) for name in contestants] + absences,
        "targets": [
            _verdict(times, "time of trafilatura (default), in ours", "at least", 15, TRAFILATURA.name, OURS),
            _verdict(times, "time of resiliparse, in ours", "at least", 1.3, RESILIPARSE.name, OURS),
            _verdict(times, "our time, in the parse alone", "at most", 2.5, OURS, PARSE),
            _verdict(times, "our time by arrays, in the parse alone", "at most", 2.5, ARRAYS, PARSE),
        ],
    }


def _usable(extractor: Extractor, htmls: list[str]) -> list[str]:
    """Pages that an extractor gets through; it must find text in at least half of all."""
    texts = [extractor.text(html, "en") for html in htmls]
    if sum(bool(text) for text in texts) < len(htmls) / 2:
        raise AssertionError(f"{extractor.name}: no text for most pages, not worth timing")
    return [html for html, text in zip(htmls, texts, strict=True) if text is not None]


def _all_of(extractor: Extractor, htmls: list[str]) -> Callable[[], object]:
    return lambda: [extractor.extract(html, "en") for html in htmls]


def _verdict(times: Times, name: str, sense: Any, bound: float, one: str, other: str) -> dict[str, object]:
    found = round(ratio(times, one, other), 2) if one in times and other in times else None
    return Target(name, sense, bound, "x").verdict(found)


def _row(times: Times, name: str, n_pages: int, n_chars: int) -> dict[str, Any]:
    result = row(times, name, OURS)
    return result | {
        "ms_per_page": round(result["median_s"] / n_pages * 1e3, 3),
        "pages_per_s": round(n_pages / result["median_s"], 1),
        "mb_per_s": round(n_chars / 1e6 / result["median_s"], 1),
    }
