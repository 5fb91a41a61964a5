"""Rounds, ratios and slopes, on a clock that the test turns itself."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from benchmarks.targets import Target
from benchmarks.timing import interleaved, log_log_slope, ratio, row


class Clock:
    """A clock that stands still but for what a contestant adds to it."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def working(self, seconds: Iterator[float]) -> Callable[[], None]:
        def work() -> None:
            self.now += next(seconds)

        return work


def test_rounds_are_interleaved_and_the_warm_up_is_not_counted() -> None:
    clock, order = Clock(), []

    def contestant(name: str, seconds: list[float]) -> Callable[[], None]:
        work = clock.working(iter(seconds))

        def noted() -> None:
            order.append(name)
            assert not gc.isenabled()
            work()

        return noted

    times = interleaved({"a": contestant("a", [9, 1, 2]), "b": contestant("b", [9, 3, 4])}, 2, clock)
    assert times == {"a": [1, 2], "b": [3, 4]}
    assert order == ["b", "a", "a", "b", "b", "a"]
    assert gc.isenabled()


def test_collector_comes_back_when_a_contestant_fails() -> None:
    def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        interleaved({"a": fails}, 1)
    assert gc.isenabled()


def test_ratio_is_taken_round_by_round() -> None:
    # the second round was slow for both: the ratio of medians would be 2 / 1, that of every round is 3
    times = {"slow": [3.0, 30.0, 2.0], "fast": [1.0, 10.0, 0.5]}
    assert ratio(times, "slow", "fast") == 3
    assert ratio(times, "fast", "slow") == pytest.approx(1 / 3)


def test_row_gives_time_in_units_of_ours() -> None:
    result = row({"ours": [1.0, 1.0, 1.2], "peer": [5.0, 4.0, 6.0]}, "peer", "ours")
    assert result["median_s"] == 5
    assert result["times_ours"] == 5
    assert result["spread"] == 0.2
    assert result["rounds"] == 3


def test_slope_leaves_small_sizes_out() -> None:
    sizes = [1, 10, 1000, 10_000, 100_000]
    seconds = [0.5, 0.5, 1.0, 10.0, 100.0]
    assert log_log_slope(sizes, seconds, at_least=1000) == pytest.approx(1)
    assert log_log_slope(sizes, seconds) < 0.6


@pytest.mark.parametrize(
    ("sense", "found", "met"),
    [("at least", 5.0, True), ("at least", 4.99, False), ("at most", 5.0, True), ("at most", 5.1, False)],
)
def test_target(sense: str, found: float, met: bool) -> None:
    verdict = Target("speed", sense, 5, "x").verdict(found)  # type: ignore[arg-type]
    assert verdict == {"target": "speed", "bound": f"{sense} 5 x", "found": found, "met": met}
    assert Target("speed", sense, 5, "x").verdict(None)["met"] is None  # type: ignore[arg-type]
