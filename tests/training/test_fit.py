"""Training on a small made-up world: it learns, the same data gives the same bytes, gaps in the data do no harm."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from classifier import LABELS, BlockBatch, Cleaner
from classifier.artefact import write_model
from classifier.features import FeaturizerConfig
from classifier.model import SequenceModel
from classifier.segment import segment_blocks, segment_html
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray, LabelledPage
from training.fit import fit
from training.train import make_probe

CONTENT, AD, NEWSLETTER, BOILERPLATE = (
    LABELS.index(name) for name in ("content", "ad_notice", "newsletter_prompt", "boilerplate")
)
WORDS = {
    CONTENT: "the river bridge council said on monday that ferry crew would sail between islands after years".split(),
    AD: "advertisement sponsored promoted partner banner ad blocker brands offers".split(),
    NEWSLETTER: "sign up newsletter inbox weekly email subscribe free letter every friday morning".split(),
    BOILERPLATE: "home menu contact imprint privacy terms search login about sitemap cookies".split(),
}
LENGTHS = {CONTENT: (12, 25), AD: (2, 5), NEWSLETTER: (5, 10), BOILERPLATE: (1, 2)}
BOXES = {CONTENT: ("article", "p"), AD: ("aside", "p"), NEWSLETTER: ("form", "p"), BOILERPLATE: ("nav", "li")}
CLASSES = {CONTENT: "story", AD: "ad-slot", NEWSLETTER: "signup", BOILERPLATE: "menu"}
N_PAGES = 60
THREE = (CONTENT, AD, BOILERPLATE)
CONFIG = FitConfig(
    featurizer=FeaturizerConfig(word_bits=12, text_bits=12, layout_bits=10),
    n_folds=3,
    n_teacher=8,
    n_hidden=8,
    n_members=1,
    n_word_dims=0,
    epochs_content=200,
    epochs_other=200,
    n_jobs=1,
)


def made_up_page(number: int, labels: Sequence[int], html: bool, known: str = "all") -> LabelledPage:
    """A page of a domain of its own; ``known`` is ``all``, ``main`` (content or not) or ``none``."""
    draw = random.Random(number)
    order = [BOILERPLATE] * draw.randint(1, 4) + [CONTENT] * draw.randint(2, 6) + [BOILERPLATE] * draw.randint(1, 4)
    for nag in (AD, NEWSLETTER):
        if nag in labels:
            at = draw.randrange(len(order) + 1)
            order[at:at] = [nag] * draw.randint(1, 2)
    order = [label for label in order if label in labels]
    texts = [" ".join(draw.choices(WORDS[label], k=draw.randint(*LENGTHS[label]))).capitalize() for label in order]
    texts = [text + "." if label == CONTENT else text for text, label in zip(texts, order, strict=True)]
    batch: BlockBatch
    if html:
        parts = []
        for text, label in zip(texts, order, strict=True):
            box, element = BOXES[label]
            parts.append(f'<{box} class="{CLASSES[label]}"><{element}>{text}</{element}></{box}>')
        batch = segment_html(["".join(parts)])
    else:
        batch = segment_blocks([texts])
    truth = np.array(order, np.int8)
    unknown = np.full(len(order), UNKNOWN, np.int8)
    return LabelledPage(
        id=f"page{number}",
        domain=f"site{number}.example",
        lang="en",
        kind="article",
        batch=batch,
        labels=truth if known == "all" else unknown,
        main=(truth == CONTENT).astype(np.int8) if known == "main" else unknown,
    )


def made_up_pages(
    first: int,
    n: int,
    labels: Sequence[int] = THREE,
    views: Sequence[bool] = (True, False),
) -> list[LabelledPage]:
    return [made_up_page(i, labels, views[i % len(views)]) for i in range(first, first + n)]


def share_right(model: SequenceModel, pages: Sequence[LabelledPage], bare: bool) -> float:
    cleaner = Cleaner(model)
    right = []
    for page in pages:
        predicted, probabilities = cleaner.predict(page.bare.batch if bare else page.batch)
        assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-5)
        right += (predicted == page.labels).tolist()
    return sum(right) / len(right)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Matrices as small as these are slower on several threads."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def model(one_thread: None) -> SequenceModel:
    return fit(made_up_pages(0, N_PAGES), config=CONFIG)


def test_learns_both_views(model: SequenceModel) -> None:
    unseen = made_up_pages(1000, 20, views=[True])
    assert share_right(model, unseen, bare=False) > 0.97
    assert share_right(model, unseen, bare=True) > 0.97


def test_sizes_are_those_of_the_config(model: SequenceModel) -> None:
    assert model.featurizer == CONFIG.featurizer
    assert model.context == CONFIG.context
    assert model.own.quantised.shape == model.around.quantised.shape == (CONFIG.featurizer.n_text, len(LABELS))
    assert model.layout.quantised.shape == (1 << 10, len(LABELS))
    assert set(model.heads) == {"html", "text"}


def test_same_data_gives_the_same_bytes(model: SequenceModel, tmp_path: Path) -> None:
    again = fit(made_up_pages(0, N_PAGES), config=CONFIG)
    folders = [tmp_path / name for name in ("first", "again")]
    for folder, fitted in zip(folders, (model, again), strict=True):
        write_model(fitted, folder, make_probe(fitted), "# A card\n")
    files = sorted(path.name for path in folders[0].iterdir())
    assert files == ["CARD.md", "config.json", "model.safetensors"]
    for name in files:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_model_that_was_written_is_the_model(model: SequenceModel, tmp_path: Path) -> None:
    write_model(model, tmp_path, make_probe(model), "# A card\n")
    read = Cleaner.load(tmp_path)
    for page in made_up_pages(2000, 4):
        expected, given = Cleaner(model).predict(page.batch), read.predict(page.batch)
        assert np.array_equal(expected[0], given[0])
        assert np.array_equal(expected[1], given[1])


def test_labels_that_the_data_does_not_hold_are_not_given(model: SequenceModel) -> None:
    batch = segment_blocks([["Please donate and support us", "x", "", "42", "Sign up", "subscribe", "menu"] * 3])
    given = set(Cleaner(model).predict(batch)[0].tolist())
    assert given <= set(THREE)


def test_pages_that_nobody_judged_do_no_harm(model: SequenceModel) -> None:
    unjudged = [made_up_page(i, THREE, html=i % 2 == 0, known="none") for i in range(3000, 3010)]
    mixed = fit(made_up_pages(0, N_PAGES) + unjudged, config=CONFIG)
    assert share_right(mixed, made_up_pages(1000, 10, views=[True]), bare=False) > 0.97


def test_written_pages_teach_too() -> None:
    """Boxes of written pages are set into other pages; what comes out is right still."""
    pages = [replace(page, written=page.batch.layout is None) for page in made_up_pages(0, N_PAGES)]
    fitted = fit(pages, config=CONFIG)
    unseen = made_up_pages(1000, 20, views=[True])
    assert share_right(fitted, unseen, bare=False) > 0.97
    assert share_right(fitted, unseen, bare=True) > 0.97


def test_main_text_alone_teaches_content() -> None:
    pages = [made_up_page(i, THREE, html=True, known="main") for i in range(40)] + made_up_pages(100, 12)
    fitted = fit(pages, config=CONFIG)
    unseen = made_up_pages(1000, 20, views=[True])
    cleaner = Cleaner(fitted)
    right = [(cleaner.predict(page.batch)[0] == CONTENT) == (page.labels == CONTENT) for page in unseen]
    assert np.concatenate(right).mean() > 0.97


def test_html_pages_only() -> None:
    fitted = fit(made_up_pages(0, N_PAGES, views=[True]), config=CONFIG)
    unseen = made_up_pages(1000, 10, views=[True])
    assert share_right(fitted, unseen, bare=False) > 0.97
    assert share_right(fitted, unseen, bare=True) > 0.97


def test_text_pages_only() -> None:
    fitted = fit(made_up_pages(0, N_PAGES, views=[False]), config=CONFIG)
    unseen = made_up_pages(1000, 10, views=[True])
    assert share_right(fitted, unseen, bare=True) > 0.97
    labels, probabilities = Cleaner(fitted).predict(unseen[0].batch)
    assert len(labels) == len(probabilities) == unseen[0].batch.n_blocks


def test_four_labels() -> None:
    labels = (CONTENT, AD, NEWSLETTER, BOILERPLATE)
    fitted = fit(made_up_pages(0, N_PAGES, labels), config=CONFIG)
    assert share_right(fitted, made_up_pages(1000, 10, labels, views=[True]), bare=False) > 0.95


def test_absent_ad_notices_get_no_probability() -> None:
    labels = (CONTENT, NEWSLETTER, BOILERPLATE)
    fitted = fit(made_up_pages(0, N_PAGES, labels), config=CONFIG)
    for page in made_up_pages(1000, 10, labels):
        assert Cleaner(fitted).predict(page.batch)[1][:, AD].max() < 1e-3


@pytest.mark.parametrize("other", [NEWSLETTER, BOILERPLATE])
def test_content_and_one_other_label(other: int) -> None:
    labels = (CONTENT, other)
    fitted = fit(made_up_pages(0, N_PAGES, labels), config=CONFIG)
    assert share_right(fitted, made_up_pages(1000, 20, labels, views=[True]), bare=False) > 0.95


def test_data_without_content() -> None:
    labels = (NEWSLETTER, BOILERPLATE)
    fitted = fit(made_up_pages(0, N_PAGES, labels), config=CONFIG)
    assert share_right(fitted, made_up_pages(1000, 10, labels, views=[True]), bare=False) > 0.95


def test_phrases_teach_the_text_tables() -> None:
    phrases: tuple[list[str], LabelArray] = (["Anzeige"] * 30, np.full(30, AD, np.int8))
    without = fit(made_up_pages(0, 30), config=CONFIG)
    with_phrases = fit(made_up_pages(0, 30), phrases, CONFIG)
    batch = segment_blocks([["Anzeige"]])

    def emission(fitted: SequenceModel) -> float:
        X = Cleaner(fitted).featurizer.transform(batch)
        return float(fitted.emissions(X)[0, AD])

    assert emission(with_phrases) > emission(without) + 0.5


def test_pages_of_one_domain_leave_the_other_folds_empty() -> None:
    pages = [LabelledPage(p.id, "one.example", p.lang, p.kind, p.batch, p.labels, p.main) for p in made_up_pages(0, 20)]
    fitted = fit(pages, config=CONFIG)
    labels, _ = Cleaner(fitted).predict(pages[0].batch)
    assert len(labels) == pages[0].batch.n_blocks


def test_progress_is_told() -> None:
    stages: list[str] = []
    fit(made_up_pages(0, 20), config=CONFIG, progress=stages.append)
    assert len(stages) >= 4
    assert "20 pages" in stages[0]
