"""Text of others on a terminal: what would steer it is shown, not obeyed."""

from __future__ import annotations

import re

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line end, and what is no character of XML."""
_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]"
)
"""Besides: what turns the order of all that follows, ends a line unseen, or is half a character."""


def printable(text: str) -> str:
    r"""Text with control characters and changes of direction spelled out.

    Letters keep the direction that is theirs: Arabic and Hebrew stay readable. Line ends and tabs stay.

    Examples
    --------
    >>> print(printable("\x1b[31mred\u202e"))
    \x1b[31mred\u202e
    """
    return _STEERING.sub(lambda found: ascii(found[0])[1:-1], text)


def one_line(text: str) -> str:
    """The same on one line, white space folded: how tables and lists show a block.

    Examples
    --------
    >>> one_line("for x in y:\\n    print(x)")
    'for x in y: print(x)'
    """
    return printable(" ".join(text.split()))
