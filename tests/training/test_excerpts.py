"""Parts of pages: which blocks they hold, and that they are known as they were on the page."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from classifier.segment import segment_blocks, segment_html
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of
from training.excerpts import excerpts, extracted, paired

CONTENT, NEWSLETTER, BOILERPLATE = 0, 3, 5


def a_page(number: int, labels: list[int], written: bool = False, main: list[int] | None = None) -> LabelledPage:
    texts = [f"Block {i} of page {number} & more" for i in range(len(labels))]
    unknown: LabelArray = np.full(len(labels), UNKNOWN, np.int8)
    return LabelledPage(
        f"page{number}",
        f"site{number}.example",
        "en",
        "article",
        segment_blocks([texts]),
        np.array(labels, np.int8),
        unknown if main is None else np.array(main, np.int8),
        written=written,
    )


def places(part: LabelledPage) -> list[int]:
    return [int(text.split()[1]) for text in part.batch.blocks()]


def test_excerpts_are_short_runs_with_their_labels() -> None:
    labels = [BOILERPLATE] * 4 + [CONTENT] * 9 + [NEWSLETTER] * 2 + [BOILERPLATE] * 5
    pages = [a_page(number, labels) for number in range(40)]
    found = list(excerpts(pages, FitConfig()))
    assert len(found) == 3 * len(pages)
    sizes = set()
    for part in found:
        at = places(part)
        sizes.add(len(at))
        assert at == list(range(at[0], at[0] + len(at)))
        assert part.labels.tolist() == [labels[i] for i in at]
        assert part.batch.layout is not None
    assert sizes == set(range(1, 9))
    assert sum(NEWSLETTER in part.labels for part in found) >= len(pages)
    assert sum(CONTENT in part.labels for part in found) >= len(pages)


def test_excerpts_of_pages_that_nobody_judged_hold_main_text() -> None:
    page = a_page(0, [UNKNOWN] * 12, main=[0] * 6 + [1] + [0] * 5)
    (part,) = excerpts([page], FitConfig())
    assert 6 in places(part)
    assert part.main.tolist() == [int(i == 6) for i in places(part)]
    assert (part.labels == UNKNOWN).all()


def test_no_excerpt_where_a_block_would_not_come_back() -> None:
    page = a_page(0, [CONTENT])
    page = LabelledPage("x", "x.example", "en", "?", segment_blocks([["  "]]), page.labels, page.main)
    assert list(excerpts([page], FitConfig())) == []


def test_extracted_keeps_main_text_and_most_nags() -> None:
    labels = [UNKNOWN, *[BOILERPLATE] * 20, *[CONTENT] * 6, *[NEWSLETTER] * 10, *[BOILERPLATE] * 20]
    pages = [a_page(number, labels) for number in range(60)]
    found = list(extracted(pages, FitConfig()))
    assert len(found) == len(pages)
    kept = np.zeros(6)
    for part in found:
        assert part.batch.layout is None
        assert part.labels.tolist() == [labels[i] for i in places(part)]
        assert UNKNOWN not in part.labels  # neither judged nor told by the main text
        kept += np.bincount(part.labels, minlength=6)
    assert kept[CONTENT] == 6 * len(pages)
    assert 0.6 < kept[NEWSLETTER] / (10 * len(pages)) < 0.8
    assert 0.05 < kept[BOILERPLATE] / (40 * len(pages)) < 0.25


def test_extracted_leaves_out_written_and_unread_pages() -> None:
    main = [1] * 8
    pages = [a_page(0, [CONTENT] * 8, written=True), a_page(1, [UNKNOWN] * 8, main=main), a_page(2, [CONTENT] * 2)]
    assert list(extracted(pages, FitConfig())) == []


def test_pairs_hold_paragraphs_of_a_page_and_a_nag_of_one_in_its_fold() -> None:
    labels = [BOILERPLATE, *[CONTENT] * 5, BOILERPLATE, NEWSLETTER, NEWSLETTER, UNKNOWN]
    main = [UNKNOWN] * 9 + [1]
    pages = [a_page(number, labels, main=main) for number in range(40)]
    found = list(paired(pages, FitConfig()))
    assert len(found) == 4 * len(pages)
    before = after = between = 0
    for part in found:
        texts = part.batch.blocks()
        numbers = [int(text.split()[4]) for text in texts]
        given = [labels[i] for i in places(part)]
        assert part.labels.tolist() == given
        assert set(given) <= {CONTENT, NEWSLETTER, UNKNOWN}
        assert given.count(NEWSLETTER) in (1, 2)
        assert 1 <= len(given) - given.count(NEWSLETTER) <= 3
        (own,) = {number for number, label in zip(numbers, given, strict=True) if label != NEWSLETTER}
        assert part.domain == f"site{own}.example"
        assert part.batch.layout is not None
        nag = given.index(NEWSLETTER)
        assert fold_of(f"site{numbers[nag]}.example", 5) == fold_of(part.domain, 5)
        before += nag > 0
        after += given[-1] != NEWSLETTER
        between += nag > 0 and given[-1] != NEWSLETTER
    assert min(before, after, between) > 10
    assert any(part.main[-1] == 1 for part in found)


def test_half_of_the_paragraphs_of_pairs_are_cut_to_their_first_sentence() -> None:
    page = a_page(0, [CONTENT, NEWSLETTER])
    text = "The ferry sails at noon. It was late (3.5 hours) on Monday."
    page = replace(page, batch=segment_blocks([[text, "Get our letter. Every Friday."]]))
    found = [block for part in paired([page] * 50, FitConfig()) for block in part.batch.blocks()]
    assert set(found) == {text, "The ferry sails at noon.", "Get our letter. Every Friday."}
    assert 70 < found.count("The ferry sails at noon.") < 130


def test_no_pair_without_a_nag_or_a_paragraph() -> None:
    paragraphs = a_page(0, [CONTENT] * 5)
    in_dutch = replace(a_page(0, [NEWSLETTER] * 3), lang="nl")
    assert list(paired([paragraphs, in_dutch], FitConfig())) == []
    assert list(paired([a_page(0, [NEWSLETTER] * 5)], FitConfig())) == []


def test_the_same_draw_twice() -> None:
    pages = [a_page(number, [BOILERPLATE, CONTENT, CONTENT, CONTENT, NEWSLETTER]) for number in range(5)]
    for parts in (excerpts, extracted, paired):
        first, second = ([part.batch.text for part in parts(pages, FitConfig())] for _ in range(2))
        assert first == second


def test_markup_is_that_of_plain_paragraphs() -> None:
    (part, *_) = excerpts([a_page(0, [CONTENT])], FitConfig())
    assert part.batch.text == segment_html(["<p>Block 0 of page 0 &amp; more</p>"]).text
