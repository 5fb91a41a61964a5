"""Corpora are built from checkouts as their repositories lay them out, and only from pages the manifest names."""

from __future__ import annotations

import gzip
import json
import subprocess
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from classifier import InputError
from training.checkouts import BuildReport, build_corpora, copy_corpora, corpus_rows, other_commit
from training.corpora import block_hash, check_match
from training.manifest import Repository, read_manifest

pytest.importorskip("publicsuffixlist")

PAGE = (
    '<html lang="pt-BR"><head><link rel="canonical" href="https://www.gazeta.com.br/a"></head>'
    "<p>A ponte abre</p></html>"
)

WCXB = Repository("o/wcxb", "c0", "CC-BY-4.0", "wcxb-dev", "wcxb", ("dev/html/*.html.gz",), frozenset({"0001", "0002"}))
TRAFILATURA = Repository(
    "o/traf",
    "c0",
    "Apache-2.0",
    "trafilatura",
    "trafilatura",
    ("tests/cache/*.html", "tests/eval/*.html"),
    frozenset({"a.html", "b.html"}),
    domains={"b.html": "b-html.example"},
    page_type="article",
)
FUNDUS = Repository("o/fundus", "c0", "MIT", "fundus", "fundus", ("data/*/*.html.gz",), frozenset({"at/Post_2024"}))
POSTLIGHT = Repository(
    "o/postl", "c0", "MIT", "postlight", "postlight", ("fixtures/*.html",), frozenset({"blog.post.co.uk.html"})
)
FILES = Repository(
    "o/more",
    "c0",
    "BSD-2-Clause",
    "more/m",
    "files",
    pages=frozenset({"x", "y", "z"}),
    files={"x": "t/x/source.html", "y": "t/y.html", "z": "t/z.html"},
    urls={"y": "http://sub.y.co.uk/1", "z": ""},
    domains={"z": "m.z"},
)


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., None]:
    def put(path: str, content: str | dict[str, Any]) -> None:
        file = tmp_path / "checkouts" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        file.write_bytes(gzip.compress(text.encode()) if path.endswith(".gz") else text.encode())

    return put


def rows_of(repository: Repository, folder: Path) -> tuple[dict[str, dict[str, Any]], BuildReport]:
    report = BuildReport()
    checkout = repository.checkout(folder / "checkouts")
    assert checkout is not None
    rows = {row["id"]: row for row in corpus_rows(repository, checkout, report)}
    return rows, report


# the layout of each repository


def test_wcxb(put: Callable[..., None], tmp_path: Path) -> None:
    truth = {
        "url": "https://shop.example.co.uk/x",
        "_internal": {"page_type": {"primary": "product"}},
        "ground_truth": {"main_content": "A ponte abre", "with": ["ponte"], "without": ["Menu"]},
    }
    put("o/wcxb/dev/html/0001.html.gz", PAGE)
    put("o/wcxb/dev/ground-truth/0001.json", truth)
    put("o/wcxb/dev/html/0009.html.gz", PAGE)
    put("o/wcxb/test/html/0002.html.gz", PAGE)
    rows, report = rows_of(WCXB, tmp_path)
    assert list(rows) == ["wcxb-dev/0001"]
    row = rows["wcxb-dev/0001"]
    assert (row["url"], row["domain"]) == ("https://shop.example.co.uk/x", "example.co.uk")
    assert (row["page_type"], row["lang"], row["html"]) == ("product", "pt", PAGE)
    assert (row["main_content"], row["snippets_with"], row["snippets_without"]) == ("A ponte abre", ["ponte"], ["Menu"])
    assert report.n_unnamed == {"o/wcxb": 1}
    assert report.absent == ["wcxb-dev/0002"]


def test_trafilatura(put: Callable[..., None], tmp_path: Path) -> None:
    put("traf/tests/cache/a.html", PAGE)
    put("traf/tests/eval/b.html", "<p>no address")
    put("traf/tests/evaldata.json", {"https://a.example/1": {"file": "a.html", "with": ["A"], "without": ["B"]}})
    rows, report = rows_of(TRAFILATURA, tmp_path)
    a, b = rows["trafilatura/a.html"], rows["trafilatura/b.html"]
    assert (a["url"], a["domain"], a["snippets_with"], a["main_content"]) == (
        "https://a.example/1",
        "a.example",
        ["A"],
        None,
    )
    assert (b["url"], b["domain"], b["lang"], b["page_type"]) == (None, "b-html.example", None, "article")
    assert not report.absent


def test_fundus(put: Callable[..., None], tmp_path: Path) -> None:
    put("fundus/data/at/Post_2024.html.gz", PAGE)
    put("fundus/data/at/meta.info", {"Post_2024.html.gz": {"url": "https://orf.at/1", "crawl_date": "2024"}})
    rows, _ = rows_of(FUNDUS, tmp_path)
    assert {page: (row["url"], row["domain"]) for page, row in rows.items()} == {
        "fundus/at/Post_2024": ("https://orf.at/1", "orf.at")
    }


def test_postlight(put: Callable[..., None], tmp_path: Path) -> None:
    put("postl/fixtures/blog.post.co.uk.html", PAGE)
    put("postl/fixtures/blog.post.co.uk/1476389931786.html", PAGE)
    rows, _ = rows_of(POSTLIGHT, tmp_path)
    (row,) = rows.values()
    assert (row["id"], row["url"], row["domain"]) == (
        "postlight/blog.post.co.uk.html",
        "http://blog.post.co.uk",
        "post.co.uk",
    )


def test_files(put: Callable[..., None], tmp_path: Path) -> None:
    put("more/t/x/source.html", PAGE)
    put("more/t/y.html", PAGE)
    put("more/t/z.html", PAGE)
    put("more/t/other.html", PAGE)
    rows, _ = rows_of(FILES, tmp_path)
    assert {page: (row["url"], row["domain"]) for page, row in rows.items()} == {
        "more/m/x": ("https://www.gazeta.com.br/a", "gazeta.com.br"),
        "more/m/y": ("http://sub.y.co.uk/1", "y.co.uk"),
        "more/m/z": (None, "m.z"),
    }
    assert rows["more/m/x"]["source"] == "o/more@c0:t/x/source.html"
    assert rows["more/m/x"]["license"] == "BSD-2-Clause"


# what goes wrong


def test_unreadable_pages_and_truths_are_told(put: Callable[..., None], tmp_path: Path) -> None:
    put("wcxb/dev/html/0001.html.gz", PAGE)
    torn = tmp_path / "checkouts" / "wcxb" / "dev" / "html" / "0002.html.gz"
    torn.write_bytes(gzip.compress(PAGE.encode())[:-12])
    rows, report = rows_of(WCXB, tmp_path)
    assert list(rows) == ["wcxb-dev/0001"]
    notes = "\n".join(report.notes)
    assert "0001.json: not readable" in notes
    assert "0002.html.gz: not readable, left out" in notes
    assert report.absent == ["wcxb-dev/0002"]


def test_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"neither a \.parquet file nor a checkout of o/wcxb"):
        build_corpora([WCXB], tmp_path, tmp_path / "out")


def git(folder: Path, *args: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=T", "-c", "user.email=t@t.example", *args]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_other_commit(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    (folder / "inner").mkdir(parents=True)
    git(folder, "init", "-q")
    git(folder, "commit", "-q", "--allow-empty", "-m", "one")
    head = git(folder, "rev-parse", "HEAD")
    assert other_commit(folder, head) is None
    assert other_commit(folder, head[:7]) is None
    assert other_commit(folder, "0000000") == head
    assert other_commit(folder / "inner", head) == "no known commit"
    assert other_commit(tmp_path, head) == "no known commit"


# the whole way


def test_build(put: Callable[..., None], tmp_path: Path, write_jsonl: Callable[..., Path]) -> None:
    put("o/wcxb/dev/html/0001.html.gz", PAGE)
    put("o/wcxb/dev/ground-truth/0001.json", {"url": "https://a.example/", "ground_truth": {"main_content": "A ponte"}})
    put("more/t/y.html", PAGE)
    report = build_corpora([WCXB, FUNDUS, FILES], tmp_path / "checkouts", tmp_path / "out")
    assert report.n_pages == {"wcxb-dev": 1, "more": 1}
    assert report.not_checked_out == ["o/fundus"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["more.parquet", "wcxb-dev.parquet"]
    assert any("checkout is at no known commit, the labels were made at c0" in note for note in report.notes)
    assert "3 named pages not in their checkout, the first: wcxb-dev/0002, more/m/x, more/m/z" in str(report)
    write_jsonl("s.jsonl", {"page": "more/m/y", "labels": [[block_hash("A ponte abre"), 0, "content"]]})
    assert check_match(tmp_path / "out", tmp_path).is_sound


def test_parquet_is_taken_as_it_is(tmp_path: Path) -> None:
    folder, output = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    pq.write_table(pa.table({"id": ["a", "b"], "domain": ["a", "b"], "html": ["<p>", "<p>"]}), folder / "x.parquet")
    (folder / "phrases.jsonl").write_text("{}\n")
    assert copy_corpora(folder, folder).n_pages == {"x": 2}
    assert copy_corpora(folder, output).n_pages == {"x": 2}
    assert sorted(path.name for path in output.iterdir()) == ["phrases.jsonl", "x.parquet"]
    pq.write_table(pa.table({"id": ["a"]}), folder / "y.parquet")
    with pytest.raises(InputError, match=r"y\.parquet: no column domain, html"):
        copy_corpora(folder, output)


# the manifest


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[repository]\n", "not TOML"),
        ('[[repository]]\nname = "a/b"\n', "repository 1: expected commit, license, prefix, layout to be a string"),
        (
            '[[repository]]\nname = "a/b"\ncommit = "c"\nlicense = "MIT"\nprefix = "p"\nlayout = "zip"\n',
            "layout 'zip', expected one of wcxb,",
        ),
        (
            '[[repository]]\nname = "a/b"\ncommit = "c"\nlicense = "MIT"\nprefix = "p"\nlayout = "files"\nurl = "u"\n',
            "unknown url",
        ),
    ],
)
def test_bad_manifest(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=r"m\.toml") as caught:
        read_manifest(path)
    assert complaint in str(caught.value)


def test_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_manifest(tmp_path / "m.toml")


def test_own_manifest_keeps_to_training_pages() -> None:
    repositories = read_manifest()
    patterns = [pattern for repository in repositories for pattern in (*repository.paths, *repository.files.values())]
    assert not any(fnmatch("test/html/0001.html.gz", pattern) for pattern in patterns)
    names = [repository.name.lower() for repository in repositories]
    assert not any("article-extraction-benchmark" in name for name in names)
    assert len(set(names)) == len(names)
    assert all(repository.paths or repository.files for repository in repositories)
    ids = [f"{repository.prefix}/{name}" for repository in repositories for name in repository.pages]
    assert len(set(ids)) == len(ids) == 2925


def test_own_manifest_names_the_corpora(shared: Path) -> None:
    pages = {
        f"{repository.prefix}/{name}": repository.domains.get(name)
        for repository in read_manifest()
        for name in repository.pages
    }
    found: dict[str, str] = {}
    for path in sorted((shared / "corpora").glob("*.parquet")):
        found |= {row["id"]: row["domain"] for row in pq.read_table(path, columns=["id", "domain"]).to_pylist()}
    assert set(pages) == set(found)
    assert all(found[page] == domain for page, domain in pages.items() if domain is not None)
