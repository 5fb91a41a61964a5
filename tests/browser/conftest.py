"""A real browser and a real review server."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, where there is one."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="pip install 'denag[browser]'")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("no chromium: apt-get install chromium, or CHROMIUM=/path/to/it")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@dataclass(frozen=True)
class Serving:
    """A review server in the background."""

    process: subprocess.Popen[str]
    address: str

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        self.process.send_signal(how)
        self.process.wait(30)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Serving]]:
    """A function that starts ``denag review``."""
    with ExitStack() as stack:

        def start(*arguments: object) -> Serving:
            command = [sys.executable, "-c", "from classifier.cli import main; main()", "review", "--no-open"]
            process = subprocess.Popen(
                [*command, *map(str, arguments)], stdout=subprocess.PIPE, text=True, cwd=tmp_path
            )
            stack.callback(process.communicate)
            stack.callback(process.kill)
            assert process.stdout is not None
            first = process.stdout.readline()
            found = re.search(r"http://\S+", first)
            assert found is not None, first
            return Serving(process, found[0])

        yield start


def is_fault(message: Any) -> bool:
    """Whether a line of the console tells of a fault; requests that fail are what some tests are about."""
    return message.type == "error" and not message.text.startswith("Failed to load resource")


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """A function that opens an address in a tab of its own, in a new browser profile or beside another tab.

    Any error on the page fails the test.
    """
    with ExitStack() as stack:
        errors: list[str] = []

        def open_page(address: str, beside: Any = None, **options: Any) -> Any:
            if beside is None:
                context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
                stack.callback(context.close)
            else:
                context = beside.context
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.on("pageerror", lambda error: errors.append(f"{error}"))
            page.on("dialog", lambda dialog: (errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            page.on("console", lambda message: errors.append(message.text) if is_fault(message) else None)
            page.goto(address)
            page.wait_for_selector(".row.active")
            return page

        yield open_page
        assert errors == []


@pytest.fixture
def page_file(tmp_path: Path, html_page: str) -> Path:
    """A page of some ten blocks."""
    path = tmp_path / "ferry.html"
    path.write_text(html_page, encoding="utf-8")
    return path
