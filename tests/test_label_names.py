"""Names of labels of one's own."""

from __future__ import annotations

import pytest

from classifier import LABELS, ConfigError
from classifier.labels import in_order, refusal, with_added


@pytest.mark.parametrize("name", ["consent_notice", "a", "age18", "a" * 40])
def test_good_names(name: str) -> None:
    assert refusal(name) == ""
    assert with_added(LABELS, [name, name]) == (*LABELS, name)


@pytest.mark.parametrize(
    "name",
    ["", "Consent", "consent notice", "consent-notice", "_x", "x_", "x__y", "9x", "é", "a" * 41, "x\n", "any_nag", 3],
)
def test_bad_names(name: str) -> None:
    assert refusal(name)
    with pytest.raises(ConfigError, match="expected"):
        with_added(LABELS, [name])


def test_three_are_enough() -> None:
    assert len(with_added(LABELS, ["a", "b", "c"])) == 9
    with pytest.raises(ConfigError, match="a, b, c, d, expected at most 3 beside content"):
        with_added(LABELS, ["a", "b", "c", "d"])


def test_order() -> None:
    assert in_order([*reversed(LABELS), "b", "a"]) == [*LABELS, "a", "b"]
