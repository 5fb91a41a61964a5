"""denag corpora: public corpora, the project's labels for them, and what more of them would bring."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifier.errors import ConfigError
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
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Parallel fits.")] = 2,
) -> None:
    """Train on growing shares of the real pages, score each on the test domains: would more labels help?"""
    from training.config import FitConfig
    from training.learning_curve import learning_curve, markdown_curve, read_curve_data
    from training.metrics import write_json

    try:
        percents = [int(part) for part in shares.split(",")]
    except ValueError:
        raise ConfigError(f"shares are {shares!r}, expected whole percentages such as 10,25,50,100") from None
    with progress("learning curve") as tell:
        data = read_curve_data(folder, labels, tell)
        curve = learning_curve(data, percents, FitConfig(seed=seed, n_jobs=jobs), tell)
    if json_file is not None:
        write_json(json_file, curve)
    print(markdown_curve(curve))
