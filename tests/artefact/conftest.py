"""A model folder, and ways to change what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_model import small_model

from classifier import ArtefactError
from classifier.artefact import CONFIG, TENSORS, read_model, write_model

Config = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    write_model(small_model(), path, {"note": "ä"}, "# Card\n")
    return path


def change_config(folder: Path, change: Callable[[Config], object]) -> None:
    config = json.loads((folder / CONFIG).read_bytes())
    change(config)
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")


def write_tensors(folder: Path, data: bytes) -> None:
    """Tensors with a sha256 that is right."""
    (folder / TENSORS).write_bytes(data)
    change_config(folder, lambda config: config.update(tensors_sha256=hashlib.sha256(data).hexdigest()))


def refusal(folder: Path) -> str:
    with pytest.raises(ArtefactError) as caught:
        read_model(folder)
    return str(caught.value)
