"""Ray Data on a real local Ray of two workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from classifier import ArtefactError
from classifier.engines.ray import CleanBatch

pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_missing_model_stops_the_worker_at_its_start(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="no such model folder"):
        CleanBatch(tmp_path / "nowhere")


@pytest.fixture
def ray() -> Iterator[Any]:
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.data")
    ray.init(num_cpus=3, include_dashboard=False, configure_logging=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def test_two_workers_clean_as_clean_cleans(ray: Any, rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    bad = {"id": "bad", "html": "<p>x</p>", "text": "x", "n": -1}
    table = pa.Table.from_pylist([*rows, bad] * 4)
    pages = ray.data.from_arrow([table.slice(0, 16), table.slice(16)])
    result = pages.map_batches(
        CleanBatch,
        fn_constructor_kwargs={"counts": True},
        batch_format="pyarrow",
        batch_size=4,
        compute=ray.data.ActorPoolStrategy(size=2),
    ).take_all()
    assert len(result) == len(table)
    text_of = {row["id"]: text for row, text in zip(rows, cleaned, strict=True)}
    n_of = {row["id"]: row["n"] for row in rows}
    for row in result:
        if row["id"] == "bad":
            assert row["text"] is None
            assert row["denag_counts"] is None
            assert "found 'html' and 'text'" in row["denag_error"]
        else:
            assert row["text"] == text_of[row["id"]]
            assert row["n"] == n_of[row["id"]]
            assert sum(row["denag_counts"].values()) > 0
