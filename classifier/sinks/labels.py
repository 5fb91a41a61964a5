"""Labels as JSON lines: what ``denag label`` writes."""

from __future__ import annotations

from typing import IO, Any

import orjson

from classifier.types import LABELS, LabelledDocument


class LabelLines:
    """One line a document: ``{"id", "url", "blocks": [{"text", "label", "score", "start", "end"}, ...]}``.

    Parameters
    ----------
    file
        Binary output.
    probabilities
        Whether each block also tells the probability of every label.
    """

    def __init__(self, file: IO[Any], probabilities: bool = False) -> None:
        self.file = file
        self.probabilities = probabilities

    def write(self, labelled: LabelledDocument) -> None:
        blocks = []
        for block in labelled.blocks:
            row: dict[str, Any] = {
                "text": block.text,
                "label": str(block.label),
                "score": round(block.score, 6),
                "start": block.start,
                "end": block.end,
            }
            if self.probabilities:
                row["probabilities"] = {str(k): round(p, 6) for k, p in zip(LABELS, block.probabilities, strict=True)}
            blocks.append(row)
        document = labelled.document
        name = document.id
        if isinstance(name, str):
            name = name.encode("utf-8", "replace").decode()  # a file's name may be no UTF-8
        self.file.write(orjson.dumps({"id": name, "url": document.url, "blocks": blocks}) + b"\n")
