"""Label files keep their format, their promised size, and no two pages repeat each other."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from classifier import LABELS
from classifier.segment import segment_html
from training.corpora import read_standoff
from training.dataset import read_labelled_pages
from training.manifest import read_manifest
from training.tables import label_tables

LABEL_DIR = Path(__file__).parents[2] / "labels"
PAGES = sorted(LABEL_DIR.glob("pages/*.jsonl"))
COUNTER = sorted(LABEL_DIR.glob("counter/*.jsonl"))
STANDOFF = sorted(LABEL_DIR.glob("standoff/*.jsonl"))
LANGUAGES = "en de fr es it pt nl pl sv ru uk tr ar fa hi zh ja ko vi id cs hu ro el da".split()
N_HASHES = 64
ALIKE = 0.5


def rows(paths):
    return [json.loads(line) for path in paths for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", PAGES + COUNTER, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_written_pages_keep_the_schema(path):
    pages = read_labelled_pages([path])
    assert all(page.batch.n_blocks >= 10 for page in pages)
    for row in rows([path]):
        assert set(row) - {"html"} == {"id", "url", "domain", "lang", "kind", "blocks"}
        assert row["domain"].endswith(".example")
        assert row["lang"] == path.stem
        in_markup = "html" in row
        keys = {"text", "label"} if in_markup else {"text", "label", "tag", "group"}
        assert all(set(block) == keys for block in row["blocks"])
        if in_markup:
            assert segment_html([row["html"]]).blocks() == [block["text"] for block in row["blocks"]]


def test_every_label_file_is_checked_here():
    known = {*PAGES, *COUNTER, *STANDOFF, *(LABEL_DIR / name for name in ("README.md", "GUIDE.md", "corpora.toml"))}
    assert {path for path in LABEL_DIR.rglob("*") if path.is_file()} == known
    assert len(read_standoff()) > 1000


@pytest.mark.parametrize("path", STANDOFF, ids=lambda path: path.name)
def test_standoff_labels_keep_the_schema(path):
    pages = {f"{source.prefix}/{name}" for source in read_manifest() for name in source.pages}
    seen = set()
    for row in rows([path]):
        assert set(row) == {"page", "domain", "lang", "labels"}
        assert row["page"] in pages
        assert row["page"] not in seen
        seen.add(row["page"])
        assert isinstance(row["domain"], str)  # a few pages of the corpora tell no address
        assert row["labels"]
        for key, number, label in row["labels"]:
            assert re.fullmatch("[0-9a-f]{12}", key)
            assert isinstance(number, int)
            assert number >= 0
            assert label in set(LABELS)


def test_no_block_is_labelled_twice():
    for page, labels in read_standoff().items():
        blocks = Counter((key, number) for key, number, _ in labels)
        assert max(blocks.values()) == 1, page


def test_readme_has_the_tables_of_the_command():
    readme = (LABEL_DIR / "README.md").read_text(encoding="utf-8")
    assert label_tables(LABEL_DIR) in readme, "denag corpora table prints the tables that belong there"


def test_tables_count_every_block_once(tmp_path):
    for folder, row in {
        "pages/de.jsonl": {"id": "a", "lang": "de", "blocks": [{"label": "content"}, {"label": "paywall_prompt"}]},
        "standoff/x.jsonl": {"page": "x/1", "lang": "de", "labels": [["00", 0, "content"]]},
        "standoff/y.jsonl": {"page": "x/1", "lang": "de", "labels": [["00", 1, "ad_notice"]]},
    }.items():
        (tmp_path / folder).parent.mkdir(exist_ok=True)
        (tmp_path / folder).write_text(json.dumps(row))
    tables = label_tables(tmp_path)
    assert "| others | 2 | 4 | 2 | 1 | 0 | 0 | 1 | 0 |" in tables
    assert "| `standoff/`, x | 1 | 2 | 1 | 1 | 0 | 0 | 0 | 0 |" in tables
    assert tables.count("| **all** | 2 | 4 | 2 | 1 | 0 | 0 | 1 | 0 |") == 2


def test_ids_are_unique():
    ids = Counter(row["id"] for row in rows(PAGES + COUNTER))
    assert max(ids.values()) == 1


def test_there_are_as_many_written_pages_as_promised():
    pages = rows(PAGES)
    by_lang = Counter(row["lang"] for row in pages)
    labels = Counter(block["label"] for row in pages for block in row["blocks"])
    assert len(pages) >= 400
    assert sum(labels.values()) >= 8000
    assert all(by_lang[lang] >= 10 for lang in LANGUAGES)
    assert all(labels[label] >= 800 for label in LABELS if label not in ("content", "boilerplate"))
    assert len(rows(COUNTER)) >= 150


def test_no_two_pages_share_a_sentence():
    first = {}
    shared = []
    for row in rows(PAGES + COUNTER):
        for block in row["blocks"]:
            text = " ".join(block["text"].casefold().split())
            if len(text) > 30 and first.setdefault(text, row["id"]) != row["id"]:
                shared.append((first[text], row["id"], text))
    assert not shared


def test_near_duplicate_pages_are_rare():
    """MinHash (Broder 1997) over word trigrams, compared within a language."""
    signatures = defaultdict(list)
    for row in rows(PAGES + COUNTER):
        words = re.findall(r"\w+", " ".join(block["text"] for block in row["blocks"]).casefold())
        if row["lang"] in ("zh", "ja", "th", "ko"):
            words = list("".join(words))
        shingles = {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}
        signatures[row["lang"]].append(minhash(shingles))
    n_pages = n_alike = 0
    for group in signatures.values():
        stacked = np.array(group)
        alike = (stacked[:, None, :] == stacked[None, :, :]).mean(axis=2) >= ALIKE
        np.fill_diagonal(alike, False)
        n_pages += len(group)
        n_alike += int(alike.any(axis=1).sum())
    assert n_alike / n_pages < 0.02


def minhash(shingles):
    hashed = (hashlib.blake2b(shingle.encode(), digest_size=8).digest() for shingle in sorted(shingles))
    digests = np.array([int.from_bytes(digest) for digest in hashed], np.uint64)
    salts = np.random.default_rng(0).integers(1, 2**63, N_HASHES, dtype=np.uint64) | np.uint64(1)
    return ((digests[:, None] * salts) >> np.uint64(20)).min(axis=0)
