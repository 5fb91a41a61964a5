"""The content-loss dial as the page needs it: at which settings each block is dropped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from classifier.cleaner import Cleaner
from classifier.errors import ConfigError
from classifier.policy import Policy
from classifier.types import LABELS, LabelledDocument


@dataclass(frozen=True, slots=True)
class Dial:
    """Settings of the dial and what each drops.

    Parameters
    ----------
    settings
        Shares of content words that are lost at most, the strictest first; None, the last, is no bound.
    policies
        What is dropped at each setting.
    labels
        Those of the model.

    Examples
    --------
    >>> Dial.of(Cleaner.load()).settings[-1] is None
    True
    """

    settings: tuple[float | None, ...]
    policies: tuple[Policy, ...]
    labels: tuple[str, ...] = LABELS

    @classmethod
    def of(cls, cleaner: Cleaner) -> Dial:
        """The settings that a model was calibrated for; one without calibration has no bound alone."""
        policies: dict[float | None, Policy] = {}
        views = cleaner.model.calibration.content_loss.values()
        for share in sorted({setting.max_content_loss for view in views for setting in view}):
            try:
                policies[share] = cleaner.policy(max_content_loss=share)
            except ConfigError:  # only one of the views is calibrated for it
                continue
        policies[None] = cleaner.policy()
        return cls(tuple(policies), tuple(policies.values()), cleaner.labels)

    def masks(self, labelled: LabelledDocument) -> list[int]:
        """For each block a number whose bit ``k`` is set where setting ``k`` drops it."""
        labels = np.array([self.labels.index(block.label) for block in labelled.blocks], np.int8)
        scores = np.array([block.not_content for block in labelled.blocks], np.float64)
        media_type = labelled.document.media_type
        masks = np.zeros(len(labels), np.int64)
        for k, policy in enumerate(self.policies):
            masks |= policy.dropped(labels, scores, media_type, self.labels).astype(np.int64) << k
        return [int(mask) for mask in masks]
