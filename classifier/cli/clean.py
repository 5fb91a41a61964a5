"""denag clean."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
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
    TextField,
    read_documents,
    to_terminal,
)
from classifier.errors import ConfigError
from classifier.policy import Policy
from classifier.progress import counted
from classifier.readers import Source, container_of, find_inputs
from classifier.sinks import JsonRows, PageTexts, Sink, open_output


def clean(
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    keep: Annotated[list[str] | None, typer.Option("--keep", metavar="LABEL", help="Also keep this label.")] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="LABEL", help="Drop this label.")] = None,
    max_content_loss: Annotated[
        float | None,
        typer.Option(
            "--max-content-loss",
            metavar="SHARE",
            help="Drop only what is sure enough: at most this share of content words is lost (0.001 to 0.05).",
        ),
    ] = None,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show pages with what is removed struck through in its place.")
    ] = False,
    as_html: Annotated[
        bool, typer.Option("--html", help="With --diff: a self-contained web page, to OUT or standard output.")
    ] = False,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="With --diff: a picture of the terminal's view.")
    ] = None,
    html_field: HtmlField = "html",
    text_field: TextField = "text",
    id_field: IdField = "id",
) -> None:
    """Give documents back without what was dropped, in the container they came in.

    Rows keep every field and get their text replaced; a page gives its text; a folder of pages
    with an output folder gives a text file a page.
    """
    if (as_html or svg is not None) and not diff:
        raise ConfigError(f"{'--html' if as_html else '--svg'} without --diff, expected both")
    if as_html and svg is not None:
        raise ConfigError("--html and --svg in one run, expected one of them")
    if svg is not None and output is not None:
        raise ConfigError(f"--svg {svg} and --output {output} in one run, expected one of them")
    cleaner = Cleaner.load(model)
    policy = cleaner.policy(keep or (), drop or (), max_content_loss)
    paths = find_inputs(inputs)
    source = Source(html_field, text_field, id_field)
    rejects = Rejects()
    with ExitStack() as stack:
        if diff:
            sink = _diff_sink(stack, output, policy, as_html, svg)
        else:
            sink = _clean_sink(stack, inputs, paths, output, policy, text_field)
        labelled_documents = cleaner.label_stream(rejects.passed(read_documents(paths, source)))
        for labelled in counted(labelled_documents, "cleaned", to_terminal(output)):
            sink.write(labelled)
    rejects.finish()


def _diff_sink(stack: ExitStack, output: Path | None, policy: Policy, as_html: bool, svg: Path | None) -> Sink:
    """The sink that shows what is removed: web page, picture, or text."""
    from classifier.diff import HtmlDiff, SvgDiff, TerminalDiff

    if svg is not None:
        return stack.enter_context(SvgDiff.open(stack.enter_context(open_output(svg)), policy))
    if as_html:
        return stack.enter_context(HtmlDiff.open(stack.enter_context(open_output(output)), policy))
    if to_terminal(output):
        return TerminalDiff(None, policy)
    return TerminalDiff(stack.enter_context(open_output(output)), policy)


def _clean_sink(
    stack: ExitStack, inputs: list[str], paths: list[Path], output: Path | None, policy: Policy, text_field: str
) -> Sink:
    """The sink that gives back the container of the inputs."""
    containers = {container_of(path) if str(path) != "-" else "-" for path in paths}
    to_stdout = output is None or str(output) == "-"
    if containers == {"parquet"} and not to_stdout and output is not None:
        from classifier.sinks.parquet import ParquetRows

        if len(paths) > 1:
            raise ConfigError(f"{len(paths)} Parquet files in, expected one for each output file")
        return stack.enter_context(ParquetRows(output, paths[0], policy, text_field))
    roots = [Path(name) for name in inputs]
    many = len(paths) > 1 or any(root.is_dir() for root in roots)
    if containers <= {"page"} and output is not None and not to_stdout and (many or output.is_dir()):
        from classifier.sinks.pages import PageFiles

        return PageFiles(output, roots, policy)
    file = stack.enter_context(open_output(output))
    if containers <= {"page"}:
        return PageTexts(file, policy, with_ids=len(paths) > 1)
    if containers == {"-"}:
        return JsonRows(file, policy, text_field, pages_as_text=True)
    if "page" in containers and len(containers) > 1:
        raise ConfigError("pages and rows in one run, expected inputs of one kind")
    return JsonRows(file, policy, text_field)
