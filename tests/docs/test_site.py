"""The documentation builds as a site without a warning, and no link in it is dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from selectolax.lexbor import LexborHTMLParser

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_built(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}
    assert {page.stem for page in site.glob("*.html")} == pages | {"404"}
    assert "max_content_loss" in (site / "api.html").read_text(encoding="utf-8")


def test_no_link_is_dead(site: Path) -> None:
    dead = []
    for page in site.glob("*.html"):
        tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
        for node in tree.css("a[href], link[href], script[src], img[src]"):
            target = urlsplit(node.attributes.get("href") or node.attributes.get("src") or "")
            path = unquote(target.path).lstrip("/") if page.name == "404.html" else unquote(target.path)
            if target.scheme or target.netloc or path in ("", "."):
                continue
            if not (site / path).exists():
                dead.append((page.name, path))
    assert dead == []
