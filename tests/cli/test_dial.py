"""``denag clean --max-content-loss`` and ``denag train --calibrate-only``."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from classifier import Cleaner
from classifier.artefact import write_model
from classifier.calibration import Calibration

from .conftest import Denag


def test_stricter_settings_keep_more(denag: Denag, page: Path) -> None:
    texts = [
        denag("clean", page, *options).text
        for options in ([], ["--max-content-loss", "0.05"], ["--max-content-loss", "0.005"])
    ]
    for looser, stricter in pairwise(texts):
        assert set(looser.splitlines()) <= set(stricter.splitlines())
    assert texts[0] != texts[2]


def test_number_between_settings_is_the_one_below(denag: Denag, page: Path) -> None:
    between, below = (denag("clean", page, "--max-content-loss", share) for share in ("0.049", "0.03"))
    assert between.out == below.out


@pytest.mark.parametrize(
    ("share", "complaint"),
    [
        ("0.0001", "max_content_loss is 0.0001, expected at least "),
        ("0", "max_content_loss is 0.0, expected a share between 0 and 1"),
        ("nan", "max_content_loss is nan, expected a share between 0 and 1"),
    ],
)
def test_shares_that_can_not_be(denag: Denag, page: Path, share: str, complaint: str) -> None:
    run = denag("clean", page, "--max-content-loss", share)
    assert run.code == 2
    assert run.complaint.startswith(f"denag: {complaint}")
    assert not run.out


def test_model_without_calibration(denag: Denag, page: Path, cleaner: Cleaner, tmp_path: Path) -> None:
    write_model(replace(cleaner.model, calibration=Calibration()), tmp_path / "old", {}, "")
    run = denag("clean", page, "--model", tmp_path / "old", "--max-content-loss", "0.05")
    assert run.code == 2
    assert "this model has no content-loss calibration" in run.complaint
    assert denag("clean", page, "--model", tmp_path / "old").code == 0


def test_calibrating_needs_real_pages(denag: Denag, tmp_path: Path) -> None:
    run = denag("train", "--calibrate-only", tmp_path)
    assert run.code == 2
    assert run.complaint == "denag: --calibrate-only without --corpora DIR: expected real pages to calibrate on"
