"""DuckDB and Polars, which hand their rows over as Arrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier.engines.arrow import ArrowCleaner


def test_duckdb(rows: list[dict[str, Any]], cleaned: list[str], tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "pages.parquet")
    with duckdb.connect() as connection:
        pages = connection.sql(f"select * from '{tmp_path}/pages.parquet' order by n").to_arrow_reader(2)
        clean = ArrowCleaner()
        reader = pa.RecordBatchReader.from_batches(clean.schema(pages.schema), clean.stream(pages))
        result = connection.cursor().from_arrow(reader).fetchall()  # one connection does not read and write at once
    assert [row[2] for row in result] == cleaned
    assert [row[0] for row in result] == [row["id"] for row in rows]
    assert {row[4] for row in result} == {None}


def test_polars(rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(rows)
    result = polars.from_arrow(ArrowCleaner()(frame.to_arrow()))
    assert result["text"].to_list() == cleaned
    assert result.drop("text", "denag_error").equals(frame.drop("text"))
