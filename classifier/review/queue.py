"""Documents in the order in which a look at them pays most, of any number of them.

Inputs are read once, in the background. What is kept in memory of a document is a line; the
documents themselves wait in a temporary SQLite database on disk, the least certain
``max_documents`` of them and no more than ``max_bytes``, and those that hold labels.
"""

from __future__ import annotations

import heapq
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from classifier.cleaner import Cleaner
from classifier.errors import DenagError
from classifier.journal import page_key
from classifier.segment.decode import decode_html
from classifier.types import Document, LabelledDocument

N_LEAST_CERTAIN = 10
"""Blocks of a document whose uncertainty counts: enough for one look, so that long documents crowd nobody out."""
MAX_DOCUMENTS = 5_000
MAX_BYTES = 2 << 30
_CHUNK_CHARS = 1 << 18
_CHUNK_DOCUMENTS = 32
_PASSED_ON = ("domain", "lang", "kind", "page_type", "main_content")
"""Fields of a row that training knows."""


@dataclass(frozen=True, slots=True)
class QueuedDocument:
    """What is known of a document without reading it.

    Parameters
    ----------
    key
        Its `page_key`.
    id, url, n_blocks
        As read.
    doubt
        Expected number of wrong labels among its ten least certain blocks.
    """

    key: str
    id: str
    url: str | None
    n_blocks: int
    doubt: float


def doubt_of(labelled: LabelledDocument) -> float:
    """Expected number of wrong labels among the least certain blocks of a document.

    Least confidence, the plainest measure of active learning for sequences (Settles and Craven
    2008), summed over the ten least certain blocks.
    """
    return float(sum(heapq.nlargest(N_LEAST_CERTAIN, (1 - block.score for block in labelled.blocks))))


class ReviewQueue:
    """Documents of a review; safe to use from several threads.

    Parameters
    ----------
    labelled_pages
        Keys of pages that hold labels: they are kept however certain the model is of them.
    max_documents, max_bytes
        Bounds of what is kept.
    """

    def __init__(
        self, labelled_pages: Collection[str] = (), max_documents: int = MAX_DOCUMENTS, max_bytes: int = MAX_BYTES
    ) -> None:
        self._lock = threading.Lock()
        self._labelled = frozenset(labelled_pages)
        self._max_documents, self._max_bytes = max_documents, max_bytes
        self._documents: dict[str, QueuedDocument] = {}
        self._heap: list[tuple[float, str, int]] = []
        self._n_bytes = 0
        # the name "" stands for a temporary file that SQLite removes by itself, even after a crash
        self._database = sqlite3.connect("", check_same_thread=False)
        self._database.execute("CREATE TABLE documents (key TEXT PRIMARY KEY, content BLOB, view BLOB)")
        self._pinned: set[str] = set()
        self.n_read = self.n_empty = self.n_left_out = 0
        self.is_complete = False
        self.complaint: str | None = None

    def add(self, labelled: LabelledDocument, view: bytes) -> None:
        """Take a `settled` document in, and what the page shows of it; of equal documents the first counts."""
        document = labelled.document
        key = page_key(block.text for block in labelled.blocks)
        content = _pack(document)
        n_bytes = len(content) + len(view)
        with self._lock:
            self.n_read += 1
            if not labelled.blocks:
                self.n_empty += 1
            elif key not in self._documents:
                entry = QueuedDocument(key, str(document.id), document.url, len(labelled.blocks), doubt_of(labelled))
                self._documents[key] = entry
                self._database.execute("INSERT INTO documents VALUES (?, ?, ?)", (key, content, view))
                if key not in self._labelled:
                    heapq.heappush(self._heap, (entry.doubt, key, n_bytes))
                    self._n_bytes += n_bytes
                    self._leave_out()

    def pin(self, key: str) -> None:
        """Keep a document that somebody works on."""
        with self._lock:
            self._pinned.add(key)

    def _leave_out(self) -> None:
        kept: list[tuple[float, str, int]] = []
        while self._heap and (len(self._heap) + len(kept) > self._max_documents or self._n_bytes > self._max_bytes):
            doubt, key, n_bytes = heapq.heappop(self._heap)
            if key in self._pinned or not self._heap:
                kept.append((doubt, key, n_bytes))
                continue
            self._n_bytes -= n_bytes
            self.n_left_out += 1
            del self._documents[key]
            self._database.execute("DELETE FROM documents WHERE key = ?", (key,))
        for item in kept:
            heapq.heappush(self._heap, item)

    def documents(self) -> list[QueuedDocument]:
        """What is kept, least certain first."""
        with self._lock:
            return sorted(self._documents.values(), key=lambda entry: (-entry.doubt, entry.id, entry.key))

    def entry(self, key: str) -> QueuedDocument | None:
        with self._lock:
            return self._documents.get(key)

    def document(self, key: str) -> Document | None:
        """A document that is kept."""
        found = self._column("content", key)
        return None if found is None else _unpack(found)

    def view(self, key: str) -> bytes | None:
        """What the page shows of a document that is kept."""
        return self._column("view", key)

    def _column(self, name: Literal["content", "view"], key: str) -> bytes | None:
        with self._lock:
            found = self._database.execute(f"SELECT {name} FROM documents WHERE key = ?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def close(self) -> None:
        with self._lock:
            self._database.close()


def fill(
    queue: ReviewQueue,
    cleaner: Cleaner,
    documents: Iterable[Document],
    view: Callable[[LabelledDocument], bytes],
    stop: threading.Event,
) -> None:
    """Label documents and take them in until there are no more, or one is told to stop; no error leaves.

    Parameters
    ----------
    view
        What the page will show of a document.
    """
    try:
        for chunk in _chunks(documents):
            for labelled in cleaner.label_batch(chunk):
                if stop.is_set():
                    return
                queue.add(labelled, view(labelled))
    except DenagError as error:
        queue.complaint = str(error)
    except Exception as error:  # the review of what was read goes on, and says what happened
        queue.complaint = f"reading stopped: {type(error).__name__}: {error}"
    finally:
        queue.is_complete = True


def _chunks(documents: Iterable[Document]) -> Iterator[list[Document]]:
    chunk: list[Document] = []
    size = 0
    try:
        for document in map(settled, documents):
            chunk.append(document)
            size += document.size
            if size >= _CHUNK_CHARS or len(chunk) >= _CHUNK_DOCUMENTS:
                yield chunk
                chunk, size = [], 0
    except DenagError:
        if chunk:  # what was read before the error counts
            yield chunk
        raise
    if chunk:
        yield chunk


def settled(document: Document) -> Document:
    """A document as it will be stored: markup decoded, all text valid Unicode, of its metadata what training knows."""
    content: Any = document.content
    if document.media_type == "text/html":
        content = _printable(decode_html(content))
    else:
        content = list(map(_printable, content)) if isinstance(content, list) else _printable(content)
    metadata: dict[str, Any] = {
        k: _printable(document.metadata[k]) for k in _PASSED_ON if isinstance(document.metadata.get(k), str)
    }
    rows = document.metadata.get("blocks")
    if document.media_type == "application/x-blocks" and isinstance(rows, list):
        metadata["blocks"] = [
            {k: row[k] for k in ("tag", "group") if type(row.get(k)) in (str, int)} if isinstance(row, dict) else {}
            for row in rows
        ]
    url = None if document.url is None else _printable(document.url)
    return Document(_printable(str(document.id)), content, document.media_type, url, metadata)


def _pack(document: Document) -> bytes:
    return orjson.dumps([document.id, document.content, document.media_type, document.url, document.metadata])


def _unpack(content: bytes) -> Document:
    identity, text, media_type, url, metadata = orjson.loads(content)
    return Document(identity, text, media_type, url, metadata)


def _printable(text: str) -> str:
    """Text that is valid Unicode: halves of surrogate pairs become question marks, as the segmenter has it."""
    return text.encode("utf-8", "replace").decode()
