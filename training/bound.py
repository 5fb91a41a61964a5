"""Upper bounds on a mean loss that hold with a stated confidence, whatever the losses' distribution.

The words of a page are not independent, and neither are the pages of a site: losses come in
clusters. What is exchangeable is domains, so a domain is one observation, the share of its content
words that was lost, and the bound is one on the mean of numbers in [0, 1].
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, sqrt

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95


def mean_is_below(losses: npt.NDArray[np.float64], most: float, confidence: float = CONFIDENCE) -> bool:
    """Whether the mean loss of the population is shown to be at most ``most``.

    Somebody bets that it is, at odds that are fair where the mean is ``most``: each domain multiplies
    the wealth by ``1 + stake * (most - loss)``. Were the mean above ``most``, the wealth would grow
    twentyfold with a probability of at most one in twenty (Markov), so a wealth of
    ``1 / (1 - confidence)`` shows that it is not (Waudby-Smith and Ramdas 2024; Bates et al. 2021 for
    its use). The stake is the one that is best where losses are total or none, and fixed before any
    loss is seen, so that their order does not matter. ``n`` domains without any loss show ``3 / n``,
    as the exact binomial bound does.

    Parameters
    ----------
    losses
        Loss of each domain, in [0, 1]. Shape (n_domains,).
    most
        Bound to show, in (0, 1).
    confidence
        Probability, over draws of the domains, of not being wrong.

    Examples
    --------
    >>> mean_is_below(np.zeros(600), 0.005), mean_is_below(np.zeros(590), 0.005)
    (True, False)
    """
    needed = -log(1 - confidence)
    stake = min(1.0, sqrt(2 * needed / max(len(losses) * most, 1e-9))) / (1 - most)
    with np.errstate(divide="ignore"):  # a total loss ruins the largest stake: log 0
        return bool(np.log1p(np.maximum(stake * (most - losses), -1.0)).sum() >= needed)


def last_shown(
    losses_at: Callable[[int], npt.NDArray[np.float64]], n_steps: int, most: float, confidence: float = CONFIDENCE
) -> int:
    """Last step of a path whose mean loss, and that of all steps before it, is shown to be at most ``most``.

    Steps are tried from the strictest on until one fails, so all of them together err no more often
    than one alone (fixed sequence testing; Angelopoulos et al. 2021). The path must not come from the
    domains that are tested on.

    Parameters
    ----------
    losses_at
        Losses of each domain at a step. Shape (n_domains,).
    n_steps, most, confidence
        Length of the path; as in `mean_is_below`.

    Returns
    -------
    The step, -1 where not even the first is shown.
    """
    for step in range(n_steps):
        if not mean_is_below(losses_at(step), most, confidence):
            return step - 1
    return n_steps - 1
