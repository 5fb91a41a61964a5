"""What a calibrated model does on pages it had not seen: the content-loss dial, setting by setting, and its scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from classifier import LABELS
from classifier.calibration import Calibration, ScoreCalibration
from classifier.model import SequenceModel
from classifier.types import N_LABELS, VIEWS, View
from training.calibrate import HeldOut, domain_losses, drops, predict
from training.dataset import UNKNOWN, LabelledPage

_BINS = 10
_BOOTSTRAP_ROUNDS = 1000
_AS_IT_IS = ScoreCalibration((1.0,) * N_LABELS, (0.0,) * N_LABELS)
_OFF = dict.fromkeys(LABELS[1:], 0.0)
START, END = "<!-- calibration -->", "<!-- /calibration -->"


@dataclass(frozen=True, slots=True)
class DialRow:
    """One setting of the dial on some pages.

    Parameters
    ----------
    setting
        Bound asked for, None with the dial off.
    content_loss, interval
        Mean share of content words lost, over domains, and its 95 % bootstrap interval.
    words_lost
        Share of all content words lost, all domains thrown together.
    nag_words_removed, boilerplate_words_removed
        Shares of judged words, whatever label they were given.
    n_domains
        Domains with content words.
    """

    setting: float | None
    content_loss: float
    interval: tuple[float, float]
    words_lost: float
    nag_words_removed: float
    boilerplate_words_removed: float
    n_domains: int


@dataclass(frozen=True, slots=True)
class CounterRow:
    """One setting of the dial on written counter-examples, None with it off: shares of their content that are lost."""

    setting: float | None
    blocks_lost: float
    words_lost: float
    n_blocks: int
    n_pages: int


def measure(
    model: SequenceModel, pages: Sequence[LabelledPage], held_out: Mapping[View, HeldOut]
) -> dict[View, dict[str, Any]]:
    """Calibration error before and after, and rows of the dial, by view, on pages the model had not seen.

    ``held_out`` is what the model was calibrated on: its counter-examples are told beside, for they
    train the model itself.
    """
    figures: dict[View, dict[str, Any]] = {}
    for view in VIEWS:
        held = predict(model, pages, view)
        if (held.truth != UNKNOWN).any():
            figures[view] = measure_held_out(held, model.calibration, view)
            figures[view]["counter_examples"] = [
                asdict(counter_row(held_out[view], model.calibration.scores.get(view, _AS_IT_IS), *setting))
                for setting in _settings(model.calibration, view)
            ]
    return figures


def measure_held_out(held: HeldOut, calibration: Calibration, view: View) -> dict[str, Any]:
    """`measure` on predictions that were made before."""
    scaling = calibration.scores.get(view, _AS_IT_IS)
    rows = [dial_row(held, scaling, *setting) for setting in _settings(calibration, view)]
    return {
        "calibration_error_before": calibration_error(held, _AS_IT_IS),
        "calibration_error": calibration_error(held, scaling),
        "dial": [asdict(row) for row in rows],
    }


def _settings(calibration: Calibration, view: View) -> list[tuple[float | None, Mapping[Any, float]]]:
    """The dial's settings and their thresholds, the dial turned off first."""
    return [(None, _OFF), *((s.max_content_loss, s.thresholds) for s in calibration.content_loss.get(view, ()))]


def calibration_error(held: HeldOut, scaling: ScoreCalibration) -> float:
    """Expected calibration error of the given label's probability on judged blocks, ten bins (Naeini et al. 2015)."""
    judged = held.truth != UNKNOWN
    score, right = held.score(scaling)[judged].astype(float), (held.truth == held.given)[judged]
    bins = np.minimum((score * _BINS).astype(np.intp), _BINS - 1)
    gap = np.bincount(bins, score, _BINS) - np.bincount(bins, right, _BINS)
    return round(float(np.abs(gap).sum() / max(len(score), 1)), 4)


def dial_row(
    held: HeldOut, scaling: ScoreCalibration, setting: float | None, thresholds: Mapping[Any, float]
) -> DialRow:
    """What thresholds do on held-out pages."""
    score = held.not_content(scaling)
    losses = domain_losses(held, score, [thresholds])[0]
    n = len(losses)
    draws = np.random.default_rng(0).multinomial(n, np.full(n, 1 / n), _BOOTSTRAP_ROUNDS) / n if n else np.zeros((1, 0))
    low, high = np.quantile(draws @ losses, [0.025, 0.975])
    dropped = drops(held, score, thresholds)
    nag = (held.truth > 0) & (held.truth < N_LABELS - 1)

    def share(rows: np.ndarray) -> float:
        return round(float((held.n_words * (rows & dropped)).sum() / max((held.n_words * rows).sum(), 1)), 4)

    return DialRow(
        setting,
        round(float(losses.mean()), 5) if n else 0.0,
        (round(float(low), 5), round(float(high), 5)),
        share(held.is_content == 1),
        share(nag),
        share(held.truth == N_LABELS - 1),
        n,
    )


def counter_row(
    held: HeldOut, scaling: ScoreCalibration, setting: float | None, thresholds: Mapping[Any, float]
) -> CounterRow:
    """What thresholds do to the content of counter-examples that the predicting model had not seen."""
    held = held.take(held.counter & (held.is_content == 1))
    dropped = drops(held, held.not_content(scaling), thresholds)
    n, n_words = len(dropped), held.n_words.sum()
    return CounterRow(
        setting,
        round(float(dropped.sum()) / max(n, 1), 5),
        round(float(held.n_words[dropped].sum()) / max(n_words, 1), 5),
        n,
        len(np.unique(held.domain)),
    )


def calibration_section(figures: Mapping[View, dict[str, Any]]) -> str:
    """Markdown of `measure`, between two marks by which a later calibration finds it in a card."""
    lines = [START, "## Calibration on test domains", ""]
    for view, result in figures.items():
        lines += [
            f"**{view} view**: expected calibration error {result['calibration_error_before']:.3f} before, "
            f"{result['calibration_error']:.3f} after scaling.",
            "",
            "| `--max-content-loss` | content lost, mean of domains | 95 % interval | of all words "
            "| nag words removed | boilerplate words removed |",
            "|---|---|---|---|---|---|",
        ]
        for row in result["dial"]:
            low, high = row["interval"]
            lines.append(
                f"| {row['setting'] or 'off'} | {row['content_loss']:.2%} | {low:.2%} to {high:.2%} "
                f"| {row['words_lost']:.2%} | {row['nag_words_removed']:.1%} | {row['boilerplate_words_removed']:.1%} |"
            )
        n = result["dial"][0]["n_domains"]
        lines += ["", f"{n} domains with content words.", "", *_counter_lines(result.get("counter_examples", ()))]
    return "\n".join([*lines, END])


def _counter_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows or not rows[0]["n_blocks"]:
        return []
    return [
        f"Content of {rows[0]['n_pages']} counter-examples ({rows[0]['n_blocks']:,} blocks), each by a model that was "
        "fitted without its half of the domains:",
        "",
        "| `--max-content-loss` | blocks lost | words lost |",
        "|---|---|---|",
        *(f"| {row['setting'] or 'off'} | {row['blocks_lost']:.2%} | {row['words_lost']:.2%} |" for row in rows),
        "",
    ]


def with_section(card: str, figures: Mapping[View, dict[str, Any]]) -> str:
    """A model card with its section on calibration put in, or in the place of an older one.

    Examples
    --------
    >>> card = with_section("# Card", {})
    >>> with_section(card, {}) == card
    True
    """
    before, mark, rest = card.partition(START)
    after = rest.partition(END)[2] if mark else ""
    return f"{before.rstrip()}\n\n{calibration_section(figures)}\n{after.lstrip()}"
