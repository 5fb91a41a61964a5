"""The corpora out of checkouts of the repositories that hold their pages, as ``labels/corpora.toml`` names them."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from classifier import ConfigError, InputError
from classifier.segment.decode import decode_html
from training.corpora import parquet_size
from training.manifest import Repository
from training.page_address import address_of, language_of
from training.phrases import PHRASES

Row = dict[str, Any]
Notes = list[str]

_COLUMNS = ("id", "url", "domain", "lang", "page_type", "html", "main_content", "snippets_with", "snippets_without")
_SOURCE_COLUMNS = ("source", "license")
_ROWS_A_GROUP = 64


@dataclass(slots=True)
class BuildReport:
    """What was built, and what not.

    Parameters
    ----------
    n_pages
        Pages written, by corpus.
    n_unnamed
        Pages a pattern found and the manifest does not name, by repository; they are left out.
    absent
        Ids of pages the manifest names and a checkout does not hold.
    not_checked_out
        Repositories without a checkout.
    notes
        Lines to tell: other commits than the pinned ones, pages that could not be read.
    """

    n_pages: Counter[str] = field(default_factory=Counter)
    n_unnamed: Counter[str] = field(default_factory=Counter)
    absent: list[str] = field(default_factory=list)
    not_checked_out: list[str] = field(default_factory=list)
    notes: Notes = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{corpus}.parquet: {n} pages" for corpus, n in self.n_pages.items()]
        lines += [f"{name}: {n} pages not named in the manifest, left out" for name, n in self.n_unnamed.items()]
        if self.absent:
            lines.append(
                f"{len(self.absent)} named pages not in their checkout, the first: {', '.join(self.absent[:3])}"
            )
        if self.not_checked_out:
            lines.append(f"no checkout of {', '.join(self.not_checked_out)}")
        return "\n".join(lines)


def build_corpora(repositories: Sequence[Repository], folder: Path, output: Path) -> BuildReport:
    """Write the Parquet files of all repositories that are checked out under a folder.

    Raises
    ------
    InputError
        Where the folder holds none of them.
    """
    report = BuildReport()
    found = [(repository, repository.checkout(folder)) for repository in repositories]
    report.not_checked_out = [repository.name for repository, checkout in found if checkout is None]
    if len(report.not_checked_out) == len(repositories):
        raise InputError(
            f"{folder}: neither a .parquet file nor a checkout of {', '.join(report.not_checked_out[:4])} ... in it "
            "(expected OWNER/NAME or NAME)"
        )
    output.mkdir(parents=True, exist_ok=True)
    for corpus in dict.fromkeys(repository.corpus for repository, checkout in found if checkout):
        with _Writer(output / f"{corpus}.parquet") as writer:
            for repository, checkout in found:
                if checkout is not None and repository.corpus == corpus:
                    for row in corpus_rows(repository, checkout, report):
                        writer.add(row)
                        report.n_pages[corpus] += 1
    return report


def copy_corpora(folder: Path, output: Path) -> BuildReport:
    """Take corpora that are Parquet already, and their phrases.

    Raises
    ------
    InputError
        Where a file is torn or lacks a column.
    """
    report = BuildReport()
    for path in sorted(folder.glob("*.parquet")):
        report.n_pages[path.stem] = parquet_size(path)
    if output.resolve() != folder.resolve():
        output.mkdir(parents=True, exist_ok=True)
        for path in (*sorted(folder.glob("*.parquet")), folder / PHRASES):
            if path.exists():
                shutil.copyfile(path, output / path.name)
    return report


def corpus_rows(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """Rows of the pages that the manifest names of one repository; what else is met goes into the report."""
    if other := other_commit(checkout, repository.commit):
        report.notes.append(
            f"{repository.name}: the checkout is at {other}, the labels were made at {repository.commit}"
        )
    registered_domain = _registered_domain()
    seen: set[str] = set()
    for row in _LAYOUTS[repository.layout](repository, checkout, report):
        name = row["name"]
        if name not in repository.pages:
            report.n_unnamed[repository.name] += 1
            continue
        if name in seen:
            continue
        try:
            html = decode_html(_read_bytes(row["path"]))
        except (OSError, EOFError, zlib.error) as error:
            report.notes.append(f"{row['path']}: not readable, left out: {error}")
            continue
        seen.add(name)
        if row["url"] is None:
            row["url"] = repository.urls[name] or None if name in repository.urls else address_of(html)
        domain = repository.domains.get(name) or registered_domain(urlsplit(row["url"] or "").hostname or "")
        source = f"{repository.name}@{repository.commit}:{row.pop('path').relative_to(checkout).as_posix()}"
        row["id"] = f"{repository.prefix}/{row.pop('name')}"
        row |= {"html": html, "lang": language_of(html), "domain": domain or row["id"].replace("/", ".")}
        if repository.layout == "files":
            row |= {"source": source, "license": repository.license}
        yield row
    report.absent += sorted(f"{repository.prefix}/{name}" for name in repository.pages - seen)


def other_commit(checkout: Path, pinned: str) -> str | None:
    """Commit of a checkout where it is not the pinned one, ``no known commit`` where it is no checkout of its own."""
    command = ["git", "-C", str(checkout), "rev-parse", "--show-toplevel", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except FileNotFoundError:
        return "no known commit (git is not installed)"
    lines = done.stdout.splitlines()
    if done.returncode or len(lines) != 2 or Path(lines[0]).resolve() != checkout.resolve():
        return "no known commit"
    return None if lines[1].startswith(pinned) else lines[1]


def _registered_domain() -> Callable[[str], str | None]:
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError as error:
        raise ConfigError("registered domains need the public suffix list: pip install 'denag[corpora]'") from error
    suffixes = PublicSuffixList(only_icann=True)

    def registered_domain(host: str) -> str | None:
        domain = suffixes.privatesuffix(host)
        return str(domain) if domain else None

    return registered_domain


def _read_bytes(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _page(path: Path, name: str, url: str | None, page_type: str | None, truth: Mapping[str, Any]) -> Row:
    return {
        "path": path,
        "name": name,
        "url": url,
        "page_type": page_type,
        "main_content": truth.get("main_content"),
        "snippets_with": truth.get("with"),
        "snippets_without": truth.get("without"),
    }


def _found(repository: Repository, checkout: Path) -> Iterator[Path]:
    for pattern in repository.paths:
        yield from sorted(checkout.glob(pattern))


def _json(path: Path, report: BuildReport) -> dict[str, Any]:
    """An object of a JSON file; empty, with a note, where there is none."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        report.notes.append(f"{path}: not readable: {error}")
        return {}
    return data if isinstance(data, dict) else {}


def _wcxb(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """``dev/html/NUMBER.html.gz`` and ``dev/ground-truth/NUMBER.json``."""
    for path in _found(repository, checkout):
        name = path.name.removesuffix(".html.gz")
        if name not in repository.pages:
            yield _page(path, name, None, None, {})
            continue
        truth = _json(path.parents[1] / "ground-truth" / f"{name}.json", report)
        kind = truth.get("_internal", {}).get("page_type", {}).get("primary")
        yield _page(path, name, truth.get("url"), kind, truth.get("ground_truth", {}))


def _trafilatura(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """``tests/cache/`` and ``tests/eval/``, with an object by address in ``tests/evaldata.json``."""
    truths = _json(checkout / "tests" / "evaldata.json", report)
    by_file = {truth["file"]: (url, truth) for url, truth in truths.items() if "file" in truth}
    for path in _found(repository, checkout):
        url, truth = by_file.get(path.name, (None, {}))
        row = _page(path, path.name, url, repository.page_type, truth)
        yield row | {"main_content": None}


def _fundus(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """``COUNTRY/PUBLISHER_DATE.html.gz``, addresses in the ``meta.info`` beside them."""
    folders: dict[Path, dict[str, Any]] = {}
    for path in _found(repository, checkout):
        if path.parent not in folders:
            folders[path.parent] = _json(path.parent / "meta.info", report)
        url = folders[path.parent].get(path.name, {}).get("url")
        name = f"{path.parent.name}/{path.name.removesuffix('.html.gz')}"
        yield _page(path, name, url, repository.page_type, {})


def _postlight(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """``fixtures/HOST.html``."""
    for path in _found(repository, checkout):
        yield _page(path, path.name, f"http://{path.stem}", repository.page_type, {})


def _files(repository: Repository, checkout: Path, report: BuildReport) -> Iterator[Row]:
    """Pages by the paths of the manifest."""
    for name, path in repository.files.items():
        if (checkout / path).is_file():
            yield _page(checkout / path, name, None, repository.page_type, {})


_LAYOUTS: Mapping[str, Callable[[Repository, Path, BuildReport], Iterator[Row]]] = {
    "wcxb": _wcxb,
    "trafilatura": _trafilatura,
    "fundus": _fundus,
    "postlight": _postlight,
    "files": _files,
}


class _Writer:
    """A Parquet file that takes rows and appears whole, or not at all."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path, self._part = path, path.with_name(f".{path.name}.part")
        lists = {"snippets_with", "snippets_without"}
        columns = _COLUMNS + (_SOURCE_COLUMNS if path.stem == "more" else ())
        self._schema = pa.schema([(name, pa.list_(pa.string()) if name in lists else pa.string()) for name in columns])
        self._file = pq.ParquetWriter(self._part, self._schema, compression="zstd")
        self._rows: list[Row] = []

    def __enter__(self) -> _Writer:
        return self

    def add(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= _ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._file.write_table(pa.Table.from_pylist(self._rows, schema=self._schema))
            self._rows = []

    def __exit__(self, kind: object, *rest: object) -> None:
        if kind is None:
            self._flush()
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)
