"""A model folder from a stranger: refused by name, or it works; nothing is executed, no memory taken on its word."""

from __future__ import annotations

import importlib.util
import json
import os
import tracemalloc
from pathlib import Path
from types import ModuleType

import pytest
from small_model import small_model

from classifier import ArtefactError
from classifier.artefact import CONFIG, TENSORS, read_model, write_model
from classifier.cleaner import default_model


@pytest.fixture(scope="module")
def mutations() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutations", Path(__file__).with_name("mutations.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The shipped model's config beside tensors of no size."""
    (tmp_path / CONFIG).write_bytes((default_model() / CONFIG).read_bytes())
    (tmp_path / TENSORS).write_bytes(b"")
    return tmp_path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small")
    write_model(small_model(), path, {}, "")
    return path


def test_three_hundred_mutations(mutations: ModuleType, small: Path) -> None:
    counts = mutations.try_mutations(small, 300, seed=3)
    assert sum(counts.values()) == 300
    refused = sum(count for what, count in counts.items() if what.endswith("refused"))
    assert 150 < refused < 300


def test_header_that_claims_ten_terabytes(small: Path, tmp_path: Path) -> None:
    import hashlib

    for shape, end in (([10**13], 10**13), ([2**40, 10], 10 * 2**40), ([2**62, 4], 2**64)):
        head = json.dumps({"text.weights": {"dtype": "U8", "shape": shape, "data_offsets": [0, end]}}).encode()
        data = len(head).to_bytes(8, "little") + head
        config = json.loads((small / CONFIG).read_bytes())
        config["tensors_sha256"] = hashlib.sha256(data).hexdigest()
        (tmp_path / TENSORS).write_bytes(data)
        (tmp_path / CONFIG).write_text(json.dumps(config), encoding="utf-8")
        tracemalloc.start()
        with pytest.raises(ArtefactError, match="not a safetensors file"):
            read_model(tmp_path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 10e6


def test_files_larger_than_a_model_are_not_read(folder: Path) -> None:
    os.truncate(folder / TENSORS, 10 * 2**40)  # sparse: no disk is taken
    with pytest.raises(ArtefactError, match="more than 268435456 bytes"):
        read_model(folder)
    os.truncate(folder / CONFIG, 2**40)
    with pytest.raises(ArtefactError, match="more than 8388608 bytes"):
        read_model(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_is_no_plain_file_is_not_waited_for(folder: Path) -> None:
    (folder / CONFIG).unlink()
    os.mkfifo(folder / CONFIG)
    with pytest.raises(ArtefactError, match="expected a plain file"):
        read_model(folder)
    (folder / CONFIG).unlink()
    (folder / CONFIG).symlink_to("/dev/zero")
    with pytest.raises(ArtefactError, match="expected a plain file"):
        read_model(folder)


def test_key_that_is_named_twice(folder: Path) -> None:
    text = (
        (folder / CONFIG)
        .read_text(encoding="utf-8")
        .replace('"format_version": 2', '"format_version": 2, "format_version": 2')
    )
    (folder / CONFIG).write_text(text, encoding="utf-8")
    with pytest.raises(ArtefactError, match="names a key twice"):
        read_model(folder)
