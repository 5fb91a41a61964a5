"""What the README shows runs, and says what the model card says."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_library_example_runs(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    [example] = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})
    assert "content" in capsys.readouterr().out


def test_scores_are_those_of_the_card():
    card = (ROOT / "models" / "default" / "CARD.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([\d.]+) \| ([\d.]+) \|", card, re.MULTILINE)
    assert len(rows) == 12
    assert all(f"| {label} | {precision} | {recall} | {f1} |" in README for label, precision, recall, f1 in rows)
