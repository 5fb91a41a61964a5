"""``denag train``: gather the data, fit, measure on test domains, write the model folder with its card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from classifier import LABELS, Cleaner, ConfigError, LabelsError
from classifier.artefact import CARD, read_config, read_model, write_model
from classifier.calibration import Calibration
from classifier.model import SequenceModel
from classifier.segment import segment_html, segment_text
from classifier.types import VIEWS, View
from training.calibrate import HeldOut, calibrate, cross_fitted
from training.card import model_card
from training.config import FitConfig
from training.corpora import MatchReport, read_corpora
from training.dataset import UNKNOWN, LabelArray, LabelledPage, held, read_labelled_pages, read_seeds, to_stderr
from training.dial import calibration_section, measure, with_section
from training.evaluate import score_pages, summarise
from training.fit import fit
from training.phrases import read_phrases
from training.report import summary_table

OWN_LABELS = Path(__file__).parents[1] / "labels"
SEEDS = Path(__file__).parents[1] / "seeds"
_MIN_BLOCKS = 20
_FEW_PAGES = 300
"""Below this many pages of one's own, a model that is trained on them alone is a weak one."""

_PROBE_HTML = """<html><body><nav class="menu"><a href="/">Home</a> <a href="/news">News</a></nav>
<article class="post"><h1>The old ferry sails again</h1><p>After two years in the yard the ferry is back between the
islands, the harbour office said on Tuesday.</p><form class="newsletter-box"><p>Get our letter every Friday</p>
<input placeholder="E-mail"><button>Sign up</button></form><p>Tickets cost four crowns, children ride for free.</p>
</article><div class="donate"><p>We need your help to go on. Please support us with $5 a month.</p></div>
</body></html>"""
_PROBE_TEXT = """The old ferry sails again

After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday.

Advertisement
This article is for subscribers. Subscribe now for full access.
"""


def train_model(
    labels: Sequence[Path] | None,
    corpora: Path | None,
    output: Path,
    seed: int,
    tell: Callable[[str], None],
    with_calibration: bool = True,
) -> str:
    """Train on labelled pages and corpora, write the model folder, tell how it does.

    With corpora the model is calibrated at last, see `training.calibrate`.

    Raises
    ------
    LabelsError
        Where a label file breaks the format, or there is too little to learn from.
    """
    data = read_data(labels, corpora, tell)
    pages, phrases, test = data.pages, data.phrases, data.test
    counts = enough_labels(pages)
    config = FitConfig(seed=seed)
    model = fit(pages, phrases, config, tell)
    held_out: dict[View, HeldOut] = {}
    if corpora is not None and with_calibration:
        held_out = cross_fitted(pages, phrases, config, tell)
        model = replace(model, calibration=calibrate(held_out))
    tell("scoring test domains")
    cleaner = Cleaner(model)
    figures: dict[str, dict[str, Any]] = {}
    if test:
        figures = {view: summarise(score_pages(cleaner, test, view)) for view in VIEWS}
    told = {
        "pages": len(pages),
        "blocks": counts,
        "phrases": len(phrases[0]),
        "corpora": str(data.report) if corpora else "none",
    }
    card = model_card(model, config, told, figures)
    if test and model.calibration != Calibration():
        card = with_section(card, measure(model, test, held_out))
    write_model(model, output, make_probe(model), card)
    if labels and corpora is None and len(pages) < _FEW_PAGES:
        to_stderr(f"trained on {len(pages)} pages alone; --from default continues the shipped model")
    return f"{summary_table(figures)}\nmodel written to {output}"


def calibrate_model(
    folder: Path, labels: Sequence[Path] | None, corpora: Path, seed: int, tell: Callable[[str], None]
) -> str:
    """Calibrate a model folder anew: its arrays stay as they are, ``config.json`` and the card change.

    The data must be what the model was trained on: predictions are held out by fitting smaller models
    without a part of it each.

    Raises
    ------
    ArtefactError
        Where the folder is no model.
    ConfigError
        Where the model has labels beside the six.
    """
    model, probe = read_model(folder), read_config(folder).get("probe", {})
    if model.added is not None:
        own = ", ".join(model.added.names)
        raise ConfigError(f"{folder}: has labels of its own ({own}), expected a model of the six to calibrate")
    card = (folder / CARD).read_text(encoding="utf-8") if (folder / CARD).exists() else ""
    data = read_data(labels, corpora, tell)
    config = FitConfig(featurizer=model.featurizer, context=model.context, seed=seed)
    held_out = cross_fitted(data.pages, data.phrases, config, tell)
    model = replace(model, calibration=calibrate(held_out))
    tell("scoring test domains")
    figures = measure(model, data.test, held_out)
    write_model(model, folder, probe, with_section(card, figures))
    return f"{calibration_section(figures)}\ncalibration written to {folder}"


@dataclass(frozen=True, slots=True)
class Data:
    """What there is to learn from, and the test pages to score on."""

    pages: list[LabelledPage]
    phrases: tuple[list[str], LabelArray]
    test: list[LabelledPage]
    report: MatchReport


def read_data(labels: Sequence[Path] | None, corpora: Path | None, tell: Callable[[str], None]) -> Data:
    """Label files, the project's own where none are named, and the corpora of a folder."""
    own = sorted(OWN_LABELS.glob("pages/*.jsonl")) + sorted(OWN_LABELS.glob("counter/*.jsonl"))
    paths = list(labels) if labels else own
    tell(f"reading {len(paths)} label files")
    pages = read_labelled_pages(held(paths))
    if not labels:
        pages += read_seeds(SEEDS)
    report = MatchReport()
    phrases: tuple[list[str], LabelArray] = ([], np.zeros(0, np.int8))
    test: list[LabelledPage] = []
    if corpora is not None:
        tell(f"reading the corpora of {corpora}")
        for page in read_corpora(corpora, report):
            (test if page.split == "test" else pages).append(page)
        phrases = read_phrases(corpora)
    return Data(pages, phrases, test, report)


def label_counts(pages: Sequence[LabelledPage], labels: Sequence[str] = LABELS) -> dict[str, int]:
    """Judged blocks by label."""
    total: Counter[int] = Counter()
    for page in pages:
        total.update(page.labels[page.labels != UNKNOWN].tolist())
    return {str(label): total[i] for i, label in enumerate(labels)}


def enough_labels(pages: Sequence[LabelledPage], labels: Sequence[str] = LABELS) -> dict[str, int]:
    """Judged blocks by label.

    Raises
    ------
    LabelsError
        Where there is too little to learn from.
    """
    counts = label_counts(pages, labels)
    if sum(counts.values()) < _MIN_BLOCKS or sum(n > 0 for n in counts.values()) < 2:
        found = ", ".join(f"{n} {label}" for label, n in counts.items() if n) or "no labelled block"
        raise LabelsError(f"{found}: expected at least {_MIN_BLOCKS} labelled blocks of two labels to learn from")
    return counts


def make_probe(model: SequenceModel) -> dict[str, Any]:
    """Two small pages and the scores the model gives their blocks: a change of features shows as a change of these."""
    from classifier.features import BlockFeaturizer

    featurizer = BlockFeaturizer(model.featurizer)
    result: dict[str, Any] = {}
    for name, page, batch in (
        ("html", _PROBE_HTML, segment_html([_PROBE_HTML])),
        ("text", _PROBE_TEXT, segment_text([_PROBE_TEXT])),
    ):
        scores = model.scores(featurizer.transform(batch))
        result[name] = {"page": page, "scores": [[round(float(s), 3) for s in row] for row in scores]}
    return result
