"""A review of a few documents, and clients that speak to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from classifier import Cleaner, Document
from classifier.calibration import Calibration, ContentLossSetting
from classifier.review.app import Review
from classifier.review.guard import Guard
from classifier.review.store import LabelStore
from classifier.types import LABELS

TOKEN, PORT = "a-token", 8123
ORIGIN = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="session")
def calibrated(cleaner: Cleaner) -> Cleaner:
    """The shipped model with a dial of two settings."""
    careful = ContentLossSetting(0.001, dict.fromkeys(LABELS[1:], 0.999))
    bold = ContentLossSetting(0.05, dict.fromkeys(LABELS[1:], 0.6))
    calibration = Calibration(content_loss=dict.fromkeys(("html", "text"), (careful, bold)))
    return Cleaner(replace(cleaner.model, calibration=calibration))


@dataclass(frozen=True)
class Server:
    """A review within this process."""

    review: Review
    guard: Guard
    client: TestClient
    stop: Callable[[], object]

    def tab(self) -> TestClient:
        """One more client of the same review."""
        return TestClient(self.guard, f"{ORIGIN}/{TOKEN}/", headers={"origin": ORIGIN})

    def documents(self) -> list[dict[str, Any]]:
        """The list of documents, once all are read."""
        end = monotonic() + 30
        while monotonic() < end:
            told = self.client.get("documents").json()
            if told["is_complete"]:
                return list(told["documents"])
            sleep(0.02)
        raise AssertionError("documents were not read")

    def key(self, name: str) -> str:
        [key] = [document["key"] for document in self.documents() if document["id"] == name]
        return str(key)

    def give(self, key: str, *changes: list[int | None], tab: TestClient | None = None) -> httpx2.Response:
        return (tab or self.client).post(f"documents/{key}/labels", json={"changes": changes})

    def given(self, key: str) -> list[list[int | None]]:
        return list(self.client.get(f"documents/{key}").json()["given"])


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return tmp_path / "my-labels.jsonl"


@pytest.fixture
def served(calibrated: Cleaner, labels: Path) -> Iterator[Callable[..., Server]]:
    """A function that serves documents within this process."""
    with ExitStack() as stack:

        def served(documents: Iterable[Document], path: Path = labels) -> Server:
            review = Review(calibrated, LabelStore(path), iter(documents))
            guard = review.app(TOKEN, PORT)
            own = stack.enter_context(ExitStack())
            client = own.enter_context(TestClient(guard, f"{ORIGIN}/{TOKEN}/", headers={"origin": ORIGIN}))
            return Server(review, guard, client, own.close)

        yield served


@pytest.fixture
def documents(html_page: str, text_page: str) -> list[Document]:
    return [
        Document("page.html", html_page.encode(), "text/html", url="https://www.example.org/ferry"),
        Document("page.txt", text_page.replace("ferry", "tram"), "text/plain"),
        Document(7, ["One", "Subscribe to our newsletter", "One", "two\nlines"], "application/x-blocks"),
    ]


@pytest.fixture
def server(served: Callable[..., Server], documents: list[Document]) -> Server:
    return served(documents)
