"""No label is lost and none lands on a block that nobody meant: large changes, restarts, quick keys, failures."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_steps import press, read, until, wait_read, wait_saved, wait_title

from training.dataset import UNKNOWN, read_labelled_pages

pytestmark = pytest.mark.browser

AD, DONATION = 1, 2
TEXTS = (
    "Subscribe to our newsletter",
    "The council met on Tuesday and kept the timetable of the ferry.",
    "Advertisement",
)


def documents(folder: Path, n: int) -> Path:
    """A folder of documents of four blocks each."""
    folder.mkdir()
    for i in range(n):
        text = "\n\n".join(f"The council of ward {i} met for the {j}th time." for j in range(4))
        (folder / f"{i}.txt").write_text(text, encoding="utf-8")
    return folder


def labels_by_page(labels: Path) -> dict[str, list[int]]:
    return {Path(page.id).name: page.labels.tolist() for page in read_labelled_pages([labels])}


def test_labels_are_kept_while_the_server_is_away(
    start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, tmp_path: Path
) -> None:
    page = open_page(start(page_file).address)
    page.route("**/labels", lambda route: route.fulfill(status=507, json={"error": "the disk is full"}))
    press(page, "2", "j", "3")
    until(page, "document.getElementById('saved').dataset.state === 'failed'")
    assert "the disk is full" in page.locator("#saved").inner_text()
    page.unroute("**/labels")
    wait_saved(page)
    assert read(tmp_path / "my-labels.jsonl")[:3] == [AD, DONATION, UNKNOWN]


def test_many_changes_at_once_are_saved(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """A body of more than 64 KiB, and what comes behind it."""
    n = 8_000
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"id": "long", "blocks": [f"{TEXTS[i % 3]} {i}" for i in range(n)]}) + "\n")
    page = open_page(start(path).address)
    sizes = []
    page.on("request", lambda request: sizes.append(len(request.post_data or "")))
    press(page, "Shift+A")
    wait_saved(page)
    assert max(sizes) > 1 << 16
    press(page, "0")
    until(page, "document.querySelector('#b0').classList.contains('given') === false")
    wait_saved(page)
    labels = read(tmp_path / "my-labels.jsonl")
    assert labels[0] == UNKNOWN
    assert UNKNOWN not in labels[1:]
    assert len(set(labels)) > 2


def test_a_key_before_the_next_document_is_there(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    page = open_page(start(documents(tmp_path / "pages", 3)).address)
    wait_read(page)
    first = page.locator("#title").inner_text()
    held: list[Any] = []
    page.route("**/documents/*", lambda route: held.append(route))
    press(page, "1", "n", "2", "j", "3", "u")
    page.locator(".label[data-label='4']").click()
    assert "opening" in page.locator("#notice").inner_text()
    assert page.locator("#list").get_attribute("aria-busy") == "true"
    [route] = held
    route.continue_()
    second = wait_title(page, first)
    assert page.locator(".row.given").count() == 0
    press(page, "3")
    wait_saved(page)
    labels = labels_by_page(tmp_path / "my-labels.jsonl")
    assert labels == {Path(first).name: [0, *[UNKNOWN] * 3], Path(second).name: [DONATION, *[UNKNOWN] * 3]}


def test_the_last_document_that_is_asked_for_is_shown(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """The list of documents opens while another is on its way; that one may come later."""
    page = open_page(start(documents(tmp_path / "pages", 3)).address)
    wait_read(page)
    first = page.locator("#title").inner_text()
    press(page, "o")
    page.wait_for_selector("#documents-list button")
    keys = page.locator("#documents-list button").evaluate_all("all => all.map(e => e.dataset.key)")
    names = page.locator("#documents-list button span:first-child").all_inner_texts()
    press(page, "Escape")
    held: list[Any] = []
    page.route(f"**/documents/{keys[1]}", lambda route: held.append(route))
    press(page, "n", "o")
    page.locator(f"#documents-list [data-key='{keys[2]}']").click()
    assert wait_title(page, first) == names[2]
    with page.expect_response(f"**/documents/{keys[1]}"):
        held[0].continue_()
    press(page, "2")
    wait_saved(page)
    assert page.locator("#title").inner_text() == names[2]
    assert page.locator("#list").get_attribute("aria-busy") is None


def test_undo_leaves_other_documents_alone(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """Where the document of the label can not be opened, nothing is undone, and undo works once it can."""
    folder, file = documents(tmp_path / "pages", 2), tmp_path / "my-labels.jsonl"
    serving = start(folder)
    page = open_page(serving.address)
    wait_read(page)
    first = page.locator("#title").inner_text()
    press(page, "n")
    second = wait_title(page, first)
    press(page, "3")
    wait_saved(page)
    page.context.close()
    serving.end()
    before = labels_by_page(file)

    page = open_page(start(folder).address)
    wait_read(page)
    assert page.locator("#title").inner_text() == first
    press(page, "3", "n")
    wait_title(page, first)
    wait_saved(page)
    page.route("**/documents/*", lambda route: route.abort())
    press(page, "u")
    until(page, "document.getElementById('notice').textContent.includes('could not be opened')")
    assert page.locator(".row.given").count() == 1
    both = labels_by_page(file)
    assert both == before | {Path(first).name: [DONATION, *[UNKNOWN] * 3]}
    page.unroute("**/documents/*")
    press(page, "u")
    assert wait_title(page, second) == first
    until(page, "document.querySelectorAll('.row.given').length === 0")
    wait_saved(page)
    assert labels_by_page(file) == before | {Path(first).name: [UNKNOWN] * 4}


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def test_a_restart_on_the_same_port_keeps_labels(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """The new server has another token; its page saves what waits on the old one."""
    folder, file, port = documents(tmp_path / "pages", 2), tmp_path / "my-labels.jsonl", free_port()
    serving = start(folder, "--port", port, "--add-label", "consent_notice")
    old = open_page(serving.address)
    wait_read(old)
    serving.end(signal.SIGKILL)
    first = old.locator("#title").inner_text()
    press(old, "2", "j", "7")
    until(old, "document.getElementById('notice').textContent.includes('--port')")
    assert str(port) in old.locator("#notice").inner_text()

    # another added label comes first: numbers of labels differ
    serving = start(folder, "--port", port, "--add-label", "age_gate", "--add-label", "consent_notice")
    until(old, "document.getElementById('notice').textContent.includes('Open the address that it printed')")
    assert "Not saved yet" in old.locator("#saved").inner_text()
    assert old.locator(".row.given").count() == 2
    new = open_page(serving.address, beside=old)
    until(new, "document.getElementById('notice').textContent.includes('are saved')")
    until(old, "!document.getElementById('saved').textContent.includes('Not saved')")
    press(old, "j", "3")  # the old page goes on to hand over
    new.bring_to_front()
    press(new, "o")
    new.wait_for_selector("#documents-list button")
    new.locator(f"#documents-list button:has-text('{first}')").click()
    until(new, "document.querySelectorAll('.row.given').length === 3")
    assert [new.locator(f"#b{i}").get_attribute("data-label") for i in range(3)] == ["1", "7", "2"]
    assert new.evaluate("localStorage.length") == 0
    assert old.evaluate("!dispatchEvent(new Event('beforeunload', { cancelable: true }))") is False
    serving.end()
    assert [block["label"] for block in json.loads(file.read_text())["blocks"]] == [
        "ad_notice", "consent_notice", "donation_appeal", None,
    ]  # fmt: skip


def test_labels_of_other_documents_wait(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    """What a page left is not sent to a review that has not its document, and not lost."""
    one, two, port = documents(tmp_path / "one", 1), tmp_path / "two", free_port()
    two.mkdir()
    (two / "other.txt").write_text("A tram stood still.\n\nIt moved on.", encoding="utf-8")
    serving = start(one, "--port", port)
    old = open_page(serving.address)
    serving.end(signal.SIGKILL)
    press(old, "2")
    serving = start(two, "--port", port)
    until(old, "localStorage.length === 1")
    new = open_page(serving.address, beside=old)
    until(new, "document.getElementById('notice').textContent.includes('wait in this browser')")
    assert new.evaluate("localStorage.length") == 1
    serving.end()
    serving = start(one, "--port", port)
    last = open_page(serving.address, beside=old)
    until(last, "document.querySelectorAll('.row.given').length === 1")
    assert labels_by_page(tmp_path / "my-labels.jsonl") == {"0.txt": [AD, *[UNKNOWN] * 3]}
