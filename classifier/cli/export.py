"""denag export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.cli.options import named


def export(
    model: Annotated[
        str,
        typer.Argument(metavar="MODEL_DIR", help="Model folder; 'default' is the shipped model.", show_default=False),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="HF_DIR", help="Folder to write; made if it is missing.", show_default=False
        ),
    ],
    license_id: Annotated[
        str | None,
        typer.Option("--license", metavar="ID", help="Licence for the card; none: what the model's card says."),
    ] = None,
    language: Annotated[
        list[str] | None,
        typer.Option("--language", metavar="CODE", help="Language of the pages, such as en; may be repeated."),
    ] = None,
) -> None:
    """Lay a model out as a Hugging Face repository: its files, and its card as README.md with front matter.

    Nothing is uploaded and no network is used. HF_DIR is a model folder itself: every command takes it
    as --model.
    """
    from training.export import export_model

    named(output, "a repository is a folder")
    print(export_model(model, output, license_id, language or []))
