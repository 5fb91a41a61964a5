"""A page with what cleaning removes struck through in its place: on a terminal, as a web page, as a picture."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from io import StringIO
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from classifier.labels import in_order
from classifier.policy import Policy
from classifier.printable import UNPRINTABLE, one_line, printable
from classifier.show import colour_of
from classifier.types import Block, Label, LabelledDocument

_FONT_FACE = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
_SVG_COLUMNS = 96

_STYLE = """:root { color-scheme: light dark; --ground: #fff; --text: #1b1b1b; --quiet: #595959;
  --ad_notice: #7a5200; --donation_appeal: #8a1c7c; --newsletter_prompt: #00606b; --paywall_prompt: #b3001b;
  --boilerplate: #595959; --content: #1b1b1b; --own-label: #1f4e9c; }
@media (prefers-color-scheme: dark) { :root { --ground: #16181b; --text: #e8e8e8; --quiet: #a6a6a6;
  --ad_notice: #f2c14e; --donation_appeal: #f09ae6; --newsletter_prompt: #6fdbe8; --paywall_prompt: #ff8f98;
  --boilerplate: #a6a6a6; --content: #e8e8e8; --own-label: #8fb8ff; } }
body { background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; max-width: 46rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.1rem; overflow-wrap: anywhere; }
p { margin: .5rem 0; overflow-wrap: anywhere; }
p.marked { border-inline-start: .25rem solid var(--colour); padding-inline-start: .75rem; color: var(--colour); }
p.marked small { display: block; }
.legend { color: var(--quiet); padding-inline-start: 1.2rem; }
.legend b { color: var(--colour); }
#hide:checked ~ section p.removed { display: none; }
""" + "\n".join(f".{label} {{ --colour: var(--{label}); }}" for label in (*Label, "own-label"))


@dataclass(frozen=True, slots=True)
class Removed:
    """How much of one label was removed from a page."""

    label: str
    n_blocks: int
    n_chars: int

    def __str__(self) -> str:
        blocks = "block" if self.n_blocks == 1 else "blocks"
        return f"{self.n_blocks} {blocks}, {self.n_chars} characters"


def removed_by_label(labelled: LabelledDocument, policy: Policy) -> list[Removed]:
    """What a policy removes from a page; labels of which it removes nothing are left out."""
    gone = [block for block in labelled if _is_dropped(block, labelled, policy)]
    counts = []
    for label in in_order(block.label for block in gone):
        texts = [block.text for block in gone if block.label == label]
        counts.append(Removed(label, len(texts), sum(map(len, texts))))
    return counts


def diff_text(labelled: LabelledDocument, policy: Policy) -> Text:
    """The page as rich text: removed blocks struck through in their label's colour, then a legend.

    Removed lines begin with ``-`` and their label: colour and strokes are not all that tells them.
    """
    text = Text()
    text.append(f"{printable(str(labelled.document.id))}\n", "bold")
    for block in labelled:
        colour = colour_of(block.label)
        if _is_dropped(block, labelled, policy):
            text.append(f"- {block.label} ", colour)
            text.append(one_line(block.text), f"strike {colour}")
        elif block.label is Label.CONTENT:
            text.append(f"  {one_line(block.text)}")
        else:
            text.append(f"  {block.label} {one_line(block.text)}", colour)
        text.append("\n")
    removed = removed_by_label(labelled, policy)
    text.append(f"{_summary(labelled, removed)}\n", "bold")
    for count in removed:
        text.append(f"  ■ {count.label}: ", colour_of(count.label))
        text.append(f"{count}\n")
    return text


def diff_html(labelled: LabelledDocument, policy: Policy) -> str:
    """The page as a ``<section>``: removed blocks are ``<del>`` elements, everything escaped."""
    lines = [f"<section><h1>{_escaped(str(labelled.document.id))}</h1>"]
    for block in labelled:
        words = _escaped(block.text)
        if _is_dropped(block, labelled, policy):
            told = f"<small>removed: {block.label} {block.score:.2f}</small>"
            lines.append(f'<p class="marked removed {_class(block.label)}">{told}<del dir="auto">{words}</del></p>')
        elif block.label is Label.CONTENT:
            lines.append(f'<p dir="auto">{words}</p>')
        else:
            told = f"<small>kept: {block.label} {block.score:.2f}</small>"
            lines.append(f'<p class="marked {_class(block.label)}">{told}<span dir="auto">{words}</span></p>')
    removed = removed_by_label(labelled, policy)
    lines.append(f'<p>{_summary(labelled, removed)}</p><ul class="legend">')
    lines += [f'<li class="{_class(count.label)}"><b>{count.label}</b>: {count}</li>' for count in removed]
    lines.append("</ul></section>")
    return "\n".join(lines)


class TerminalDiff:
    """Pages one after the other, coloured where the output is a terminal."""

    def __init__(self, file: IO[Any] | None, policy: Policy) -> None:
        """Parameters are a binary file, None for standard output, and what is removed."""
        self.file = file
        self.policy = policy

    def write(self, labelled: LabelledDocument) -> None:
        text = diff_text(labelled, self.policy)
        if self.file is None:
            Console().print(text, highlight=False, soft_wrap=True)
        else:
            self.file.write(text.plain.encode("utf-8") + b"\n")


class HtmlDiff:
    """All pages as one self-contained web page: no script, nothing fetched."""

    def __init__(self, file: IO[Any], policy: Policy) -> None:
        self.file = file
        self.policy = policy

    @classmethod
    @contextmanager
    def open(cls, file: IO[Any], policy: Policy) -> Iterator[HtmlDiff]:
        """Sink that begins the page and ends it."""
        head = (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>What denag removes</title>\n<style>\n{_STYLE}\n</style></head>\n<body>\n"
            '<input type="checkbox" id="hide"> <label for="hide">Hide what was removed</label>\n'
        )
        file.write(head.encode())
        yield cls(file, policy)
        file.write(b"</body></html>\n")

    def write(self, labelled: LabelledDocument) -> None:
        self.file.write(diff_html(labelled, self.policy).encode("utf-8") + b"\n")


class SvgDiff:
    """All pages as one picture of a terminal, for a README: text, no script, nothing fetched."""

    def __init__(self, file: IO[Any], policy: Policy) -> None:
        self.file = file
        self.policy = policy
        self.console = Console(
            record=True, width=_SVG_COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor"
        )

    @classmethod
    @contextmanager
    def open(cls, file: IO[Any], policy: Policy) -> Iterator[SvgDiff]:
        """Sink that draws its picture when all pages are written."""
        sink = cls(file, policy)
        yield sink
        svg = sink.console.export_svg(title="denag clean --diff", unique_id="denag")
        svg = _FONT_FACE.sub("", svg)  # rich would have the reader fetch a font
        svg = svg.replace("<svg ", '<svg role="img" aria-label="A page; what denag removes is struck through" ', 1)
        file.write(svg.encode("utf-8") + b"\n")

    def write(self, labelled: LabelledDocument) -> None:
        self.console.print(diff_text(labelled, self.policy), highlight=False)


def _summary(labelled: LabelledDocument, removed: list[Removed]) -> str:
    n_blocks, n_chars = sum(count.n_blocks for count in removed), sum(count.n_chars for count in removed)
    return f"removed {n_blocks} of {len(labelled.blocks)} blocks, {n_chars} characters"


def _is_dropped(block: Block, labelled: LabelledDocument, policy: Policy) -> bool:
    return policy.drops(block.label, block.not_content, labelled.document.media_type)


def _class(label: str) -> str:
    return label if label in set(Label) else "own-label"


def _escaped(text: str) -> str:
    return escape(UNPRINTABLE.sub("\ufffd", text))
