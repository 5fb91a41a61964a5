"""A model on disk: ``model.safetensors`` (arrays), ``config.json`` (everything else), ``CARD.md``.

Arrays and JSON only: nothing in a model folder is ever executed, and everything is checked before use.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from classifier.added import AddedHead, AddedLabels, added_feature_names
from classifier.calibration import Calibration, ContentLossSetting, ScoreCalibration
from classifier.context import LARGEST_FEATURE, ContextConfig, n_context_features, n_dense
from classifier.errors import ArtefactError, ConfigError
from classifier.features import FeaturizerConfig
from classifier.labels import with_added
from classifier.model import EXACT_LIMIT, VIEWS, ContextHead, SequenceModel
from classifier.types import LABELS, N_LABELS, View
from classifier.weights import MAX_QUANTUM, LinearTable

TENSORS, CONFIG, CARD = "model.safetensors", "config.json", "CARD.md"
FORMAT_VERSION = 2
_MAX_BYTES = {TENSORS: 256 * 2**20, CONFIG: 8 * 2**20}
_MAX_WEIGHT = 1e6
"""Weights beyond this would only overflow."""
_MAX_HIDDEN, _MAX_WINDOW = 4096, 16
"""A label's price must stay within reason whoever made the model."""
_MAX_BITS = 22
_TABLES = ("own", "around", "layout")
_ADDED_CHAIN = ("into", "onward", "start")
_HEAD_ARRAYS = tuple(field.name for field in fields(ContextHead) if field.init)


def write_model(model: SequenceModel, folder: Path, probe: Mapping[str, Any], card: str) -> None:
    """Write a model folder; the same model gives the same bytes.

    Parameters
    ----------
    model
        What to write.
    folder
        Made if it is missing.
    probe
        Pages with expected scores, see ``training.fit.make_probe``.
    card
        Model card, Markdown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, np.ndarray] = {
        f"{name}.{part}": array
        for name in _TABLES
        for part, array in (
            ("weights", getattr(model, name).quantised),
            ("bias", getattr(model, name).bias),
        )
    }
    for view in VIEWS:
        for name in _HEAD_ARRAYS:
            tensors[f"{view}.{name}"] = np.ascontiguousarray(getattr(model.heads[view], name))
    if model.added is not None:
        tensors |= _added_tensors(model.added)
    data = save_tensors(dict(sorted(tensors.items())))
    config = {
        "format": "denag",
        "format_version": FORMAT_VERSION,
        "labels": [str(label) for label in model.labels],
        "featurizer": asdict(model.featurizer),
        "context": asdict(model.context),
        "scales": {name: table.scale for name, table in _scaled_tables(model)},
        "tensors_sha256": hashlib.sha256(data).hexdigest(),
        "probe": probe,
        **write_calibration(model.calibration),
    }
    (folder / TENSORS).write_bytes(data)
    (folder / CONFIG).write_text(json.dumps(config, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / CARD).write_text(card, encoding="utf-8")


def _scaled_tables(model: SequenceModel) -> list[tuple[str, LinearTable]]:
    tables = [(name, getattr(model, name)) for name in _TABLES]
    return tables + ([(f"added.{name}", getattr(model.added, name)) for name in _TABLES] if model.added else [])


def _added_tensors(added: AddedLabels) -> dict[str, np.ndarray]:
    tensors: dict[str, np.ndarray] = {f"added.{name}": getattr(added, name) for name in _ADDED_CHAIN}
    for name in _TABLES:
        table: LinearTable = getattr(added, name)
        tensors |= {f"added.{name}.weights": table.quantised, f"added.{name}.bias": table.bias}
    for view in VIEWS:
        head = added.heads[view]
        tensors |= {f"added.{view}.weights": head.weights, f"added.{view}.bias": head.bias}
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def read_model(folder: Path) -> SequenceModel:
    """Read and check a model folder.

    Raises
    ------
    ArtefactError
        Where a file is missing or torn, or its contents are not what this version expects.
    """
    config = read_config(folder)
    data = _read_bytes(folder / TENSORS)
    found = hashlib.sha256(data).hexdigest()
    if found != config.get("tensors_sha256"):
        raise ArtefactError(f"{folder / TENSORS}: sha256 is {found}, {CONFIG} says {config.get('tensors_sha256')!r}")
    try:
        tensors = load_tensors(data)
    except (SafetensorError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise ArtefactError(f"{folder / TENSORS}: not a safetensors file: {error}") from error
    try:
        return _build(config, tensors)
    except ArtefactError as error:
        raise ArtefactError(f"{folder}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ArtefactError(f"{folder}: {type(error).__name__}: {error}") from error


def read_config(folder: Path) -> dict[str, Any]:
    """The checked head of ``config.json``: its format and version are those of this program, its labels the six
    and, behind them, few others of good names.
    """
    if not folder.is_dir():
        raise ArtefactError(f"{folder}: no such model folder")
    try:
        data = _read_bytes(folder / CONFIG)
        config = json.loads(data, object_pairs_hook=_no_duplicates, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise ArtefactError(f"{folder / CONFIG}: not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ArtefactError(f"{folder / CONFIG}: expected an object, found {type(config).__name__}")
    labels, six = config.get("labels"), [str(label) for label in LABELS]
    expected = {"format": "denag", "format_version": FORMAT_VERSION}
    for key, value in expected.items():
        if config.get(key) != value:
            raise ArtefactError(f"{folder / CONFIG}: {key} is {config.get(key)!r}, expected {value!r}")
    if not isinstance(labels, list) or labels[:N_LABELS] != six:
        raise ArtefactError(f"{folder / CONFIG}: labels is {labels!r}, expected {six!r}, and any others behind them")
    try:
        if len(with_added(LABELS, labels[N_LABELS:])) != len(labels):
            raise ArtefactError(f"{folder / CONFIG}: labels is {labels!r}, expected each name once")
    except (ConfigError, TypeError) as error:
        raise ArtefactError(f"{folder / CONFIG}: labels: {error}") from error
    return config


def _read_bytes(path: Path) -> bytes:
    """A file's bytes; never more than it may hold, whatever its size is said to be."""
    limit = _MAX_BYTES[path.name]
    try:
        if path.exists() and not path.is_file():
            raise ArtefactError(f"{path}: expected a plain file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, limit) + 1) if size <= limit else b""
    except OSError as error:
        raise ArtefactError(f"{path}: {error.strerror}") from error
    if max(size, len(data)) > limit:
        raise ArtefactError(f"{path}: more than {limit} bytes, expected at most that")
    return data


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of ``config.json``; programs do not agree on which of two keys of one name counts."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"an object names a key twice, its keys are {[key for key, _ in pairs]}"[:200])
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _build(config: dict[str, Any], tensors: dict[str, np.ndarray]) -> SequenceModel:
    featurizer = FeaturizerConfig(**config["featurizer"])
    for name, bits in (
        ("word_bits", featurizer.word_bits),
        ("text_bits", featurizer.text_bits),
        ("layout_bits", featurizer.layout_bits),
    ):
        if type(bits) is not int or not 1 <= bits <= _MAX_BITS:
            raise ArtefactError(f"{name} is {bits!r}, expected 1 to {_MAX_BITS}")
    for name, size in (("prefix_bytes", featurizer.prefix_bytes), ("suffix_bytes", featurizer.suffix_bytes)):
        if type(size) is not int or not 1 <= size <= 8:
            raise ArtefactError(f"{name} is {size!r}, expected 1 to 8")
    window, stretches, near = (config["context"][key] for key in ("window", "stretches", "near"))
    sizes = (window, near, *stretches)
    if (
        any(type(size) is not int or not 0 <= size <= 10_000 for size in sizes)
        or window > _MAX_WINDOW
        or len(stretches) > 16
    ):
        raise ArtefactError(
            f"context is {config['context']!r}, expected whole numbers of at most {_MAX_WINDOW} and 10,000 blocks"
        )
    tables = _tables(config, tensors, featurizer, "", N_LABELS)
    context = ContextConfig(window, tuple(stretches), near)
    heads = {view: _head(tensors, view, context) for view in VIEWS}
    known = {f"{name}.{part}" for name in _TABLES for part in ("weights", "bias")}
    known |= {f"{view}.{name}" for view in VIEWS for name in _HEAD_ARRAYS}
    added = None
    if names := tuple(config["labels"][N_LABELS:]):
        added = _added(config, tensors, featurizer, context, names)
        known |= set(_added_tensors(added))
    scaled = {prefix + name for prefix in ("", *(["added."] if added else [])) for name in _TABLES}
    if unknown := sorted(set(config["scales"]) - scaled):
        raise ArtefactError(f"scales has {unknown[0]!r}, expected no such table")
    if unknown := sorted(set(tensors) - known):
        raise ArtefactError(f"{TENSORS} holds {unknown[0]!r}, expected no such array")
    calibration = read_calibration(config)
    own, around, layout = (tables[name] for name in _TABLES)
    return SequenceModel(featurizer, context, own, around, layout, heads, calibration, added)


def _tables(
    config: dict[str, Any], tensors: dict[str, np.ndarray], featurizer: FeaturizerConfig, prefix: str, n_labels: int
) -> dict[str, LinearTable]:
    tables = {}
    for name in _TABLES:
        n_buckets, full = featurizer.n_layout if name == "layout" else featurizer.n_text, prefix + name
        weights = _checked(tensors, f"{full}.weights", (n_buckets, n_labels), "int16")
        if np.abs(weights.astype(np.int32)).max() > MAX_QUANTUM:
            raise ArtefactError(f"{full}.weights holds values beyond ±{MAX_QUANTUM}")
        scale = config["scales"][full]
        if type(scale) is not float or not 0 < scale < 1e6:
            raise ArtefactError(f"scale of {full} is {scale!r}, expected a number between 0 and a million")
        bias = _checked(tensors, f"{full}.bias", (n_labels,), "float32")
        tables[name] = LinearTable(weights, scale, bias)
    return tables


def _added(
    config: dict[str, Any],
    tensors: dict[str, np.ndarray],
    featurizer: FeaturizerConfig,
    context: ContextConfig,
    names: tuple[str, ...],
) -> AddedLabels:
    n_added = len(names)
    heads: dict[View, AddedHead] = {}
    for view in VIEWS:
        n_features = len(added_feature_names(view == "html", context))
        weights = _checked(tensors, f"added.{view}.weights", (n_features, n_added), "float32")
        heads[view] = AddedHead(weights, _checked(tensors, f"added.{view}.bias", (n_added,), "float32"))
    tables = _tables(config, tensors, featurizer, "added.", n_added)
    return AddedLabels(
        names,
        tables["own"],
        tables["around"],
        tables["layout"],
        heads,
        into=_checked(tensors, "added.into", (N_LABELS + n_added, n_added), "float32"),
        onward=_checked(tensors, "added.onward", (n_added, N_LABELS), "float32"),
        start=_checked(tensors, "added.start", (n_added,), "float32"),
    )


def _head(tensors: dict[str, np.ndarray], view: str, context: ContextConfig) -> ContextHead:
    n_context, n_labels = n_context_features(view == "html", context), len(LABELS)
    n_hidden = _n_hidden(tensors, f"{view}.hidden")
    shapes = {
        "dense_shift": (n_dense(view == "html"),),
        "dense_scale": (n_dense(view == "html"),),
        "hidden": (n_context, n_hidden),
        "hidden_scale": (n_hidden,),
        "hidden_bias": (n_hidden,),
        "output": (n_hidden, n_labels),
        "output_bias": (n_labels,),
        "transitions": (n_labels, n_labels),
        "start": (n_labels,),
    }
    arrays = {
        name: _checked(tensors, f"{view}.{name}", shape, "int16" if name == "hidden" else "float32")
        for name, shape in shapes.items()
    }
    largest = np.abs(arrays["hidden"].astype(np.int64)).sum(axis=0).max(initial=0) * LARGEST_FEATURE
    if largest >= EXACT_LIMIT:
        raise ArtefactError(f"{view}.hidden could sum to {largest}, expected less than {EXACT_LIMIT}")
    return ContextHead(**arrays)


def _n_hidden(tensors: dict[str, np.ndarray], name: str) -> int:
    if name not in tensors or tensors[name].ndim != 2:
        raise ArtefactError(f"{name}: missing, or not a matrix")
    n_hidden = int(tensors[name].shape[1])
    if not 1 <= n_hidden <= _MAX_HIDDEN:
        raise ArtefactError(f"{name} has {n_hidden} columns, expected 1 to {_MAX_HIDDEN}")
    return n_hidden


def _checked(tensors: dict[str, np.ndarray], name: str, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    if name not in tensors:
        raise ArtefactError(f"{name} is missing")
    array = tensors[name]
    if array.shape != shape or array.dtype != dtype:
        raise ArtefactError(f"{name} is {array.dtype}{array.shape}, expected {dtype}{shape}")
    if dtype == "float32" and not np.isfinite(array).all():
        raise ArtefactError(f"{name} holds values that are not finite")
    if dtype == "float32" and np.abs(array).max(initial=0) > _MAX_WEIGHT:
        raise ArtefactError(f"{name} holds values beyond ±{_MAX_WEIGHT:.0f}")
    return array


def write_calibration(calibration: Calibration) -> dict[str, Any]:
    """The optional keys of ``config.json``; JSON has no infinity, null stands for "never dropped"."""
    parts: dict[str, Any] = {}
    if calibration.scores:
        parts["score_calibration"] = {view: asdict(scaling) for view, scaling in calibration.scores.items()}
    if calibration.content_loss:
        parts["content_loss"] = {
            view: [
                {
                    "max_content_loss": setting.max_content_loss,
                    "thresholds": {str(k): t if t < inf else None for k, t in setting.thresholds.items()},
                }
                for setting in settings
            ]
            for view, settings in calibration.content_loss.items()
        }
    return parts


def read_calibration(config: Mapping[str, Any]) -> Calibration:
    """What ``config.json`` says of the scores; models without it are read as before.

    Raises
    ------
    ArtefactError
        Where a view, a label or a number is not what it should be.
    """
    scores, content_loss = config.get("score_calibration", {}), config.get("content_loss", {})
    labels = config.get("labels", list(LABELS))
    for name, by_view in (("score_calibration", scores), ("content_loss", content_loss)):
        if not isinstance(by_view, dict) or not set(by_view) <= set(VIEWS):
            raise ArtefactError(f"{name} is {str(by_view)[:80]}, expected an object with the views {', '.join(VIEWS)}")
    return Calibration(
        {view: _scaling(scores[view], view) for view in VIEWS if view in scores},
        {view: _settings(content_loss[view], view, labels) for view in VIEWS if view in content_loss},
    )


def _scaling(row: dict[str, Any], view: View) -> ScoreCalibration:
    parts = {}
    for name in ("slopes", "offsets"):
        numbers = row[name]
        least = 1e-3 if name == "slopes" else -100
        if len(numbers) != len(LABELS) or not all(type(x) is float and least <= x <= 100 for x in numbers):
            raise ArtefactError(
                f"{name} of the {view} view are {numbers!r}, expected {len(LABELS)} numbers from {least} to 100"
            )
        parts[name] = tuple(numbers)
    return ScoreCalibration(**parts)


def _settings(rows: list[dict[str, Any]], view: View, labels: Sequence[str]) -> tuple[ContentLossSetting, ...]:
    settings = []
    before = 0.0
    for row in rows:
        share = row["max_content_loss"]
        if type(share) is not float or not before < share < 1:
            raise ArtefactError(f"max_content_loss of the {view} view is {share!r}, expected rising shares below 1")
        before = share
        thresholds = {name: inf if least is None else least for name, least in row["thresholds"].items()}
        if set(thresholds) != set(labels[1:]) or not all(type(x) is float and x >= 0 for x in thresholds.values()):
            raise ArtefactError(
                f"thresholds of the {view} view at {share} are {row['thresholds']!r}, expected a score or null for "
                f"each of {', '.join(labels[1:])}"
            )
        settings.append(ContentLossSetting(share, thresholds))
    return tuple(settings)
