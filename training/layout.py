"""Written pages as HTML: their blocks in the elements and boxes they were written for, without class names.

The html view would otherwise learn from real pages only, and would trust class names where there
are none to trust.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import groupby

from classifier.segment import segment_html
from classifier.types import BlockBatch

_INLINE = frozenset({"a", "span", "small", "label"})
_WRAPPERS = {
    "li": "<ul><li>{}</li></ul>",
    "td": "<table><tr><td>{}</td></tr></table>",
    "option": "<select><option>{}</option></select>",
    "dt": "<dl><dt>{}</dt></dl>",
    "dd": "<dl><dd>{}</dd></dl>",
    "input": '<input placeholder="{}">',
}


def laid_out(texts: Sequence[str], tags: Sequence[str], groups: Sequence[int]) -> BlockBatch | None:
    """Blocks with layout; None where the page could not be cut back into the same blocks.

    Examples
    --------
    >>> batch = laid_out(["News", "Sign up", "E-mail"], ["h1", "p", "input"], [0, 1, 1])
    >>> batch.blocks() if batch else None
    ['News', 'Sign up', 'E-mail']
    """
    boxes = []
    for _, box in groupby(zip(texts, tags, groups, strict=True), key=lambda block: block[2]):
        parts = "".join(_element(text, tag) for text, tag, _ in box)
        boxes.append(f"<div>{parts}</div>")
    batch = segment_html([f"<body>{''.join(boxes)}</body>"])
    return batch if batch.blocks() == [" ".join(text.split()) for text in texts] else None


def _element(text: str, tag: str) -> str:
    if tag in _INLINE:
        return f"<div><{tag}>{escape(text)}</{tag}></div>"
    return _WRAPPERS.get(tag, f"<{tag}>{{}}</{tag}>").format(escape(text))
