"""What ``label`` and ``clean`` share: files to files by the local engine, anything else as a stream."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Annotated, Any

import orjson
import typer

from classifier.cleaner import Cleaner, default_model
from classifier.cli.options import Rejects, find_repeats, read_documents, to_terminal
from classifier.edits import Edit
from classifier.engines.attributes import AttributeFile
from classifier.engines.tally import Tally
from classifier.engines.work import Job, Labeller, edited
from classifier.errors import ConfigError
from classifier.progress import counted
from classifier.readers import Source
from classifier.readers.standard_input import STANDARD
from classifier.sinks import JsonLines, Sink, open_output
from classifier.sinks.suffixes import ROWS, check_suffix

Workers = Annotated[
    int, typer.Option("--workers", "-w", metavar="N", min=1, help="Worker processes; 1: work in this one.")
]
Report = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="Write counts by label, language and domain as JSON here; - to stdout."
    ),
]
RejectsFile = Annotated[
    Path | None,
    typer.Option(
        "--rejects",
        metavar="FILE",
        help="Where rows that can not be read go, - to stdout; none: rejects.jsonl beside the output.",
    ),
]
PartSize = Annotated[
    float, typer.Option("--part-size", metavar="MB", min=0.0001, help="Size of the parts that a stopped run keeps.")
]
Restart = Annotated[bool, typer.Option("--restart", help="Throw away what a stopped run has finished.")]


@dataclass(frozen=True, slots=True)
class Batch:
    """How a run is done: the options that `label` and `clean` share.

    Raises
    ------
    ConfigError
        Where two of them do not go together.
    """

    workers: int = 1
    report: Path | None = None
    rejects: Path | None = None
    part_size: float = 16
    restart: bool = False
    site_repeats: bool = False

    def __post_init__(self) -> None:
        if self.site_repeats and self.workers > 1:
            raise ConfigError(
                f"--site-repeats and --workers {self.workers} in one run, "
                "expected one worker: what sites repeat is known to one process alone"
            )


def files_out(inputs: list[str], output: Path | None, batch: Batch) -> Path | None:
    """The output of a run that goes from files to files; None where it streams.

    Raises
    ------
    ConfigError
        Where it streams and ``batch`` asks for what only the other has, or two outputs go to standard output.
    """
    named = {"--output": output or STANDARD, "--report": batch.report, "--rejects": batch.rejects}
    standard = [option for option, path in named.items() if path == STANDARD]
    if len(standard) > 1:
        raise ConfigError(f"{' and '.join(standard)} both go to standard output, expected a file for one of them")
    if output is not None and str(output) != "-" and "-" not in inputs and not _is_device(output):
        return output
    if batch.workers > 1 or batch.rejects is not None or batch.restart:
        raise ConfigError("--workers, --rejects and --restart need files in and a file or folder out")
    return None


def labeller(cleaner: Cleaner, paths: list[Path], source: Source, batch: Batch) -> Labeller:
    """What labels groups of documents; reads all of them first where it is to know what their sites repeat."""
    repeats = find_repeats(batch.site_repeats, paths, source)
    return cleaner.label_group if repeats is None else partial(cleaner.label_group, repeats=repeats)


def run_batch(
    cleaner: Cleaner,
    model: Path | None,
    edit: Edit,
    source: Source,
    columns: tuple[str, ...],
    inputs: list[str],
    paths: list[Path],
    output: Path,
    options: Mapping[str, Any],
    batch: Batch,
) -> None:
    """Files to files; exit 1 where rows were rejected."""
    from classifier.engines.local import Settings, model_fingerprint, run
    from classifier.engines.parts import InputFile, fingerprint

    settings = Settings(batch.workers, int(batch.part_size * 1e6), batch.rejects, batch.report, batch.restart)
    job = Job(edit, source, columns, in_full=batch.report is not None)
    names = {"html_field": source.html_field, "text_field": source.text_field, "id_field": source.id_field}
    facts = {**model_fingerprint(default_model() if model is None else model), **names, **options}
    if batch.site_repeats:  # the labels of each part then depend on all inputs
        facts["site_repeats"] = fingerprint([InputFile.of(path) for path in paths])
    _tell(run(labeller(cleaner, paths, source, batch), job, inputs, paths, output, facts, settings))


def run_in_step(
    label: AttributeFile,
    edit: Edit,
    source: Source,
    columns: tuple[str, ...],
    inputs: list[str],
    paths: list[Path],
    output: Path,
    batch: Batch,
) -> None:
    """Files to files by attributes that are read along: in order, from the beginning."""
    from classifier.engines.local import WHOLE_FILES, Settings, run

    settings = Settings(1, WHOLE_FILES, batch.rejects, batch.report, in_step=True)
    job = Job(edit, source, columns, in_full=batch.report is not None)
    _tell(run(label, job, inputs, paths, output, {"command": "apply"}, settings, label.check_end))


def _tell(tally: Tally) -> None:
    if tally.n_rejects:
        print(f"denag: {tally.n_rejects} rows rejected, all others done", file=sys.stderr)
        raise typer.Exit(1)


def run_stream(
    label: Labeller,
    edit: Edit,
    source: Source,
    paths: list[Path],
    output: Path | None,
    sink_of: Callable[[IO[Any]], Sink],
    verb: str,
    batch: Batch,
    written: tuple[str, ...] = (ROWS,),
) -> None:
    """Standard input or output: documents as they come; ``written`` is what they may be written as."""
    if output is not None and not _is_device(output):
        check_suffix(output, *written)
    began = time.monotonic()
    rejects = Rejects()
    tally = Tally(in_full=True) if batch.report is not None else None
    with open_output(output) as file:
        sink = sink_of(file)
        documents = rejects.passed(read_documents(paths, source), tally)
        rows = edited(documents, label, edit, tally)
        for document, row in counted(rows, verb, to_terminal(output)):
            sink.write(document, row)
    if tally is not None and batch.report is not None:
        told = tally.report(time.monotonic() - began)
        with open_output(batch.report) as file:
            file.write(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    rejects.finish()


def lines_sink(file: IO[Any]) -> Sink:
    return JsonLines(file)


def _is_device(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()
