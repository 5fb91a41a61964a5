"""What changed from an earlier run: differences, paired intervals, and runs that can not be compared."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from classifier import LABELS, ConfigError
from training.against import Delta, compare, figure, figure_names
from training.counts import Counts, figures_of, rounded
from training.metrics import Metrics

EARLIER = Path("earlier.json")
VERDICTS = [
    ("nag_macro_f1", 0.1, (0.05, 0.2), "better"),
    ("nag_macro_f1", -0.1, (-0.2, -0.05), "worse"),
    ("nag_macro_f1", 0.1, (-0.01, 0.2), "same"),
    ("nag_macro_f1", 0.0, None, "same"),
    ("nag_macro_f1", 0.1, None, "unknown"),
    ("calibration_error", 0.1, (0.05, 0.2), "worse"),
    ("calibration_error", -0.1, (-0.2, -0.05), "better"),
]


@pytest.mark.parametrize(("name", "change", "interval", "verdict"), VERDICTS)
def test_verdicts(name: str, change: float, interval: tuple[float, float] | None, verdict: str) -> None:
    assert Delta("text", name, 0.5, 0.5 + change, interval).verdict == verdict


def run_of(confusions: list[np.ndarray], corpus: str = "a") -> Metrics:
    """Metrics whose figures are those of the confusion of each domain."""
    domains = {}
    for i, confusion in enumerate(confusions):
        counts = Counts.zeros()
        counts.confusion[:] = confusion
        domains[f"{i:03}.example"] = counts.as_lists()
    total = figures_of(Counts.total([Counts.from_lists(lists) for lists in domains.values()]))
    view: dict[str, Any] = {"by_domain": domains}
    for name in figure_names():
        place = view
        *path, last = name.split(".")
        for part in path:
            place = place.setdefault(part, {})
        place[last] = rounded(total[name])
    return {"corpus": {"hash": corpus}, "model": "x", "views": {"text": view}}


def made_up(extra_right: int, seed: int = 0) -> list[np.ndarray]:
    draw = np.random.default_rng(seed)
    n = len(LABELS)
    return [draw.poisson(np.eye(n) * 4 + 0.5) + extra_right * np.eye(n, dtype=int) for _ in range(60)]


def test_the_same_run_is_the_same(metrics: Metrics) -> None:
    comparison = compare(metrics, metrics, EARLIER)
    assert comparison.is_paired
    assert {delta.view for delta in comparison.deltas} == {"html", "text"}
    for delta in comparison.deltas:
        assert (delta.change, delta.interval, delta.verdict) == (0, (0, 0), "same")
    names = [delta.name for delta in comparison.of_view("html")]
    lacking = metrics["views"]["html"]["not_measured"]
    assert {"labels.donation_appeal.f1", "labels.ad_notice.recall"} <= set(lacking)
    assert names == [name for name in figure_names() if name not in lacking]
    assert [delta.name for delta in comparison.of_view("text")] == names[:-1], "main content is of the html view"


def test_a_better_run_is_better() -> None:
    comparison = compare(run_of(made_up(2)), run_of(made_up(0)), EARLIER)
    found = {delta.name: delta for delta in comparison.deltas}
    for name in ("nag_macro_f1", "labels.content.f1", "labels.paywall_prompt.recall"):
        assert found[name].verdict == "better"
        assert found[name].interval is not None
        low, high = found[name].interval or (0, 0)
        assert 0 < low < found[name].change < high
    back = {delta.name: delta for delta in compare(run_of(made_up(0)), run_of(made_up(2)), EARLIER).deltas}
    assert back["nag_macro_f1"].verdict == "worse"
    assert back["nag_macro_f1"].change == -found["nag_macro_f1"].change
    assert "better  text.nag_macro_f1" in comparison.table()


def test_paired_intervals_are_narrower() -> None:
    now, before = run_of(made_up(1)), run_of(made_up(0))
    paired, unpaired = compare(now, before, EARLIER), compare(now, before | {"corpus": {"hash": "b"}}, EARLIER)
    assert (paired.is_paired, unpaired.is_paired) == (True, False)
    for one, other in zip(paired.deltas, unpaired.deltas, strict=True):
        if one.name == "nag_macro_f1":
            assert one.interval is not None
            assert other.interval is not None
            assert one.interval[1] - one.interval[0] < other.interval[1] - other.interval[0]
    assert "scored other blocks" in unpaired.table()


def test_without_counts_there_are_no_intervals(metrics: Metrics) -> None:
    earlier = copy.deepcopy(metrics)
    del earlier["views"]["text"]["by_domain"]
    comparison = compare(metrics, earlier, EARLIER)
    assert {delta.interval for delta in comparison.of_view("text")} == {None}
    assert all(delta.interval for delta in comparison.of_view("html"))


def test_nothing_in_common(metrics: Metrics) -> None:
    with pytest.raises(ConfigError, match=r"earlier\.json: no view in it, expected one of html, text"):
        compare(metrics, {"corpus": {}, "views": {}}, EARLIER)


@pytest.mark.parametrize("counts", [7, {"a": {}}, {"a": {"confusion": [[1]]}}, {"a": 1}])
def test_counts_of_another_make(metrics: Metrics, counts: Any) -> None:
    earlier = copy.deepcopy(metrics)
    earlier["views"]["text"]["by_domain"] = counts
    with pytest.raises(ConfigError, match=r"earlier\.json: by_domain: not the counts"):
        compare(metrics, earlier, EARLIER)


def test_figure() -> None:
    assert figure({"a": {"b": 1}}, "a.b") == 1
    assert figure({"a": {"b": None}}, "a.b") is None
    assert figure({"a": 1}, "a.b") is None


def test_command(denag: Callable[..., Any], label_file: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.json"
    assert denag("evaluate", label_file, "--json", earlier).code == 0
    run = denag("evaluate", label_file, "--against", earlier, "--json", tmp_path / "now.json")
    assert run.code == 0
    assert "same    text.nag_macro_f1" in run.text
    against = json.loads((tmp_path / "now.json").read_text())["against"]
    assert against["is_paired"] is True
    assert {row["verdict"] for row in against["deltas"]} == {"same"}
    assert against["model"] == json.loads(earlier.read_text())["model"]
