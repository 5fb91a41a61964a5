"""The filter under datatrove's executors."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier import Cleaner, Document, Policy

pytest.importorskip("datatrove")

from datatrove.data import Document as TroveDocument
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter

from classifier.engines.datatrove import NagFilter

pytestmark = pytest.mark.filterwarnings("ignore")


def documents(rows: list[dict[str, Any]], field: str) -> list[TroveDocument]:
    return [TroveDocument(row[field], row["id"], metadata={"n": row["n"]}) for row in rows if row[field]]


def read_folder(folder: Path) -> dict[str, dict[str, Any]]:
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row["id"]: row for row in map(json.loads, lines)}


@pytest.fixture
def pipeline(rows: list[dict[str, Any]], tmp_path: Path) -> list[Any]:
    """Reader, filter and writer over two files of the text pages."""
    (tmp_path / "in").mkdir()
    kept = [json.dumps({"id": row["id"], "text": row["text"], "n": row["n"]}) + "\n" for row in rows if row["text"]]
    for part in range(2):
        (tmp_path / "in" / f"{part}.jsonl").write_text("".join(kept[part::2]), encoding="utf-8")
    return [
        JsonlReader(str(tmp_path / "in")),
        NagFilter(batch_size=2),
        JsonlWriter(str(tmp_path / "out"), compression=None, output_filename="${rank}.jsonl"),
    ]


@pytest.fixture
def expected(rows: list[dict[str, Any]], cleaned: list[str]) -> dict[str, str]:
    return {row["id"]: text for row, text in zip(rows, cleaned, strict=True) if row["text"] and text.strip()}


@pytest.mark.parametrize(("field", "media_type"), [("text", "text/plain"), ("html", "text/html")])
def test_documents_are_cleaned_as_clean_cleans(
    rows: list[dict[str, Any]], cleaned: list[str], cleaner: Cleaner, field: str, media_type: Any
) -> None:
    step = NagFilter(media_type=media_type, batch_size=3)
    results = list(step.run(iter(documents(rows, field))))
    wanted = [(row["id"], text) for row, text in zip(rows, cleaned, strict=True) if row[field] and text.strip()]
    assert [(doc.id, doc.text) for doc in results] == wanted
    blocks = [block for row in rows if row[field] for block in cleaner.label(Document("-", row[field], media_type))]
    for label in {block.label for block in blocks}:
        assert step.stats[f"blocks_{label}"].total == sum(block.label == label for block in blocks)
    assert step.stats["chars_removed"].total > 0


def test_what_is_dropped_has_a_reason_and_its_first_text() -> None:
    step = NagFilter(policy=Policy(frozenset()))
    docs = [TroveDocument("The bridge opens on Monday.", "a"), TroveDocument(None, "b"), TroveDocument("", "c")]
    assert step.filter_batch(docs) == [
        (False, "empty_after_cleaning"),
        (False, "not_cleaned"),
        (False, "empty_after_cleaning"),
    ]
    assert [doc.text for doc in docs] == ["The bridge opens on Monday.", None, ""]
    assert step.filter(docs[0]) == (False, "empty_after_cleaning")


def test_pickled_without_its_model() -> None:
    step = NagFilter(batch_size=2)
    size = len(pickle.dumps(step))
    assert size < 10_000
    doc = TroveDocument("The bridge opens on Monday, the council said on Friday.", "a")
    assert step.filter(doc) is True
    again = pickle.loads(pickle.dumps(step))
    assert len(pickle.dumps(step)) < size + 10_000
    assert again.filter(doc) is True


def test_local_executor(pipeline: list[Any], expected: dict[str, str], tmp_path: Path) -> None:
    stats = LocalPipelineExecutor(pipeline, tasks=2, workers=2, logging_dir=str(tmp_path / "logs")).run()
    results = read_folder(tmp_path / "out")
    assert {name: row["text"] for name, row in results.items()} == expected
    assert all(row["metadata"]["n"] == int(name.removeprefix("page-")) for name, row in results.items())
    assert stats.stats[1].stats["total"].total == 4
    assert stats.stats[1].stats["blocks_content"].total > 0


@pytest.fixture
def local_ray() -> Iterator[None]:
    ray = pytest.importorskip("ray")
    ray.init(num_cpus=2, include_dashboard=False, configure_logging=False, log_to_driver=False)
    yield
    ray.shutdown()


@pytest.mark.usefixtures("local_ray")
def test_ray_executor(pipeline: list[Any], expected: dict[str, str], tmp_path: Path) -> None:
    from datatrove.executor import RayPipelineExecutor

    RayPipelineExecutor(
        pipeline, tasks=2, workers=2, cpus_per_task=1, mem_per_cpu_gb=0.2, logging_dir=str(tmp_path / "logs")
    ).run()
    assert {name: row["text"] for name, row in read_folder(tmp_path / "out").items()} == expected
