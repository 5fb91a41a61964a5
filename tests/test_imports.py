"""What serves loads neither scikit-learn nor a pickle, and needs no network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import classifier

WATCHED = """
import json, sys

unpickled, connected = [], []

def watch(event, arguments):
    if event == "pickle.find_class":
        unpickled.append(arguments)
    elif event in ("socket.connect", "socket.getaddrinfo", "socket.bind"):
        connected.append(event)

sys.addaudithook(watch)
page, out = sys.argv[1:]
from classifier import Cleaner

cleaned = Cleaner.load().clean(open(page, encoding="utf-8").read())
from classifier.cli import main

codes = []
for arguments in (["clean", page, "-o", out], ["label", page, "-o", out + ".jsonl"]):
    sys.argv = ["denag", *arguments]
    try:
        main()
    except SystemExit as stop:
        codes.append(stop.code)
print(json.dumps({
    "cleaned": cleaned, "codes": codes, "unpickled": unpickled, "connected": connected,
    "loaded": sorted({name.partition(".")[0] for name in sys.modules}),
}))
"""
HEAVY = {"sklearn", "scipy", "joblib", "pyarrow", "pandas", "fastwarc", "training", "starlette", "jinja2", "uvicorn"}


def test_cleaning_a_page_loads_no_more_than_it_needs(tmp_path: Path, html_page: str) -> None:
    page, out = tmp_path / "page.html", tmp_path / "page.txt"
    page.write_text(html_page, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, page, out], capture_output=True, timeout=60, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert HEAVY & set(seen["loaded"]) == set()
    assert seen["unpickled"] == []
    assert seen["connected"] == []
    assert seen["codes"] == [0, 0]
    assert "the ferry is back" in seen["cleaned"]
    assert out.read_text(encoding="utf-8") == seen["cleaned"] + "\n"


def test_public_names() -> None:
    names = classifier.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(classifier, name) is not None
    namespace: dict[str, object] = {}
    exec("from classifier import *", namespace)
    assert set(names) <= set(namespace)
