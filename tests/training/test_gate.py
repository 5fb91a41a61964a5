"""Floors hold or fail by figure, speak of the blocks they were measured on, and fall only when told to."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier import ConfigError
from training.gate import MARGINS, Floors, check, floor_names, gate_table, read_floors, updated
from training.metrics import Metrics, write_json

ROOT = Path(__file__).parents[2]
Denag = Callable[..., Any]


@pytest.fixture
def metrics(metrics: Metrics) -> Metrics:
    """Measured metrics, with room on both sides of the figure that tests move."""
    result = copy.deepcopy(metrics)
    result["views"]["text"]["content_words_kept"] = 0.9
    return result


def changed(metrics: Metrics, by: float) -> Metrics:
    """The same metrics with one figure moved."""
    result = copy.deepcopy(metrics)
    result["views"]["text"]["content_words_kept"] += by
    return result


def test_floors_are_what_was_measured_less_the_margin(metrics: Metrics) -> None:
    floors, changes = updated(metrics, None, allow_lower=False)
    text = metrics["views"]["text"]
    expected = max(text["content_words_kept"] - MARGINS["content_words_kept"], 0)
    assert floors.views["text"]["content_words_kept"] == pytest.approx(expected, abs=1e-4)
    f1 = text["labels"]["content"]["f1"]
    assert floors.views["text"]["labels.content.f1"] == pytest.approx(max(f1 - 0.03, 0), abs=1e-4)
    assert "labels.donation_appeal.f1" not in floors.views["text"], "no block of that label was scored"
    assert "main_content.word_f1" in floors.views["html"]
    assert "main_content.word_f1" not in floors.views["text"]
    assert all(one.holds for one in check(metrics, floors))
    assert str(changes[0]) == f"corpus hash: {metrics['corpus']['hash']}"
    assert len(changes) == 1 + sum(map(len, floors.views.values()))
    assert MARGINS["content_words_kept"] == min(MARGINS.values())


def test_what_says_nothing_has_no_floor(metrics: Metrics) -> None:
    text = metrics["views"]["text"]
    text["not_measured"].append("nag_words_removed")
    floors, _ = updated(metrics, None, allow_lower=False)
    assert "nag_words_removed" not in floors.views["text"]
    assert "nag_words_removed" in floors.views["html"]
    kept = Floors(floors.corpus, {"text": {"nag_words_removed": 0.0}}, floors.margins)
    text["nag_words_removed"] = 0.0
    assert all(one.holds for one in check(metrics, kept)), "floors of 0 that were set before hold as they did"


def test_a_figure_below_its_floor_fails(metrics: Metrics) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    checks = check(changed(metrics, -0.01), floors)
    [failed] = [one for one in checks if not one.holds]
    assert failed.name == "text.content_words_kept"
    line = next(line for line in gate_table(checks).splitlines() if "FAILS" in line)
    assert f"found {failed.found:.4f}, expected at least {failed.expected:.4f}" in line
    assert gate_table(checks).endswith(f"1 of {len(checks)} fail")
    assert all(one.holds for one in check(changed(metrics, -0.004), floors))


def test_other_blocks_fail(metrics: Metrics) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    other = copy.deepcopy(metrics)
    other["corpus"]["hash"] = "0" * 32
    [failed] = [one for one in check(other, floors) if not one.holds]
    assert (failed.name, failed.found, failed.expected) == ("corpus hash", "0" * 32, metrics["corpus"]["hash"])


def test_a_figure_that_is_not_there_fails(metrics: Metrics) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    text_only = copy.deepcopy(metrics)
    del text_only["views"]["html"]
    failed = [one for one in check(text_only, floors) if not one.holds]
    assert {one.name for one in failed} == {f"html.{name}" for name in floors.views["html"]}
    assert "found none, expected at least" in gate_table(failed)


def test_floors_rise_and_fall_only_when_told(metrics: Metrics) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    name = "content_words_kept"
    higher, changes = updated(changed(metrics, 0.02), floors, allow_lower=False)
    assert higher.views["text"][name] == pytest.approx(floors.views["text"][name] + 0.02, abs=2e-4)
    assert [str(change).partition(" from")[0] for change in changes] == [f"text.{name}: raised"]
    same, changes = updated(metrics, higher, allow_lower=False)
    assert (same.views, changes) == (higher.views, [])
    lower, changes = updated(metrics, higher, allow_lower=True)
    assert lower.views == floors.views
    assert [str(change).partition(" from")[0] for change in changes] == [f"text.{name}: lowered"]


def test_floors_are_pinned_to_other_blocks_only_when_told(metrics: Metrics) -> None:
    """Easier blocks would pass under any floor."""
    floors, _ = updated(metrics, None, allow_lower=False)
    other = changed(metrics, 0.02)
    other["corpus"]["hash"] = "0" * 32
    kept, changes = updated(other, floors, allow_lower=False)
    assert kept.corpus == floors.corpus
    assert not any(change.name == "corpus hash" for change in changes)
    [failed] = [one for one in check(other, kept) if not one.holds]
    assert failed.name == "corpus hash"
    pinned, changes = updated(other, floors, allow_lower=True)
    assert pinned.corpus["hash"] == "0" * 32
    assert str(changes[0]) == f"corpus hash: {'0' * 32}, was {metrics['corpus']['hash']}"
    assert all(one.holds for one in check(other, pinned))


def test_margins_of_the_file_count(metrics: Metrics) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    wide = Floors(floors.corpus, {}, {"content_words_kept": 0.2})
    again, _ = updated(metrics, wide, allow_lower=False)
    kept = metrics["views"]["text"]["content_words_kept"]
    assert again.views["text"]["content_words_kept"] == pytest.approx(max(kept - 0.2, 0), abs=1e-4)
    assert again.margins == MARGINS | {"content_words_kept": 0.2}


def test_floors_come_back(metrics: Metrics, tmp_path: Path) -> None:
    floors, _ = updated(metrics, None, allow_lower=False)
    write_json(tmp_path / "floors.json", floors.as_dict())
    assert read_floors(tmp_path / "floors.json") == floors


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"corpus": {}}, "corpus: hash is None, expected a string"),
        ({"views": {"pdf": {}}}, "views: 'pdf' found, expected html or text"),
        ({"views": {"text": {"nag_macro_f1": "high"}}}, "text.nag_macro_f1 is 'high', expected a number from 0 to 1"),
        ({"views": {"text": {"nag_macro_f1": 70}}}, "text.nag_macro_f1 is 70, expected a number from 0 to 1"),
        ({"views": {"text": {"nags": 0.7}}}, "text: nags: no such figure"),
        ({"margins": {"*": True}}, "margins: * is True, expected a number from 0 to 1"),
    ],
)
def test_bad_floors(change: dict[str, Any], complaint: str, tmp_path: Path) -> None:
    data = {"schema_version": 1, "corpus": {"hash": "x"}, "views": {}, "margins": {}} | change
    path = tmp_path / "floors.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ConfigError) as caught:
        read_floors(path)
    assert str(caught.value).startswith(f"{path}: {complaint}")


# the command


def test_command(denag: Denag, label_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    assert denag("evaluate", label_file, "--gate", path, "--update-floors").code == 0
    run = denag("evaluate", label_file, "--gate", path)
    assert run.code == 0
    assert "FAILS" not in run.text
    floors = json.loads(path.read_text())
    floors["views"]["text"]["nag_macro_f1"] = 1.0
    path.write_text(json.dumps(floors))
    before = path.read_bytes()
    for more in ((), ("--update-floors",)):
        run = denag("evaluate", label_file, "--gate", path, "--json", tmp_path / "m.json", *more)
        assert run.code == 1
        assert run.err == ""
        [line] = [line for line in run.text.splitlines() if "FAILS" in line]
        assert "text.nag_macro_f1" in line
        assert "expected at least 1.0000" in line
        assert path.read_bytes() == before
    [failed] = [row for row in json.loads((tmp_path / "m.json").read_text())["floors"] if not row["holds"]]
    assert failed["figure"] == "text.nag_macro_f1"
    run = denag("evaluate", label_file, "--gate", path, "--update-floors", "--allow-lower")
    assert run.code == 0
    assert "text.nag_macro_f1: lowered from 1.0000" in run.text
    assert denag("evaluate", label_file, "--gate", path).code == 0


def test_command_pins_other_blocks_only_when_told(denag: Denag, label_file: Path, tmp_path: Path) -> None:
    path, fewer = tmp_path / "floors.json", tmp_path / "fewer.jsonl"
    lines = label_file.read_text(encoding="utf-8").splitlines(keepends=True)
    fewer.write_text("".join(lines[:-1]), encoding="utf-8")
    assert denag("evaluate", label_file, "--gate", path, "--update-floors").code == 0
    before = path.read_bytes()
    run = denag("evaluate", fewer, "--gate", path, "--update-floors")
    assert run.code == 1
    assert "FAILS  corpus hash" in run.text
    assert "not written: --allow-lower" in run.text
    assert path.read_bytes() == before
    run = denag("evaluate", fewer, "--gate", path, "--update-floors", "--allow-lower")
    assert run.code == 0
    assert path.read_bytes() != before
    assert denag("evaluate", fewer, "--gate", path).code == 0


def test_shipped_floors_hold_the_labels_and_content_words() -> None:
    floors = read_floors(ROOT / "models" / "floors.json")
    assert set(floors.views["html"]) == set(floor_names())
    assert set(floors.views["text"]) == set(floor_names()) - {"main_content.word_f1"}
    assert floors.corpus["split"] == "test"
    assert floors.margins["content_words_kept"] == min(floors.margins.values())
