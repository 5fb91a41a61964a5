"""Documents made to break things end in one label a block, and their neighbours are not disturbed."""

from __future__ import annotations

import codecs

import numpy as np
import pytest

from classifier import Cleaner, Document

PLAIN = "The bridge opens on Monday, the council said.\n\nSubscribe to our newsletter"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "' + "&a;" * 100 + '"><!ENTITY c "' + "&b;" * 100 + '">]>'

TEXTS: dict[str, str] = {
    "one line of megabytes": "word and more words. " * 150_000,
    "one word of megabytes": "x" * 3_000_000,
    "one word of megabytes in Chinese": "新" * 700_000,
    "thirty thousand blocks": "One short block\n\n" * 30_000,
    "nothing but line ends": "\n" * 2_000_000,
    "nothing but spaces": " \u3000\u2003\u200b" * 300_000,
    "combining marks": "a" + "\u0301" * 500_000,
    "direction marks": "\u202e\u2066abc\u2069" * 50_000,
    "lone surrogates": "\ud800 text \udfff" * 10_000,
    "nul": "a\0b\0\0c" * 10_000,
    "all of Unicode": "".join(map(chr, range(0x11000))),
    "marks only": "!" * 500_000,
    "digits only": "1" * 500_000,
}
PAGES: dict[str, str | bytes] = {
    "entities of entities": ENTITIES + "<p>&c;&c;&c;",
    "entities without end": "<p>" + "&#x" + "f" * 100_000 + "; &" + "a" * 100_000,
    "one attribute of megabytes": "<p class='" + "a " * 1_000_000 + "'>x",
    "one tag without end": "<p " + "a" * 1_000_000,
    "comment without end": "<p>x<!--" + "-" * 1_000_000,
    "utf-16 without a mark": "<p>One</p><p>Two</p>".encode("utf-16-le"),
    "utf-16 with a mark": codecs.BOM_UTF16_BE + "<p>Eins für alle</p>".encode("utf-16-be"),
    "two encodings": "<p>Grüße</p>".encode() + "<p>Grüße</p>".encode("latin-1"),
    "bytes that are nothing": bytes(range(256)) * 1000,
    "fields": "<input placeholder=x>" * 20_000,
    "empty boxes": "<div></div>" * 100_000,
}


def check(cleaner: Cleaner, document: Document) -> list[str]:
    plain = Document("plain", PLAIN, "text/plain")
    before, found, after = cleaner.label_batch([plain, document, plain])
    assert before.labels == after.labels == cleaner.label(plain).labels
    scores = np.array(found.scores)
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1.001)).all()
    assert all(block.text.strip() for block in found)
    return [block.text for block in found]


@pytest.mark.parametrize("kind", TEXTS)
def test_text(kind: str, cleaner: Cleaner) -> None:
    blocks = check(cleaner, Document("x", TEXTS[kind], "text/plain"))
    expected = {"thirty thousand blocks": 30_000, "nothing but line ends": 0, "nothing but spaces": 0}
    if kind in expected:
        assert len(blocks) == expected[kind]
    else:
        assert blocks


@pytest.mark.parametrize("kind", PAGES)
def test_page(kind: str, cleaner: Cleaner) -> None:
    check(cleaner, Document("x", PAGES[kind], "text/html"))


def test_entities_are_not_expanded(cleaner: Cleaner) -> None:
    blocks = check(cleaner, Document("x", PAGES["entities of entities"], "text/html"))
    assert sum(map(len, blocks)) < 2000


def test_utf_16_with_a_mark_is_read(cleaner: Cleaner) -> None:
    assert check(cleaner, Document("x", PAGES["utf-16 with a mark"], "text/html")) == ["Eins für alle"]


@pytest.mark.parametrize("sign", ["\u200b", "\u00ad", "\u2028", "\u3000", "\u202e", "\ufeff", "\u2009", "\u00a0"])
def test_what_shows_nothing_is_no_block(sign: str, cleaner: Cleaner) -> None:
    page = f"<p>One</p><p>{sign}</p><div>{sign} {sign}</div><p>Two</p>"
    assert [block.text for block in cleaner.label(page)] == ["One", "Two"]
    assert [block.text for block in cleaner.label(f"One\n{sign}\n\nTwo")] == ["One", "Two"]
