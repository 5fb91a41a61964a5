"""The command: what it refuses, how it ends, and that kill -9 loses no label."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from classifier import LabelsError
from classifier.journal import journal_of
from training.dataset import UNKNOWN, LabelledPage, read_labelled_pages

RUN = "from classifier.cli import main; main()"


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """A function that starts the command in the background and gives its process and address."""
    with ExitStack() as stack:

        def start(*arguments: object) -> tuple[subprocess.Popen[str], str]:
            command = [sys.executable, "-c", RUN, "review", "--no-open", *map(str, arguments)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout is not None
            first = process.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]{32}/", first)
            assert found is not None, first
            return process, found[0]

        yield start


def tab(address: str) -> httpx2.Client:
    origin = address.rsplit("/", 2)[0]
    return httpx2.Client(base_url=address, headers={"origin": origin}, timeout=30)


def first_key(client: httpx2.Client) -> str:
    while not (told := client.get("documents").json())["documents"]:
        assert not told["is_complete"]
    return str(told["documents"][0]["key"])


def test_kill_9_loses_no_label(start: Callable[..., Any], tmp_path: Path) -> None:
    page, labels = tmp_path / "page.txt", tmp_path / "labels.jsonl"
    page.write_text("\n\n".join(f"Paragraph {i}." for i in range(200)), encoding="utf-8")
    confirmed: dict[int, int] = {}
    for step in (0, 60):
        process, address = start(page, "--labels", labels)
        with tab(address) as client:
            key = first_key(client)
            assert len(client.get(f"documents/{key}").json()["given"]) == len(confirmed)
            for i in range(step, step + 60):
                try:
                    client.post(f"documents/{key}/labels", json={"changes": [[i, i, i % 6, None]]}).raise_for_status()
                    confirmed[i] = i % 6
                except httpx2.TransportError:
                    break
                if i == step + 30:
                    process.send_signal(signal.SIGKILL)
        assert process.wait(20) == -signal.SIGKILL
        assert step + 30 in confirmed
        [read] = read_labelled_pages([labels])
        found = {i: label for i, label in enumerate(read.labels.tolist()) if label != UNKNOWN}
        assert confirmed.items() <= found.items()
        assert len(found) <= len(confirmed) + 1  # one may have been written whose answer was lost
        confirmed = found


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ends_in_order(start: Callable[..., Any], tmp_path: Path, html_page: str, end: signal.Signals) -> None:
    page, labels = tmp_path / "page.html", tmp_path / "my-labels.jsonl"
    page.write_text(html_page, encoding="utf-8")
    process, address = start(page)
    with tab(address) as client:
        key = first_key(client)
        client.post(f"documents/{key}/labels", json={"changes": [[0, 1, 5, None]]}).raise_for_status()
        process.send_signal(end)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert err == ""
    assert not journal_of(labels).exists()
    [read] = read_labelled_pages([labels])
    assert read.labels.tolist()[:3] == [5, 5, UNKNOWN]
    assert "Labels are in my-labels.jsonl" in out


def test_train_takes_what_review_writes(
    start: Callable[..., Any],
    tmp_path: Path,
    html_page: str,
    denag: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Labels reach the fit of ``denag train my-labels.jsonl`` while the review still runs."""
    page, labels = tmp_path / "page.html", tmp_path / "my-labels.jsonl"
    page.write_text(html_page.replace("</nav>", "<p>Menu</p>" * 20 + "</nav>"), encoding="utf-8")
    _, address = start(page)
    fitted: list[LabelledPage] = []

    def no_fit(pages: list[LabelledPage], *rest: object) -> None:
        fitted.extend(pages)
        raise LabelsError("far enough")

    with tab(address) as client:
        key = first_key(client)
        shown = client.get(f"documents/{key}").json()
        changes = [[i, i, int(label), None] for i, label in enumerate(shown["labels"])]
        changes[3][2] = 4
        client.post(f"documents/{key}/labels", json={"changes": changes}).raise_for_status()
        monkeypatch.setattr("training.train.fit", no_fit)
        assert denag("train", labels, "-o", tmp_path / "model").complaint == "denag: far enough"
    [page_read] = fitted
    assert page_read.id == str(page)
    assert page_read.batch.blocks() == shown["texts"]
    assert page_read.batch.layout is not None
    assert page_read.labels.tolist() == [label for _, _, label, _ in changes]


def test_what_it_refuses(denag: Callable[..., Any], tmp_path: Path, html_page: str) -> None:
    page, labels = tmp_path / "page.html", tmp_path / "labels.jsonl"
    page.write_text(html_page, encoding="utf-8")
    assert "no such file" in denag("review", tmp_path / "none.html").complaint
    (tmp_path / "torn.jsonl.gz").write_bytes(b"\x1f\x8b\x08\x00")
    assert "not a whole .gz" in denag("review", tmp_path / "torn.jsonl.gz", "--labels", labels).complaint
    (tmp_path / "empty.jsonl").write_text("\n")
    run = denag("review", tmp_path / "empty.jsonl", "--labels", labels)
    assert (run.code, run.complaint) == (2, "denag: no document in the inputs, expected at least one")
    labels.write_text("{")
    assert "not JSON" in denag("review", page, "--labels", labels).complaint
    missing = tmp_path / "no-folder" / "labels.jsonl"
    assert "No such file" in denag("review", page, "--labels", missing).complaint
    assert denag("review", page, "--port", "70000").code == 2


@pytest.mark.parametrize("name", ["starlette", "jinja2", "uvicorn"])
def test_without_the_extra_one_line_says_what_to_install(
    denag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    for module in [m for m in sys.modules if m.partition(".")[0] == name or m.startswith("classifier.review")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, name, None)
    (tmp_path / "page.txt").write_text("Hello")
    run = denag("review", tmp_path / "page.txt")
    assert run.code == 2
    assert "pip install 'denag[review]'" in run.complaint
