"""denag review."""

from __future__ import annotations

from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.options import Inputs, Model, Rejects, named, read_documents
from classifier.errors import ConfigError, InputError
from classifier.labels import with_added
from classifier.readers import Source, find_inputs
from classifier.stop import Terminated


def review(
    inputs: Inputs,
    labels: Annotated[
        Path, typer.Option("--labels", "-l", metavar="FILE", help="Where labels go; read again where it stands.")
    ] = Path("my-labels.jsonl"),
    add_label: Annotated[
        list[str] | None,
        typer.Option("--add-label", metavar="NAME", help="Offer a label of your own too; up to three (keys 7 to 9)."),
    ] = None,
    model: Model = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port on this machine; 0: any free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address, open no browser.")] = False,
) -> None:
    """Check and correct labels on a local web page; denag train takes what it writes.

    The page shows each block tinted by label and score, what would be kept, and why; keys give
    labels, and each is on disk before the next. Ctrl+C ends it, and so does SIGTERM.
    """
    named(labels, "labels are read again")
    try:
        from classifier.review import serve
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("starlette", "jinja2", "uvicorn", "anyio", "h11", "markupsafe"):
            raise
        raise ConfigError(f"denag review needs {error.name}: pip install 'denag[review]'") from None
    cleaner = Cleaner.load(model)
    with_added(cleaner.labels, add_label or ())
    rejects = Rejects()
    documents = rejects.passed(read_documents(find_inputs(inputs), Source()))
    first = next(documents, None)  # an input that can not be read ends the command here, not in the background
    if first is None:
        raise InputError("no document in the inputs, expected at least one")

    def announce(address: str) -> None:
        print(f"Review at {address}\nLabels go to {labels}; Ctrl+C ends.", flush=True)
        if not no_open:
            import webbrowser

            webbrowser.open(address)

    with suppress(KeyboardInterrupt, Terminated):
        serve(cleaner, chain([first], documents), labels, port, announce, add_label or ())
    print(f"Labels are in {labels}")
