"""What serves loads neither scikit-learn nor a pickle, and needs no network."""

from __future__ import annotations

import ast
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
for arguments in (["clean", page, "-o", out], ["label", page, "-o", out + ".jsonl"], ["explain", page]):
    sys.argv = ["denag", *arguments]
    try:
        main()
    except SystemExit as stop:
        codes.append(stop.code)
print()
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
    seen = json.loads(done.stdout.splitlines()[-1])
    assert HEAVY & set(seen["loaded"]) == set()
    assert seen["unpickled"] == []
    assert seen["connected"] == []
    assert seen["codes"] == [0, 0, 0]
    assert "the ferry is back" in seen["cleaned"]
    assert out.read_text(encoding="utf-8") == seen["cleaned"] + "\n"


def test_nothing_that_could_run_a_file_is_named() -> None:
    """No pickle, no array that may hold one, no eval: neither where labels are made nor where models are."""
    root = Path(classifier.__file__).parents[1]
    banned_modules = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib", "torch", "yaml"}
    banned_calls = {"eval", "exec", "compile", "__import__"}
    for path in sorted((root / "classifier").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in banned_calls, f"{path}:{node.lineno}"
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
                assert node.attr not in {"load", "fromfile", "memmap", "loadtxt"}, f"{path}:{node.lineno}"
            elif isinstance(node, ast.keyword):
                assert node.arg != "allow_pickle", f"{path}:{node.lineno}"
            # joblib starts worker processes; what it sends between them is our own
            allowed = {"joblib"} if path.parent.name == "engines" or path.name in {"local.py", "workers.py"} else set()
            roots = {name.partition(".")[0] for name in names} - allowed
            assert not roots & banned_modules, f"{path}: {roots & banned_modules}"


def test_public_names() -> None:
    names = classifier.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), name))
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(classifier, name) is not None
    namespace: dict[str, object] = {}
    exec("from classifier import *", namespace)
    assert set(names) <= set(namespace)
