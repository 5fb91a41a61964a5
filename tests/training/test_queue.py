"""The reading queue asks about unjudged blocks on which votes disagree, and takes answers back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import LABELS, Cleaner, Label, LabelsError
from classifier.segment import segment_html
from training.corpora import block_hash
from training.dataset import UNKNOWN, split_of
from training.queue import MAX_OF_PAGE, disagreement, reading_queue, standoff_rows
from training.votes import layout_votes, name_votes

N = len(LABELS)


def domain_of(split: str) -> str:
    return next(name for i in range(1000) if split_of(name := f"site{i}.example") == split)


# votes


@pytest.mark.parametrize(
    ("names", "label"),
    [
        (["newsletter"], Label.NEWSLETTER_PROMPT),
        (["mc-embedded", "mc_embed_signup"], Label.NEWSLETTER_PROMPT),
        (["c-paywall__inner"], Label.PAYWALL_PROMPT),
        (["article", "donationBox"], Label.DONATION_APPEAL),
        (["ad-slot", "newsletter"], Label.AD_NOTICE),
        (["adsbygoogle"], Label.AD_NOTICE),
        (["header", "breadcrumb", "download", "shadow", "adapter", "aboutus", "nested"], None),
        ([], None),
    ],
)
def test_name_votes(names: list[str], label: Label | None) -> None:
    assert name_votes(names) == label


def test_layout_votes_come_from_the_nearest_speaking_element() -> None:
    page = (
        '<div class="newsletter"><p>one</p><div id="donate"><p>two</p></div></div><p class="lead">three</p>'
        f'<div class="paywall">{"<div>" * 8}<p>deep</p>{"</div>" * 8}</div>'
    )
    batch = segment_html([page])
    assert batch.blocks() == ["one", "two", "three", "deep"]
    votes = layout_votes(batch).tolist()
    assert votes == [LABELS.index("newsletter_prompt"), LABELS.index("donation_appeal"), UNKNOWN, UNKNOWN]


# disagreement


def certain(*labels: int) -> np.ndarray:
    return np.eye(N, dtype=np.float32)[list(labels)]


def test_disagreement() -> None:
    silent, newsletter = np.array([UNKNOWN], np.int8), np.array([3], np.int8)
    assert disagreement(silent, certain(0), certain(0)) == pytest.approx([0])
    assert disagreement(silent, certain(0), certain(2)) == pytest.approx([1])
    assert disagreement(newsletter, certain(3), certain(3)) == pytest.approx([0])
    assert disagreement(newsletter, certain(0), certain(0)) == pytest.approx([0.5])
    assert disagreement(newsletter, certain(0), certain(3)) == pytest.approx([0.75])


# the queue


BOX = '<div class="donate"><p>{}</p></div>'
PAGE = "<p>The bridge opens on Monday at noon.</p><p>It was closed for a year.</p>" + BOX + BOX + "<p>See also</p>"


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    folder = tmp_path / "corpora"
    folder.mkdir()
    train, test = domain_of("train"), domain_of("test")
    many = "".join(BOX.format(f"Option {'x' * i}") for i in range(40)) + "".join(
        BOX.format(f"{i} mm") for i in range(9)
    )
    rows = [
        ("a", train, PAGE.format("The mayor spoke first", "Judged already")),
        ("b", train, PAGE.format("The mayor spoke first", "The choir sang then")),
        ("c", test, PAGE.format("Never asked", "Nor this")),
        ("d", domain_of("dev"), many),
    ]
    columns = {"id": [r[0] for r in rows], "domain": [r[1] for r in rows], "html": [r[2] for r in rows]}
    pq.write_table(pa.table(columns), folder / "x.parquet")
    return folder


@pytest.fixture
def standoff(tmp_path: Path) -> Path:
    folder = tmp_path / "standoff"
    folder.mkdir()
    row = {"page": "a", "labels": [[block_hash("Judged already"), 0, "content"]]}
    (folder / "a.jsonl").write_text(json.dumps(row))
    return folder


@pytest.fixture
def rows(corpora: Path, standoff: Path, cleaner: Cleaner) -> list[dict[str, Any]]:
    return list(reading_queue(corpora, cleaner, 1000, standoff))


def asked(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(row["id"], block["text"]) for row in rows for block in row["blocks"] if "votes" in block]


def test_who_is_asked(rows: list[dict[str, Any]]) -> None:
    questions = asked(rows)
    assert sum(text == "The mayor spoke first" for _, text in questions) == 1
    assert ("b", "The choir sang then") in questions
    assert not any(text in ("Judged already", "Never asked", "Nor this") for _, text in questions)
    assert all(row["split"] != "test" for row in rows)


def test_more_of_the_same_is_left_out(rows: list[dict[str, Any]]) -> None:
    of_list = [text for page, text in asked(rows) if page == "d"]
    assert len(of_list) == MAX_OF_PAGE
    assert sum(text.endswith("mm") for text in of_list) <= 1


def test_windows_show_neighbours_and_votes(rows: list[dict[str, Any]]) -> None:
    row = next(row for row in rows if row["id"] == "b")
    texts = [block["text"] for block in row["blocks"]]
    assert texts[0] == "The bridge opens on Monday at noon."
    assert texts[-1] == "See also"
    assert [block["index"] for block in row["blocks"]] == list(range(5))
    votes = next(block["votes"] for block in row["blocks"] if block["text"] == "The choir sang then")
    assert votes["names"] == "donation_appeal"
    assert set(votes) == {"names", "html", "text"}


def test_the_most_urgent_come_first(rows: list[dict[str, Any]]) -> None:
    gravest = [max(block.get("disagreement", 0) for block in row["blocks"]) for row in rows]
    assert gravest == sorted(gravest, reverse=True)


def test_n(corpora: Path, standoff: Path, cleaner: Cleaner) -> None:
    assert len(asked(list(reading_queue(corpora, cleaner, 3, standoff)))) == 3


# and back


def test_answers_become_standoff_labels(
    corpora: Path, rows: list[dict[str, Any]], write_jsonl: Callable[..., Path]
) -> None:
    row = next(row for row in rows if row["id"] == "b")
    for block in row["blocks"]:
        block["label"] = "content"
    path = write_jsonl("answers.jsonl", row)
    (answer,) = standoff_rows([path], corpora)
    assert answer["page"] == "b"
    assert [block_hash("The choir sang then"), 0, "content"] in answer["labels"]
    assert len(answer["labels"]) == sum("votes" in block for block in row["blocks"])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"id": "b"}, "expected 'id' (a string) and 'blocks' (a list)"),
        ({"id": "b", "blocks": [{"text": "x"}]}, "expected blocks with 'index' and 'text'"),
        ({"id": "b", "blocks": [{"index": 0, "text": "x", "votes": {}, "label": "ads"}]}, "'ads' is no label"),
        (
            {"id": "b", "blocks": [{"index": 0, "text": "x", "votes": {}, "label": "content"}]},
            "block 0 of b is not 'x'",
        ),
        ({"id": "no", "blocks": [{"index": 0, "text": "x", "votes": {}, "label": "content"}]}, "no page no"),
    ],
)
def test_bad_answers(row: Any, complaint: str, corpora: Path, write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("answers.jsonl", row)
    with pytest.raises(LabelsError) as caught:
        list(standoff_rows([path], corpora))
    assert complaint in str(caught.value)
