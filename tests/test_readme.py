"""What the README shows runs, and says what the model card says."""

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
