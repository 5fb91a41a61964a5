"""One short document a call: what a service pays that can not wait for a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.block_peers import FastText
from benchmarks.pages import Corpora
from benchmarks.peers import absent, missing
from benchmarks.targets import Target
from benchmarks.timing import interleaved, row
from classifier import Cleaner

OURS = "denag, label_blocks of one page"
FASTTEXT = "fastText, word 1-2, predict of one page"
_BLOCKS = 200


def run(corpora: Corpora, quick: bool) -> dict[str, Any]:
    """Time calls of one document of 200 blocks; a round is a call for each of some documents."""
    pages = [page.batch.blocks()[:_BLOCKS] for page in corpora.sample(400) if page.batch.n_blocks >= _BLOCKS]
    pages = pages[: 20 if quick else 60]
    cleaner = Cleaner.load()

    def ours() -> None:
        for page in pages:
            cleaner.label_blocks([page])

    contestants: dict[str, Callable[[], object]] = {OURS: ours}
    absences = []
    if lacking := missing("fasttext-numpy2"):
        absences.append(absent(FASTTEXT, *lacking))
    else:
        model = FastText(*corpora.training_blocks(["train"]), {"epoch": 2, "lr": 0.5, "wordNgrams": 2}).model

        def fasttext() -> None:
            for page in pages:
                model.predict(page)

        contestants[FASTTEXT] = fasttext
    times = interleaved(contestants, 3 if quick else 9)
    rows = []
    for name in contestants:
        result = row(times, name, OURS)
        per_call = result["median_s"] / len(pages)
        rows.append(result | {"ms_per_document": round(per_call * 1e3, 3), "blocks_per_s": round(_BLOCKS / per_call)})
    return {
        "documents": len(pages),
        "blocks_a_document": _BLOCKS,
        "rows": rows + absences,
        "targets": [
            Target("one document a call", "at least", 300_000, "blocks/s").verdict(rows[0]["blocks_per_s"]),
            Target("one document of 200 blocks", "at most", 1, "ms").verdict(rows[0]["ms_per_document"]),
        ],
    }
