"""A model laid out for a model hub is a model folder still, and its card has front matter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import Cleaner
from classifier.artefact import CONFIG, TENSORS
from classifier.cleaner import default_model
from training.export import README, split_card

Denag = Callable[..., Any]


def test_export(denag: Denag, tmp_path: Path, html_page: str, cleaner: Cleaner) -> None:
    out = tmp_path / "hf"
    run = denag("export", "default", "-o", out, "--language", "en", "--language", "de")
    assert (run.code, run.err) == (0, "")
    assert sorted(path.name for path in out.iterdir()) == sorted([TENSORS, CONFIG, README, ".gitattributes"])
    readme = (out / README).read_text(encoding="utf-8")
    front, body = split_card(readme)
    assert front["license"] == "apache-2.0"
    assert front["library_name"] == "denag"
    assert front["pipeline_tag"] == "text-classification"
    assert readme.startswith("---\n")
    assert "language:\n- en\n- de\n" in readme
    assert body.startswith("# denag block model")
    assert body.count("---\nlicense") == 0
    again = Cleaner.load(out).label(html_page)
    np.testing.assert_array_equal(again.scores, cleaner.label(html_page).scores)
    first = {path.name: path.read_bytes() for path in out.iterdir()}
    assert denag("export", "default", "-o", out, "--language", "en", "--language", "de").code == 0
    assert first == {path.name: path.read_bytes() for path in out.iterdir()}


def test_front_matter_is_yaml(denag: Denag, tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    assert denag("export", "default", "-o", tmp_path / "hf", "--license", "mit").code == 0
    meta = yaml.safe_load((tmp_path / "hf" / README).read_text(encoding="utf-8").split("---\n")[1])
    assert set(meta) == {"license", "library_name", "pipeline_tag", "tags"}
    assert meta["license"] == "mit"
    assert "denag" in meta["tags"]


def test_refusals(denag: Denag, tmp_path: Path) -> None:
    run = denag("export", tmp_path, "-o", tmp_path / "hf")
    assert run.code == 2
    assert CONFIG in run.complaint
    assert "expected an identifier" in denag("export", "default", "-o", tmp_path / "hf", "--license", "a: b").complaint
    assert "is the model itself" in denag("export", "default", "-o", default_model()).complaint
    assert not (tmp_path / "hf").exists()


def test_a_model_without_a_card(denag: Denag, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in (TENSORS, CONFIG):
        (bare / name).write_bytes((default_model() / name).read_bytes())
    assert denag("export", bare, "-o", tmp_path / "hf").code == 0
    assert "license" not in split_card((tmp_path / "hf" / README).read_text(encoding="utf-8"))[0]
