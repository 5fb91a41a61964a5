"""Blocks of a page, and where they stand in it."""

from __future__ import annotations

from classifier.segment import segment_html
from classifier.segment.html import outline
from classifier.types import BlockBatch, Place

Row = tuple[str, int, str, tuple[str, ...]]
"""Text, characters in links, tag path, names."""


def blocks(page: str | bytes) -> list[str]:
    return segment_html([page]).blocks()


def rows_of(batch: BlockBatch) -> list[Row]:
    assert batch.layout is not None
    elements = outline(batch.layout)
    places = [Place(elements, element) for element in batch.layout.element.tolist()]
    return [
        (text, n, place.tag_path, place.names)
        for text, n, place in zip(batch.blocks(), batch.layout.link_chars.tolist(), places, strict=True)
    ]


def rows(page: str) -> list[Row]:
    return rows_of(segment_html([page]))


def paths(page: str) -> list[str]:
    return [row[2] for row in rows(page)]
