"""Any text: the blocks and the gaps between them are the text, and labelling it gives a label a block."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["classifier"]):
    from classifier import Cleaner, Document, Policy
    from classifier.normalize import normalized
    from classifier.segment import segment_blocks, segment_text
    from classifier.segment.decode import decode_html

CLEANER = Cleaner.load()


def one_input(data: bytes) -> None:
    text = decode_html(data)
    batch = segment_text([text])
    assert batch.spans is not None
    at = 0
    for block, (start, end) in zip(batch.blocks(), batch.spans.tolist(), strict=True):
        assert at <= start < end <= len(text)
        assert block.split() == text[start:end].replace("\0", " ").split()
        at = end
    lines = text.split("\n")
    assert segment_blocks([lines]).n_blocks == len(lines)
    assert normalized(batch.text).count(b"\n") == batch.text.count(b"\n")
    document = Document("x", text, "text/plain")
    labelled = CLEANER.label(document)
    assert len(labelled.blocks) == batch.n_blocks
    # control characters before the first letter of a line are no part of its block
    characters = iter(text)
    assert all(any(c == other for other in characters) for c in Policy().apply(labelled) if not c.isspace())


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
