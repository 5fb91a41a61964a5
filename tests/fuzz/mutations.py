"""Damage to model folders of every kind; each must give a clear refusal or a model that works.

``python tests/fuzz/mutations.py 10000`` tries as many; ``make test`` tries a few hundred.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import tempfile
import tracemalloc
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from classifier import ArtefactError, Cleaner
from classifier.artefact import CONFIG, TENSORS, read_model

PAGES = ["<nav><a>Home</a></nav><p>The ferry is back.<div class=newsletter>Subscribe now</div>", "One\n\nTwo\n\nThree"]
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 7, 64, 10**6, 10**18, 2**63, 10**400, 0.0, -0.0, 0.5, 1e300, -1e300, float("nan"),
    float("inf"), "", "x", "5", "\0", "\ud800", [], [1], [[]], {}, {"a": 1}, [10**9] * 3, "denag", "content",
)  # fmt: skip
DTYPES = ("F64", "F32", "F16", "BF16", "F8_E4M3", "I64", "I32", "I16", "I8", "U8", "U16", "BOOL", "C64", "X", "")
Parts = tuple[bytes, bytes]
"""Bytes of the tensors and of the config."""


def flip(data: bytes, chance: random.Random) -> bytes:
    """Single bytes changed, put in or left out."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8))):
        at = chance.randrange(len(changed)) if changed else 0
        kind = chance.randrange(4)
        if kind == 0:
            changed[at : at + chance.randint(1, 20)] = b""
        elif kind == 1 or not changed:
            changed[at:at] = chance.randbytes(chance.randint(1, 4))
        else:
            changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key and index of a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(*at, key) for key in keys] + [place for key in keys for place in places(value[key], (*at, key))]


def edit(value: Any, chance: random.Random) -> Any:
    """One place of a JSON value set to something else, doubled, renamed or left out."""
    value = json.loads(json.dumps(value))
    spots = places(value)
    if not spots:
        return chance.choice(VALUES)
    *path, key = chance.choice(spots)
    inner = value
    for step in path:
        inner = inner[step]
    kind = chance.randrange(5)
    if kind == 0:
        del inner[key]
    elif kind == 1 and isinstance(inner, dict):
        inner[str(key) + chance.choice(("", "x", "\0", " "))] = inner.pop(key)
    elif kind == 2 and isinstance(inner[key], (int, float)) and not isinstance(inner[key], bool):
        inner[key] = chance.choice((inner[key] + 1, inner[key] - 1, -inner[key], inner[key] * 2**40))
    else:
        inner[key] = chance.choice(VALUES)
    return value


def edited_config(parts: Parts, chance: random.Random) -> Parts:
    config = edit({k: v for k, v in json.loads(parts[1]).items() if k != "probe"}, chance)
    return parts[0], json.dumps(config).encode("utf-8", "replace")


def written_config(parts: Parts, chance: random.Random) -> Parts:
    """Config text that parsers stumble over."""
    text = parts[1].decode()
    depth = chance.choice((10, 1000, 100_000))
    return parts[0], chance.choice((
        text.replace("{", '{"deep": ' + "[" * depth + "]" * depth + ",", 1),
        text.replace("{", '{"format": "other",', 1),
        text.replace('"window"', '"window": 9, "window"'),
        text.replace("1", "1" + "0" * chance.choice((5, 400, 5000)), 1),
        text.replace('"near": 2', f'"near": {chance.choice(("NaN", "-Infinity", "1e999", "2.0", "02", "0x2"))}'),
        "\ufeff" + text, text + text, text.encode().decode("latin-1"), "",
    )).encode()  # fmt: skip


def edited_header(parts: Parts, chance: random.Random) -> Parts:
    """Lies in the head of the tensors: names, shapes, types, places."""
    size = int.from_bytes(parts[0][:8], "little")
    header, body = json.loads(parts[0][8 : 8 + size]), parts[0][8 + size :]
    name = chance.choice(list(header))
    entry = header[name]
    kind = chance.randrange(6)
    if kind == 0 and name != "__metadata__":
        entry["dtype"] = chance.choice(DTYPES)
    elif kind == 1 and name != "__metadata__":
        entry["shape"] = chance.choice(([], [0], [10**13], [2**63, 2], [-1], [2**32, 2**32], entry["shape"][::-1]))
    elif kind == 2 and name != "__metadata__":
        entry["data_offsets"] = chance.choice(([0, 10**13], [0, 2**64], [-8, 8], [8, 0], [0, 0], [0, len(body)]))
    else:
        header = edit(header, chance)
    data = json.dumps(header).encode("utf-8", "replace")
    length = len(data) if chance.randrange(4) else chance.choice((0, 1, 10**13, 2**64 - 1, len(data) + 1))
    return length.to_bytes(8, "little") + data + body, parts[1]


def edited_values(parts: Parts, chance: random.Random) -> Parts:
    """Numbers that are none, or too large."""
    size = 8 + int.from_bytes(parts[0][:8], "little")
    body = bytearray(parts[0][size:])
    words = np.frombuffer(body, np.uint32)
    number = chance.choice((np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 1e6, -1e6, 9.9e5))
    for _ in range(chance.choice((1, 4, 64))):
        words[chance.randrange(len(words))] = np.float32(number).view(np.uint32)
    return parts[0][:size] + bytes(body), parts[1]


def flipped_tensors(parts: Parts, chance: random.Random) -> Parts:
    return flip(parts[0], chance), parts[1]


def cut_tensors(parts: Parts, chance: random.Random) -> Parts:
    return cut(parts[0], chance), parts[1]


def flipped_config(parts: Parts, chance: random.Random) -> Parts:
    return parts[0], flip(parts[1], chance)


def cut_config(parts: Parts, chance: random.Random) -> Parts:
    return parts[0], cut(parts[1], chance)


MUTATIONS: tuple[Callable[[Parts, random.Random], Parts], ...] = (
    flipped_tensors, cut_tensors, flipped_config, cut_config, edited_config, edited_config, written_config,
    edited_header, edited_header, edited_values, edited_values,
)  # fmt: skip


def with_right_hash(parts: Parts) -> Parts:
    """The sha256 of the tensors put right, where the config is still JSON: the checks behind it must hold too."""
    try:
        config = json.loads(parts[1])
        config["tensors_sha256"] = hashlib.sha256(parts[0]).hexdigest()
        return parts[0], json.dumps(config).encode("utf-8", "replace")
    except (ValueError, TypeError, RecursionError):
        return parts


def try_mutations(folder: Path, n: int, seed: int) -> Counter[str]:
    """Damage a model folder ``n`` times and count refusals and models that work; anything else raises."""
    whole = (folder / TENSORS).read_bytes(), (folder / CONFIG).read_bytes()
    counts: Counter[str] = Counter()
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as name, warnings.catch_warnings():
        warnings.simplefilter("error")
        target = Path(name)
        for i in range(n):
            mutation = chance.choice(MUTATIONS)
            parts = mutation(whole, chance)
            # duplicate keys and odd texts must reach the reader as they are
            if mutation not in (written_config, flipped_config) and chance.randrange(4):
                parts = with_right_hash(parts)
            for file, data in zip((TENSORS, CONFIG), parts, strict=True):
                (target / file).write_bytes(data)
            try:
                model = read_model(target)
            except ArtefactError as error:
                if str(target) not in str(error) or len(str(error)) > 3000:
                    raise AssertionError(f"mutation {i} of seed {seed}: no clear line: {str(error)[:300]}") from error
                counts[f"{mutation.__name__} refused"] += 1
                continue
            except BaseException as error:
                raise AssertionError(f"mutation {i} of seed {seed}, {mutation.__name__}: {error!r}") from error
            for labelled in map(Cleaner(model).label, PAGES):
                probabilities = np.array([block.probabilities for block in labelled])
                assert np.isfinite(probabilities).all(), (i, seed)
                assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-4), (i, seed)
            counts[f"{mutation.__name__} works"] += 1
    return counts


def main() -> None:
    """Mutate a small model, and tell what became of it and how much memory reading took at most."""
    from small_model import small_model

    from classifier.artefact import write_model

    n, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with tempfile.TemporaryDirectory() as name:
        write_model(small_model(), Path(name), {}, "")
        tracemalloc.start()
        counts = try_mutations(Path(name), n, seed)
        peak = tracemalloc.get_traced_memory()[1]
    for what, count in sorted(counts.items()):
        print(f"{count:6d} {what}")
    print(f"{n} mutations, memory at most {peak / 1e6:.0f} MB")
    assert peak < 500e6


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    main()
