"""A model that is continued on a few pages learns them, and forgets little of what it knew."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import LABELS, Cleaner
from classifier.artefact import CARD, CONFIG, read_config, read_model
from classifier.model import SequenceModel
from training.adapt import AdaptConfig, adapt, held_out_figures
from training.dataset import UNKNOWN, LabelledPage, read_labelled_pages, read_seeds
from training.evaluate import score_pages

ROOT = Path(__file__).parents[2]
CONTENT, BOILERPLATE = LABELS.index("content"), LABELS.index("boilerplate")
Denag = Callable[..., Any]


@pytest.fixture(scope="module")
def site(own_site: Callable[..., list[dict[str, Any]]], tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPage]:
    path = tmp_path_factory.mktemp("site") / "site.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in own_site()), encoding="utf-8")
    return read_labelled_pages([path], written=False)


@pytest.fixture(scope="module")
def base(cleaner: Cleaner) -> SequenceModel:
    return cleaner.model


@pytest.fixture(scope="module")
def own(base: SequenceModel, site: list[LabelledPage]) -> SequenceModel:
    return adapt(base, site[:20])


def right(model: SequenceModel, pages: Sequence[LabelledPage], view: Any) -> float:
    scores = score_pages(Cleaner(model), pages, view)
    return float(np.mean(np.concatenate([score.truth == score.given for score in scores])))


@pytest.mark.parametrize("view", ["html", "text"])
def test_other_pages_of_the_site_gain(
    view: str, base: SequenceModel, own: SequenceModel, site: list[LabelledPage]
) -> None:
    """Pages whose every sentence is new, see tests/own_site.py."""
    assert right(own, site[20:], view) > right(base, site[20:], view) + 0.05
    assert right(own, site[20:], view) > 0.75


@pytest.mark.parametrize("view", ["html", "text"])
def test_little_is_forgotten(view: str, base: SequenceModel, own: SequenceModel) -> None:
    seeds = read_seeds(ROOT / "seeds")
    assert right(own, seeds, view) > right(base, seeds, view) - 0.03


def test_only_ngrams_of_the_pages_move(base: SequenceModel, site: list[LabelledPage]) -> None:
    own = adapt(base, site[:2])
    for name in ("own", "around", "layout"):
        old, new = getattr(base, name), getattr(own, name)
        moved = np.abs(new.quantised * new.scale - old.quantised * old.scale).max(axis=1) > old.scale
        assert 0 < moved.mean() < 0.05
        np.testing.assert_array_equal(old.bias, new.bias)
    assert own.heads is base.heads


def test_labels_the_pages_lack_stay(base: SequenceModel, site: list[LabelledPage]) -> None:
    pages = [
        replace(page, labels=np.where(page.labels == LABELS.index("paywall_prompt"), UNKNOWN, page.labels))
        for page in site
    ]
    own = adapt(base, pages[:20])
    wall = "This article is for subscribers. Subscribe now for full access to every story."
    text = ["The ferry sails again.", "After two years in the yard the ferry is back, the harbour office said.", wall]
    labels = [Cleaner(model).label_blocks([text])[0].labels[-1] for model in (base, own)]
    assert labels == ["paywall_prompt", "paywall_prompt"]


def test_unjudged_pages_change_next_to_nothing(base: SequenceModel, site: list[LabelledPage]) -> None:
    unjudged = [replace(page, labels=np.full_like(page.labels, UNKNOWN)) for page in site[:5]]
    own = adapt(base, unjudged)
    for name in ("own", "around", "layout"):
        assert np.abs(getattr(own, name).quantised - getattr(base, name).quantised).max() <= 1


def test_a_high_price_keeps_the_model(base: SequenceModel, site: list[LabelledPage]) -> None:
    own = adapt(base, site[:5], AdaptConfig(penalty=1e9))
    np.testing.assert_array_equal(own.own.quantised, base.own.quantised)


def test_gradient(base: SequenceModel, site: list[LabelledPage]) -> None:
    """A longer fit finds nothing better: the fit has converged."""
    short, long = (adapt(base, site[:5], AdaptConfig(max_iterations=n)) for n in (100, 1000))
    difference = np.abs(short.own.quantised.astype(int) - long.own.quantised).max() * short.own.scale
    assert difference < 0.05 * np.abs(long.own.quantised - base.own.quantised.astype(int)).max() * long.own.scale


def test_held_out_figures(base: SequenceModel, site: list[LabelledPage]) -> None:
    figures = held_out_figures(base, site[:6], AdaptConfig(n_folds=2))
    assert set(figures) == {"html", "text"}
    before, now = figures["html"]
    assert before["blocks"] == now["blocks"] == sum(page.batch.n_blocks for page in site[:6])
    assert now["right"] > before["right"]
    assert held_out_figures(base, site[:1]) == {}


def test_the_same_pages_give_the_same_bytes(own: SequenceModel, base: SequenceModel, site: list[LabelledPage]) -> None:
    again = adapt(base, site[:20])
    for name in ("own", "around", "layout"):
        np.testing.assert_array_equal(getattr(again, name).quantised, getattr(own, name).quantised)


# the command


@pytest.fixture
def labels(own_site: Callable[..., list[dict[str, Any]]], write_jsonl: Callable[..., Path]) -> Path:
    return write_jsonl("my-labels.jsonl", *own_site(0, 6))


def test_command(denag: Denag, labels: Path, tmp_path: Path, base: SequenceModel) -> None:
    run = denag("train", "--from", "default", labels, "-o", tmp_path / "own")
    assert (run.code, run.err) == (0, "")
    assert "pages held out in turn" in run.text
    model = read_model(tmp_path / "own")
    assert not model.calibration.content_loss
    assert model.calibration.scores == base.calibration.scores
    config = read_config(tmp_path / "own")
    assert "content_loss" not in config
    card = (tmp_path / "own" / CARD).read_text(encoding="utf-8")
    assert "| any nag F1 |" in card
    assert "no content-loss setting" in card
    refused = denag("clean", "--model", tmp_path / "own", "--max-content-loss", "0.01", labels)
    assert refused.code == 2
    assert "no content-loss calibration" in refused.complaint
    onward = denag("train", "--from", tmp_path / "own", labels, "-o", tmp_path / "onward")
    assert onward.code == 0
    assert config["tensors_sha256"] in (tmp_path / "onward" / CARD).read_text(encoding="utf-8")
    assert json.loads((tmp_path / "onward" / CONFIG).read_text(encoding="utf-8"))["labels"] == list(LABELS)


def test_refusals(denag: Denag, labels: Path, tmp_path: Path, write_jsonl: Callable[..., Path]) -> None:
    out = tmp_path / "own"
    assert "--from without label files" in denag("train", "--from", "default", "-o", out).complaint
    assert "no such model folder" in denag("train", "--from", tmp_path / "none", labels, "-o", out).complaint
    assert "--from and --corpora" in denag("train", "--from", "default", labels, "--corpora", tmp_path).complaint
    few = write_jsonl("few.jsonl", {"blocks": [{"text": "Home", "label": "boilerplate"}]})
    assert "at least 20 labelled blocks" in denag("train", "--from", "default", few, "-o", out).complaint
    assert not out.exists()
