"""A page in a file, rows of each kind, and the type of what runs the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import Document
from classifier.cleaner import segment

Denag = Callable[..., Any]


@pytest.fixture
def page(tmp_path: Path, html_page: str) -> Path:
    path = tmp_path / "page.html"
    path.write_text(html_page, encoding="utf-8")
    return path


@pytest.fixture
def rows(text_page: str, html_page: str) -> list[dict[str, Any]]:
    """Rows of each kind, with fields that are nobody's business."""
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    return [
        {"n": 1, "id": "a", "text": text_page, "url": "https://example.org/a", "meta": {"x": [1, None, "é"]}},
        {"html": html_page, "id": "b", "score": 0.5},
        {"id": "c", "blocks": blocks},
        {"id": "d", "blocks": [{"text": block, "tag": "p"} for block in ("", *blocks, "")], "url": None},
        {"text": "", "id": "e", "big": 2**80},
    ]
