"""denag behind an extractor: nags that leaked through it, how many a second pass removes, what content that costs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.extractors import READABILITY, RESILIPARSE, TRAFILATURA, TRAFILATURA_RECALL
from benchmarks.matching import kept_blocks
from benchmarks.pages import Corpora
from benchmarks.peers import NOT_INSTALLED, absent, missing
from classifier import LABELS, NAGS, Cleaner, ConfigError, Document, Policy
from training.dataset import UNKNOWN, LabelArray
from training.main_content import words

_EXTRACTORS = (TRAFILATURA, TRAFILATURA_RECALL, RESILIPARSE, READABILITY)
_MAX_LOSS = 0.005
_NAG = np.flatnonzero(np.isin(LABELS, NAGS))
_KINDS: dict[str, npt.NDArray[np.intp]] = {
    "nag": _NAG,
    "content": np.array([0]),
    "boilerplate": np.array([len(LABELS) - 1]),
}


@dataclass(slots=True)
class Tally:
    """Judged blocks and their words of one kind: on the page, in the extract, and after the second pass."""

    blocks: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros(3, np.intp))
    words: npt.NDArray[np.intp] = field(default_factory=lambda: np.zeros(3, np.intp))


@dataclass(slots=True)
class SecondPass:
    """What happened to the judged blocks of some pages.

    Examples
    --------
    >>> passed = SecondPass()
    >>> passed.add(["One two three four five", "Sign up"], np.array([0, 3], np.int8),
    ...            "One two three four five\\nSign up", "One two three four five")
    >>> passed.row()["nag_blocks_removed"], passed.row()["content_words_lost"]
    (1.0, 0.0)
    """

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in _KINDS})

    def add(self, blocks: Sequence[str], labels: LabelArray, extracted: str, cleaned: str) -> None:
        """Count one page: its blocks and their labels, the extract, and the extract after cleaning."""
        before = kept_blocks(blocks, extracted)
        after = before & kept_blocks(blocks, cleaned)
        n_words = np.array([len(words(block)) for block in blocks], np.intp)
        for kind, tally in self.tallies.items():
            judged = (labels != UNKNOWN) & np.isin(labels, _KINDS[kind])
            for place, there in enumerate((judged, judged & before, judged & after)):
                tally.blocks[place] += there.sum()
                tally.words[place] += n_words[there].sum()

    def row(self) -> dict[str, Any]:
        """Shares: leaked of what the page held, removed and lost of what had leaked or been extracted."""
        nag, content, boilerplate = (self.tallies[kind] for kind in ("nag", "content", "boilerplate"))
        return {
            "nag_blocks": int(nag.blocks[0]),
            "nag_blocks_leaked": _share(nag.blocks[1], nag.blocks[0]),
            "nag_words_leaked": _share(nag.words[1], nag.words[0]),
            "nag_blocks_left": _share(nag.blocks[2], nag.blocks[0]),
            "nag_words_left": _share(nag.words[2], nag.words[0]),
            "nag_blocks_removed": _share(nag.blocks[1] - nag.blocks[2], nag.blocks[1]),
            "nag_words_removed": _share(nag.words[1] - nag.words[2], nag.words[1]),
            "boilerplate_words_removed": _share(boilerplate.words[1] - boilerplate.words[2], boilerplate.words[1]),
            "content_words_extracted": _share(content.words[1], content.words[0]),
            "content_words_lost": _share(content.words[1] - content.words[2], content.words[1]),
        }


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Extract the labelled pages of test domains, clean the extracts in text view, find the judged blocks again."""
    pages = [page for page in corpora.test_pages if (page.labels != UNKNOWN).any()]
    if quick:
        pages = pages[::4]
    htmls = corpora.html(pages)
    cleaner = Cleaner.load()
    policies, skipped = _policies(cleaner)
    rows: list[dict[str, Any]] = []
    for extractor in _EXTRACTORS:
        if lacking := missing(extractor.distribution):
            rows.append(absent(extractor.name, *lacking))
            continue
        extracts = [extractor.text(html, page.lang) or "" for page, html in zip(pages, htmls, strict=True)]
        for policy_name, clean in policies.items():
            passed = SecondPass()
            for page, extract in zip(pages, extracts, strict=True):
                passed.add(page.batch.blocks(), page.labels, extract, clean(extract))
            rows.append({"name": extractor.name, "policy": policy_name} | passed.row())
        rows += [{"name": extractor.name, "policy": name, "skipped": why} for name, why in skipped.items()]
    return {"pages": len(pages), "rows": rows}


def _policies(cleaner: Cleaner) -> tuple[dict[str, Callable[[str], str]], dict[str, str]]:
    """Ways to clean a text by name, and names of those that this version does not have."""

    def under(policy: Policy | None) -> Callable[[str], str]:
        return lambda text: cleaner.clean(Document("-", text, "text/plain"), policy)

    capped = f"max_content_loss={_MAX_LOSS}"
    policies = {"default": under(None), "keep boilerplate": under(Policy.of(keep=["boilerplate"]))}
    make_policy = getattr(cleaner, "policy", None)
    if make_policy is None:
        return policies, {capped: f"{NOT_INSTALLED}: Cleaner has no policy(max_content_loss=...)"}
    try:
        policies[capped] = under(make_policy(max_content_loss=_MAX_LOSS))
    except ConfigError as error:
        return policies, {capped: str(error)}
    return policies, {}


def _share(part: Any, whole: Any) -> float | None:
    """None where there is nothing to take a share of."""
    return round(float(part / whole), 4) if whole else None
