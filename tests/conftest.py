"""Pages, records and runs of the command line that several tests need."""

from __future__ import annotations

import importlib.util
import io
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from classifier import LABELS, Block, Cleaner, Document, LabelledDocument
from classifier.cleaner import segment
from classifier.types import LabelledBatch

ROOT = Path(__file__).parents[1]

HTML_PAGE = """<!doctype html>
<html lang="de"><head><title>Fähre</title></head><body>
<nav class="menu"><ul><li><a href="/">Startseite</a></li><li><a href="/politik">Politik</a></li></ul></nav>
<article class="post"><h1>Die alte Fähre fährt wieder – „endlich“, sagt Köln</h1>
<p>After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday.</p>
<p>Tickets cost 4&nbsp;€ &amp; children ride for free; the crew of seven lives on board &lt;all year&gt;.</p>
<form class="newsletter-box"><p>Sign up for our newsletter and get it in your inbox every Friday.</p>
<input type="email" placeholder="Your e-mail address"><button>Subscribe</button></form></article>
<footer class="footer"><p>© 2024 Harbour Post. All rights reserved.</p></footer></body></html>
"""

TEXT_PAGE = """Startseite
Politik

Die alte Fähre fährt wieder – „endlich“, sagt Köln

After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday.

Tickets cost 4 € & children ride for free; the crew of seven lives on board <all year>.

Sign up for our newsletter and get it in your inbox every Friday.
Subscribe

© 2024 Harbour Post. All rights reserved.
"""


@pytest.fixture(scope="session")
def html_page() -> str:
    return HTML_PAGE


@pytest.fixture(scope="session")
def text_page() -> str:
    return TEXT_PAGE


@pytest.fixture(scope="session")
def cleaner() -> Cleaner:
    """The shipped model."""
    return Cleaner.load()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder beside the checkout with what outsiders use; tests that need it are skipped without."""
    folder = ROOT.parent / "shared"
    if not (folder / "tools" / "score.py").exists():
        pytest.skip("no ../shared beside this checkout")
    return folder


@pytest.fixture(scope="session")
def judged() -> Callable[[Document, Sequence[str]], LabelledDocument]:
    """A function that labels the blocks of a document as it is told to."""

    def judged(document: Document, labels: Sequence[str]) -> LabelledDocument:
        batch = segment([document])
        spans = batch.spans.tolist() if batch.spans is not None else [(0, 0)] * batch.n_blocks
        blocks = []
        for text, name, (start, end) in zip(batch.blocks(), labels, spans, strict=True):
            label = LABELS[[str(known) for known in LABELS].index(name)]
            probabilities = tuple(0.75 if known is label else 0.05 for known in LABELS)
            blocks.append(Block(text, label, 0.75, start, end, probabilities))
        return LabelledDocument(document, tuple(blocks))

    return judged


@pytest.fixture(scope="session")
def judged_batch() -> Callable[..., LabelledBatch]:
    """A function that does the same for many documents of one media type, as arrays."""

    def judged_batch(documents: Sequence[Document], labels: Sequence[Sequence[str]]) -> LabelledBatch:
        batch = segment(documents)
        names = [str(known) for known in LABELS]
        indices = np.array([names.index(name) for page in labels for name in page], np.int8)
        assert len(indices) == batch.n_blocks
        probabilities = np.full((batch.n_blocks, len(LABELS)), 0.05, np.float32)
        probabilities[np.arange(batch.n_blocks), indices] = 0.75
        scores, not_content = np.full(batch.n_blocks, 0.75, np.float32), 1.0 - probabilities[:, 0].astype(np.float64)
        return LabelledBatch(documents, batch, indices, scores, not_content, probabilities)

    return judged_batch


@pytest.fixture(scope="session")
def warc_record() -> Callable[..., bytes]:
    """A function that builds a WARC record by hand."""

    def warc_record(
        body: bytes,
        content_type: str = "text/html; charset=utf-8",
        kind: str = "response",
        http_headers: str = "",
        url: str = "https://example.org/page",
        number: int = 1,
    ) -> bytes:
        block_type = "text/plain"
        if kind == "response":
            block_type = "application/http; msgtype=response"
            head = (
                f"HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\n{http_headers}Content-Length: {len(body)}\r\n\r\n"
            )
            body = head.encode() + body
        head = (
            f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:00000000-0000-0000-0000-{number:012}>\r\n"
            f"WARC-Target-URI: {url}\r\nWARC-Date: 2024-01-01T00:00:00Z\r\nContent-Type: {block_type}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body + b"\r\n\r\n"

    return warc_record


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes rows to a JSONL file in the test's folder."""

    def write_jsonl(name: str, *rows: object) -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return path

    return write_jsonl


@dataclass(frozen=True)
class Run:
    """What one run of the command line did."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaint(self) -> str:
        """The one line that a run that failed put on standard error."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("denag: ")
        return lines[0]


@pytest.fixture
def denag(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Run]:
    """The command line within this process: arguments in, exit code and output out."""
    from classifier.cli import main

    monkeypatch.setenv("COLUMNS", "160")

    def denag(*args: object, stdin: bytes = b"") -> Run:
        capsysbinary.readouterr()
        monkeypatch.setattr(sys, "argv", ["denag", *map(str, args)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with pytest.raises(SystemExit) as stop:
                main()
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)
        captured = capsysbinary.readouterr()
        code = stop.value.code
        return Run(0 if code is None else int(code), captured.out, captured.err.decode())

    return denag


@pytest.fixture(scope="session")
def denag_process() -> Callable[..., Run]:
    """The command line as a process of its own."""

    def denag_process(*args: object, stdin: bytes = b"") -> Run:
        command = [sys.executable, "-c", "from classifier.cli import main; main()", *map(str, args)]
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)
        return Run(done.returncode, done.stdout, done.stderr.decode())

    return denag_process


@pytest.fixture(scope="session")
def own_site() -> Callable[..., list[dict[str, Any]]]:
    """A function that gives labelled pages of a made-up site, see tests/own_site.py."""
    function: Callable[..., list[dict[str, Any]]] = _beside("own_site").own_site
    return function


@pytest.fixture(scope="session")
def consent_site() -> Callable[..., list[dict[str, Any]]]:
    """A function that gives pages of a made-up site with a seventh label, see tests/consent_site.py."""
    function: Callable[..., list[dict[str, Any]]] = _beside("consent_site").consent_site
    return function


def _beside(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def score(shared: Path) -> ModuleType:
    """The scorer that outsiders measure with."""
    spec = importlib.util.spec_from_file_location("score", shared / "tools" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
