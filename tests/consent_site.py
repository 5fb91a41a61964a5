"""A made-up site of small pages with consent notices beside newsletter prompts, labelled as ``denag review`` does."""

from __future__ import annotations

import random
from typing import Any

Row = dict[str, Any]

SUBJECTS = "The ropewalk|The lock keeper|Our swimming club|The bell foundry|The allotment board|The ferry crew".split(
    "|"
)
DEEDS = (
    "mended the east gate after the storm and asked nobody for a penny",
    "voted on Tuesday to keep the old timetable for another year",
    "found a box of letters from the winter of 1911 behind the stove",
    "will open the yard to visitors on the second Saturday in May",
    "planted forty pear trees along the towpath before the frost came",
    "was given a brass lamp by the widow of the last pilot",
    "measured the water at the weir and found it a hand lower than in spring",
)
TAILS = (
    "The minutes are in the reading room.",
    "Children carried the tools.",
    "Nobody could say who had begun it.",
    "A photograph hangs in the hall.",
    "The river froze two days later.",
)
CONSENT = (
    "We and our 214 partners keep crumbs on your machine to measure how you read.",
    "May we keep crumbs on your machine? You can change your mind in the crumb jar.",
    "Crumbs help us count readers. Some crumbs are needed, others you may refuse.",
    "By reading on you let us and our partners keep measuring crumbs.",
    "This page keeps crumbs for statistics. Read the crumb policy.",
    "Your crumbs, your choice: needed crumbs only, or all of them.",
)
FIRST_NEW_WORDS, FIRST_HALF = 12, 4
"""Pages from this number on have notices that no earlier page has: all but the first few."""
CONSENT_BUTTONS = ("Accept all crumbs", "Needed crumbs only", "Open the crumb jar")
LETTER = (
    "Get the Weir Letter every Friday: leave your e-mail address.",
    "Sign up for the Weir Letter and have it in your inbox.",
    "The Weir Letter comes on Fridays. Subscribe with your e-mail address.",
    "Two thousand neighbours read the Weir Letter. Sign up for it.",
)
HEADER = ("The Weir", "News", "Clubs", "Archive")
FOOTER = ("© The Weir, printed at the old mill", "Imprint")


def consent_site(first: int = 0, n: int = 20) -> list[Row]:
    """Rows of the label format with markup: pages ``first`` to ``first + n``."""
    return [_page(number) for number in range(first, first + n)]


def _page(number: int) -> Row:
    draw = random.Random(number)
    known = CONSENT[:FIRST_HALF] if number < FIRST_NEW_WORDS else CONSENT
    story = [f"{draw.choice(SUBJECTS)} {draw.choice(DEEDS)}. {draw.choice(TAILS)}" for _ in range(draw.randint(3, 6))]
    notice = [("consent_notice", "wr-jar", text) for text in draw.sample(known, draw.randint(1, 2))]
    notice += [("consent_notice", "wr-jar", text) for text in draw.sample(CONSENT_BUTTONS, draw.randint(1, 3))]
    letter = [("newsletter_prompt", "wr-letter", draw.choice(LETTER)), ("newsletter_prompt", "wr-letter", "Subscribe")]
    body = [("content", "wr-text", text) for text in story]
    at = draw.randint(1, len(body))
    body[at:at] = letter
    parts = [("boilerplate", "wr-top", text) for text in HEADER]
    parts += body if number % 2 else notice + body
    parts += notice if number % 2 else []
    parts += [("boilerplate", "wr-foot", text) for text in FOOTER]
    markup = "".join(f'<div class="{box}"><p>{text}</p></div>' for _, box, text in parts)
    return {
        "id": f"weir-{number}",
        "url": f"https://weir.example/{number}",
        "domain": "weir.example",
        "lang": "en",
        "html": f"<html><body>{markup}</body></html>",
        "blocks": [{"text": text, "label": label} for label, _, text in parts],
    }
