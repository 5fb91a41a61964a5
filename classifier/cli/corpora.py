"""denag corpora: public corpora, the project's labels for them, and what more of them would bring."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from classifier.cleaner import Cleaner
from classifier.cli.options import Model
from classifier.errors import ConfigError
from classifier.progress import progress
from classifier.readers.standard_input import STANDARD
from classifier.sinks.base import open_output

Corpora = Annotated[Path, typer.Option("--corpora", metavar="DIR", help="Folder of the public corpora as Parquet.")]


def check_corpora(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the public corpora as Parquet.")],
) -> None:
    """Join the stand-off labels to the pages of the corpora and tell what did not match; exit 1 above 1 %."""
    from training.corpora import check_match

    with progress("reading") as tell:
        tell(str(folder))
        report = check_match(folder)
    print(report)
    if not report.is_sound:
        raise typer.Exit(1)


def build_corpora(
    source: Annotated[
        Path,
        typer.Option(
            "--from", metavar="DIR", help="Checkouts of the repositories, or corpora that are Parquet already."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="OUT", help="Folder for the Parquet files.")] = Path(
        "corpora"
    ),
) -> None:
    """Make the training corpora from the repositories that labels/corpora.toml names, and join the labels.

    Exit 1 where labelled pages are missing or more than 1 % of the labels found no block.
    """
    from training.checkouts import build_corpora as build
    from training.checkouts import copy_corpora
    from training.corpora import check_match
    from training.manifest import read_manifest

    with progress("building") as tell:
        tell(str(source))
        parquet = any(source.glob("*.parquet"))
        report = copy_corpora(source, output) if parquet else build(read_manifest(), source, output)
        tell("joining labels")
        match = check_match(output)
    for note in report.notes:
        print(f"denag: warning: {note}", file=sys.stderr)
    print(report)
    print(match)
    if not match.is_sound:
        raise typer.Exit(1)


def queue_pages(
    corpora: Corpora,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines; - for standard output.")],
    n_blocks: Annotated[int, typer.Option("--n", min=1, help="Blocks to ask about.")] = 3000,
    model: Model = None,
) -> None:
    """List blocks nobody judged on which class names, text view and html view disagree, donation and paywall first."""
    from training.queue import reading_queue

    with progress("voting") as tell:
        tell(str(corpora))
        write_rows(reading_queue(corpora, Cleaner.load(model), n_blocks), output)


def take_labels(
    labelled: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Rows of a queue with 'label' filled in.", show_default=False),
    ],
    corpora: Corpora,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Stand-off labels; - standard output.")
    ],
) -> None:
    """Turn labelled rows of a queue into stand-off labels: hashes, no text."""
    from training.queue import standoff_rows

    with progress("reading") as tell:
        tell(str(corpora))
        write_rows(standoff_rows(labelled, corpora), output)


def doubt_labels(
    corpora: Corpora,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="JSON lines; - for standard output.")],
) -> None:
    """List labels that are probably wrong, the gravest first, by confident learning; needs the extra `labels`."""
    from training.doubt import doubtful_rows

    with progress("looking for doubtful labels") as tell:
        write_rows(doubtful_rows(corpora, tell), output)


def table_labels() -> None:
    """Print the tables of labels/README.md: pages and blocks by language and by source."""
    from training.tables import label_tables

    print(label_tables())


def write_rows(rows: Iterable[dict[str, Any]], output: Path) -> None:
    """Write rows as JSON lines, and tell on standard error how many."""
    n = 0
    with open_output(output) as file:
        for row in rows:
            file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
            n += 1
    print(f"denag: {n} rows", file=sys.stderr)


def learning_curve(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the public corpora as Parquet.")],
    labels: Annotated[
        list[Path] | None,
        typer.Option("--labels", metavar="FILE", help="Written pages; none: the project's own, in a checkout."),
    ] = None,
    shares: Annotated[
        str, typer.Option(metavar="PERCENTS", help="Shares of the real pages to train on, by domain.")
    ] = "10,25,50,100",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too; - to stdout, alone.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Parallel fits.")] = 2,
) -> None:
    """Train on growing shares of the real pages, score each on the test domains: would more labels help?"""
    from training.config import FitConfig
    from training.learning_curve import learning_curve, markdown_curve, read_curve_data
    from training.metrics import write_figures

    try:
        percents = [int(part) for part in shares.split(",")]
    except ValueError:
        raise ConfigError(f"shares are {shares!r}, expected whole percentages such as 10,25,50,100") from None
    with progress("learning curve") as tell:
        data = read_curve_data(folder, labels, tell)
        curve = learning_curve(data, percents, FitConfig(seed=seed, n_jobs=jobs), tell)
    if json_file is not None:
        write_figures(json_file, curve)
    if json_file != STANDARD:
        print(markdown_curve(curve))
