"""datatrove: a filter that takes nags out of documents and drops those of which nothing is left."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Literal

from datatrove.data import Document as TroveDocument
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.writers.disk_base import DiskWriter
from datatrove.utils.logging import logger

from classifier.cleaner import Cleaner
from classifier.engines.arrow import label_each
from classifier.policy import Policy
from classifier.readers.base import Reject
from classifier.types import Document, LabelledDocument

EMPTY, FAILED = "empty_after_cleaning", "not_cleaned"


class NagFilter(BaseFilter):  # type: ignore[misc]
    """Replaces each document's text by its cleaned text.

    A document of which nothing is left is dropped as ``empty_after_cleaning``, one whose text is no
    string, or that could not be read, as ``not_cleaned`` (its reason goes to the log); ``exclusion_writer``
    saves both with the text they came with. Statistics: ``blocks_LABEL`` by label, ``chars_removed``.

    The model is read at the first batch and is not pickled: executors send the filter to workers
    that each read the model for themselves.

    Parameters
    ----------
    model
        A model folder, readable where the work is done; None for the shipped model.
    policy
        Which labels stay in the text.
    media_type
        What ``Document.text`` holds: text behind an extractor, markup behind a WARC reader.
    exclusion_writer, batch_size
        See datatrove's ``BaseFilter``.
    """

    name = "🧹 denag"

    def __init__(
        self,
        model: str | Path | None = None,
        policy: Policy = Policy(),
        media_type: Literal["text/plain", "text/html"] = "text/plain",
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = 256,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.model = model
        self.policy = policy
        self.media_type = media_type
        self._cleaner: Cleaner | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_cleaner": None}

    def filter(self, doc: TroveDocument) -> bool | tuple[bool, str]:
        """Clean one document, see `filter_batch`."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[TroveDocument]) -> list[bool | tuple[bool, str]]:
        """Clean documents in place; say of each whether it stays, or why not."""
        if self._cleaner is None:
            self._cleaner = Cleaner.load(self.model)
        documents = [Document(doc.id, doc.text, self.media_type) for doc in batch if isinstance(doc.text, str)]
        results = iter(label_each(self._cleaner, documents))
        return [self._apply(doc, next(results) if isinstance(doc.text, str) else None) for doc in batch]

    def _apply(self, doc: TroveDocument, result: LabelledDocument | Reject | None) -> bool | tuple[bool, str]:
        if not isinstance(result, LabelledDocument):
            reason = result.reason if result else f"expected a string, found {type(doc.text).__name__}"
            logger.warning(f"document {doc.id!r} was not cleaned: {reason}")
            return False, FAILED
        for label, n in Counter(result.labels).items():
            self.stat_update(f"blocks_{label}", value=n)
        text = self.policy.apply(result)
        if not text.strip():
            return False, EMPTY
        self.stat_update("chars_removed", value=len(doc.text) - len(text))
        doc.text = text
        return True
