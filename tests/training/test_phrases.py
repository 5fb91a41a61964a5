"""Phrases lose their names, and translations of one text stay together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import LABELS, LabelsError
from training.phrases import mask_names, phrase_split, read_phrases

NAMED = [
    "Support Mozilla today",
    "Děkujeme za podporu Thunderbirdu",
    "Википедии нужна ваша помощь",
    "Wikipédiát olvasol",
    "支持维基百科的未来",
    "Thunderbirdはユーザーの寄付",
    "ويكيبيديا تحتاجك",
    "Donate to the Wikimedia Foundation",
    "You give €5 to M. Costa",
    "You are now subscribed to The Daily Post",
]


@pytest.mark.parametrize("text", NAMED)
def test_names_go(text: str) -> None:
    masked = mask_names(text)
    assert masked != text
    assert not any(
        name in masked
        for name in (
            "Mozilla",
            "Thunderbird",
            "Википед",
            "Wikip",
            "维基",
            "ويكي",
            "Wikim",
            "Foundation",
            "Costa",
            "Post",
        )
    )


def test_the_words_around_a_name_stay() -> None:
    assert mask_names("支持维基百科的未来").startswith("支持")
    assert mask_names("支持维基百科的未来").endswith("的未来")
    assert mask_names("Thunderbirdはユーザーの寄付").endswith("はユーザーの寄付")
    assert mask_names("Support Mozilla today").split()[::2] == ["Support", "today"]


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Hello %s, welcome", "%s"),
        ("Hello %1$s and %(name)s", "%"),
        ("{name} asks {{amount}} of ${you}", "{"),
        ("Thanks, $1, for your gift", "$1"),
        ("Write to help@site.org", "site.org"),
        ("See https://site.org/a?b=c now", "site"),
        ("Give <strong>now</strong>", "<"),
    ],
)
def test_placeholders_and_addresses_go(text: str, gone: str) -> None:
    assert gone not in mask_names(text)


@pytest.mark.parametrize(
    "text", ["Give $5 now", "Doe $2.75 por mês", "$15 a month", "Pay with PayPal", "Every gift counts", "20 % off", ""]
)
def test_other_texts_stay(text: str) -> None:
    assert mask_names(text) == text


@given(st.text())
def test_masking_is_deterministic_and_total(text: str) -> None:
    assert mask_names(text) == mask_names(text)


def test_no_one_name_stands_for_all() -> None:
    assert len({mask_names(f"Mozilla {i}").split()[0] for i in range(200)}) > 20


# splits


def test_translations_stay_together() -> None:
    rows = [{"source": f"o/{s}", "key": f"k{k}"} for s in range(20) for k in range(20)]
    sides = [phrase_split(row) for row in rows]
    assert {"train", "dev", "test"} == set(sides)
    assert [phrase_split(row | {"lang": "ja", "text": "x"}) for row in rows] == sides


def test_without_a_key_a_source_stays_together() -> None:
    assert len({phrase_split({"source": "o/a", "text": str(i)}) for i in range(50)}) == 1


# the file


def test_phrases(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    texts, labels = read_phrases(tmp_path)
    assert (texts, labels.tolist()) == ([], [])
    rows = [
        {"text": "Abonnieren", "label": "newsletter_prompt", "source": "a"},
        {"text": "Mozilla braucht dich", "label": "donation_appeal", "source": "b"},
    ]
    write_jsonl("phrases.jsonl", *rows)
    texts, labels = read_phrases(tmp_path)
    assert texts == ["Abonnieren", mask_names("Mozilla braucht dich")]
    assert labels.tolist() == [LABELS.index("newsletter_prompt"), LABELS.index("donation_appeal")]
    parts = [text for side in ("train", "dev", "test") for text in read_phrases(tmp_path, side)[0]]
    assert sorted(parts) == sorted(texts)


def test_bad_phrases(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    write_jsonl("phrases.jsonl", {"text": "Abonnieren", "label": "ads"})
    with pytest.raises(LabelsError, match=r"phrases\.jsonl:1"):
        read_phrases(tmp_path)
