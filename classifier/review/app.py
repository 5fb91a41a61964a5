"""The review server's routes: one page, its data, and labels coming in."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from classifier.cleaner import Cleaner
from classifier.explain import Explainer
from classifier.review.dial import Dial
from classifier.review.guard import Guard
from classifier.review.queue import ReviewQueue, fill
from classifier.review.store import Change, LabelStore
from classifier.review.view import document_view, label_row, reasons_view, runs_of, runs_view
from classifier.types import Document

_HERE = Path(__file__).parent
_N_EXPLAINED, _MAX_EXPLAINED_BLOCKS = 4, 50_000
"""Documents whose features stay at hand for reasons: some 8 KB a block. The last one stays whatever its size."""
_REASONS_AT_ONCE = 40
_IDLE_S = 1.0
_FOLD_BELOW_BYTES = 8 << 20
"""A larger label file and journal are joined at the end only: nobody should wait for that between two keys."""


class Json(Response):
    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else orjson.dumps(content)


class Review:
    """State of one review: the queue of documents, the labels, and the routes that speak of them.

    Parameters
    ----------
    cleaner
        Labels the documents and explains.
    store
        Where labels go; closed with the review. Its labels, which begin with those of the model, are what
        the page offers.
    documents
        Read once, in the background.
    queue
        Where they wait.
    """

    def __init__(
        self, cleaner: Cleaner, store: LabelStore, documents: Iterable[Document], queue: ReviewQueue | None = None
    ) -> None:
        self.cleaner, self.store, self.documents, self.labels = cleaner, store, documents, store.labels
        self.queue = queue or ReviewQueue(store.counts())
        self.dial = Dial.of(cleaner)
        self._explainers: OrderedDict[str, Explainer] = OrderedDict()
        self._explaining = threading.Lock()
        self._stop = threading.Event()
        environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        self._page = environment.get_template("page.html")

    def app(self, token: str, port: int) -> Guard:
        """The server, guarded."""
        routes = [
            Route("/", self.page),
            Route("/documents", self.list_documents),
            Route("/documents/{key}", self.show_document),
            Route("/documents/{key}/reasons", self.show_reasons),
            Route("/documents/{key}/changes", self.show_changes),
            Route("/documents/{key}/labels", self.give_labels, methods=["POST"]),
            Route("/documents/{key}/finished", self.finish_document, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_HERE / "static")),
        ]
        handlers: dict[Any, Any] = {HTTPException: _tell}
        app = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=handlers)
        return Guard.of(app, token, port)

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        view = partial(document_view, dial=self.dial, labels=self.labels)
        arguments = (self.queue, self.cleaner, self.documents, view, self._stop)
        reading = threading.Thread(target=fill, args=arguments, name="reading", daemon=True)
        reading.start()
        folding = asyncio.create_task(self._fold_when_idle())
        try:
            yield
        finally:
            self._stop.set()
            folding.cancel()
            await asyncio.gather(folding, return_exceptions=True)
            await run_in_threadpool(self.store.close)
            # a reader may be deep in a large document; nothing that it still does is of use
            await run_in_threadpool(reading.join, 5)
            if not reading.is_alive():
                self.queue.close()

    async def _fold_when_idle(self) -> None:
        before = self.store.sequence
        while True:
            await asyncio.sleep(_IDLE_S)
            now, before = before, self.store.sequence
            if now == before and not self.store.is_folded and self.store.n_bytes < _FOLD_BELOW_BYTES:
                await run_in_threadpool(self.store.try_fold)

    async def page(self, request: Request) -> Response:
        labels = [{"name": label.replace("_", " ").capitalize(), "key": i} for i, label in enumerate(self.labels, 1)]
        settings = orjson.dumps(self.dial.settings).decode()
        return HTMLResponse(self._page.render(labels=labels, settings=settings, file=self.store.path.name))

    async def list_documents(self, request: Request) -> Response:
        queue, counts, reviewed = self.queue, self.store.counts(), self.store.reviewed()
        documents = [
            {
                "key": entry.key,
                "id": entry.id,
                "n_blocks": entry.n_blocks,
                "doubt": round(entry.doubt, 3),
                "n_given": counts.get(entry.key, 0),
                "is_finished": entry.key in reviewed or counts.get(entry.key, 0) == entry.n_blocks,
            }
            for entry in queue.documents()
        ]
        told = {
            "documents": documents,
            "is_complete": queue.is_complete,
            "complaint": queue.complaint,
            "n_read": queue.n_read,
            "n_left_out": queue.n_left_out,
        }
        return Json(told)

    async def show_document(self, request: Request) -> Response:
        key = request.path_params["key"]
        view = await run_in_threadpool(self.queue.view, key)
        if view is None:
            raise HTTPException(404, "This document is not in the review.")
        self.queue.pin(key)
        sequence = self.store.sequence  # before the labels: a change between the two comes twice, not never
        given = {"key": key, "given": runs_view(runs_of(self.store.given(key)), self.labels), "sequence": sequence}
        return Json(orjson.dumps(given)[:-1] + b"," + view[1:])

    async def show_changes(self, request: Request) -> Response:
        key = request.path_params["key"]
        sequence = self.store.sequence
        runs = self.store.since(_number(request.query_params.get("since"), "since"), key)
        if runs is None:
            return Json({"sequence": sequence, "runs": None})
        return Json({"sequence": sequence, "runs": runs_view(runs, self.labels)})

    async def show_reasons(self, request: Request) -> Response:
        key = request.path_params["key"]
        entry = self.queue.entry(key)
        first = _number(request.query_params.get("first"), "first")
        if entry is None or first >= entry.n_blocks:
            raise HTTPException(404, "This block is not in the review.")
        rows = range(first, min(first + _REASONS_AT_ONCE, entry.n_blocks))
        reasons = await run_in_threadpool(self._reasons, key, rows)
        return Json({"first": first, "reasons": reasons})

    async def give_labels(self, request: Request) -> Response:
        key = request.path_params["key"]
        entry = self.queue.entry(key)
        if entry is None:
            raise HTTPException(404, "This document is not in the review.")
        changes = _changes(await request.body(), entry.n_blocks, self.labels)
        try:
            given = await run_in_threadpool(self.store.give, key, changes, partial(self._row, key))
        except OSError as error:
            raise HTTPException(507, f"The label was not saved: {error.strerror or error}.") from error
        conflicts = [[block, None if label is None else self.labels.index(label)] for block, label in given.conflicts]
        return Json({"sequence": given.sequence, "conflicts": conflicts})

    async def finish_document(self, request: Request) -> Response:
        key = request.path_params["key"]
        if self.queue.entry(key) is None:
            raise HTTPException(404, "This document is not in the review.")
        try:
            await run_in_threadpool(self.store.finish, key)
        except OSError as error:
            raise HTTPException(507, f"This was not saved: {error.strerror or error}.") from error
        return Json({})

    def _row(self, key: str) -> dict[str, Any]:
        document, view = self.queue.document(key), self.queue.view(key)
        assert document is not None and view is not None  # noqa: PT018
        return label_row(document, orjson.loads(view)["texts"])

    def _reasons(self, key: str, rows: range) -> list[dict[str, Any]]:
        with self._explaining:
            explainer = self._explainers.pop(key, None)
            if explainer is None:
                document = self.queue.document(key)
                if document is None:
                    raise HTTPException(404, "This document is not in the review.")
                explainer = self.cleaner.explainer(document)
            self._explainers[key] = explainer
            while len(self._explainers) > 1 and self._explains_too_much():
                self._explainers.popitem(last=False)
            return [reasons_view(explanation, self.labels) for explanation in explainer.explain(rows)]

    def _explains_too_much(self) -> bool:
        n_blocks = sum(explainer.batch.n_blocks for explainer in self._explainers.values())
        return len(self._explainers) > _N_EXPLAINED or n_blocks > _MAX_EXPLAINED_BLOCKS


async def _tell(request: Request, error: HTTPException) -> Response:
    response = Json({"error": error.detail})
    response.status_code = error.status_code
    return response


def _number(text: str | None, name: str) -> int:
    if text is None or not (text.isascii() and text.isdigit() and len(text) < 16):
        raise HTTPException(400, f"Expected {name} to be a whole number.")
    return int(text)


def _changes(body: bytes, n_blocks: int, labels: Sequence[str]) -> list[Change]:
    """Changes that a tab sends: ``{"changes": [[first, last, label, expected], ...]}``, labels by number or null."""
    try:
        rows = orjson.loads(body)["changes"]
        changes = []
        for first, last, label, expected in rows:
            if not (type(first) is type(last) is int and 0 <= first <= last < n_blocks):
                raise ValueError(f"blocks {first!r} to {last!r}")
            changes.append(Change(first, last, _label(label, labels), _label(expected, labels)))
    except (ValueError, TypeError, KeyError) as error:
        raise HTTPException(400, f"Expected changes to blocks 0 to {n_blocks - 1}, found {error}.") from error
    return changes


def _label(number: object, labels: Sequence[str]) -> str | None:
    if number is None:
        return None
    if type(number) is not int or not 0 <= number < len(labels):
        raise ValueError(f"label {number!r}")
    return labels[number]
