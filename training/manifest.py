"""``labels/corpora.toml``: repositories, commits, licences and pages that the corpora are made of."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from classifier import InputError

MANIFEST = Path(__file__).parents[1] / "labels" / "corpora.toml"

Layout = Literal["wcxb", "trafilatura", "fundus", "postlight", "files"]
_STRINGS = ("name", "commit", "license", "prefix", "layout")


@dataclass(frozen=True, slots=True)
class Repository:
    """One repository that holds pages.

    Parameters
    ----------
    name
        ``owner/name``.
    commit
        Commit whose pages the labels were made on, whole or its first digits.
    license
        Licence of the repository; pages belong to their publishers.
    prefix
        Begins the ids of its pages; its first part names the Parquet file.
    layout
        How pages and what is known of them are kept.
    paths
        Glob patterns of pages in a checkout.
    pages
        Names of the pages taken.
    files
        Path of each page by its name, where ``layout`` is ``files``.
    urls, domains
        By name of a page: what neither the repository nor the page tells.
    page_type
        Type of all pages, where the repository does not tell it.
    """

    name: str
    commit: str
    license: str
    prefix: str
    layout: Layout
    paths: tuple[str, ...] = ()
    pages: frozenset[str] = frozenset()
    files: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    domains: Mapping[str, str] = field(default_factory=dict)
    page_type: str | None = None

    @property
    def corpus(self) -> str:
        """Name of the Parquet file its pages go to."""
        return self.prefix.split("/", 1)[0]

    def checkout(self, folder: Path) -> Path | None:
        """Where the repository stands in a folder of checkouts, None where it does not."""
        bare = self.name.split("/", 1)[1]
        return next((path for path in (folder / self.name, folder / bare) if path.is_dir()), None)


def read_manifest(path: Path = MANIFEST) -> list[Repository]:
    """Repositories of a manifest, in its order.

    Raises
    ------
    InputError
        Where the file is missing, no TOML, or an entry lacks something.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("repository", [])
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; it stands in the labels/ folder of a checkout of denag") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not TOML: {error}") from error
    return [_repository(entry, f"{path}: repository {number}") for number, entry in enumerate(entries, 1)]


def _repository(entry: dict[str, Any], where: str) -> Repository:
    if missing := [key for key in _STRINGS if not isinstance(entry.get(key), str)]:
        raise InputError(f"{where}: expected {', '.join(missing)} to be a string")
    if entry["layout"] not in get_args(Layout):
        raise InputError(f"{where}: layout {entry['layout']!r}, expected one of {', '.join(get_args(Layout))}")
    if unknown := sorted(set(entry) - set(Repository.__dataclass_fields__)):
        raise InputError(f"{where}: unknown {', '.join(unknown)}")
    return Repository(
        **{
            **entry,
            "paths": tuple(entry.get("paths", ())),
            "pages": frozenset(entry.get("pages", entry.get("files", ()))),
        }
    )
