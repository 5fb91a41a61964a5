"""The command line: parse, call, print. Exit 0 done, 1 a document or gate failed, 2 bad usage or input."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from classifier.cleaner import Cleaner
from classifier.errors import ConfigError, DenagError
from classifier.policy import Policy
from classifier.progress import counted, progress
from classifier.readers import Reject, Source, container_of, find_inputs, open_reader
from classifier.sinks import JsonRows, LabelLines, PageTexts, Sink, open_output
from classifier.types import Document

app = typer.Typer(
    name="denag",
    help="Label the blocks of web documents and give the documents back without the nags.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)

corpora_app = typer.Typer(
    help="Public corpora: join the project's stand-off labels to their pages.", no_args_is_help=True
)
app.add_typer(corpora_app, name="corpora")

Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Files (.html .txt .md .jsonl .parquet .warc .wet; .gz and .zst too), folders of these, or - for "
        "standard input.",
        show_default=False,
    ),
]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="OUT", help="Output file; - or none: standard output.")
]
Model = Annotated[
    Path | None, typer.Option("--model", "-m", metavar="MODEL_DIR", help="Model folder; none: the shipped one.")
]
HtmlField = Annotated[str, typer.Option("--html-field", help="Name of a row's markup field.")]
TextField = Annotated[str, typer.Option("--text-field", help="Name of a row's text field.")]
IdField = Annotated[str, typer.Option("--id-field", help="Name of a row's id field.")]


class _Rejects:
    """Counts rows that could not be read, and tells each on standard error."""

    def __init__(self) -> None:
        self.n = 0

    def passed(self, items: Iterable[Document | Reject]) -> Iterator[Document]:
        for item in items:
            if isinstance(item, Reject):
                self.n += 1
                print(f"denag: rejected {item.where}: {item.reason}", file=sys.stderr)
            else:
                yield item

    def finish(self) -> None:
        if self.n:
            print(f"denag: {self.n} rows rejected, all others done", file=sys.stderr)
            raise typer.Exit(1)


@app.command(epilog="Example: denag label page.html | jq '.blocks[] | select(.label != \"content\")'")
def label(
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Tell the probability of every label of each block.")
    ] = False,
    html_field: HtmlField = "html",
    text_field: TextField = "text",
    id_field: IdField = "id",
) -> None:
    """Label every block: one JSON line a document, in document order."""
    cleaner = Cleaner.load(model)
    paths = find_inputs(inputs)
    source = Source(html_field, text_field, id_field)
    rejects = _Rejects()
    with open_output(output) as file:
        sink = LabelLines(file, probabilities)
        labelled_documents = cleaner.label_stream(rejects.passed(_documents(paths, source)))
        for labelled in counted(labelled_documents, "labelled", _to_terminal(output)):
            sink.write(labelled)
    rejects.finish()


@app.command(epilog="Example: denag clean pages.jsonl.gz -o cleaned.jsonl.gz")
def clean(
    inputs: Inputs,
    output: Output = None,
    model: Model = None,
    keep: Annotated[list[str] | None, typer.Option("--keep", metavar="LABEL", help="Also keep this label.")] = None,
    drop: Annotated[list[str] | None, typer.Option("--drop", metavar="LABEL", help="Drop this label.")] = None,
    html_field: HtmlField = "html",
    text_field: TextField = "text",
    id_field: IdField = "id",
) -> None:
    """Give documents back without what was dropped, in the container they came in.

    Rows keep every field and get their text replaced; a page gives its text; a folder of pages
    with an output folder gives a text file a page.
    """
    policy = Policy.of(keep or (), drop or ())
    cleaner = Cleaner.load(model)
    paths = find_inputs(inputs)
    source = Source(html_field, text_field, id_field)
    rejects = _Rejects()
    with ExitStack() as stack:
        sink = _clean_sink(stack, inputs, paths, output, policy, text_field)
        labelled_documents = cleaner.label_stream(rejects.passed(_documents(paths, source)))
        for labelled in counted(labelled_documents, "cleaned", _to_terminal(output)):
            sink.write(labelled)
    rejects.finish()


@app.command(epilog="Example: denag train labels/pages/*.jsonl --corpora corpora -o my-model")
def train(
    labels: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[LABELS...]", help="Labelled pages; none: the project's own, where it stands in a checkout."
        ),
    ] = None,
    corpora: Annotated[
        Path | None, typer.Option("--corpora", metavar="DIR", help="Folder of the public corpora as Parquet.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL_DIR", help="Where the model goes.")] = Path(
        "model"
    ),
    seed: Annotated[int, typer.Option(help="Seed of everything random.")] = 0,
) -> None:
    """Train a model from labelled pages; pages of test domains are left out and scored in its card."""
    from training.train import train_model

    with progress("training") as tell:
        summary = train_model(labels, corpora, output, seed, tell)
    print(summary)


@app.command(epilog="Example: denag evaluate --corpora corpora --json metrics.json")
def evaluate(
    labels: Annotated[
        list[Path] | None, typer.Argument(metavar="[LABELS...]", help="Labelled pages; all of them are scored.")
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option("--corpora", metavar="DIR", help="Public corpora; their test domains are scored."),
    ] = None,
    model: Model = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here too.")
    ] = None,
    split: Annotated[str, typer.Option(help="Which domains of the corpora: train, dev, test.")] = "test",
) -> None:
    """Score a model: precision, recall, F1 by label and view, words kept and removed."""
    from training.report import evaluate_model

    with progress("evaluating") as tell:
        summary = evaluate_model(labels or [], corpora, Cleaner.load(model), json_file, split, tell)
    print(summary)


@corpora_app.command("check", epilog="Example: denag corpora check corpora")
def check_corpora(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the public corpora as Parquet.")],
) -> None:
    """Join the stand-off labels to the pages of the corpora and tell what did not match; exit 1 above 1 %."""
    from training.corpora import check_match

    with progress("reading") as tell:
        tell(str(folder))
        report = check_match(folder)
    print(report)
    if not report.is_sound:
        raise typer.Exit(1)


@app.command(epilog="Example: denag explain page.html --label donation_appeal")
def explain(
    inputs: Inputs,
    model: Model = None,
    label: Annotated[str | None, typer.Option("--label", help="Only blocks with this label.")] = None,
) -> None:
    """Tell why each block got its label: n-grams, element names and neighbours, with exact contributions."""
    from classifier.show import show_explanation
    from classifier.types import Label

    if label is not None and label not in set(Label):
        raise ConfigError(f"{label!r} is no label, expected one of {', '.join(Label)}")
    cleaner = Cleaner.load(model)
    rejects = _Rejects()
    for document in rejects.passed(_documents(find_inputs(inputs), Source())):
        for explanation in cleaner.explain(document):
            if label is None or explanation.label == label:
                show_explanation(explanation)
    rejects.finish()


@app.command(epilog="Example: denag demo page.html")
def demo(inputs: Inputs, model: Model = None) -> None:
    """Show pages as coloured tables of blocks, and what cleaning removes."""
    from classifier.show import show_page

    cleaner = Cleaner.load(model)
    rejects = _Rejects()
    for document in rejects.passed(_documents(find_inputs(inputs), Source())):
        show_page(cleaner.label(document))
    rejects.finish()


def _to_terminal(output: Path | None) -> bool:
    return (output is None or str(output) == "-") and sys.stdout.isatty()


def _documents(paths: list[Path], source: Source) -> Iterator[Document | Reject]:
    for path in paths:
        yield from open_reader(path, source)


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


def main() -> None:
    """Run the command line; every error denag raises on purpose, or the system raises, is one line and exit 2."""
    try:
        app(standalone_mode=True)
    except DenagError as error:
        print(f"denag: {error}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"denag: {where}{error.strerror or error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
