"""denag clean."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Annotated, Any

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
from classifier.cli.diff import DiffForm, show_diff
from classifier.cli.options import HtmlField, IdField, Inputs, Model, Output, SiteRepeatsFlag, TextField
from classifier.edits import BLOCKS, PAYWALLED, TAGGED, Attributes, Clean, Edit, Tag
from classifier.errors import ConfigError
from classifier.policy import Policy, labels_of
from classifier.readers import Source, container_of, find_inputs
from classifier.sinks import JsonRows, PageTexts, Sink
from classifier.sinks.suffixes import ROWS, TEXT

Keep = Annotated[list[str] | None, typer.Option("--keep", metavar="LABEL", help="Also keep this label.")]
Drop = Annotated[list[str] | None, typer.Option("--drop", metavar="LABEL", help="Drop this label.")]
TagOnly = Annotated[
    list[str] | None,
    typer.Option("--tag-only", metavar="LABEL", help="Keep blocks of this label, tell where they stand in `tagged`."),
]
MaxContentLoss = Annotated[
    float | None,
    typer.Option(
        "--max-content-loss",
        metavar="SHARE",
        help="Drop only what is sure enough: at most this share of content words is lost, such as 0.01. A share "
        "below the strictest setting that the model was calibrated for is refused.",
    ),
]

ANY = (ROWS, TEXT)
"""What cleaning a stream may give: that is known when its first document was read."""


def clean(
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    keep: Keep = None,
    drop: Drop = None,
    tag_only: TagOnly = None,
    max_content_loss: MaxContentLoss = None,
    tag: Annotated[bool, typer.Option("--tag", help="Drop nothing: add `blocks` (offsets, labels, scores).")] = False,
    attributes: Annotated[
        bool, typer.Option("--attributes", help="Write span attributes alone, one line a document, for denag apply.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show pages with what is removed struck through in its place.")
    ] = False,
    as_html: Annotated[
        bool, typer.Option("--html", help="With --diff: a self-contained web page, to OUT or standard output.")
    ] = False,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="With --diff: a picture of the terminal's view.")
    ] = None,
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
    """Give documents back without what was dropped, in the container they came in.

    Rows keep every field and get their text replaced; a page gives its text; a folder of pages
    with an output folder gives a text file a page. From files to files a run can be stopped and
    goes on when the same command is given again.
    """
    if (as_html or svg is not None) and not diff:
        raise ConfigError(f"{'--html' if as_html else '--svg'} without --diff, expected both")
    chosen = keep or drop or tag_only or max_content_loss is not None
    if ((tag or attributes) and chosen) or (tag and attributes):
        raise ConfigError("--tag and --attributes drop nothing, expected one of them, without --keep and the like")
    batch = Batch(workers, report, rejects, part_size, restart, site_repeats)
    if diff:
        form = DiffForm(output, as_html, svg)
        _check_shown(bool(tag or attributes or tag_only), batch)
    cleaner = Cleaner.load(model)
    source = Source(html_field, text_field, id_field)
    if diff:
        policy = cleaner.policy(keep or (), drop or (), max_content_loss)
        show_diff(cleaner, policy, form, find_inputs(inputs), source, site_repeats)
        return
    edit: Edit
    columns: tuple[str, ...]
    if attributes:
        edit, columns = Attributes(), ()
    elif tag:
        edit, columns = Tag(text_field), (text_field, BLOCKS, PAYWALLED)
    else:
        policy = cleaner.policy(keep or (), drop or (), max_content_loss)
        edit, columns = clean_edit(policy, labels_of(tag_only or (), cleaner.labels), text_field)
    paths = find_inputs(inputs)
    target = files_out(inputs, output, batch)
    if target is not None:
        if tag and {container_of(path) for path in paths} == {"page"} and container_of(target) != "jsonl":
            raise ConfigError(f"{target}: pages have no room for tags, expected a .jsonl file to write to")
        options = {
            "command": "clean", "tag": tag, "attributes": attributes, "max_content_loss": max_content_loss,
            "keep": sorted(keep or ()), "drop": sorted(drop or ()), "tag_only": sorted(tag_only or ()),
        }  # fmt: skip
        run_batch(cleaner, model, edit, source, columns, inputs, paths, target, options, batch)
        return

    def sink(file: IO[Any]) -> Sink:
        return lines_sink(file) if attributes else rows_sink(file, paths, text_field, tag)

    labelled = labeller(cleaner, paths, source, batch)
    run_stream(labelled, edit, source, paths, output, sink, "cleaned", batch, (ROWS,) if tag or attributes else ANY)


def _check_shown(other_forms: bool, batch: Batch) -> None:
    """Raise where a diff is asked for beside what it can not show."""
    if other_forms:
        raise ConfigError("--diff shows what cleaning removes, expected no --tag, --tag-only or --attributes with it")
    if batch.workers > 1 or batch.report is not None or batch.rejects is not None or batch.restart:
        raise ConfigError("--diff streams pages, expected no --workers, --report, --rejects or --restart with it")


def clean_edit(policy: Policy, tag_only: frozenset[str], text_field: str) -> tuple[Clean, tuple[str, ...]]:
    """What cleaning does to a document, and the columns that it sets."""
    columns = (text_field, PAYWALLED, TAGGED) if tag_only else (text_field, PAYWALLED)
    return Clean(policy, tag_only, text_field), columns


def rows_sink(file: IO[Any], paths: list[Path], text_field: str, tag: bool) -> Sink:
    """The sink that gives back the container of what comes as a stream."""
    containers = {container_of(path) if str(path) != "-" else "-" for path in paths}
    if tag:
        return JsonRows(file)
    if containers <= {"page"}:
        return PageTexts(file, text_field, with_ids=len(paths) > 1)
    if containers == {"-"}:
        return JsonRows(file, PageTexts(file, text_field))
    if "page" in containers and len(containers) > 1:
        raise ConfigError("pages and rows in one run, expected inputs of one kind")
    return JsonRows(file)
