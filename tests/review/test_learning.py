"""Labels given through the review server are what ``denag train --from`` learns and ``denag evaluate`` scores."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from classifier import LABELS, Document

Row = dict[str, Any]


def review(served: Callable[..., Any], rows: list[Row], path: Path) -> None:
    """Label pages as a person would: what the model has right by agreeing, the rest block by block."""
    server = served([Document(row["id"], row["html"].encode(), "text/html", url=row["url"]) for row in rows], path)
    truth = {row["id"]: row["blocks"] for row in rows}
    for listed in server.documents():
        shown = server.client.get(f"documents/{listed['key']}").json()
        blocks = truth[listed["id"]]
        assert shown["texts"] == [block["text"] for block in blocks]
        numbers = [LABELS.index(block["label"]) for block in blocks]
        for number, run in groupby(enumerate(numbers), key=lambda item: item[1]):
            places = [place for place, _ in run]
            answer = server.give(listed["key"], [places[0], places[-1], number, None])
            assert answer.status_code == 200
            assert answer.json()["conflicts"] == []
        assert server.client.post(f"documents/{listed['key']}/finished", json={}).status_code == 200
    server.stop()


def test_review_train_evaluate(
    served: Callable[..., Any], own_site: Callable[..., list[Row]], denag: Callable[..., Any], tmp_path: Path
) -> None:
    """The whole way of docs/own-model.md, on pages whose every sentence is new to who learnt the others."""
    learnt, held_out, model = tmp_path / "my-labels.jsonl", tmp_path / "held-out.jsonl", tmp_path / "my-model"
    review(served, own_site(0, 20), learnt)
    review(served, own_site(20, 10), held_out)
    rows = [json.loads(line) for line in learnt.read_text(encoding="utf-8").splitlines()]
    assert {row["id"] for row in rows} == {row["id"] for row in own_site(0, 20)}
    assert all(row["reviewed"] is True and "html" in row for row in rows)
    assert list(tmp_path.glob("*.journal")) == []

    assert denag("evaluate", held_out, "--json", tmp_path / "old.json").code == 0
    assert denag("train", "--from", "default", learnt, "-o", model).code == 0
    run = denag("evaluate", held_out, "--model", model, "--json", tmp_path / "new.json")
    assert run.code == 0
    old, new = (json.loads((tmp_path / name).read_text(encoding="utf-8")) for name in ("old.json", "new.json"))
    assert new["corpus"]["judged_blocks"] == sum(len(row["blocks"]) for row in own_site(20, 10))
    for view in ("html", "text"):
        before, now = old["views"][view], new["views"][view]
        assert now["any_nag"]["f1"] > before["any_nag"]["f1"] + 0.1
        assert now["content_words_kept"] > before["content_words_kept"] - 0.05
