"""``denag train``: where labels come from, and what is told of few of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import Denag

Site = Callable[..., list[dict[str, Any]]]


def test_labels_on_standard_input(denag: Denag, own_site: Site, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("labels.jsonl", *own_site()[:8])
    model, other = path.with_name("model"), path.with_name("other")
    by_name = denag("train", "--from", "default", path, "-o", model)
    run = denag("train", "--from", "default", "-", "-o", other, stdin=path.read_bytes())
    assert (run.code, run.err) == (0, "")
    assert run.text == by_name.text.replace(str(model), str(other))
    for name in ("config.json", "model.safetensors"):
        assert (other / name).read_bytes() == (model / name).read_bytes()


def test_few_pages_are_told(
    denag: Denag, own_site: Site, write_jsonl: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    import training.train
    from classifier import Cleaner

    monkeypatch.setattr(training.train, "fit", lambda *_: Cleaner.load().model)  # fitting is tested elsewhere
    path = write_jsonl("labels.jsonl", *own_site()[:8])
    run = denag("train", path, "-o", path.with_name("model"))
    assert run.code == 0
    assert run.complaint == "denag: trained on 8 pages alone; --from default continues the shipped model"
    monkeypatch.setattr(training.train, "_FEW_PAGES", 8)
    assert denag("train", path, "-o", path.with_name("model")).err == ""
