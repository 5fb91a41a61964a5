"""Outputs: label lines, rows and pages; `open_sink` picks by the input's container."""

from classifier.sinks.base import Sink, open_output
from classifier.sinks.labels import LabelLines
from classifier.sinks.pages import PageTexts
from classifier.sinks.rows import JsonRows

__all__ = ["JsonRows", "LabelLines", "PageTexts", "Sink", "open_output"]
