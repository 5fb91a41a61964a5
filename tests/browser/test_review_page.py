"""The review page in a real browser: keys, undo, saving, tabs, the dial, tints, hostile and huge pages."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_steps import BACKGROUNDS, CONTRAST, active, press, read, until, wait_read, wait_saved, wait_title
from PIL import Image

from classifier import LABELS, Cleaner
from training.dataset import UNKNOWN, read_labelled_pages

pytestmark = pytest.mark.browser

AD, DONATION, NEWSLETTER, PAYWALL = 1, 2, 3, 4


def test_label_undo_save_restart_go_on(
    start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, tmp_path: Path
) -> None:
    labels = tmp_path / "my-labels.jsonl"
    serving = start(page_file)
    page = open_page(serving.address)
    assert active(page) == 0
    press(page, "j", "2")
    assert page.locator("#b1 .name").inner_text() == "2Ad notice"
    assert page.locator("#b1").get_attribute("class").split().count("given") == 1
    press(page, "j", "Shift+J", "Shift+J", "4", "k", "5", "u")
    wait_saved(page)
    n = int(page.locator("#b0").get_attribute("aria-setsize"))
    expected = [UNKNOWN, AD, NEWSLETTER, NEWSLETTER, NEWSLETTER] + [UNKNOWN] * (n - 5)
    assert read(labels) == expected
    press(page, "u")
    wait_saved(page)
    until(page, "document.querySelectorAll('.row.given').length === 1")
    assert read(labels) == [UNKNOWN, AD] + [UNKNOWN] * (n - 2)
    press(page, "Shift+U")
    wait_saved(page)
    until(page, "document.querySelectorAll('.row.given').length === 4")
    serving.end(signal.SIGKILL)
    assert read(labels) == expected

    serving = start(page_file)
    page = open_page(serving.address)
    assert page.locator(".row.given").count() == 4
    assert active(page) == 0  # the first block that nobody labelled
    assert "4 of" in page.locator("#progress-text").inner_text()
    press(page, "6", "Space")
    wait_saved(page)
    page.context.close()
    serving.end()
    assert read(labels) == [5, *expected[1:]]
    assert json.loads(labels.read_text(encoding="utf-8"))["blocks"][0]["label"] == "boilerplate"


def test_two_tabs(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, tmp_path: Path) -> None:
    serving = start(page_file)
    one, two = open_page(serving.address), open_page(serving.address)
    press(one, "2")
    wait_saved(one)
    press(two, "j", "3")
    wait_saved(two)
    for tab in (one, two):
        until(tab, "document.querySelectorAll('.row.given').length === 2")
        assert [tab.locator(f"#b{i}").get_attribute("data-label") for i in (0, 1)] == ["1", "2"]
    press(two, "k", "5")
    wait_saved(two)
    until(one, "document.querySelector('#b0').dataset.label === '4'")
    press(one, "u")  # what the first tab gave is no longer there; the second tab's label stays
    one.wait_for_selector("#notice:not([hidden])")
    assert "its label stays" in one.locator("#notice").inner_text()
    assert read(tmp_path / "my-labels.jsonl")[:3] == [PAYWALL, DONATION, UNKNOWN]


def test_documents_in_order(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path, cleaner: Cleaner, html_page: str
) -> None:
    folder = tmp_path / "pages"
    folder.mkdir()
    for i, text in enumerate(("Short.", "The council met.\n\nSubscribe\n\nSupport us with a gift", html_page)):
        (folder / f"{i}.txt").write_text(text, encoding="utf-8")
    page = open_page(start(folder).address)
    wait_read(page)
    press(page, "o")
    page.wait_for_selector("#documents-list button")
    names = page.locator("#documents-list button span:first-child").all_inner_texts()
    doubts = [float(text.rsplit(" ", 1)[1]) for text in page.locator("#documents-list .quiet").all_inner_texts()]
    assert len(names) == 3
    assert doubts == sorted(doubts, reverse=True)
    press(page, "Escape")
    seen = []
    for _ in names:
        seen.append(wait_title(page, seen[-1] if seen else ""))
        press(page, "1", "n")
    assert sorted(seen) == sorted(names)
    until(page, "document.getElementById('notice').textContent.includes('last document')")
    assert "3 of 3 documents done" in page.locator("#progress-text").inner_text()
    press(page, "p")
    until(page, f"document.getElementById('title').textContent === {seen[-2]!r}")


def test_reasons_on_focus_and_hover(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path) -> None:
    page = open_page(start(page_file).address)
    press(page, "j", "j")
    page.wait_for_selector("#why .part")
    assert "Block 3" in page.locator("#why").inner_text()
    assert page.locator("#why .part").count() > 5
    page.locator("#b6").hover()
    until(page, "document.getElementById('why').textContent.includes('Block 7')")
    page.mouse.move(1400, 890)
    until(page, "document.getElementById('why').textContent.includes('Block 3')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_how_it_looks(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, scheme: str) -> None:
    """Tints differ by label and grow with the score, text keeps its contrast, columns stand beside each other."""
    page = open_page(start(page_file).address, color_scheme=scheme)
    for i in range(6):
        press(page, str(i + 1), "j")
    page.wait_for_selector("#why .part")
    page.mouse.move(700, 880)
    shot = Image.open(BytesIO(page.screenshot())).convert("RGB")
    pixels = {}
    for column in ("source", "kept"):
        boxes = [page.locator(f"#b{i} .{column}").bounding_box() for i in range(6)]
        # in the middle, above the letters
        pixels[column] = [shot.getpixel((round(b["x"] + b["width"] / 2), round(b["y"]) + 2)) for b in boxes]
        expected = page.evaluate(BACKGROUNDS, f".{column}")[:6]
        assert np.array(pixels[column]) == pytest.approx(np.array(expected), abs=2)
    assert len(set(pixels["source"])) == 6
    assert len(set(pixels["kept"])) == 1
    assert np.abs(np.subtract(pixels["source"], pixels["kept"])).max(axis=1).min() > 4
    colour = "e => getComputedStyle(e).backgroundColor"
    tints = [page.locator(f"#b{i} .source").evaluate(colour) for i in range(6)]
    assert len(set(tints)) == 6
    paper = page.locator(".page").evaluate(colour)
    assert paper not in tints
    rows = page.locator(".row:not(.given)")
    weights = rows.locator(".source").evaluate_all("all => all.map(e => +e.style.getPropertyValue('--weight'))")
    scores = [float(text) for text in rows.locator(".more").all_inner_texts()]
    by_score = [weight for _, weight in sorted(zip(scores, weights, strict=True))]
    assert by_score == pytest.approx(sorted(weights), abs=0.02)
    tag, source, kept = (page.locator(f"#b3 .{name}").bounding_box() for name in ("tag", "source", "kept"))
    assert tag["x"] + tag["width"] <= source["x"] + 1
    assert source["x"] + source["width"] <= kept["x"] + 1
    assert source["width"] > 300
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    texts = "p, h1, h2, h3, button, kbd, span, output, label, .source, .kept, b, strong"
    low = [found for found in page.evaluate(CONTRAST, texts) if found[1] < 4.5]
    assert low == []
    names = page.locator(".row .name").all_inner_texts()
    assert all(name.strip()[0].isdigit() for name in names)  # colour is never alone


def test_screen_readers_and_focus(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path) -> None:
    page = open_page(start(page_file).address)
    assert page.evaluate("document.activeElement.id") == "list"
    press(page, "j", "2")
    wait_saved(page)
    options = page.get_by_role("option")
    assert options.count() == int(options.first.get_attribute("aria-setsize"))
    assert page.locator("#list").get_attribute("aria-activedescendant") == "b1"
    assert page.locator("#b1").get_attribute("aria-selected") == "true"
    said = page.locator("#b1").get_attribute("aria-label")
    assert said.startswith("Ad notice, labelled by you, dropped: ")
    assert page.locator("#say").inner_text() == "Block 2: Ad notice"
    unnamed = page.evaluate("""
      [...document.querySelectorAll('button, input, [role=listbox], [role=toolbar], progress, dialog')]
      .filter((e) => !(e.textContent.trim() || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby')))
      .map((e) => e.outerHTML)""")
    assert unnamed == []
    press(page, "?")
    assert page.get_by_role("dialog", name="Keys").is_visible()
    press(page, "2", "Escape")
    assert page.locator(".row.given").count() == 1
    order = []
    page.locator(".skip").focus()
    for _ in range(14):
        press(page, "Tab")
        order.append(page.evaluate("document.activeElement.id || document.activeElement.textContent"))
    assert order.index("undo") < order.index("next") < order.index("1Content") < order.index("list")


@pytest.mark.parametrize("width", [390, 900])
def test_narrow_windows(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, width: int) -> None:
    page = open_page(start(page_file).address, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    press(page, "j", "j")
    box = page.locator(".row.active").bounding_box()
    assert box["width"] > 300
    assert 0 < box["y"] < 800


HOSTILE = [
    "<script>window.pwned = 1</script>", "<img src=x onerror='window.pwned = 1'>", "<svg onload=window.pwned=1>",
    "</div><iframe srcdoc='<script>parent.pwned=1</script>'>", "javascript:window.pwned=1",
    "'\"><b onmouseover=pwned=1>",
    "{{constructor.constructor('window.pwned=1')()}}", "${window.pwned=1}", "\u202egnp.exe\u2028\u2029", "A" * 200_000,
]  # fmt: skip


def test_a_hostile_huge_page_executes_nothing(
    start: Callable[..., Any], open_page: Callable[..., Any], tmp_path: Path
) -> None:
    n = 100_000
    blocks = [HOSTILE[i % 1000] if i % 1000 < len(HOSTILE) else f"Paragraph {i} of a long page." for i in range(n)]
    row = {"id": "<img src=x onerror=window.pwned=1>", "url": "javascript:window.pwned=1", "blocks": blocks}
    path = tmp_path / "hostile.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    page = open_page(start(path).address)
    foreign: list[str] = []
    page.on("request", lambda request: None if "127.0.0.1" in request.url else foreign.append(request.url))
    n_rows = "document.querySelectorAll('.row').length"
    assert page.locator("#title").inner_text() == row["id"]
    for i in range(len(HOSTILE) - 1):
        assert page.locator(f"#b{i} .source").evaluate("e => e.childElementCount") == 0
        assert page.locator(f"#b{i} .source").text_content() == blocks[i]
    assert len(page.locator("#b9 .source").text_content()) < 5_000
    press(page, "End")
    assert active(page) == n - 1
    assert page.locator(".row.active").is_visible()
    press(page, "2", "Home", "3", "d")
    page.locator("#list").evaluate("e => { e.scrollTop = e.scrollHeight / 2 }")
    until(page, f"{n_rows} > 0 && {n_rows} < 2000")
    page.mouse.move(600, 500)
    page.wait_for_timeout(300)
    assert page.evaluate("document.elementFromPoint(600, 500).closest('.row') !== null")
    press(page, "k", "Shift+End", "6")
    wait_saved(page)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#list script, #list img, #list svg, #list iframe, #list a").count() == 0
    assert foreign == []
    labels = read(tmp_path / "my-labels.jsonl")
    assert labels[0] == DONATION
    assert labels[-1] == 5
    assert page.evaluate(n_rows) < 2000


def test_a_label_of_ones_own(
    start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, tmp_path: Path
) -> None:
    """Keys 7 to 9 give it, its name and number stand beside its colour, and all can be read, in the dark too."""
    labels = tmp_path / "labels.jsonl"
    own = ("consent_notice", "age_gate", "chat_bubble")
    serving = start(page_file, "--labels", labels, *(word for name in own for word in ("--add-label", name)))
    page = open_page(serving.address)
    press(page, "Home", "7", "j", "8", "j", "9")
    page.wait_for_selector("#saved[data-state=saved]")
    assert [page.text_content(f"#b{i} .name") for i in range(3)] == ["7Consent notice", "8Age gate", "9Chat bubble"]
    hues = {page.evaluate(f"getComputedStyle(b{i}.querySelector('.source')).borderInlineStartColor") for i in range(6)}
    assert len(hues) >= 4
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert all(ratio >= 4.5 for _, ratio in page.evaluate(CONTRAST, ".source, .tag .name, .label"))
    serving.end()
    names = (*LABELS, *own)
    [read_again] = read_labelled_pages([labels], known=names)
    assert read_again.labels[:3].tolist() == [6, 7, 8]


def test_seven_is_no_key_without_one(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path) -> None:
    page = open_page(start(page_file).address)
    press(page, "Home", "7")
    assert page.query_selector(".row.given") is None
