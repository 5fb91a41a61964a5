"""What docs/ shows works: its code runs, its commands parse, its links lead somewhere, its pages are in the site.

docs/engines.md and docs/recipes.md need engines: tests/engines runs them.
"""

from __future__ import annotations

import gzip
import io
import itertools
import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest
import typer.main

from classifier import Cleaner, __version__
from classifier.cli import app
from classifier.cli.examples import EXAMPLES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
ELSEWHERE = {"engines.md", "recipes.md"}
FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
Denag = Callable[..., Any]


def fences(page: Path, *languages: str) -> list[tuple[str, str]]:
    """Language and text of the fenced blocks of a page, in order."""
    found = FENCE.findall(page.read_text(encoding="utf-8"))
    return [(language, text) for language, text in found if language in languages]


def commands(text: str) -> Iterator[str]:
    """Calls of denag in shell lines, without prompt, comment, and what stands before or behind in a pipe."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"\s\|\s", line.removeprefix("$ ").partition("  #")[0]):
            if part.startswith("denag "):
                yield part


@pytest.fixture
def folder(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    own_site: Callable[..., list[dict[str, Any]]],
    consent_site: Callable[..., list[dict[str, Any]]],
) -> Path:
    """Working folder with the files that the pages name."""
    monkeypatch.chdir(tmp_path)
    rows = own_site()
    unlabelled = [{"id": row["id"], "url": row["url"], "html": row["html"]} for row in rows]
    consent = consent_site(0, 24)
    for name, part in (
        ("my-labels.jsonl", rows[:20]),
        ("held-out.jsonl", rows[20:]),
        ("crawl.jsonl", unlabelled),
        ("consent-labels.jsonl", consent[:12]),
        ("consent-held-out.jsonl", consent[12:]),
    ):
        Path(name).write_text("".join(json.dumps(row) + "\n" for row in part), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ELSEWHERE], ids=lambda page: page.name)
def test_examples_run(page: Path, folder: Path, denag: Denag) -> None:
    if "max_content_loss" in page.read_text(encoding="utf-8") and not Cleaner.load().model.calibration.content_loss:
        pytest.skip("the shipped model is not calibrated")
    namespace: dict[str, Any] = {"__name__": "example"}
    for language, text in fences(page, "python", "console"):
        if language == "python":
            exec(compile(text, f"docs/{page.name}", "exec"), namespace)
            continue
        for command in commands(text):
            run = denag(*shlex.split(command)[1:])
            assert (run.code, run.err) == (0, ""), command


NOT_HERE = re.compile(r"--corpora|corpora curve|denag train my|denag review|-completion|\$shard")
"""Calls that need corpora, take a minute (a training from nothing), wait for a person, change the shell or are part
of a script."""
PLAIN = {
    page.name: [c for _, text in fences(page, "") for c in commands(text) if not NOT_HERE.search(c)]
    for page in [*PAGES, ROOT / "README.md"]
}


@pytest.mark.parametrize("page", [name for name, found in PLAIN.items() if found])
def test_plain_commands_run(page: str, folder: Path, denag: Denag) -> None:
    """Calls that are shown without a prompt, in their order."""
    careful = any("--max-content-loss" in command for command in PLAIN[page])
    if careful and not Cleaner.load().model.calibration.content_loss:
        pytest.skip("the shipped model is not calibrated")
    rows = Path("crawl.jsonl").read_bytes()
    Path("pages.jsonl").write_bytes(rows)
    Path("crawl").mkdir()
    for name in ("pages.jsonl.gz", "crawl/0.jsonl.gz", "crawl/1.jsonl.gz"):
        Path(name).write_bytes(gzip.compress(rows))
    Path("page.html").write_text(json.loads(rows.splitlines()[0])["html"], encoding="utf-8")
    for command in PLAIN[page]:
        run = denag(*shlex.split(command.replace("--workers 8", "--workers 2"))[1:])
        assert (run.code, run.err) == (0, ""), command
        for name in re.findall(r" -o (\S+)", command):
            assert Path(name).exists(), command


def test_most_plain_commands_are_run() -> None:
    assert {name for name, found in PLAIN.items() if found} >= {
        "batch.md",
        "content-loss.md",
        "evaluate.md",
        "README.md",
    }
    assert sum(map(len, PLAIN.values())) > 8


def test_own_model_is_better(folder: Path, denag: Denag) -> None:
    """On pages no block of which was learnt: what helps is how the site speaks, not its sentences."""
    learnt, held_out = (
        {
            block["text"]
            for line in Path(name).read_text(encoding="utf-8").splitlines()
            for block in json.loads(line)["blocks"]
        }
        for name in ("my-labels.jsonl", "held-out.jsonl")
    )
    assert not learnt & held_out
    page = ROOT / "docs" / "own-model.md"
    [old, train, new, *_] = [command for _, text in fences(page, "console") for command in commands(text)]
    for command in (old, train, f"{new} --json new.json"):
        assert denag(*shlex.split(command)[1:]).code == 0
    before, now = (json.loads(Path(name).read_text(encoding="utf-8"))["views"] for name in ("old.json", "new.json"))
    for view in ("html", "text"):
        assert now[view]["any_nag"]["f1"] > max(before[view]["any_nag"]["f1"] + 0.1, 0.7)
        assert now[view]["nag_macro_f1"] > before[view]["nag_macro_f1"] + 0.1
        assert now[view]["content_words_kept"] > before[view]["content_words_kept"] - 0.05


def test_a_label_of_ones_own(folder: Path, denag: Denag) -> None:
    """What docs/own-model.md says of it comes out."""
    page = ROOT / "docs" / "own-model.md"
    [train] = [c for _, text in fences(page, "console") for c in commands(text) if "-o my-consent-model" in c]
    assert denag(*shlex.split(train)[1:]).code == 0
    [code] = [text for _, text in fences(page, "python") if "my-consent-model" in text]
    with redirect_stdout(io.StringIO()) as told:
        exec(compile(code, "docs/own-model.md", "exec"), {})
    assert told.getvalue().strip() == code.splitlines()[-1].removeprefix("# ")


def parse(command: str) -> None:
    """Parse a call as the command line would, without doing anything.

    Raises
    ------
    click.ClickException
        Where it names no command, or an option the command has not.
    """
    found: Any = typer.main.get_command(app)
    words = shlex.split(command)[1:]
    while hasattr(found, "commands") and words and not words[0].startswith("-"):
        assert words[0] in found.commands, f"{words[0]} is no command"
        found, words = found.commands[words[0]], words[1:]
    if words and words[0] in ("--help", "--install-completion", "--show-completion", "--version"):
        return
    found.make_context(found.name, list(words))


SHOWN = [
    (page.name, command)
    for page in [*PAGES, ROOT / "README.md"]
    for _, text in fences(page, "", "console")
    for command in commands(text)
]


@pytest.mark.parametrize(("page", "command"), SHOWN)
def test_commands_parse(page: str, command: str) -> None:
    parse(command)


@pytest.mark.parametrize("command", [line for lines in EXAMPLES.values() for line in lines])
def test_examples_of_help_parse(command: str) -> None:
    [call] = commands(command)
    parse(call)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_help_shows_all_examples(name: str, denag: Denag) -> None:
    lines = [line.rstrip() for line in denag(*name.split(), "--help").text.splitlines()]
    head = " Examples:" if len(EXAMPLES[name]) > 1 else " Example:"
    assert [line for line in lines[lines.index(head) + 1 :] if line] == [f"   {line}" for line in EXAMPLES[name]]


@pytest.mark.parametrize("name", ["", *sorted(EXAMPLES)])
def test_help_fills_its_lines(name: str, denag: Denag, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of the description break where the terminal ends, not where those of the source do."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = [line.strip() for line in denag(*name.split(), "--help").text.partition("╭")[0].splitlines()]
    usage = next(i for i, line in enumerate(lines) if line.startswith("Usage:"))
    for line, following in itertools.pairwise(lines[usage + 2 :]):
        if line and following:
            assert len(f"{line} {following.split()[0]}") > 78, line


def test_the_share_that_help_names_is_accepted(denag: Denag) -> None:
    cleaner = Cleaner.load()
    if not cleaner.model.calibration.content_loss:
        pytest.skip("the shipped model is not calibrated")
    [share] = re.findall(r"lost, such as (0\.\d+)\.", " ".join(denag("clean", "--help").text.replace("│", "").split()))
    [of_docstring] = re.findall(r"lost, such as (0\.\d+)\.", Cleaner.policy.__doc__ or "")
    assert cleaner.policy(max_content_loss=float(share)) == cleaner.policy(max_content_loss=float(of_docstring))


def test_wrong_commands_do_not_parse() -> None:
    for wrong in ("denag clean --no-such-option x.jsonl", "denag train --from", "denag wash x.jsonl"):
        with pytest.raises(Exception, match=r"(?i)no such option|requires an argument|no command"):
            parse(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    missing = [
        target
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not missing


def test_every_page_is_in_the_site() -> None:
    nav = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    assert {page.name for page in PAGES} <= set(re.findall(r"[\w-]+\.md", nav))


def test_picture_is_what_the_tool_makes(denag: Denag, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = tmp_path / "before-after.svg"
    [recipe] = re.findall(r"^picture:.*\n\t\$\(BIN\)/(denag .*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    run = denag(*shlex.split(recipe.replace("docs/before-after.svg", str(made)))[1:])
    assert (run.code, run.err) == (0, "")
    same = made.read_bytes() == (ROOT / "docs" / "before-after.svg").read_bytes()
    assert same, "docs/before-after.svg shows another model or page: run make picture"


def test_citation_names_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {__version__}\n" in citation


def test_version_and_completion(denag: Denag) -> None:
    assert denag("--version").text == f"denag {__version__}\n"
    assert "--install-completion" in denag("--help").text
