"""A model folder is calibrated anew: its arrays stay, its config and card change."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import training.train
from classifier import Cleaner
from classifier.artefact import CARD, CONFIG, TENSORS, write_model
from classifier.context import ContextConfig
from classifier.features import FeaturizerConfig
from training.config import FitConfig
from training.dataset import read_labelled_pages, split_of
from training.dial import START
from training.fit import fit
from training.train import calibrate_model

N_REAL = 200  # three over their number is the strictest bound they can show
SMALL = partial(FitConfig, n_folds=2, n_hidden=2, n_members=1, n_jobs=1)
WORDS = ["The ferry sails again at noon.", "Advertisement", "Home", "The crew of seven lives on board all year."]
LABELS = ["content", "ad_notice", "boilerplate", "content"]


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    blocks = [{"text": text, "label": label} for text, label in zip(WORDS, LABELS, strict=True)]
    rows = [{"id": f"c{k}", "domain": f"c{k}.example", "kind": "counter", "blocks": blocks} for k in range(40)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    names = [f"real{k}" for k in range(N_REAL)]
    html = f"<article><p>{WORDS[0]}<div class=ad>{WORDS[1]}</div><p>{WORDS[3]}</article><footer>{WORDS[2]}</footer>"
    domains = [f"{name}.example" for name in names]
    assert {split_of(domain) for domain in domains} == {"train", "dev", "test"}
    main = f"{WORDS[0]}\n{WORDS[3]}"
    columns = {"id": names, "domain": domains, "html": [html] * N_REAL, "main_content": [main] * N_REAL}
    pq.write_table(pa.table(columns), folder / "real.parquet")
    return folder


def test_calibrating_a_model_folder(
    labels: Path, corpora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.train, "FitConfig", SMALL)
    config = SMALL(FeaturizerConfig(text_bits=10, layout_bits=8), ContextConfig(1, (2,), 1))
    folder = tmp_path / "model"
    model = fit(read_labelled_pages([labels]), ([], np.zeros(0, np.int8)), config)
    write_model(model, folder, {"probe": 1}, "# Card\n")
    tensors, before = (folder / TENSORS).read_bytes(), json.loads((folder / CONFIG).read_bytes())
    told = calibrate_model(folder, [labels], corpora, 0, lambda stage: None)
    assert told.endswith(f"calibration written to {folder}")
    assert (folder / TENSORS).read_bytes() == tensors
    after = json.loads((folder / CONFIG).read_bytes())
    assert set(after) - set(before) == {"score_calibration", "content_loss"}
    assert {key: after[key] for key in before} == before
    card = (folder / CARD).read_text(encoding="utf-8")
    assert card.startswith(f"# Card\n\n{START}\n## Calibration on test domains\n")
    cleaner = Cleaner.load(folder)
    assert set(cleaner.model.calibration.scores) == {"text"}  # no page with layout was judged
    calibrate_model(folder, [labels], corpora, 0, lambda stage: None)
    assert json.loads((folder / CONFIG).read_bytes()) == after
    assert (folder / CARD).read_text(encoding="utf-8") == card
