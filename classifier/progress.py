"""Progress of long work on standard error: a live line on a terminal, nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")


@contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """Give a function that is told what is being done now."""
    if not sys.stderr.isatty():
        yield lambda stage: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=Console(stderr=True)
    ) as bar:
        task = bar.add_task(title)

        def tell(stage: str) -> None:
            bar.console.print(stage)
            bar.update(task, description=f"{title}: {stage}")

        yield tell


def counted(items: Iterable[Item], title: str, to_terminal: bool) -> Iterator[Item]:
    """Pass items through and show their number and rate, unless the results themselves go to the terminal."""
    if not sys.stderr.isatty() or to_terminal:
        yield from items
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: {task.completed} documents"), TimeElapsedColumn()
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None)
        for item in items:
            yield item
            bar.advance(task)


@contextmanager
def byte_bar(title: str, total: int, done: int = 0) -> Iterator[Callable[[int], object]]:
    """Give a function that is told how many bytes of the input were worked on; shows rate and time left."""
    if not sys.stderr.isatty():
        yield lambda n: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), DownloadColumn()
    rates = TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(*columns, *rates, console=Console(stderr=True), speed_estimate_period=120) as bar:
        task = bar.add_task(title, total=total, completed=done)
        yield lambda n: bar.advance(task, n)
