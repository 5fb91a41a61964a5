"""Options and steps that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from classifier.engines.tally import Tally
from classifier.readers import Reject, Source, open_reader
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
HtmlField = Annotated[str, typer.Option("--html-field", help="Name of a row's markup field.")]
TextField = Annotated[str, typer.Option("--text-field", help="Name of a row's text field.")]
IdField = Annotated[str, typer.Option("--id-field", help="Name of a row's id field.")]


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
                print(f"denag: rejected {item.where}: {item.reason}", file=sys.stderr)
            else:
                yield item

    def finish(self) -> None:
        if self.n:
            print(f"denag: {self.n} rows rejected, all others done", file=sys.stderr)
            raise typer.Exit(1)


def read_documents(paths: list[Path], source: Source) -> Iterator[Document | Reject]:
    for path in paths:
        yield from open_reader(path, source)


def to_terminal(output: Path | None) -> bool:
    return (output is None or str(output) == "-") and sys.stdout.isatty()
