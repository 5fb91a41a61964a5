"""The one place where labels are made: segment, featurize, score, decode."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import accumulate, pairwise, starmap
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from classifier.artefact import read_model
from classifier.errors import ArtefactError, ConfigError, InputError
from classifier.excerpt import excerpted
from classifier.explain import Explainer, Explanation, explain
from classifier.features import BlockFeaturizer
from classifier.model import SequenceModel
from classifier.policy import Policy
from classifier.repeats import SiteRepeats, site_of
from classifier.segment import segment_block_groups, segment_blocks, segment_html, segment_text
from classifier.segment.decode import decode_html, holds_markup
from classifier.segment.html import outline
from classifier.types import (
    LABELS,
    Block,
    BlockBatch,
    Document,
    FloatArray,
    Label,
    LabelledBatch,
    LabelledDocument,
    Outline,
    Place,
)

_GROUP_CHARS = 1 << 22
_GROUP_DOCUMENTS = 512
"""A group of documents that is worked on at once is closed at either bound: memory stays flat."""
_PIECE_BYTES = 1 << 18
"""Text whose features are made at once: what stays in the cache."""


@dataclass(frozen=True)
class LabelledBlocks:
    """Labels of one page's blocks.

    Parameters
    ----------
    indices
        Label of each block, an index into ``names``. Shape (n_blocks,), int8.
    probabilities
        Shape (n_blocks, n_labels), float32, rows sum to one.
    names
        The model's labels.
    """

    indices: npt.NDArray[np.int8]
    probabilities: FloatArray
    names: tuple[str, ...] = LABELS

    @cached_property
    def labels(self) -> list[str]:
        return [self.names[i] for i in self.indices.tolist()]

    @cached_property
    def scores(self) -> FloatArray:
        """Probability of the label given. Shape (n_blocks,), float32."""
        return self.probabilities[np.arange(len(self.indices)), self.indices]

    @property
    def not_content(self) -> npt.NDArray[np.float64]:
        """Probability that a block is no content: what `Policy.dropped` asks for. Shape (n_blocks,), float64."""
        return 1.0 - self.probabilities[:, 0].astype(np.float64)


class Cleaner:
    """Labels the blocks of documents and cleans them.

    Parameters
    ----------
    model
        A trained model; `Cleaner.load` reads one.

    Examples
    --------
    >>> cleaner = Cleaner.load()
    >>> text = "The bridge opens on Monday, the council said on Friday.\\n\\nSubscribe to our newsletter"
    >>> cleaner.label(text).blocks[-1].text
    'Subscribe to our newsletter'
    """

    def __init__(self, model: SequenceModel) -> None:
        self.model = model
        self.featurizer = BlockFeaturizer(model.featurizer)

    @classmethod
    def load(cls, path: str | Path | None = None) -> Cleaner:
        """Read a model folder, the shipped one when none is named.

        Raises
        ------
        ArtefactError
            Where the folder is missing, torn, or not a model of this version, or the path is empty.
        """
        if path == "":  # an unset variable; as a Path it would be the current folder
            raise ArtefactError("an empty path, expected a model folder")
        return cls(read_model(default_model() if path is None else Path(path)))

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the model in the order of columns: the six, and behind them those of one's own."""
        return self.model.labels

    def label(self, page: str | bytes | Document) -> LabelledDocument:
        """Label one document; a string that holds markup counts as HTML, any other as plain text.

        Raises
        ------
        InputError
            Where the page is none of these.
        """
        return next(self.label_stream([as_document(page)]))

    def label_batch(self, documents: Sequence[str | bytes | Document]) -> list[LabelledDocument]:
        """Label documents, in order, each what `label` takes; the labels of one do not depend on the others."""
        return list(self.label_stream(documents))

    def label_stream(
        self, documents: Iterable[str | bytes | Document], repeats: SiteRepeats | None = None
    ) -> Iterator[LabelledDocument]:
        """Label documents as they come, a group at a time; memory does not grow with their number.

        Parameters
        ----------
        documents
            The documents, each what `label` takes.
        repeats
            What their sites repeat, see `count_repeats`; None: every document is judged by itself.

        Raises
        ------
        InputError
            Where one of them is something else.
        """
        if isinstance(documents, str | bytes):
            raise InputError(f"found one {type(documents).__name__}, expected documents; label takes a single one")
        for group in grouped(as_document(page, f"document {i}") for i, page in enumerate(documents)):
            results: dict[int, LabelledDocument] = {}
            for places, labelled in self.label_group(group, repeats):
                results.update(zip(places, _documents(labelled), strict=True))
            yield from (results[i] for i in range(len(group)))

    def label_group(
        self, documents: Sequence[Document], repeats: SiteRepeats | None = None
    ) -> list[tuple[list[int], LabelledBatch]]:
        """Label documents as arrays, without an object a block: what cleaning whole corpora works with.

        Parameters
        ----------
        documents
            As many as are to be worked on at once, see `grouped`.
        repeats
            What their sites repeat, see `count_repeats`; None: every document is judged by itself.

        Returns
        -------
        For each media type the places of its documents in ``documents``, and their labelled blocks.

        Examples
        --------
        >>> [(places, labelled)] = Cleaner.load().label_group([Document("a", "One line.", "text/plain")])
        >>> places, labelled.labels.shape, labelled.spans.tolist()
        ([0], (1,), [[0, 9]])
        """
        results = []
        for media_type in sorted({document.media_type for document in documents}):
            places = [i for i, document in enumerate(documents) if document.media_type == media_type]
            chosen = [documents[i] for i in places]
            batch = segment(chosen)
            evidence = None if repeats is None else repeats.log_odds([site_of(d.url) for d in chosen], batch)
            labelled = LabelledBlocks(*self.predict(batch, evidence), self.labels)
            results.append((places, _batch(chosen, batch, labelled)))
        return results

    def label_blocks(self, pages: Sequence[Sequence[str]]) -> list[LabelledBlocks]:
        """Label pages that are already cut into blocks: the fastest door.

        Parameters
        ----------
        pages
            Blocks of each page, in page order.

        Returns
        -------
        One result a page; its blocks answer the page's one for one.

        Raises
        ------
        InputError
            Where a page is a string, or holds anything else than strings.
        """
        results: list[LabelledBlocks] = []
        for batch in segment_block_groups(pages, _GROUP_CHARS):
            labels, probabilities = self.predict(batch)
            bounds = batch.doc_offsets.tolist()
            results += [LabelledBlocks(labels[i:j], probabilities[i:j], self.labels) for i, j in pairwise(bounds)]
        return results

    def policy(
        self, keep: Iterable[str] = (), drop: Iterable[str] = (), max_content_loss: float | None = None
    ) -> Policy:
        """What to drop: all but content, or what the arguments say, within a bound on lost content.

        Parameters
        ----------
        keep, drop
            Labels to keep beside content, and labels to drop.
        max_content_loss
            Share of content words that may be lost, such as 0.01. The largest setting that the model was
            calibrated for and that is not above it is taken; docs/content-loss.md says what it promises.

        Raises
        ------
        ConfigError
            Where a name is no label, where content is to be dropped within a bound, or where the
            model has no calibrated setting that strict.

        Examples
        --------
        >>> cleaner = Cleaner.load()
        >>> cleaner.clean("The bridge opens on Monday, the council said.", cleaner.policy(drop=["content"]))
        ''
        """
        if max_content_loss is None:
            return Policy.of(keep, drop, labels=self.labels)
        policy = Policy.of(keep, drop, self.model.calibration.thresholds(max_content_loss), self.labels)
        if Label.CONTENT not in policy.keep:
            raise ConfigError(f"content is to be dropped, expected it kept with max_content_loss {max_content_loss}")
        return policy

    def clean(self, page: str | bytes | Document, policy: Policy | None = None) -> str:
        """Text of a document without nags and page furniture, or without what a policy drops."""
        return (policy or Policy()).apply(self.label(page))

    def explain(self, page: str | bytes | Document) -> list[Explanation]:
        """Why each block got its label, see `classifier.explain`."""
        return explain(self.model, segment([as_document(page)]))

    def explainer(self, page: str | bytes | Document) -> Explainer:
        """Explains blocks of one document as they are asked for: what a page of many blocks needs."""
        return Explainer(self.model, segment([as_document(page)]))

    def predict(
        self, batch: BlockBatch, content_log_odds: FloatArray | None = None
    ) -> tuple[npt.NDArray[np.int8], FloatArray]:
        """Label indices, shape (n_blocks,), and probabilities, shape (n_blocks, n_labels), of a batch.

        ``content_log_odds``, shape (n_blocks,), is what other evidence says of content, see `SiteRepeats`.
        """
        if batch.n_blocks == 0:
            return np.zeros(0, np.int8), np.zeros((0, len(self.labels)), np.float32)
        pieces = [self.featurizer.transform(piece) for piece in excerpted(batch).pieces(_PIECE_BYTES)]
        return self.model.predict_all(pieces, content_log_odds)


def default_model() -> Path:
    """Folder of the shipped model: inside the installed package, or beside it in a checkout."""
    for folder in (Path(str(files("classifier"))) / "default_model", Path(__file__).parents[1] / "models" / "default"):
        if folder.is_dir():
            return folder
    raise ArtefactError(
        "no shipped model: expected classifier/default_model in the package or models/default beside it"
    )


def as_document(page: str | bytes | Document, where: str = "the page") -> Document:
    """Document of a bare string or bytes, its kind judged by whether it holds markup; ``where`` is what errors call it.

    Raises
    ------
    InputError
        Where the page is none of these.
    """
    if isinstance(page, Document):
        return page
    if not isinstance(page, str | bytes):
        raise InputError(f"{where}: found {type(page).__name__}, expected str, bytes or Document")
    if holds_markup(page):
        return Document("-", page, "text/html")
    return Document("-", decode_html(page), "text/plain")


def segment(documents: Sequence[Document]) -> BlockBatch:
    """Blocks of documents of one media type."""
    cut: dict[str, Callable[[list[object]], BlockBatch]] = {
        "text/html": segment_html,  # type: ignore[dict-item]
        "text/plain": segment_text,  # type: ignore[dict-item]
        "application/x-blocks": segment_blocks,  # type: ignore[dict-item]
    }
    return cut[documents[0].media_type]([document.content for document in documents])


def count_repeats(documents: Iterable[Document]) -> SiteRepeats:
    """The first of two passes: what the sites of documents repeat, by the host of their ``url``."""
    repeats = SiteRepeats()
    for group in grouped(documents):
        for media_type in sorted({document.media_type for document in group}):
            kind = [document for document in group if document.media_type == media_type]
            repeats.add([site_of(document.url) for document in kind], segment(kind))
    return repeats


def grouped(documents: Iterable[Document]) -> Iterator[list[Document]]:
    """Documents as groups small enough to be worked on at once."""
    group: list[Document] = []
    size = 0
    for document in documents:
        group.append(document)
        size += document.size
        if size >= _GROUP_CHARS or len(group) >= _GROUP_DOCUMENTS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _batch(documents: Sequence[Document], batch: BlockBatch, labelled: LabelledBlocks) -> LabelledBatch:
    scores, not_content = labelled.scores, labelled.not_content
    return LabelledBatch(
        documents, batch, labelled.indices, scores, not_content, labelled.probabilities, labelled.names
    )


def _documents(labelled: LabelledBatch) -> Iterator[LabelledDocument]:
    probabilities = labelled.probabilities
    assert probabilities is not None
    layout = labelled.batch.layout
    elements = None if layout is None else outline(layout)
    texts = labelled.texts
    for document, (first, last) in zip(labelled.documents, pairwise(labelled.batch.doc_offsets.tolist()), strict=True):
        blocks = _blocks(labelled, first, last, texts[first:last], probabilities, elements)
        yield LabelledDocument(document, blocks)


def _blocks(
    labelled: LabelledBatch,
    first: int,
    last: int,
    texts: list[str],
    probabilities: FloatArray,
    elements: Outline | None,
) -> tuple[Block, ...]:
    if first == last:
        return ()
    batch = labelled.batch
    if batch.spans is not None:
        starts, ends = batch.spans[first:last].T.tolist()
    else:
        lengths = list(map(len, texts))
        starts = list(accumulate((n + 1 for n in lengths[:-1]), initial=0))
        ends = list(map(add, starts, lengths))
    kept = labelled.labels[first:last]
    rows = probabilities[first:last]
    columns: list[list[Any]] = [
        texts,
        [labelled.names[label] for label in kept.tolist()],
        rows[np.arange(len(kept)), kept].tolist(),
        starts,
        ends,
        list(map(tuple, rows.tolist())),
    ]
    layout = batch.layout
    if layout is not None and elements is not None:
        columns.append(layout.link_chars[first:last].tolist())
        columns.append([Place(elements, element) for element in layout.element[first:last].tolist()])
    return tuple(starmap(Block, zip(*columns, strict=True)))
