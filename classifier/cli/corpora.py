"""denag corpora: public corpora and the project's labels for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.progress import progress


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
