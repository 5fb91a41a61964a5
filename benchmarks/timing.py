"""Rounds: every contestant once a round, so that a slow moment of the machine hits all of them."""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

Times = dict[str, list[float]]
"""Elapsed seconds by contestant, one number a round."""


def interleaved(
    contestants: Mapping[str, Callable[[], object]], rounds: int, clock: Callable[[], float] = time.perf_counter
) -> Times:
    """Time contestants in turn, after one warm-up each, with the garbage collector off for all.

    Every other round runs in reverse order, so that nobody always follows the same neighbour.

    Parameters
    ----------
    contestants
        What to time, by name.
    rounds
        Timed rounds after the warm-up.

    Returns
    -------
    Seconds by contestant, ``rounds`` numbers each, in round order.

    Examples
    --------
    >>> {name: len(seconds) for name, seconds in interleaved({"a": list, "b": dict}, 3).items()}
    {'a': 3, 'b': 3}
    """
    times: Times = {name: [] for name in contestants}
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()  # what is there already is not looked at between rounds
    try:
        for round_number in range(rounds + 1):
            names = list(contestants)
            for name in names if round_number % 2 else reversed(names):
                start = clock()
                contestants[name]()
                elapsed = clock() - start
                gc.collect()
                if round_number:
                    times[name].append(elapsed)
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()
    return times


def ratio(times: Times, name: str, to: str) -> float:
    """How many times longer one contestant takes than another: the median of the rounds' ratios.

    Examples
    --------
    >>> ratio({"a": [1.0, 2.0, 9.0], "b": [1.0, 1.0, 3.0]}, "a", "b")
    2.0
    """
    return median(a / b for a, b in zip(times[name], times[to], strict=True))


def spread(seconds: Sequence[float]) -> float:
    """Half the distance from the fastest to the slowest round, as a share of the median.

    Examples
    --------
    >>> spread([0.9, 1.0, 1.1])
    0.1
    """
    return round((max(seconds) - min(seconds)) / 2 / median(seconds), 3)


def row(times: Times, name: str, ours: str) -> dict[str, Any]:
    """Median seconds of one contestant, its spread, and its time in units of ours."""
    return {
        "name": name,
        "median_s": median(times[name]),
        "spread": spread(times[name]),
        "rounds": len(times[name]),
        "times_ours": round(ratio(times, name, ours), 3),
    }


def log_log_slope(sizes: Sequence[float], seconds: Sequence[float], at_least: float = 0) -> float:
    """Exponent ``k`` of ``seconds ~ sizes ** k``, least squares over sizes from ``at_least`` on.

    Examples
    --------
    >>> round(log_log_slope([10, 100, 1000], [1, 10, 100]), 3)
    1.0
    >>> round(log_log_slope([10, 100, 1000], [1, 100, 10000]), 3)
    2.0
    """
    points = [(math.log(n), math.log(s)) for n, s in zip(sizes, seconds, strict=True) if n >= at_least]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    below = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / below
