"""What the README shows runs, and says what the model card says."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_library_example_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert sum(bool(line.strip()) for line in example.splitlines()) == 6
    exec(compile(example, "README.md", "exec"), {})
    told = capsys.readouterr().out
    assert "\ncontent 0." in told
    assert "\nboilerplate 0." in told


def test_scores_are_those_of_the_card():
    card = (ROOT / "models" / "default" / "CARD.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", card, re.MULTILINE)
    assert len(rows) == 12
    assert all(f"| {label} | {precision} | {recall} | {f1} |" in README for label, precision, recall, f1 in rows)


def test_figures_are_those_of_the_benchmarks():
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))
    rates = {row["name"]: row for row in results["blocks"]["result"]["rows"] + results["html"]["result"]["rows"]}
    for row in results["accuracy"]["result"]["rows"]:
        found = re.search(
            rf"^\| {re.escape(row['name'])} \|.*\| ([\d.]+)% \| ([\d.]+)% \| ([\d.]+)% \|", README, re.MULTILINE
        )
        assert found is not None, row["name"]
        names = "content_words_kept", "nag_words_removed", "boilerplate_words_removed"
        assert found.groups() == tuple(f"{100 * row[name]:.1f}" for name in names)
    for name, key, format_ in (
        ("denag, label_blocks", "blocks_per_s", ",.0f"),
        ("fastText, word 1-2", "blocks_per_s", ",.0f"),
        ("denag, label_batch: objects a block", "pages_per_s", ".1f"),
        ("trafilatura", "pages_per_s", ".1f"),
    ):
        assert f"| {rates[name][key]:{format_}} |" in README, name
