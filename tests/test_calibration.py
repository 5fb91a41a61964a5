"""Scores are scaled row by row, and the dial finds the setting it was calibrated for."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import numpy as np
import pytest

from classifier import LABELS, Cleaner, ConfigError, Label
from classifier.calibration import Calibration, ContentLossSetting, ScoreCalibration
from classifier.segment import segment_html, segment_text
from classifier.types import VIEWS

NEVER = dict.fromkeys(LABELS[1:], inf)
EASY = dict.fromkeys(LABELS[1:], 0.5)
SETTINGS = (ContentLossSetting(0.002, NEVER), ContentLossSetting(0.01, {**NEVER, Label.AD_NOTICE: 0.9}))
DIAL = Calibration(content_loss={"html": SETTINGS, "text": (*SETTINGS[1:], ContentLossSetting(0.05, EASY))})


def test_scaling_keeps_rows_that_sum_to_one() -> None:
    rows = np.random.default_rng(0).dirichlet(np.full(6, 0.1), 500).astype(np.float32)
    rows[0] = [1, 0, 0, 0, 0, 0]
    scaled = ScoreCalibration((0.5, 0.7, 1.0, 1.3, 2.0, 0.9), (0.0, 0.1, -0.1, 0.2, 0.0, -1.0)).apply(rows)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.sum(axis=1), 1, rtol=1e-5)
    same = ScoreCalibration((1.0,) * 6, (0.0,) * 6).apply(rows)
    np.testing.assert_allclose(same, rows, atol=1e-5)


def test_temperature_orders_as_before() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(6), 500).astype(np.float32)
    scaled = ScoreCalibration((0.4,) * 6, (0.0,) * 6).apply(rows)
    assert (np.argsort(scaled, axis=1) == np.argsort(rows, axis=1)).all()
    assert (scaled.max(axis=1) < rows.max(axis=1)).all()


def test_rows_do_not_depend_on_each_other() -> None:
    rows = np.random.default_rng(0).dirichlet(np.full(6, 0.1), 97).astype(np.float32)
    scaling = ScoreCalibration((0.5, 0.7, 1.0, 1.3, 2.0, 0.9), (0.0, 0.1, -0.1, 0.2, 0.0, -1.0))
    alone = np.concatenate([scaling.apply(row[None]) for row in rows])
    np.testing.assert_array_equal(scaling.apply(rows), alone)


def test_calibrated_model_gives_the_same_labels(cleaner: Cleaner, html_page: str, text_page: str) -> None:
    plain = Cleaner(replace(cleaner.model, calibration=Calibration()))
    scaling = ScoreCalibration((0.1, 2.0, 0.5, 1.0, 0.2, 3.0), (3.0, -2.0, 0.0, 0.0, 5.0, 0.0))
    scaled = Cleaner(replace(cleaner.model, calibration=Calibration(dict.fromkeys(VIEWS, scaling))))
    for batch in (segment_html([html_page]), segment_text([text_page])):
        labels, probabilities = plain.predict(batch)
        again, changed = scaled.predict(batch)
        np.testing.assert_array_equal(again, labels)
        np.testing.assert_array_equal(changed, scaling.apply(probabilities))


def test_explanations_tell_the_calibrated_score(cleaner: Cleaner, text_page: str) -> None:
    scaling = ScoreCalibration((0.1,) * 6, (0.0,) * 6)
    scaled = Cleaner(replace(cleaner.model, calibration=Calibration({"text": scaling})))
    explained = [explanation.score for explanation in scaled.explain(text_page)]
    np.testing.assert_allclose(explained, scaled.label(text_page).scores, rtol=1e-6)


def with_dial(cleaner: Cleaner) -> Cleaner:
    return Cleaner(replace(cleaner.model, calibration=DIAL))


@pytest.mark.parametrize(("wanted", "html", "text"), [(0.01, 1, 0), (0.012, 1, 0), (0.05, 1, 1), (0.9, 1, 1)])
def test_dial_takes_the_largest_setting_within(cleaner: Cleaner, wanted: float, html: int, text: int) -> None:
    policy = with_dial(cleaner).policy(max_content_loss=wanted)
    assert policy.keep == {Label.CONTENT}
    assert policy.thresholds["html"] == DIAL.content_loss["html"][html].thresholds
    assert policy.thresholds["text"] == DIAL.content_loss["text"][text].thresholds


def test_stricter_than_calibrated(cleaner: Cleaner) -> None:
    with pytest.raises(ConfigError) as caught:
        with_dial(cleaner).policy(max_content_loss=0.005)
    assert str(caught.value) == (
        "max_content_loss is 0.005, expected at least 0.01: the text view has no stricter calibrated setting"
    )


def test_model_without_calibration(cleaner: Cleaner) -> None:
    with pytest.raises(ConfigError, match=r"max_content_loss is 0\.01, but this model has no content-loss calibration"):
        Cleaner(replace(cleaner.model, calibration=Calibration())).policy(max_content_loss=0.01)


@pytest.mark.parametrize("share", [0.0, -0.1, 1.0, 5, float("nan"), inf])
def test_numbers_that_are_no_share(cleaner: Cleaner, share: float) -> None:
    with pytest.raises(ConfigError, match="expected a share between 0 and 1"):
        with_dial(cleaner).policy(max_content_loss=share)


def test_keep_and_drop_go_with_the_dial(cleaner: Cleaner) -> None:
    policy = with_dial(cleaner).policy(keep=["ad_notice"], max_content_loss=0.05)
    assert not policy.drops(Label.AD_NOTICE, 1.0, "text/plain")
    assert policy.drops(Label.BOILERPLATE, 0.5, "text/plain")
    assert not policy.drops(Label.BOILERPLATE, 1.0, "text/html")
    with pytest.raises(ConfigError, match="content is to be dropped"):
        with_dial(cleaner).policy(drop=["content"], max_content_loss=0.05)
    with pytest.raises(ConfigError, match="'ads' is no label"):
        with_dial(cleaner).policy(keep=["ads"], max_content_loss=0.05)


def test_policy_without_the_dial(cleaner: Cleaner) -> None:
    assert cleaner.policy(keep=["boilerplate"]).keep == {Label.CONTENT, Label.BOILERPLATE}
    assert not cleaner.policy().thresholds
