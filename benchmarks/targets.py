"""What the project promises, and whether a figure keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sense = Literal["at least", "at most"]


@dataclass(frozen=True, slots=True)
class Target:
    """A bound on one figure.

    Examples
    --------
    >>> Target("time against str.lower", "at most", 5, "x").verdict(4.0)["met"]
    True
    """

    name: str
    sense: Sense
    bound: float
    unit: str

    def verdict(self, found: float | None) -> dict[str, object]:
        """The bound beside what was found; ``met`` is None where nothing was measured."""
        met: bool | None = None
        if found is not None:
            met = found >= self.bound if self.sense == "at least" else found <= self.bound
        return {
            "target": self.name,
            "bound": f"{self.sense} {self.bound:,g} {self.unit}".strip(),
            "found": found,
            "met": met,
        }
