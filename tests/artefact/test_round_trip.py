"""A model comes back from disk as it was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from small_model import small_model

from classifier import Cleaner
from classifier.artefact import CARD, CONFIG, TENSORS, read_config, read_model, write_model
from classifier.cleaner import default_model
from classifier.features import BlockFeaturizer
from classifier.segment import segment_html, segment_text

PAGES = ["<nav><a>Home</a></nav><p>The ferry is back.<div class=newsletter>Subscribe to our newsletter</div>", "<p>One"]


def test_round_trip_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "deep" / "again"
    write_model(read_model(folder), again, {"note": "ä"}, "# Card\n")
    for name in (TENSORS, CONFIG, CARD):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_shipped_model_round_trips(cleaner: Cleaner, tmp_path: Path) -> None:
    shipped = default_model()
    card = (shipped / CARD).read_text(encoding="utf-8")
    write_model(cleaner.model, tmp_path, read_config(shipped)["probe"], card)
    for name in (TENSORS, CONFIG, CARD):
        assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes()


def test_round_trip_gives_the_same_predictions(folder: Path) -> None:
    written, read = small_model(), read_model(folder)
    assert (read.featurizer, read.context) == (written.featurizer, written.context)
    for batch in (segment_html(PAGES), segment_text(["One\n\nSubscribe now", "Two"])):
        X = BlockFeaturizer(written.featurizer).transform(batch)
        for expected, found in zip(written.predict(X), read.predict(X), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_writing_over_a_model(folder: Path) -> None:
    before = read_model(folder).own.quantised.copy()
    write_model(small_model(1), folder, {}, "")
    assert (read_model(folder).own.quantised != before).any()


def test_card_is_for_people(folder: Path) -> None:
    (folder / CARD).unlink()
    read_model(folder)
