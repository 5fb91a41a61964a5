"""What goes to the page, and what goes to the label file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

import orjson

from classifier.explain import Explanation, over
from classifier.journal import Run
from classifier.review.dial import Dial
from classifier.types import Document, LabelledDocument

_N_REASONS = 6
_LEAST_SHOWN = 0.05


def document_view(labelled: LabelledDocument, dial: Dial, labels: Sequence[str]) -> bytes:
    """A document as columns, JSON: short for a hundred blocks, bearable for a hundred thousand.

    ``labels`` becomes a digit a block, the place of its label; ``scores`` are thousandths, ``dropped`` are
    the masks of `Dial`.
    """
    digits = {label: str(i) for i, label in enumerate(labels)}
    return orjson.dumps(
        {
            "id": str(labelled.document.id),
            "url": labelled.document.url,
            "has_layout": labelled.document.media_type == "text/html",
            "labels": "".join([digits[block.label] for block in labelled.blocks]),
            "scores": [round(block.score * 1000) for block in labelled.blocks],
            "dropped": dial.masks(labelled),
            "texts": [block.text for block in labelled.blocks],
        }
    )


def runs_view(runs: Iterable[Run], labels: Sequence[str]) -> list[list[int | None]]:
    """Runs of labels with the labels' numbers."""
    number = {label: i for i, label in enumerate(labels)}
    return [[first, last, None if label is None else number[label]] for first, last, label in runs]


def runs_of(labels: Mapping[int, str]) -> list[Run]:
    """Labels by block as runs."""
    runs: list[Run] = []
    # in a run, block and place in the order grow together
    for _, group in groupby(enumerate(sorted(labels.items())), key=lambda item: (item[1][0] - item[0], item[1][1])):
        blocks = [block for _, (block, _) in group]
        runs.append((blocks[0], blocks[-1], labels[blocks[0]]))
    return runs


def reasons_view(explanation: Explanation, labels: Sequence[str]) -> dict[str, Any]:
    """The strongest contributions to a block's label."""
    context = sorted(explanation.context.items(), key=lambda item: -abs(item[1]))
    rival = {"not content": "anything but content"}.get(over(explanation), over(explanation))
    return {
        "label": labels.index(explanation.label),
        "rival": rival,
        "base": round(explanation.base, 2),
        "margin": round(explanation.margin, 2),
        "context": _shown(context),
        "words": _shown(explanation.words),
        "names": _shown(explanation.names),
    }


def _shown(parts: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    return [(name, round(value, 2)) for name, value in parts if abs(value) >= _LEAST_SHOWN][:_N_REASONS]


def label_row(document: Document, texts: list[str]) -> dict[str, Any]:
    """A page of the label format, nobody's labels on it yet; see labels/README.md."""
    row: dict[str, Any] = {"id": str(document.id)}
    if document.url is not None:
        row["url"] = document.url
    known = {k: v for k, v in document.metadata.items() if k != "blocks"}
    if "domain" not in known and document.url is not None and (host := _host(document.url)):
        row["domain"] = host
    row |= known
    if document.media_type == "text/html":
        row["html"] = document.content
    extras = document.metadata.get("blocks") or [{}] * len(texts)
    row["blocks"] = [{"text": text, "label": None, **extra} for text, extra in zip(texts, extras, strict=True)]
    return row


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None
