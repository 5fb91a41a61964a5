"""The learning curve on a small made-up world: nested shares, the same test pages, written pages always in."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import LABELS, ConfigError
from training.config import FitConfig
from training.corpora import to_standoff
from training.dataset import UNKNOWN, LabelledPage, split_of
from training.learning_curve import CurveData, in_share, learning_curve, markdown_curve, read_curve_data

NOTHING: tuple[list[str], np.ndarray] = ([], np.zeros(0, np.int8))


def test_shares_are_nested() -> None:
    domains = [f"{i}.example" for i in range(2000)]
    taken = [{domain for domain in domains if in_share(domain, percent)} for percent in (10, 25, 50, 100)]
    for smaller, larger in pairwise(taken):
        assert smaller < larger
    assert [round(len(names) / 2000, 1) for names in taken] == [0.1, 0.2, 0.5, 1.0]


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """Forty small pages of domains of their own, as a corpus."""
    rows = []
    for i in range(40):
        parts = (
            f"<nav class='menu'><li>Home</li><li>Contact</li></nav><p>The council of town {i} met on Monday again.</p>"
        )
        parts += f"<form class='signup'><p>Sign up for letter {i} by e-mail.</p></form>"
        rows.append({"id": f"p{i}", "domain": f"{i}.example", "html": parts})
    folder = tmp_path / "corpora"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist(rows), folder / "one.parquet")
    return folder


@pytest.fixture
def data(corpora: Path, monkeypatch: pytest.MonkeyPatch, write_jsonl: Callable[..., Path]) -> CurveData:
    from training import corpora as module

    texts = {
        i: [f"The council of town {i} met on Monday again.", f"Sign up for letter {i} by e-mail."] for i in range(40)
    }
    labels = np.array([5, 5, 0, 3], np.int8)
    rows = [{"page": f"p{i}", "labels": to_standoff(["Home", "Contact", *texts[i]], labels)} for i in texts]
    standoff = write_jsonl("standoff.jsonl", *rows).parent
    monkeypatch.setattr(module, "read_standoff", lambda folder: _standoff(standoff / "standoff.jsonl"))
    written = write_jsonl("written.jsonl", {"id": "w", "blocks": [{"text": "Menu", "label": "boilerplate"}] * 4})
    return read_curve_data(corpora, [written], lambda stage: None)


def _standoff(path: Path) -> dict[str, list[Any]]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return {row["page"]: row["labels"] for row in rows}


def test_data(data: CurveData) -> None:
    assert [page.id for page in data.always] == ["w"]
    assert len(data.real) + len(data.test) == 40
    assert all(split_of(page.domain) == "test" for page in data.test)
    assert data.test
    assert not any((page.labels == UNKNOWN).any() for page in data.real)


def test_curve(data: CurveData) -> None:
    from classifier.features import FeaturizerConfig

    config = FitConfig(
        featurizer=FeaturizerConfig(text_bits=10, layout_bits=8),
        n_folds=2,
        n_hidden=4,
        n_members=1,
        epochs_content=30,
        epochs_other=30,
        n_jobs=1,
    )
    told: list[str] = []
    curve = learning_curve(data, [100, 50, 50], config, told.append)
    half, whole = curve["points"]
    assert (half["percent"], whole["percent"]) == (50, 100)
    assert whole["pages"] == len(data.real)
    assert half["pages"] == sum(in_share(page.domain, 50) for page in data.real) < whole["pages"]
    assert whole["judged_blocks"] == 4 * len(data.real)
    for point in curve["points"]:
        for view in ("html", "text"):
            assert point["views"][view]["labels"]["content"]["support"] == len(data.test)
    assert whole["views"]["html"]["labels"]["content"]["f1"] > 0.9
    table = markdown_curve(curve)
    assert "**html view**" in table
    assert f"| 50 % ({half['pages']}) | {half['judged_blocks']} |" in table
    widths = {line.count("|") for line in table.splitlines() if line.startswith("|")}
    assert widths == {len(LABELS) + 6}
    assert any(line.startswith("50 %: training on") for line in told)
    json.dumps(curve)


@pytest.mark.parametrize("share", [0, 101, -5])
def test_bad_share(share: int) -> None:
    with pytest.raises(ConfigError, match=f"a share of {share} %"):
        learning_curve(CurveData([], [], [], NOTHING), [share], FitConfig(), lambda stage: None)


def test_corpora_without_test_domains(tmp_path: Path, write_jsonl: Callable[..., Path]) -> None:
    domain = next(f"{i}.example" for i in range(99) if split_of(f"{i}.example") == "train")
    pq.write_table(pa.table({"id": ["a"], "domain": [domain], "html": ["<p>x"]}), tmp_path / "one.parquet")
    with pytest.raises(ConfigError, match="1 pages to learn from and 0 to score"):
        read_curve_data(tmp_path, [write_jsonl("none.jsonl")], lambda stage: None)


def test_command(denag: Callable[..., Any], data: CurveData, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from training import learning_curve as module

    point = {"percent": 10, "pages": 1, "judged_blocks": 2, "views": {}}
    asked: list[Any] = []

    def curve(data: CurveData, shares: list[int], config: FitConfig, tell: Any) -> dict[str, Any]:
        asked.extend([shares, config.seed, config.n_jobs])
        return {"points": [point]}

    monkeypatch.setattr(module, "read_curve_data", lambda folder, labels, tell: data)
    monkeypatch.setattr(module, "learning_curve", curve)
    path = tmp_path / "curve.json"
    assert denag("corpora", "curve", tmp_path, "--shares", "10,20", "--seed", 3, "--jobs", 1, "--json", path).code == 0
    assert asked == [[10, 20], 3, 1]
    assert json.loads(path.read_text()) == {"points": [point]}


def test_pages_are_labelled_pages(data: CurveData) -> None:
    assert all(isinstance(page, LabelledPage) for page in (*data.always, *data.real, *data.test))
