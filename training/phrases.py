"""Typed interface phrases, their names masked, and on which side of a split each stands."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from classifier import LabelsError
from training.dataset import LABEL_NUMBER, LabelArray, Split, read_rows, split_of

PHRASES = "phrases.jsonl"

# Stems of names that translators kept; whatever letters follow are the ending of a case.
_STEMS = """Mozill Мозил موزیلا موزيلا Firefox Thunderbird MZLA Liberapay Tarteaucitron Greenpeace Jetpack Liebling
Attila [WV]i[ck]+[iy]?[pw][aeéèēií]+di Viquip[eè]di Vikip[eéēií]+di Vikipetã Википед Вікіпед Вікіпэд
Βικιπαίδεια Վիքիպեդ ვიკიპედი ويكيبيديا ویکی‌پدیا ویکیپدیا ויקיפדיה विकिपीडिय উইকিপিডিয় วิกิพีเดีย
விக்கிப்பீடியா వికీపీడియ ウィキペディア 위키백과 위키피디아 维基百科 維基百科 [WV]i[kc]im[eéèēi]+di
Викимеди Вікімед Вікімэд ويكيميديا ویکی‌مدیا ויקימדיה विकिमीडिय উইকিমিডিয় วิกิมีเดีย ウィキメディア
위키미디어 维基媒体 維基媒體 MediaWiki SponsorBlock RevenueCat LaterPay Mailtrain Listmonk""".split()
_WORDS = (
    "Privacy Badger|Dark Reader|Electronic Frontier Foundation|EFF|Internet Archive|Open Library"
    "|Common Voice|Creative Commons|Big Tech"
    # what stands for a name that the phrases' placeholders held
    "|The Daily Post|La Gaceta|The Signal|Nordlys|Der Kurier|Morning Ledger|Le Courrier|City Herald|Open Letter"
    "|M\\. Costa|Lena K\\.?|Anna|Jonas|Maya|Ravi|Lena"
)
_UNSPACED = r"\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_NAME = re.compile(
    rf"(?:{'|'.join(sorted(_STEMS, key=len, reverse=True))})[^\W\d_{_UNSPACED}]*(?: (?:Foundation|Corporation))?"
    rf"|(?<!\w)(?:{_WORDS})(?!\w)",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\{\{[^{}]*\}\}|\$?\{[^{}]*\}|%(?:\d+\$)?[sd@]|%\([^()]*\)[sd]|%\w+%|(?<!\d)\$[1-4](?![\d.,]?\d)|\[\[[^\[\]]*\]\]"
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'）)]+", re.IGNORECASE)
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|<\d+>|</\d+>")

_INVENTED = """Hollin Kestrel Ardenne Brightwater Tamsin Orvelo Pellham Quillon Sandrey Thorne Ulverton Vantry Wexley
Yarrow Zelander Alcott Birkby Corvale Dunmore Elsworth Fennimore Garrick Halden Ibarra Jessup Kirrin Lansdale Merrow
Norrby Oakhurst Penrose Quenby Rosvall Selkirk Tolland Umberto Vesper Whitlow Ystad Zorin""".split()


def mask_names(text: str) -> str:
    """A phrase with an invented name for every name and placeholder in it, addresses made up, markup gone.

    Which name stands in is drawn from the phrase itself: the same phrase gives the same result
    everywhere, and no one invented name becomes a cue of a label.

    Examples
    --------
    >>> mask_names("Please donate to Wikipedia")
    'Please donate to Ulverton'
    >>> mask_names("{name}, thanks for <b>$5</b>! Write to help@mozilla.org")
    'Zorin, thanks for $5! Write to zorin@zorin.example'
    >>> mask_names("Your gift keeps us going")
    'Your gift keeps us going'
    """
    stand_in = _stand_in(text)
    low = stand_in.lower()
    text = _EMAIL.sub(f"\ue000{low}@{low}.example\ue001", text)
    text = _URL.sub(f"\ue000https://{low}.example\ue001", text)
    text = _PLACEHOLDER.sub(stand_in, _MARKUP.sub("", text))
    text = "".join(
        part[1:-1] if part.startswith("\ue000") else _NAME.sub(stand_in, part)
        for part in re.split("(\ue000[^\ue001]*\ue001)", text)
    )
    return re.sub(rf"\b{stand_in}(?: {stand_in})+\b", stand_in, text)


def _stand_in(text: str) -> str:
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
    return _INVENTED[int.from_bytes(digest, "big") % len(_INVENTED)]


def phrase_split(row: Mapping[str, Any]) -> Split:
    """Side of a split on which a phrase stands with all its translations.

    Translations of one text share ``source`` and ``key``; where a row names no key, all of its source
    stay together.

    Examples
    --------
    >>> first, second = {"source": "a/b", "lang": "fr"}, {"source": "a/b", "lang": "ja"}
    >>> phrase_split(first) == phrase_split(second)
    True
    """
    return split_of(f"phrases of {row.get('source')}\n{row.get('key', '')}")


def read_phrases(folder: Path, split: Split | None = None) -> tuple[list[str], LabelArray]:
    """Typed interface phrases of ``phrases.jsonl``, names masked, where the folder has it.

    Parameters
    ----------
    split
        Take only the phrases of one side; None takes all.

    Raises
    ------
    LabelsError
        Where a row breaks the format.
    """
    path = folder / PHRASES
    if not path.exists():
        return [], np.zeros(0, np.int8)
    texts, labels = [], []
    for number, row in read_rows(path):
        text, label = row.get("text"), row.get("label")
        if not isinstance(text, str) or not isinstance(label, str) or label not in LABEL_NUMBER:
            raise LabelsError(f"{path}:{number}: expected 'text' and 'label', found {label!r} for {text!r}")
        if split is None or phrase_split(row) == split:
            texts.append(mask_names(text))
            labels.append(LABEL_NUMBER[label])
    return texts, np.array(labels, np.int8)
