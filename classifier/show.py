"""Pages and explanations as a person reads them on a terminal."""

from __future__ import annotations

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifier.explain import Explanation, over
from classifier.labels import in_order
from classifier.policy import Policy
from classifier.printable import one_line, printable
from classifier.types import Label, LabelledDocument

COLOURS: dict[str, str] = {
    Label.CONTENT: "green",
    Label.AD_NOTICE: "yellow",
    Label.DONATION_APPEAL: "magenta",
    Label.NEWSLETTER_PROMPT: "cyan",
    Label.PAYWALL_PROMPT: "red",
    Label.BOILERPLATE: "bright_black",
}
ADDED_COLOUR = "blue"
"""Of all labels beside the six: names tell them apart, as they do the six."""
_MAX_CHARS = 90
_LEAST_SHOWN = 0.05


def colour_of(label: str) -> str:
    """Colour of a label, a name that rich knows."""
    return COLOURS.get(label, ADDED_COLOUR)


def show_page(labelled: LabelledDocument, console: Console | None = None) -> None:
    """A table of the blocks (label, score, text), and what cleaning removes."""
    console = console or Console()
    title = Text(printable(str(labelled.document.id)))
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False, expand=True)
    table.add_column("label", no_wrap=True, min_width=max(map(len, (*Label, *labelled.labels))))
    table.add_column("score", justify="right", min_width=5)
    table.add_column("text", overflow="ellipsis", no_wrap=True, ratio=1)
    for block in labelled:
        colour = colour_of(block.label)
        table.add_row(Text(block.label, colour), f"{block.score:.2f}", Text(one_line(block.text), colour))
    console.print(table)
    removed = [block for block in labelled if block.label not in Policy().keep]
    counts = Counter(block.label for block in removed)
    told = ", ".join(f"{counts[label]} {label}" for label in in_order(counts))
    n_chars = sum(len(block.text) for block in removed)
    console.print(
        f"removed {len(removed)} of {len(labelled.blocks)} blocks, {n_chars} characters: {told or 'nothing'}\n",
        style="bold",
        highlight=False,
    )


def show_explanation(explanation: Explanation, console: Console | None = None) -> None:
    """Label, rival and the strongest contributions of one block."""
    console = console or Console()
    colour = colour_of(explanation.label)
    console.print(
        Text.assemble(
            (f"{explanation.label} ", f"bold {colour}"),
            f"{explanation.score:.2f}  ",
            (printable(explanation.text[:_MAX_CHARS]), colour),
        )
    )
    odds = f"  log odds against {over(explanation)}: {explanation.margin:+.2f} = base {explanation.base:+.2f}"
    console.print(odds, highlight=False)
    for title, parts in (
        ("context", sorted(explanation.context.items(), key=lambda item: -abs(item[1]))),
        ("words", explanation.words),
        ("element names", explanation.names),
    ):
        told = "  ".join(f"{name} {value:+.2f}" for name, value in parts if abs(value) >= _LEAST_SHOWN)
        if told:
            console.print(Text(f"  {title}: {printable(told)}"))
