"""What a run gives for each document."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from classifier import Cleaner, Document, InputError, Label, Policy
from classifier.edits import Attributes, Clean, LabelRows, Tag, paywalled
from classifier.types import LabelledBatch

JudgedBatch = Callable[..., LabelledBatch]
NAMES = {
    "c": "content",
    "a": "ad_notice",
    "d": "donation_appeal",
    "n": "newsletter_prompt",
    "p": "paywall_prompt",
    "b": "boilerplate",
}


def page(code: str, name: str = "x") -> Document:
    return Document(name, "\n\n".join(f"Line {i} {letter}" for i, letter in enumerate(code)), "text/plain")


def judged(judged_batch: JudgedBatch, *codes: str) -> LabelledBatch:
    return judged_batch([page(code) for code in codes], [[NAMES[letter] for letter in code] for code in codes])


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("ccp", True), ("ccpp", True), ("ccpb", True), ("bccpbab", True), ("ccpnb", True), ("ccnp", True),
        ("cpc", False), ("ccpbc", False), ("pcc", False), ("cc", False), ("bab", False), ("", False),
        ("p", True), ("bpb", True), ("ccn", False), ("cpdcd", False),
    ],
)  # fmt: skip
def test_page_whose_text_ends_in_a_paywall(code: str, ends: bool, judged_batch: JudgedBatch) -> None:
    # each page between others that would answer differently, were they not told apart
    assert paywalled(judged(judged_batch, "cp", code, "cc")).tolist() == [True, ends, False]
    row = Clean(Policy()).rows(*with_dropped(judged(judged_batch, "pc", code, "p")))[1]
    assert row.get("paywalled", False) is ends


def with_dropped(labelled: LabelledBatch) -> tuple[LabelledBatch, object]:
    return labelled, Clean(Policy()).dropped(labelled)


@pytest.mark.parametrize(("least", "text"), [(0.9, "Line 0 c"), (0.97, "Line 0 c\n\nLine 1 a")])
def test_thresholds_ask_whether_it_is_content(least: float, text: str, judged_batch: JudgedBatch) -> None:
    """The ad notice has a score of 0.75 and is with 0.95 no content."""
    edit = Clean(Policy(thresholds={"text": {Label.AD_NOTICE: least}}))
    labelled = judged(judged_batch, "ca")
    assert edit.rows(labelled, edit.dropped(labelled))[0]["text"] == text


def test_cleaning_many_is_cleaning_each(cleaner: Cleaner, text_page: str, html_page: str) -> None:
    documents = [Document("t", text_page, "text/plain"), Document("h", html_page, "text/html")]
    labelled = cleaner.label_group(documents)
    for least in np.linspace(0.5, 1, 30):
        policy = Policy(thresholds={view: dict.fromkeys(Label, float(least)) for view in ("text", "html")})
        edit = Clean(policy)
        for places, batch in labelled:
            texts = [row["text"] for row in edit.rows(batch, edit.dropped(batch))]
            assert texts == [cleaner.clean(documents[i], policy) for i in places]


def test_labels_that_are_only_tagged(judged_batch: JudgedBatch) -> None:
    edit = Clean(Policy(), frozenset({Label.AD_NOTICE, Label.BOILERPLATE}))
    labelled = judged(judged_batch, "cnab", "c", "ba")
    first, second, third = edit.rows(labelled, edit.dropped(labelled))
    assert first["text"] == "Line 0 c\n\nLine 2 a\n\nLine 3 b"
    assert [first["text"][tag["start"] : tag["end"]] for tag in first["tagged"]] == ["Line 2 a", "Line 3 b"]
    assert [(tag["label"], tag["score"]) for tag in first["tagged"]] == [("ad_notice", 0.75), ("boilerplate", 0.75)]
    assert second == {"text": "Line 0 c", "tagged": []}
    assert [third["text"][tag["start"] : tag["end"]] for tag in third["tagged"]] == ["Line 0 b", "Line 1 a"]


def test_tags_of_text_markup_and_blocks(judged_batch: JudgedBatch) -> None:
    labels = [["content", "ad_notice"]]
    content = "One\n\nAd é\n"
    page = judged_batch([Document("p", content, "text/plain")], labels)
    assert Tag().rows(page, Tag().dropped(page))[0]["text"] == content
    text = judged_batch([Document("t", content, "text/plain", metadata={"text": content})], labels)
    [row] = Tag().rows(text, Tag().dropped(text))
    assert row == {
        "blocks": [
            {"label": "content", "score": 0.75, "start": 0, "end": 3},
            {"label": "ad_notice", "score": 0.75, "start": 5, "end": 9},
        ]
    }
    markup = judged_batch([Document("h", "<p>One<p>Ad é", "text/html")], labels)
    [row] = Tag().rows(markup, Tag().dropped(markup))
    assert row["text"] == "One\nAd é"
    assert [(tag["start"], tag["end"]) for tag in row["blocks"]] == [(0, 3), (4, 8)]
    given = {"blocks": ["One", {"text": "Ad é", "xpath": "/p"}]}
    blocks = judged_batch([Document("b", ["One", "Ad é"], "application/x-blocks", metadata=given)], labels)
    [row] = Tag().rows(blocks, Tag().dropped(blocks))
    assert [(block["text"], block["label"], block.get("xpath")) for block in row["blocks"]] == [
        ("One", "content", None),
        ("Ad é", "ad_notice", "/p"),
    ]


def test_blocks_keep_their_own_text_and_labels(judged_batch: JudgedBatch) -> None:
    texts = ["One\n  two", "Ad\r\nx", "Three\n"]
    given = {"blocks": [{"text": texts[0], "label": "gold"}, {"text": texts[1]}, {"text": texts[2], "label": None}]}
    documents = [
        Document("a", texts, "application/x-blocks", metadata=given),
        Document("b", ["Four\n4"], "application/x-blocks"),
    ]
    labelled = judged_batch(documents, [["content", "ad_notice", "content"], ["content"]])
    told, other = Tag().rows(labelled, Tag().dropped(labelled))
    assert told["blocks"] == [
        {"text": texts[0], "label": "gold", "denag_label": "content", "score": 0.75, "start": 0, "end": 9},
        {"text": texts[1], "denag_label": "ad_notice", "score": 0.75, "start": 10, "end": 15},
        {"text": texts[2], "label": None, "denag_label": "content", "score": 0.75, "start": 16, "end": 22},
    ]
    assert other["blocks"] == [{"text": "Four\n4", "label": "content", "score": 0.75, "start": 0, "end": 6}]
    cleaned = [row["text"] for row in Clean(Policy()).rows(*with_dropped(labelled))]
    assert cleaned == ["One\n  two\nThree\n", "Four\n4"]
    rows = LabelRows().rows(labelled, LabelRows().dropped(labelled))
    assert [[block["text"] for block in row["blocks"]] for row in rows] == [texts, ["Four\n4"]]


def test_labelled_blocks_beside_markup_are_not_replaced(judged_batch: JudgedBatch) -> None:
    gold = {"html": "<p>One", "blocks": [{"text": "One", "label": "content"}]}
    labelled = judged_batch([Document("gold.jsonl/7", "<p>One", "text/html", metadata=gold)], [["content"]])
    with pytest.raises(InputError, match=r"gold\.jsonl/7: found labelled 'blocks' beside the markup"):
        Tag().rows(labelled, Tag().dropped(labelled))
    assert Clean(Policy()).rows(*with_dropped(labelled)) == [{"text": "One"}]


def test_attributes(judged_batch: JudgedBatch) -> None:
    labelled = judged(judged_batch, "cac", "")
    first, second = Attributes().rows(labelled, Attributes().dropped(labelled))
    assert first == {
        "id": "x",
        "view": "text",
        "attributes": {
            "denag__content": [[0, 8, 0.75], [20, 28, 0.75]],
            "denag__ad_notice": [[10, 18, 0.75]],
            "denag__not_content": [[10, 18, 1.0 - float(np.float32(0.05))]],
        },
    }
    assert second == {"id": "x", "view": "text", "attributes": {}}
