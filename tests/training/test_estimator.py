"""The estimator keeps scikit-learn's manners: parameters, clones, pickles, grid search by groups."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone, is_classifier
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score
from sklearn.utils import estimator_checks

from classifier import LABELS, Cleaner, ConfigError, Document, LabelsError
from training.estimator import BlockClassifier

Pages = tuple[list[Any], list[list[str]]]


@pytest.fixture(scope="module")
def pages(own_site: Callable[..., list[dict[str, Any]]]) -> Pages:
    rows = own_site(0, 16)
    X = [[block["text"] for block in row["blocks"]] for row in rows]
    return X, [[block["label"] for block in row["blocks"]] for row in rows]


def test_grid_search_by_groups(pages: Pages) -> None:
    X, y = pages
    search = GridSearchCV(BlockClassifier(), {"penalty": [0.03, 1e6]}, cv=GroupKFold(4))
    search.fit(X, y, groups=[i // 2 for i in range(len(X))])
    assert search.best_params_ == {"penalty": 0.03}
    low, high = search.cv_results_["mean_test_score"]
    assert low > high + 0.1  # a price that high leaves the shipped model as it is
    assert search.best_estimator_.score(X, y) > high + 0.1
    assert high == pytest.approx(np.mean(cross_val_score(BlockClassifier(penalty=1e9), X, y, cv=KFold(4))), abs=0.05)


def test_predictions(pages: Pages) -> None:
    X, y = pages
    model = BlockClassifier().fit(X, y)
    assert is_classifier(model)
    assert model.classes_.tolist() == [str(label) for label in LABELS]
    labels, probabilities = model.predict(X[:2]), model.predict_proba(X[:2])
    assert [len(row) for row in labels] == [len(page) for page in X[:2]]
    for rows, page in zip(probabilities, X, strict=False):
        assert rows.shape == (len(page), len(LABELS))
        np.testing.assert_allclose(rows.sum(axis=1), 1, rtol=1e-5)
    again = pickle.loads(pickle.dumps(model))
    assert all((a == b).all() for a, b in zip(again.predict(X), model.predict(X), strict=True))


def test_markup_text_and_documents(html_page: str, text_page: str, pages: Pages) -> None:
    X, y = pages
    n = len(Cleaner.load().label(html_page).blocks)
    some: list[str | None] = ["boilerplate", *[None] * (n - 1)]
    model = BlockClassifier().fit(
        [*X, html_page, Document("d", html_page, "text/html", "https://a.example/")], [*y, some, some]
    )
    assert len(model.predict([html_page])[0]) == n
    assert model.predict([text_page])[0].shape == model.predict_proba([text_page])[0].shape[:1]


def test_saved_model_serves(pages: Pages, tmp_path: Path) -> None:
    X, y = pages
    model = BlockClassifier().fit(X, y)
    model.save(tmp_path / "own")
    served = Cleaner.load(tmp_path / "own").label_blocks(X)
    assert [list(map(str, page.labels)) for page in served] == [page.tolist() for page in model.predict(X)]
    onward = BlockClassifier(base=str(tmp_path / "own")).fit(X, y)
    assert onward.score(X, y) >= model.score(X, y)


@pytest.mark.parametrize(
    "check",
    [
        estimator_checks.check_no_attributes_set_in_init,
        estimator_checks.check_parameters_default_constructible,
        estimator_checks.check_get_params_invariance,
        estimator_checks.check_set_params,
        estimator_checks.check_estimator_repr,
        estimator_checks.check_valid_tag_types,
        estimator_checks.check_mixin_order,
    ],
)
def test_checks_of_scikit_learn(check: Callable[..., None]) -> None:
    check("BlockClassifier", BlockClassifier())


def test_clone_and_unfitted(pages: Pages) -> None:
    copy = clone(BlockClassifier(penalty=2.0))
    assert copy.get_params()["penalty"] == 2.0
    with pytest.raises(NotFittedError):
        copy.predict(pages[0])


def test_refusals(pages: Pages) -> None:
    X, y = pages
    with pytest.raises(LabelsError, match=r"page 0: 2 blocks, 1 labels"):
        BlockClassifier().fit([["a", "b"]], [["content"]])
    with pytest.raises(LabelsError, match=r"page 0: 'nag' is no label"):
        BlockClassifier().fit([["a"]], [["nag"]])
    with pytest.raises(LabelsError, match="2 pages, 1 lists"):
        BlockClassifier().fit(X[:2], y[:1])
    with pytest.raises(LabelsError, match="at least 20"):
        BlockClassifier().fit([["a"]], [["content"]])
    with pytest.raises(ConfigError, match="penalty is 0"):
        BlockClassifier(penalty=0).fit(X, y)
