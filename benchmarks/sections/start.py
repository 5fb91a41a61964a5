"""Cold start: a whole ``denag label`` of one page beside an interpreter that imports numpy."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.pages import Corpora
from benchmarks.targets import Target
from benchmarks.timing import interleaved, ratio, row

OURS = "denag label PAGE.html"
NUMPY = 'python -c "import numpy"'
_PAGE = Path(__file__).parents[2] / "seeds" / "canal-archive.en.html"
_HEAVY = (
    "sklearn", "scipy", "joblib", "pandas", "pyarrow", "torch", "fastwarc", "zstandard", "lxml", "bs4",
    "starlette", "fastapi", "uvicorn", "flask", "jinja2", "aiohttp", "requests", "matplotlib", "training",
)  # fmt: skip
_LOADED = """
import json, sys
from classifier.cli import main
sys.argv = ["denag", "label", sys.argv[1], "-o", "/dev/null"]
try:
    main()
except SystemExit as stop:
    assert not stop.code, stop.code
print(json.dumps(sorted(sys.modules)))
"""


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Time whole processes, and list what a label run loads."""
    binary = str(Path(sys.executable).with_name("denag"))
    commands = {
        OURS: [binary, "label", str(_PAGE)],
        "denag --help": [binary, "--help"],
        NUMPY: [sys.executable, "-c", "import numpy"],
        'python -c "pass"': [sys.executable, "-c", "pass"],
    }
    contestants: dict[str, Callable[[], object]] = {name: partial(_run, command) for name, command in commands.items()}
    times = interleaved(contestants, 5 if quick else 11)
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, str(_PAGE)], capture_output=True, check=True, timeout=60, encoding="utf-8"
    )
    modules = json.loads(done.stdout)
    packages = {name.partition(".")[0] for name in modules}
    return {
        "rows": [row(times, name, OURS) | {"ms": round(median(times[name]) * 1e3, 1)} for name in commands],
        "modules": len(modules),
        "heavy_modules": sorted(packages & set(_HEAVY)),
        "watched_for": sorted(_HEAVY),
        "targets": [
            Target("denag label, in an import of numpy", "at most", 3, "x").verdict(
                round(ratio(times, OURS, NUMPY), 2)
            ),
            Target("heavy modules loaded", "at most", 0, "").verdict(len(packages & set(_HEAVY))),
        ],
    }


def _run(command: list[str]) -> None:
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
