"""What a document may hold, and what is said of what it may not."""

from __future__ import annotations

from typing import Any

import pytest

from classifier import Document, InputError


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("text/html; charset=utf-8", "text/html"),
        ("TEXT/HTML;charset=x", "text/html"),
        ("application/xhtml+xml", "text/html"),
        ("Application/XHTML+XML ; q=1", "text/html"),
        ("text/plain; charset=us-ascii", "text/plain"),
    ],
)
def test_content_types(name: Any, expected: str) -> None:
    assert Document("x", "<p>One", name).media_type == expected


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("x", "application/pdf", "document 'x': found media type 'application/pdf', expected one of text/html, "),
        ("x", "", "found media type '', expected"),
        ("x", None, "found media type None, expected"),
        (7, "text/html", "document 'x': found int as text/html, expected str or bytes"),
        (b"x", "text/plain", "found bytes as text/plain, expected str"),
        ("One", "application/x-blocks", "found str as application/x-blocks, expected list or tuple"),
        (["One", None], "application/x-blocks", "document 'x', block 1: found NoneType, expected str"),
    ],
)
def test_what_is_refused(content: Any, name: Any, told: str) -> None:
    with pytest.raises(InputError) as raised:
        Document("x", content, name)
    assert told in str(raised.value)
