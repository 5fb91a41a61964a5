"""Curves over probabilities: precision against recall by label, and how often a stated probability is right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, precision_recall_curve

from classifier import LABELS
from training.counts import N_BINS, rounded

_POINTS = 60

IntArray = npt.NDArray[np.intp]
FloatArray = npt.NDArray[np.float32]


def reliability(truth: IntArray, given: IntArray, probabilities: FloatArray) -> dict[str, list[dict[str, Any]]]:
    """Bins of a stated probability with the share that was right.

    Returns
    -------
    ``given``, of the probability of the label that was given, and ``content``, of the probability
    of content: bins that hold a block, each with its bounds ``from`` and ``to``, ``blocks``,
    ``stated`` (mean probability) and ``right``.
    """
    rows = np.arange(len(given))
    return {
        "given": _bins(probabilities[rows, given], truth == given),
        "content": _bins(probabilities[:, 0], truth == 0),
    }


def _bins(stated: FloatArray, right: npt.NDArray[np.bool_]) -> list[dict[str, Any]]:
    place = np.minimum((stated * N_BINS).astype(np.intp), N_BINS - 1)
    result = []
    for i in range(N_BINS):
        inside = place == i
        if inside.any():
            result.append(
                {
                    "from": i / N_BINS,
                    "to": (i + 1) / N_BINS,
                    "blocks": int(inside.sum()),
                    "stated": round(float(stated[inside].mean(dtype=float)), 6),
                    "right": round(float(right[inside].mean()), 6),
                }
            )
    return result


def precision_recall_curves(
    truth: IntArray, probabilities: FloatArray, labels: Sequence[str] = LABELS
) -> dict[str, dict[str, Any]]:
    """Precision at each recall as the bar on a label's probability falls, each label against the rest.

    Returns
    -------
    By label that some block has: ``average_precision``, ``recall``, ``precision`` and
    ``threshold``, at most 60 points, recall rising.
    """
    result = {}
    for k, label in enumerate(labels):
        positive = truth == k
        if not positive.any():
            continue
        precision, recall, threshold = precision_recall_curve(positive, probabilities[:, k])
        precision, recall, threshold = precision[-2::-1], recall[-2::-1], threshold[::-1]
        chosen = np.unique(np.searchsorted(recall, np.linspace(recall[0], recall[-1], _POINTS)))
        result[str(label)] = {
            "average_precision": rounded(average_precision_score(positive, probabilities[:, k])),
            "recall": [rounded(value) for value in recall[chosen]],
            "precision": [rounded(value) for value in precision[chosen]],
            "threshold": [rounded(value) for value in threshold[chosen]],
        }
    return result
