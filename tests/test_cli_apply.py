"""denag apply: what attributes say, without a model's labels."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Denag = Callable[..., Any]


@pytest.fixture
def documents(tmp_path: Path, text_page: str, html_page: str) -> Path:
    rows = [
        {"id": 1, "text": text_page},
        {"id": "h", "html": html_page, "more": [1]},
        {"blocks": ["The bridge opens on Monday, the council said.", "Advertisement"]},
        {"no": "text"},
        {"id": "e", "text": ""},
        {"id": "t", "text": "Café über alles\n\n" + text_page},
    ]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("options", [(), ("--keep", "boilerplate"), ("--drop", "content"), ("--tag-only", "ad_notice")])
def test_apply_is_clean(options: tuple[str, ...], denag: Denag, documents: Path, tmp_path: Path) -> None:
    spans, out = tmp_path / "spans.jsonl.gz", tmp_path / "out.jsonl"
    assert denag("clean", documents, "--attributes", "-o", spans).code == 1
    expected = denag("clean", documents, *options)
    run = denag("apply", spans, documents, *options, "-o", out)
    assert run.code == 1
    assert out.read_bytes() == expected.out
    assert run.err == expected.err
    assert denag("apply", spans, documents, *options).out == expected.out


def test_apply_to_parquet(denag: Denag, tmp_path: Path, text_page: str, html_page: str) -> None:
    source, spans = tmp_path / "in.parquet", tmp_path / "spans.jsonl"
    table = {"text": [text_page, None] * 5, "html": [None, html_page] * 5, "n": list(range(10))}
    pq.write_table(pa.table(table), source, row_group_size=3)
    assert denag("clean", source, "--attributes", "-o", spans).code == 0
    assert denag("apply", spans, source, "-o", tmp_path / "applied.parquet").code == 0
    assert denag("clean", source, "-o", tmp_path / "cleaned.parquet").code == 0
    assert (tmp_path / "applied.parquet").read_bytes() == (tmp_path / "cleaned.parquet").read_bytes()


def test_scores_decide_again(denag: Denag, write_jsonl: Denag, tmp_path: Path) -> None:
    """Labels and spans are taken from the attributes, whatever the model would say."""
    documents = write_jsonl("in.jsonl", {"id": "a", "text": "One\nTwo\nThree\n"})
    spans = {"denag__content": [[4, 7, 0.9]], "denag__paywall_prompt": [[0, 3, 0.6], [8, 13, 0.5]]}
    attributes = write_jsonl("spans.jsonl", {"id": "a", "view": "text", "attributes": spans})
    assert denag("apply", attributes, documents).rows == [{"id": "a", "text": "Two\n", "paywalled": True}]
    kept = denag("apply", attributes, documents, "--keep", "paywall_prompt", "--drop", "content").rows
    assert kept == [{"id": "a", "text": "One\nThree\n", "paywalled": True}]


GOOD = {"id": "a", "view": "text", "attributes": {"denag__content": [[0, 9, 0.9]]}}
MISFITS = {
    "another id": ([GOOD | {"id": "b"}], "spans.jsonl/1: attributes of 'b', expected those of 'a'"),
    "too few": ([], "spans.jsonl: ends before the documents do, expected attributes of 'a'"),
    "too many": ([GOOD, GOOD | {"id": "c"}], "spans.jsonl/2: attributes of 'c', expected no more"),
    "view": ([GOOD | {"view": "html"}], "spans.jsonl/1: 'a' was judged in the html view, expected text"),
    "beyond the text": (
        [GOOD | {"attributes": {"denag__content": [[0, 99, 0.9]]}}],
        "spans.jsonl/1: span 0 to 99 does not fit the text of 'a'",
    ),
    "no label": ([GOOD | {"attributes": {"denag__ads": [[0, 9, 0.9]]}}], "spans.jsonl/1: 'denag__ads', expected"),
    "no attributes": ([{"id": "a", "view": "text"}], "spans.jsonl/1: 'attributes', expected"),
}


@pytest.mark.parametrize(("attributes", "complaint"), MISFITS.values(), ids=MISFITS)
def test_attributes_that_do_not_fit(
    attributes: list[Any], complaint: str, denag: Denag, write_jsonl: Denag, tmp_path: Path
) -> None:
    documents, spans = (
        write_jsonl("in.jsonl", {"id": "a", "text": "One line."}),
        write_jsonl("spans.jsonl", *attributes),
    )
    run = denag("apply", spans, documents, "-o", tmp_path / "out.jsonl")
    assert run.code == 2
    assert complaint in run.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "spans.jsonl"]


def test_attributes_of_another_page(denag: Denag, write_jsonl: Denag, tmp_path: Path) -> None:
    spans = tmp_path / "spans.jsonl"
    given = write_jsonl("in.jsonl", {"id": "a", "html": "<p>One<p>Two"})
    assert denag("clean", "--attributes", given, "-o", spans).code == 0
    for html, complaint in (("<p>One", "2 spans, but 'a' has 1 blocks"), ("<p>One<p>Three", "not those of the blocks")):
        run = denag("apply", spans, write_jsonl("in.jsonl", {"id": "a", "html": html}))
        assert run.code == 2
        assert complaint in run.complaint


def test_modes_that_contradict_each_other(denag: Denag, documents: Path) -> None:
    for options in (
        ("--tag", "--attributes"),
        ("--tag", "--drop", "content"),
        ("--attributes", "--tag-only", "content"),
    ):
        run = denag("clean", documents, *options)
        assert run.code == 2
        assert "--tag and --attributes drop nothing" in run.complaint
