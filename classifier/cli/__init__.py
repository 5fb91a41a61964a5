"""The command line: parse, call, print. Exit 0 done, 1 a document or gate failed, 2 bad usage or input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from classifier import __version__
from classifier.cli.apply import apply
from classifier.cli.clean import clean
from classifier.cli.corpora import (
    build_corpora,
    check_corpora,
    doubt_labels,
    learning_curve,
    queue_pages,
    table_labels,
    take_labels,
)
from classifier.cli.evaluate import evaluate
from classifier.cli.examples import epilog, prose
from classifier.cli.explain import demo, explain
from classifier.cli.export import export
from classifier.cli.label import label
from classifier.cli.review import review
from classifier.cli.train import train
from classifier.errors import ConfigError, DenagError, RunError
from classifier.printable import printable
from classifier.stop import Terminated, stoppable

app = typer.Typer(
    name="denag",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"denag {__version__}")
        raise typer.Exit


def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Label the blocks of web documents and give the documents back without the nags.

    Exit codes: 0 done; 1 a document or a gate failed, all others are done; 2 bad usage or input file, in one line.

    `denag --install-completion` adds completion to your shell.
    """


app.callback(help=prose(options.__doc__))(options)
for command in (label, clean, apply, train, evaluate, explain, review, export, demo):
    app.command(help=prose(command.__doc__), epilog=epilog(command.__name__))(command)

corpora_app = typer.Typer(
    help="Public corpora: build them, join the project's labels to their pages, find what to label next.",
    epilog=epilog("corpora"),
    no_args_is_help=True,
)
of_corpora: dict[str, Callable[..., None]] = {
    "build": build_corpora,
    "check": check_corpora,
    "queue": queue_pages,
    "take": take_labels,
    "doubt": doubt_labels,
    "table": table_labels,
    "curve": learning_curve,
}
for name, function in of_corpora.items():
    corpora_app.command(name, help=prose(function.__doc__), epilog=epilog(f"corpora {name}"))(function)
app.add_typer(corpora_app, name="corpora")


def main() -> None:
    """Run the command line; errors of denag and of the system are one line, with exit 2 or 1."""
    try:
        with stoppable(last=True):
            _run()
    except Terminated:
        sys.exit(143)
    except KeyboardInterrupt:
        sys.exit(130)


def _check_words(words: list[str]) -> None:
    """Raise where a word is empty, as an unset variable of a script leaves it: as a path it would be this folder."""
    for i, word in enumerate(words):
        if not word or (word.startswith("--") and word.endswith("=")):
            behind = word or f"{' '.join(words[max(i - 1, 0) : i])} ''".strip()
            raise ConfigError(f"{behind}: an empty path or value, expected one that is not (a variable that is unset?)")


def _run() -> None:
    try:
        _check_words(sys.argv[1:])
        app(standalone_mode=True)
    except SystemExit as stop:
        if isinstance(stop.__context__, BrokenPipeError):  # rich and typer exit with 1 where the reader went away
            sys.exit(0)
        raise
    except RunError as error:
        print(printable(f"denag: {error}"), file=sys.stderr)
        sys.exit(1)
    except DenagError as error:
        print(printable(f"denag: {error}"), file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(printable(f"denag: {where}{error.strerror or error}"), file=sys.stderr)
        sys.exit(2)
    except MemoryError:
        print("denag: memory ran out", file=sys.stderr)
        sys.exit(1)
