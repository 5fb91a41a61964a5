"""The contract of the command line: what goes in, what comes out, exit codes, and one clear line on error."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from typer.testing import CliRunner

from classifier import LABELS, Cleaner, Document
from classifier.cleaner import segment
from classifier.cli import app

Denag = Callable[..., Any]
COMMANDS = ("label", "clean", "apply", "train", "evaluate", "explain", "demo")


@pytest.fixture
def page(tmp_path: Path, html_page: str) -> Path:
    path = tmp_path / "page.html"
    path.write_text(html_page, encoding="utf-8")
    return path


@pytest.fixture
def rows(text_page: str, html_page: str) -> list[dict[str, Any]]:
    """Rows of each kind, with fields that are nobody's business."""
    blocks = segment([Document("", text_page, "text/plain")]).blocks()
    return [
        {"n": 1, "id": "a", "text": text_page, "url": "https://example.org/a", "meta": {"x": [1, None, "é"]}},
        {"html": html_page, "id": "b", "score": 0.5},
        {"id": "c", "blocks": blocks},
        {"id": "d", "blocks": [{"text": block, "tag": "p"} for block in ("", *blocks, "")], "url": None},
        {"text": "", "id": "e", "big": 2**80},
    ]


# label


def test_label_lines(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    run = denag("label", write_jsonl("in.jsonl", *rows))
    assert (run.code, run.err) == (0, "")
    assert [row["id"] for row in run.rows] == list("abcde")
    assert [row["url"] for row in run.rows] == ["https://example.org/a", None, None, None, None]
    for row in run.rows:
        assert list(row) == ["id", "url", "blocks"]
        for block in row["blocks"]:
            assert list(block) == ["text", "label", "score", "start", "end"]
            assert block["label"] in list(LABELS)
            assert 0 < block["score"] <= 1
            assert type(block["start"]) is type(block["end"]) is int


def test_label_offsets(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    answers = denag("label", write_jsonl("in.jsonl", *rows)).rows
    text = rows[0]["text"]
    assert [text[block["start"] : block["end"]] for block in answers[0]["blocks"]] == rows[2]["blocks"]
    for answer in answers[1:]:
        visible = "\n".join(block["text"] for block in answer["blocks"])
        for block in answer["blocks"]:
            assert visible[block["start"] : block["end"]] == block["text"]


def test_label_probabilities(denag: Denag, page: Path) -> None:
    [row] = denag("label", page, "--probabilities").rows
    [plain] = denag("label", page).rows
    for block, without in zip(row["blocks"], plain["blocks"], strict=True):
        probabilities = block.pop("probabilities")
        assert list(probabilities) == list(LABELS)
        assert sum(probabilities.values()) == pytest.approx(1, abs=5e-6)
        assert probabilities[block["label"]] == block["score"]
        assert block == without


def test_blocks_come_back_one_for_one(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    pages = [
        ["One line.", "", "  ", "two\nlines", "One line.", "\t"],
        [""],
        [],
        ["", "", ""],
        ["\u2028", "a\r\nb", "\x00"],
    ]
    path = write_jsonl("in.jsonl", *({"blocks": blocks} for blocks in pages))
    answers = denag("label", path).rows
    assert [len(answer["blocks"]) for answer in answers] == [len(blocks) for blocks in pages]
    assert [answer["id"] for answer in answers] == [f"{path}/{n}" for n in range(1, 6)]
    assert [block["text"] for block in answers[0]["blocks"]] == [block.replace("\n", " ") for block in pages[0]]


def test_label_is_what_python_says(denag: Denag, page: Path, cleaner: Cleaner, html_page: str) -> None:
    [row] = denag("label", page).rows
    labelled = cleaner.label(html_page)
    assert [(b["text"], b["label"], b["start"], b["end"]) for b in row["blocks"]] == [
        (b.text, b.label, b.start, b.end) for b in labelled
    ]


@pytest.mark.parametrize("name", ["out.jsonl", "out.jsonl.gz", "out.jsonl.zst"])
def test_label_to_a_file(name: str, denag: Denag, page: Path, tmp_path: Path) -> None:
    expected = denag("label", page).out
    run = denag("label", page, "-o", tmp_path / name)
    assert (run.code, run.out, run.err) == (0, b"", "")
    data = (tmp_path / name).read_bytes()
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    elif name.endswith(".zst"):
        data = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    assert data == expected
    assert denag("label", page, "-o", "-").out == expected


def test_label_of_many_containers(
    denag: Denag, page: Path, write_jsonl: Callable[..., Path], tmp_path: Path, warc_record: Callable[..., bytes]
) -> None:
    text = "The bridge opens on Monday, the council said.\nSubscribe to our newsletter\n"
    write_jsonl("rows.jsonl", {"id": "row", "text": text})
    pq.write_table(pa.table({"id": ["column"], "text": [text]}), tmp_path / "rows.parquet")
    (tmp_path / "w.wet").write_bytes(warc_record(text.encode(), kind="conversion"))
    (tmp_path / "z.txt").write_text(text)
    run = denag("label", tmp_path)
    assert run.code == 0
    ids = [row["id"] for row in run.rows]
    assert ids == [
        str(page),
        "row",
        "column",
        "<urn:uuid:00000000-0000-0000-0000-000000000001>",
        str(tmp_path / "z.txt"),
    ]
    assert len({json.dumps(row["blocks"]) for row in run.rows[1:]}) == 1


def test_fields_by_other_names(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    line = "The council said on Monday that the bridge, shut since the flood, is open again."
    path = write_jsonl("in.jsonl", {"name": "x", "body": line, "text": 5}, {"name": "y", "markup": f"<p>{line}</p>"})
    options = ("--text-field", "body", "--html-field", "markup", "--id-field", "name")
    run = denag("label", path, *options)
    assert [(row["id"], row["blocks"][0]["text"]) for row in run.rows] == [("x", line), ("y", line)]
    first, second = denag("clean", path, *options, *(word for label in LABELS for word in ("--keep", label))).rows
    assert first == {"name": "x", "body": line, "text": 5}
    assert second == {"name": "y", "markup": f"<p>{line}</p>", "body": line}


# clean


def test_clean_rows(
    denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]], cleaner: Cleaner
) -> None:
    run = denag("clean", write_jsonl("in.jsonl", *rows))
    assert (run.code, run.err) == (0, "")
    assert [list(row) for row in run.rows] == [list(row) if "text" in row else [*row, "text"] for row in rows]
    for written, row in zip(run.rows, rows, strict=True):
        assert {k: v for k, v in written.items() if k != "text"} == {k: v for k, v in row.items() if k != "text"}
    assert run.rows[0]["text"] == cleaner.clean(Document("a", rows[0]["text"], "text/plain"))
    assert run.rows[1]["text"] == cleaner.clean(Document("b", rows[1]["html"], "text/html"))
    assert "the ferry is back" in run.rows[0]["text"]
    assert "Advertisement" not in run.rows[0]["text"]
    assert run.rows[4]["text"] == ""


def test_clean_keeps_the_order_of_rows(denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    kinds = ("text", "html", "text", "html", "html", "text") * 50
    given = [{"id": i, kind: f"<p>Row {i}</p>"} for i, kind in enumerate(kinds)]
    run = denag("clean", write_jsonl("in.jsonl", *given))
    assert [row["id"] for row in run.rows] == list(range(300))


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_clean_compressed_rows(suffix: str, denag: Denag, tmp_path: Path, text_page: str) -> None:
    data = (json.dumps({"id": 1, "text": text_page}) + "\n").encode()
    source, out = tmp_path / f"in.jsonl{suffix}", tmp_path / f"out.jsonl{suffix}"
    if suffix == ".gz":
        data = gzip.compress(data)
    source.write_bytes(zstandard.compress(data) if suffix == ".zst" else data)
    assert denag("clean", source, "-o", out).code == 0
    written = out.read_bytes()
    if suffix == ".gz":
        written = gzip.decompress(written)
    elif suffix == ".zst":
        written = zstandard.ZstdDecompressor().decompressobj().decompress(written)
    assert written == denag("clean", source).out


def test_clean_parquet(denag: Denag, tmp_path: Path, text_page: str, html_page: str) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    table = pa.table(
        {
            "n": pa.array([3, 1, 2], pa.int8()),
            "text": [text_page, None, "Subscribe to our newsletter"],
            "html": [None, html_page, None],
            "tags": [["a"], [], None],
        }
    )
    pq.write_table(table, source)
    run = denag("clean", source, "-o", out)
    assert (run.code, run.out, run.err) == (0, b"", "")
    written = pq.read_table(out)
    assert written.schema == table.schema
    assert written.drop_columns(["text"]).equals(table.drop_columns(["text"]))
    assert "the ferry is back" in written["text"][0].as_py()
    assert "the ferry is back" in written["text"][1].as_py()
    assert [row["text"] for row in denag("clean", source).rows] == written["text"].to_pylist()


def test_clean_two_parquet_files_to_one(denag: Denag, tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"text": ["x"]}), tmp_path / f"{name}.parquet")
    run = denag("clean", tmp_path / "a.parquet", tmp_path / "b.parquet", "-o", tmp_path / "out.parquet")
    assert run.code == 2
    assert "2 Parquet files in" in run.complaint
    assert not (tmp_path / "out.parquet").exists()


def test_parquet_times_beyond_datetime(denag: Denag, tmp_path: Path) -> None:
    moments = pa.array([1_700_000_000_123_456_789], pa.timestamp("ns"))
    pq.write_table(pa.table({"text": ["One line."], "when": moments}), tmp_path / "in.parquet")
    run = denag("clean", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert run.code in (0, 2)  # 0 where pandas is there
    if run.code:
        assert "in.parquet" in run.complaint


def test_clean_a_page(denag: Denag, page: Path, cleaner: Cleaner, html_page: str, tmp_path: Path) -> None:
    expected = cleaner.clean(html_page) + "\n"
    run = denag("clean", page)
    assert (run.code, run.text, run.err) == (0, expected, "")
    assert denag("clean", page, "-o", tmp_path / "out.txt").out == b""
    assert (tmp_path / "out.txt").read_text(encoding="utf-8") == expected
    assert denag("clean", "-", stdin=html_page.encode()).text == expected


def test_clean_rows_on_standard_input(denag: Denag, text_page: str, cleaner: Cleaner) -> None:
    run = denag("clean", "-", stdin=json.dumps({"a": 1, "text": text_page, "b": 2}).encode())
    assert run.rows == [{"a": 1, "text": cleaner.clean(text_page), "b": 2}]
    assert list(run.rows[0]) == ["a", "text", "b"]


def test_clean_pages_one_after_the_other(denag: Denag, page: Path, tmp_path: Path, text_page: str) -> None:
    (tmp_path / "b.txt").write_text(text_page, encoding="utf-8")
    run = denag("clean", page, tmp_path / "b.txt")
    parts = run.text.split("==> ")
    assert parts[0] == ""
    assert parts[1] == f"{page} <==\n" + denag("clean", page).text
    assert parts[2] == f"{tmp_path / 'b.txt'} <==\n" + denag("clean", tmp_path / "b.txt").text


@pytest.mark.parametrize("count", [1, 3])
def test_clean_folder_to_folder(count: int, denag: Denag, tmp_path: Path, html_page: str, cleaner: Cleaner) -> None:
    names = ["a.html", "sub/b.html", "sub/deep/c.htm"][:count]
    for name in names:
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html_page, encoding="utf-8")
    out = tmp_path / "out"
    run = denag("clean", tmp_path / "in", "-o", out)
    assert (run.code, run.out, run.err) == (0, b"", "")
    files = {str(path.relative_to(out)): path.read_text(encoding="utf-8") for path in out.rglob("*") if path.is_file()}
    assert files == {f"{name}.txt": cleaner.clean(html_page) + "\n" for name in names}
    assert denag("label", out).code == 0


def test_clean_pages_and_rows(denag: Denag, page: Path, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    run = denag("clean", page, write_jsonl("in.jsonl", {"text": "x"}), "-o", tmp_path / "out")
    assert run.code == 2
    assert "expected inputs of one kind" in run.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "page.html"]


def test_clean_warc(
    denag: Denag, tmp_path: Path, html_page: str, warc_record: Callable[..., bytes], cleaner: Cleaner
) -> None:
    (tmp_path / "in.warc").write_bytes(warc_record(html_page.encode()))
    [row] = denag("clean", tmp_path / "in.warc").rows
    assert row["url"] == "https://example.org/page"
    assert row["text"] == cleaner.clean(html_page)


def test_keep_and_drop(denag: Denag, page: Path, cleaner: Cleaner, html_page: str) -> None:
    blocks = {block.text: block.label for block in cleaner.label(html_page)}
    assert len(set(blocks.values())) >= 3
    keep_all = [word for label in LABELS for word in ("--keep", label)]
    assert denag("clean", page, *keep_all).text.splitlines() == list(blocks)
    assert denag("clean", page, "--drop", "content").out == b""
    nags = denag("clean", page, "--drop", "content", "--keep", "newsletter_prompt").text.splitlines()
    assert nags == [text for text, label in blocks.items() if label == "newsletter_prompt"]
    assert nags


def test_runs_are_the_same_bytes(denag: Denag, write_jsonl: Callable[..., Path], rows: list[dict[str, Any]]) -> None:
    path = write_jsonl("in.jsonl", *rows)
    for command in ("label", "clean"):
        for suffix in (".jsonl", ".jsonl.gz", ".jsonl.zst"):
            outs = [path.with_name(f"{n}{suffix}") for n in (1, 2)]
            for out in outs:
                assert denag(command, path, "-o", out).code == 0
            assert outs[0].read_bytes() == outs[1].read_bytes()


# errors


@pytest.fixture
def broken(tmp_path: Path, page: Path) -> Path:
    """A folder of things that are not what they should be, and one page that is."""
    (tmp_path / "page.pdf").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.jsonl.gz").write_bytes(gzip.compress(b'{"text": "x"}\n' * 1000)[:-9])
    (tmp_path / "torn.jsonl.zst").write_bytes(zstandard.compress(b'{"text": "x"}\n' * 1000)[:-3])
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "torn.warc").write_bytes(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{")
    (tmp_path / "nothing.jsonl").touch()
    (tmp_path / "bad.jsonl").write_text(
        '\n{"blocks": [{"text": "a", "label": "content"}, {"text": "b", "label": "ads"}]}'
    )
    return tmp_path


LABEL_NAMES = "content, ad_notice, donation_appeal, newsletter_prompt, paywall_prompt, boilerplate"
FAILURES = {
    "missing file": ("label {0}/no.html", "/no.html: no such file or folder"),
    "missing file of clean": ("clean {0}/page.html {0}/no.jsonl", "/no.jsonl: no such file or folder"),
    "missing file of explain": ("explain {0}/no.html", "/no.html: no such file or folder"),
    "missing file of demo": ("demo {0}/no.html", "/no.html: no such file or folder"),
    "name too long": (f"label {'x' * 300}.html", "xxx.html: File name too long"),
    "unknown suffix": ("label {0}/page.pdf", "/page.pdf: suffix '.pdf' names no input kind, expected one of .html"),
    "empty folder": ("label {0}/empty", "/empty: no .html"),
    "torn gz": ("label {0}/torn.jsonl.gz", "/torn.jsonl.gz: not a whole .gz file"),
    "torn zst": ("clean {0}/torn.jsonl.zst", "/torn.jsonl.zst: not a whole .zst file"),
    "torn parquet": ("label {0}/torn.parquet", "/torn.parquet: not a whole Parquet file"),
    "torn parquet to parquet": ("clean {0}/torn.parquet -o {0}/o.parquet", "/torn.parquet: not a whole Parquet file"),
    "torn warc": ("label {0}/torn.warc", "/torn.warc: record 1: the file ends inside of it"),
    "no model folder": ("label {0}/page.html -m {0}/no", "/no: no such model folder"),
    "empty model folder": ("label {0}/page.html -m {0}/empty", "/empty/config.json: No such file or directory"),
    "torn model": ("clean {0}/page.html -m {0}/model", "/model/config.json: not JSON"),
    "model is a file": ("explain {0}/page.html -m {0}/page.html", "/page.html: no such model folder"),
    "bad label to keep": ("clean {0}/page.html --keep ads", f"'ads' is no label, expected one of {LABEL_NAMES}"),
    "bad label to drop": ("clean {0}/page.html --drop Ads", f"'Ads' is no label, expected one of {LABEL_NAMES}"),
    "kept and dropped": ("clean {0}/page.html --keep content --drop content", "content: both to be kept and"),
    "bad label to explain": ("explain {0}/page.html --label x", f"'x' is no label, expected one of {LABEL_NAMES}"),
    "no output folder": ("label {0}/page.html -o {0}/no/out.jsonl", "/no/out.jsonl: No such file or directory"),
    "no output folder for Parquet": ("clean {0}/rows.parquet -o {0}/no/o.parquet", "/no/o.parquet: "),
    "output is a folder": ("label {0}/page.html -o {0}/empty", "/empty: a folder, expected a file to write to"),
    "output folder is a file": ("clean {0}/page.html {0}/page.html -o {0}/page.pdf", "/page.pdf/page.html.txt: "),
    "output folder inside a file": ("clean {0}/page.html -o {0}/page.pdf/x", "/page.pdf/x: Not a directory"),
    "nothing to evaluate": ("evaluate", "nothing to score on: expected label files, or --corpora DIR"),
    "bad split": ("evaluate {0}/nothing.jsonl --split half", "split is 'half', expected train, dev or test"),
    "no label file": ("evaluate {0}/no.jsonl", "/no.jsonl: No such file or directory"),
    "bad label file": ("evaluate {0}/bad.jsonl", "/bad.jsonl:2: block 1: 'ads' is no label, expected one of"),
    "no folder for figures": ("evaluate {0}/nothing.jsonl --json {0}/no/f.json", "/no/f.json: No such file"),
    "no label file to train on": ("train {0}/no.jsonl -o {0}/m", "/no.jsonl: No such file or directory"),
    "bad label file to train on": ("train {0}/bad.jsonl -o {0}/m", "/bad.jsonl:2: block 1: 'ads' is no label"),
    "no folder for the report": ("evaluate {0}/nothing.jsonl --report {0}/no/r.html", "/no/r.html: No such file"),
    "no earlier figures": ("evaluate {0}/nothing.jsonl --against {0}/no.json", "/no.json: No such file"),
    "other earlier figures": ("evaluate {0}/nothing.jsonl --against {0}/bad.jsonl", "/bad.jsonl: no schema_version"),
    "no floors": ("evaluate {0}/nothing.jsonl --gate {0}/no.json", "/no.json: No such file"),
    "floors to update, but where": ("evaluate {0}/nothing.jsonl --update-floors", "expected --gate FLOORS.json"),
    "lower what": ("evaluate {0}/nothing.jsonl --allow-lower", "--allow-lower without --update-floors"),
    "no corpora for a curve": ("corpora curve {0}/empty", "/empty: no .parquet file in it"),
    "bad shares": ("corpora curve {0}/empty --shares ten", "shares are 'ten', expected whole percentages"),
    "no corpora": ("evaluate --corpora {0}/empty", "/empty: no .parquet file in it"),
    "no corpora to train on": ("train {0}/nothing.jsonl --corpora {0}/no -o {0}/m", "/no: no .parquet file in it"),
    "nothing to train on": ("train {0}/nothing.jsonl -o {0}/m", "no labelled block: expected at least 20 labelled"),
}


@pytest.mark.parametrize(("arguments", "complaint"), FAILURES.values(), ids=FAILURES)
def test_one_clear_line_and_exit_2(arguments: str, complaint: str, denag: Denag, broken: Path) -> None:
    pq.write_table(pa.table({"text": ["One line."]}), broken / "rows.parquet")
    before = sorted(broken.rglob("*"))
    run = denag(*arguments.format(broken).split())
    assert run.code == 2
    assert complaint in run.complaint
    assert sorted(broken.rglob("*")) == before


@pytest.mark.parametrize("command", ["evaluate", "train"])
def test_torn_corpus(command: str, denag: Denag, broken: Path) -> None:
    run = denag(command, "--corpora", broken)
    assert run.code == 2
    assert "torn.parquet" in run.complaint


def test_train_without_any_data(denag: Denag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import training.train

    for folder in ("OWN_LABELS", "SEEDS"):
        monkeypatch.setattr(training.train, folder, tmp_path, raising=False)
    monkeypatch.setattr(training.train, "fit", None)
    run = denag("train", "-o", tmp_path / "model")
    assert run.code == 2
    assert "expected at least 20 labelled blocks of two labels to learn from" in run.complaint
    assert not (tmp_path / "model").exists()


def test_train_on_one_label(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    path = write_jsonl("labels.jsonl", {"id": "a", "blocks": [{"text": "One line", "label": "content"}] * 30})
    run = denag("train", path, "-o", tmp_path / "model")
    assert run.code == 2
    assert "30 content: expected at least 20 labelled blocks of two labels" in run.complaint


@pytest.mark.parametrize("command", ["label", "clean"])
def test_rejected_rows(command: str, denag: Denag, tmp_path: Path) -> None:
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"text": "one", "id": 1}\n{"text": "two"\n{"id": 3}\n{"blocks": ["four"], "id": 4}\n')
    run = denag(command, path, "-o", out)
    assert run.code == 1
    lines = run.err.splitlines()
    assert lines[0].startswith(f"denag: rejected {path}/2: not JSON: ")
    assert lines[1] == f"denag: rejected {path}/3: expected exactly one of 'html', 'text', 'blocks', found none"
    assert lines[2] == "denag: 2 rows rejected, all others done"
    assert len(lines) == 3
    assert [str(json.loads(line)["id"]) for line in out.read_text().splitlines()] == ["1", "4"]


@pytest.mark.parametrize("command", ["explain", "demo"])
def test_rejected_rows_for_people(command: str, denag: Denag, write_jsonl: Callable[..., Path]) -> None:
    run = denag(command, write_jsonl("in.jsonl", {"no": "text"}, {"text": "The bridge opens on Monday."}))
    assert run.code == 1
    assert "rejected" in run.err
    assert "The bridge opens on Monday." in run.text


def test_rejected_parquet_rows(denag: Denag, tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2, 3], "text": ["a", None, "c"]}), tmp_path / "in.parquet")
    run = denag("clean", tmp_path / "in.parquet", "-o", tmp_path / "out.parquet")
    assert run.code == 1
    assert pq.read_table(tmp_path / "out.parquet")["n"].to_pylist() == [1, 3]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "No such option: --nonsense"),
        (["label", "--nonsense", "x.html"], "No such option: --nonsense"),
        (["clean", "x.html", "--keep"], "requires an argument"),
        (["label"], "Missing argument 'INPUT...'"),
        (["demo"], "Missing argument 'INPUT...'"),
        (["lable", "x.html"], "No such command 'lable'"),
        (["train", "--seed", "x"], "Invalid value for '--seed'"),
    ],
)
def test_bad_usage(arguments: list[str], complaint: str, denag: Denag) -> None:
    run = denag(*arguments)
    assert run.code == 2
    assert run.out == b""
    assert complaint in run.err
    assert "Traceback" not in run.err


def test_no_arguments(denag: Denag) -> None:
    run = denag()
    assert run.code == 2
    told = re.sub(r"\x1b\[[0-9;]*m", "", run.text + run.err)
    assert "Usage:" in told
    for command in COMMANDS:
        assert command in told


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?:\s+denag {command} ", result.output)


def test_interrupt(denag: Denag, page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Cleaner, "predict", interrupt)
    run = denag("label", page, "-o", tmp_path / "out.jsonl")
    assert run.code == 130
    assert "Traceback" not in run.err
    assert not list(tmp_path.glob("*out.jsonl"))


# for people


def test_explain(denag: Denag, page: Path, html_page: str) -> None:
    run = denag("explain", page)
    assert (run.code, run.err) == (0, "")
    for block in segment([Document("", html_page, "text/html")]).blocks():
        assert block[:60] in run.text
    assert run.text.count("log odds against") == len(segment([Document("", html_page, "text/html")]).blocks())
    for word in ("context: ", "words: ", "element names: "):
        assert word in run.text
    assert "newsletter" in run.text


def test_explain_one_label(denag: Denag, page: Path) -> None:
    run = denag("explain", page, "--label", "newsletter_prompt")
    assert run.code == 0
    assert "Sign up for our newsletter" in run.text
    assert "the ferry is back" not in run.text
    assert denag("explain", page, "--label", "paywall_prompt").out == b""


def test_demo(denag: Denag, page: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    run = denag("demo", tmp_path)
    assert (run.code, run.err) == (0, "")
    for part in (str(page), "newsletter_prompt", "the ferry is back", "removed 0 of 0 blocks, 0 characters: nothing"):
        assert part in run.text
    assert re.search(r"removed .*: .*[1-9] newsletter_prompt", run.text)


@pytest.mark.parametrize("text", ["[bold]", "[/b] closed", "[link=x]", ":smile:", "a \x1b[31mred\x1b[0m", "\\[a]"])
@pytest.mark.parametrize("command", ["explain", "demo"])
def test_words_that_look_like_console_markup(text: str, command: str, denag: Denag, write_jsonl: Denag) -> None:
    run = denag(command, write_jsonl("in.jsonl", {"id": "x", "text": text}))
    assert run.code == 0
    assert text.replace("\x1b", "\\x1b") in run.text


def test_name_that_looks_like_console_markup(denag: Denag, write_jsonl: Denag) -> None:
    run = denag("demo", write_jsonl("in.jsonl", {"id": "a[/b].html", "text": "One line."}))
    assert run.code == 0
    assert "a[/b].html" in run.text


def test_evaluate(denag: Denag, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    blocks = [{"text": "The bridge opens on Monday, the council said.", "label": "content"}]
    blocks += [{"text": "Subscribe to our newsletter", "label": "newsletter_prompt"}, {"text": "?", "label": None}]
    path = write_jsonl("labels.jsonl", {"id": "a", "lang": "en", "domain": "a.example", "blocks": blocks})
    run = denag("evaluate", path, "--json", tmp_path / "figures.json")
    assert (run.code, run.err) == (0, "")
    assert run.text.startswith("text view: 2 judged blocks on 1 of 1 pages\n")
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["schema_version"] == 1
    assert list(figures["views"]) == ["text"]
    assert figures["views"]["text"]["labels"]["newsletter_prompt"]["support"] == 1


# as a process of its own


def test_process_label(denag_process: Denag, denag: Denag, page: Path) -> None:
    run = denag_process("label", page)
    assert (run.code, run.err) == (0, "")
    assert run.out == denag("label", page).out


def test_process_clean_standard_input(denag_process: Denag, denag: Denag, page: Path) -> None:
    run = denag_process("clean", "-", stdin=page.read_bytes())
    assert (run.code, run.err) == (0, "")
    assert run.out == denag("clean", page).out


def test_process_failures(denag_process: Denag, tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "one"}\n[]\n')
    run = denag_process("label", path)
    assert (run.code, len(run.rows), len(run.err.splitlines())) == (1, 1, 2)
    run = denag_process("clean", tmp_path / "no.html")
    assert (run.code, run.out) == (2, b"")
    assert "no.html: no such file or folder" in run.complaint


MAIN = "from classifier.cli import main; main()"


def test_reader_that_goes_away(tmp_path: Path, text_page: str) -> None:
    path = tmp_path / "big.jsonl"
    path.write_text((json.dumps({"text": text_page}) + "\n") * 1500)
    for command in ("label", "clean"):
        line = f'set -o pipefail; "{sys.executable}" -c "{MAIN}" {command} "{path}" | head -n 1'
        done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.count(b"\n") == 1
        json.loads(done.stdout)


@pytest.mark.parametrize("command", ["explain", "clean --diff"])
def test_reader_of_a_table_that_goes_away(command: str, tmp_path: Path, text_page: str) -> None:
    path = tmp_path / "big.txt"
    path.write_text(text_page * 100)
    line = f'set -o pipefail; "{sys.executable}" -c "{MAIN}" {command} "{path}" | head -c 1'
    done = subprocess.run(["bash", "-c", line], capture_output=True, timeout=120, check=False)
    assert (done.returncode, done.stderr, len(done.stdout)) == (0, b"", 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_disk_that_is_full(page: Path) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", MAIN, "label", page], stdout=full, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert (done.returncode, done.stderr) == (2, b"denag: standard output: No space left on device\n")
