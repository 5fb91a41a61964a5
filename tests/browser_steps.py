"""What the browser tests do to the review page and ask of it."""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any

from training.dataset import read_labelled_pages

_RGB = """
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (colours) => {
    canvas.fillStyle = "#fff";
    canvas.fillRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const under = (element) => {
    const below = [];
    for (let e = element; e; e = e.parentElement) below.unshift(getComputedStyle(e).backgroundColor);
    return below;
  };
"""
CONTRAST = (
    "(selectors) => {"
    + _RGB
    + """
  const light = (c) => c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const seen = [];
  for (const element of document.querySelectorAll(selectors)) {
    if (!element.textContent.trim() || !element.checkVisibility()) continue;
    const below = under(element);
    const [a, b] = [light(rgb([...below, getComputedStyle(element).color])), light(rgb(below))];
    seen.push([element.className || element.id || element.tagName, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)]);
  }
  return seen;
}
"""
)
"""Contrast of each visible element's text to what lies below it."""
BACKGROUNDS = (
    "(selectors) => {" + _RGB + "return [...document.querySelectorAll(selectors)].map((e) => rgb(under(e))); }"
)
"""Red, green and blue of what each element stands on, as it should be on the screen."""


def read(labels: Path) -> list[int]:
    """Labels of the only page of a file and its journal."""
    [page] = read_labelled_pages([labels])
    return list(page.labels.tolist())


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def until(page: Any, condition: str) -> None:
    """Wait for a condition; the page's policy forbids the eval that Playwright's own way needs."""
    end = monotonic() + 30
    while not page.evaluate(condition):
        assert monotonic() < end, condition
        page.wait_for_timeout(50)


def wait_saved(page: Any) -> None:
    until(page, "document.getElementById('saved').textContent.startsWith('Saved')")


def active(page: Any) -> int:
    return int(page.locator(".row.active").get_attribute("id")[1:])


def wait_read(page: Any) -> None:
    """Wait until all documents are read, and thus in their order."""
    until(page, "!document.getElementById('progress-text').textContent.includes('+')")


def wait_title(page: Any, other_than: str) -> str:
    """Wait for another document than one, and give its title."""
    until(page, f"document.getElementById('title').textContent !== {other_than!r}")
    return str(page.locator("#title").inner_text())
