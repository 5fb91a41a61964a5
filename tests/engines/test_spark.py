"""Spark's mapInArrow on a local session."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from classifier.engines.arrow import ArrowCleaner

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def spark(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    sql = pytest.importorskip("pyspark.sql")
    if shutil.which("java") is None:
        pytest.skip("no Java")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", "2")
        .getOrCreate()
    )
    yield session
    session.stop()


def test_map_in_arrow(spark: Any, rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    from pyspark.sql.pandas.types import from_arrow_schema

    table = pa.Table.from_pylist([*rows, {"id": "bad", "html": None, "text": None, "n": 9}])
    clean = ArrowCleaner(counts=True)
    frame = spark.createDataFrame(table).repartition(2)
    result = frame.mapInArrow(clean.stream, from_arrow_schema(clean.schema(table.schema))).collect()
    by_id = {row["id"]: row for row in result}
    assert len(result) == len(table)
    assert [by_id[row["id"]]["text"] for row in rows] == cleaned
    assert [by_id[row["id"]]["n"] for row in rows] == [row["n"] for row in rows]
    assert all(by_id[row["id"]]["denag_error"] is None for row in rows)
    assert by_id["bad"]["text"] is None
    assert by_id["bad"]["denag_counts"] is None
    assert "found none" in by_id["bad"]["denag_error"]
