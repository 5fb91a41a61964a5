"""Every container gives the same documents; what can not be read is told, never lost."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Document, InputError
from classifier.cleaner import segment
from classifier.readers import Reject, Source, container_of, find_inputs, open_reader
from classifier.readers.base import open_bytes


def read(path: Path, source: Source | None = None) -> list[Document | Reject]:
    return list(open_reader(path, source))


def read_documents(path: Path, source: Source | None = None) -> list[Document]:
    items = read(path, source)
    assert not [item for item in items if isinstance(item, Reject)]
    return [item for item in items if isinstance(item, Document)]


def json_lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def compressed(data: bytes, name: str) -> bytes:
    if name.endswith(".gz"):
        return gzip.compress(data)
    return zstandard.compress(data) if name.endswith(".zst") else data


# one page in every container


@pytest.mark.parametrize(
    "name", ["p.html", "p.htm", "p.xhtml", "P.HTML", "p.html.gz", "P.HTML.GZ", "p.html.zst", "p.v2.html"]
)
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-8-sig", "utf-16"])
def test_html_file(name: str, encoding: str, tmp_path: Path, html_page: str) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(html_page.encode(encoding), name.lower()))
    [document] = read_documents(path)
    assert document.media_type == "text/html"
    assert document.id == str(path)
    assert segment([document]).blocks() == segment([Document("", html_page, "text/html")]).blocks()


@pytest.mark.parametrize("name", ["p.jsonl", "p.ndjson", "p.jsonl.gz", "p.jsonl.zst"])
@pytest.mark.parametrize("field", ["html", "text", "blocks", "block objects"])
def test_jsonl(name: str, field: str, tmp_path: Path, html_page: str, text_page: str) -> None:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    content = {
        "html": html_page,
        "text": text_page,
        "blocks": blocks,
        "block objects": [{"text": block, "tag": "p"} for block in blocks],
    }[field]
    media_type = {"html": "text/html", "text": "text/plain"}.get(field, "application/x-blocks")
    path = tmp_path / name
    row = {"id": "a", "url": "https://example.org/a", "blocks" if "block" in field else field: content}
    path.write_bytes(compressed(json_lines(row), name))
    [document] = read_documents(path)
    assert (document.id, document.url, document.media_type) == ("a", "https://example.org/a", media_type)
    assert document.metadata == row
    expected = segment([Document("", html_page, "text/html")]).blocks() if field == "html" else blocks
    assert segment([document]).blocks() == expected


@pytest.mark.parametrize("field", ["html", "binary html", "text", "large text", "blocks", "block objects"])
def test_parquet(field: str, tmp_path: Path, html_page: str, text_page: str) -> None:
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    columns = {
        "html": ("html", pa.array([html_page])),
        "binary html": ("html", pa.array([html_page.encode("cp1252", "xmlcharrefreplace")])),
        "text": ("text", pa.array([text_page])),
        "large text": ("text", pa.array([text_page], pa.large_string())),
        "blocks": ("blocks", pa.array([blocks])),
        "block objects": ("blocks", pa.array([[{"text": block, "n": i} for i, block in enumerate(blocks)]])),
    }
    name, column = columns[field]
    path = tmp_path / "p.parquet"
    pq.write_table(pa.table({"id": ["a"], "url": ["https://example.org/a"], name: column}), path)
    [document] = read_documents(path)
    assert (document.id, document.url) == ("a", "https://example.org/a")
    expected = segment([Document("", html_page, "text/html")]).blocks() if name == "html" else blocks
    assert segment([document]).blocks() == expected


@pytest.mark.parametrize("name", ["p.warc", "p.warc.gz", "p.warc.zst"])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_warc_response(
    name: str, encoding: str, tmp_path: Path, html_page: str, warc_record: Callable[..., bytes]
) -> None:
    path = tmp_path / name
    record = warc_record(html_page.encode(encoding), f"text/html; charset={encoding}")
    path.write_bytes(compressed(record, name))
    [document] = read_documents(path)
    assert document.media_type == "text/html"
    assert document.url == "https://example.org/page"
    assert document.id == "<urn:uuid:00000000-0000-0000-0000-000000000001>"
    assert segment([document]).blocks() == segment([Document("", html_page, "text/html")]).blocks()


def test_warc_of_fastwarc(tmp_path: Path, html_page: str) -> None:
    from fastwarc.warc import WarcRecord, WarcRecordType

    path = tmp_path / "p.warc"
    record = WarcRecord()
    record.init_headers(WarcRecordType.response, record_urn=b"urn:uuid:00000000-0000-0000-0000-000000000007")
    record.headers["WARC-Target-URI"] = "https://example.org/seven"
    record.is_http = True
    record.set_bytes_content(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html_page.encode())
    with open(path, "wb") as file:
        record.write(file)
    [document] = read_documents(path)
    assert document.url == "https://example.org/seven"
    assert segment([document]).blocks() == segment([Document("", html_page, "text/html")]).blocks()


@pytest.mark.parametrize("name", ["p.txt", "p.md", "p.txt.gz", "p.md.zst", "page.html.txt", "p.TXT"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_text_file(name: str, encoding: str, tmp_path: Path, text_page: str) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(text_page.encode(encoding), name))
    assert read(path) == [Document(str(path), text_page, "text/plain")]


@pytest.mark.parametrize("name", ["p.wet", "p.wet.gz", "p.warc.zst"])
def test_wet(name: str, tmp_path: Path, text_page: str, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / name
    path.write_bytes(compressed(warc_record(text_page.encode(), kind="conversion"), name))
    [document] = read_documents(path)
    assert (document.content, document.media_type) == (text_page, "text/plain")
    assert document.url == "https://example.org/page"


def test_plain_text_response(tmp_path: Path, text_page: str, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.warc"
    path.write_bytes(warc_record(text_page.encode("cp1252"), "text/plain; charset=windows-1252"))
    [document] = read_documents(path)
    assert (document.content, document.media_type) == (text_page, "text/plain")


def test_folder(tmp_path: Path, html_page: str, text_page: str) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    (tmp_path / "b" / "c" / "two.txt").write_text(text_page, encoding="utf-8")
    (tmp_path / "b" / "one.html.gz").write_bytes(gzip.compress(html_page.encode()))
    (tmp_path / "a.jsonl").write_bytes(json_lines({"text": text_page}))
    (tmp_path / "ignored.pdf").write_bytes(b"%PDF")
    (tmp_path / "README").write_text("no suffix")
    paths = find_inputs([str(tmp_path)])
    assert paths == [tmp_path / "a.jsonl", tmp_path / "b" / "c" / "two.txt", tmp_path / "b" / "one.html.gz"]
    assert [len(read_documents(path)) for path in paths] == [1, 1, 1]


# names


@pytest.mark.parametrize(
    ("name", "container"),
    [
        ("a.html", "page"), ("a.HTM", "page"), ("a.txt", "page"), ("a.md.gz", "page"), ("a.jsonl", "jsonl"),
        ("a.ndjson.zst", "jsonl"), ("a.parquet", "parquet"), ("a.warc.gz", "warc"), ("a.warc.wet.gz", "warc"),
        ("a.wet", "warc"), ("a.pdf", None), ("a", None), (".html", None), ("a.gz", None), ("a.html.bak", None),
    ],
)  # fmt: skip
def test_container_of(name: str, container: str | None) -> None:
    assert container_of(Path("folder.jsonl") / name) == container


def test_find_inputs_keeps_order_and_dash(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt"):
        (tmp_path / name).touch()
    inputs = [str(tmp_path / "b.txt"), "-", str(tmp_path / "a.txt")]
    assert [str(path) for path in find_inputs(inputs)] == inputs


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("missing.html", "missing.html: no such file or folder"),
        ("page.pdf", "page.pdf: suffix '.pdf' names no input kind"),
        ("empty", "empty: no .html"),
    ],
)
def test_inputs_that_are_none(name: str, complaint: str, tmp_path: Path) -> None:
    (tmp_path / "page.pdf").touch()
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        find_inputs([str(tmp_path / name)])
    assert complaint in str(caught.value)


def test_file_that_vanished(tmp_path: Path) -> None:
    for name in ("gone.html", "gone.jsonl", "gone.jsonl.gz", "gone.html.zst", "gone.parquet", "gone.warc"):
        with pytest.raises(InputError, match=name):
            read(tmp_path / name)


# rows


BAD_ROWS = {
    "not JSON": b'{"text": "torn',
    "a list": b'["text"]',
    "a number": b"7",
    "nothing": b"{}",
    "null": b'{"text": null}',
    "two fields": b'{"html": "<p>a</p>", "text": "a"}',
    "three fields": b'{"html": "<p>a</p>", "text": "a", "blocks": ["a"]}',
    "html and blocks without labels": b'{"html": "<p>a</p>", "blocks": [{"text": "a"}]}',
    "html and strings": b'{"html": "<p>a</p>", "blocks": ["a"]}',
    "html and a label that is a number": b'{"html": "<p>a</p>", "blocks": [{"text": "a", "label": 1}]}',
    "html, text and labelled blocks": b'{"html": "a", "text": "a", "blocks": [{"text": "a", "label": null}]}',
    "text and empty blocks": b'{"text": "a", "blocks": []}',
    "text is a number": b'{"text": 3}',
    "html is a list": b'{"html": ["<p>"]}',
    "blocks is a string": b'{"blocks": "a"}',
    "a block is null": b'{"blocks": ["a", null]}',
    "a block has no text": b'{"blocks": [{"label": "content"}]}',
    "a block's text is a number": b'{"blocks": [{"text": 5}]}',
    "not UTF-8": b'{"text": "\xff\xfe"}',
}


@pytest.mark.parametrize("row", BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_row_is_told_and_passed_over(row: bytes, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "one"}\n\n' + row + b'\n  \n{"text": "two"}')
    first, reject, last = read(path)
    assert isinstance(first, Document)
    assert (first.id, first.content) == (f"{path}/1", "one")
    assert isinstance(reject, Reject)
    assert reject.where == f"{path}/3"
    assert reject.reason
    assert isinstance(last, Document)
    assert (last.id, last.content) == (f"{path}/5", "two")


def test_a_page_of_the_label_format_is_its_markup(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(
        b'{"id": "a", "html": "<p>One<p>two", "blocks": [{"text": "One", "label": null}, '
        b'{"text": "two", "label": "x"}]}'
        b'\n{"id": "b", "blocks": [{"text": "One", "label": null}]}\n{"id": "c", "html": null, "blocks": ["One"]}\n'
    )
    documents = read(path)
    assert [item.media_type for item in documents if isinstance(item, Document)] == [
        "text/html",
        "application/x-blocks",
        "application/x-blocks",
    ]
    assert isinstance(documents[0], Document)
    assert segment([documents[0]]).blocks() == ["One", "two"]


def test_reject_says_what_was_found(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join(BAD_ROWS[name] for name in ("two fields", "nothing", "a list", "text is a number")))
    reasons = [item.reason for item in read(path) if isinstance(item, Reject)]
    expected = "expected exactly one of 'html', 'text', 'blocks', found "
    assert reasons == [
        expected + "'html' and 'text'",
        expected + "none",
        "expected an object, found list",
        "expected 'text' to be a string, found int",
    ]


def test_bad_parquet_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    table = pa.table({"html": ["<p>a</p>", "<p>b</p>", None, None], "text": [None, "b", None, "d"]})
    pq.write_table(table, path)
    first, both, none, last = read(path)
    assert isinstance(first, Document)
    assert (first.id, first.content) == (f"{path}/1", "<p>a</p>")
    assert isinstance(both, Reject)
    assert both.where == f"{path}/2"
    assert "found 'html' and 'text'" in both.reason
    assert isinstance(none, Reject)
    assert none.where == f"{path}/3"
    assert isinstance(last, Document)
    assert last.id == f"{path}/4"


def test_parquet_column_of_another_type(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"text": [1, 2]}), path)
    assert [type(item) for item in read(path)] == [Reject, Reject]


def test_fields_by_other_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = ({"name": 7, "markup": "<p>a</p>", "text": "left alone"}, {"body": "b", "html": "left alone"})
    path.write_bytes(json_lines(*rows))
    html, text = read_documents(path, Source(html_field="markup", text_field="body", id_field="name"))
    assert (html.id, html.content, html.media_type) == (7, "<p>a</p>", "text/html")
    assert (text.id, text.content, text.media_type) == (f"{path}/2", "b", "text/plain")


def test_odd_but_good_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(json_lines({"id": 0, "text": ""}, {"id": "", "url": 5, "blocks": []}, {"blocks": ["", ""]}))
    zero, empty, blanks = read_documents(path)
    assert (zero.id, zero.content) == (0, "")
    assert (empty.id, empty.url, empty.content) == ("", None, [])
    assert segment([blanks]).blocks() == ["", ""]


def test_numbers_beyond_64_bits_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"text": "a", "n": 2**64, "deep": [{"n": -(10**30)}], "f": 1e300, "last": 2**64 - 1}
    path.write_bytes(json_lines(row))
    assert read_documents(path)[0].metadata == row
    assert type(read_documents(path)[0].metadata["n"]) is int


def test_rows_come_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl.gz"
    path.write_bytes(gzip.compress(json_lines({"text": "one"})) + b"torn tail")
    reader = open_reader(path)
    first = next(reader)
    assert isinstance(first, Document)
    with pytest.raises(InputError, match=r"rows\.jsonl\.gz"):
        list(reader)


# torn files


ROWS = b"".join(json_lines({"id": i, "text": f"Row {i} of {i * i * 7919 % 10007}"}) for i in range(400))


def parquet_bytes() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"text": [f"Row {i} of {i * i * 7919 % 10007}" for i in range(400)]}), sink)
    return sink.getvalue().to_pybytes()


WHOLE = {
    "p.jsonl.gz": gzip.compress(ROWS),
    "p.jsonl.zst": zstandard.compress(ROWS),
    "p.html.gz": gzip.compress(ROWS),
    "p.html.zst": zstandard.compress(ROWS),
    "p.txt.zst": zstandard.compress(ROWS),
    "p.warc.gz": gzip.compress(b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 5000\r\n\r\n" + ROWS[:5000]),
    "p.parquet": parquet_bytes(),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("share", [0.05, 0.5, 0.999])
def test_torn_file(name: str, share: float, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(WHOLE[name][: int(len(WHOLE[name]) * share)])
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "not a whole" in str(caught.value)


@pytest.mark.parametrize("name", WHOLE)
def test_file_of_something_else(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"<p>This is no such file.</p>\n" * 9)
    with pytest.raises(InputError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_torn_warc_at_every_place(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    first, second = warc_record(b"<p>one</p>"), warc_record(b"<p>two</p>", number=2)
    path = tmp_path / "p.warc"
    for cut in range(1, len(second) - 4):
        path.write_bytes(first + second[:cut])
        with pytest.raises(InputError) as caught:
            read(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_torn_conversion_record(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.wet"
    path.write_bytes(warc_record(b"one two three", kind="conversion")[:-8])
    with pytest.raises(InputError, match="record 1: the file ends inside of it"):
        read(path)


@pytest.mark.parametrize("content", [b"", b"no WARC at all\r\n\r\n"])
def test_no_warc(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "p.warc"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"p\.warc"):
        read(path)


# WARC records


def test_warc_passes_over_other_records(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.warc"
    path.write_bytes(
        warc_record(b"software: x", kind="warcinfo")
        + warc_record(b"GET / HTTP/1.1\r\n\r\n", kind="request")
        + warc_record(b"<p>one</p>", url="https://example.org/1", number=1)
        + warc_record(b"\x89PNG\r\n", "image/png")
        + warc_record(b'{"text": "json"}', "application/json")
        + warc_record(b"<p>two</p>", "application/xhtml+xml", url="https://example.org/2", number=2)
        + warc_record(b"<p>three</p>", "Text/HTML;charset=nonsense", url="https://example.org/3", number=3)
        + warc_record(b"fetch took 3 s", kind="metadata")
    )
    documents = read_documents(path)
    assert [document.url for document in documents] == [f"https://example.org/{i}" for i in (1, 2, 3)]
    assert [document.content for document in documents] == ["<p>one</p>", "<p>two</p>", "<p>three</p>"]
    assert len({document.id for document in documents}) == 3


def test_warc_charset_of_the_http_header(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.warc"
    texts = {"windows-1251": "Привет, мир", "shift_jis": "こんにちは", "ISO-8859-2": "Příliš žluťoučký"}
    path.write_bytes(b"".join(warc_record(t.encode(c), f"text/html; charset={c}") for c, t in texts.items()))
    assert [document.content for document in read_documents(path)] == list(texts.values())


def test_warc_bodies_as_they_were_sent(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    page = "<p>Grüße aus Köln</p>".encode()
    chunks = b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (9, page[:9], len(page) - 9, page[9:])
    path = tmp_path / "p.warc"
    path.write_bytes(
        warc_record(gzip.compress(page), http_headers="Content-Encoding: gzip\r\n")
        + warc_record(chunks, http_headers="Transfer-Encoding: chunked\r\n")
    )
    assert [document.content for document in read_documents(path)] == [page.decode()] * 2


def test_warc_body_that_the_crawler_decoded(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.warc"
    headers = [f"Content-Encoding: {name}\r\n" for name in ("gzip", "br", "utf-8")]
    path.write_bytes(b"".join(warc_record(b"<p>as it is</p>", http_headers=header) for header in headers))
    assert [document.content for document in read_documents(path)] == ["<p>as it is</p>"] * 3


def test_warc_body_that_can_not_be_decoded(tmp_path: Path, warc_record: Callable[..., bytes]) -> None:
    path = tmp_path / "p.warc"
    path.write_bytes(
        warc_record(b"<p>one</p>")
        + warc_record(b"this is no gzip", http_headers="Content-Encoding: gzip\r\n")
        + warc_record(b"<p>three</p>")
    )
    first, reject, last = read(path)
    assert isinstance(first, Document)
    assert isinstance(reject, Reject)
    assert reject.where == f"{path}/2"
    assert isinstance(last, Document)
    assert last.content == "<p>three</p>"


# compressed files


@given(st.lists(st.binary(max_size=3000), max_size=5), st.sampled_from([".gz", ".zst"]))
@settings(max_examples=30, deadline=None)
def test_frames_one_after_the_other(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes], suffix: str) -> None:
    path = tmp_path_factory.mktemp("frames") / f"p{suffix}"
    path.write_bytes(b"".join(compressed(part, suffix) for part in parts))
    with open_bytes(path) as file:
        assert file.read() == b"".join(parts)


def test_zst_frames_without_data_and_of_great_size(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl.zst"
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00size"
    zeros = json_lines({"text": "0" * 5_000_000})
    path.write_bytes(skippable + zstandard.compress(zeros) + skippable + zstandard.compress(zeros))
    assert [len(document.content) for document in read_documents(path)] == [5_000_000] * 2


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_written_bytes_do_not_depend_on_name_or_time(suffix: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "b")]
    for path in paths:
        with open_bytes(path, "wb") as file:
            file.write(ROWS)
            file.write(ROWS)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with open_bytes(paths[0]) as file:
        assert file.read() == ROWS * 2


# standard input


@pytest.mark.parametrize("kind", ["html", "text"])
def test_page_on_standard_input(kind: str, denag: Callable[..., Any], html_page: str, text_page: str) -> None:
    page = html_page if kind == "html" else text_page
    run = denag("label", "-", stdin=page.encode())
    assert run.code == 0
    [row] = run.rows
    media_type = "text/html" if kind == "html" else "text/plain"
    assert [block["text"] for block in row["blocks"]] == segment([Document("-", page, media_type)]).blocks()
    assert row["id"] == "-"


def test_rows_on_standard_input(denag: Callable[..., Any]) -> None:
    lines = b'\n\n{"text": "One line here."}\nnot a row\n{"id": "x", "blocks": ["One", "two"]}\n'
    run = denag("label", "-", stdin=lines)
    assert run.code == 1
    assert [row["id"] for row in run.rows] == ["-/3", "x"]
    assert "rejected -/4: not JSON" in run.err


def test_offsets_on_standard_input_count_empty_lines(denag: Callable[..., Any]) -> None:
    text = "\n \nFirst line.\n\nSecond line.\n"
    [row] = denag("label", "-", stdin=text.encode()).rows
    assert [text[block["start"] : block["end"]] for block in row["blocks"]] == ["First line.", "Second line."]


@pytest.mark.parametrize("stdin", [b"", b"\n\n", b"   "])
def test_nothing_on_standard_input(stdin: bytes, denag: Callable[..., Any]) -> None:
    run = denag("label", "-", stdin=stdin)
    assert (run.code, run.rows) == (0, [{"id": "-", "url": None, "blocks": []}])
