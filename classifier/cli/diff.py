"""What ``denag clean --diff`` shows: as text, as a web page, as a picture."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from classifier.cleaner import Cleaner
from classifier.cli.options import Rejects, find_repeats, read_documents, to_terminal
from classifier.errors import ConfigError
from classifier.policy import Policy
from classifier.progress import counted
from classifier.readers import Source
from classifier.sinks import open_output
from classifier.sinks.suffixes import HTML, SVG, TEXT, check_suffix
from classifier.types import LabelledDocument


@dataclass(frozen=True, slots=True)
class DiffForm:
    """Where the diff goes and in which form; with neither ``as_html`` nor ``svg`` it is text.

    Raises
    ------
    ConfigError
        Where more than one output is asked for, or its suffix names something else.
    """

    output: Path | None
    as_html: bool = False
    svg: Path | None = None

    def __post_init__(self) -> None:
        for path, written in ((self.output, HTML if self.as_html else TEXT), (self.svg, SVG)):
            if path is not None:
                check_suffix(path, written)
        if self.as_html and self.svg is not None:
            raise ConfigError("--html and --svg in one run, expected one of them")
        if self.svg is not None and self.output is not None:
            raise ConfigError(f"--svg {self.svg} and --output {self.output} in one run, expected one of them")


class _DiffSink(Protocol):
    def write(self, labelled: LabelledDocument) -> None: ...


def show_diff(
    cleaner: Cleaner, policy: Policy, form: DiffForm, paths: list[Path], source: Source, site_repeats: bool
) -> None:
    """Show the pages one after the other, what the policy removes struck through."""
    repeats = find_repeats(site_repeats, paths, source)
    rejects = Rejects()
    with ExitStack() as stack:
        sink = _sink(stack, form, policy)
        labelled_documents = cleaner.label_stream(rejects.passed(read_documents(paths, source)), repeats)
        for labelled in counted(labelled_documents, "cleaned", to_terminal(form.output)):
            sink.write(labelled)
    rejects.finish()


def _sink(stack: ExitStack, form: DiffForm, policy: Policy) -> _DiffSink:
    from classifier.diff import HtmlDiff, SvgDiff, TerminalDiff

    if form.svg is not None:
        return stack.enter_context(SvgDiff.open(stack.enter_context(open_output(form.svg)), policy))
    if form.as_html:
        return stack.enter_context(HtmlDiff.open(stack.enter_context(open_output(form.output)), policy))
    if to_terminal(form.output):
        return TerminalDiff(None, policy)
    return TerminalDiff(stack.enter_context(open_output(form.output)), policy)
