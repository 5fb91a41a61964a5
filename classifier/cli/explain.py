"""denag explain and denag demo."""

from __future__ import annotations

from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.cli.options import Inputs, Model, Rejects, read_documents
from classifier.policy import labels_of
from classifier.readers import Source, find_inputs


def explain(
    inputs: Inputs,
    model: Model = None,
    label: Annotated[str | None, typer.Option("--label", metavar="LABEL", help="Only blocks with this label.")] = None,
) -> None:
    """Tell why each block got its label: n-grams, element names and neighbours, with exact contributions.

    Contributions are parts of the log odds of the label given over the next best one, and add up to it.
    """
    from classifier.show import show_explanation

    cleaner = Cleaner.load(model)
    labels_of([] if label is None else [label], cleaner.labels)
    rejects = Rejects()
    for document in rejects.passed(read_documents(find_inputs(inputs), Source())):
        for explanation in cleaner.explain(document):
            if label is None or explanation.label == label:
                show_explanation(explanation)
    rejects.finish()


def demo(inputs: Inputs, model: Model = None) -> None:
    """Show pages as coloured tables of blocks, and what cleaning removes.

    For a first look; denag clean --diff shows the same for many pages.
    """
    from classifier.show import show_page

    cleaner = Cleaner.load(model)
    rejects = Rejects()
    for document in rejects.passed(read_documents(find_inputs(inputs), Source())):
        show_page(cleaner.label(document))
    rejects.finish()
