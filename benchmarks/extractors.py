"""Main-content extractors: markup in, text out, each with the settings its own documentation recommends."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from classifier.segment import segment_html

Extract = Callable[[str, str], Any]
_DECLARATION = re.compile(r"\A\ufeff?\s*<\?xml[^>]*\?>")
_STOPLISTS = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "hu": "Hungarian", "id": "Indonesian", "it": "Italian", "ko": "Korean",
    "nl": "Dutch", "no": "Norwegian_Bokmal", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian",
    "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "vi": "Vietnamese",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extractor:
    """A library's extraction, and how its result becomes text.

    Parameters
    ----------
    name, distribution
        As shown, and as installed.
    extract
        Result for markup and its language; this is what is timed.
    to_text
        Text of that result, a line a paragraph.
    """

    name: str
    distribution: str
    extract: Extract
    to_text: Callable[[Any], str] = str

    def text(self, html: str, lang: str) -> str | None:
        """Main text of a page; None where the library failed on it."""
        try:
            return self.to_text(self.extract(without_declaration(html), lang))
        except Exception as error:  # whatever a peer raises on somebody's page is its own
            logging.getLogger(__name__).debug("%s: %s", self.name, error)
            return None


def without_declaration(html: str) -> str:
    """Markup without the XML declaration that lxml refuses in a string.

    Examples
    --------
    >>> without_declaration('<?xml version="1.0" encoding="utf-8"?><html></html>')
    '<html></html>'
    """
    return _DECLARATION.sub("", html)


def _trafilatura(html: str, lang: str, **options: bool) -> str:
    import trafilatura

    return trafilatura.extract(html, **options) or ""


def _resiliparse(html: str, lang: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(html, main_content=True, preserve_formatting=True))


def _justext(html: str, lang: str) -> Any:
    import justext

    return justext.justext(html, justext.get_stoplist(_STOPLISTS.get(lang, "English")))


def _justext_text(paragraphs: Any) -> str:
    return "\n".join(" ".join(p.text.split()) for p in paragraphs if not p.is_boilerplate)


def _readability(html: str, lang: str) -> str:
    from readability import Document

    return str(Document(html).summary())


def _readability_text(summary: str) -> str:
    return "\n".join(segment_html([summary]).blocks())


def _boilerpy3(html: str, lang: str) -> str:
    from boilerpy3.extractors import ArticleExtractor

    return str(ArticleExtractor(raise_on_failure=False).get_content(html))


TRAFILATURA = Extractor("trafilatura", "trafilatura", _trafilatura)
TRAFILATURA_FAST = Extractor("trafilatura, fast", "trafilatura", partial(_trafilatura, fast=True))
TRAFILATURA_RECALL = Extractor("trafilatura, favor_recall", "trafilatura", partial(_trafilatura, favor_recall=True))
RESILIPARSE = Extractor("resiliparse, main content", "resiliparse", _resiliparse)
JUSTEXT = Extractor("jusText", "jusText", _justext, _justext_text)
READABILITY = Extractor("readability-lxml", "readability-lxml", _readability, _readability_text)
BOILERPY3 = Extractor("boilerpy3, article", "boilerpy3", _boilerpy3)


def quiet() -> None:
    """Peers tell their trouble with single pages on standard error; their failures are counted instead."""
    for name in ("trafilatura", "readability", "readability.readability", "htmldate", "boilerpy3", "courlan"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
