"""Arrow batches: identical text, untouched columns, bad rows that take nothing with them."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest

from classifier import LABELS, Cleaner, ConfigError, Policy
from classifier.engines.arrow import ArrowCleaner, label_each
from classifier.readers import Reject, Source
from classifier.types import Document, LabelledDocument

OPTIONS = "'html', 'text', 'blocks'"


def test_batches_are_cleaned_as_clean_cleans(rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    batch = pa.RecordBatch.from_pylist(rows)
    result = ArrowCleaner()(batch)
    assert isinstance(result, pa.RecordBatch)
    assert result["text"].to_pylist() == cleaned
    assert result["denag_error"].null_count == len(rows)
    for name in ("id", "html", "n"):
        assert result[name].equals(batch[name])
    assert result.schema.names == ["id", "html", "text", "n", "denag_error"]


def test_tables_of_several_chunks(rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    parts = [pa.Table.from_pylist(rows[:3], pa.Table.from_pylist(rows).schema), pa.Table.from_pylist(rows).slice(3)]
    result = ArrowCleaner()(pa.concat_tables(parts))
    assert isinstance(result, pa.Table)
    assert result["text"].to_pylist() == cleaned


def test_stream_and_its_schema(rows: list[dict[str, Any]], cleaned: list[str]) -> None:
    table = pa.Table.from_pylist(rows)
    clean = ArrowCleaner(counts=True)
    reader = pa.RecordBatchReader.from_batches(clean.schema(table.schema), clean.stream(table.to_batches(2)))
    assert reader.read_all()["text"].to_pylist() == cleaned


def test_blocks_counts_and_policy(cleaner: Cleaner) -> None:
    blocks = ["The bridge opens on Monday, the council said on Friday.", "Subscribe to our newsletter"]
    structs = pa.array([[{"text": block, "n": 1} for block in blocks], []])
    policy = Policy.of(keep=[str(label) for label in LABELS])
    result = ArrowCleaner(policy=policy, counts=True)(pa.record_batch({"blocks": structs})).to_pylist()
    assert [row["text"] for row in result] == ["\n".join(blocks), ""]
    labels = cleaner.label_blocks([blocks])[0].labels
    assert result[0]["denag_counts"] == {str(label): labels.count(label) for label in LABELS}
    assert sum(result[1]["denag_counts"].values()) == 0


def test_bad_rows_say_why_and_take_nothing_with_them(cleaner: Cleaner) -> None:
    page = "The bridge opens on Monday, the council said on Friday."
    batch = pa.record_batch({"html": [None, "<p>x</p>", None], "text": [None, "x", page], "k": [1, 2, 3]})
    result = ArrowCleaner(counts=True)(batch)
    assert result["denag_error"].to_pylist() == [
        f"expected exactly one of {OPTIONS}, found none",
        f"expected exactly one of {OPTIONS}, found 'html' and 'text'",
        None,
    ]
    assert result["text"].to_pylist() == [None, None, cleaner.clean(page)]
    assert result["denag_counts"].is_null().to_pylist() == [True, True, False]
    assert result["k"].to_pylist() == [1, 2, 3]


def test_wrong_types() -> None:
    result = ArrowCleaner()(pa.record_batch({"text": [1, 2]}))
    assert result["denag_error"].to_pylist() == ["expected 'text' to be a string, found int"] * 2
    assert result["text"].to_pylist() == [None, None]
    result = ArrowCleaner()(pa.record_batch({"blocks": pa.array([[None], ["a"]])}))
    assert result["denag_error"].to_pylist() == [
        "expected 'blocks' to be a list of strings or of objects with 'text'",
        None,
    ]


def test_bytes_that_are_no_utf8_are_mended() -> None:
    text = "The bridge opens on Monday, the council said on Friday."
    values = pa.array([text.encode() + b"\xff", text.encode(), None])
    broken = pa.Array.from_buffers(pa.string(), 3, values.buffers())
    result = ArrowCleaner(policy=Policy(frozenset(LABELS)))(pa.record_batch({"text": broken}))
    assert result["text"].to_pylist() == [text + "\ufffd", text, None]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        (pa.array(["A line."], pa.large_string()), pa.large_string()),
        (pa.array(["A line."], pa.string_view()), pa.string_view()),
        (pa.array(["A line."]).dictionary_encode(), pa.string()),
        (pa.array([b"A line."], pa.large_binary()), pa.large_string()),
        (pa.array([b"A line."], pa.binary()), pa.string()),
    ],
)
def test_type_of_the_text_stays_one_of_text(column: pa.Array, kind: pa.DataType) -> None:
    clean = ArrowCleaner(policy=Policy(frozenset(LABELS)))
    for name in ("text", "html"):
        result = clean(pa.record_batch({name: column}))
        assert result.schema.field("text").type == kind
        assert result["text"].to_pylist() == ["A line."]
        assert result.schema == clean.schema(pa.schema([(name, column.type)]))


def test_a_second_run_replaces_what_the_first_said() -> None:
    clean = ArrowCleaner(counts=True)
    once = clean(pa.record_batch({"text": ["The bridge opens on Monday, the council said on Friday.", None]}))
    assert clean(once).schema == once.schema
    assert clean(once)["denag_error"].to_pylist() == once["denag_error"].to_pylist()


def test_other_names_and_metadata() -> None:
    schema = pa.schema([("raw", pa.string())], metadata={"made by": "hand"})
    batch = pa.record_batch([pa.array(["<p>The bridge opens on Monday, the council said.</p>"])], schema=schema)
    result = ArrowCleaner(source=Source(html_field="raw", text_field="body"))(batch)
    assert result.schema.names == ["raw", "body", "denag_error"]
    assert result.schema.metadata == {b"made by": b"hand"}


def test_no_column_of_documents_is_an_error_at_once() -> None:
    with pytest.raises(ConfigError, match="columns 'body', 'n': expected at least one of 'html', 'text', 'blocks'"):
        ArrowCleaner()(pa.record_batch({"body": ["x"], "n": [1]}))
    twice = pa.RecordBatch.from_arrays([pa.array(["x"]), pa.array(["y"])], names=["text", "text"])
    with pytest.raises(ConfigError, match="column 'text' is there twice"):
        ArrowCleaner()(twice)


def test_empty_batch() -> None:
    result = ArrowCleaner()(pa.record_batch({"text": pa.array([], pa.string())}))
    assert result.num_rows == 0
    assert result.schema.names == ["text", "denag_error"]


def test_pickled_without_its_model() -> None:
    clean = ArrowCleaner(counts=True)
    batch = pa.record_batch({"text": ["The bridge opens on Monday, the council said on Friday."]})
    result = clean(batch)
    data = pickle.dumps(clean)
    assert len(data) < 1000
    assert pickle.loads(data)(batch).equals(result)


def test_a_document_that_fails_is_a_reject_in_its_place(cleaner: Cleaner, monkeypatch: pytest.MonkeyPatch) -> None:
    label_batch = cleaner.label_batch

    def failing(documents: list[Document]) -> list[LabelledDocument]:
        if any(document.content == "poison" for document in documents):
            raise ValueError("can not be read")
        return label_batch(documents)

    monkeypatch.setattr(cleaner, "label_batch", failing)
    documents = [Document(n, text, "text/plain") for n, text in enumerate(("One line.", "poison", "Another."))]
    first, second, third = label_each(cleaner, documents)
    assert isinstance(first, LabelledDocument)
    assert second == Reject("1", "ValueError: can not be read")
    assert isinstance(third, LabelledDocument)
    assert label_each(cleaner, []) == []
