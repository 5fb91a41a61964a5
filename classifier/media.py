"""What documents may hold, by the name of their media type."""

from __future__ import annotations

from typing import Literal

from classifier.errors import InputError

MediaType = Literal["text/html", "text/plain", "application/x-blocks"]

_KINDS: dict[str, tuple[type, ...]] = {
    "text/html": (str, bytes),
    "text/plain": (str,),
    "application/x-blocks": (list, tuple),
}
_NAMES: dict[str, MediaType] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/plain": "text/plain",
    "application/x-blocks": "application/x-blocks",
}


def checked_media_type(name: str, content: object, where: str | int) -> MediaType:
    """The media type that a name stands for; a content type may be in capitals and have parameters.

    Raises
    ------
    InputError
        Where it stands for none, or ``content`` is not of its kind.

    Examples
    --------
    >>> checked_media_type("Text/HTML; charset=utf-8", "<p>One</p>", "a page")
    'text/html'
    """
    media_type = _NAMES.get(name) or _NAMES.get(str(name).partition(";")[0].strip().lower())
    if media_type is None:
        raise InputError(f"document {where!r}: found media type {name!r}, expected one of {', '.join(_NAMES)}")
    kinds = _KINDS[media_type]
    if not isinstance(content, kinds):
        expected = " or ".join(kind.__name__ for kind in kinds)
        raise InputError(f"document {where!r}: found {type(content).__name__} as {media_type}, expected {expected}")
    if isinstance(content, list | tuple) and not {str}.issuperset(map(type, content)):
        for i, block in enumerate(content):
            if not isinstance(block, str):
                raise InputError(f"document {where!r}, block {i}: found {type(block).__name__}, expected str")
    return media_type
