"""Commands and options that are none are told, and help shows how they are meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from classifier.cli import app

from .conftest import Denag

COMMANDS = ("label", "clean", "apply", "train", "evaluate", "explain", "demo", "corpora")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--nonsense"], "No such option: --nonsense"),
        (["label", "--nonsense", "x.html"], "No such option: --nonsense"),
        (["clean", "x.html", "--keep"], "requires an argument"),
        (["label"], "Missing argument 'INPUT...'"),
        (["demo"], "Missing argument 'INPUT...'"),
        (["lable", "x.html"], "No such command 'lable'"),
        (["train", "--seed", "x"], "Invalid value for '--seed'"),
    ],
)
def test_bad_usage(arguments: list[str], complaint: str, denag: Denag) -> None:
    run = denag(*arguments)
    assert run.code == 2
    assert run.out == b""
    assert complaint in run.err
    assert "Traceback" not in run.err


def test_no_arguments(denag: Denag) -> None:
    run = denag()
    assert run.code == 2
    told = re.sub(r"\x1b\[[0-9;]*m", "", run.text + run.err)
    assert "Usage:" in told
    for command in COMMANDS:
        assert command in told


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["label", ""], "denag: label '': an empty path or value"),
        (["clean", "x.html", "-o", ""], "denag: -o '': an empty path or value"),
        (["clean", "x.html", "--model="], "denag: --model=: an empty path or value"),
        (["train", ""], "denag: train '': an empty path or value"),
    ],
)
def test_empty_path(
    arguments: list[str], complaint: str, denag: Denag, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(page.parent)
    run = denag(*arguments)
    assert (run.code, run.out) == (2, b"")
    assert run.complaint.startswith(complaint)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?:\s+denag {command} ", result.output)
