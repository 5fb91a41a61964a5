"""Pages in canonical markup: parsed with Lexbor, and the tree written back.

Canonical markup (the HTML Standard's fragment serialisation) has every attribute in double
quotes and every ``<`` and ``>`` outside of tags escaped, so ``>`` ends a tag and nothing else.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser

from classifier.segment.bound import bounded
from classifier.segment.decode import utf8_html
from classifier.segment.suspect import tag_initials, tag_starts
from classifier.types import IntArray

STRIPPED = "script style template noscript svg iframe noembed noframes xmp plaintext object".split()
_MIRROR = "selectedcontent"
_SOUGHT = (*STRIPPED, _MIRROR)
_PLACES_OF_TWO = np.zeros(1 << 16, np.uint16)
"""Places in _SOUGHT, as bits, of the names that begin with two letters, the first one the low byte."""
_PLACES_OF_THIRD = np.zeros(256, np.uint16)
"""Likewise by the third letter."""
for _place, _name in enumerate(_SOUGHT):
    for _first, _second, _third in product(*zip(_name[:3], _name[:3].upper(), strict=True)):
        _PLACES_OF_TWO[ord(_second) << 8 | ord(_first)] |= 1 << _place
        _PLACES_OF_THIRD[ord(_third)] |= 1 << _place


def canonical_body(page: str | bytes) -> bytes:
    """Canonical markup of one page's body, without what is never visible.

    Examples
    --------
    >>> canonical_body("<title>T</title><p class=a>One &copy; <!-- two --><script>3</script>")
    b'<body><p class="a">One \\xc2\\xa9 </p></body>'
    """
    source = utf8_html(page)
    lt = tag_starts(source)
    names = _names_within(source, lt)
    stripped = [name for name in names if name != _MIRROR]
    source = bounded(source, lt)
    markup = _serialized(source, stripped, LexborDocumentOptions.WO_EVENTS)
    if _MIRROR in names and b"<selectedcontent" in markup:
        # what the chosen option says stands there only where options tell of changes
        markup = _serialized(source, stripped, LexborDocumentOptions.UNDEF)
    return _without_comments(markup)


def _names_within(source: bytes, lt: IntArray) -> list[str]:
    """Those of the sought names that may be in a page: to strip one takes a walk through the tree."""
    places = _PLACES_OF_TWO[tag_initials(source, lt)]
    found = np.flatnonzero(places)
    third = np.frombuffer(source, np.uint8)[np.minimum(lt[found] + 3, len(source) - 1)]
    within = int(np.bitwise_or.reduce(places[found] & _PLACES_OF_THIRD[third], initial=0))
    return [name for place, name in enumerate(_SOUGHT) if within >> place & 1]


def _serialized(source: bytes, stripped: list[str], options: LexborDocumentOptions) -> bytes:
    parser = LexborHTMLParser(source, scripting=True, options=options)
    parser.strip_tags(stripped)
    node = parser.body
    if node is None:
        parser.strip_tags(["head"])
        node = parser.root
    html = (node.html if node is not None else None) or ""
    return html.encode("utf-8", "replace")


def _without_comments(markup: bytes) -> bytes:
    """Canonical markup without comments; what looks like one inside a tag belongs to a name and stays."""
    raw = np.frombuffer(markup, np.uint8)
    kept = []
    end = behind = 0
    for start in np.flatnonzero((raw[:-1] == ord("<")) & (raw[1:] == ord("!"))).tolist():
        if start < behind or not markup.startswith(b"<!--", start):
            continue
        if markup.rfind(b"<", end, start) > markup.rfind(b">", end, start):
            behind = markup.find(b">", start)
        else:
            kept.append(markup[end:start])
            end = behind = markup.find(b"-->", start) + 3
    return b"".join((*kept, markup[end:])) if kept else markup
