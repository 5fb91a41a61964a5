"""A made-up site of 30 pages with nags in its own words, labelled as ``denag review`` writes them."""

from __future__ import annotations

import random
from typing import Any

Row = dict[str, Any]

PLACES = "Hobb's Sluice|the Eel House|Marram Lane|the Lower Staithe|Gull Point|the Old Ropewalk|Tollgate Farm".split(
    "|"
)
PEOPLE = "Ada Thirkell|Jonas Wray|Widow Pell|the Dunmore brothers|Captain Sayle|Hester Quill|the miller".split("|")
DEEDS = (
    "kept the tide tables in a ledger that the parish still owns",
    "paid the wharf rent in herring for eleven winters",
    "was fined four shillings for mooring across the slipway",
    "asked every household for a penny towards the lifeboat, and got it",
    "printed a letter for subscribers each quarter until the press was sold",
    "measured the marsh on foot and drew the first map of the drains",
    "bought the brick kiln and closed it within a year",
    "taught the children of the bargemen to read by lamplight",
)
ENDINGS = (
    "The account is in the vestry book, in a hand that nobody has named.",
    "Two photographs survive, both taken from the church tower.",
    "What became of the boat is not recorded.",
    "The receipt hangs in the reading room today.",
    "Her granddaughter told the story to the schoolmaster in 1931.",
    "The stones of the quay were carried off for the new road.",
)
NAGS = {
    "donation_appeal": (
        "Mouse-boxes for the ledgers do not grow on trees: be a Keeper for three pounds a month.",
        "The kettle, the lamp and the heating are paid for by Keepers. Become one.",
        "If a page here was worth a bus fare to you, drop the bus fare in the jar.",
        "Every Keeper mends eleven pages a year. Be a Keeper today.",
        "The jar stands at four hundred pounds of nine hundred. Drop something in.",
        "No council, no lottery, just Keepers: three pounds keeps a shelf dry.",
    ),
    "newsletter_prompt": (
        "The Tide Gun is fired on first Sundays. Have it fired at your address.",
        "Hear the Tide Gun: leave an address with the porter.",
        "Four stories and a map on first Sundays, to your door mat or your machine.",
        "The porter wants your address, and promises to send the Tide Gun and nothing else.",
        "Nine hundred neighbours hear the Tide Gun. Hear it too.",
        "Leave your address here and be told when a new box is opened.",
    ),
    "ad_notice": (
        "A neighbour paid for this corner: Pell and Daughters, ropes and awnings.",
        "Neighbour's corner: the Eel House does supper until nine.",
        "This corner was let to Staithe Bicycles. Corners are four pounds a week.",
        "Neighbour's corner: Quill's Bakery, two buns for the price of a reader.",
        "Let a corner of this page. Ask the porter for the rates.",
        "A neighbour paid for this corner: Wray Chimneys, swept by Friday.",
    ),
    "paywall_prompt": (
        "The rest of this box opens with a reading ticket.",
        "Show your reading ticket to turn the page.",
        "You have turned five pages this month. A reading ticket turns the others.",
        "Holders of a reading ticket see the whole box.",
        "Half of this story is behind the rope. Reading tickets lift the rope.",
        "No ticket yet? The rope lifts for eight pounds a year.",
    ),
}
BOXES = {
    "donation_appeal": "kx-lamp",
    "newsletter_prompt": "kx-gun",
    "ad_notice": "kx-corner",
    "paywall_prompt": "kx-rope",
}
HEADER = ("Saltmarsh Boxes", "Boxes", "Maps", "Faces", "The porter")
FOOTER = ("Opened Tuesdays and Thursdays, two until five", "How the boxes are numbered", "Mind the step")


def own_site(first: int = 0, n: int = 30) -> list[Row]:
    """Rows of the label format: pages ``first`` to ``first + n`` of the site, with markup."""
    return [_page(number) for number in range(first, first + n)]


def _page(number: int) -> Row:
    draw = random.Random(number)
    story = [
        f"{draw.choice(PEOPLE)} at {draw.choice(PLACES)} {draw.choice(DEEDS)}. {draw.choice(ENDINGS)}"
        for _ in range(draw.randint(4, 8))
    ]
    title = f"Box {number + 101}: {draw.choice(PEOPLE)} and {draw.choice(PLACES)}"
    parts = [("boilerplate", "kx-top", text) for text in HEADER]
    parts += [("content", "kx-box", title)]
    middle = [("content", "kx-box", text) for text in story]
    kinds = draw.sample(sorted(NAGS), 3)
    if "paywall_prompt" in kinds:  # the rope hangs below the story
        kinds.remove("paywall_prompt")
        middle.append(("paywall_prompt", BOXES["paywall_prompt"], draw.choice(NAGS["paywall_prompt"])))
    for kind in kinds:
        at = draw.randint(1, len(story))
        middle[at:at] = [(kind, BOXES[kind], text) for text in draw.sample(NAGS[kind], draw.randint(1, 2))]
    parts += middle + [("boilerplate", "kx-foot", text) for text in FOOTER]
    markup = "".join(f'<div class="{box}"><p>{text}</p></div>' for _, box, text in parts)
    blocks = [{"text": text, "label": label} for label, _, text in parts]
    return {
        "id": f"box-{number + 101}",
        "url": f"https://boxes.example/{number + 101}",
        "domain": "boxes.example",
        "lang": "en",
        "html": f"<html><head><title>{title}</title></head><body>{markup}</body></html>",
        "blocks": blocks,
    }
