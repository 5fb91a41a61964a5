"""Pages of both kinds in several languages and what `Cleaner.clean` makes of them; corpora for runs over files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import Cleaner, Document

HTML_PAGES = {
    "en": """<html lang="en"><body><nav class="menu"><a href="/">Home</a> <a href="/sea">Sea</a></nav>
<article><h1>The lighthouse keeps its keeper</h1>
<p>The harbour board voted on Monday to keep a person in the tower, two years after the lamp was made automatic.</p>
<p>&quot;A machine does not see a rowing boat in fog&quot;, said the keeper, who has lived there since 1998.</p>
<div class="newsletter-signup"><p>Sign up for our newsletter and never miss a story.</p>
<input placeholder="Your e-mail address"><button>Subscribe</button></div></article>
<footer><p>© 2024 The Harbour Post. All rights reserved.</p></footer></body></html>""",
    "de": """<html lang="de"><body><ul class="nav"><li><a href="/">Startseite</a></li><li><a href="/o">Ort</a></li></ul>
<main><h1>Die Mühle mahlt wieder</h1><p>Nach sieben Jahren Stillstand dreht sich das Rad am Bach, und der Müller
verkauft am Samstag das erste Mehl aus eigenem Roggen.</p><div class="paywall"><p>Jetzt weiterlesen mit Plus. Monatlich
kündbar.</p><a href="/abo">Jetzt abonnieren</a></div></main><footer>Impressum | Datenschutz</footer></body></html>""",
    "ja": """<html lang="ja"><body><header><a href="/">ホーム</a></header><article><h1>橋が開通した</h1>
<p>川にかかる新しい橋が月曜日に開通し、町の人々は朝から歩いて渡った。工事には三年かかった。</p></article>
<aside class="donate"><p>ご寄付をお願いします。</p></aside></body></html>""",
}
TEXT_PAGES = {
    "en": """The ferry sails again

After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday.

Tickets cost four crowns, and children ride for free until the autumn.

Sign up for our newsletter and get it in your inbox every Friday.
Subscribe
""",
    "fr": """Le marché couvert rouvre samedi

Fermée depuis l'incendie de mars, la halle accueillera de nouveau une trentaine de producteurs, a annoncé la mairie.

Soutenez notre journal : faites un don dès 5 € par mois.
Je fais un don

© 2024 Tous droits réservés
""",
    "ru": """Переправа открыта

Ледовую переправу через реку открыли в понедельник, сообщили в районной администрации. Проезд разрешён до пяти тонн.

Подпишитесь на нашу рассылку
""",
    "nags": "Subscribe to our newsletter\nEnter your e-mail address\nSubscribe\n",
}
PARAGRAPHS = (
    "The bridge opens on Monday, the council said after a meeting of four hours.",
    "Subscribe to our newsletter and get the news in your inbox every morning.",
    "Advertisement",
    "Engineers had found cracks in two of its pillars when the river was low in the summer.",
    "To read the rest of this story, become a subscriber today for one dollar a week.",
    "Home | News | Sport | Weather | Contact",
    "Die Brücke wird am Montag geöffnet, teilte die Stadt am Freitag mit.",
)


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    """One row a page: ``html`` or ``text``, and columns that nobody may touch."""
    pages = [("html", page) for page in HTML_PAGES.values()] + [("text", page) for page in TEXT_PAGES.values()]
    return [
        {"id": f"page-{n}", "html": page if kind == "html" else None, "text": page if kind == "text" else None, "n": n}
        for n, (kind, page) in enumerate(pages)
    ]


@pytest.fixture(scope="session")
def cleaned(rows: list[dict[str, Any]], cleaner: Cleaner) -> list[str]:
    """What `Cleaner.clean` makes of each row's page."""
    texts = [
        cleaner.clean(
            Document("-", row["html"], "text/html") if row["html"] else Document("-", row["text"], "text/plain")
        )
        for row in rows
    ]
    pages = [row["html"] or row["text"] for row in rows]
    assert texts == [cleaner.clean(page) for page in pages]

    shorter = [len(text) < len(page) for text, page in zip(texts, pages, strict=True)]
    assert sum(shorter) >= 3
    assert any(texts)
    return texts


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
