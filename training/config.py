"""Everything that training can be told."""

from __future__ import annotations

from dataclasses import dataclass

from classifier.context import ContextConfig
from classifier.features import FeaturizerConfig


@dataclass(frozen=True, slots=True)
class FitConfig:
    """Sizes and strengths of a fit; the shipped model uses the defaults.

    Parameters
    ----------
    n_folds
        Folds of the cross-fitting, by registered domain.
    C_content, C_other
        Inverse regularisation of the linear tables' two factors.
    max_iter
        Most steps of a linear fit.
    n_word_dims, word_scale
        Dimensions and length of the word vectors, see `training.words`.
    unjudged_share
        Share of the blocks that nobody judged which the tables of words are fitted on.
    n_teacher, n_members
        Hidden units of each teacher of the context step, and teachers of different seeds whose logits
        are averaged.
    epochs_content, epochs_other
        Passes over the data of the teachers of the two factors.
    n_hidden, epochs_student, least_steps
        Hidden units of the network that is served, passes over the data, and the fewest steps.
    invented_weight
        Weight of a block of a page written as HTML, see `LabelledPage.invented_markup`.
    main_weight, phrase_weight
        Weight of a block that only its page's main text speaks of, and of a typed phrase, where a
        judged block weighs 1.
    composed_weight, excerpt_weight
        Weight of a judged block of a composed page or of what an extractor leaves, and of an excerpt.
    bare_factor
        What the text view's context step multiplies the weight of pages without layout by, for they are
        judged whole.
    content_bias
        Added to the log odds of content: losing content costs more than keeping furniture.
    transition_strength
        Exponent of the label chain's transition ratios.
    n_jobs, seed
        Parallel fits, and the seed of everything random.
    """

    featurizer: FeaturizerConfig = FeaturizerConfig()
    context: ContextConfig = ContextConfig()
    n_folds: int = 5
    C_content: float = 2.0
    C_other: float = 3.0
    max_iter: int = 80
    n_word_dims: int = 96
    word_scale: float = 0.5
    unjudged_share: float = 0.25
    n_teacher: int = 48
    n_members: int = 4
    epochs_content: int = 10
    epochs_other: int = 10
    n_hidden: int = 96
    epochs_student: int = 20
    least_steps: int = 1500
    invented_weight: float = 0.3
    main_weight: float = 0.3
    phrase_weight: float = 0.2
    composed_weight: float = 0.5
    excerpt_weight: float = 1.0
    bare_factor: float = 2.0
    content_bias: float = 0.4
    transition_strength: float = 0.2
    n_jobs: int = 2
    seed: int = 0
