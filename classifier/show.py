"""Pages and explanations as a person reads them on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from classifier.explain import Explanation
from classifier.policy import Policy
from classifier.types import Label, LabelledDocument

COLOURS = {
    Label.CONTENT: "green",
    Label.AD_NOTICE: "yellow",
    Label.DONATION_APPEAL: "magenta",
    Label.NEWSLETTER_PROMPT: "cyan",
    Label.PAYWALL_PROMPT: "red",
    Label.BOILERPLATE: "bright_black",
}
_MAX_CHARS = 90
_LEAST_SHOWN = 0.05


def show_page(labelled: LabelledDocument, console: Console | None = None) -> None:
    """A table of the blocks (label, score, text), and what cleaning removes."""
    console = console or Console()
    title = Text(str(labelled.document.id))
    table = Table(title=title, title_justify="left", show_edge=False, pad_edge=False, expand=True)
    table.add_column("label", no_wrap=True, min_width=max(map(len, Label)))
    table.add_column("score", justify="right", min_width=5)
    table.add_column("text", overflow="ellipsis", no_wrap=True, ratio=1)
    for block in labelled:
        colour = COLOURS[block.label]
        table.add_row(Text(block.label, colour), f"{block.score:.2f}", Text(block.text, colour))
    console.print(table)
    removed = [block for block in labelled if block.label not in Policy().keep]
    counts = {label: sum(block.label == label for block in removed) for label in Label}
    told = ", ".join(f"{n} {label}" for label, n in counts.items() if n)
    n_chars = sum(len(block.text) for block in removed)
    console.print(
        f"removed {len(removed)} of {len(labelled.blocks)} blocks, {n_chars} characters: {told or 'nothing'}\n",
        style="bold",
        highlight=False,
    )


def show_explanation(explanation: Explanation, console: Console | None = None) -> None:
    """Label, rival and the strongest contributions of one block."""
    console = console or Console()
    colour = COLOURS[explanation.label]
    console.print(
        Text.assemble(
            (f"{explanation.label} ", f"bold {colour}"),
            f"{explanation.score:.2f}  ",
            (explanation.text[:_MAX_CHARS], colour),
        )
    )
    against = "not content" if explanation.label is Label.CONTENT else explanation.rival
    console.print(
        f"  log odds against {against}: {explanation.margin:+.2f} = base {explanation.base:+.2f}", highlight=False
    )
    for title, parts in (
        ("context", sorted(explanation.context.items(), key=lambda item: -abs(item[1]))),
        ("words", explanation.words),
        ("element names", explanation.names),
    ):
        told = "  ".join(f"{name} {value:+.2f}" for name, value in parts if abs(value) >= _LEAST_SHOWN)
        if told:
            console.print(Text(f"  {title}: {told}"))
