"""What is written is whole, in the container that was read, with everything else untouched."""

from __future__ import annotations

import datetime
import decimal
import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from classifier import LABELS, Document, InputError, Policy
from classifier.edits import PAYWALLED, Clean, Edit, LabelRows
from classifier.readers import Source
from classifier.readers.parquet import batch_documents, read_batches
from classifier.sinks import JsonLines, JsonRows, PageFiles, PageTexts, Sink, open_output
from classifier.sinks.parquet import ParquetRows, join_parquet
from classifier.types import LabelledBatch

Judged = Callable[..., LabelledBatch]
TEXT = "Menu\n\nThe bridge opens on Monday.\n\nSign up now\nThe council said so.\n"
TEXT_LABELS = ["boilerplate", "content", "newsletter_prompt", "content"]
CLEANED = "The bridge opens on Monday.\n\nThe council said so.\n"


def text_document(name: str = "t", text: str = TEXT, row: dict[str, Any] | None = None) -> Document:
    return Document(name, text, "text/plain", metadata=row or {})


def write(sink: Sink, labelled: LabelledBatch, edit: Edit | None = None) -> None:
    edit = edit or Clean(Policy())
    for document, row in zip(labelled.documents, edit.rows(labelled, edit.dropped(labelled)), strict=True):
        sink.write(document, row)


# labels


def test_label_lines(judged_batch: Judged) -> None:
    file = io.BytesIO()
    document = Document("t", TEXT, "text/plain", "https://example.org")
    write(JsonLines(file), judged_batch([document], [TEXT_LABELS]), LabelRows())
    row = json.loads(file.getvalue())
    assert file.getvalue().count(b"\n") == 1
    assert list(row) == ["id", "url", "blocks"]
    assert (row["id"], row["url"]) == ("t", "https://example.org")
    assert [list(block) for block in row["blocks"]] == [["text", "label", "score", "start", "end"]] * 4
    assert [block["label"] for block in row["blocks"]] == TEXT_LABELS
    assert {block["score"] for block in row["blocks"]} == {0.75}
    assert [TEXT[block["start"] : block["end"]] for block in row["blocks"]] == [b["text"] for b in row["blocks"]]


def test_label_lines_with_probabilities(judged_batch: Judged) -> None:
    file = io.BytesIO()
    write(JsonLines(file), judged_batch([text_document()], [TEXT_LABELS]), LabelRows(probabilities=True))
    for block in json.loads(file.getvalue())["blocks"]:
        assert list(block["probabilities"]) == list(LABELS)
        assert sum(block["probabilities"].values()) == pytest.approx(1)
        assert block["probabilities"][block["label"]] == block["score"]


def test_label_lines_of_a_page_without_blocks_and_a_name_that_is_no_utf8(judged_batch: Judged) -> None:
    file = io.BytesIO()
    write(JsonLines(file), judged_batch([text_document("caf\udce9.txt", "")], [[]]), LabelRows())
    assert json.loads(file.getvalue()) == {"id": "caf?.txt", "url": None, "blocks": []}


# rows


def written_row(labelled: LabelledBatch, text_field: str = "text") -> bytes:
    file = io.BytesIO()
    write(JsonRows(file), labelled, Clean(Policy(), text_field=text_field))
    return file.getvalue()


def test_row_keeps_its_fields_and_their_order(judged_batch: Judged) -> None:
    row = {
        "z": None, "id": 7, "text": TEXT, "url": "u", "list": [1, 2.5, {"deep": "é\u2028"}],
        "big": 2**63, "bigger": 2**70, "small": -(2**63), "flag": False, "": "", "a": {"b": []}, "float": 1.0,
    }  # fmt: skip
    line = written_row(judged_batch([text_document("7", TEXT, row)], [TEXT_LABELS]))
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    written = json.loads(line)
    assert list(written) == list(row)
    assert written == row | {"text": CLEANED}
    assert type(written["float"]) is float


def test_row_without_text_gets_some(judged_batch: Judged) -> None:
    row = {"id": "h", "html": "<p>One</p><p>Ad</p><p>Two</p>", "n": 1}
    labelled = judged_batch(
        [Document("h", row["html"], "text/html", metadata=row)], [["content", "ad_notice", "content"]]
    )
    assert json.loads(written_row(labelled)) == row | {"text": "One\nTwo"}
    assert json.loads(written_row(labelled, text_field="body")) == row | {"body": "One\nTwo"}


def test_document_that_came_from_no_row(judged_batch: Judged) -> None:
    labelled = judged_batch([Document("w", TEXT, "text/plain", "https://example.org")], [TEXT_LABELS])
    assert json.loads(written_row(labelled)) == {"id": "w", "url": "https://example.org", "text": CLEANED}
    file = io.BytesIO()
    write(JsonRows(file, PageTexts(file)), labelled)
    assert file.getvalue().decode() == CLEANED


def test_values_that_json_has_no_word_for(judged_batch: Judged) -> None:
    row = {"text": TEXT, "raw": b"a\xff", "price": decimal.Decimal("1.10"), "day": datetime.date(2024, 2, 23)}
    written = json.loads(written_row(judged_batch([text_document("t", TEXT, row)], [TEXT_LABELS])))
    assert written == {"text": CLEANED, "raw": "a\ufffd", "price": "1.10", "day": "2024-02-23"}


# pages


def test_page_texts(judged_batch: Judged) -> None:
    file = io.BytesIO()
    sink = PageTexts(file)
    write(sink, judged_batch([text_document()], [TEXT_LABELS]))
    write(sink, judged_batch([text_document("n", "Menu\n")], [["boilerplate"]]))
    write(sink, judged_batch([Document("h", "<p>One</p><p>Zwei é", "text/html")], [["content", "content"]]))
    assert file.getvalue().decode() == CLEANED + "One\nZwei é\n"


def test_page_texts_under_their_names(judged_batch: Judged) -> None:
    file = io.BytesIO()
    sink = PageTexts(file, with_ids=True)
    write(sink, judged_batch([text_document("a.txt")], [TEXT_LABELS]))
    write(sink, judged_batch([text_document("b.txt", "Menu\n")], [["boilerplate"]]))
    assert file.getvalue().decode() == f"==> a.txt <==\n{CLEANED}==> b.txt <==\n"


def test_page_files(judged_batch: Judged, tmp_path: Path) -> None:
    names = ("a.txt", "sub/a.txt", "sub/deep/b.txt")
    sink = PageFiles({name: tmp_path / name for name in (*names, "empty.txt")}, tmp_path / "unfinished")
    for name in names:
        write(sink, judged_batch([text_document(name)], [TEXT_LABELS]))
    write(sink, judged_batch([text_document("empty.txt", "Menu")], [["boilerplate"]]))
    files = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {**dict.fromkeys(names, CLEANED), "empty.txt": ""}


# Parquet


def clean_parquet(
    source: Path, out: Path, labels: list[list[str]], judged_batch: Judged, text_field: str = "text"
) -> None:
    edit = Clean(Policy(), text_field=text_field)
    part, left = out.with_suffix(".part"), iter(labels)
    with ParquetRows(part, source, [text_field, PAYWALLED]) as sink:
        for batch in read_batches(source):
            documents = batch_documents(batch, source, Source(text_field=text_field), 1)
            assert all(isinstance(document, Document) for document in documents)
            labelled = judged_batch(documents, [next(left) for _ in documents])
            sink.write(batch, range(len(documents)), edit.rows(labelled, edit.dropped(labelled)))
    join_parquet([part], out, source, [text_field])
    part.unlink()


def rich_table() -> pa.Table:
    fields = [
        pa.field("id", pa.int32(), nullable=False),
        pa.field("text", pa.large_string(), metadata={"about": "the page"}),
        pa.field("when", pa.timestamp("us", "UTC")),
        pa.field("day", pa.date32()),
        pa.field("raw", pa.binary()),
        pa.field("price", pa.decimal128(10, 2)),
        pa.field("tags", pa.list_(pa.string())),
        pa.field("nested", pa.struct([("a", pa.int8()), ("b", pa.float32())])),
        pa.field("map", pa.map_(pa.string(), pa.int16())),
        pa.field("kind", pa.dictionary(pa.int8(), pa.string())),
        pa.field("big", pa.uint64()),
        pa.field("flag", pa.bool_()),
    ]
    moment = datetime.datetime(2024, 2, 23, 12, 30, 1, 5, tzinfo=datetime.UTC)
    full = [7, TEXT, moment, moment.date(), b"\xff\x00", decimal.Decimal("1.10"), ["x", None], {"a": 1, "b": 0.5}]
    full += [[("k", 1)], "news", 2**64 - 1, True]
    empty: list[Any] = [8, TEXT, *[None] * 10]
    columns = [
        pa.array(list(values), field.type) for field, values in zip(fields, zip(full, empty, strict=True), strict=True)
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata={"made by": "a test"}))


def test_parquet_keeps_schema_and_columns(judged_batch: Judged, tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = rich_table()
    pq.write_table(table, source)
    clean_parquet(source, out, [TEXT_LABELS] * 2, judged_batch)
    written = pq.read_table(out)
    assert written.schema.equals(pq.read_schema(source), check_metadata=True)
    assert written["text"].to_pylist() == [CLEANED] * 2
    for name in table.column_names:
        if name != "text":
            assert written[name].to_pylist() == table[name].to_pylist(), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.parquet", "out.parquet"]


def test_parquet_without_text_gets_a_column(judged_batch: Judged, tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"html": ["<p>One</p><p>Ad</p>", "<p>Ad</p>"], "n": [1, 2]}), source)
    clean_parquet(source, out, [["content", "ad_notice"], ["ad_notice"]], judged_batch)
    written = pq.read_table(out)
    assert written.column_names == ["html", "n", "text"]
    assert written["text"].to_pylist() == ["One", ""]
    assert written.drop_columns(["text"]).equals(pq.read_table(source))


def test_parquet_text_of_another_name(judged_batch: Judged, tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"body": pa.array([TEXT]).dictionary_encode(), "title": ["t"]}), source)
    clean_parquet(source, out, [TEXT_LABELS], judged_batch, "body")
    assert pq.read_table(out).to_pylist() == [{"body": CLEANED, "title": "t"}]


def test_parquet_of_many_rows_and_of_none(judged_batch: Judged, tmp_path: Path) -> None:
    for n in (0, 2500):
        source, out = tmp_path / f"in{n}.parquet", tmp_path / f"out{n}.parquet"
        texts = [f"Line {i}" for i in range(n)]
        pq.write_table(pa.table({"text": pa.array(texts, pa.string()), "n": pa.array(range(n), pa.int64())}), source)
        clean_parquet(source, out, [["content"]] * n, judged_batch)
        assert pq.read_table(out).equals(pq.read_table(source))


def test_parquet_that_can_not_be_read_or_written(tmp_path: Path) -> None:
    source = tmp_path / "in.parquet"
    source.write_bytes(b"no Parquet")
    with pytest.raises(InputError, match=r"in\.parquet: not a whole Parquet file"):
        ParquetRows(tmp_path / "out.parquet", source, ["text"])
    pq.write_table(pa.table({"text": pa.array([1], pa.int8())}), source)
    with (
        pytest.raises(InputError, match=r"in\.parquet: column 'text', int8, can not hold"),
        ParquetRows(tmp_path / "out.parquet", source, ["text"]) as sink,
    ):
        sink.write(next(read_batches(source)), [0], [{"text": TEXT}])


def test_parquet_of_the_same_name_as_what_is_set(judged_batch: Judged, tmp_path: Path) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pq.write_table(pa.table({"text": ["a", "b"], "paywalled": ["no", "yes"], "blocks": [1, 2]}), source)
    with ParquetRows(out, source, ["text", PAYWALLED]) as sink:
        sink.write(next(read_batches(source)), [0, 1], [{"text": "A", "paywalled": True}, {"text": "B"}])
    assert pq.read_table(out).to_pydict() == {"text": ["A", "B"], "paywalled": ["no", "yes"], "blocks": [1, 2]}


# output files


def half_written(path: Path, error: type[BaseException]) -> None:
    with open_output(path) as file:
        file.write(b"half of it\n")
        raise error


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst", "out.jsonl.GZ"])
def test_output_is_compressed_by_its_suffix(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    with open_output(path) as file:
        file.write(b"one\n")
        assert not path.exists()
        file.write(b"two\n")
    data = path.read_bytes()
    if name.lower().endswith(".gz"):
        data = gzip.decompress(data)
    elif name.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    assert data == b"one\ntwo\n"
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, InputError, MemoryError])
def test_output_is_whole_or_not_there(name: str, error: type[BaseException], tmp_path: Path) -> None:
    path = tmp_path / name
    with pytest.raises(error):
        half_written(path, error)
    assert list(tmp_path.iterdir()) == []


def test_failed_run_leaves_an_old_output_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        half_written(path, RuntimeError)
    assert path.read_text() == "old"


def test_output_that_can_not_be_written(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "out.jsonl", tmp_path):
        with pytest.raises(InputError) as caught, open_output(path):
            pass
        assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("path", [None, Path("-")])
def test_standard_output(path: Path | None, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    with open_output(path) as file:
        file.write("é\n".encode())
    assert capsysbinary.readouterr().out == "é\n".encode()
