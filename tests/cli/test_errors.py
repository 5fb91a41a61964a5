"""What can not be done is told in one clear line, with exit code 2, and leaves nothing behind."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from .conftest import Denag


@pytest.fixture
def broken(tmp_path: Path, page: Path) -> Path:
    """A folder of things that are not what they should be, and one page that is."""
    (tmp_path / "page.pdf").touch()
    (tmp_path / "taken").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn.jsonl.gz").write_bytes(gzip.compress(b'{"text": "x"}\n' * 1000)[:-9])
    (tmp_path / "torn.jsonl.zst").write_bytes(zstandard.compress(b'{"text": "x"}\n' * 1000)[:-3])
    (tmp_path / "torn.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "torn.warc").write_bytes(b"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: 99\r\n\r\nHTTP/1.1 200")
    (tmp_path / "no.html.gz").write_bytes(b"<p>No gzip at all.</p>")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{")
    (tmp_path / "nothing.jsonl").touch()
    (tmp_path / "one.jsonl").write_text('{"blocks": [{"text": "One line.", "label": "content"}]}\n')
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
    "torn gz to a file": ("label {0}/torn.jsonl.gz -o {0}/o.jsonl", "/torn.jsonl.gz: not a whole .gz file"),
    "no gz to a file": ("clean {0}/no.html.gz -o {0}/o.txt", "/no.html.gz: not a whole .gz file: Not a gzipped file"),
    "torn warc to a file": ("clean {0}/torn.warc -o {0}/o.jsonl", "/torn.warc: record 1: the file ends inside"),
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
    "output folder is a file": ("clean {0}/page.html {0}/page.html -o {0}/taken", "/taken/page.html.txt: "),
    "output folder inside a file": ("clean {0}/page.html -o {0}/page.pdf/x", "/page.pdf/x: Not a directory"),
    "nothing to evaluate": ("evaluate", "nothing to score on: expected label files, or --corpora DIR"),
    "bad split": ("evaluate {0}/nothing.jsonl --split half", "split is 'half', expected train, dev or test"),
    "no label file": ("evaluate {0}/no.jsonl", "/no.jsonl: No such file or directory"),
    "empty label file": ("evaluate {0}/nothing.jsonl", "/nothing.jsonl: no page in it, nothing to score"),
    "bad label file": ("evaluate {0}/bad.jsonl", "/bad.jsonl:2: block 1: 'ads' is no label, expected one of"),
    "no folder for figures": ("evaluate {0}/one.jsonl --json {0}/no/f.json", "/no/f.json: No such file"),
    "no label file to train on": ("train {0}/no.jsonl -o {0}/m", "/no.jsonl: No such file or directory"),
    "bad label file to train on": ("train {0}/bad.jsonl -o {0}/m", "/bad.jsonl:2: block 1: 'ads' is no label"),
    "no folder for the report": ("evaluate {0}/one.jsonl --report {0}/no/r.html", "/no/r.html: No such file"),
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
