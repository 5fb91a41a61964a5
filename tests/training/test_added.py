"""A label of one's own is learnt from a few pages, served by every command, and the six stay what they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import LABELS, Cleaner, Document, LabelsError, Policy
from classifier.artefact import CARD, read_config, read_model, write_model
from classifier.model import SequenceModel
from classifier.types import VIEWS
from training.adapt import adapt, held_out_figures
from training.added import only_the_six
from training.dataset import UNKNOWN, LabelledPage, labels_with_own, read_labelled_pages, read_seeds
from training.evaluate import score_pages, summarise

ROOT = Path(__file__).parents[2]
CONSENT = len(LABELS)
NAMES = (*LABELS, "consent_notice")
CRUMBS = ("cookie", "Cookie", "Accept all", "consent")
Denag = Callable[..., Any]
Rows = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="module")
def site(consent_site: Rows, tmp_path_factory: pytest.TempPathFactory) -> list[LabelledPage]:
    path = tmp_path_factory.mktemp("consent") / "site.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in consent_site(0, 24)), encoding="utf-8")
    return read_labelled_pages([path], written=False, known=NAMES)


@pytest.fixture(scope="module")
def own(cleaner: Cleaner, site: list[LabelledPage]) -> SequenceModel:
    return adapt(cleaner.model, site[:12], labels=NAMES)


def figures(model: SequenceModel, pages: Sequence[LabelledPage], view: Any) -> dict[str, Any]:
    return summarise(score_pages(Cleaner(model), pages, view, labels=NAMES), intervals=False)


@pytest.mark.parametrize("view", VIEWS)
def test_notices_of_other_pages_are_found(
    view: Any, cleaner: Cleaner, own: SequenceModel, site: list[LabelledPage]
) -> None:
    """Some of the notices have words that no page learnt from has."""
    now, before = figures(own, site[12:], view), figures(cleaner.model, site[12:], view)
    assert now["labels"]["consent_notice"]["support"] > 30
    assert before["labels"]["consent_notice"]["f1"] == 0
    assert now["labels"]["consent_notice"]["f1"] > 0.9
    for label in ("content", "newsletter_prompt", "boilerplate"):
        assert now["labels"][label]["f1"] >= before["labels"][label]["f1"]
    assert now["content_words_kept"] > 0.92


@pytest.mark.parametrize("view", VIEWS)
def test_other_pages_keep_the_six(view: str, cleaner: Cleaner, own: SequenceModel, site: list[LabelledPage]) -> None:
    """Only what asks for consent gets the new label; the rest has the labels that the six alone would have got."""
    six = Cleaner(adapt(cleaner.model, [only_the_six(page) for page in site[:12]]))
    for page in read_seeds(ROOT / "seeds"):
        if view == "html" and page.batch.layout is None:
            continue
        batch = page.batch if view == "html" else page.bare.batch
        labels, probabilities = Cleaner(own).predict(batch)
        without, _ = six.predict(batch)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-4)
        for i in np.flatnonzero(labels != without):
            assert labels[i] == CONSENT
            assert any(crumb in batch.block(i) for crumb in CRUMBS), batch.block(i)


def test_the_six_learn_nothing_from_added_labels(
    cleaner: Cleaner, own: SequenceModel, site: list[LabelledPage]
) -> None:
    six = adapt(cleaner.model, [only_the_six(page) for page in site[:12]])
    for name in ("own", "around", "layout"):
        np.testing.assert_array_equal(getattr(six, name).quantised, getattr(own, name).quantised)


def test_results_do_not_depend_on_the_batch(own: SequenceModel, site: list[LabelledPage]) -> None:
    pages = [page.batch.blocks() for page in site]
    alone = [Cleaner(own).label_blocks([page])[0] for page in pages]
    together = Cleaner(own).label_blocks(pages)
    for one, other in zip(alone, together, strict=True):
        assert one.labels == other.labels
        np.testing.assert_array_equal(one.probabilities, other.probabilities)
    assert Cleaner(own).label_blocks([[]])[0].probabilities.shape == (0, len(NAMES))


def test_pages_without_layout_teach_both_views(cleaner: Cleaner, site: list[LabelledPage]) -> None:
    bare = adapt(cleaner.model, [page.bare for page in site[:12]], labels=NAMES)
    for view in VIEWS:
        assert figures(bare, site[12:], view)["labels"]["consent_notice"]["f1"] > 0.8


def test_unjudged_blocks_and_notices_alone_are_enough(cleaner: Cleaner, site: list[LabelledPage]) -> None:
    """Whoever labels nothing but notices gets them, not a model that sees them everywhere."""
    only = [replace(page, labels=np.where(page.labels == CONSENT, CONSENT, UNKNOWN).astype(np.int8)) for page in site]
    now = figures(adapt(cleaner.model, only[:12], labels=NAMES), site[12:], "html")
    assert now["labels"]["consent_notice"]["recall"] > 0.9
    assert now["labels"]["consent_notice"]["precision"] > 0.9


def test_one_page(cleaner: Cleaner, site: list[LabelledPage]) -> None:
    own = adapt(cleaner.model, site[:1], labels=NAMES)
    labels, _ = Cleaner(own).predict(site[0].batch)
    assert (labels[site[0].labels == CONSENT] == CONSENT).all()


def test_one_label_more(own: SequenceModel, site: list[LabelledPage]) -> None:
    """A continued model is continued: it keeps its own label where the new pages lack it, and learns another."""
    names = (*NAMES, "letter_box")
    newsletter = LABELS.index("newsletter_prompt")
    pages = [
        replace(page, labels=np.where(page.labels == newsletter, CONSENT + 1, page.labels).astype(np.int8))
        for page in site[:12]
    ]
    unjudged = [
        replace(page, labels=np.where(page.labels == CONSENT, UNKNOWN, page.labels).astype(np.int8)) for page in pages
    ]
    onward = adapt(own, unjudged, labels=names)
    assert onward.labels == names
    given = np.concatenate([Cleaner(onward).predict(page.batch)[0] for page in site[12:]])
    truth = np.concatenate([page.labels for page in site[12:]])
    assert (given[truth == CONSENT] == CONSENT).mean() > 0.9
    assert (given[truth == newsletter] == CONSENT + 1).mean() > 0.9
    assert onward.added is not None
    assert own.added is not None
    np.testing.assert_array_equal(onward.added.onward[:1], own.added.onward)


def test_explanations_add_up(own: SequenceModel, consent_site: Rows) -> None:
    cleaner = Cleaner(own)
    labels = set()
    for page in (consent_site(13, 1)[0]["html"], "One.\n\nAccept all crumbs"):
        labelled = cleaner.label(page)
        for why, block in zip(cleaner.explain(page), labelled, strict=True):
            labels.add(why.label)
            assert (why.label, why.score) == (block.label, pytest.approx(block.score, abs=1e-6))
            assert why.margin == pytest.approx(why.base + sum(why.context.values()), abs=1e-3)
            if why.label == "consent_notice":
                assert why.rival in LABELS
                assert why.margin == pytest.approx(np.log(block.probabilities[6] / (1 - block.probabilities[6])), abs=2)
    assert "consent_notice" in labels


def test_round_trip(own: SequenceModel, site: list[LabelledPage], tmp_path: Path) -> None:
    write_model(own, tmp_path, {}, "")
    read = read_model(tmp_path)
    assert read.labels == NAMES
    for page in site[12:]:
        for found, expected in zip(Cleaner(read).predict(page.batch), Cleaner(own).predict(page.batch), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_held_out_figures(cleaner: Cleaner, site: list[LabelledPage]) -> None:
    before, now = held_out_figures(cleaner.model, site[:6], labels=NAMES)["html"]
    assert before["labels.consent_notice.f1"] == 0
    assert now["labels.consent_notice.f1"] > 0.8


def test_slips_of_the_pen_are_no_labels() -> None:
    known = tuple(LABELS)
    assert labels_with_own([("a:1", "content")] * 9, known) == known
    with pytest.raises(LabelsError, match=r"^a:1: 'newsleter' is no label of the model and stands on 2 blocks"):
        labels_with_own([("a:1", "newsleter"), ("a:2", "newsleter")], known)
    with pytest.raises(LabelsError, match=r"^a:1: 'Consent notice' is no name for a label"):
        labels_with_own([("a:1", "Consent notice")] * 9, known)
    with pytest.raises(LabelsError, match=r"^a:1: 3 is no label"):
        labels_with_own([("a:1", 3)], known)
    with pytest.raises(LabelsError, match="at most 3"):
        labels_with_own([("a:1", name) for name in ("a", "b", "c", "d") for _ in range(9)], known)


# the commands


@pytest.fixture(scope="module")
def folder(own: SequenceModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "my-model"
    write_model(own, path, {}, "# Card\n")
    return path


@pytest.fixture
def held_out(consent_site: Rows, write_jsonl: Callable[..., Path]) -> Path:
    return write_jsonl("held-out.jsonl", *consent_site(12, 8))


def test_train_command(denag: Denag, consent_site: Rows, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    labels, out = write_jsonl("my-labels.jsonl", *consent_site(0, 6)), tmp_path / "own"
    run = denag("train", "--from", "default", labels, "-o", out)
    assert (run.code, run.err) == (0, "")
    assert "consent_notice F1" in run.text
    assert "labels learnt beside those of the model: consent_notice (" in run.text
    assert read_config(out)["labels"] == list(NAMES)
    card = (out / CARD).read_text(encoding="utf-8")
    assert "| consent_notice |" in card
    assert "Labels beside the six: `consent_notice`" in card
    calibrating = denag("train", "--calibrate-only", out, "--corpora", tmp_path)
    assert (calibrating.code, "labels of its own (consent_notice)" in calibrating.complaint) == (2, True)


def test_label_clean_and_apply(denag: Denag, folder: Path, held_out: Path, tmp_path: Path) -> None:
    run = denag("label", held_out, "--model", folder, "--probabilities")
    assert (run.code, run.err) == (0, "")
    blocks = [block for row in run.rows for block in row["blocks"]]
    assert set(blocks[0]["probabilities"]) == set(NAMES)
    notices = {block["text"] for block in blocks if block["label"] == "consent_notice"}
    assert "Accept all crumbs" in notices
    cleaned = denag("clean", held_out, "--model", folder, "--report", tmp_path / "counts.json")
    assert cleaned.code == 0
    assert not any(notice in row["text"] for row in cleaned.rows for notice in notices)
    counts = json.loads((tmp_path / "counts.json").read_text())
    assert counts["labels"]["consent_notice"]["blocks_removed"] > 0
    kept = denag("clean", held_out, "--model", folder, "--keep", "consent_notice")
    assert all(any(notice in row["text"] for notice in notices) for row in kept.rows)
    tagged = denag("clean", held_out, "--model", folder, "--tag-only", "consent_notice")
    assert {tag["label"] for row in tagged.rows for tag in row["tagged"]} == {"consent_notice"}
    spans = tmp_path / "spans.jsonl"
    assert denag("clean", held_out, "--model", folder, "--attributes", "-o", spans).code == 0
    assert denag("apply", spans, held_out, "--model", folder).out == cleaned.out
    without = denag("apply", spans, held_out)
    assert (without.code, "'denag__consent_notice' is of no label of the model" in without.complaint) == (2, True)
    files = denag("clean", held_out, "--model", folder, "-o", tmp_path / "out.jsonl", "--report", tmp_path / "c.json")
    assert files.code == 0
    assert (tmp_path / "out.jsonl").read_bytes() == cleaned.out
    assert json.loads((tmp_path / "c.json").read_text())["labels"] == counts["labels"]
    unknown = denag("clean", held_out, "--keep", "consent_notice")
    assert (unknown.code, "'consent_notice' is no label" in unknown.complaint) == (2, True)


def test_evaluate(denag: Denag, folder: Path, held_out: Path, tmp_path: Path) -> None:
    figures, report, floors = tmp_path / "new.json", tmp_path / "report.html", tmp_path / "floors.json"
    options = ("--model", folder, "--json", figures, "--report", report, "--gate", floors, "--update-floors")
    run = denag("evaluate", held_out, *options)
    assert (run.code, run.err) == (0, "")
    assert "  consent_notice " in run.text
    metrics = json.loads(figures.read_text())
    assert metrics["labels"] == list(NAMES)
    for view in metrics["views"].values():
        f1 = [row["f1"] for name, row in view["labels"].items() if name not in ("content", "boilerplate")]
        assert view["nag_macro_f1"] == pytest.approx(np.mean(f1), abs=1e-4)
        assert view["labels"]["consent_notice"]["f1"] > 0.8
    page = report.read_text(encoding="utf-8")
    assert "consent notice" in page
    assert "var(--added-1)" in page
    style, _, body = page.partition("</style>")
    assert all(f"--{name}:" in style for name in set(re.findall(r"var\(--([\w-]+)\)", body)) - {"of", "share"})
    assert "labels.consent_notice.f1" in json.loads(floors.read_text())["views"]["html"]
    again = denag("evaluate", held_out, "--model", folder, "--gate", floors, "--against", figures)
    assert again.code == 0
    assert "html.labels.consent_notice.f1" in again.text


@pytest.mark.parametrize("command", ["evaluate {0}", "train {0} -o {1}"])
def test_a_model_of_the_six_refuses_others(command: str, denag: Denag, held_out: Path, tmp_path: Path) -> None:
    run = denag(*command.format(held_out, tmp_path / "m").split())
    assert run.code == 2
    assert f"{held_out}:1: block " in run.complaint
    assert f"'consent_notice' is no label, expected one of {', '.join(LABELS)} or null" in run.complaint
    assert "--from" in run.complaint


def test_on_the_terminal(denag: Denag, folder: Path, held_out: Path) -> None:
    for command in (
        ("explain", "--label", "consent_notice"),
        ("demo",),
        ("clean", "--diff"),
        ("clean", "--diff", "--html"),
    ):
        run = denag(*command, held_out, "--model", folder)
        assert (run.code, run.err) == (0, "")
        assert "consent_notice" in run.text
    assert "log odds against the six: +" in denag("explain", held_out, "--model", folder).text


def test_engines(folder: Path, held_out: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from classifier.engines.arrow import COUNTS, ArrowCleaner

    rows = [json.loads(line) for line in held_out.read_text(encoding="utf-8").splitlines()]
    table = pa.table({"html": [row["html"] for row in rows]})
    cleaned = ArrowCleaner(folder, counts=True)(table)
    counts = cleaned[COUNTS].to_pylist()
    assert all(count["consent_notice"] > 0 for count in counts)
    assert list(counts[0]) == list(NAMES)
    kept = ArrowCleaner(folder, policy=Policy.of(keep=["consent_notice"], labels=NAMES))(table)
    assert len(kept["text"][0].as_py()) > len(cleaned["text"][0].as_py())


def test_estimator(consent_site: Rows) -> None:
    from training.estimator import BlockClassifier

    rows = consent_site(0, 8)
    X = [[block["text"] for block in row["blocks"]] for row in rows]
    y = [[block["label"] for block in row["blocks"]] for row in rows]
    fitted = BlockClassifier().fit(X, y)
    assert fitted.classes_.tolist() == list(NAMES)
    assert fitted.score(X, y) > 0.95


def test_documents_of_the_library(own: SequenceModel, consent_site: Rows) -> None:
    cleaner = Cleaner(own)
    labelled = cleaner.label(Document("1", consent_site(14, 1)[0]["html"], "text/html"))
    assert "consent_notice" in labelled.labels
    assert all(len(block.probabilities) == len(NAMES) for block in labelled)
    text = cleaner.clean(consent_site(14, 1)[0]["html"])
    assert "crumbs" not in text
