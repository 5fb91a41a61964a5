"""What a site repeats: the sketch, the evidence, and both passes of the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import Cleaner, Document
from classifier.cleaner import count_repeats
from classifier.model import with_content_evidence
from classifier.repeats import REPEATED_LOG_ODDS, CountMinSketch, SiteRepeats, site_of
from classifier.segment import segment_blocks, segment_html, segment_text

SHARED = "Open daily from nine to five, closed on Mondays and on public holidays, dogs on a lead are welcome."


def keys(*values: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
    return np.array(values, np.uint64)


@given(st.lists(st.lists(st.integers(0, 2**64 - 1), unique=True), max_size=30))
def test_counts_are_never_too_low(batches: list[list[int]]) -> None:
    sketch = CountMinSketch(bits=4)  # nearly every key collides
    for batch in batches:
        sketch.add(keys(*batch))
    seen = sorted({key for batch in batches for key in batch})
    true = [sum(key in batch for batch in batches) for key in seen]
    assert (sketch.counts(keys(*seen)) >= np.array(true)).all()


def test_counts_are_exact_where_there_is_room() -> None:
    rng = np.random.default_rng(0)
    drawn = np.unique(rng.integers(0, 2**63, 3000, dtype=np.uint64))
    sketch = CountMinSketch(bits=16)
    sketch.add(drawn[:2000])
    sketch.add(drawn[:1000])
    assert sketch.counts(drawn[:1000]).tolist() == [2] * 1000
    assert (sketch.counts(drawn[1000:2000]) == 1).mean() > 0.999
    assert (sketch.counts(drawn[2000:]) == 0).mean() > 0.999
    assert sketch.collision_rate < 0.001


def test_counters_end_at_their_largest_number() -> None:
    sketch = CountMinSketch(bits=4)
    for _ in range(300):
        sketch.add(keys(5))
    assert sketch.counts(keys(5)).tolist() == [255]


def test_collision_rate_tells_a_full_sketch() -> None:
    rng = np.random.default_rng(1)
    sketch = CountMinSketch(bits=10)
    assert sketch.collision_rate == 0
    sketch.add(np.unique(rng.integers(0, 2**63, 1000, dtype=np.uint64)))
    found = (sketch.counts(rng.integers(0, 2**63, 20_000, dtype=np.uint64)) > 0).mean()
    assert sketch.collision_rate == pytest.approx(found, abs=0.05)


def test_blocks_of_several_pages_of_one_site_are_evidence() -> None:
    pages = segment_blocks([["Share  this", "One", "One"], ["Share this", "Two", ""], ["Share this", "", "Two"]])
    repeats = SiteRepeats(CountMinSketch(bits=12))
    sites = ["a", "a", "b"]
    repeats.add(sites, pages)
    low = REPEATED_LOG_ODDS
    assert repeats.log_odds(sites, pages).tolist() == [low, 0, 0, low, 0, 0, 0, 0, 0]
    assert repeats.log_odds([None, None, "c"], pages).tolist() == [0] * 9
    assert repeats.n_pages == 3


def test_a_page_counts_once_however_often_it_comes() -> None:
    page = segment_blocks([["A line", "Another line"]])
    repeats = SiteRepeats(CountMinSketch(bits=12))
    for _ in range(3):
        repeats.add(["a"], page)
    assert repeats.n_pages == 1
    assert repeats.log_odds(["a"], page).tolist() == [0, 0]


def test_near_copies_are_left_alone() -> None:
    long = ["Paragraph number one of a story that is told at two addresses of the same site, word for word, twice."]
    pages = segment_blocks([["Print", *long], ["Mobile", *long, "Share"], ["Share", SHARED, SHARED + " And cats."]])
    repeats = SiteRepeats(CountMinSketch(bits=12))
    repeats.add(["a"] * 3, pages)
    assert repeats.log_odds(["a"] * 3, pages).tolist() == [0, 0, 0, 0, 0, REPEATED_LOG_ODDS, 0, 0]


def test_documents_without_blocks() -> None:
    nothing = segment_text(["", ""])
    repeats = SiteRepeats(CountMinSketch(bits=4))
    repeats.add(["a", None], nothing)
    assert repeats.log_odds(["a", None], nothing).shape == (0,)
    assert repeats.n_pages == 0


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("http://WWW.Example.org/a", "example.org"),
        ("https://news.example.org", "news.example.org"),
        ("", None),
        (None, None),
        ("http://[::1", None),
        ("no address", None),
    ],
)
def test_site_of(url: str | None, site: str | None) -> None:
    assert site_of(url) == site


def test_evidence_moves_content_alone() -> None:
    scores = np.log(np.array([[0.5, 0.1, 0.1, 0.1, 0.1, 0.1], [0.9, 0.02, 0.02, 0.02, 0.02, 0.02]], np.float32))
    moved = np.exp(with_content_evidence(scores, np.array([-1.5, 0], np.float32)))
    assert moved.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
    assert np.log(moved[0, 0] / (1 - moved[0, 0])) == pytest.approx(-1.5, abs=1e-4)
    assert np.ptp(moved[0, 1:]) < 1e-6
    assert (with_content_evidence(scores, np.array([-1.5, 0], np.float32))[1] == scores[1]).all()


def site(url: bool = True) -> list[dict[str, Any]]:
    stories = [
        "The mill by the brook turns again after seven years, and the miller sells flour of his own rye on Saturday.",
        "After two years in the yard the ferry is back between the islands, the harbour office said on Tuesday.",
        "The new bridge over the river opened on Monday, and people of both towns walked across from early morning.",
    ]
    return [
        {"id": str(n), "text": f"{story}\n\n{SHARED}\n", **({"url": f"https://www.a.example/{n}"} if url else {})}
        for n, story in enumerate(stories)
    ]


def test_repeated_blocks_are_less_likely_content(cleaner: Cleaner) -> None:
    documents = [Document(row["id"], row["text"], "text/plain", row["url"]) for row in site()]
    html = Document("h", f"<p>{SHARED}</p><p>More of the same site.</p>", "text/html", "https://a.example/h")
    plain = cleaner.label_batch([*documents, html])
    counted = list(cleaner.label_stream([*documents, html], count_repeats([*documents, html])))
    for before, after in zip(plain[:3], counted[:3], strict=True):
        assert after.blocks[1].probabilities[0] < before.blocks[1].probabilities[0]
    assert [block.text for page in counted for block in page] == [block.text for page in plain for block in page]


def test_command_line(denag: Callable[..., Any], write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("site.jsonl", *site())
    plain, counted = denag("label", path, "--probabilities"), denag("label", path, "--probabilities", "--site-repeats")
    assert (plain.code, counted.code, counted.err) == (0, 0, "")
    for before, after in zip(plain.rows, counted.rows, strict=True):
        assert after["blocks"][1]["probabilities"]["content"] < before["blocks"][1]["probabilities"]["content"]
    cleaned = denag("clean", path, "--site-repeats")
    assert cleaned.code == 0
    assert [row["id"] for row in cleaned.rows] == ["0", "1", "2"]


def test_command_line_tells_what_it_can_not_do(denag: Callable[..., Any], write_jsonl: Callable[..., Path]) -> None:
    assert "--site-repeats reads its input twice" in denag("clean", "-", "--site-repeats").complaint
    path = write_jsonl("bare.jsonl", *site(url=False))
    run = denag("label", path, "--site-repeats")
    assert run.code == 0
    assert run.complaint == "denag: no document has a url with a host, --site-repeats changes nothing"
    assert run.out == denag("label", path).out


def test_rejected_rows_are_told_once(denag: Callable[..., Any], write_jsonl: Callable[..., Path]) -> None:
    run = denag("clean", write_jsonl("mixed.jsonl", *site(), {"id": "x"}), "--site-repeats")
    assert run.code == 1
    assert run.err.count("denag: rejected") == 1
    assert len(run.rows) == 3


def test_html_and_text_of_one_block_have_one_name() -> None:
    repeats = SiteRepeats(CountMinSketch(bits=12))
    repeats.add(["a"], segment_html([f"<p>{SHARED}</p><p>One</p>"]))
    repeats.add(
        ["a"], segment_text([f"{SHARED}\nA story of its own, long enough to be a block that is long by itself, here."])
    )
    page = segment_html([f"<p>{SHARED}</p><p>{'One and its own long paragraph that no other page has. ' * 9}</p>"])
    assert repeats.log_odds(["a"], page).tolist() == [REPEATED_LOG_ODDS, 0]
