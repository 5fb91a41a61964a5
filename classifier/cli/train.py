"""denag train."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import named
from classifier.errors import ConfigError
from classifier.printable import printable
from classifier.progress import progress

_CONTINUE, _CALIBRATION = "Continue a model", "Calibration"


def train(
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[LABELS...]",
            help="Labelled pages as JSON lines, such as denag review writes, - for stdin; none: the project's own, "
            "where it stands in a checkout.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL_DIR", help="Where the model goes.")] = Path(
        "model"
    ),
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", metavar="DIR", help="Folder of the public corpora as Parquet, see labels/README.md."),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random; the same seed gives the same bytes.")] = 0,
    base: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MODEL_DIR|default",
            help="Continue this model on LABELS instead of training anew: seconds, and nothing of what it was trained "
            "on is needed. 'default' is the shipped model.",
            rich_help_panel=_CONTINUE,
        ),
    ] = None,
    calibrate: Annotated[
        bool,
        typer.Option(
            help="With --corpora: fit smaller models for held-out predictions, and calibrate scores by them.",
            rich_help_panel=_CALIBRATION,
        ),
    ] = True,
    calibrate_only: Annotated[
        Path | None,
        typer.Option(
            "--calibrate-only",
            metavar="MODEL_DIR",
            help="Train nothing: calibrate this model, in place, on the data it was trained on.",
            rich_help_panel=_CALIBRATION,
        ),
    ] = None,
) -> None:
    """Train a model from labelled pages.

    Pages of test domains of the corpora are left out and scored in the model's card. With --from a
    trained model is continued on a few pages of one's own, and figures of pages held out in turn are
    printed: docs/own-model.md walks through it.
    """
    named(output, "a model is a folder")
    if calibrate_only is not None and corpora is None:
        raise ConfigError("--calibrate-only without --corpora DIR: expected real pages to calibrate on")
    if base is not None and corpora is not None:
        raise ConfigError("--from and --corpora in one run: a model is continued on label files alone")
    with progress("training") as tell:
        if base is not None:
            from training.own_model import continue_model

            summary = continue_model(base, labels, output, tell)
        elif calibrate_only is not None and corpora is not None:
            from training.train import calibrate_model

            summary = calibrate_model(calibrate_only, labels, corpora, seed, tell)
        else:
            from training.train import train_model

            summary = train_model(labels, corpora, output, seed, tell, calibrate)
    print(printable(summary))
