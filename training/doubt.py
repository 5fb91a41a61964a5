"""Labels that are probably wrong: confident learning (Northcutt et al. 2021, cleanlab) over out-of-fold probabilities.

A quick model of the house's own two stages says of every judged block what it would be called by
somebody who never saw its domain. cleanlab estimates from that how often each label stands for each
other one, and picks the blocks whose label that explains best. A person then reads them again:
nothing here changes a label.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from classifier import LABELS, ConfigError
from classifier.types import FloatArray, IntArray, View
from training.config import FitConfig
from training.corpora import STANDOFF, MatchReport, read_corpora
from training.dataset import UNKNOWN, LabelArray, LabelledPage, read_labelled_pages
from training.emissions import N_LABELS, cross_fitted, fit_tables, gather
from training.heads import empty_head, scaled, view_features

CONTEXT_BLOCKS = 4
"""Blocks shown before and after one in doubt."""

_N_HIDDEN = 48
_EPOCHS = 12
_BATCH_ROWS = 512
_LEAST_STEPS = 300
_LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Doubt:
    """A judged block whose label the rest of the labels speak against.

    Parameters
    ----------
    page
        Page of the block.
    index
        Place of the block on the page, counted from 0.
    label, likely
        The label it has, and the one the quick model finds likeliest.
    self_confidence
        Probability of the label it has; the lower, the graver the doubt.
    """

    page: LabelledPage
    index: int
    label: str
    likely: str
    self_confidence: float

    def row(self) -> dict[str, Any]:
        """The block with its neighbours, as one JSON line tells it."""
        blocks = self.page.batch.blocks()
        return {
            "page": self.page.id,
            "domain": self.page.domain,
            "lang": self.page.lang,
            "split": self.page.split,
            "written": self.page.written,
            "index": self.index,
            "before": blocks[max(self.index - CONTEXT_BLOCKS, 0) : self.index],
            "text": blocks[self.index],
            "after": blocks[self.index + 1 : self.index + 1 + CONTEXT_BLOCKS],
            "label": self.label,
            "likely": self.likely,
            "self_confidence": round(self.self_confidence, 4),
        }


def find_doubts(pages: Sequence[LabelledPage], config: FitConfig = FitConfig()) -> list[Doubt]:
    """Judged blocks whose label is doubtful, the gravest first.

    Raises
    ------
    ConfigError
        Where cleanlab is not installed, or there is too little to cross-fit.
    """
    parts = [[page for page in pages if (page.batch.layout is not None) == html] for html in (True, False)]
    ordered = [page for part in parts for page in part]
    probabilities = np.concatenate(out_of_fold(parts, config))
    labels = np.concatenate([page.labels for page in ordered])
    at = np.concatenate([np.arange(page.batch.n_blocks) for page in ordered])
    owner = np.repeat(np.arange(len(ordered)), [page.batch.n_blocks for page in ordered])
    judged = np.flatnonzero(labels != UNKNOWN)
    return [
        Doubt(
            page=ordered[owner[i]],
            index=int(at[i]),
            label=str(LABELS[labels[i]]),
            likely=str(LABELS[int(probabilities[i].argmax())]),
            self_confidence=float(probabilities[i, labels[i]]),
        )
        for i in judged[label_issues(labels[judged], probabilities[judged])]
    ]


def out_of_fold(parts: Sequence[Sequence[LabelledPage]], config: FitConfig) -> list[FloatArray]:
    """Probabilities of each block's labels by models that saw no page of its domain.

    Parameters
    ----------
    parts
        Pages, all with layout or all without within a part.

    Returns
    -------
    One array a part, of shape (n_blocks, n_labels); rows of blocks that nobody judged are zero.
    """
    views = ["html" if part and part[0].batch.layout is not None else "text" for part in parts]
    # what only a page's main text says of its blocks is left out: the fit is quick, and about judgements alone
    gathered = [
        gather([replace(page, main=np.full_like(page.main, UNKNOWN)) for page in part], config) for part in parts
    ]
    learnt = [blocks for blocks in gathered if len(blocks.labels)]
    tables = fit_tables(learnt, None, config) if learnt else {}
    result = []
    for name, blocks in zip(views, gathered, strict=True):
        view: View = "html" if name == "html" else "text"
        if not len(blocks.labels):
            result.append(np.zeros((0, N_LABELS), np.float32))
            continue
        head = scaled(empty_head(view, config), blocks.dense)
        features = view_features(view, (blocks, cross_fitted(blocks, tables, config)), head, config)
        result.append(_second_stage(features, blocks.labels, blocks.fold, config))
    return result


def _second_stage(features: FloatArray, labels: LabelArray, fold: IntArray, config: FitConfig) -> FloatArray:
    """Cross-fit a small network on what the linear tables say of a block and of its neighbours."""
    result = np.zeros((len(labels), N_LABELS), np.float32)
    judged = labels != UNKNOWN
    for held_out in range(config.n_folds):
        learn, tell = judged & (fold != held_out), judged & (fold == held_out)
        if not tell.any():
            continue
        if len(np.unique(labels[learn])) < 2:
            raise ConfigError(
                f"without fold {held_out} the labelled pages hold {len(np.unique(labels[learn]))} labels: expected "
                "pages of more domains and labels"
            )
        network = make_pipeline(
            StandardScaler(),
            MLPClassifier(
                (_N_HIDDEN,),
                batch_size=min(_BATCH_ROWS, int(learn.sum())),
                max_iter=_epochs(int(learn.sum())),
                random_state=config.seed,
            ),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(features[learn], labels[learn])
        result[np.ix_(tell, network.classes_)] = network.predict_proba(features[tell])
    return result


def _epochs(n_rows: int) -> int:
    """Passes over the data; few rows are passed over more often."""
    return max(_EPOCHS, _LEAST_STEPS * min(_BATCH_ROWS, n_rows) // n_rows)


def label_issues(labels: LabelArray, probabilities: FloatArray) -> npt.NDArray[np.intp]:
    """Places of the labels that confident learning finds wrong, lowest probability of the own label first.

    Raises
    ------
    ConfigError
        Where cleanlab is not installed.
    """
    known, numbers = np.unique(labels, return_inverse=True)  # cleanlab wants every class to occur
    if len(known) < 2:
        return np.zeros(0, np.intp)
    columns = np.maximum(probabilities[:, known].astype(np.float64), _LEAST)
    issues = _find_label_issues()(
        numbers,
        columns / columns.sum(axis=1, keepdims=True),
        return_indices_ranked_by="self_confidence",
        n_jobs=1,
    )
    return np.asarray(issues, np.intp)


def doubtful_rows(
    corpora: Path, tell: Callable[[str], None], config: FitConfig = FitConfig()
) -> Iterator[dict[str, Any]]:
    """Doubtful labels among the project's written pages and its stand-off labels, as JSON lines tell them."""
    _find_label_issues()
    tell("reading labels")
    paths = [path for part in ("pages", "counter") for path in sorted((STANDOFF.parent / part).glob("*.jsonl"))]
    pages = read_labelled_pages(paths)
    pages += [page for page in read_corpora(corpora, MatchReport()) if (page.labels != UNKNOWN).any()]
    tell(f"cross-fitting on {len(pages)} pages")
    for doubt in find_doubts(pages, config):
        yield doubt.row()


def _find_label_issues() -> Callable[..., Any]:
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise ConfigError("looking for doubtful labels needs cleanlab: pip install 'denag[labels]'") from error
    return find_label_issues  # type: ignore[no-any-return]
