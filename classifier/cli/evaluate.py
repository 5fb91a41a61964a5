"""denag evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import Model
from classifier.printable import printable
from classifier.progress import progress

_FIGURES, _FLOORS = "Figures", "Floors"


def evaluate(
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[LABELS...]", help="Labelled pages as JSON lines, - for stdin; all of them are scored."
        ),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", metavar="DIR", help="Public corpora; their test domains are scored."),
    ] = None,
    model: Model = None,
    json_file: Annotated[
        Path | None,
        typer.Option(
            "--json",
            metavar="FILE",
            help="Write all figures here, as JSON; - to stdout, alone.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FILE",
            help="Write a page of HTML: tables, curves, the worst errors; - to stdout, alone.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    against: Annotated[
        Path | None,
        typer.Option(
            "--against",
            metavar="FILE",
            help="Figures of an earlier --json: tell what changed since.",
            rich_help_panel=_FIGURES,
        ),
    ] = None,
    gate: Annotated[
        Path | None,
        typer.Option(
            "--gate", metavar="FILE", help="Floors; exit 1 where a figure lies below one.", rich_help_panel=_FLOORS
        ),
    ] = None,
    update_floors: Annotated[
        bool,
        typer.Option(
            "--update-floors",
            help="Raise the floors of --gate to what is measured, less a margin.",
            rich_help_panel=_FLOORS,
        ),
    ] = False,
    allow_lower: Annotated[
        bool,
        typer.Option(
            "--allow-lower",
            help="With --update-floors: floors may also be lowered, and pinned to other blocks.",
            rich_help_panel=_FLOORS,
        ),
    ] = False,
    split: Annotated[str, typer.Option(help="Which domains of the corpora: train, dev, test.")] = "test",
    site_repeats: Annotated[
        bool, typer.Option("--site-repeats", help="Blocks that stand on several pages of a domain are evidence.")
    ] = False,
) -> None:
    """Score a model: precision, recall, F1 by label and view, words kept and removed, calibration.

    Exit 1 where a floor of --gate does not hold. docs/evaluate.md says what each figure means.
    """
    from training.report.run import Outputs, evaluate_model

    outputs = Outputs(json_file, report, against, gate, update_floors, allow_lower)
    with progress("evaluating") as tell:
        summary, holds = evaluate_model(labels or [], corpora, model, split, outputs, tell, site_repeats)
    if summary:
        print(printable(summary), file=sys.stderr if outputs.on_standard_output else sys.stdout)
    if not holds:
        raise typer.Exit(1)
