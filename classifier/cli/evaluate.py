"""denag evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.options import Model
from classifier.progress import progress


def evaluate(
    labels: Annotated[
        list[Path] | None, typer.Argument(metavar="[LABELS...]", help="Labelled pages; all of them are scored.")
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", metavar="DIR", help="Public corpora; their test domains are scored."),
    ] = None,
    model: Model = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which domains of the corpora: train, dev, test.")] = "test",
    site_repeats: Annotated[
        bool, typer.Option("--site-repeats", help="Blocks that stand on several pages of a domain are evidence.")
    ] = False,
) -> None:
    """Score a model: precision, recall, F1 by label and view, words kept and removed."""
    from training.report import evaluate_model

    with progress("evaluating") as tell:
        summary = evaluate_model(labels or [], corpora, Cleaner.load(model), json_file, split, tell, site_repeats)
    print(summary)
