"""Figures for people: tables for the terminal and Markdown, and one page of HTML."""

from training.report.tables import markdown_table, summary_table

__all__ = ["markdown_table", "summary_table"]
