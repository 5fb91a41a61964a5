"""What is done with each label: keep or drop, and the document that is left."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classifier.errors import ConfigError
from classifier.types import LABELS, Label, LabelledDocument

_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Policy:
    """Which labels stay in a cleaned document.

    Examples
    --------
    >>> Policy.of(keep=["boilerplate"]).keep == {Label.CONTENT, Label.BOILERPLATE}
    True
    """

    keep: frozenset[Label] = frozenset({Label.CONTENT})

    @classmethod
    def of(cls, keep: Iterable[str] = (), drop: Iterable[str] = ()) -> Policy:
        """Policy that also keeps some labels, and drops others.

        Raises
        ------
        ConfigError
            Where a name is no label, or is to be kept and dropped.
        """
        kept, dropped = set(map(_label, keep)), set(map(_label, drop))
        if both := kept & dropped:
            raise ConfigError(f"{', '.join(sorted(both))}: both to be kept and to be dropped")
        return cls(frozenset((cls().keep | kept) - dropped))

    def apply(self, labelled: LabelledDocument) -> str:
        """Text of the document without what is dropped.

        Plain text keeps the line ends it had between blocks that stay together; where something
        was cut out, an empty line stays if there was one. Other documents give a line a block.
        """
        content = labelled.document.content
        if labelled.document.media_type != "text/plain" or not isinstance(content, str):
            return labelled.text(self.keep)
        parts: list[str] = []
        previous_end: int | None = None
        dropped = False
        for block in labelled.blocks:
            if block.label not in self.keep:
                dropped = True
                continue
            if previous_end is not None:
                gap = content[previous_end : block.start]
                parts.append(("\n\n" if _EMPTY_LINE.search(gap) else "\n") if dropped else gap)
            parts.append(content[block.start : block.end])
            previous_end, dropped = block.end, False
        return "".join(parts) + ("\n" if parts and content.endswith("\n") else "")


def _label(name: str) -> Label:
    try:
        return Label(name)
    except ValueError:
        raise ConfigError(f"{name!r} is no label, expected one of {', '.join(LABELS)}") from None
