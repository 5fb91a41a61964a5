"""Names of labels: the six of this project, and a few of one's own behind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from classifier.errors import ConfigError
from classifier.types import LABELS

MAX_ADDED = 3
"""Labels of one's own that a model may have: the keys 7, 8 and 9 of the review page."""
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_MAX_CHARS = 40
_TAKEN = frozenset({"any_nag", "not_content"})
"""Names that stand for something else where labels are named."""


def with_added(labels: Sequence[str], added: Iterable[str]) -> tuple[str, ...]:
    """Labels in the order of columns: those that are there, then new ones as they come.

    Raises
    ------
    ConfigError
        Where a name is none, or there are too many.

    Examples
    --------
    >>> with_added(LABELS, ["consent_notice", "content"])[6:]
    ('consent_notice',)
    """
    names = [*labels]
    for name in added:
        if reason := refusal(name):
            raise ConfigError(reason)
        if name not in names:
            names.append(name)
    if len(names) > len(LABELS) + MAX_ADDED:
        own = ", ".join(names[len(LABELS) :])
        raise ConfigError(f"labels of one's own are {own}, expected at most {MAX_ADDED} beside {', '.join(LABELS)}")
    return tuple(names)


def refusal(name: object) -> str:
    """Why something is no name of a label; empty where it is one.

    Examples
    --------
    >>> refusal("consent_notice"), refusal("not_content")
    ('', "'not_content' stands for something else, expected another name for a label")
    """
    if not isinstance(name, str) or len(name) > _MAX_CHARS or not _NAME.fullmatch(name):
        told = repr(name)[:80]
        return f"{told} is no name for a label, expected up to {_MAX_CHARS} lower-case letters, digits and single _"
    if name in _TAKEN:
        return f"{name!r} stands for something else, expected another name for a label"
    return ""


def in_order(found: Iterable[str]) -> list[str]:
    """The labels among some, each once: the six in their order, then others by name.

    Examples
    --------
    >>> list(map(str, in_order(["consent_notice", "boilerplate", "content", "content"])))
    ['content', 'boilerplate', 'consent_notice']
    """
    held = set(found)
    return [*(label for label in LABELS if label in held), *sorted(held.difference(LABELS))]
