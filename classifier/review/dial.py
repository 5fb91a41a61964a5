"""The content-loss dial as the page needs it: at which settings each block is dropped."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.cleaner import Cleaner
from classifier.types import Label, LabelledDocument, MediaType

_STAND_IN = {0.001: 0.99, 0.002: 0.98, 0.005: 0.95, 0.01: 0.9, 0.02: 0.8, 0.05: 0.6}


@dataclass(frozen=True, slots=True)
class Dial:
    """Settings of the dial: shares of content words that are lost at most, the strictest first; None: no bound.

    Examples
    --------
    >>> Dial.of(Cleaner.load()).settings[-1] is None
    True
    """

    settings: tuple[float | None, ...]

    @classmethod
    def of(cls, cleaner: Cleaner) -> Dial:
        return cls((*_STAND_IN, None))

    def drops(self, setting: float | None, label: Label, score: float, media_type: MediaType) -> bool:
        return label is not Label.CONTENT and (setting is None or score >= _STAND_IN[setting])

    def masks(self, labelled: LabelledDocument) -> list[int]:
        """For each block a number whose bit ``k`` is set where setting ``k`` drops it."""
        media_type = labelled.document.media_type
        return [
            sum(
                self.drops(setting, block.label, block.score, media_type) << k
                for k, setting in enumerate(self.settings)
            )
            for block in labelled.blocks
        ]
