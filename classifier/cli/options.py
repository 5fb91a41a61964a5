"""Options and steps that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from classifier.cleaner import count_repeats
from classifier.engines.tally import Tally
from classifier.errors import ConfigError
from classifier.printable import printable
from classifier.progress import counted
from classifier.readers import Reject, Source, open_reader
from classifier.readers.standard_input import STANDARD
from classifier.repeats import SiteRepeats
from classifier.types import Document

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Files (.html .txt .md .jsonl .parquet .warc .wet; .gz and .zst too), folders and patterns of "
        "these, or - for standard input.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="OUT", help="Output file or folder; - or none: stdout."),
]
Model = Annotated[
    Path | None, typer.Option("--model", "-m", metavar="MODEL_DIR", help="Model folder; none: the shipped one.")
]
_FIELDS = "Fields of rows (JSON lines, Parquet)"
HtmlField = Annotated[str, typer.Option("--html-field", help="Name of a row's markup field.", rich_help_panel=_FIELDS)]
TextField = Annotated[str, typer.Option("--text-field", help="Name of a row's text field.", rich_help_panel=_FIELDS)]
IdField = Annotated[str, typer.Option("--id-field", help="Name of a row's id field.", rich_help_panel=_FIELDS)]

SiteRepeatsFlag = Annotated[
    bool,
    typer.Option(
        "--site-repeats",
        help="Read everything twice: blocks that stand on several pages of a host (by `url`) are less likely content.",
    ),
]
_MAX_COLLISION_RATE = 0.01


class Rejects:
    """Counts rows that could not be read, and tells each on standard error."""

    def __init__(self) -> None:
        self.n = 0

    def passed(self, items: Iterable[Document | Reject], tally: Tally | None = None) -> Iterator[Document]:
        for item in items:
            if isinstance(item, Reject):
                self.n += 1
                if tally is not None:
                    tally.add_reject(item)
                print(printable(f"denag: rejected {item.where}: {item.reason}"), file=sys.stderr)
            else:
                yield item

    def finish(self) -> None:
        if self.n:
            print(f"denag: {self.n} rows rejected, all others done", file=sys.stderr)
            raise typer.Exit(1)


def read_documents(paths: list[Path], source: Source) -> Iterator[Document | Reject]:
    for path in paths:
        yield from open_reader(path, source)


def find_repeats(wanted: bool, paths: list[Path], source: Source) -> SiteRepeats | None:
    """What the sites of the inputs repeat, None where nobody asked.

    Raises
    ------
    ConfigError
        Where standard input would have to be read twice.
    """
    if not wanted:
        return None
    if any(str(path) == "-" for path in paths):
        raise ConfigError("--site-repeats reads its input twice, expected files and not standard input")
    documents = (item for item in read_documents(paths, source) if isinstance(item, Document))
    repeats = count_repeats(counted(documents, "counted", False))
    if repeats.n_pages == 0:
        print("denag: no document has a url with a host, --site-repeats changes nothing", file=sys.stderr)
    if repeats.sketch.collision_rate > _MAX_COLLISION_RATE:
        rate = f"{repeats.sketch.collision_rate:.1%} of single blocks will count as repeated"
        print(
            f"denag: {repeats.n_pages} pages are too many to count: {rate}; run some hosts at a time", file=sys.stderr
        )
    return repeats


def named(path: Path, why: str) -> None:
    """Raise where an output is ``-`` that can not go to standard output."""
    if path == STANDARD:
        raise ConfigError(f"-: {why}, expected its name and not standard output")


def to_terminal(output: Path | None) -> bool:
    return (output is None or str(output) == "-") and sys.stdout.isatty()
