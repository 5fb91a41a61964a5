"""Corpora and runs that tests of engines, and of faults, need."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

PARAGRAPHS = (
    "The bridge opens on Monday, the council said after a meeting of four hours.",
    "Subscribe to our newsletter and get the news in your inbox every morning.",
    "Advertisement",
    "Engineers had found cracks in two of its pillars when the river was low in the summer.",
    "To read the rest of this story, become a subscriber today for one dollar a week.",
    "Home | News | Sport | Weather | Contact",
    "Die Brücke wird am Montag geöffnet, teilte die Stadt am Freitag mit.",
)


def page_text(i: int) -> str:
    n = len(PARAGRAPHS)
    return "\n\n".join(f"{PARAGRAPHS[(i + k * (1 + i % 5)) % n]} ({i})" for k in range(3 + i % 9)) + "\n"


@pytest.fixture(scope="session")
def corpus_rows() -> Callable[[int], list[dict[str, object]]]:
    """Rows of a corpus: some with ids, languages and addresses, some without."""

    def corpus_rows(n: int) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for i in range(n):
            row: dict[str, object] = {"text": page_text(i), "n": i}
            if i % 3:
                row |= {
                    "id": f"doc-{i}",
                    "url": f"https://{'abc'[i % 3]}.example.org/{i}",
                    "lang": "de" if i % 2 else "en",
                }
            rows.append(row)
        return rows

    return corpus_rows


@pytest.fixture
def corpus(tmp_path: Path, corpus_rows: Callable[[int], list[dict[str, object]]]) -> Path:
    """A JSONL file of 400 rows, about 150 kB, two of which are bad."""
    lines = [json.dumps(row, ensure_ascii=False) for row in corpus_rows(400)]
    lines[7] = '{"text": "torn'
    lines[250] = '{"n": 250}'
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
