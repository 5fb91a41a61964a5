"""Any bytes as a page: blocks in order, none empty, and as many as their offsets say."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["classifier"]):
    from classifier.segment import segment_html
    from classifier.segment.bound import MAX_DEPTH, MAX_FORMATS, _Stack, bounded


def one_input(data: bytes) -> None:
    batch = segment_html([data, b"<p>next"])
    blocks = batch.blocks()
    assert len(blocks) == batch.n_blocks == len(batch.block_offsets) - 1
    assert blocks[-1] == "next"
    assert all(block.strip() and "\n" not in block for block in blocks)
    assert all("".join(text.split()) == "".join(blocks[i].split()) for i, text in batch.preformatted.items())
    assert batch.layout is not None
    assert len(batch.layout.element) == batch.n_blocks
    assert segment_html([data]).blocks() == blocks[:-1]
    assert bounded(data) == data
    stack = _Stack(data)
    if stack.flattened() != data:
        assert data.count(b"<") > MAX_FORMATS or len(data) > MAX_DEPTH


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
