"""A model comes back from disk as it was written, and whatever is damaged is refused by name."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load, save

from classifier import ArtefactError, Cleaner
from classifier.artefact import CARD, CONFIG, TENSORS, read_config, read_model, write_model
from classifier.calibration import Calibration, ContentLossSetting, ScoreCalibration
from classifier.cleaner import default_model
from classifier.context import ContextConfig, n_context_features, n_dense
from classifier.features import BlockFeaturizer, FeaturizerConfig
from classifier.model import VIEWS, ContextHead, SequenceModel, View
from classifier.segment import segment_html, segment_text
from classifier.types import LABELS, N_LABELS
from classifier.weights import MAX_QUANTUM, LinearTable

Tensors = dict[str, np.ndarray]
Config = dict[str, Any]
PAGES = ["<nav><a>Home</a></nav><p>The ferry is back.<div class=newsletter>Subscribe to our newsletter</div>", "<p>One"]


def small_model(seed: int = 0) -> SequenceModel:
    rng = np.random.default_rng(seed)
    context = ContextConfig(window=1, stretches=(2,), near=2)

    def table(n_buckets: int) -> LinearTable:
        return LinearTable.from_float(rng.normal(size=(n_buckets, N_LABELS)), rng.normal(size=N_LABELS))

    def array(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    def head(view: View) -> ContextHead:
        n_context, n_hidden, dense = n_context_features(view == "html", context), 5, n_dense(view == "html")
        return ContextHead(
            dense_shift=array(dense),
            dense_scale=1 + np.abs(array(dense)),
            hidden=rng.integers(-99, 100, (n_context, n_hidden)).astype(np.int16),
            hidden_scale=np.full(n_hidden, 1e-3, np.float32),
            hidden_bias=array(n_hidden),
            output=array(n_hidden, N_LABELS),
            output_bias=array(N_LABELS),
            transitions=array(N_LABELS, N_LABELS),
            start=array(N_LABELS),
        )

    config = FeaturizerConfig(word_bits=6, text_bits=5, layout_bits=5)
    return SequenceModel(
        featurizer=config,
        context=context,
        own=table(config.n_text),
        around=table(config.n_text),
        layout=table(config.n_layout),
        heads={view: head(view) for view in VIEWS},
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    write_model(small_model(), path, {"note": "ä"}, "# Card\n")
    return path


def change_config(folder: Path, change: Callable[[Config], object]) -> None:
    config = json.loads((folder / CONFIG).read_bytes())
    change(config)
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")


def write_tensors(folder: Path, data: bytes) -> None:
    """Tensors with a sha256 that is right."""
    (folder / TENSORS).write_bytes(data)
    change_config(folder, lambda config: config.update(tensors_sha256=hashlib.sha256(data).hexdigest()))


def change_tensors(folder: Path, change: Callable[[Tensors], object]) -> None:
    tensors = {name: array.copy() for name, array in load((folder / TENSORS).read_bytes()).items()}
    change(tensors)
    write_tensors(folder, save(tensors))


def refusal(folder: Path) -> str:
    with pytest.raises(ArtefactError) as caught:
        read_model(folder)
    return str(caught.value)


def test_round_trip_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "deep" / "again"
    write_model(read_model(folder), again, {"note": "ä"}, "# Card\n")
    for name in (TENSORS, CONFIG, CARD):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_shipped_model_round_trips(cleaner: Cleaner, tmp_path: Path) -> None:
    shipped = default_model()
    card = (shipped / CARD).read_text(encoding="utf-8")
    write_model(cleaner.model, tmp_path, read_config(shipped)["probe"], card)
    for name in (TENSORS, CONFIG, CARD):
        assert (tmp_path / name).read_bytes() == (shipped / name).read_bytes()


def test_round_trip_gives_the_same_predictions(folder: Path) -> None:
    written, read = small_model(), read_model(folder)
    assert (read.featurizer, read.context) == (written.featurizer, written.context)
    for batch in (segment_html(PAGES), segment_text(["One\n\nSubscribe now", "Two"])):
        X = BlockFeaturizer(written.featurizer).transform(batch)
        for expected, found in zip(written.predict(X), read.predict(X), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_writing_over_a_model(folder: Path) -> None:
    before = read_model(folder).own.quantised.copy()
    write_model(small_model(1), folder, {}, "")
    assert (read_model(folder).own.quantised != before).any()


def test_no_folder(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none") == f"{tmp_path / 'none'}: no such model folder"
    (tmp_path / "file").write_bytes(b"")
    assert refusal(tmp_path / "file") == f"{tmp_path / 'file'}: no such model folder"


@pytest.mark.parametrize("name", [TENSORS, CONFIG])
def test_missing_file(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert refusal(folder) == f"{folder / name}: No such file or directory"
    (folder / name).mkdir()
    assert refusal(folder).startswith(f"{folder / name}: ")


def test_card_is_for_people(folder: Path) -> None:
    (folder / CARD).unlink()
    read_model(folder)


def test_wrong_sha256(folder: Path) -> None:
    change_config(folder, lambda config: config.update(tensors_sha256="0" * 64))
    assert refusal(folder).startswith(f"{folder / TENSORS}: sha256 is ")
    change_config(folder, lambda config: config.pop("tensors_sha256"))
    assert refusal(folder).startswith(f"{folder / TENSORS}: sha256 is ")


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
@pytest.mark.parametrize("name", [TENSORS, CONFIG])
def test_truncated_file(folder: Path, name: str, share: float) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * share)])
    assert str(folder / name) in refusal(folder)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.99])
def test_truncated_tensors_with_a_right_sha256(folder: Path, share: float) -> None:
    data = (folder / TENSORS).read_bytes()
    write_tensors(folder, data[: int(len(data) * share)])
    assert refusal(folder).startswith(f"{folder / TENSORS}: not a safetensors file: ")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"\0" * 50,
        b"nonsense",
        b"[" * 100_000,
        b'{"a": 1' + b"0" * 5000 + b"}",
        b"{} {}",
        b"NaN",
    ],
)
def test_config_that_is_not_json(folder: Path, data: bytes) -> None:
    (folder / CONFIG).write_bytes(data)
    assert refusal(folder).startswith(f"{folder / CONFIG}: not JSON: ")


@pytest.mark.parametrize("data", [b"[]", b"null", b'"denag"', b"1"])
def test_config_that_is_no_object(folder: Path, data: bytes) -> None:
    (folder / CONFIG).write_bytes(data)
    assert refusal(folder).startswith(f"{folder / CONFIG}: expected an object, found ")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "other"), ("format", None), ("format_version", 0), ("format_version", 3), ("format_version", "1"),
        ("labels", []), ("labels", None), ("labels", "content"), ("labels", ["content", "ad_notice"]),
        ("labels", ["boilerplate", "paywall_prompt", "newsletter_prompt", "donation_appeal", "ad_notice", "content"]),
    ],
)  # fmt: skip
def test_model_of_another_kind(folder: Path, key: str, value: object) -> None:
    change_config(folder, lambda config: config.update({key: value}))
    assert refusal(folder).startswith(f"{folder / CONFIG}: {key} is {value!r}, expected ")


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


def mutated(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 8])):
        at = chance.randrange(len(changed))
        kind = chance.randrange(4)
        if kind == 0:
            changed[at : at + chance.randint(1, 20)] = b""
        elif kind == 1:
            changed[at:at] = chance.randbytes(chance.randint(1, 4))
        else:
            changed[at] = chance.randrange(256)
    return bytes(changed)


def read_or_refuse(folder: Path) -> bool:
    try:
        read_model(folder)
    except ArtefactError:
        return False
    return True


def test_random_damage_raises_nothing_else(folder: Path) -> None:
    chance = random.Random(1)
    whole = {name: (folder / name).read_bytes() for name in (TENSORS, CONFIG)}
    n_read = 0
    for i in range(300):
        name = (TENSORS, CONFIG)[i % 2]
        (folder / name).write_bytes(mutated(whole[name], chance))
        n_read += read_or_refuse(folder)
        (folder / name).write_bytes(whole[name])
    assert n_read < 20


def test_random_damage_to_tensors_with_a_right_sha256(folder: Path) -> None:
    chance = random.Random(2)
    whole = (folder / TENSORS).read_bytes()
    head = 8 + int.from_bytes(whole[:8], "little")
    for i in range(300):
        cut = head if i % 3 else len(whole)
        write_tensors(folder, mutated(whole[:cut], chance) + whole[cut:])
        read_or_refuse(folder)


CALIBRATION = Calibration(
    {"text": ScoreCalibration((0.5, 0.7, 1.0, 1.3, 2.0, 0.9), (0.0, 0.1, -0.1, 0.2, 0.0, -1.0))},
    {
        "html": (
            ContentLossSetting(0.002, dict.fromkeys(LABELS[1:], inf)),
            ContentLossSetting(0.05, {label: 0.25 * k for k, label in enumerate(LABELS[1:])}),
        )
    },
)


def test_calibration_round_trips(tmp_path: Path) -> None:
    write_model(replace(small_model(), calibration=CALIBRATION), tmp_path, {}, "")
    assert read_model(tmp_path).calibration == CALIBRATION
    written = json.loads((tmp_path / CONFIG).read_bytes())
    assert written["content_loss"]["html"][0]["thresholds"]["ad_notice"] is None


def test_model_without_calibration_is_read(folder: Path) -> None:
    assert "content_loss" not in json.loads((folder / CONFIG).read_bytes())
    assert read_model(folder).calibration == Calibration()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda c: c.update(content_loss=[]), "content_loss is [], expected an object with the views html, text"),
        (lambda c: c.update(score_calibration={"pdf": {}}), "expected an object with the views html, text"),
        (lambda c: c["score_calibration"]["text"]["slopes"].pop(), "slopes of the text view are"),
        (lambda c: c["score_calibration"]["text"]["slopes"].__setitem__(0, -1.0), "expected 6 numbers from 0.001"),
        (lambda c: c["score_calibration"]["text"]["offsets"].__setitem__(0, 1e9), "offsets of the text view"),
        (lambda c: c["content_loss"]["html"].reverse(), "expected rising shares"),
        (lambda c: c["content_loss"]["html"][0].update(max_content_loss="1 %"), "max_content_loss of the html view"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].pop("ad_notice"), "thresholds of the html view at 0.002"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(content=0.5), "expected a score or null for"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(ad_notice=-0.5), "thresholds of the html view"),
        (lambda c: c["content_loss"]["html"][0]["thresholds"].update(ads=0.5), "thresholds of the html view"),
        (lambda c: c["content_loss"].update(html=3), "TypeError"),
        (lambda c: c["content_loss"].update(html=[3]), "TypeError"),
    ],
)
def test_damaged_calibration(tmp_path: Path, change: Callable[[Config], object], told: str) -> None:
    write_model(replace(small_model(), calibration=CALIBRATION), tmp_path, {}, "")
    change_config(tmp_path, change)
    assert told in refusal(tmp_path)
