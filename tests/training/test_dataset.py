"""Splits that never move, and label files that are right or refused with the place where they are not."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier import LABELS, InputError, LabelsError
from classifier.segment import segment_html
from training.dataset import UNKNOWN, fold_of, lay_on, read_labelled_pages, read_rows, read_seeds, split_of

NUMBER = {str(label): i for i, label in enumerate(LABELS)}


# splits


@pytest.mark.parametrize(
    ("domain", "split", "fold"),
    [
        ("example.org", "train", 1),
        ("derstandard.at", "train", 3),
        ("bbc.co.uk", "train", 2),
        ("zeit.de", "train", 0),
        ("theguardian.com", "train", 4),
        ("пример.рф", "dev", 1),
        ("", "dev", 0),
        ("python.org", "dev", 2),
        ("nytimes.com", "test", 3),
        ("nzz.ch", "test", 1),
    ],
)
def test_split_and_fold_of_a_domain_never_move(domain: str, split: str, fold: int) -> None:
    assert (split_of(domain), fold_of(domain, 5)) == (split, fold)


def test_shares() -> None:
    domains = [f"site{i}.example" for i in range(20_000)]
    shares = {split: n / len(domains) for split, n in Counter(map(split_of, domains)).items()}
    assert shares == {
        "train": pytest.approx(0.8, abs=0.01),
        "dev": pytest.approx(0.1, abs=0.01),
        "test": pytest.approx(0.1, abs=0.01),
    }
    folds = Counter(fold_of(domain, 5) for domain in domains)
    assert set(folds) == set(range(5))
    assert all(n / len(domains) == pytest.approx(0.2, abs=0.01) for n in folds.values())


def test_folds_do_not_depend_on_splits() -> None:
    domains = [f"site{i}.example" for i in range(20_000)]
    together = Counter((split_of(domain), fold_of(domain, 5)) for domain in domains)
    for split, share in (("train", 0.8), ("dev", 0.1), ("test", 0.1)):
        for fold in range(5):
            assert together[split, fold] / len(domains) == pytest.approx(share / 5, abs=0.01)


@given(st.text(), st.integers(1, 40))
def test_any_name_has_a_split_and_a_fold(domain: str, n_folds: int) -> None:
    assert split_of(domain) in ("train", "dev", "test")
    assert 0 <= fold_of(domain, n_folds) < n_folds


def test_written_pages_train_wherever_their_domain_falls(write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("pages.jsonl", {"id": "a", "domain": "nytimes.com", "blocks": []})
    assert [page.split for page in read_labelled_pages([path])] == ["train"]
    assert [page.split for page in read_labelled_pages([path], written=False)] == ["test"]


# label files


def test_page_of_blocks(write_jsonl: Callable[..., Path]) -> None:
    row = {
        "id": "a",
        "domain": "a.example",
        "lang": "de",
        "kind": "news",
        "blocks": [
            {"text": "Die Brücke", "label": "content", "tag": "h1"},
            {"text": "", "label": "boilerplate"},
            {"text": "Zwei\nZeilen", "label": None},
            {"text": "Abonnieren", "label": "newsletter_prompt"},
        ],
        "main_content": "Die Brücke",
    }
    [page] = read_labelled_pages([write_jsonl("pages.jsonl", row)])
    assert (page.id, page.domain, page.lang, page.kind, page.written) == ("a", "a.example", "de", "news", True)
    assert page.batch.blocks() == ["Die Brücke", "", "Zwei Zeilen", "Abonnieren"]
    assert page.batch.layout is None
    assert page.labels.tolist() == [0, NUMBER["boilerplate"], UNKNOWN, NUMBER["newsletter_prompt"]]
    assert page.main.tolist() == [UNKNOWN] * 4
    assert page.main_content == "Die Brücke"


def test_page_of_markup_is_cut_anew(write_jsonl: Callable[..., Path]) -> None:
    html = "<div class='box'><p>One  <b>two</b></p><p>Same</p><p>New</p><p>Same</p></div>"
    blocks = [
        {"text": "One two", "label": "content"},
        {"text": "Same", "label": "ad_notice"},
        {"text": "Gone", "label": "content"},
        {"text": "Same", "label": "boilerplate"},
    ]
    [page] = read_labelled_pages([write_jsonl("pages.jsonl", {"html": html, "blocks": blocks})])
    assert page.batch.blocks() == ["One two", "Same", "New", "Same"]
    assert page.batch.layout is not None
    assert page.labels.tolist() == [0, NUMBER["ad_notice"], UNKNOWN, NUMBER["boilerplate"]]
    assert page.bare.batch.layout is None
    assert page.bare.batch.blocks() == page.batch.blocks()
    assert page.bare.labels is page.labels


def test_labels_that_find_no_block_are_told(write_jsonl: Callable[..., Path]) -> None:
    html = "<p>One</p><p>Two</p>"
    some = [{"text": text, "label": "content"} for text in ("One", "Tw", "Three")] + [{"text": "o", "label": None}]
    paths = [
        write_jsonl("some.jsonl", {"html": html, "blocks": some}, {"html": html, "blocks": some[:1]}),
        write_jsonl("none.jsonl", {"html": html, "blocks": some[1:]}),
        write_jsonl("all.jsonl", {"html": html, "blocks": some[:1]}),
        write_jsonl("bare.jsonl", {"blocks": some}),
    ]
    told: list[str] = []
    pages = read_labelled_pages(paths, warn=told.append)
    assert [page.n_unplaced for page in pages] == [2, 0, 2, 0, 0]
    assert told == [
        f"{paths[0]}: 2 of 4 labels found no block of the page's markup",
        f"{paths[1]}: 2 of 2 labels found no block of the page's markup",
    ]
    with pytest.raises(LabelsError, match=r"none\.jsonl: 2 of 2 labels found no block of the page's markup; expected"):
        read_labelled_pages([paths[1]], warn=told.append)
    assert len(told) == 2


def test_what_a_page_need_not_say(write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("pages.jsonl", {"blocks": []}, {"id": 5, "page_type": "shop", "lang": None, "blocks": []})
    first, second = read_labelled_pages([path])
    assert (first.id, first.domain, first.lang, first.kind) == (f"{path}:1", f"{path}:1", "?", "?")
    assert (second.id, second.domain, second.lang, second.kind) == ("5", "5", "?", "shop")
    assert first.batch.n_blocks == 0


def test_files_in_order_compressed_or_not(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    plain = write_jsonl("a.jsonl", {"id": "1", "blocks": []}, {"id": "2", "blocks": []})
    packed = tmp_path / "b.jsonl.gz"
    packed.write_bytes(gzip.compress(b'\n{"id": "3", "blocks": []}\n'))
    assert [page.id for page in read_labelled_pages([packed, plain])] == ["3", "1", "2"]


GOOD = '{"blocks": [{"text": "a", "label": "content"}]}'
BAD = {
    "not JSON": ('{"blocks": [', ":3: not JSON: "),
    "not UTF-8": ("\udcff", ":3: not JSON: "),
    "a list": ("[]", ":3: expected an object, found list"),
    "no blocks": ("{}", ":3: expected 'blocks' to be a list, found NoneType"),
    "blocks are an object": ('{"blocks": {}}', ":3: expected 'blocks' to be a list, found dict"),
    "a block is a string": ('{"blocks": ["a"]}', ":3: block 0: expected an object with 'text' and 'label'"),
    "a block without text": (
        '{"blocks": [{"text": "a", "label": "content"}, {"label": "content"}]}',
        ":3: block 1: expected an object with 'text' and 'label'",
    ),
    "unknown label": (
        '{"blocks": [{"text": "a"}, {"text": "b", "label": "ads"}]}',
        ":3: block 1: 'ads' is no label, expected one of content, ad_notice, donation_appeal, newsletter_prompt, "
        "paywall_prompt, boilerplate or null",
    ),
    "label of another kind": ('{"blocks": [{"text": "a", "label": 3}]}', ":3: block 0: 3 is no label, expected"),
}


@pytest.mark.parametrize(("line", "complaint"), BAD.values(), ids=BAD)
def test_bad_label_file(line: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(f"{GOOD}\n\n{line}\n{GOOD}\n".encode("utf-8", "surrogateescape"))
    with pytest.raises(LabelsError) as caught:
        read_labelled_pages([path])
    assert str(caught.value).startswith(f"{path}{complaint}")


def test_label_that_is_a_list(write_jsonl: Callable[..., Path]) -> None:
    path = write_jsonl("labels.jsonl", {"blocks": [{"text": "a", "label": ["content"]}]})
    with pytest.raises(LabelsError, match=r":1: block 0: "):
        read_labelled_pages([path])


def test_label_file_that_is_torn_or_missing(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl.gz"
    with pytest.raises(InputError, match=r"labels\.jsonl\.gz: No such file"):
        read_labelled_pages([path])
    path.write_bytes(gzip.compress(f"{GOOD}\n".encode() * 100)[:-9])
    with pytest.raises(InputError, match=r"labels\.jsonl\.gz: not a whole \.gz file"):
        read_labelled_pages([path])


def test_rows_have_their_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('\n{"a": 1}\n \n{"a": 2}')
    assert list(read_rows(path)) == [(2, {"a": 1}), (4, {"a": 2})]


# seeds


def write_seed(folder: Path, name: str, page: str, labels: list[tuple[str, str]]) -> None:
    (folder / name).write_text(page, encoding="utf-8")
    rows = [json.dumps({"text": text, "label": label}) + "\n" for text, label in labels]
    (folder / f"{name.rsplit('.', 1)[0]}.labels.jsonl").write_text("".join(rows))


def test_seeds(tmp_path: Path) -> None:
    write_seed(tmp_path, "b.fr.txt", "Un\n\nMenu\n", [("Un", "content"), ("Menu", "boilerplate")])
    write_seed(tmp_path, "a.de.html", "<p>Eins</p><p>Werbung", [("Eins", "content"), ("Werbung", "ad_notice")])
    html, text = read_seeds(tmp_path)
    assert (html.id, html.lang, html.split, text.id, text.lang) == ("a.de", "de", "train", "b.fr", "fr")
    assert html.batch.layout is not None
    assert text.batch.layout is None
    assert (html.labels.tolist(), text.labels.tolist()) == ([0, 1], [0, NUMBER["boilerplate"]])
    assert read_seeds(tmp_path / "none") == []


def test_seed_whose_labels_are_not_those_of_its_blocks(tmp_path: Path) -> None:
    write_seed(tmp_path, "a.en.txt", "One\nTwo\n", [("One", "content")])
    with pytest.raises(LabelsError, match=r"a\.en\.labels\.jsonl: 1 labelled blocks are not the 2 blocks"):
        read_seeds(tmp_path)


# labels laid on blocks cut anew


@pytest.mark.parametrize(
    ("texts", "labels", "blocks", "expected"),
    [
        (["a", "b"], [0, 5], ["a", "b"], [0, 5]),
        (["a", "b"], [0, 5], ["b", "a"], [5, 0]),
        (["a b"], [3], ["ab", "a  b"], [3, UNKNOWN]),
        (["a", "a", "a"], [1, 2, 3], ["a", "x", "a"], [1, UNKNOWN, 2]),
        (["a", "a"], [UNKNOWN, 2], ["a", "a"], [UNKNOWN, 2]),
        ([], [], ["a"], [UNKNOWN]),
        (["a"], [0], [], []),
    ],
)
def test_lay_on(texts: list[str], labels: list[int], blocks: list[str], expected: list[int]) -> None:
    laid, n_unplaced = lay_on(texts, np.array(labels, np.int8), blocks)
    assert laid.tolist() == expected
    assert n_unplaced == sum(label != UNKNOWN for label in labels) - sum(label != UNKNOWN for label in expected)


CUT_OTHERWISE = {
    "one text is several blocks": (["a b\nc", "d"], [2, 0], ["a", "b c", "d"], [2, 2, 0], 0),
    "several texts are one block": (["a", "b", "c"], [3, 3, 0], ["a b", "c"], [3, 0], 0),
    "of two labels": (["a", "b", "c"], [3, 0, 0], ["a b", "c"], [UNKNOWN, 0], 2),
    "one of them not judged": (["a", "b"], [3, UNKNOWN], ["a b"], [UNKNOWN], 1),
    "not judged": (["a b"], [UNKNOWN], ["a", "b"], [UNKNOWN, UNKNOWN], 0),
    "boundaries that cross": (["a b", "c d"], [0, 0], ["a", "b c", "d"], [UNKNOWN] * 3, 2),
    "a part": (["a b", "a b c d"], [0, 1], ["a", "b c"], [UNKNOWN] * 2, 2),
    "not in a row": (["a b"], [1], ["a", "x", "b"], [UNKNOWN] * 3, 1),
    "a block of its own comes first": (["b", "b a"], [1, 2], ["b", "a", "b", "a"], [1, UNKNOWN, 2, 2], 0),
    "twice": (["a b", "a b"], [1, 2], ["a", "b", "x", "a", "b"], [1, 1, UNKNOWN, 2, 2], 0),
    "no text": (["", "a"], [5, 0], ["a"], [0], 1),
    "blocks without text": (["a b"], [4], ["a", "", "b"], [UNKNOWN] * 3, 1),
    "nothing fits": (["x", "y"], [0, 1], ["a", "b"], [UNKNOWN] * 2, 2),
}


@pytest.mark.parametrize(
    ("texts", "labels", "blocks", "expected", "n_unplaced"), CUT_OTHERWISE.values(), ids=CUT_OTHERWISE
)
def test_blocks_cut_otherwise(
    texts: list[str], labels: list[int], blocks: list[str], expected: list[int], n_unplaced: int
) -> None:
    laid, n = lay_on(texts, np.array(labels, np.int8), blocks)
    assert (laid.tolist(), n) == (expected, n_unplaced)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 2), st.booleans()), max_size=25))
def test_a_label_never_goes_to_words_of_another(pieces: list[tuple[str, int, bool]]) -> None:
    """Distinct words, cut in two ways: each block gets the label that all its words have, or none."""
    words = [f"{word}{i};" for i, (word, _, _) in enumerate(pieces)]
    truth = {word: label for word, (_, label, _) in zip(words, pieces, strict=True)}
    blocks: list[list[str]] = []
    for word, (_, _, opens) in zip(words, pieces, strict=True):
        if opens or not blocks:
            blocks.append([])
        blocks[-1].append(word)
    laid, n_unplaced = lay_on(words, np.array(list(truth.values()), np.int8), [" ".join(block) for block in blocks])
    for label, block in zip(laid.tolist(), blocks, strict=True):
        found = {truth[word] for word in block}
        assert found == {label} if label != UNKNOWN else len(found) > 1
    assert n_unplaced == sum(len(block) for label, block in zip(laid.tolist(), blocks, strict=True) if label == UNKNOWN)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "a b", "c"]), st.integers(-1, 5)), max_size=30))
def test_lay_on_the_same_blocks_changes_nothing(blocks: list[tuple[str, int]]) -> None:
    texts, labels = [text for text, _ in blocks], np.array([label for _, label in blocks], np.int8)
    laid, n_unplaced = lay_on(texts, labels, texts)
    assert (laid.tolist(), n_unplaced) == (labels.tolist(), 0)


def test_blocks_of_markup_survive_the_label_format(html_page: str, write_jsonl: Callable[..., Path]) -> None:
    blocks = segment_html([html_page]).blocks()
    rows = [{"text": text, "label": str(LABELS[i % 6])} for i, text in enumerate(blocks)]
    [page] = read_labelled_pages([write_jsonl("p.jsonl", {"html": html_page, "blocks": json.loads(json.dumps(rows))})])
    assert page.labels.tolist() == [i % 6 for i in range(len(blocks))]
