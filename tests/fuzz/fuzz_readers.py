"""Any bytes as a file of any kind: documents, rejects and one clear refusal, nothing else.

The first byte of an input picks the kind.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["classifier"]):
    from classifier import Document, InputError
    from classifier.readers import Reject, open_reader
    from classifier.readers.parquet import row_group_rows
    from classifier.sinks.parquet import extended_schema

KINDS = (
    "x.jsonl", "x.jsonl.gz", "x.jsonl.zst", "x.warc", "x.warc.gz", "x.wet", "x.parquet", "x.html", "x.html.gz", "x.txt",
    "x.txt.zst",
)  # fmt: skip
FOLDER = Path(tempfile.mkdtemp())


def one_input(data: bytes) -> None:
    if not data:
        return
    path = FOLDER / KINDS[data[0] % len(KINDS)]
    path.write_bytes(data[1:])
    try:
        for item in open_reader(path):
            assert isinstance(item, Document | Reject)
            if isinstance(item, Document):
                assert isinstance(item.content, str | bytes | list)
    except InputError as error:
        if str(path) not in str(error):
            raise
    if path.suffix == ".parquet":  # what planning and writing read of it
        for read in (row_group_rows, lambda path: extended_schema(path, ["text", "blocks", "paywalled", "tagged"])):
            try:
                read(path)
            except InputError as error:
                if str(path) not in str(error):
                    raise


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
