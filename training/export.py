"""A model folder as a Hugging Face repository: arrays and settings as they are, the card with front matter.

The files are those of a model folder, so that what was downloaded is a model folder again.
https://huggingface.co/docs/hub/model-cards says what the front matter means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from classifier import ConfigError, __version__
from classifier.artefact import CARD, CONFIG, TENSORS, read_model
from classifier.cleaner import default_model

README = "README.md"
_FRONT_MATTER = re.compile(r"\A---\n(.*?\n)---\n+", re.DOTALL)
_TAGS = ("denag", "boilerplate-removal", "web-corpus", "safetensors")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]*\Z")
_ATTRIBUTES = "*.safetensors filter=lfs diff=lfs merge=lfs -text\n"

_USE = """
## Use

```
pip install denag=={version}
hf download OWNER/NAME --local-dir my-model
denag clean --model my-model pages.jsonl -o cleaned.jsonl
```

```python
from classifier import Cleaner

cleaner = Cleaner.load("my-model")
```
"""


def export_model(model: str, output: Path, license_id: str | None = None, languages: Sequence[str] = ()) -> str:
    """Write a model as a folder that can be pushed to a hub; the same model gives the same bytes.

    Parameters
    ----------
    model
        A model folder, or ``default`` for the shipped model.
    output
        Folder to write. May be there already; files of the same names are replaced.
    license_id, languages
        For the front matter; a licence that is not given is taken from the model's card, and left out
        where that names none.

    Returns
    -------
    What was written, for people.

    Raises
    ------
    ArtefactError
        Where the folder is no model.
    ConfigError
        Where a licence or language is not one word, or the model would be written over itself.
    """
    folder = default_model() if model == "default" else Path(model)
    for value in (*([license_id] if license_id is not None else []), *languages):
        if not _WORD.match(value):
            raise ConfigError(f"{value!r}: expected an identifier such as apache-2.0 or en")
    read_model(folder)  # nothing torn is published
    if output.resolve() == folder.resolve():
        raise ConfigError(f"{output}: is the model itself, expected another folder")
    card = (folder / CARD).read_text(encoding="utf-8") if (folder / CARD).exists() else ""
    front, body = split_card(card)
    meta: dict[str, Any] = {
        "license": license_id or front.get("license"),
        "library_name": "denag",
        "pipeline_tag": "text-classification",
        "language": list(languages),
        "tags": list(_TAGS),
    }
    output.mkdir(parents=True, exist_ok=True)
    for name in (TENSORS, CONFIG):
        (output / name).write_bytes((folder / name).read_bytes())
    readme = (
        f"{front_matter(meta)}\n\n{body or '# denag block model'}".rstrip() + "\n" + _USE.format(version=__version__)
    )
    (output / README).write_text(readme, encoding="utf-8")
    (output / ".gitattributes").write_text(_ATTRIBUTES, encoding="utf-8")
    return f"{TENSORS}, {CONFIG}, {README}, .gitattributes written to {output}"


def split_card(card: str) -> tuple[dict[str, str], str]:
    """Front matter of a card by key, lists as their text, and what stands below it.

    Examples
    --------
    >>> split_card("---\\nlicense: mit\\ntags: [a, b]\\n---\\n\\n# Card\\n")
    ({'license': 'mit', 'tags': '[a, b]'}, '# Card\\n')
    """
    found = _FRONT_MATTER.match(card)
    if found is None:
        return {}, card
    lines = (line.partition(":") for line in found[1].splitlines() if ":" in line and not line.startswith((" ", "-")))
    return {key.strip(): value.strip() for key, _, value in lines}, card[found.end() :]


def front_matter(meta: dict[str, Any]) -> str:
    """YAML of words and lists of words; what is empty is left out.

    Examples
    --------
    >>> print(front_matter({"license": "mit", "language": [], "tags": ["a", "b"]}))
    ---
    license: mit
    tags:
    - a
    - b
    ---
    """
    lines = ["---"]
    for key, value in meta.items():
        if isinstance(value, list):
            lines += [f"{key}:", *(f"- {item}" for item in value)] if value else []
        elif value:
            lines.append(f"{key}: {value}")
    return "\n".join([*lines, "---"])
