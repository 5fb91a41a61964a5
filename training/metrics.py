"""``metrics.json``: all figures of one evaluation, with what they were measured on."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from classifier import LABELS, Cleaner, ConfigError
from classifier.model import VIEWS, View
from classifier.readers.standard_input import STANDARD
from classifier.sinks import open_output
from training.corpora import to_standoff
from training.dataset import UNKNOWN, LabelledPage
from training.evaluate import PageScore, by_domain, score_pages, summarise

SCHEMA_VERSION = 1

Metrics = dict[str, Any]

_NUMBERS = re.compile(r"\[\n\s*(-?\d[\d.e-]*(?:,\n\s*-?\d[\d.e-]*)*)\n\s*\]")
"""A list of numbers over several lines; strings never match, for JSON strings hold no line ends."""


def measure(
    cleaner: Cleaner,
    pages: Sequence[LabelledPage],
    split: str | None,
    model: str,
    tell: Callable[[str], None],
    site_repeats: bool = False,
) -> tuple[Metrics, dict[View, list[PageScore]]]:
    """Score pages in both views.

    Parameters
    ----------
    split
        Which domains of the corpora are among the pages, None where none are.
    model
        Digest that names the model.
    site_repeats
        Whether blocks count as evidence that stand on several of the pages of a domain.

    Returns
    -------
    The metrics, and the scores of the pages by view; a view without pages is in neither.
    """
    views: dict[str, Any] = {}
    scored: dict[View, list[PageScore]] = {}
    for view in VIEWS:
        tell(f"scoring {len(pages)} pages, {view} view")
        scores = score_pages(cleaner, pages, view, site_repeats)
        if scores:
            scored[view] = scores
            domains = sorted({score.domain for score in scores})
            counts = by_domain(scores)
            lists = {domain: counts[i].as_lists() for i, domain in enumerate(domains)}
            views[view] = summarise(scores) | {"by_domain": lists}
    corpus = {
        "hash": corpus_hash(pages, cleaner.labels),
        "split": split,
        "pages": len(pages),
        "judged_pages": sum(bool((page.labels != UNKNOWN).any()) for page in pages),
        "judged_blocks": sum(int((page.labels != UNKNOWN).sum()) for page in pages),
        "labels_without_block": sum(page.n_unplaced for page in pages),
        "domains": len({page.domain for page in pages}),
    }
    metrics = {
        "schema_version": SCHEMA_VERSION,
        "denag_version": version("denag"),
        "model": model,
        "labels": list(map(str, cleaner.labels)),
        "corpus": corpus,
        "views": views,
    }
    return metrics, scored


def corpus_hash(pages: Sequence[LabelledPage], labels: Sequence[str] = LABELS) -> str:
    """Digest of what is scored: the words of each page, its judged blocks with their labels, its main text.

    White space, the order of pages and where a page is cut between judged blocks do not count;
    a changed label, a changed page and a label that no longer finds its block do.
    """
    digests = sorted(_page_digest(page, labels) for page in pages)
    return hashlib.blake2b(b"".join(digests), digest_size=16).hexdigest()


def _page_digest(page: LabelledPage, labels: Sequence[str]) -> bytes:
    blocks = page.batch.blocks()
    known = {
        "id": page.id,
        "domain": page.domain,
        "text": "".join("".join(blocks).split()),
        "labels": to_standoff(blocks, page.labels, labels),
        "main_content": page.main_content,
    }
    data = json.dumps(known, sort_keys=True).encode()
    return hashlib.blake2b(data, digest_size=16).digest()


def write_json(path: Path, data: Any) -> None:
    """Write JSON that a person can read: indented, lists of numbers on one line.

    Raises
    ------
    OSError
        Where the file can not be written.
    """
    text = json.dumps(data, indent=1, ensure_ascii=False)
    text = _NUMBERS.sub(lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", text)
    path.write_text(text + "\n", encoding="utf-8")


def write_figures(path: Path, figures: dict[str, Any]) -> None:
    """Write figures as JSON: for people to a file, as one line to standard output.

    Raises
    ------
    InputError, OSError
        Where they can not be written.
    """
    if path != STANDARD:
        write_json(path, figures)
        return
    with open_output(path) as file:
        file.write(json.dumps(figures, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def read_metrics(path: Path) -> Metrics:
    """Metrics that an earlier run wrote.

    Raises
    ------
    ConfigError
        Where the file holds something else, or is of another schema.
    """
    return read_versioned(path, "metrics of denag evaluate --json", ("corpus", "views"))


def read_versioned(path: Path, what: str, needed: Sequence[str]) -> dict[str, Any]:
    """A JSON object of this schema version that has the keys that are needed.

    Raises
    ------
    ConfigError
        Where the file holds something else: what was found and what was expected.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}; expected {what}") from error
    if not isinstance(data, dict) or "schema_version" not in data:
        raise ConfigError(f"{path}: no schema_version in it, expected {what}")
    if data["schema_version"] != SCHEMA_VERSION:
        raise ConfigError(f"{path}: schema_version is {data['schema_version']!r}, expected {SCHEMA_VERSION}")
    if missing := [key for key in needed if not isinstance(data.get(key), dict)]:
        raise ConfigError(f"{path}: no {', '.join(missing)} in it, expected {what}")
    return data
