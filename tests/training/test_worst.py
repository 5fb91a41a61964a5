"""The costliest errors come first, once each, with reasons that are the explanation's."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import LABELS, Cleaner
from classifier.explain import explain
from classifier.segment import segment_blocks
from training.dataset import UNKNOWN, LabelledPage
from training.evaluate import PageScore, score_pages
from training.worst import reasons_for, worst_blocks

N = len(LABELS)


def page_of(number: int, texts: list[str], truth: list[int], domain: str) -> LabelledPage:
    batch = segment_blocks([texts])
    main = np.full(len(texts), UNKNOWN, np.int8)
    return LabelledPage(f"p{number}", domain, "en", "?", batch, np.array(truth, np.int8), main)


def score_of(number: int, page: LabelledPage, given: list[int], certainty: list[float]) -> PageScore:
    truth, answers = page.labels.astype(int), np.array(given)
    probabilities = np.zeros((len(answers), N), np.float32)
    probabilities[np.arange(len(answers)), answers] = certainty
    n_words = np.array([len(text.split()) for text in page.batch.blocks()])
    index = np.arange(len(answers))
    return PageScore(number, page.domain, "en", "?", index, truth, answers, probabilities, n_words, None)


def test_order() -> None:
    texts = ["one two three four", "five six", "seven eight", "nine ten", "right"]
    page = page_of(0, texts, [0, 0, 3, 5, 0], "a.example")
    score = score_of(0, page, [5, 1, 0, 0, 0], [0.4, 0.9, 0.8, 0.9, 0.9])
    worst = worst_blocks([score], [page])
    assert [(b.text, str(b.given)) for b in worst["false_removals"]] == [
        ("five six", "ad_notice"),
        ("one two three four", "boilerplate"),
    ]
    [miss] = worst["misses"]
    assert (miss.text, miss.truth, miss.block, miss.n_words, miss.cost) == (
        "seven eight", "newsletter_prompt", 2, 2, pytest.approx(1.6),
    )  # fmt: skip
    assert "text" not in miss.as_dict()
    assert "seven" not in str(miss.as_dict())


def test_a_template_does_not_fill_the_list() -> None:
    pages = [
        page_of(i, [f"text {i}", "the same words", f"more {i}"], [0, 0, 0], f"{i // 6}.example") for i in range(12)
    ]
    scores = [score_of(i, page, [5, 5, 5], [0.5, 0.9, 0.5]) for i, page in enumerate(pages)]
    found = worst_blocks(scores, pages)["false_removals"]
    assert sum(block.text == "the same words" for block in found) == 1
    assert {domain: sum(b.domain == domain for b in found) for domain in ("0.example", "1.example")} == {
        "0.example": 3,
        "1.example": 3,
    }
    assert len(worst_blocks(scores, pages, n=2)["false_removals"]) == 2


def test_reasons(labelled: list[LabelledPage], cleaner: Cleaner) -> None:
    scores = score_pages(cleaner, labelled, "html")
    worst = worst_blocks(scores, labelled)
    blocks = [*worst["false_removals"], *worst["misses"]]
    assert blocks
    for block, why in zip(blocks, reasons_for(blocks, labelled, cleaner, "html"), strict=True):
        whole = explain(cleaner.model, labelled[block.page_number].batch)[block.block]
        assert (whole.text, whole.label, whole.rival) == (block.text, block.given, why.rival)
        assert [part.what for part in why.words] == [word for word, _ in whole.words[: len(why.words)]]
        loudest = max(whole.context.items(), key=lambda item: abs(item[1]))
        assert (why.parts[0].what, why.parts[0].value) == loudest
