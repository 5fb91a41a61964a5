"""denag train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.progress import progress


def train(
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[LABELS...]", help="Labelled pages; none: the project's own, where it stands in a checkout."
        ),
    ] = None,
    corpora: Annotated[
        Path | None, typer.Option("--corpora", metavar="DIR", help="Folder of the public corpora as Parquet.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL_DIR", help="Where the model goes.")] = Path(
        "model"
    ),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
) -> None:
    """Train a model from labelled pages; pages of test domains are left out and scored in its card."""
    from training.train import train_model

    with progress("training") as tell:
        summary = train_model(labels, corpora, output, seed, tell)
    print(summary)
