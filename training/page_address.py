"""What a page's own markup says of its address and language."""

from __future__ import annotations

import re
from html import unescape

_CANONICAL = re.compile(r"<link\b[^>]*\brel\s*=\s*[\"']?canonical\b[^>]*>", re.IGNORECASE)
_OG_URL = re.compile(r"<meta\b[^>]*\bog:url\b[^>]*>", re.IGNORECASE)
_LANG = re.compile(r"<html\b[^>]*?\blang\s*=\s*[\"']?([A-Za-z]{2,3})\b", re.IGNORECASE)


def address_of(html: str) -> str | None:
    """Address a page gives itself: its canonical link, else what it tells social networks.

    Examples
    --------
    >>> address_of('<link rel="canonical" href="https://example.org/a?b&amp;c">')
    'https://example.org/a?b&c'
    """
    for element, attribute in ((_CANONICAL, "href"), (_OG_URL, "content")):
        for tag in element.findall(html):
            value = re.search(rf"\b{attribute}\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", tag, re.IGNORECASE)
            address = unescape(next(filter(None, value.groups()), "")).strip() if value else ""
            if address.startswith(("http://", "https://")):
                return address
    return None


def language_of(html: str) -> str | None:
    """Language the page's root element names, without its region.

    Examples
    --------
    >>> language_of('<html class="no-js" lang="pt-BR">')
    'pt'
    """
    found = _LANG.search(html)
    return found[1].lower() if found else None
