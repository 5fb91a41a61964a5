"""denag apply: what attributes say, without a model's labels."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import LABELS, Cleaner, Document
from classifier.artefact import write_model
from classifier.calibration import Calibration, ContentLossSetting
from classifier.engines.attributes import AttributeFile
from classifier.readers import open_reader

from .conftest import Denag


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
    spans = {
        "denag__content": [[4, 7, 0.9]],
        "denag__paywall_prompt": [[0, 3, 0.6], [8, 13, 0.5]],
        "denag__not_content": [[0, 3, 0.95], [8, 13, 0.7]],
    }
    attributes = write_jsonl("spans.jsonl", {"id": "a", "view": "text", "attributes": spans})
    assert denag("apply", attributes, documents).rows == [{"id": "a", "text": "Two\n", "paywalled": True}]
    kept = denag("apply", attributes, documents, "--keep", "paywall_prompt", "--drop", "content").rows
    assert kept == [{"id": "a", "text": "One\nThree\n", "paywalled": True}]


@pytest.fixture
def calibrated(cleaner: Cleaner, tmp_path: Path) -> Path:
    """A model folder with settings of the dial so close that scores of any size fall between them."""
    shares, least = np.linspace(0.001, 0.05, 50).round(3).tolist(), np.linspace(1, 0.5, 50).tolist()
    settings = tuple(
        ContentLossSetting(share, dict.fromkeys(LABELS[1:], score)) for share, score in zip(shares, least, strict=True)
    )
    calibration = Calibration(content_loss={"html": settings, "text": settings})
    write_model(replace(cleaner.model, calibration=calibration), tmp_path / "calibrated", {}, "")
    return tmp_path / "calibrated"


def test_apply_with_the_dial_is_clean_with_the_dial(
    denag: Denag, documents: Path, calibrated: Path, tmp_path: Path
) -> None:
    spans, model = tmp_path / "spans.jsonl", ("--model", calibrated)
    assert denag("clean", documents, "--attributes", *model, "-o", spans).code == 1
    texts = set()
    for share in ("0.001", "0.005", "0.01", "0.02", "0.03", "0.04", "0.05"):
        dial = ("--max-content-loss", share, "--tag-only", "boilerplate", *model)
        expected = denag("clean", documents, *dial)
        assert denag("apply", spans, documents, *dial).out == expected.out
        texts.add(expected.out)
    assert len(texts) > 1


def test_the_dial_asks_for_not_content(denag: Denag, write_jsonl: Denag, calibrated: Path) -> None:
    documents = write_jsonl("in.jsonl", {"id": "a", "text": "One\nTwo\n"})
    spans = {"denag__content": [[0, 3, 0.9]], "denag__ad_notice": [[4, 7, 0.3]], "denag__not_content": [[4, 7, 0.8]]}
    attributes = write_jsonl("spans.jsonl", {"id": "a", "view": "text", "attributes": spans})
    texts = [
        denag("apply", attributes, documents, "--model", calibrated, "--max-content-loss", share).rows[0]["text"]
        for share in ("0.01", "0.03")
    ]
    assert texts == ["One\nTwo\n", "One\n"]


def test_scores_are_told_exactly(denag: Denag, documents: Path, cleaner: Cleaner, tmp_path: Path) -> None:
    items = [item for item in open_reader(documents) if isinstance(item, Document)]
    spans = denag("clean", documents, "--attributes").out
    (tmp_path / "spans.jsonl").write_bytes(spans)
    read = AttributeFile(tmp_path / "spans.jsonl")(items)
    for (_, told), (_, known) in zip(read, cleaner.label_group(items), strict=True):
        assert (told.labels == known.labels).all()
        assert (told.scores == known.scores).all()
        nags = known.labels != 0
        assert (told.not_content[nags] == known.not_content[nags]).all()


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
    "no label": (
        [GOOD | {"attributes": {"denag__ads": [[0, 9, 0.9]]}}],
        "spans.jsonl/1: 'denag__ads' is of no label of the model (denag__content, ",
    ),
    "no threshold's score": (
        [GOOD | {"attributes": {"denag__ad_notice": [[0, 9, 0.9]]}}],
        "spans.jsonl/1: span 0 to 9 of 'denag__ad_notice' is not under 'denag__not_content', expected",
    ),
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
