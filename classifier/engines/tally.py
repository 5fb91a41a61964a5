"""What a run did, counted: blocks and characters kept and removed by label, language and domain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from classifier.cut import BoolArray
from classifier.edits import paywalled
from classifier.readers import Reject
from classifier.types import LABELS, N_LABELS, Document, IntArray, LabelledBatch

COUNTS = ("blocks_kept", "blocks_removed", "chars_kept", "chars_removed")
_UNKNOWN = "unknown"


@dataclass(slots=True)
class Tally:
    """Counts of a run, or of a part of it.

    Parameters
    ----------
    in_full
        Whether languages and domains are counted too.
    n_documents, n_rejects, n_paywalled
        Numbers of documents.
    labels
        `COUNTS` of each label. Shape (n_labels, 4).
    languages, domains
        The same by language and by host of the address.
    reasons
        Number of rejects by reason.
    names
        The labels that are counted: those of the model.
    """

    in_full: bool = False
    n_documents: int = 0
    n_rejects: int = 0
    n_paywalled: int = 0
    labels: IntArray = field(default_factory=lambda: np.zeros((N_LABELS, 4), np.intp))
    languages: dict[str, IntArray] = field(default_factory=dict)
    domains: dict[str, IntArray] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    names: tuple[str, ...] = LABELS

    def add(self, labelled: LabelledBatch, dropped: BoolArray) -> None:
        """Count documents and what became of their blocks."""
        n_docs = len(labelled.documents)
        self.n_documents += n_docs
        self.n_paywalled += int(paywalled(labelled).sum())
        counts = _counts_of_documents(labelled, dropped)
        self._name(labelled.names)
        self.labels = _sum(self.labels, counts.sum(axis=0))
        if self.in_full:
            _add_by(self.languages, map(_language, labelled.documents), counts)
            _add_by(self.domains, map(_domain, labelled.documents), counts)

    def add_reject(self, reject: Reject) -> None:
        self.n_rejects += 1
        self.reasons[reject.reason.partition(": ")[0]] += 1

    def merge(self, other: Tally) -> None:
        """Add the counts of another part."""
        self.n_documents += other.n_documents
        self.n_rejects += other.n_rejects
        self.n_paywalled += other.n_paywalled
        self._name(other.names)
        self.labels = _sum(self.labels, other.labels)
        self.reasons.update(other.reasons)
        for mine, theirs in ((self.languages, other.languages), (self.domains, other.domains)):
            for key, counts in theirs.items():
                mine[key] = _sum(mine[key], counts) if key in mine else counts

    def _name(self, names: tuple[str, ...]) -> None:
        # a tally that has counted nothing yet knows the six alone
        self.names = max(self.names, names, key=len)

    def to_json(self) -> dict[str, Any]:
        """Everything as JSON, for `from_json`."""
        return {
            "n": [self.n_documents, self.n_rejects, self.n_paywalled],
            "labels": self.labels.tolist(),
            "languages": {key: counts.tolist() for key, counts in self.languages.items()},
            "domains": {key: counts.tolist() for key, counts in self.domains.items()},
            "reasons": dict(self.reasons),
            "names": list(self.names),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any], in_full: bool = False) -> Tally:
        languages, domains = (
            {key: np.array(counts, np.intp) for key, counts in value[name].items()} for name in ("languages", "domains")
        )
        labels = np.array(value["labels"], np.intp)
        n_documents, n_rejects, n_paywalled = value["n"]
        reasons, names = Counter(value["reasons"]), tuple(value.get("names", LABELS))
        return cls(in_full, n_documents, n_rejects, n_paywalled, labels, languages, domains, reasons, names)

    def report(self, elapsed_s: float) -> dict[str, Any]:
        """The counts for people and their tools; keys in the order of labels, else sorted."""
        return {
            "documents": self.n_documents,
            "paywalled": self.n_paywalled,
            "rejects": {"total": self.n_rejects, "by_reason": dict(sorted(self.reasons.items()))},
            "elapsed_s": round(elapsed_s, 3),
            "total": dict(zip(COUNTS, self.labels.sum(axis=0).tolist(), strict=True)),
            "labels": _named(self.labels, self.names),
            "languages": {key: _named(counts, self.names) for key, counts in sorted(self.languages.items())},
            "domains": {key: _named(counts, self.names) for key, counts in sorted(self.domains.items())},
        }


def _counts_of_documents(labelled: LabelledBatch, dropped: BoolArray) -> IntArray:
    """`COUNTS` of each document and label. Shape (n_docs, n_labels, 4)."""
    n_docs, n_labels = len(labelled.documents), len(labelled.names)
    owner = np.repeat(np.arange(n_docs), np.diff(labelled.batch.doc_offsets))
    cell = (owner * n_labels + labelled.labels) * 2 + dropped
    n_cells = n_docs * n_labels * 2
    blocks = np.bincount(cell, minlength=n_cells).reshape(n_docs, n_labels, 2)
    chars = np.bincount(cell, labelled.block_chars, n_cells).astype(np.intp).reshape(n_docs, n_labels, 2)
    return np.concatenate([blocks, chars], axis=2)


def _add_by(totals: dict[str, IntArray], keys: Iterable[str], counts: IntArray) -> None:
    for key, count in zip(keys, counts, strict=True):
        held = totals.get(key)
        if held is None:
            totals[key] = count.copy()
        else:
            held += count


def _language(document: Document) -> str:
    value = document.metadata.get("lang") or document.metadata.get("language")
    return value if isinstance(value, str) else _UNKNOWN


def _domain(document: Document) -> str:
    try:
        return urlsplit(document.url or "").hostname or _UNKNOWN
    except ValueError:
        return _UNKNOWN


def _sum(a: IntArray, b: IntArray) -> IntArray:
    """Sum of counts, of which one may lack the rows of labels it has not met."""
    longer, shorter = (a, b) if len(a) >= len(b) else (b, a)
    total = longer.copy()
    total[: len(shorter)] += shorter
    return total


def _named(counts: IntArray, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """Counts by label, labels that never came left out."""
    rows: Sequence[list[int]] = counts.tolist()
    return {
        str(label): dict(zip(COUNTS, row, strict=True)) for label, row in zip(names, rows, strict=False) if any(row)
    }
