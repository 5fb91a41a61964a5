"""Settings and tensors that no model can have are refused by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from classifier.artefact import TENSORS
from classifier.cleaner import default_model
from classifier.weights import MAX_QUANTUM

from .conftest import Config, change_config, refusal, write_tensors

Tensors = dict[str, np.ndarray]


def change_tensors(folder: Path, change: Callable[[Tensors], object]) -> None:
    tensors = {name: array.copy() for name, array in load((folder / TENSORS).read_bytes()).items()}
    change(tensors)
    write_tensors(folder, save(tensors))


def put(*keys: str | int, value: object) -> Callable[[Config], object]:
    """A change that sets one value deep inside."""

    def change(config: Config) -> None:
        inner: Any = config
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value

    return change


CONFIG_DAMAGE: dict[str, Callable[[Config], object]] = {
    "no featurizer": lambda config: config.pop("featurizer"),
    "no context": lambda config: config.pop("context"),
    "no window": lambda config: config["context"].pop("window"),
    "no scales": lambda config: config.pop("scales"),
    "no scale": lambda config: config["scales"].pop("layout"),
    "featurizer a list": put("featurizer", value=[]),
    "featurizer knows more": put("featurizer", "salt", value=1),
    "context null": put("context", value=None),
    "scales a number": put("scales", value=1.0),
    "other bits": put("featurizer", "text_bits", value=7),
    "huge bits": put("featurizer", "text_bits", value=60),
    "astronomic bits": put("featurizer", "layout_bits", value=10**30),
    "negative bits": put("featurizer", "layout_bits", value=-1),
    "half bits": put("featurizer", "text_bits", value=6.0),
    "bits a truth": put("featurizer", "text_bits", value=True),
    "bits a string": put("featurizer", "text_bits", value="6"),
    "no prefix": put("featurizer", "prefix_bytes", value=0),
    "long suffix": put("featurizer", "suffix_bytes", value=9),
    "negative window": put("context", "window", value=-1),
    "huge window": put("context", "window", value=10**9),
    "other window": put("context", "window", value=2),
    "more stretches": put("context", "stretches", value=[2, 4]),
    "stretches a string": put("context", "stretches", value="2"),
    "stretches a number": put("context", "stretches", value=2),
    "endless stretches": put("context", "stretches", value=[1] * 10_000),
    "near too far": put("context", "near", value=10**6),
    "scale zero": put("scales", "own", value=0.0),
    "scale negative": put("scales", "own", value=-1.0),
    "scale infinite": put("scales", "own", value=float("inf")),
    "scale not a number": put("scales", "own", value=float("nan")),
    "scale a string": put("scales", "own", value="1"),
}


@pytest.mark.parametrize("damage", CONFIG_DAMAGE)
def test_damaged_config(folder: Path, damage: str) -> None:
    change_config(folder, CONFIG_DAMAGE[damage])
    refusal(folder)


def with_value(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array.flat[-1] = value
        return array

    return change


TENSOR_DAMAGE: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "float64": ("html.hidden", lambda array: array.astype(np.float64)),
    "float16": ("text.output", lambda array: array.astype(np.float16)),
    "int32 weights": ("own.weights", lambda array: array.astype(np.int32)),
    "float weights": ("layout.weights", lambda array: array.astype(np.float32)),
    "integer bias": ("own.bias", lambda array: array.astype(np.int32)),
    "fewer buckets": ("own.weights", lambda array: array[:-1]),
    "more labels": ("own.weights", lambda array: np.concatenate([array, array], axis=1)),
    "turned weights": ("layout.weights", lambda array: np.ascontiguousarray(array.T)),
    "flat weights": ("around.weights", lambda array: array.ravel()),
    "short bias": ("layout.bias", lambda array: array[:-1]),
    "flat hidden": ("html.hidden", lambda array: array.ravel()),
    "fewer columns": ("html.hidden", lambda array: array[:-1]),
    "fewer units": ("text.hidden", lambda array: np.ascontiguousarray(array[:, :-1])),
    "empty": ("text.transitions", lambda array: array[:0]),
    "scalar": ("html.start", lambda array: np.array(array[0])),
    "flat transitions": ("html.transitions", lambda array: array[0]),
    "weight too large": ("own.weights", with_value(MAX_QUANTUM + 1)),
    "weight least": ("layout.weights", with_value(-(2**15))),
    "nan unit bias": ("html.hidden_bias", with_value(np.nan)),
    "beyond exact sums": ("html.hidden", lambda array: np.full_like(array, 32_767)),
    "nan bias": ("own.bias", with_value(np.nan)),
    "infinite transitions": ("text.transitions", with_value(np.inf)),
    "infinite start": ("html.start", with_value(-np.inf)),
    "nan start": ("text.start", with_value(np.nan)),
    "nan output": ("html.output_bias", with_value(np.nan)),
}


def damage_tensors(folder: Path, damage: str) -> None:
    name, change = TENSOR_DAMAGE[damage]
    change_tensors(folder, lambda tensors: tensors.update({name: change(tensors[name])}))


@pytest.mark.parametrize("damage", TENSOR_DAMAGE)
def test_damaged_tensor(folder: Path, damage: str) -> None:
    damage_tensors(folder, damage)
    assert TENSOR_DAMAGE[damage][0] in refusal(folder)


@pytest.mark.parametrize("name", sorted(load((default_model() / TENSORS).read_bytes())))
def test_missing_tensor(folder: Path, name: str) -> None:
    change_tensors(folder, lambda tensors: tensors.pop(name))
    assert name in refusal(folder)


@pytest.mark.parametrize(
    "damage",
    ["huge bits", "no prefix", "near too far", "scale zero", "float64", "fewer buckets", "nan bias", "flat hidden"],
)
def test_refusal_names_the_folder(folder: Path, damage: str) -> None:
    if damage in CONFIG_DAMAGE:
        change_config(folder, CONFIG_DAMAGE[damage])
    else:
        damage_tensors(folder, damage)
    assert str(folder) in refusal(folder)
