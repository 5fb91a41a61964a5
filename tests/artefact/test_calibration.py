"""A model's calibration comes back from disk as it was written, and a damaged one is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from small_model import small_model

from classifier.artefact import CONFIG, read_model, write_model
from classifier.calibration import Calibration, ContentLossSetting, ScoreCalibration
from classifier.types import LABELS

from .conftest import Config, change_config, refusal

CALIBRATION = Calibration(
    {"text": ScoreCalibration((0.5, 0.7, 1.0, 1.3, 2.0, 0.9), (0.0, 0.1, -0.1, 0.2, 0.0, -1.0))},
    {
        "html": (
            ContentLossSetting(0.002, dict.fromkeys(LABELS[1:], inf)),
            ContentLossSetting(0.05, {label: 0.25 * k for k, label in enumerate(LABELS[1:])}),
        )
    },
)


def test_calibration_round_trips(tmp_path: Path) -> None:
    write_model(replace(small_model(), calibration=CALIBRATION), tmp_path, {}, "")
    assert read_model(tmp_path).calibration == CALIBRATION
    written = json.loads((tmp_path / CONFIG).read_bytes())
    assert written["content_loss"]["html"][0]["thresholds"]["ad_notice"] is None


def test_model_without_calibration_is_read(folder: Path) -> None:
    assert "content_loss" not in json.loads((folder / CONFIG).read_bytes())
    assert read_model(folder).calibration == Calibration()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.update(content_loss=[]), "content_loss is [], expected an object with the views html, text"),
        (lambda c: c.update(score_calibration={"pdf": {}}), "expected an object with the views html, text"),
        (lambda c: c["score_calibration"]["text"]["slopes"].pop(), "slopes of the text view are"),
        (lambda c: c["score_calibration"]["text"]["slopes"].__setitem__(0, -1.0), "expected 6 numbers from 0.001"),
        (lambda c: c["score_calibration"]["text"]["offsets"].__setitem__(0, 1e9), "offsets of the text view"),
        (lambda c: c["content_loss"]["html"].reverse(), "expected rising shares"),
        (lambda c: c["content_loss"]["html"][0].update(max_content_loss="1 %"), "max_content_loss of the html view"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].pop("ad_notice"), "thresholds of the html view at 0.002"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(content=0.5), "expected a score or null for"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(ad_notice=-0.5), "thresholds of the html view"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(ads=0.5), "thresholds of the html view"),
        (lambda c: c["content_loss"].update(html=3), "TypeError"),
        (lambda c: c["content_loss"].update(html=[3]), "TypeError"),
    ],
)
def test_damaged_calibration(tmp_path: Path, change: Callable[[Config], object], told: str) -> None:
    write_model(replace(small_model(), calibration=CALIBRATION), tmp_path, {}, "")
    change_config(tmp_path, change)
    assert told in refusal(tmp_path)
