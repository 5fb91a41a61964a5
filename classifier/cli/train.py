"""denag train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.errors import ConfigError
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
    calibrate: Annotated[
        bool,
        typer.Option(help="With corpora: fit smaller models for held-out predictions, and calibrate scores by them."),
    ] = True,
    calibrate_only: Annotated[
        Path | None,
        typer.Option(
            "--calibrate-only", metavar="MODEL_DIR", help="Calibrate this model on the data it was trained on."
        ),
    ] = None,
) -> None:
    """Train a model from labelled pages; pages of test domains are left out and scored in its card."""
    from training.train import calibrate_model, train_model

    if calibrate_only is not None and corpora is None:
        raise ConfigError("--calibrate-only without --corpora DIR: expected real pages to calibrate on")
    with progress("training") as tell:
        if calibrate_only is not None and corpora is not None:
            summary = calibrate_model(calibrate_only, labels, corpora, seed, tell)
        else:
            summary = train_model(labels, corpora, output, seed, tell, calibrate)
    print(summary)
