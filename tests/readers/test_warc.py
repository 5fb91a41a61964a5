"""WARC and WET records give the pages and texts that were fetched."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from classifier import Document
from classifier.cleaner import segment
from classifier.readers import Reject

from .conftest import compressed, read, read_documents


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
