"""Cut documents into blocks: ``html`` along block-level elements, ``text`` along lines."""

from classifier.segment.html import segment_html
from classifier.segment.text import segment_block_groups, segment_blocks, segment_text

__all__ = ["segment_block_groups", "segment_blocks", "segment_html", "segment_text"]
