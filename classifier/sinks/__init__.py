"""Outputs: JSON lines, rows and pages; Parquet stands apart, its library is loaded where it is needed."""

from classifier.sinks.base import Sink, open_output
from classifier.sinks.pages import PageFiles, PageTexts
from classifier.sinks.rows import JsonLines, JsonRows

__all__ = ["JsonLines", "JsonRows", "PageFiles", "PageTexts", "Sink", "open_output"]
