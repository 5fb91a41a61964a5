"""denag label."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.options import (
    HtmlField,
    IdField,
    Inputs,
    Model,
    Output,
    Rejects,
    SiteRepeatsFlag,
    TextField,
    find_repeats,
    read_documents,
    to_terminal,
)
from classifier.progress import counted
from classifier.readers import Source, find_inputs
from classifier.sinks import LabelLines, open_output


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
) -> None:
    """Label every block: one JSON line a document, in document order."""
    cleaner = Cleaner.load(model)
    paths = find_inputs(inputs)
    source = Source(html_field, text_field, id_field)
    repeats = find_repeats(site_repeats, paths, source)
    rejects = Rejects()
    with open_output(output) as file:
        sink = LabelLines(file, probabilities)
        labelled_documents = cleaner.label_stream(rejects.passed(read_documents(paths, source)), repeats)
        for labelled in counted(labelled_documents, "labelled", to_terminal(output)):
            sink.write(labelled)
    rejects.finish()
