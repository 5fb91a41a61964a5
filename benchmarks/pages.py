"""The pages that everything is measured on, read once a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from training.corpora import MatchReport, read_corpora
from training.dataset import UNKNOWN, LabelArray, LabelledPage, Split, read_labelled_pages
from training.phrases import read_phrases
from training.train import OWN_LABELS

SPEED_CORPUS = "wcxb-dev/"
"""Ids of the pages that speed is measured on: whole pages of many kinds."""
_SEED = 7


@dataclass(frozen=True)
class Corpora:
    """Pages of public corpora, and the project's own for training.

    Parameters
    ----------
    folder
        The corpora that ``labels/README.md`` names.
    """

    folder: Path

    @cached_property
    def pages(self) -> list[LabelledPage]:
        """Real pages with their stand-off labels."""
        return list(read_corpora(self.folder, MatchReport()))

    @cached_property
    def written(self) -> list[LabelledPage]:
        """Pages written for the project."""
        return read_labelled_pages(
            sorted(OWN_LABELS.glob("pages/*.jsonl")) + sorted(OWN_LABELS.glob("counter/*.jsonl"))
        )

    @property
    def test_pages(self) -> list[LabelledPage]:
        """Real pages of test domains that have a judged block or main text."""
        return [p for p in self.pages if p.split == "test" and (p.main_content or (p.labels != UNKNOWN).any())]

    def sample(self, n_pages: int) -> list[LabelledPage]:
        """Some pages of the speed corpus, drawn once and for all; a smaller draw is the start of a larger one.

        Raises
        ------
        ValueError
            Where the corpora hold none of it.
        """
        pages = [page for page in self.pages if page.id.startswith(SPEED_CORPUS) and page.batch.n_blocks]
        if not pages:
            raise ValueError(f"{self.folder}: no page whose id begins with {SPEED_CORPUS!r} to measure speed on")
        order = np.random.default_rng(_SEED).permutation(len(pages))
        return [pages[i] for i in order[:n_pages]]

    def html(self, pages: Iterable[LabelledPage]) -> list[str]:
        """Markup of some pages, in their order."""
        import pyarrow.parquet as pq

        wanted = [page.id for page in pages]
        found: dict[str, str] = {}
        for path in sorted(self.folder.glob("*.parquet")):
            with pq.ParquetFile(path) as file:
                if {"id", "html"} <= set(file.schema_arrow.names):
                    for batch in file.iter_batches(64, columns=["id", "html"]):
                        found.update((row["id"], row["html"]) for row in batch.to_pylist() if row["id"] in set(wanted))
        return [found[name] for name in wanted]

    def training_blocks(self, splits: Sequence[Split], phrases: bool = False) -> tuple[list[str], LabelArray]:
        """Judged blocks of some splits for peers to learn from, pages written for the project among train.

        Parameters
        ----------
        phrases
            Also the typed interface phrases, as our own text view learns from.

        Returns
        -------
        Texts, and label indices of shape (n_blocks,).
        """
        texts: list[str] = []
        labels: list[LabelArray] = []
        for page in [*self.pages, *self.written]:
            if page.split in splits:
                judged = np.flatnonzero(page.labels != UNKNOWN)
                if len(judged):
                    blocks = page.batch.blocks()
                    texts += [blocks[i] for i in judged]
                    labels.append(page.labels[judged])
        if phrases and "train" in splits:
            typed, typed_labels = read_phrases(self.folder)
            texts += typed
            labels.append(typed_labels)
        return texts, np.concatenate(labels) if labels else np.zeros(0, np.int8)
