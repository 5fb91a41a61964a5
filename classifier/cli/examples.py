"""What ``--help`` of each command shows at its end: calls that work as they stand, the commonest first."""

from __future__ import annotations

from inspect import cleandoc

EXAMPLES = {
    "label": (
        "denag label page.html | jq '.blocks[] | select(.label != \"content\")'",
        "denag label pages.jsonl.gz --probabilities -o labels.jsonl.gz",
        "curl -s https://example.org/ | denag label -",
    ),
    "clean": (
        "denag clean pages.jsonl.gz -o cleaned.jsonl.gz",
        "denag clean pages.parquet -o cleaned.parquet --max-content-loss 0.01",
        "denag clean page.html --diff",
        "denag clean pages/ -o texts/ --keep newsletter_prompt",
    ),
    "apply": (
        "denag apply spans.jsonl pages.jsonl --max-content-loss 0.01 -o cleaned.jsonl",
        "denag apply spans.jsonl pages.jsonl --keep newsletter_prompt -o cleaned.jsonl",
    ),
    "train": (
        "denag train --from default my-labels.jsonl -o my-model",
        "denag train labels/pages/*.jsonl --corpora corpora -o my-model",
        "denag train --calibrate-only my-model --corpora corpora",
    ),
    "evaluate": (
        "denag evaluate held-out.jsonl --json old.json",
        "denag evaluate held-out.jsonl --model my-model --against old.json",
        "denag evaluate --corpora corpora --report report.html",
        "denag evaluate --corpora corpora --gate models/floors.json",
    ),
    "explain": (
        "denag explain page.html --label donation_appeal",
        "denag explain page.html --model my-model",
    ),
    "review": (
        "denag review crawl.jsonl --labels my-labels.jsonl",
        "denag review site/ --labels my-labels.jsonl --add-label consent_notice",
        "denag review pages/ --model my-model --no-open --port 8123",
    ),
    "demo": ("denag demo page.html",),
    "corpora": (
        "denag corpora build --from checkouts -o corpora",
        "denag corpora check corpora",
    ),
    "corpora build": ("denag corpora build --from checkouts -o corpora",),
    "corpora check": ("denag corpora check corpora",),
    "corpora queue": ("denag corpora queue --corpora corpora -o queue.jsonl",),
    "corpora take": ("denag corpora take labelled.jsonl --corpora corpora -o labels/standoff/queue.jsonl",),
    "corpora doubt": ("denag corpora doubt --corpora corpora -o doubtful.jsonl",),
    "corpora table": ("denag corpora table",),
    "corpora curve": ("denag corpora curve corpora --json curve.json",),
    "export": (
        "denag export default -o denag-default --license apache-2.0",
        "denag export my-model -o hf-my-model --language en --language de",
    ),
}
"""By command. A test parses each."""


_INDENT = "[dim]  [/dim]"
"""Two spaces within markup: typer strips what all lines begin with."""


def epilog(command: str) -> str:
    """The examples of a command, a line each, as typer's help wants them."""
    lines = EXAMPLES[command]
    return "\n".join(["Examples:" if len(lines) > 1 else "Example:", *(_INDENT + line for line in lines)])


def prose(docstring: str | None) -> str:
    """A docstring as typer's help wants it: each paragraph is one line, which it wraps to the terminal.

    Examples
    --------
    >>> prose("Do this.\\n\\n    Lines of a paragraph\\n    run on.")
    'Do this.\\n\\nLines of a paragraph run on.'
    """
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(docstring or "").split("\n\n"))
