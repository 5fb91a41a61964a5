"""Where the parts of a run go: one file, or a folder with a file for each input; and how they are joined."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from classifier.engines.parts import Part
from classifier.engines.work import Kind, Task
from classifier.errors import ConfigError, InputError
from classifier.readers import container_of
from classifier.readers.standard_input import STANDARD
from classifier.sinks.base import move, open_output
from classifier.sinks.suffixes import PARQUET, ROWS, TEXT, check_folder, check_suffix

WORK_SUFFIX = ".denag"
_COPY_BYTES = 1 << 26
_WRITTEN: dict[Kind, str] = {"lines": ROWS, "rows": ROWS, "texts": TEXT, "texts with ids": TEXT, "parquet": PARQUET}


@dataclass(frozen=True, slots=True)
class Target:
    """An output file and the parts it is made of; of kind ``pages`` a folder.

    ``source`` is the file whose schema a Parquet file gets.
    """

    path: Path
    kind: Kind
    source: Path
    tasks: tuple[Task, ...]


def work_folder(output: Path, into_folder: bool) -> Path:
    """Where finished parts wait: hidden, on the same file system as the output."""
    return output / WORK_SUFFIX if into_folder else output.with_name(f".{output.name}{WORK_SUFFIX}"[:255])


def goes_into_folder(inputs: Sequence[str], paths: Sequence[Path], output: Path) -> bool:
    """Whether an output is a folder: it is one, or there is more to write than a file without a suffix can hold."""
    if output.is_dir():
        return True
    many = len(paths) > 1 or any(Path(name).is_dir() for name in inputs)
    only_pages = all(container_of(path) == "page" for path in paths)
    return many and (container_of(output) is None or (only_pages and container_of(output) != "jsonl"))


def plan_targets(
    inputs: Sequence[str],
    paths: Sequence[Path],
    parts: Sequence[list[Part]],
    output: Path,
    lines: bool,
) -> list[Target]:
    """Targets in order.

    Parameters
    ----------
    inputs
        Inputs as they were named.
    paths, parts
        Files, and the parts of each.
    output
        File or folder.
    lines
        Whether rows come out whatever the container of the input.

    Raises
    ------
    ConfigError
        Where inputs do not go together into this output, or its suffix names something else.
    """
    containers = {container_of(path) for path in paths}
    into_folder = goes_into_folder(inputs, paths, output)
    if not lines and "page" in containers and len(containers) > 1:
        raise ConfigError("pages and rows in one run, expected inputs of one kind")
    folder = work_folder(output, into_folder)
    if not into_folder:
        kind = _kind(paths, output, lines)
        if kind == "parquet" and len(paths) > 1:
            raise ConfigError(
                f"{len(paths)} Parquet files in, expected one for each output file, or a folder to write to"
            )
        check_suffix(output, _WRITTEN[kind])
        flat = [part for file_parts in parts for part in file_parts]
        return [_target(output, kind, paths[0], flat, folder, {})]
    check_folder(output, len(paths))
    roots = [Path(name) for name in inputs]
    names = _names(paths, roots, output, lines)
    if not lines and containers == {"page"}:
        pages: dict[str | int, Path] = {str(path): target for path, target in zip(paths, names, strict=True)}
        flat = [part for file_parts in parts for part in file_parts]
        return [_target(output, "pages", paths[0], flat, folder, pages)]
    return [
        _target(name, _kind([path], name, lines), path, file_parts, folder, {})
        for path, name, file_parts in zip(paths, names, parts, strict=True)
    ]


def join(target: Target, columns: Sequence[str], folder: Path) -> None:
    """Make an output file of its parts; it is written in the work folder and appears when it is whole."""
    files = [task.file for task in target.tasks]
    if target.kind == "pages":
        return
    target.path.parent.mkdir(parents=True, exist_ok=True)
    with whole_or_not(target.path, folder) as unfinished:
        if target.kind == "parquet":
            from classifier.sinks.parquet import join_parquet

            join_parquet(files, unfinished, target.source, columns)
        elif len(files) == 1:
            os.replace(files[0], unfinished)
        else:
            concatenate(files, unfinished)


@contextmanager
def whole_or_not(path: Path, folder: Path) -> Iterator[Path]:
    """A name in a folder to write to; the file gets its own when it is whole and on the disk, or goes to ``-`` then."""
    unfinished = folder / "unfinished"
    try:
        yield unfinished
        with open(unfinished, "rb") as file:
            if path == STANDARD:
                with open_output(path) as out:
                    shutil.copyfileobj(file, out)
                return
            os.fsync(file.fileno())
        move(unfinished, path)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def concatenate(files: Iterable[Path], path: Path) -> None:
    """Copy files one behind the other, within the system where it can."""
    with open(path, "wb") as out:
        for name in files:
            with open(name, "rb") as file:
                _copy(file, out)


def _copy(file: IO[Any], out: IO[Any]) -> None:
    try:
        while os.copy_file_range(file.fileno(), out.fileno(), _COPY_BYTES):
            pass
    except (AttributeError, OSError):
        # a file system without it; both files stand where the copying stopped
        shutil.copyfileobj(file, out, 1 << 20)
        out.flush()


def _kind(paths: Sequence[Path], output: Path, lines: bool) -> Kind:
    containers = {container_of(path) for path in paths}
    if lines:
        return "lines"
    if containers == {"page"} and container_of(output) != "jsonl":
        return "texts with ids" if len(paths) > 1 else "texts"
    if container_of(output) == "jsonl" or containers != {"parquet"}:
        return "rows"
    return "parquet"


def _target(
    path: Path, kind: Kind, source: Path, parts: Iterable[Part], folder: Path, pages: dict[str | int, Path]
) -> Target:
    suffix = ".parquet" if kind == "parquet" else path.suffix.lower() if path.suffix.lower() in (".gz", ".zst") else ""
    tasks = []
    for part in parts:
        own: dict[str | int, Path] = {str(p): pages[str(p)] for p in part.paths} if pages else {}
        tasks.append(Task(part, kind, folder / f"{part.key}{suffix}", own))
    return Target(path, kind, source, tuple(tasks))


def _names(paths: Sequence[Path], roots: Sequence[Path], folder: Path, lines: bool) -> list[Path]:
    """Output file of each input file: its path below the folder that was named as input, or its bare name."""
    sources: dict[Path, Path] = {}
    names: list[Path] = []
    for path in paths:
        root = next((root for root in roots if root.is_dir() and path.is_relative_to(root)), path.parent)
        name = folder / path.relative_to(root)
        container = container_of(path)
        compression = name.suffix if name.suffix.lower() in (".gz", ".zst") else ""
        if lines or container == "warc":
            name = name.with_name(
                name.name.removesuffix(compression) + ("" if container == "jsonl" else ".jsonl") + compression
            )
        elif container == "page" and name.suffix != ".txt":
            name = name.with_name(name.name + ".txt")
        if sources.setdefault(name, path) != path:
            raise InputError(f"{name}: both {sources[name]} and {path} would go there")
        names.append(name)
    return names
