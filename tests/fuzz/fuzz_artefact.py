"""Any bytes as tensors or as config of a model folder: a clear refusal, or a model."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["classifier"]):
    from classifier import ArtefactError
    from classifier.artefact import CONFIG, TENSORS, read_config, read_model
    from classifier.cleaner import default_model

FOLDER = Path(tempfile.mkdtemp())
CONFIG_DATA = read_config(default_model())
CONFIG_DATA.pop("probe")


def one_input(data: bytes) -> None:
    tensors, config = (
        data[1:],
        json.dumps(CONFIG_DATA | {"tensors_sha256": hashlib.sha256(data[1:]).hexdigest()}).encode(),
    )
    if data[:1] < b"\x80":
        tensors, config = b"", data[1:]
    (FOLDER / TENSORS).write_bytes(tensors)
    (FOLDER / CONFIG).write_bytes(config)
    try:
        read_model(FOLDER)
    except ArtefactError as error:
        if str(FOLDER) not in str(error):
            raise


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
