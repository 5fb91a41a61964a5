"""Do one part: read, label, edit, write. What a worker process runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from classifier.cleaner import grouped
from classifier.edits import Edit, Row
from classifier.engines.parts import Part
from classifier.engines.tally import Tally
from classifier.errors import InputError
from classifier.readers import Reject, Source
from classifier.readers.base import compressed
from classifier.readers.files import read_page
from classifier.readers.jsonl import read_jsonl
from classifier.sinks import JsonLines, JsonRows, PageFiles, PageTexts, Sink
from classifier.sinks.rows import json_line
from classifier.types import Document, LabelledBatch

Labeller = Callable[[list[Document]], list[tuple[list[int], LabelledBatch]]]
"""Labels documents of any media type: places of those of each type, and their labelled blocks."""
Kind = Literal["rows", "lines", "texts", "texts with ids", "pages", "parquet"]

UNITS = {"jsonl": "line", "parquet": "row", "warc": "record"}
"""What is counted in a file of each kind; a page is a file."""


@dataclass(frozen=True, slots=True)
class Task:
    """A part and where it goes.

    Parameters
    ----------
    part
        What is read.
    kind
        What is written.
    file
        Where it is written; rejects go beside it.
    pages
        Files of single pages, by the id of the document, where each page gets a file of its own.
    """

    part: Part
    kind: Kind
    file: Path
    pages: Mapping[str | int, Path]

    @property
    def rejects(self) -> Path:
        return self.file.parent / f"{self.part.key}.rejects"


@dataclass(frozen=True, slots=True)
class Job:
    """What is done to every document."""

    edit: Edit
    source: Source
    columns: tuple[str, ...]
    """Columns that are set in Parquet."""
    in_full: bool = False
    """Whether languages and domains are counted."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a part: its counts, or what stopped it.

    ``broken`` says what of the input could not be read; ``stopped`` what keeps the whole run from going on.
    """

    key: str
    tally: Tally | None = None
    broken: str = ""
    stopped: str = ""


def do_part(label: Labeller, job: Job, task: Task) -> Outcome:
    """Do a part; its file appears when it is whole."""
    unfinished = task.file.with_name(f"{os.getpid()}.{task.file.name}")
    tally = Tally(job.in_full)
    try:
        with ExitStack() as stack:
            taken = _taken(stack, task, tally)
            if task.kind == "parquet":
                _do_columns(unfinished, label, job, task.part, taken, tally)
            else:
                file = None if task.kind == "pages" else stack.enter_context(_durable(unfinished))
                sink = (
                    PageFiles(task.pages, unfinished, job.source.text_field) if file is None else _sink(file, job, task)
                )
                for document, row in edited(taken(_documents(task.part, job)), label, job.edit, tally):
                    sink.write(document, row)
        if task.kind == "parquet":
            _sync(unfinished)
        if task.kind != "pages":
            os.replace(unfinished, task.file)
    except InputError as error:
        return Outcome(task.part.key, broken=str(error))
    except OSError as error:
        return Outcome(task.part.key, stopped=f"{error.filename or task.file}: {error.strerror or error}")
    except MemoryError:
        return Outcome(task.part.key, stopped=f"{task.part.paths[0]}: memory ran out")
    finally:
        with suppress(OSError):
            unfinished.unlink()
    return Outcome(task.part.key, tally)


def edited(
    documents: Iterable[Document], label: Labeller, edit: Edit, tally: Tally | None = None
) -> Iterator[tuple[Document, Row]]:
    """Label documents a group at a time and give each its row, in order."""
    for group in grouped(documents):
        rows: list[Row] = [{}] * len(group)
        for places, labelled in label(group):
            dropped = edit.dropped(labelled)
            if tally is not None:
                tally.add(labelled, dropped)
            for i, row in zip(places, edit.rows(labelled, dropped), strict=True):
                rows[i] = row
        yield from zip(group, rows, strict=True)


def _taken(stack: ExitStack, task: Task, tally: Tally) -> Callable[[Iterable[Document | Reject]], Iterator[Document]]:
    """A step that passes documents on and writes rejects down."""
    unit = UNITS.get(task.part.container)
    task.rejects.unlink(missing_ok=True)

    def taken(items: Iterable[Document | Reject]) -> Iterator[Document]:
        file = None
        for item in items:
            if isinstance(item, Document):
                yield item
                continue
            tally.add_reject(item)
            file = file or stack.enter_context(_durable(task.rejects))
            row: Row = {"reason": item.reason, "file": item.where}
            if unit is not None:
                row["file"], _, number = item.where.rpartition("/")
                row[unit] = int(number)
            file.write(json_line(row if item.offset is None else row | {"offset": item.offset}))

    return taken


def _documents(part: Part, job: Job) -> Iterator[Document | Reject]:
    for path in part.paths:
        if part.container == "jsonl":
            yield from read_jsonl(path, job.source, part.start, part.end or None, part.number)
        elif part.container == "warc":
            from classifier.readers.warc import read_warc

            yield from read_warc(path)
        elif part.container == "page":
            yield from read_page(path)
        else:
            from classifier.readers.parquet import batch_documents, read_batches

            number = part.number
            columns = _needed_columns(path, job.source) if job.edit.whole_rows else None
            for batch in read_batches(path, range(part.start, part.end), columns):
                yield from batch_documents(batch, path, job.source, number)
                number += batch.num_rows


def _do_columns(
    unfinished: Path,
    label: Labeller,
    job: Job,
    part: Part,
    taken: Callable[[Iterable[Document | Reject]], Iterator[Document]],
    tally: Tally,
) -> None:
    """Parquet to Parquet: only the columns that labelling needs become Python's objects."""
    from classifier.readers.parquet import batch_documents, read_batches
    from classifier.sinks.parquet import ParquetRows

    [path] = part.paths
    needed = _needed_columns(path, job.source)
    number = part.number
    with ParquetRows(unfinished, path, job.columns) as sink:
        for batch in read_batches(path, range(part.start, part.end)):
            items = batch_documents(batch.select(needed), path, job.source, number)
            number += batch.num_rows
            kept = [i for i, item in enumerate(items) if isinstance(item, Document)]
            rows = [row for _, row in edited(taken(items), label, job.edit, tally)]
            sink.write(batch, kept, rows)


def _needed_columns(path: Path, source: Source) -> list[str]:
    from classifier.readers.parquet import row_group_rows

    names = row_group_rows(path)[2]
    wanted = {source.html_field, source.text_field, source.id_field, "blocks", "url", "lang", "language"}
    return [name for name in names if name in wanted] or names[:1]


def _sink(file: IO[Any], job: Job, task: Task) -> Sink:
    text_field = job.source.text_field
    if task.kind == "lines":
        return JsonLines(file)
    if task.kind == "rows":
        return JsonRows(file)
    return PageTexts(file, text_field, with_ids=task.kind == "texts with ids")


@contextmanager
def _durable(path: Path) -> Iterator[IO[Any]]:
    """A new file, compressed by its suffix, that is on the disk when it is closed."""
    with open(path, "wb") as raw:
        with compressed(raw, path.suffix.lower(), "wb") as file:
            yield file
        raw.flush()
        os.fsync(raw.fileno())


def _sync(path: Path) -> None:
    with open(path, "rb") as file:
        os.fsync(file.fileno())
