"""What noise in the words costs: ``python -m training.robustness --corpora DIR``, a table on standard output.

The pages of one split are labelled as they are and with each kind of noise in a share of their
words; blocks and layout stay, so that every difference is the noise's.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from classifier import Cleaner
from classifier.model import VIEWS
from training.corpora import MatchReport, read_corpora
from training.dataset import LabelledPage
from training.evaluate import score_pages, summarise

Noise = Callable[[str, random.Random], str]

_HIDDEN = "\u200b\u00ad\u200c\u2060\u200e"
_LOOK_ALIKE = dict(zip("aceiopsxyABCEHKMOPTX", "асеіорѕхуАВСЕНКМОРТХ", strict=True))
_SPACES = "\u00a0\u2009\u202f\u3000"


def hide(word: str, chance: random.Random) -> str:
    """A character that nobody sees inside a word."""
    at = chance.randrange(1, len(word)) if len(word) > 1 else 0
    return word[:at] + chance.choice(_HIDDEN) + word[at:]


def look_alike(word: str, chance: random.Random) -> str:
    """One Latin letter of a word replaced by its Cyrillic look-alike."""
    places = [i for i, letter in enumerate(word) if letter in _LOOK_ALIKE]
    if len(word) < 3 or not places:
        return word
    at = chance.choice(places)
    return word[:at] + _LOOK_ALIKE[word[at]] + word[at + 1 :]


def change_case(word: str, chance: random.Random) -> str:
    """A word in another case."""
    return chance.choice((str.upper, str.lower, str.title))(word)


def space_out(word: str, chance: random.Random) -> str:
    """A word with white space of some other kind behind it."""
    return word + chance.choice(_SPACES)


NOISES: dict[str, Noise] = {
    "hidden characters": hide,
    "look-alike letters": look_alike,
    "case": change_case,
    "white space": space_out,
}


def noisy(page: LabelledPage, noise: Noise, share: float) -> LabelledPage:
    """A page with noise in a share of its words; the same page always gets the same noise."""
    chance = random.Random(page.id)
    lines = page.batch.text.decode("utf-8").split("\n")
    changed = [
        " ".join(noise(word, chance) if word and chance.random() < share else word for word in line.split(" "))
        for line in lines
    ]
    return replace(page, batch=replace(page.batch, text="\n".join(changed).encode()))


def figures(cleaner: Cleaner, pages: Sequence[LabelledPage]) -> dict[str, tuple[float, float, float]]:
    """By view: F1 of any nag, nag macro-F1, F1 of content."""
    found: dict[str, tuple[float, float, float]] = {}
    for view in VIEWS:
        result = summarise(score_pages(cleaner, pages, view), intervals=False)
        found[view] = (result["any_nag"]["f1"], result["nag_macro_f1"], result["labels"]["content"]["f1"])
    return found


def main(
    corpora: Annotated[Path, typer.Option("--corpora", metavar="DIR", help="Public corpora, see labels/README.md.")],
    model: Annotated[Path | None, typer.Option("--model", metavar="MODEL_DIR")] = None,
    split: Annotated[str, typer.Option(help="Which domains: dev or test.")] = "dev",
    share: Annotated[float, typer.Option(help="Share of words that get noise.")] = 0.3,
) -> None:
    """Print F1 with and without noise in the words."""
    cleaner = Cleaner.load(model)
    pages = [page for page in read_corpora(corpora, MatchReport()) if page.split == split]
    plain = figures(cleaner, pages)
    print(f"{len(pages)} pages of the {split} split, noise in {share:.0%} of the words; F1, and points lost by noise")
    print(f"{'noise':20} {'view':5} {'any nag':>8} {'lost':>6} {'macro':>8} {'lost':>6} {'content':>8} {'lost':>6}")
    for name, noise in (("none", None), *NOISES.items()):
        found = plain if noise is None else figures(cleaner, [noisy(page, noise, share) for page in pages])
        for view in VIEWS:
            cells = (
                f"{value:8.3f} {100 * (was - value):6.1f}" for value, was in zip(found[view], plain[view], strict=True)
            )
            print(f"{name:20} {view:5} {' '.join(cells)}")


if __name__ == "__main__":
    typer.run(main)
