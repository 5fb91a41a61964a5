"""Every example of docs/engines.md and docs/recipes.md runs, and gives what `Cleaner.clean` gives."""

from __future__ import annotations

import ast
import gzip
import importlib.util
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[2]
RECIPES = "recipes.md"


def sections(name: str) -> dict[str, str]:
    """Python code of each section that has any."""
    found = {}
    for part in re.split(r"^## ", (ROOT / "docs" / name).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        blocks = re.findall(r"```python\n(.*?)```", part, re.DOTALL)
        if blocks:
            found[part.partition("\n")[0]] = "\n".join(blocks)
    return found


EXAMPLES = [(name, title) for name in ("engines.md", RECIPES) for title in sections(name)]


def imported(code: str) -> set[str]:
    """Top-level packages that code imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    names |= {"datatrove"} if "NagFilter" in code else set()
    return names


@pytest.fixture
def folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]], warc_record: Callable[..., bytes]
) -> Path:
    """Working folder with the files that the examples name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    pq.write_table(pa.Table.from_pylist(rows), "pages.parquet")
    for name in ("pages", "extracted"):
        Path(name).mkdir()
    texts = [row for row in rows if row["text"]]
    for row in rows:
        if row["html"]:
            Path("pages", f"{row['id']}.html").write_text(row["html"], encoding="utf-8")
    lines = [json.dumps({"id": row["id"], "text": row["text"]}) + "\n" for row in texts]
    Path("extracted", "0.jsonl").write_text("".join(lines), encoding="utf-8")
    records = [
        warc_record(row["text"].encode(), kind="conversion", number=row["n"], url=f"https://a.example/{row['n']}")
        for row in texts
    ]
    Path("crawl.warc.wet.gz").write_bytes(b"".join(map(gzip.compress, records)))
    return tmp_path


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("name", "title"), EXAMPLES)
def test_example(name: str, title: str, rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    code = sections(name)[title]
    if missing := sorted(package for package in imported(code) if importlib.util.find_spec(package) is None):
        pytest.skip(f"no {', '.join(missing)}")
    if "pyspark" in code and shutil.which("java") is None:
        pytest.skip("no Java")
    namespace: dict[str, Any] = {"__name__": "example"}
    exec(compile(code, f"docs/{name}: {title}", "exec"), namespace)
    texts = sorted(text for text in namespace["texts"] if text.strip())
    only_text = ("extracted" in code and name != RECIPES) or "wet" in code
    if name == RECIPES and 'pages")' in code:  # another extractor stands before denag
        assert any("The harbour board voted on Monday" in text for text in texts)
        assert not any("Your e-mail address" in text for text in texts)
    else:
        expected = [text for row, text in zip(rows, cleaned, strict=True) if row["text"] or not only_text]
        assert texts == sorted(text for text in expected if text.strip())
