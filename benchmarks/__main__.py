"""``python -m benchmarks [SECTION...] --corpora DIR [--quick]``, ``python -m benchmarks --table``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.machine import facts, single_threaded
from benchmarks.report import TITLES, markdown, section_markdown

FOLDER = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Measure sections and keep their figures, or write the tables of what is kept."""
    options = _parser().parse_args(arguments)
    if unknown := sorted(set(options.sections) - set(TITLES)):
        print(f"benchmarks: no section {', '.join(unknown)}, expected some of {', '.join(TITLES)}", file=sys.stderr)
        return 2
    kept: dict[str, Any] = json.loads(options.results.read_text("utf-8")) if options.results.exists() else {}
    if not options.table:
        if options.corpora is None or not options.corpora.is_dir():
            print(f"benchmarks: --corpora is {options.corpora}, expected a folder of pages", file=sys.stderr)
            return 2
        single_threaded(arguments)
        kept = _measure(options, kept)
    elif not kept:
        print(f"benchmarks: {options.results}: no figures there to make tables of", file=sys.stderr)
        return 2
    options.results.with_name("RESULTS.md").write_text(markdown(kept), encoding="utf-8")
    return 0


def _measure(options: argparse.Namespace, kept: dict[str, Any]) -> dict[str, Any]:
    """Run sections one after another; each is kept as soon as it is done."""
    from benchmarks.extractors import quiet
    from benchmarks.pages import Corpora

    quiet()
    corpora = Corpora(options.corpora)
    machine = facts()
    for section in options.sections or TITLES:
        start = time.perf_counter()
        print(f"measuring {section}", file=sys.stderr, flush=True)
        module = import_module(f"benchmarks.sections.{section.replace('-', '_')}")
        result = module.run(corpora, options.quick)
        kept[section] = {"quick": options.quick, "machine": machine, "result": result}
        options.results.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(section_markdown(section, kept[section]), flush=True)
        print(f"{section}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    return kept


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"some of {', '.join(TITLES)}; none: all")
    parser.add_argument("--corpora", type=Path, metavar="DIR", help="the folder that labels/README.md describes")
    parser.add_argument(
        "--quick", action="store_true", help="fewer pages, smaller files, 3 rounds: to try, not to quote"
    )
    parser.add_argument("--table", action="store_true", help="only write RESULTS.md from the figures that are kept")
    parser.add_argument(
        "--results", type=Path, default=FOLDER / "results.json", metavar="FILE", help="where figures are kept"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
