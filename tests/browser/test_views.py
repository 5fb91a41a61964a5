"""What the dial, the reading view and screen readers get of the blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from browser_steps import CONTRAST, press, until

from classifier import LABELS, Cleaner
from classifier.artefact import write_model
from classifier.calibration import Calibration, ContentLossSetting
from training.train import make_probe

pytestmark = pytest.mark.browser

STYLES = """all => all.map(row => {
  const style = getComputedStyle(row.querySelector(".source"));
  return [row.classList.contains("dropped"), style.backgroundColor, style.textDecorationLine];
})"""


@pytest.fixture
def model(tmp_path: Path, cleaner: Cleaner) -> Path:
    """The shipped model with a dial of two settings: nothing goes, or all that is no content."""
    never = ContentLossSetting(0.001, dict.fromkeys(LABELS[1:], float("inf")))
    bold = ContentLossSetting(0.05, dict.fromkeys(LABELS[1:], 0.0))
    calibration = Calibration(content_loss=dict.fromkeys(("html", "text"), (never, bold)))
    model = replace(cleaner.model, calibration=calibration)
    write_model(model, tmp_path / "model", make_probe(model), "card")
    return tmp_path / "model"


def kept(page: Any) -> list[int]:
    return [int(name[1:]) for name in page.locator(".row:not(.dropped)").evaluate_all("all => all.map(e => e.id)")]


def test_dial_tints_at_once(
    start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path, model: Path
) -> None:
    page = open_page(start(page_file, "--model", model).address)
    n_dropped = page.locator(".row.dropped").count()
    assert n_dropped > 2
    assert page.locator("#dial").input_value() == "2"
    before = page.locator(".row").evaluate_all(STYLES)
    press(page, "[", "[")
    assert page.locator(".row.dropped").count() == 0
    assert "0.1 %" in page.locator("#dial-text").inner_text()
    assert page.locator("#b0 .kept").inner_text() == page.locator("#b0 .source").inner_text()
    after = page.locator(".row").evaluate_all(STYLES)
    for (was_dropped, tint, line), (is_dropped, new_tint, new_line) in zip(before, after, strict=True):
        assert line == ("line-through" if was_dropped else "none")
        assert (tint != new_tint, line != new_line) == (was_dropped != is_dropped, was_dropped != is_dropped)
    press(page, "]")
    assert page.locator(".row").evaluate_all(STYLES) == before
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert all(ratio >= 4.5 for _, ratio in page.evaluate(CONTRAST, ".source"))
    assert page.locator(".row.dropped").count() == n_dropped
    press(page, "v")
    assert page.locator(".row:visible").count() == page.locator(".row:not(.dropped)").count()


@pytest.fixture
def long_page(tmp_path: Path, html_page: str) -> Path:
    """The page with more of its article, for the reading view to have something to show."""
    more = "<p>The council voted on Thursday to pay for a second crew, so that the boat can sail in winter too.</p>"
    path = tmp_path / "long.html"
    path.write_text(html_page.replace("</p>", f"</p>{more}", 1), encoding="utf-8")
    return path


def test_the_reading_view_has_no_hidden_block_active(
    start: Callable[..., Any], open_page: Callable[..., Any], long_page: Path, model: Path
) -> None:
    """A label, an agreement or the dial may hide the block that was active; another one takes its place."""
    page = open_page(start(long_page, "--model", model).address)
    shown = kept(page)
    assert len(shown) > 2

    def check() -> None:
        at = page.locator("#list").get_attribute("aria-activedescendant")
        assert at == page.locator(".row.active").get_attribute("id")
        assert page.locator(f"#{at}").is_visible()

    press(page, "v")
    check()
    press(page, "Home", "j")
    press(page, "2")  # an ad notice goes
    check()
    assert kept(page) == [i for i in shown if i != shown[1]]
    press(page, "u")
    check()
    assert kept(page) == shown
    press(page, "End", "6", "d", "0")
    check()
    press(page, "[", "[", "End")
    check()
    press(page, "]", "]")
    check()
    # a range over blocks that are not shown: these get no label
    press(page, "Home", "Shift+End", "1")
    labelled = page.locator(".row.given").evaluate_all("all => all.map(e => Number(e.id.slice(1)))")
    assert labelled == shown  # the last of them by the 6 above
    press(page, "v", "Home", "Shift+End", "6", "v")  # nothing is kept any more
    assert page.locator(".row:visible").count() == 0
    assert page.locator("#list").get_attribute("aria-activedescendant") is None
    press(page, "v")
    check()


def test_going_on_after_a_label_in_the_reading_view(
    start: Callable[..., Any], open_page: Callable[..., Any], long_page: Path, model: Path
) -> None:
    """No block is passed over where the label itself moves on."""
    page = open_page(start(long_page, "--model", model).address)
    page.locator("#open-help").click()
    page.locator("#advance").check()
    press(page, "Escape")
    page.locator("#list").focus()
    shown = kept(page)
    press(page, "v", "Home", "2")
    assert page.locator(".row.active").get_attribute("id") == f"b{shown[1]}"
    press(page, "1")
    assert page.locator(".row.active").get_attribute("id") == f"b{shown[2]}"


def test_reasons_are_said(start: Callable[..., Any], open_page: Callable[..., Any], page_file: Path) -> None:
    """What is under the pointer is shown alone; the chosen block is told once the reader rests on it."""
    page = open_page(start(page_file).address)
    assert page.locator("#why-said").get_attribute("aria-live") == "polite"
    press(page, "j", "j")
    until(page, "document.getElementById('why-said').textContent.startsWith('Why ')")
    said = page.locator("#why-said").inner_text()
    label = page.locator("#why .verdict strong").inner_text()
    strongest = page.locator("#why .part").first.locator("span").all_inner_texts()[:2]
    assert said.startswith(f"Why {label}: {' '.join(strongest)}")
    page.locator("#b6").hover()
    until(page, "document.getElementById('why').textContent.includes('Block 7')")
    page.wait_for_timeout(900)
    assert page.locator("#why-said").inner_text() == said
