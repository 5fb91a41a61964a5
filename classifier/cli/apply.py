"""denag apply."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.batch import Batch, RejectsFile, Report, files_out, run_in_step, run_stream
from classifier.cli.clean import ANY, Drop, Keep, MaxContentLoss, TagOnly, clean_edit, rows_sink
from classifier.cli.options import HtmlField, IdField, Inputs, Model, Output, TextField
from classifier.engines.attributes import AttributeFile
from classifier.policy import labels_of
from classifier.readers import Source, find_inputs
from classifier.readers.standard_input import check_once


def apply(
    attributes: Annotated[
        Path, typer.Argument(metavar="ATTRIBUTES", help="What denag clean --attributes wrote of the documents.")
    ],
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    keep: Keep = None,
    drop: Drop = None,
    tag_only: TagOnly = None,
    max_content_loss: MaxContentLoss = None,
    html_field: HtmlField = "html",
    text_field: TextField = "text",
    id_field: IdField = "id",
    report: Report = None,
    rejects: RejectsFile = None,
) -> None:
    """Clean documents by span attributes: other labels and thresholds, without labelling again.

    Attributes and documents are read in step; their ids must agree.
    """
    check_once([attributes, *inputs])
    source = Source(html_field, text_field, id_field)
    cleaner = Cleaner.load(model)
    policy = cleaner.policy(keep or (), drop or (), max_content_loss)
    edit, columns = clean_edit(policy, labels_of(tag_only or (), cleaner.labels), text_field)
    paths = find_inputs(inputs)
    label = AttributeFile(attributes, cleaner.labels)
    batch = Batch(report=report, rejects=rejects)
    target = files_out(inputs, output, batch)
    if target is None:
        sink = partial(rows_sink, paths=paths, text_field=text_field, tag=False)
        run_stream(label, edit, source, paths, output, sink, "cleaned", batch, ANY)
        label.check_end()
        return
    run_in_step(label, edit, source, columns, inputs, paths, target, batch)
