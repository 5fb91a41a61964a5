"""denag label."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.batch import (
    Batch,
    PartSize,
    RejectsFile,
    Report,
    Restart,
    Workers,
    files_out,
    labeller,
    lines_sink,
    run_batch,
    run_stream,
)
from classifier.cli.options import HtmlField, IdField, Inputs, Model, Output, SiteRepeatsFlag, TextField
from classifier.edits import LabelRows
from classifier.errors import InputError
from classifier.readers import Source, find_inputs


def label(
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Tell the probability of every label of each block.")
    ] = False,
    site_repeats: SiteRepeatsFlag = False,
    html_field: HtmlField = "html",
    text_field: TextField = "text",
    id_field: IdField = "id",
    workers: Workers = 1,
    report: Report = None,
    rejects: RejectsFile = None,
    part_size: PartSize = 16,
    restart: Restart = False,
) -> None:
    """Label every block: one JSON line a document, in document order."""
    cleaner = Cleaner.load(model)
    paths = find_inputs(inputs)
    source = Source(html_field, text_field, id_field)
    edit = LabelRows(probabilities)
    batch = Batch(workers, report, rejects, part_size, restart, site_repeats)
    if output is not None and output.is_dir():
        raise InputError(f"{output}: a folder, expected a file to write to")
    target = files_out(inputs, output, batch)
    if target is not None:
        options = {"command": "label", "probabilities": probabilities}
        run_batch(cleaner, model, edit, source, (), inputs, paths, target, options, batch)
    else:
        run_stream(labeller(cleaner, paths, source, batch), edit, source, paths, output, lines_sink, "labelled", batch)
