"""Files that are missing, torn, changed or of another kind are refused by name."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from classifier import ArtefactError
from classifier.artefact import CONFIG, TENSORS, read_model

from .conftest import change_config, refusal, write_tensors


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
