"""Compressed files are read frame by frame, and written alike whatever their name and the time."""

from __future__ import annotations

from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.readers.base import open_bytes

from .conftest import ROWS, compressed, json_lines, read_documents


@given(st.lists(st.binary(max_size=3000), max_size=5), st.sampled_from([".gz", ".zst"]))
@settings(max_examples=30, deadline=None)
def test_frames_one_after_the_other(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], suffix: str) -> None:
    path = tmp_path_factory.mktemp("frames") / f"p{suffix}"
    path.write_bytes(b"".join(compressed(part, suffix) for part in parts))
    with open_bytes(path) as file:
        assert file.read() == b"".join(parts)


def test_zst_frames_without_data_and_of_great_size(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.zst"
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00size"
    zeros = json_lines({"text": "0" * 5_000_000})
    path.write_bytes(skippable + zstandard.compress(zeros) + skippable + zstandard.compress(zeros))
    assert [len(document.content) for document in read_documents(path)] == [5_000_000] * 2


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_written_bytes_do_not_depend_on_name_or_time(suffix: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "b")]
    for path in paths:
        with open_bytes(path, "wb") as file:
            file.write(ROWS)
            file.write(ROWS)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with open_bytes(paths[0]) as file:
        assert file.read() == ROWS * 2
