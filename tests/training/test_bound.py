"""A bound with 95 % confidence is wrong in at most one of twenty draws, however losses cluster."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from training.bound import last_shown, mean_is_below

Draw = Callable[[np.random.Generator, int], np.ndarray]
N_SEEDS = 2000


def rare_and_total(rng: np.random.Generator, n: int) -> np.ndarray:
    """One domain in fifty loses everything."""
    return (rng.random(n) < 0.02).astype(float)


def clustered(rng: np.random.Generator, n: int) -> np.ndarray:
    """One domain in ten loses a fifth of its words on average, others nothing."""
    return np.where(rng.random(n) < 0.1, rng.beta(1, 4, n), 0.0)


def even(rng: np.random.Generator, n: int) -> np.ndarray:
    return np.full(n, 0.02) * rng.random(n) * 2


@pytest.mark.parametrize(("draw", "mean"), [(rare_and_total, 0.02), (clustered, 0.02), (even, 0.02)])
@pytest.mark.parametrize("n", [50, 400])
def test_false_claims_are_rare(draw: Draw, mean: float, n: int) -> None:
    claims = sum(mean_is_below(draw(np.random.default_rng(seed), n), mean) for seed in range(N_SEEDS))
    assert claims / N_SEEDS <= 0.05 + 3 * (0.05 * 0.95 / N_SEEDS) ** 0.5


@pytest.mark.parametrize(("draw", "most"), [(rare_and_total, 0.04), (clustered, 0.03), (even, 0.03)])
def test_bound_is_not_idle(draw: Draw, most: float) -> None:
    """With 1000 domains, a bound half as high again, or twice as high where losses are total, is mostly shown."""
    claims = sum(mean_is_below(draw(np.random.default_rng(seed), 1000), most) for seed in range(200))
    assert claims >= 140


def test_normal_interval_would_lie() -> None:
    """Why not the mean plus two standard errors: with rare total losses it errs in far more than one of twenty."""
    wrong = 0
    for seed in range(N_SEEDS):
        losses = rare_and_total(np.random.default_rng(seed), 50)
        wrong += losses.mean() + 1.645 * losses.std() / 50**0.5 < 0.02
    assert wrong / N_SEEDS > 0.2


def test_order_does_not_matter() -> None:
    rng = np.random.default_rng(0)
    losses = clustered(rng, 500)
    assert len({mean_is_below(rng.permutation(losses), 0.026) for _ in range(20)}) == 1


def test_without_any_loss_it_is_the_exact_binomial_bound() -> None:
    for most in (0.005, 0.02, 0.1):
        n = next(n for n in range(10_000) if (1 - most) ** n <= 0.05)  # Clopper and Pearson 1934
        assert mean_is_below(np.zeros(n), most)
        assert not mean_is_below(np.zeros(n - 1), most)


def test_no_domain_shows_nothing() -> None:
    assert not mean_is_below(np.zeros(0), 0.5)
    assert not mean_is_below(np.ones(1000), 0.99)


def test_a_hundred_thousand_domains_do_not_overflow() -> None:
    assert mean_is_below(np.zeros(100_000), 0.05)


def test_last_step_before_the_first_that_fails() -> None:
    rising = [np.zeros(2000), np.full(2000, 0.003), np.full(2000, 0.02), np.zeros(2000)]
    assert last_shown(rising.__getitem__, 4, 0.01) == 1
    assert last_shown(rising.__getitem__, 4, 0.05) == 3
    assert last_shown(rising.__getitem__, 4, 0.001) == -1
