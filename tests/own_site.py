"""A made-up site of 30 pages with nags in its own words, labelled as ``denag review`` writes them.

From page `FIRST_OTHER` on, every nag, every piece of furniture and every sentence of a story is one that no
earlier page has: who learns the earlier pages by heart knows nothing of the later ones but how the site speaks.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

Row = dict[str, Any]

FIRST_OTHER = 20


class Words(NamedTuple):
    """What pages of one part of the site are made of."""

    places: tuple[str, ...]
    people: tuple[str, ...]
    deeds: tuple[str, ...]
    endings: tuple[str, ...]
    nags: dict[str, tuple[str, ...]]
    header: tuple[str, ...]
    footer: tuple[str, ...]


EARLIER = Words(
    places=(
        "Hobb's Sluice", "the Eel House", "Marram Lane", "the Lower Staithe", "Gull Point", "the Old Ropewalk",
        "Tollgate Farm",
    ),
    people=(
        "Ada Thirkell", "Jonas Wray", "Widow Pell", "the Dunmore brothers", "Captain Sayle", "Hester Quill",
        "the miller",
    ),
    deeds=(
        "kept the tide tables in a ledger that the parish still owns",
        "paid the wharf rent in herring for eleven winters",
        "was fined four shillings for mooring across the slipway",
        "asked every household for a penny towards the lifeboat, and got it",
        "printed a letter for subscribers each quarter until the press was sold",
        "measured the marsh on foot and drew the first map of the drains",
        "bought the brick kiln and closed it within a year",
        "taught the children of the bargemen to read by lamplight",
    ),
    endings=(
        "The account is in the vestry book, in a hand that nobody has named.",
        "Two photographs survive, both taken from the church tower.",
        "What became of the boat is not recorded.",
        "The receipt hangs in the reading room today.",
        "Her granddaughter told the story to the schoolmaster in 1931.",
        "The stones of the quay were carried off for the new road.",
    ),
    nags={
        "donation_appeal": (
            "Mouse-boxes for the ledgers do not grow on trees: be a Keeper for three pounds a month.",
            "The kettle, the lamp and the heating are paid for by Keepers. Become one.",
            "If a page here was worth a bus fare to you, drop the bus fare in the jar.",
            "Every Keeper mends eleven pages a year. Be a Keeper today.",
            "The jar stands at four hundred pounds of nine hundred. Drop something in.",
            "No council, no lottery, just Keepers: three pounds keeps a shelf dry.",
            "Keepers paid for the lamp that made this picture. Stand beside them for three pounds.",
            "Drop a coin in the jar before you close the lid of this box.",
            "A shelf stays dry for a year on what a Keeper gives in a quarter.",
            "Put your name on the Keepers' board: three pounds, every month.",
        ),
        "newsletter_prompt": (
            "The Tide Gun is fired on first Sundays. Have it fired at your address.",
            "Hear the Tide Gun: leave an address with the porter.",
            "Four stories and a map on first Sundays, to your door mat or your machine.",
            "The porter wants your address, and promises to send the Tide Gun and nothing else.",
            "Nine hundred neighbours hear the Tide Gun. Hear it too.",
            "Leave your address here and be told when a new box is opened.",
            "The Tide Gun goes out before breakfast on first Sundays. Give the porter your address.",
            "Be the first on your street to hear the Tide Gun.",
            "Tell the porter where to send the Tide Gun and he will write it in the book.",
            "A letter from the boxes, once a month, to your address.",
        ),
        "ad_notice": (
            "A neighbour paid for this corner: Pell and Daughters, ropes and awnings.",
            "Neighbour's corner: the Eel House does supper until nine.",
            "This corner was let to Staithe Bicycles. Corners are four pounds a week.",
            "Neighbour's corner: Quill's Bakery, two buns for the price of a reader.",
            "Let a corner of this page. Ask the porter for the rates.",
            "A neighbour paid for this corner: Wray Chimneys, swept by Friday.",
            "Neighbour's corner: Thirkell Sails mends what the wind tore.",
            "This corner was let to the Ropewalk Inn until Michaelmas.",
            "Neighbours who pay for a corner keep the lid off the boxes. This one is Sayle and Sons, coal.",
            "Corner let by the week: Gull Point Ferries, two crossings a day.",
        ),
        "paywall_prompt": (
            "The rest of this box opens with a reading ticket.",
            "Show your reading ticket to turn the page.",
            "You have turned five pages this month. A reading ticket turns the others.",
            "Holders of a reading ticket see the whole box.",
            "Half of this story is behind the rope. Reading tickets lift the rope.",
            "No ticket yet? The rope lifts for eight pounds a year.",
            "The rope is across the door here. A reading ticket lifts it.",
            "Reading tickets are eight pounds a year and open every box to the last page.",
            "Two pages of this box are free; the others want a reading ticket.",
            "Lift the rope: get a reading ticket from the porter.",
        ),
    },
    header=("Saltmarsh Boxes", "Boxes", "Maps", "Faces", "The porter", "Ledgers", "Search the shelves", "Next box"),
    footer=(
        "Opened Tuesdays and Thursdays, two until five", "How the boxes are numbered", "Mind the step",
        "Printed on the premises", "Rules of the reading room", "Where the boxes came from",
    ),
)  # fmt: skip
LATER = Words(
    places=("the salt pans", "Cuckoo Bridge", "the tannery yard", "Fenner's Dyke", "the coal hythe", "Heron Drove"),
    people=("Silas Brand", "the Misses Orme", "Old Tabitha", "the exciseman", "Walter Lunn", "the ferryman's nephew"),
    deeds=(
        "carried the post across the ice in the winter of the great frost",
        "sold a field to pay for the organ and never spoke of it",
        "counted the wild geese every October for half a century",
        "hid the parish silver in a dung cart when the soldiers came",
        "passed a hat round at the harvest supper and bought a pump with what lay in it",
        "was struck off the register of pilots after the grounding of 1888",
        "planted the poplars that shade the towpath",
    ),
    endings=(
        "A verse on the north wall remembers it.",
        "Nobody has found the deed, though three people looked.",
        "The bell was recast from what remained.",
        "It is told otherwise in the next village.",
        "The ink has run, but the date can be read.",
    ),
    nags={
        "donation_appeal": (
            "Would you be a Keeper? Three pounds a month, and the roof stays on.",
            "The jar is half empty and rain comes in over the ledgers. Drop in what you can.",
            "We have no landlord and no sponsor, only Keepers like you.",
            "Keepers, thank you: the damp is out of the map room. Help us with the stairs.",
            "One bus fare from each reader this week would fill the jar.",
            "Give the ledgers a warm winter. Become a Keeper before the frost.",
            "Two hundred Keepers are not enough for nine thousand pages. Be the next one.",
            "Leave something in the jar for the lamp oil.",
        ),
        "newsletter_prompt": (
            "Do you hear the Tide Gun yet? The porter will send it to any address.",
            "Next Sunday's Tide Gun has a story of the flood. Have it at your door.",
            "Give the porter an address and the first Sunday of the month is taken care of.",
            "The Tide Gun, our letter of new voices, costs nothing: leave your address.",
            "Hear of new maps before the neighbours do. The porter takes addresses here.",
            "Your address goes into the porter's book and nowhere else.",
            "Twelve first Sundays, twelve Tide Guns, one address.",
            "Want word when this voice speaks again? Leave an address.",
        ),
        "ad_notice": (
            "Neighbour's corner: Cuckoo Dairy brings cream to the quay.",
            "A neighbour paid for this corner: Orme's Hats, opposite the church.",
            "This corner was let to the Saltmarsh Laundry.",
            "Neighbour's corner: Lunn Boats, hired by the hour or the tide.",
            "Your shop could stand in this corner. The porter knows the price.",
            "Corner let until Sunday: the fish stall at the coal hythe.",
            "A neighbour paid for this corner: Drove Eggs, six for the price of five.",
            "Neighbour's corner: clocks mended by Silas, no charge for looking.",
        ),
        "paywall_prompt": (
            "The story goes on behind the rope. Have you a reading ticket?",
            "With a reading ticket this voice speaks to the end.",
            "Your five free pages are turned. Get a reading ticket for eight pounds.",
            "Ticket holders, sign the book and the rope lifts.",
            "The letters in this folder are for holders of a reading ticket.",
            "Only the first page is out on the table. A reading ticket brings the others.",
            "Behind the rope: forty more pages and a map. Reading tickets here.",
            "The rest wants a ticket: eight pounds, one year, all of it.",
        ),
    },
    header=("Saltmarsh Voices", "Sounds", "Letters", "Tides", "Who we are", "Find a name", "Earlier voice"),
    footer=(
        "The lift is out of order", "How voices are catalogued", "Wheelchairs by the river door",
        "Copyists may use pencil only", "The committee and its minutes", "Report a wrong date",
    ),
)  # fmt: skip
BOXES = {
    "donation_appeal": "kx-lamp",
    "newsletter_prompt": "kx-gun",
    "ad_notice": "kx-corner",
    "paywall_prompt": "kx-rope",
}


def own_site(first: int = 0, n: int = 30) -> list[Row]:
    """Rows of the label format: pages ``first`` to ``first + n`` of the site, with markup."""
    return [_page(number) for number in range(first, first + n)]


def _page(number: int) -> Row:
    words = EARLIER if number < FIRST_OTHER else LATER
    draw = random.Random(number)
    story = [
        f"{draw.choice(words.people)} at {draw.choice(words.places)} {draw.choice(words.deeds)}. "
        f"{draw.choice(words.endings)}"
        for _ in range(draw.randint(4, 8))
    ]
    kind_of_page = words.header[0].split()[1]
    title = f"{kind_of_page} {number + 101}: {draw.choice(words.people)} and {draw.choice(words.places)}"
    parts = [("boilerplate", "kx-top", text) for text in words.header[: draw.randint(5, len(words.header))]]
    parts += [("content", "kx-box", title)]
    middle = [("content", "kx-box", text) for text in story]
    kinds = draw.sample(sorted(words.nags), 3)
    if "paywall_prompt" in kinds:  # the rope hangs below the story
        kinds.remove("paywall_prompt")
        middle.append(("paywall_prompt", BOXES["paywall_prompt"], draw.choice(words.nags["paywall_prompt"])))
    for kind in kinds:
        at = draw.randint(1, len(story))
        middle[at:at] = [(kind, BOXES[kind], text) for text in draw.sample(words.nags[kind], draw.randint(1, 2))]
    parts += middle + [("boilerplate", "kx-foot", text) for text in draw.sample(words.footer, 3)]
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
