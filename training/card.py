"""The model card: data, splits, figures, sizes, how to make the model again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from classifier.model import VIEWS, SequenceModel
from training.config import FitConfig
from training.report import markdown_table


def model_card(
    model: SequenceModel, config: FitConfig, data: dict[str, Any], figures: dict[str, dict[str, Any]]
) -> str:
    """Markdown of the card."""
    counts = "\n".join(f"| {label} | {n} |" for label, n in data["blocks"].items())
    settings = "\n".join(f"- `{key}`: {value}" for key, value in asdict(config).items())
    sizes = "\n".join(
        f"- context step, {view} view: {model.heads[view].hidden.shape[0]} features, "
        f"{model.heads[view].hidden.shape[1]} hidden units"
        for view in VIEWS
    )
    return f"""---
license: apache-2.0
library_name: denag
tags: [boilerplate-removal, text-classification, web-corpus]
---

# denag block model

Labels the blocks of a web page as content, ad_notice, donation_appeal, newsletter_prompt,
paywall_prompt or boilerplate. Linear emissions over hashed n-grams of a block's words and of the
class and id words of its elements, one hidden layer over a window of emissions and dense features,
Viterbi decoding. Two views share the text table: pages with layout (html) and bare text (text).

## Data

Trained on {data["pages"]} pages and {data["phrases"]} typed interface phrases. Corpora: {data["corpora"]}.
Pages are split by registered domain, by SHA-256 of its name: train 80, dev 10, test 10. The model
saw train and dev domains; nothing was chosen on test domains. Written pages train only.

| label | judged blocks in training |
|---|---|
{counts}

## Figures on test domains

{markdown_table(figures) if figures else "No corpora were given: nothing was held out."}

F1 intervals are 95 % bootstrap intervals over domains. Word shares are over judged blocks. Pages without
judged blocks count for main content alone.

## Sizes

- text tables: {model.featurizer.n_text} buckets each, layout table: {model.featurizer.n_layout}, int16
{sizes}

## Settings

{settings}

## How to make it again

`denag train --corpora DIR -o models/default` in a checkout of the same commit, with the packages of
constraints.txt, gives the same bytes on the same kind of machine.

## Limits

Judged blocks stand in windows around likely nags, so the figures speak of those and not of whole
pages. Most real pages are English or German; other languages lean on written pages and phrases.
"""
