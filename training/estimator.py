"""The model as a scikit-learn estimator: pages in, labels of their blocks out.

It clones, sets and searches its parameters as any estimator does, with groups by site where pages of one
site must not stand on both sides of a split. Splitters are given as objects (``cv=GroupKFold(5)``): a bare
number makes scikit-learn look into labels for strata, and labels here are lists. What scikit-learn asks of
estimators on number matrices (``check_estimator``: sparse input, ``n_features_in_``, NaN, dtype) does not
apply to lists of pages.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from classifier import Cleaner, ConfigError, Document, LabelsError
from classifier.artefact import read_model, write_model
from classifier.cleaner import as_document, default_model, segment
from training.adapt import AdaptConfig, adapt
from training.dataset import UNKNOWN, LabelledPage, labels_with_own
from training.train import enough_labels, make_probe

Page = Sequence[str] | str | Document
"""Blocks already cut, markup or plain text, or a document."""


class BlockClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Labels the blocks of pages.

    Parameters
    ----------
    base
        What to continue: ``"default"`` is the shipped model, else a model folder. `training.fit.fit`
        trains anew; it wants thousands of blocks and takes minutes.
    penalty, common_penalty, names_factor, unjudged_weight
        See `training.adapt.AdaptConfig`.

    Attributes
    ----------
    classes_
        Labels in the order of the columns of `predict_proba`. Shape (n_labels,), str.
    model_
        The fitted `classifier.model.SequenceModel`; labels of ``y`` beside those of the base are in it.

    Examples
    --------
    >>> story = "The quay was mended in May, the parish said, and the harbour master paid for it."
    >>> page = [story, "Two boats were lost that winter.", "Be a Keeper for three pounds a month."]
    >>> X, y = [page] * 10, [["content", "content", "donation_appeal"]] * 10
    >>> BlockClassifier(penalty=0.001).fit(X, y).predict([page])[0].tolist()
    ['content', 'content', 'donation_appeal']
    """

    def __init__(
        self,
        base: str = "default",
        *,
        penalty: float = 0.03,
        common_penalty: float = 300.0,
        names_factor: float = 10.0,
        unjudged_weight: float = 0.1,
    ) -> None:
        self.base = base
        self.penalty = penalty
        self.common_penalty = common_penalty
        self.names_factor = names_factor
        self.unjudged_weight = unjudged_weight

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.target_tags.one_d_labels = False
        tags.no_validation = True
        return tags

    def fit(self, X: Sequence[Page], y: Sequence[Sequence[str | None]], groups: Sequence[Any] | None = None) -> Self:
        """Learn from pages.

        Parameters
        ----------
        X
            Pages. Length n_pages.
        y
            Label of each block of each page, None where nobody judged it. Markup and text are cut into
            blocks as `Cleaner` cuts them.
        groups
            Not used; splitters take the site of each page under this name.

        Raises
        ------
        LabelsError
            Where labels and blocks do not match, a name can be no label, or there is too little to learn from.
        ConfigError
            Where a parameter is out of its range.
        """
        for name in ("penalty", "common_penalty", "names_factor", "unjudged_weight"):
            value = getattr(self, name)
            if not (isinstance(value, int | float) and value >= 0) or (name == "penalty" and value == 0):
                raise ConfigError(f"{name} is {value!r}, expected a positive number")
        if len(X) != len(y):
            raise LabelsError(f"{len(X)} pages, {len(y)} lists of labels, expected as many of each")
        base = read_model(default_model() if self.base == "default" else Path(self.base))
        judged = [(f"page {i}", label) for i, labels in enumerate(y) for label in labels if label is not None]
        names = labels_with_own(judged, base.labels)
        pages = [_labelled_page(i, page, labels, names) for i, (page, labels) in enumerate(zip(X, y, strict=True))]
        enough_labels(pages, names)
        config = AdaptConfig(
            self.penalty, self.common_penalty, names_factor=self.names_factor, unjudged_weight=self.unjudged_weight
        )
        self.model_ = adapt(base, pages, config, names)
        self.classes_ = np.array([str(label) for label in names])
        return self

    def predict(self, X: Sequence[Page]) -> list[npt.NDArray[np.str_]]:
        """Label of each block of each page. One array of shape (n_blocks,) a page."""
        return [self.classes_[labels] for labels, _ in self._predicted(X)]

    def predict_proba(self, X: Sequence[Page]) -> list[npt.NDArray[np.float32]]:
        """Probabilities of the labels. One array of shape (n_blocks, n_labels) a page, rows sum to one."""
        return [probabilities for _, probabilities in self._predicted(X)]

    def score(self, X: Sequence[Page], y: Sequence[Sequence[str | None]], sample_weight: None = None) -> float:
        """Share of the judged blocks of all pages whose label is right; 0 where none was judged."""
        right = [
            given == true
            for labels, truth in zip(self.predict(X), y, strict=True)
            for given, true in zip(labels.tolist(), truth, strict=True)
            if true is not None
        ]
        return float(np.mean(right)) if right else 0.0

    def save(self, folder: str | Path) -> None:
        """Write a model folder, which `Cleaner.load` and every command take."""
        check_is_fitted(self)
        card = f"# denag block model\n\nFitted by `{' '.join(repr(self).split())}`; nothing was held out.\n"
        write_model(self.model_, Path(folder), make_probe(self.model_), card)

    def _predicted(self, X: Sequence[Page]) -> list[tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]]:
        check_is_fitted(self)
        cleaner = Cleaner(self.model_)
        return [cleaner.predict(segment([_document(page)])) for page in X]


def _document(page: Page) -> Document:
    if isinstance(page, str | Document):
        return as_document(page)
    return Document("-", list(page), "application/x-blocks")


def _labelled_page(number: int, page: Page, labels: Sequence[str | None], names: tuple[str, ...]) -> LabelledPage:
    document = _document(page)
    batch = segment([document])
    if batch.n_blocks != len(labels):
        raise LabelsError(f"page {number}: {batch.n_blocks} blocks, {len(labels)} labels, expected as many of each")
    found = np.array([UNKNOWN if label is None else names.index(str(label)) for label in labels], np.int8)
    return LabelledPage(str(number), str(number), "?", "?", batch, found, np.full(len(found), UNKNOWN, np.int8))
