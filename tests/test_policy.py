"""What stays of a document, and how it is put together again."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import LABELS, ConfigError, Document, Label, LabelledDocument, Policy
from classifier.segment import segment_text
from classifier.types import MediaType

Judged = Callable[..., LabelledDocument]
CODES = {"c": "content", "a": "ad_notice", "d": "donation_appeal", "n": "newsletter_prompt", "b": "boilerplate"}


def text_document(text: str) -> Document:
    return Document("t", text, "text/plain")


def labels_of(code: str) -> list[str]:
    return [CODES[letter] for letter in code]


def test_default_keeps_content_alone() -> None:
    assert Policy().keep == Policy.of().keep == {Label.CONTENT}


@pytest.mark.parametrize(
    ("keep", "drop", "kept"),
    [
        (["boilerplate"], [], {"content", "boilerplate"}),
        (["content"], [], {"content"}),
        ([], ["content"], set()),
        (["ad_notice"], ["content"], {"ad_notice"}),
        ([], ["ad_notice"], {"content"}),
        (list(LABELS), [], set(LABELS)),
        (["ad_notice", "ad_notice"], [], {"content", "ad_notice"}),
    ],
)
def test_keep_and_drop(keep: list[str], drop: list[str], kept: set[str]) -> None:
    assert Policy.of(keep, drop).keep == kept


@pytest.mark.parametrize("name", ["ads", "", "Content", "ad notice", "Label.CONTENT", "0"])
def test_name_that_is_no_label(name: str) -> None:
    for arguments in (([name], []), ([], [name])):
        with pytest.raises(ConfigError) as caught:
            Policy.of(*arguments)
        assert str(caught.value).startswith(f"{name!r} is no label, expected one of content, ad_notice, ")


def test_label_to_be_kept_and_dropped() -> None:
    with pytest.raises(ConfigError, match="ad_notice, content: both to be kept and to be dropped"):
        Policy.of(["content", "ad_notice", "boilerplate"], ["content", "ad_notice"])


@pytest.mark.parametrize(
    ("text", "code", "cleaned"),
    [
        ("One\n\nTwo\nThree\n", "ccc", "One\n\nTwo\nThree\n"),
        ("One\n\n\n\nTwo", "cc", "One\n\n\n\nTwo"),
        ("One\r\n\r\nTwo\r\n", "cc", "One\r\n\r\nTwo\n"),
        ("\n\n  One\nTwo  \n\n", "cc", "One\nTwo\n"),
        ("One\nAd\nTwo\n", "cac", "One\nTwo\n"),
        ("One\n\nAd\nTwo\n", "cac", "One\n\nTwo\n"),
        ("One\nAd\n \t\nTwo\n", "cac", "One\n\nTwo\n"),
        ("One\n\nAd\n\nMenu\n\n\nTwo\n", "cabc", "One\n\nTwo\n"),
        ("Ad\n\nOne\n", "ac", "One\n"),
        ("One\n\nAd\n", "ca", "One\n"),
        ("One\n\nAd", "ca", "One"),
        ("Ad\nMenu\n", "ab", ""),
        ("", "", ""),
        ("\n \n", "", ""),
    ],
)
def test_plain_text_keeps_its_line_ends(text: str, code: str, cleaned: str, judged: Judged) -> None:
    assert Policy().apply(judged(text_document(text), labels_of(code))) == cleaned


def test_plain_text_keeps_hard_wrapped_paragraphs(judged: Judged) -> None:
    paragraph = (
        "This paragraph was broken by the margin of the page that it\n"
        "was written for, so that each of its lines is nearly of the\n"
        "same length and all of them are one block.\n"
    )
    document = text_document(f"Ad\n\n{paragraph}\nAd\n")
    assert Policy().apply(judged(document, labels_of("aca"))) == paragraph


def test_markup_gives_a_line_a_block(judged: Judged) -> None:
    page = "<p>One\n two</p><p>Ad</p>\n\n\n<ul><li>Three<li>Menu</ul>"
    labelled = judged(Document("h", page, "text/html"), labels_of("cacb"))
    assert Policy().apply(labelled) == "One two\nThree"
    assert Policy.of(keep=["boilerplate"]).apply(labelled) == "One two\nThree\nMenu"
    assert Policy.of(drop=["content"]).apply(labelled) == ""


def test_blocks_give_a_line_a_block(judged: Judged) -> None:
    labelled = judged(Document("b", ["One", "", "Ad", "Two"], "application/x-blocks"), labels_of("ccac"))
    assert Policy().apply(labelled) == "One\n\nTwo"


@given(st.text(alphabet="ab \n\r\t.", max_size=200), st.data())
def test_kept_blocks_stay_in_order_and_nothing_else_does(text: str, data: st.DataObject) -> None:
    document = text_document(text)
    batch = segment_text([text])
    n = batch.n_blocks
    labels = data.draw(st.lists(st.sampled_from(LABELS), min_size=n, max_size=n))
    assert batch.spans is not None
    from classifier import Block

    blocks = [
        Block(block, label, 1.0, start, end)
        for block, label, (start, end) in zip(batch.blocks(), labels, batch.spans.tolist(), strict=True)
    ]
    cleaned = Policy().apply(LabelledDocument(document, tuple(blocks)))
    kept = [text[block.start : block.end] for block in blocks if block.label == Label.CONTENT]
    assert "".join(cleaned.split()) == "".join("".join(kept).split())
    assert cleaned.strip() == cleaned.removesuffix("\n")
    if n and len(kept) == n and "\r" not in text:
        assert cleaned.strip() == text.strip()


CAREFUL = Policy(
    frozenset({Label.CONTENT, Label.PAYWALL_PROMPT}),
    {
        "html": {Label.AD_NOTICE: 0.5, Label.DONATION_APPEAL: inf, Label.BOILERPLATE: 0.0},
        "text": {Label.AD_NOTICE: 0.1, Label.NEWSLETTER_PROMPT: 1.0, Label.PAYWALL_PROMPT: 0.0},
    },
)


@pytest.mark.parametrize("media_type", ["text/html", "text/plain", "application/x-blocks"])
@given(st.lists(st.tuples(st.sampled_from(range(6)), st.floats(0, 1, width=32) | st.sampled_from([0.1, 0.5, 1.0]))))
def test_mask_of_many_blocks_is_that_of_each(media_type: MediaType, blocks: list[tuple[int, float]]) -> None:
    labels, scores = np.array([k for k, _ in blocks], np.int8), np.array([s for _, s in blocks], np.float32)
    for policy in (Policy(), CAREFUL, Policy.of(keep=["ad_notice"], drop=["content"])):
        alone = [policy.drops(LABELS[k], s, media_type) for k, s in zip(labels, scores.tolist(), strict=True)]
        assert policy.dropped(labels, scores, media_type).tolist() == alone


def test_block_is_dropped_from_its_threshold_on() -> None:
    assert CAREFUL.drops(Label.AD_NOTICE, 0.5, "text/html")
    assert not CAREFUL.drops(Label.AD_NOTICE, 0.499, "text/html")
    assert CAREFUL.drops(Label.AD_NOTICE, 0.499, "application/x-blocks")
    assert not CAREFUL.drops(Label.DONATION_APPEAL, 1.0, "text/html")
    assert CAREFUL.drops(Label.DONATION_APPEAL, 0.0, "text/plain")  # no threshold: at any score
    assert not CAREFUL.drops(Label.PAYWALL_PROMPT, 1.0, "text/plain")  # kept, whatever the threshold


def test_thresholds_bind_in_every_kind_of_document(judged: Judged) -> None:
    codes = labels_of("cac")
    for document in (
        text_document("One\nAd\nTwo\n"),
        Document("h", "<p>One<p>Ad<p>Two", "text/html"),
        Document("b", ["One", "Ad", "Two"], "application/x-blocks"),
    ):
        for least, kept in ((0.95, ["One", "Two"]), (0.951, ["One", "Ad", "Two"])):  # content has .05
            by_label = {Label.AD_NOTICE: least}
            policy = Policy(thresholds={"html": by_label, "text": by_label})
            assert policy.apply(judged(document, codes)).split() == kept
