"""Weak votes: what the class and id words around a block say it is (Ratner et al. 2017, labelling functions)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from classifier import LABELS
from classifier.types import BlockBatch, Label
from training.dataset import UNKNOWN, LabelArray

MAX_LEVELS = 6
"""Elements around a block whose words vote; further out stand the boxes of whole pages."""

_WORDS: dict[Label, str] = {
    Label.DONATION_APPEAL: "donat(e|ion|ions|ionbox) spend(e|en)(box|aufruf)? patreon kofi fundrais(er|ing)"
    " contribution supportus supporter supporters dona doar don unterstuetzen",
    Label.PAYWALL_PROMPT: "paywall regwall metered meter piano premiumwall subscriberonly subscribersonly"
    " subscription subscriptions abo abobox gate gated locked offerwall registerwall membership",
    Label.NEWSLETTER_PROMPT: "newsletter newsletters newslettersignup mailinglist mailchimp mcembed mcfield"
    " emailsignup signupform optin subscribeform convertkit klaviyo",
    Label.AD_NOTICE: "ad ads advert adverts advertisement advertising adslot adunit adsbygoogle sponsored sponsor"
    " promoted taboola outbrain anzeige werbung publicidad affiliate adblock adblocker",
}
_VOTES = {label: re.compile(rf"(?:{'|'.join(words.split())})") for label, words in _WORDS.items()}
_SPLIT = re.compile(r"[^0-9a-z]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")


def name_votes(names: Sequence[str]) -> Label | None:
    """Label that class or id words speak for, the first of them that speaks; None where none does.

    A word votes as a whole, alone or joined with the next one: ``ad-slot`` and ``newsletterBox`` vote,
    ``header`` and ``download`` do not.

    Examples
    --------
    >>> name_votes(["col-md-6", "newsletter-box"])
    <Label.NEWSLETTER_PROMPT: 'newsletter_prompt'>
    >>> name_votes(["header", "download", "gated-content"])
    <Label.PAYWALL_PROMPT: 'paywall_prompt'>
    >>> name_votes(["shadow", "breadcrumb"]) is None
    True
    """
    for name in names:
        words = [word for word in _SPLIT.split(_CAMEL.sub("-", name).lower()) if word]
        for word in [*words, *(first + second for first, second in pairwise(words))]:
            for label, vote in _VOTES.items():
                if vote.fullmatch(word):
                    return label
    return None


def layout_votes(batch: BlockBatch) -> LabelArray:
    """What the nearest elements with a speaking name say of each block, UNKNOWN where none does. Shape (n_blocks,)."""
    votes = np.full(batch.n_blocks, UNKNOWN, np.int8)
    layout = batch.layout
    if layout is None or not batch.n_blocks:
        return votes
    spoken = [name_votes(names) for names in _names_of(batch)]
    parent = layout.parent
    for i, element in enumerate(layout.element.tolist()):
        for _ in range(MAX_LEVELS):
            if element < 0:
                break
            if (label := spoken[element]) is not None:
                votes[i] = LABELS.index(label)
                break
            element = int(parent[element])
    return votes


def _names_of(batch: BlockBatch) -> list[list[str]]:
    """Own naming words of every element."""
    assert batch.layout is not None
    lines = batch.layout.names[1:-1].decode("utf-8", "replace").split("\n")
    return [line.split() for line in lines]
