"""The last stage of training: what pages that a model had not seen say of its scores.

Two things come of it, by view: a scaling that makes scores probabilities, and for each setting of
the content-loss dial the scores from which on a block may be dropped. docs/content-loss.md tells
what the dial promises.

The model that is shipped has seen every page but those of test domains. Held-out predictions
therefore come from models that are fitted without a part of the domains each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from sklearn.isotonic import IsotonicRegression

from classifier import LABELS, Cleaner, Policy
from classifier.calibration import Calibration, ContentLossSetting, ScoreCalibration
from classifier.model import SequenceModel
from classifier.types import N_LABELS, VIEWS, FloatArray, IntArray, View
from training.bound import last_shown
from training.config import FitConfig
from training.dataset import UNKNOWN, LabelArray, LabelledPage, fold_of
from training.fit import fit
from training.main_content import words

SETTINGS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05)
"""Settings of the dial that are tried; those that the domains are too few for are left out."""
PARTS = 2
"""Models that are fitted for held-out predictions, each without one part of the domains."""

_SHAPE_SHARE = 0.25
_STEPS = 60
_LEAST_RISK, _MOST_RISK = 1e-3, 0.9
_BETWEEN = 8
_BEYOND = 1.0001
_PRIOR_BLOCKS = 20
_DECIMALS = 4
_PULL = 1e-3
"""Strength that holds slopes near 1 and offsets near 0 where a label has few blocks."""

BoolArray = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Phrases = tuple[Sequence[str], LabelArray]


@dataclass(frozen=True, slots=True)
class HeldOut:
    """Predictions of one view on pages that the predicting model had not seen; all arrays have a row a block.

    Parameters
    ----------
    given
        Label given, int8.
    probabilities
        As the model gives them, not calibrated. Shape (n_blocks, n_labels).
    truth
        Judged label or ``UNKNOWN``.
    is_content
        1, 0, or ``UNKNOWN`` where neither a judgement nor main text tells.
    n_words
        Words of the block.
    domain
        Registered domain of the page.
    counter
        Whether the page is a written counter-example.
    """

    given: npt.NDArray[np.int8]
    probabilities: FloatArray
    truth: LabelArray
    is_content: LabelArray
    n_words: Numbers
    domain: npt.NDArray[np.str_]
    counter: BoolArray

    def take(self, rows: BoolArray | IntArray) -> HeldOut:
        return HeldOut(*(getattr(self, name)[rows] for name in self.__slots__))

    def score(self, scaling: ScoreCalibration) -> FloatArray:
        """Calibrated probability of the label given. Shape (n_blocks,)."""
        return scaling.apply(self.probabilities)[np.arange(len(self.given)), self.given]

    def not_content(self, scaling: ScoreCalibration) -> Numbers:
        """Calibrated probability that a block is no content. Shape (n_blocks,)."""
        return 1.0 - scaling.apply(self.probabilities)[:, 0].astype(np.float64)


def predict(model: SequenceModel, pages: Sequence[LabelledPage], view: View) -> HeldOut:
    """Label pages that the model had not seen; the html view labels those that have layout."""
    cleaner = Cleaner(replace(model, calibration=Calibration()))
    parts: list[list[np.ndarray]] = []
    for page in pages:
        batch = page.bare.batch if view == "text" else page.batch if page.batch.layout else page.html_batch
        if batch is None or not batch.n_blocks:
            continue
        given, probabilities = cleaner.predict(batch)
        judged = page.labels != UNKNOWN
        is_content = np.where(judged, page.labels == 0, page.main).astype(np.int8)
        n = batch.n_blocks
        n_words = np.array([len(words(block)) for block in batch.blocks()], float)
        counter = np.full(n, page.kind == "counter")
        parts.append([given, probabilities, page.labels, is_content, n_words, np.full(n, page.domain), counter])
    if not parts:
        none = np.zeros(0, np.int8)
        empty = np.zeros((0, N_LABELS), np.float32)
        return HeldOut(none, empty, none, none, np.zeros(0), np.zeros(0, str), np.zeros(0, bool))
    return HeldOut(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def cross_fitted(
    pages: Sequence[LabelledPage],
    phrases: Phrases,
    config: FitConfig,
    progress: Callable[[str], None],
    n_parts: int = PARTS,
) -> dict[View, HeldOut]:
    """Predictions for every page by a model that was fitted without the page's part of the domains.

    Such a model has learnt from fewer pages, with fewer members and inner folds, than the one that is
    calibrated, and loses rather more content: the bounds err on the safe side.
    """
    part_of = [fold_of(page.domain, n_parts, "calibration") for page in pages]
    smaller = replace(config, n_folds=min(config.n_folds, 3), n_members=min(config.n_members, 2))
    parts: dict[View, list[HeldOut]] = {view: [] for view in VIEWS}
    for part in range(n_parts):
        progress(f"held-out predictions, part {part + 1} of {n_parts}")
        seen = [page for page, k in zip(pages, part_of, strict=True) if k != part]
        unseen = [page for page, k in zip(pages, part_of, strict=True) if k == part]
        # written pages other than counter-examples say nothing of real domains
        unseen = [page for page in unseen if not page.written or page.kind == "counter"]
        model = fit(seen, phrases, smaller)
        for view in VIEWS:
            parts[view].append(predict(model, unseen, view))
    return {view: joined(held) for view, held in parts.items()}


def joined(parts: Sequence[HeldOut]) -> HeldOut:
    return HeldOut(*(np.concatenate([getattr(part, name) for part in parts]) for name in HeldOut.__slots__))


def calibrate(held_out: Mapping[View, HeldOut], settings: Sequence[float] = SETTINGS) -> Calibration:
    """Calibration of a model from held-out predictions of each view.

    A quarter of the domains shapes the scaling and the path of thresholds, the others bound the loss
    along it: what is tested must not have chosen what is tested.

    Raises
    ------
    ValueError
        Where a setting is no share.
    """
    if not all(0 < setting < 1 for setting in settings):
        raise ValueError(f"settings are {settings}, expected shares between 0 and 1")
    scores: dict[View, ScoreCalibration] = {}
    content_loss: dict[View, tuple[ContentLossSetting, ...]] = {}
    for view, held in held_out.items():
        shapes = np.array([fold_of(str(name), 1000, "shape") < 1000 * _SHAPE_SHARE for name in held.domain], bool)
        shape, rest = held.take(shapes), held.take(~shapes)
        if not (shape.truth != UNKNOWN).any():
            continue
        scores[view] = fit_scaling(shape)
        path = threshold_path(shape, scores[view])
        if found := dial_settings(rest, scores[view], path, settings):
            content_loss[view] = found
    return Calibration(scores, content_loss)


def fit_scaling(held: HeldOut) -> ScoreCalibration:
    """Vector scaling by maximum likelihood on judged blocks (Guo et al. 2017)."""
    judged = held.truth != UNKNOWN
    logs = np.log(np.maximum(held.probabilities[judged].astype(np.float64), 1e-6))
    truth = held.truth[judged].astype(np.intp)
    rows = np.arange(len(truth))

    def loss(parameters: Numbers) -> tuple[float, Numbers]:
        slopes, offsets = parameters[:N_LABELS], parameters[N_LABELS:]
        logits = logs * slopes + offsets
        logits -= logits.max(axis=1, keepdims=True)
        beliefs = np.exp(logits)
        beliefs /= beliefs.sum(axis=1, keepdims=True)
        error = beliefs.copy()
        error[rows, truth] -= 1
        error /= len(truth)
        value = -np.log(np.maximum(beliefs[rows, truth], 1e-12)).mean()
        value += _PULL * (((slopes - 1) ** 2).sum() + (offsets**2).sum())
        slope_gradient = (error * logs).sum(axis=0) + 2 * _PULL * (slopes - 1)
        return float(value), np.concatenate([slope_gradient, error.sum(axis=0) + 2 * _PULL * offsets])

    start = np.concatenate([np.ones(N_LABELS), np.zeros(N_LABELS)])
    bounds = [(0.05, 10.0)] * N_LABELS + [(-10.0, 10.0)] * N_LABELS
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    numbers = [round(float(x), 4) for x in found]
    return ScoreCalibration(tuple(numbers[:N_LABELS]), tuple(numbers[N_LABELS:]))


def domain_shares(held: HeldOut) -> tuple[Numbers, IntArray, int]:
    """What each block weighs in its domain's loss: its share of the domain's known content words.

    Returns
    -------
    shares
        Content and other blocks alike, 0 for those nobody knows and in domains without content.
        Shape (n_blocks,).
    domain
        Number of each block's domain among those with content, -1 in others. Shape (n_blocks,).
    n_domains
        Domains with content words.
    """
    names, number = np.unique(held.domain, return_inverse=True)
    total = np.bincount(number, held.n_words * (held.is_content == 1), len(names))
    with_content = total > 0
    shares = np.where(held.is_content == UNKNOWN, 0, held.n_words) / np.maximum(total, 1)[number]
    renumbered = np.where(with_content, np.cumsum(with_content) - 1, -1)
    return np.where(with_content[number], shares, 0.0), renumbered[number].astype(np.intp), int(with_content.sum())


def threshold_path(held: HeldOut, scaling: ScoreCalibration) -> list[dict[str, float]]:
    """Thresholds from "nothing is dropped" to "all that is not labelled content", each step a little looser.

    Each label has a risk curve: of what was given that label with some probability of being no
    content, the share that is content, falling with that probability (isotonic regression). A step
    drops wherever the risk is under the step's own, so that labels are traded against each other at
    one price.
    """
    scores = held.not_content(scaling)
    shares, _, _ = domain_shares(held)
    known = shares > 0
    weight = np.where(known, np.minimum(shares, 1.0), 0.0)
    typical = float(np.median(weight[known])) if known.any() else 1.0
    prior = np.linspace(0, 1, _PRIOR_BLOCKS + 1)
    curves = {}
    for k, label in enumerate(LABELS[1:], 1):
        rows = known & (held.given == k)
        curve = IsotonicRegression(increasing=False, y_min=0, y_max=1, out_of_bounds="clip")
        curve.fit(
            np.concatenate([scores[rows], prior]),
            np.concatenate([held.is_content[rows] == 1, 1 - prior]),
            sample_weight=np.concatenate([weight[rows], np.full(len(prior), typical)]),
        )
        curves[label] = (curve.X_thresholds_, curve.y_thresholds_)
    risks = np.geomspace(_LEAST_RISK, _MOST_RISK, _STEPS)
    corners = [[_least_score(*curve, risk) for risk in risks] for curve in curves.values()]
    ends = np.full((len(curves), 1), _BEYOND), np.zeros((len(curves), 1))
    known_at = np.concatenate([ends[0], corners, ends[1]], axis=1).T
    # curves have flat stretches, and thresholds jump over them: the steps between are as good as any
    at = np.linspace(0, len(known_at) - 1, (len(known_at) - 1) * _BETWEEN + 1)
    steps = np.stack([np.interp(at, np.arange(len(known_at)), column) for column in known_at.T], axis=1)
    rounded = np.ceil(steps * 10**_DECIMALS - 1e-6) / 10**_DECIMALS
    return [
        {label: least if least <= 1 else inf for label, least in zip(curves, row, strict=True)}
        for row in rounded.tolist()
    ]


def _least_score(scores: FloatArray, risks: FloatArray, most: float) -> float:
    """Least score from which on the risk is at most ``most``; just above 1 where there is none."""
    low = np.flatnonzero(risks <= most)
    return float(scores[low[0]]) if len(low) else _BEYOND


def drops(held: HeldOut, scores: Numbers, thresholds: Mapping[str, float]) -> BoolArray:
    """What the serving policy drops at some thresholds. Shape (n_blocks,)."""
    return Policy(thresholds={"text": thresholds}).dropped(held.given, scores, "text/plain")


def dial_settings(
    held: HeldOut, scaling: ScoreCalibration, path: Sequence[Mapping[str, float]], settings: Sequence[float]
) -> tuple[ContentLossSetting, ...]:
    """The loosest step of the path for each setting at which the loss is shown to be within it.

    It must be so on real domains, and on real domains and counter-examples together: pages that speak
    of donations and newsletters are where a nag remover errs. Settings at which nothing could be dropped
    are left out.
    """
    scores = held.not_content(scaling)
    tested = [domain_losses(held, scores, path)]
    if held.counter.any():
        rows = ~held.counter
        tested.append(domain_losses(held.take(rows), scores[rows], path))
    found = []
    for setting in sorted(settings):
        step = min(last_shown(losses.__getitem__, len(path), setting) for losses in tested)
        if step >= 0 and min(path[step].values()) < inf:
            found.append(ContentLossSetting(setting, dict(path[step])))
    return tuple(found)


def domain_losses(held: HeldOut, scores: Numbers, path: Sequence[Mapping[str, float]]) -> Numbers:
    """Share of each domain's content words that is dropped at each step. Shape (n_steps, n_domains)."""
    shares, domain, n_domains = domain_shares(held)
    content = held.is_content == 1
    result = np.zeros((len(path), n_domains))
    rows = np.flatnonzero(content & (held.given != 0) & (domain >= 0))
    lost, score, domain, share = held.take(rows), scores[rows], domain[rows], shares[rows]
    for step, thresholds in enumerate(path):
        dropped = drops(lost, score, thresholds)
        result[step] = np.bincount(domain[dropped], share[dropped], n_domains)
    return np.minimum(result, 1.0)
