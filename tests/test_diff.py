"""What is removed is shown in its place, escaped, and told by more than its colour."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from html.parser import HTMLParser
from math import inf
from pathlib import Path

import pytest
from rich.console import Console

from classifier import LABELS, Document, Label, LabelledDocument, Policy
from classifier.diff import HtmlDiff, SvgDiff, TerminalDiff, diff_html, diff_text, removed_by_label

from .conftest import Run

Denag = Callable[..., Run]
NASTY = '<script>alert("1")</script> & \x1b[31m\x07'


@pytest.fixture
def page(judged: Callable[..., LabelledDocument]) -> LabelledDocument:
    blocks = ["The ferry is back", "Advertisement", "Sign up", NASTY, "Home"]
    labels = ["content", "ad_notice", "newsletter_prompt", "ad_notice", "boilerplate"]
    return judged(Document('p<&>"', blocks, "application/x-blocks"), labels)


CAREFUL = Policy(thresholds={"text": {Label.NEWSLETTER_PROMPT: inf}})


def test_counts_by_label(page: LabelledDocument) -> None:
    counts = {count.label: (count.n_blocks, count.n_chars) for count in removed_by_label(page, Policy())}
    n = len("Advertisement") + len(NASTY)
    assert counts == {Label.AD_NOTICE: (2, n), Label.NEWSLETTER_PROMPT: (1, 7), Label.BOILERPLATE: (1, 4)}
    assert not removed_by_label(page, Policy.of(keep=LABELS))


def test_text_marks_what_goes(page: LabelledDocument) -> None:
    lines = diff_text(page, CAREFUL).plain.splitlines()
    assert lines[:4] == ['p<&>"', "  The ferry is back", "- ad_notice Advertisement", "  newsletter_prompt Sign up"]
    assert lines[5] == "- boilerplate Home"
    assert lines[6].startswith("removed 3 of 5 blocks, ")
    assert lines[7].startswith("  ■ ad_notice: 2 blocks, ")
    assert lines[8] == "  ■ boilerplate: 1 block, 4 characters"


def test_terminal_strikes_through(page: LabelledDocument) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, color_system="standard", width=80)
    console.print(diff_text(page, CAREFUL))
    assert isinstance(console.file, io.StringIO)
    told = console.file.getvalue()
    assert "\x1b[9;33mAdvertisement\x1b[0m" in told
    assert "\x1b[31m\x07" not in told  # a page can not steer the terminal
    assert not re.search(r"\x1b\[9[^m]*mSign up", told)


def test_file_gets_plain_text(page: LabelledDocument) -> None:
    file = io.BytesIO()
    TerminalDiff(file, Policy()).write(page)
    assert b"\x1b" not in file.getvalue()
    assert "- newsletter_prompt Sign up\n" in file.getvalue().decode()


def web_page(page: LabelledDocument, policy: Policy) -> str:
    file = io.BytesIO()
    with HtmlDiff.open(file, policy) as sink:
        sink.write(page)
        sink.write(page)
    return file.getvalue().decode()


def test_web_page_is_whole_and_escaped(page: LabelledDocument) -> None:
    told = web_page(page, CAREFUL)
    assert told.count("<section>") == told.count("</section>") == 2
    assert "<script" not in told
    assert "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; \ufffd[31m\ufffd" in told
    assert "<h1>p&lt;&amp;&gt;&quot;</h1>" in told
    assert "prefers-color-scheme: dark" in told
    assert not re.search(r"https?:|src=|url\(|@import", told)
    opened: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag not in ("meta", "input"):
                opened.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert opened.pop() == tag

    Tags().feed(told)
    assert not opened


def test_web_page_tells_removed_from_kept(page: LabelledDocument) -> None:
    section = diff_html(page, CAREFUL)
    assert '<small>removed: ad_notice 0.75</small><del dir="auto">Advertisement</del>' in section
    assert '<small>kept: newsletter_prompt 0.75</small><span dir="auto">Sign up</span>' in section
    assert '<p dir="auto">The ferry is back</p>' in section
    assert "removed 3 of 5 blocks" in section


def contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2."""

    def luminance(colour: str) -> float:
        digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
        parts = [int(digits[k : k + 2], 16) / 255 for k in (0, 2, 4)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_colours_can_be_read_on_both_grounds(page: LabelledDocument) -> None:
    style = web_page(page, Policy())
    schemes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+): (#\w+)", scheme))
        assert set(colours) == {*LABELS, "ground", "text", "quiet"}
        assert all(contrast(colour, colours["ground"]) >= 4.5 for name, colour in colours.items() if name != "ground")


def test_picture_is_xml_and_fetches_nothing(page: LabelledDocument) -> None:
    file = io.BytesIO()
    with SvgDiff.open(file, Policy()) as sink:
        sink.write(page)
    told = file.getvalue().decode()
    root = ET.fromstring(told)
    assert root.get("role") == "img"
    assert "@font-face" not in told
    assert "line-through" in told
    words = " ".join("".join(root.itertext()).split())
    assert "Advertisement" in words
    assert "<script>" in words  # as text
    assert not list(root.iter("{http://www.w3.org/2000/svg}script"))


def test_command_writes_each_kind(denag: Denag, html_page: str, tmp_path: Path) -> None:
    source = tmp_path / "page.html"
    source.write_text(html_page, encoding="utf-8")
    text = denag("clean", "--diff", source)
    assert text.code == 0
    assert "- newsletter_prompt Sign up for our newsletter" in text.text
    page, picture = tmp_path / "diff.html", tmp_path / "diff.svg"
    assert denag("clean", "--diff", "--html", source, "-o", page).code == 0
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert page.read_bytes() == denag("clean", "--diff", "--html", source).out
    assert denag("clean", "--diff", source, "--svg", picture).code == 0
    ET.fromstring(picture.read_text(encoding="utf-8"))


def test_diff_follows_keep_and_the_dial(denag: Denag, html_page: str, tmp_path: Path) -> None:
    source = tmp_path / "page.html"
    source.write_text(html_page, encoding="utf-8")
    kept = denag("clean", "--diff", "--keep", "newsletter_prompt", source).text
    assert "  newsletter_prompt Sign up for our newsletter" in kept
    n_removed = [
        denag("clean", "--diff", *options, source).text.count("\n- ")
        for options in ([], ["--max-content-loss", "0.05"], ["--max-content-loss", "0.005"])
    ]
    assert n_removed == sorted(n_removed, reverse=True)
    assert n_removed[0] > n_removed[2]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--html"], "--html without --diff, expected both"),
        (["--svg", "x.svg"], "--svg without --diff, expected both"),
        (["--diff", "--html", "--svg", "x.svg"], "--html and --svg in one run, expected one of them"),
        (["--diff", "--svg", "x.svg", "-o", "y"], "--svg x.svg and --output y in one run, expected one of them"),
    ],
)
def test_options_that_do_not_go_together(denag: Denag, options: list[str], complaint: str) -> None:
    run = denag("clean", "page.html", *options)
    assert (run.code, run.complaint) == (2, f"denag: {complaint}")
