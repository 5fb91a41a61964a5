"""Run over files on this machine: parts in worker processes, resumable, the same bytes whatever the workers."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson

from classifier.artefact import CONFIG, TENSORS
from classifier.edits import PAYWALLED
from classifier.engines.manifest import LOCK, Manifest, locked
from classifier.engines.outputs import (
    Target,
    concatenate,
    goes_into_folder,
    join,
    plan_targets,
    whole_or_not,
    work_folder,
)
from classifier.engines.parts import InputFile, Part, line_ends, numbered, plan
from classifier.engines.tally import Tally
from classifier.engines.work import UNITS, Job, Labeller, Outcome, Task, do_part
from classifier.errors import InputError, RunError
from classifier.printable import printable
from classifier.progress import byte_bar
from classifier.readers.standard_input import STANDARD
from classifier.stop import Terminated, stoppable

REJECTS = "rejects.jsonl"
PART_BYTES = 16 << 20
WHOLE_FILES = 1 << 62
_TOLD_REJECTS = 20
_WATCH_S = 1.0

Given = TypeVar("Given")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run goes about its work; none of it changes the output, but for ``part_bytes``.

    Parameters
    ----------
    workers
        Number of processes; 1 works in this one.
    part_bytes
        Size of a part: what is lost at most, for each worker, when a run is killed.
    rejects
        File for rows that could not be read, ``-`` for standard output; None: ``rejects.jsonl`` beside the output.
    report
        File for the counts, if any; ``-`` for standard output.
    restart
        Whether parts of an earlier run are thrown away.
    in_step
        Whether parts must be done in order from the first on, by this process: nothing is kept of a
        run that stops.
    """

    workers: int = 1
    part_bytes: int = PART_BYTES
    rejects: Path | None = None
    report: Path | None = None
    restart: bool = False
    in_step: bool = False


def run(
    label: Labeller,
    job: Job,
    inputs: Sequence[str],
    paths: Sequence[Path],
    output: Path,
    options: Mapping[str, Any],
    settings: Settings,
    check: Callable[[], None] | None = None,
) -> Tally:
    """Do all parts that are not done, then join them.

    Parameters
    ----------
    label
        Labels a group of documents; sent to each worker.
    job
        What is done to each document.
    inputs, paths
        Inputs as they were named, and the files they are.
    output
        File or folder.
    options
        All that the bytes of the output depend on beside the inputs; a run goes on only with the same.
    settings
        Workers and the like.
    check
        Called when all parts are done, before the output is made of them.

    Raises
    ------
    ConfigError
        Before anything is done.
    InputError
        Before anything is done, or where an input turned out to be torn; finished parts are kept.
    RunError
        Where the output could not be written, or memory ran out; finished parts are kept.
    """
    began = time.monotonic()
    files = [InputFile.of(path) for path in paths]
    into_folder = goes_into_folder(inputs, paths, output)
    # rows of a page go into the page's own file
    parts = plan(files, settings.part_bytes, pages_apart=into_folder and job.edit.whole_rows)
    targets = plan_targets(inputs, paths, parts, output, job.edit.whole_rows)
    _check_places(paths, targets, output, into_folder)
    folder = work_folder(output, into_folder)
    rejects = settings.rejects or (output if into_folder else output.parent) / REJECTS
    options = {**options, "part_bytes": settings.part_bytes, "in_full": job.in_full}
    with locked(folder), stoppable():
        if settings.restart or settings.in_step:
            _clear(folder)
        manifest = Manifest(folder, orjson.loads(orjson.dumps(options)))
        finished = False
        try:
            targets = [_numbered(target, settings.workers) for target in targets]
            _do_all(label, job, targets, manifest, settings)
            if check is not None:
                check()
            tally = _finish(job, targets, manifest, folder, rejects, settings, began)
            finished = True
        except (KeyboardInterrupt, Terminated):
            if _kept(manifest, settings):
                print(
                    f"denag: stopped; {len(manifest.done)} finished parts are kept, the same command goes on",
                    file=sys.stderr,
                )
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else f"{output}: "
            raise RunError(f"{where}{error.strerror or error}{_kept(manifest, settings)}") from error
        finally:
            manifest.close()
            if finished or settings.in_step or not manifest.done:  # nothing to go on with
                _remove(folder)
    return tally


def model_fingerprint(folder: Path) -> dict[str, str]:
    """What labels depend on: the version of the code, and the model's files."""
    from importlib.metadata import version  # slow to import, and most commands are not runs

    digest = hashlib.sha256()
    for name in (CONFIG, TENSORS):
        digest.update((folder / name).read_bytes())
    return {"version": version("denag"), "model": digest.hexdigest()[:20]}


def _check_places(paths: Sequence[Path], targets: Sequence[Target], output: Path, into_folder: bool) -> None:
    written = {target.path for target in targets}
    for target in targets:
        written.update(page for task in target.tasks for page in task.pages.values())
    inputs = {path.resolve() for path in paths}
    for path in sorted(written):
        if path.resolve() in inputs:
            raise InputError(f"{path}: would be written over its own input, expected another output")
    if into_folder:
        first = next((page for page in sorted(written) if page != output), output)
        try:
            output.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{first}: {error.strerror or error}") from error
    elif not output.parent.is_dir():
        reason = "Not a directory" if output.parent.exists() else "No such file or directory"
        raise InputError(f"{output}: {reason}")


def _numbered(target: Target, workers: int) -> Target:
    """The target whose JSONL parts know the number of their first line."""
    by_path: dict[Path, dict[str, Part]] = {}
    for task in target.tasks:
        by_path.setdefault(task.part.paths[0], {})[task.part.key] = task.part
    parts: dict[str, Part] = {}
    for own in by_path.values():
        counted = numbered(list(own.values()), lambda parts: _mapped(line_ends, parts, workers, in_order=True))
        parts.update((part.key, part) for part in counted)
    return replace(target, tasks=tuple(replace(task, part=parts[task.part.key]) for task in target.tasks))


def _do_all(label: Labeller, job: Job, targets: Sequence[Target], manifest: Manifest, settings: Settings) -> None:
    tasks = {task.part.key: task for target in targets for task in target.tasks}
    stale = manifest.done.keys() - tasks.keys()
    if stale:
        print(f"denag: {len(stale)} finished parts are of inputs that have changed since: not used", file=sys.stderr)
    for key in stale:
        del manifest.done[key]
    left = [task for task in tasks.values() if not _is_done(task, manifest)]
    if settings.workers > 1:
        left.sort(key=lambda task: -task.part.n_bytes)  # the longest first: no worker waits for one at the end
    if len(left) < len(tasks):
        print(f"denag: going on: {len(tasks) - len(left)} of {len(tasks)} parts were done before", file=sys.stderr)
    broken: list[str] = []
    sizes = {key: task.part.n_bytes for key, task in tasks.items()}
    bytes_left = sum(task.part.n_bytes for task in left)
    total = sum(sizes.values())
    with (
        byte_bar("working", total, total - bytes_left) as advance,
        closing(_mapped(_Work(label, job), left, settings.workers)) as outcomes,
    ):
        for outcome in outcomes:
            if outcome.stopped:
                raise RunError(outcome.stopped + _kept(manifest, settings))
            if settings.in_step and outcome.broken:
                raise InputError(outcome.broken)
            if outcome.tally is None:
                broken.append(outcome.broken)
            else:
                manifest.add(outcome.key, {"tally": outcome.tally.to_json()})
            advance(sizes[outcome.key])
    if broken:
        raise InputError("\ndenag: ".join(sorted(broken)) + _kept(manifest, settings))


@dataclass(frozen=True, slots=True)
class _Work:
    label: Labeller
    job: Job

    def __call__(self, task: Task) -> Outcome:
        return do_part(self.label, self.job, task)


def _is_done(task: Task, manifest: Manifest) -> bool:
    if task.part.key not in manifest.done:
        return False
    files: Iterable[Path] = task.pages.values() if task.kind == "pages" else [task.file]
    return all(file.exists() for file in files)


def _kept(manifest: Manifest, settings: Settings) -> str:
    n = 0 if settings.in_step else len(manifest.done)
    return f"; {n} finished parts are kept, the same command goes on" if n else ""


def _finish(
    job: Job,
    targets: Sequence[Target],
    manifest: Manifest,
    folder: Path,
    rejects: Path,
    settings: Settings,
    began: float,
) -> Tally:
    """Join the parts, write rejects and report; the outputs appear last."""
    total = Tally(job.in_full)
    tasks = [task for target in targets for task in target.tasks]
    for task in tasks:
        total.merge(Tally.from_json(manifest.done[task.part.key]["tally"]))
    if total.n_rejects:
        with whole_or_not(rejects, folder) as unfinished:
            concatenate((task.rejects for task in tasks if task.rejects.exists()), unfinished)
        if rejects != STANDARD:
            _tell_rejects(rejects, total.n_rejects)
    columns = [name for name in job.columns if name != PAYWALLED or total.n_paywalled]
    for target in targets:
        join(target, columns, folder)
    if settings.report is not None:
        with whole_or_not(settings.report, folder) as unfinished:
            told = total.report(time.monotonic() - began)
            unfinished.write_bytes(orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return total


def _tell_rejects(path: Path, n: int) -> None:
    with open(path, "rb") as file:
        for _, line in zip(range(_TOLD_REJECTS), file, strict=False):
            row = orjson.loads(line)
            where = "/".join([row["file"], *(str(row[unit]) for unit in UNITS.values() if unit in row)])
            print(printable(f"denag: rejected {where}: {row['reason']}"), file=sys.stderr)
    if n > _TOLD_REJECTS:
        print(f"denag: and {n - _TOLD_REJECTS} more, all of them in {path}", file=sys.stderr)


def _mapped(
    work: Callable[[Given], Made], items: Sequence[Given], workers: int, in_order: bool = False
) -> Generator[Made, None, None]:
    """Results of a function, from worker processes where there is more than one."""
    if workers == 1 or len(items) < 2:
        yield from map(work, items)
        return
    from joblib import Parallel, delayed
    from joblib.externals.loky import get_reusable_executor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    # large arrays of the model are written once and memory-mapped by the workers
    parallel = Parallel(
        workers,
        return_as="generator" if in_order else "generator_unordered",
        batch_size=1,
        pre_dispatch="2*n_jobs",
        initializer=_start_worker,
        # workers of an earlier run serve again only where these are the same
        initargs=(os.getpid(), _current_folder()),
    )
    results = parallel(delayed(work)(item) for item in items)
    try:
        for made in results:  # noqa: UP028 - a stop must not close the results unseen
            yield made
    except TerminatedWorkerError as error:
        raise RunError("a worker process was killed, perhaps because memory ran out") from error
    except BaseException:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # joblib tells of the tasks that a stop leaves
            results.close()
        get_reusable_executor().shutdown(wait=True, kill_workers=True)
        raise


def _current_folder() -> str:
    """What relative paths are relative to; empty where that was removed."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def _start_worker(parent: int, folder: str) -> None:
    """In a worker: leave Ctrl-C to the parent, stand in its folder, and end when it was killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if folder:
        os.chdir(folder)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_S)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _remove(folder: Path) -> None:
    """Take the folder away, the lock last: from then on another run may take the place."""
    _clear(folder)
    with suppress(OSError):
        (folder / LOCK).unlink()
        folder.rmdir()


def _clear(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name != LOCK:
            with suppress(OSError):
                path.unlink()
