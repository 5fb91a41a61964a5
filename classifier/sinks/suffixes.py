"""Whether the name of an output says something else than what is written there."""

from __future__ import annotations

from pathlib import Path

from classifier.errors import ConfigError
from classifier.readers.base import kind_suffix

ROWS = "JSON lines"
TEXT = "text"
PARQUET = "Parquet"
HTML = "HTML"
SVG = "SVG"

_SUFFIXES = {
    ROWS: (".jsonl", ".ndjson", ".json"),
    TEXT: (".txt", ".md", ".text"),
    PARQUET: (".parquet",),
    HTML: (".html", ".htm", ".xhtml"),
    SVG: (".svg",),
}
"""What is written, and the suffixes it may have, the usual one first."""
_OTHERS = (
    ".7z .arrow .arrows .avro .bz2 .csv .db .doc .docx .epub .feather .ipc .lz4 .npy .npz .odt .orc .pdf .pickle .pkl "
    ".rar .sqlite .tar .tgz .toml .tsv .warc .wet .xls .xlsx .xml .xz .yaml .yml .zip"
).split()
"""Suffixes of files that denag never writes; one that is not known, such as that of ``out.2024``, may stand."""
_KNOWN = frozenset((*_OTHERS, *(suffix for suffixes in _SUFFIXES.values() for suffix in suffixes)))
_COMPRESSED = (".gz", ".zst")


def check_suffix(path: Path, *written: str) -> None:
    """Refuse a file whose suffix names another kind than what would be written.

    Parameters
    ----------
    path
        The output; ``-`` and names without a known suffix are left as they are.
    written
        What it may hold: ``ROWS``, ``TEXT`` and so on; more than one where that is known but later.

    Raises
    ------
    ConfigError
        Which suffix was found, and which was expected.
    """
    suffix = kind_suffix(path)
    packed = path.suffix.lower() in _COMPRESSED and written == (PARQUET,)
    if not packed and (suffix not in _KNOWN or any(suffix in _SUFFIXES[kind] for kind in written)):
        return
    expected = " or ".join(_SUFFIXES[kind][0] for kind in written)
    found = path.suffix.lower() if packed else suffix
    raise ConfigError(f"{path}: suffix {found!r}, expected {expected} for {' or '.join(written)}, or none")


def check_folder(path: Path, n_files: int) -> None:
    """Refuse a new folder that is named as a file is.

    Raises
    ------
    ConfigError
        Which suffix was found.
    """
    suffix = path.suffix.lower()
    if (suffix in _KNOWN or suffix in _COMPRESSED) and not path.is_dir():
        files = f"{n_files} file{'s' if n_files > 1 else ''}"
        raise ConfigError(
            f"{path}: suffix {suffix!r} names a file, but a folder for {files} is written, expected a name without it"
        )
