"""What held-out pages say of a model's scores: how to read them as probabilities, and how much content they cost.

Both change what is done with labels, never the labels: the best sequence is sought before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from classifier.errors import ConfigError
from classifier.types import VIEWS, FloatArray, View

Thresholds = Mapping[View, Mapping[str, float]]
"""By view and label given, the least probability of being no content at which a block is dropped; infinity: never."""

_LOWEST = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreCalibration:
    """Vector scaling of one view's label probabilities (Guo et al. 2017).

    Parameters
    ----------
    slopes, offsets
        What the log probability of each label is multiplied by, and what is added to it, before the
        row is made to sum to one again. Each holds n_labels numbers.

    Examples
    --------
    >>> halved = ScoreCalibration((0.5, 0.5), (0.0, 0.0))
    >>> halved.apply(np.array([[0.8, 0.2]], np.float32)).round(3).astype(str).tolist()
    [['0.667', '0.333']]
    """

    slopes: tuple[float, ...]
    offsets: tuple[float, ...]

    def apply(self, probabilities: FloatArray) -> FloatArray:
        """Calibrated probabilities; shape (n_blocks, n_labels) in and out, rows sum to one."""
        columns = np.maximum(probabilities.T, np.float32(_LOWEST), order="C")
        np.log(columns, out=columns)
        columns *= np.array(self.slopes, np.float32)[:, None]
        columns += np.array(self.offsets, np.float32)[:, None]
        columns -= np.maximum.reduce(columns, axis=0)
        np.exp(columns, out=columns)
        columns /= np.add.reduce(columns, axis=0)
        return np.ascontiguousarray(columns.T)


@dataclass(frozen=True, slots=True)
class ContentLossSetting:
    """One setting of the content-loss dial in one view.

    Parameters
    ----------
    max_content_loss
        Share of content words that is lost at most, see docs/content-loss.md.
    thresholds
        By label given, the least probability of being no content at which a block is dropped;
        infinity: never.
    """

    max_content_loss: float
    thresholds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What held-out pages say of a model's scores, by view.

    Parameters
    ----------
    scores
        Scaling of each view's probabilities; a view that is not there keeps its own.
    content_loss
        Settings of the content-loss dial, the strictest first.
    """

    scores: Mapping[View, ScoreCalibration] = field(default_factory=dict)
    content_loss: Mapping[View, tuple[ContentLossSetting, ...]] = field(default_factory=dict)

    def apply(self, probabilities: FloatArray, view: View) -> FloatArray:
        """Calibrated probabilities of one view. Shape (n_blocks, n_labels) in and out.

        Labels beside the six keep theirs; the six share what is left as they do where there are no others.
        """
        scaling = self.scores.get(view)
        if scaling is None:
            return probabilities
        n_scaled = len(scaling.slopes)
        if probabilities.shape[1] == n_scaled:
            return scaling.apply(probabilities)
        scaled, others = probabilities[:, :n_scaled], probabilities[:, n_scaled:]
        left = scaled.sum(axis=1, keepdims=True)
        scaled = scaling.apply(scaled / np.maximum(left, np.float32(_LOWEST))) * left
        return np.concatenate([scaled, others], axis=1)

    def thresholds(self, max_content_loss: float) -> Thresholds:
        """Thresholds of each view at the largest calibrated setting that is not above the wanted one.

        Raises
        ------
        ConfigError
            Where the number is no share, under the smallest calibrated setting, or the model was not calibrated.
        """
        if not 0 < max_content_loss < 1:
            raise ConfigError(f"max_content_loss is {max_content_loss}, expected a share between 0 and 1")
        chosen: dict[View, Mapping[str, float]] = {}
        for view in VIEWS:
            settings = self.content_loss.get(view, ())
            if not settings:
                raise ConfigError(
                    f"max_content_loss is {max_content_loss}, but this model has no content-loss calibration for the "
                    f"{view} view: expected one from denag train with --corpora, or --calibrate-only"
                )
            within = [setting for setting in settings if setting.max_content_loss <= max_content_loss]
            if not within:
                raise ConfigError(
                    f"max_content_loss is {max_content_loss}, expected at least {settings[0].max_content_loss}: "
                    f"the {view} view has no stricter calibrated setting"
                )
            chosen[view] = within[-1].thresholds
        return chosen
