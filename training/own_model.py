"""``denag train --from``: continue a model on one's own pages, tell what was gained, write the folder and its card."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from classifier import LABELS, ConfigError
from classifier.artefact import read_config, read_model, write_model
from classifier.cleaner import default_model
from training.adapt import AdaptConfig, HeldOutFigures, adapt, held_out_figures
from training.dataset import held, labels_in_files, labels_with_own, read_labelled_pages
from training.train import enough_labels, make_probe

SHIPPED = "default"
_NAMES = {
    "right": "blocks right",
    "any_nag.f1": "any nag F1",
    "content_words_kept": "content words kept",
    "nag_words_removed": "nag words removed",
    "boilerplate_words_removed": "boilerplate words removed",
}


def continue_model(base: str, labels: Sequence[Path] | None, output: Path, tell: Callable[[str], None]) -> str:
    """Continue a model on label files and write it; nothing of what it was trained on is needed.

    Parameters
    ----------
    base
        A model folder, or ``default`` for the shipped model.

    Returns
    -------
    What to print: figures before and now, on pages held out in turn.

    Raises
    ------
    ConfigError
        Where no label file is named.
    LabelsError
        Where a label file breaks the format, or there is too little to learn from.
    """
    if not labels:
        raise ConfigError("--from without label files: expected pages of your own to continue the model on")
    folder = default_model() if base == SHIPPED else Path(base)
    model = read_model(folder)
    tell(f"reading {len(labels)} label files")
    files = held(labels)
    names = labels_with_own(labels_in_files(files), model.labels)
    pages = read_labelled_pages(files, known=names)
    counts = enough_labels(pages, names)
    config = AdaptConfig()
    tell("holding out pages in turn")
    figures = held_out_figures(model, pages, config, names)
    tell("continuing the model on all pages")
    own = adapt(model, pages, config, names)
    card = _card(str(read_config(folder)["tensors_sha256"]), len(pages), counts, figures, config)
    write_model(own, output, make_probe(own), card)
    new = ", ".join(f"{name} ({counts[name]} blocks)" for name in names[len(model.labels) :])
    learnt = f"labels learnt beside those of the model: {new}\n" if new else ""
    return f"{_lines(figures)}\n{learnt}model written to {output}"


def _lines(figures: HeldOutFigures) -> str:
    """Figures as lines of text, and a warning where content is lost."""
    lines = []
    for view, (before, now) in figures.items():
        lines.append(f"{view} view: {before['blocks']} judged blocks of pages held out in turn")
        lines += [f"  {title:26} {_shown(before[name])} to {_shown(now[name])}" for name, title in _titles(now)]
        if now["content_words_kept"] < before["content_words_kept"]:
            lines.append("  less content is kept than before: look at the labels once more, or label more pages")
    return "\n".join(lines) or "one page with labels: nothing could be held out"


def _shown(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"


def _titles(figures: dict[str, float]) -> list[tuple[str, str]]:
    """Names of figures and what they are called, those of labels beside the six last."""
    own = [name for name in figures if name.startswith("labels.")]
    return [*_NAMES.items(), *((name, f"{name.split('.')[1]} F1") for name in own)]


def _card(base: str, n_pages: int, counts: dict[str, int], figures: HeldOutFigures, config: AdaptConfig) -> str:
    rows = "\n".join(f"| {label} | {n} |" for label, n in counts.items())
    parts = []
    for view, (before, now) in figures.items():
        table = "\n".join(f"| {title} | {_shown(before[name])} | {_shown(now[name])} |" for name, title in _titles(now))
        head = f"**{view} view**, {before['blocks']} judged blocks\n\n| | before | now |\n|---|---|---|"
        parts.append(f"{head}\n{table}")
    told = "\n".join(f"- `{key}`: {value}" for key, value in asdict(config).items())
    own = ", ".join(f"`{label}`" for label in counts if label not in set(LABELS))
    beside = (
        f"\nLabels beside the six: {own}. No guide says what they mean but those who labelled the pages.\n"
        if own
        else ""
    )
    return f"""---
library_name: denag
tags: [boilerplate-removal, text-classification, web-corpus]
---

# denag block model of one's own

Continued on {n_pages} labelled pages from the denag model whose arrays have the SHA-256
`{base}`.
Tables of words and of element names were corrected; the context step, the label chain and the scaling
of scores are those of that model. The figures of its card are not those of this model.
{beside}
There is no content-loss setting: what was shown of the earlier model's losses does not hold here, so
`--max-content-loss` is refused.

## Data

| label | judged blocks |
|---|---|
{rows}

## Figures on pages held out in turn

{(chr(10) * 2).join(parts) or "Nothing could be held out."}

They speak of pages like these; other sites were not looked at.

## Settings

{told}
"""
